"""What every test shares: how hypothesis looks for examples, whom TLS trusts, and what several workers begin with."""

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, configuration, settings

# The suite tries the same few examples each time. `--hypothesis-profile=search` looks further.
# How fast a busy machine draws examples says nothing about the bot.
UNTIMED = [HealthCheck.too_slow]
settings.register_profile("suite", max_examples=60, derandomize=True, database=None, deadline=None, suppress_health_check=UNTIMED)
settings.register_profile("search", max_examples=1000, database=None, deadline=None, suppress_health_check=UNTIMED)
settings.load_profile("suite")
configuration.set_hypothesis_home_dir(Path(tempfile.gettempdir()) / "seedream-bot-hypothesis")

# Every server that a test calls is on this machine. To load the system's authorities costs a hundredth of a minute's work a context.
os.environ["SSL_CERT_FILE"] = os.devnull

LONG = ("tests/bench/", "tests/chaos/", "tests/whole/")
"""Folders whose files take tens of seconds each, most of it waiting for processes."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With several workers the long files come first, or the last worker would be left with one when the others have ended."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: not item.nodeid.startswith(LONG))
