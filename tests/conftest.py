"""What all tests share: hypothesis profiles, trusted certificates, and how several workers divide the tests."""

import gc
import os
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, configuration, settings
from xdist.scheduler.loadfile import LoadFileScheduling

# The suite tries the same few examples each time. `--hypothesis-profile=search` looks further.
# How fast a busy machine draws examples says nothing about the bot.
UNTIMED = [HealthCheck.too_slow]
settings.register_profile("suite", max_examples=60, derandomize=True, database=None, deadline=None, suppress_health_check=UNTIMED)
settings.register_profile("search", max_examples=1000, database=None, deadline=None, suppress_health_check=UNTIMED)
settings.load_profile("suite")
configuration.set_hypothesis_home_dir(Path(tempfile.gettempdir()) / "seedream-bot-hypothesis")

# All servers are on this machine. The system's certificates are not needed, and each TLS context would load them for 40 ms.
os.environ["SSL_CERT_FILE"] = os.devnull

LONG = ("tests/whole/", "tests/bench/", "tests/chaos/")
"""Folders whose tests take seconds each and mostly wait for processes."""
ALONE = (
    "tests/bench/test_bench_quick.py",
    "tests/chaos/test_short.py",
    "tests/text/test_work.py",
    "tests/whole/test_fair_shares.py",
    "tests/whole/test_program.py",
    "tests/whole/test_restore.py",
    "tests/whole/test_resume.py",
)
"""Files with long tests that share no fixture: each test may run in any worker."""


class ByFile(LoadFileScheduling):  # type: ignore[misc]  # xdist ships no types
    """Runs the tests of a file in one worker, because they share fixtures, except those of `ALONE`."""

    def _split_scope(self, nodeid: str) -> str:
        return nodeid if nodeid.startswith(ALONE) else str(super()._split_scope(nodeid))


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ByFile:
    # Keep the order of the tests, instead of the files with the most tests first.
    config.option.loadscopereorder = False
    return ByFile(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Keep the garbage collector from looking at ten thousand tests and their modules again and again, which are never garbage."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Let workers begin with the long tests, so that no worker is left with one when the others have finished."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: (not item.nodeid.startswith(LONG), item.nodeid.startswith(ALONE)))
