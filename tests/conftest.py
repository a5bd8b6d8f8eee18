"""What every test shares: how hypothesis looks for examples, whom TLS trusts, and how several workers divide the tests."""

import os
import tempfile
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

# Every server of a test is on this machine. The system's authorities are not needed, and take 40 ms to load for each context.
os.environ["SSL_CERT_FILE"] = os.devnull

LONG = ("tests/whole/", "tests/bench/", "tests/chaos/")
"""Folders whose tests take seconds each, most of them spent waiting for processes."""
ALONE = (
    "tests/bench/test_bench_quick.py",
    "tests/chaos/test_short.py",
    "tests/whole/test_program.py",
    "tests/whole/test_restore.py",
    "tests/whole/test_resume.py",
)
"""Files of long tests that share nothing, so that each of them may run beside the others."""


class ByFile(LoadFileScheduling):  # type: ignore[misc]  # xdist ships no types
    """A file's tests share their fixtures in one worker; tests that share nothing go wherever there is room."""

    def _split_scope(self, nodeid: str) -> str:
        return nodeid if nodeid.startswith(ALONE) else str(super()._split_scope(nodeid))


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ByFile:
    # In the order of the tests, as sorted below, and not the files with the most tests first.
    config.option.loadscopereorder = False
    return ByFile(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Several workers begin with the long tests, and fill the gaps with short ones; otherwise the short ones come first, as ever."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: (not item.nodeid.startswith(LONG), item.nodeid.startswith(ALONE)))
