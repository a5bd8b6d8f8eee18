"""One bot for many tests, and its members on every platform."""

from collections.abc import Iterator

import pytest

from tests.whole.running import PREPARED, Running, open_running
from tests.whole.scene import PLATFORMS, Scene


@pytest.fixture(scope="session")
def running() -> Iterator[Running]:
    """One sandbox and one bot, for tests that leave both usable."""
    with open_running("--pace", "0.05", *PREPARED) as running:
        yield running


@pytest.fixture(params=PLATFORMS)
def scene(request: pytest.FixtureRequest, running: Running) -> Iterator[Scene]:
    yield Scene(running.sandbox, request.param)
    running.sandbox.clear_faults()
