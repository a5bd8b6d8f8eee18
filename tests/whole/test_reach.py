"""The program killed and begun again while the ways to its members close: nobody is left without a word, nothing comes twice."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pytest

from sandbox.driver import Bot, Sandbox
from tests.whole.running import ON_DEMAND, PICTURE_S, PLENTY, PREPARED, stop, wait_until
from tests.whole.scene import PLATFORMS, Message, Scene

DIRECT = "dm:ada"
OLD_S = 2000
"""Older than what a platform still takes as the answer to a command."""
ROOM = "art"
REFUSES_PICTURES = {"discord": "forbid-files", "slack": "forbid-posts"}
CLOSES = {"discord": "hide", "slack": "archive"}
"""Each platform's own way to take no pictures, or nothing at all, where it was asked."""
OPENS = {"discord": ("allow-files", "show"), "slack": ("allow-posts", "reopen")}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """A gateway with tasks: a restart goes on with them."""
    with Sandbox.start("--gateways", "acedata", *ON_DEMAND, *PREPARED, "--no-message-limits") as opened:
        yield opened


@pytest.fixture(params=PLATFORMS)
def scene(request: pytest.FixtureRequest, sandbox: Sandbox) -> Iterator[Scene]:
    scene = Scene(sandbox, request.param)
    yield scene
    for bot in sandbox._bots:
        bot.kill()
    sandbox.clear_faults()
    sandbox.change(scene.platform, "open-direct", user="ada")
    for what in OPENS[scene.platform]:
        sandbox.change(scene.platform, what, channel=ROOM)


def started(scene: Scene) -> Bot:
    bot = scene.sandbox.start_bot(config_extra=PLENTY)
    bot.wait_ready(scene.platform)
    return bot


@dataclass(frozen=True)
class Row:
    """What the database says of a job."""

    number: int
    state: str
    task: str | None
    message: str | None
    way: str | None


def newest(scene: Scene) -> Row:
    """The newest job, for an eye outside of the program."""
    path = Path(scene.sandbox.env["DATA_DIR"]) / "seedream-bot.db"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        statement = (
            "SELECT rowid, state, (SELECT task FROM call WHERE call.job = job.id), progress_message, way"
            " FROM job ORDER BY rowid DESC LIMIT 1"
        )
        row = database.execute(statement).fetchone()
    return Row(*row) if row is not None else Row(0, "", None, None, None)


def begin(scene: Scene, prompt: str) -> tuple[Bot, Message]:
    """A first process, and the message that tells of a job of its own, once the database knows it and the gateway's task.

    The command is older than what its platform still takes an answer to.
    """
    bot, start = started(scene), scene.mark()
    before = newest(scene).number
    ways = scene.ways()
    replace(ways, act=partial(ways.act, age_s=OLD_S)).command("imagine", prompt)
    wait_until(lambda: newest(scene).number > before and None not in {newest(scene).task, newest(scene).message})
    return bot, scene.in_public(start)[0]


def sets(scene: Scene, places: dict[str, str | None]) -> list[tuple[str, int]]:
    """Where pictures stand, and how many in each message."""
    return [
        (channel, len(message["files"]))
        for channel, after in places.items()
        for message in scene.sandbox.seen(scene.platform, channel, after)
        if message["author"] == "bot" and message["files"]
    ]


def test_a_message_that_a_crash_froze_comes_alive(scene: Scene) -> None:
    """Killed while the gateway paints, long after the command, and started again: the same message goes on, to the result."""
    before, start = len(scene.sandbox.calls()), scene.mark()
    first, message = begin(scene, "a frozen lake --count 3")
    first.kill()

    second = started(scene)
    alive = scene.words(start, "Generating 3 images")
    scene.sandbox.advance(3 * PICTURE_S)
    scene.pictures(start, count=3)
    receipt = scene.words(start, " s: 3 images with")

    one_message = scene.platform == "discord"
    assert (alive["id"], receipt["id"] == message["id"]) == (message["id"], one_message)
    assert sets(scene, {scene.channel: start}) == [(scene.channel, 3)]
    scene.settled(start)
    assert [call["billed"] for call in scene.calls_since(before)] == [3]
    stop(second)


def test_a_set_that_was_taken_and_not_noted_is_posted_once(scene: Scene) -> None:
    """The platform's answer is lost each time, the process is killed, and the next one finds what stands there."""
    before, start = len(scene.sandbox.calls()), scene.mark()
    first = started(scene)
    where = {"discord": "discord.rest:POST /channels/*/messages", "slack": "slack.api:files.completeUploadExternal"}
    scene.sandbox.fault(where[scene.platform], "reset-after", times=50)
    scene.command("imagine", "a lake under the moon")
    wait_until(lambda: bool(scene.calls_since(before)))
    scene.sandbox.advance(PICTURE_S)
    scene.pictures(start)
    first.kill()
    scene.sandbox.clear_faults()

    second = started(scene)
    scene.words(start, " s: 1 image with")

    assert sets(scene, {scene.channel: start}) == [(scene.channel, 1)]
    stop(second)


def test_a_place_that_closes_over_a_restart_is_gone_around(scene: Scene) -> None:
    """The pictures go to the member's direct messages, and where they look, they read so."""
    room = replace(scene, channel=ROOM)
    start, direct = room.mark(), room.mark(DIRECT)
    first, _ = begin(room, "a lake behind a wall")
    first.kill()
    room.sandbox.change(scene.platform, REFUSES_PICTURES[scene.platform], channel=ROOM)

    second = started(room)
    room.sandbox.advance(PICTURE_S)
    room.pictures(direct, channel=DIRECT)
    room.words(start, "so I sent them to you by direct message")

    assert sets(room, {room.channel: start, DIRECT: direct}) == [(DIRECT, 1)]
    stop(second)


def test_the_last_resort_is_the_next_contact(scene: Scene) -> None:
    """Everything is closed, for good as it seems: whatever the member asks for next says that the set is there, and shows it."""
    room = replace(scene, channel=ROOM)
    direct = room.mark(DIRECT)
    first, _ = begin(room, "a lake that nobody sees")
    first.kill()
    room.sandbox.change(scene.platform, "close-direct", user="ada")
    room.sandbox.change(scene.platform, CLOSES[scene.platform], channel=ROOM)
    second = started(scene)
    scene.sandbox.advance(PICTURE_S)
    wait_until(lambda: newest(scene).state == "done")
    assert newest(scene).way is None
    assert sets(scene, {DIRECT: direct}) == []

    asked = scene.mark()
    (answer,) = scene.question("quota")["private"]
    scene.press(answer, "Show result")

    assert scene.pictures(asked)
    wait_until(lambda: newest(scene).way is not None)
    assert scene.question("quota")["private"][0]["buttons"] == []
    stop(second)
