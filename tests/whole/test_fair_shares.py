"""What one member sends, another does not wait for."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sandbox.driver import Sandbox
from tests.whole.running import PLENTY, PREPARED, started, stop, wait_until
from tests.whole.scene import PLATFORMS, Message, Scene, attached, painted

FILE_SERVERS = {"discord": "discord.cdn", "slack": "slack.files"}
REFERENCES = 10
COMMANDS = 8


def references(name: str) -> list[Message]:
    content = painted((200, 40, 40), size=(2000, 1500))
    return [attached(content, f"{name}-{number}.png") for number in range(REFERENCES)]


def member_ids(sandbox: Sandbox, user: str) -> list[str]:
    slack = sandbox.line["slack"]
    return [f"discord:{sandbox.line['discord']['users'][user]}", f"slack:{slack['team']}/{slack['users'][user]}"]


@contextmanager
def sandbox_with(config: str = "") -> Iterator[tuple[Sandbox, str]]:
    with Sandbox.start("--pace", "0.05", *PREPARED) as sandbox:
        nothing = f'[[quota.tier]]\nname = "nothing"\nimages_per_day = 0\nmembers = {member_ids(sandbox, "bob")}\n'
        yield sandbox, config or nothing


def stored_files(sandbox: Sandbox) -> int:
    return sum(path.is_file() for path in (Path(sandbox.env["DATA_DIR"]) / "blobs").rglob("*"))


@pytest.mark.parametrize("platform", PLATFORMS)
def test_who_has_nothing_left_costs_nothing(platform: str) -> None:
    """Eight commands with ten references each are refused before anything is fetched; another member's picture is made at once."""
    with sandbox_with() as (sandbox, nothing):
        bot = started(sandbox, nothing + PLENTY)
        scene = Scene(sandbox, platform)
        start = scene.mark()

        for number in range(COMMANDS):
            scene.command("edit", "make it night", user="bob", files=references(f"bob-{number}"))
        scene.command("imagine", "a quiet lake", user="ada")
        scene.pictures(start)
        wait_until(lambda: scene.told_privately("bob", "This bot is not open to you here.") == COMMANDS)

        assert sandbox.fetches() == []
        assert [call["billed"] for call in sandbox.calls()] == [1]
        assert stored_files(sandbox) == 1
        stop(bot)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_slow_member_is_waited_for_by_nobody(platform: str) -> None:
    """While one member's first reference is being fetched, others' requests are served, with and without references."""
    with sandbox_with() as (sandbox, _):
        bot = started(sandbox, PLENTY)
        scene = Scene(sandbox, platform)
        sandbox.fault(FILE_SERVERS[platform], "slow:50", times=1)

        for number in range(COMMANDS):
            scene.command("edit", "make it night", user="bob", files=references(f"bob-{number}"))
        wait_until(lambda: len(sandbox.fetches()) == 1)
        start = scene.mark()
        scene.command("imagine", "a quiet lake", user="ada")
        scene.pictures(start)
        start = scene.mark()
        scene.command("edit", "make it night", user="ada", files=references("ada")[:1])
        scene.pictures(start)

        first, *later = [fetch["name"] for fetch in sandbox.fetches()]
        assert first.startswith("bob-")
        assert later == ["ada-0.png"]
        assert len(sandbox.calls()) == 2
        bot.kill()
