"""What the program imports before it is ready; Python itself tells, in the order of the imports."""

import sys
from collections.abc import Iterator

import pytest

from sandbox.driver import Bot, Sandbox
from tests.whole.scene import PLATFORMS

LATE = (
    "bot.command_receiver",
    "bot.commands.grammar",
    "bot.commands.syntax",
    "bot.commands.understanding",
    "bot.engine",
    "bot.handlers",
    "bot.images",
    "bot.job_runner",
    "bot.pipeline",
    "bot.presentation",
    "bot.requests.checks",
    "bot.resources",
    "bot.upstream",
    "bot.wording",
    "fluent",
    "httpx",
    "importlib.resources",
    "pydantic",
)
"""Connecting needs none of these, and the first command and job do: they are imported between `ready` and `started`."""
NEVER = ("PIL", "bot.images.decode", "pi_heif", "rich", "typer")
"""Of image workers, and of other commands."""
LIBRARIES = {"discord": "discord", "slack": "slack_bolt"}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """After the very first start, which registers the commands before it connects."""
    with Sandbox.start() as started:
        first = started.start_bot()
        for platform in PLATFORMS:
            first.wait_ready(platform)
        first.stop()
        yield started


def start(sandbox: Sandbox, platform: str) -> Bot:
    """A bot on one platform only, whose log also has a line for each module that is imported."""
    everything = sandbox.env
    others = tuple(f"{other.upper()}_" for other in PLATFORMS if other != platform)
    sandbox.env = {name: value for name, value in everything.items() if not name.startswith(others)}
    try:
        return sandbox.start_bot(command=(sys.executable, "-X", "importtime", "-m", "adapters", "run"))
    finally:
        sandbox.env = everything


def imported(bot: Bot, *, until: str) -> set[str]:
    """The modules that were imported before this event was logged."""
    end = bot.wait_log(lambda line: f'"event": "{until}"' in line)
    lines = bot.log[: bot.log.index(end)]
    return {line.rpartition("|")[2].strip() for line in lines if line.startswith("import time:")}


def among(modules: set[str], packages: tuple[str, ...]) -> set[str]:
    """Those of the packages of which something was imported."""
    return {package for package in packages if any(f"{name}.".startswith(f"{package}.") for name in modules)}


@pytest.mark.parametrize("platform", PLATFORMS)
def test_connecting_waits_for_nothing_that_is_needed_later(sandbox: Sandbox, platform: str) -> None:
    """Most of the program is imported after it is ready, but without waiting for the first command."""
    bot = start(sandbox, platform)
    at_ready, at_start = imported(bot, until="ready"), imported(bot, until="started")
    bot.stop()

    late = (*LATE, f"adapters.{platform}.inbound.receiver")
    others = tuple(library for name, library in LIBRARIES.items() if name != platform)
    assert LIBRARIES[platform] in at_ready
    assert among(at_ready, late) == set()
    assert among(at_start, late) == set(late)
    assert among(at_start, (*NEVER, *others)) == set()
