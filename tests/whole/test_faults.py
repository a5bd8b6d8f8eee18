"""Whatever breaks on the way: an end that the member can see, and never a second paid call."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from sandbox.driver import Sandbox
from tests.whole.running import PLENTY, PREPARED, open_running, wait_until
from tests.whole.scene import Message, Scene

DIRECT = "dm:ada"
ROOMS = ("general", "art")
PAINTED = " s: 1 image with"
UNSURE = "I cannot tell whether it generated anything"
PLACES: Mapping[str, Mapping[str, str]] = {
    "discord": {
        "first words": "discord.rest:POST /interactions/*",
        "rewriting": "discord.rest:PATCH /webhooks/*",
        "uploading": "discord.rest:POST /channels/*/messages",
        "posting": "discord.rest:POST /channels/*/messages",
        "line": "discord.gateway:idle",
    },
    "slack": {
        "first words": "slack.api:chat.postMessage",
        "rewriting": "slack.api:chat.update",
        "uploading": "slack.upload",
        "posting": "slack.api:files.completeUploadExternal",
        "line": "slack.socket:idle",
    },
}
"""The stand-ins' names for what breaks: a job's first message, that message again, its pictures, the line of events."""
OWN_WORDS: Mapping[str, Mapping[str, str]] = {
    "discord": {"429": "429:0.3", "gone": "error:404:10008", "no permission": "error:403:50013"},
    "slack": {
        "429": "429:1",
        "429-no-via": "429:1",
        "gone": "error:message_not_found",
        "no permission": "error:restricted_action",
        "close:4000": "disconnect",
        "reconnect": "disconnect:warning",
        "invalid-session": "disconnect:too_many_websockets",
    },
}
"""The stand-ins' words for how it breaks, where they differ."""


@pytest.fixture(name="scene")
def in_turn(scene: Scene) -> Scene:
    """Platforms slow down who writes much into one channel, so the scenes take turns."""
    return replace(scene, channel=ROOMS[len(scene.sandbox.calls()) % len(ROOMS)])


def breaks(scene: Scene, where: str, what: str) -> None:
    scene.sandbox.fault(PLACES[scene.platform][where], OWN_WORDS[scene.platform].get(what, what), times=1)


def sets(scene: Scene, start: str | None) -> list[Message]:
    return [message for message in scene.in_public(start) if message["files"]]


STUMBLES = [
    *(("first words", what) for what in ("429", "500", "reset-after")),
    *(("rewriting", what) for what in ("429", "503", "html", "reset-after")),
    *(("uploading", what) for what in ("502", "504", "reset-before")),
    *(("posting", what) for what in ("429-no-via", "reset-after")),
]


@pytest.mark.parametrize(("where", "what"), STUMBLES, ids=[" ".join(row) for row in STUMBLES])
def test_a_platform_that_stumbles_shows_the_picture_once(scene: Scene, where: str, what: str) -> None:
    """Tried again where nothing happened, looked for where something may have: one message with the picture, and a receipt."""
    before, start = len(scene.sandbox.calls()), scene.mark()
    breaks(scene, where, what)

    scene.command("imagine", "a brave kettle")
    scene.pictures(start)

    assert scene.words(start, PAINTED)
    assert len(sets(scene, start)) == 1
    assert [call["billed"] for call in scene.calls_since(before)] == [1]


def test_a_deleted_progress_message_costs_no_picture(scene: Scene) -> None:
    """Nothing is left to write over, and the result comes all the same."""
    before, start = len(scene.sandbox.calls()), scene.mark()
    scene.sandbox.fault(PLACES[scene.platform]["rewriting"], OWN_WORDS[scene.platform]["gone"], every=1)

    scene.command("imagine", "a forgotten kettle")

    assert scene.pictures(start)
    assert [call["billed"] for call in scene.calls_since(before)] == [1]


def test_a_place_that_takes_no_pictures_sends_them_where_the_member_sees_them(scene: Scene) -> None:
    """A bot that lost its permission after the picture was paid for answers the command itself, or writes to the member."""
    before, start, direct = len(scene.sandbox.calls()), scene.mark(), scene.mark(DIRECT)
    breaks(scene, "posting", "no permission")

    scene.command("imagine", "a banished kettle")

    assert scene.anywhere([(scene.channel, start), (DIRECT, direct)])
    assert [call["billed"] for call in scene.calls_since(before)] == [1]


def test_an_expired_gesture_ends_where_the_member_looks(scene: Scene) -> None:
    """Too late for the platform's own answer: there is a picture, or a word why not, and not two."""
    before, start = len(scene.sandbox.calls()), scene.mark()
    ways = scene.ways()

    acted = replace(ways, act=partial(ways.act, age_s=2000)).command("imagine", f"an old kettle on {scene.platform}")

    assert acted["private"] or scene.pictures(start)
    # The other platform's job may still be at its gateway.
    assert [call["body"]["prompt"] for call in scene.calls_since(before)].count(f"an old kettle on {scene.platform}") <= 1


def listens(scene: Scene) -> None:
    """What is said while nobody is connected may be lost for good: a member asks until there is an answer."""
    wait_until(lambda: scene.question("quota")["acknowledged_ms"] is not None)


LINES = ("close:4000", "reconnect", "invalid-session", "drop")


@pytest.mark.parametrize("what", LINES)
def test_a_line_that_breaks_in_the_middle_of_a_job(scene: Scene, what: str) -> None:
    """The job does not notice, and what is said afterwards is heard, once."""
    before, start = len(scene.sandbox.calls()), scene.mark()

    scene.command("imagine", "a long kettle")
    breaks(scene, "line", what)
    wait_until(lambda: not scene.sandbox.pending_faults())
    scene.pictures(start)
    listens(scene)
    again = scene.mark()
    scene.say("@bot a loud kettle")
    scene.pictures(again)

    assert len(sets(scene, start)) == 2
    assert [call["billed"] for call in scene.calls_since(before)] == [1, 1]


GATEWAYS = [
    ("429:1", PAINTED),
    ("500", f"answered with a server error (HTTP 500). {UNSURE}"),
    ("504", f"answered with a server error (HTTP 504). {UNSURE}"),
    ("html", f"answered with a server error (HTTP 502). {UNSURE}"),
    ("not-json", f"sent an answer that I could not read. {UNSURE}"),
    ("reset-before", f"ended before its answer was complete. {UNSURE}"),
    ("empty", "finished without sending an image"),
    ("error-string", "rejected the request"),
    ("slow:1", PAINTED),
    ("error:418:Teapot", "rejected the request"),
]


@pytest.mark.parametrize(("what", "words"), GATEWAYS, ids=[what for what, _ in GATEWAYS])
def test_a_gateway_that_breaks_is_asked_once_and_explained(scene: Scene, what: str, words: str) -> None:
    """What certainly was not painted is asked for again, anything else is never paid a second time."""
    before, start = len(scene.sandbox.calls()), scene.mark()
    scene.sandbox.fault(f"{next(iter(scene.sandbox.line['gateways']))}.submit", what, times=1)

    scene.command("imagine", "a brave little kettle")

    assert scene.words(start, words)
    assert sum(call["billed"] for call in scene.calls_since(before)) <= 1


def gateway(scene: Scene) -> str:
    return str(next(iter(scene.sandbox.line["gateways"])))


@pytest.mark.parametrize("prompt", ["a red fox, RateLimitExceeded", "ServerOverloaded", "model is invalid: InvalidParameter"])
def test_a_word_in_the_prompt_repeats_no_call(scene: Scene, prompt: str) -> None:
    """A gateway that made the picture, answered 500 and quoted the prompt: one paid call, and the member is told what was seen."""
    before, start = len(scene.sandbox.calls()), scene.mark()
    scene.sandbox.fault(f"{gateway(scene)}.submit", "quoted", times=9)

    scene.command("imagine", prompt)

    assert scene.words(start, f"answered with a server error (HTTP 500). {UNSURE}")
    assert [call["billed"] for call in scene.calls_since(before)] == [1]
    assert newest_spend(scene) == ("uncertain", 1, 1)


def newest_spend(scene: Scene) -> tuple[object, ...]:
    """The state of the newest job, its booked images, and whether they are estimated."""
    path = Path(scene.sandbox.env["DATA_DIR"]) / "seedream-bot.db"
    query = "SELECT job.state, images, billed_by = 'estimate' FROM job JOIN spend ON spend.job = job.id ORDER BY created_at DESC LIMIT 1"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        return tuple(database.execute(query).fetchone())


def test_a_gateway_that_makes_many_more_is_not_emptied(scene: Scene) -> None:
    """Two unasked pictures are delivered; the others are neither fetched nor posted."""
    before, start = len(scene.sandbox.calls()), scene.mark()
    scene.sandbox.fault(f"{gateway(scene)}.submit", "more:30", times=1)

    scene.command("imagine", "a swarm of kettles")
    scene.pictures(start, count=3)

    assert scene.words(start, "Seedream")
    assert [len(message["files"]) for message in sets(scene, start)] == [3]
    assert [call["billed"] for call in scene.calls_since(before)] == [31]


SPELLINGS = [
    *(("address", what) for what in ("spaces", "data-url", "base64", "wrapped")),
    *(("answer", what) for what in ("gzip", "zstd")),
    *(("result", what) for what in ("gzip", "zstd", "as-html")),
]


@pytest.mark.parametrize(("where", "what"), SPELLINGS, ids=[" ".join(row) for row in SPELLINGS])
def test_a_paid_picture_is_read_however_it_comes(scene: Scene, where: str, what: str) -> None:
    """It is in our hands, so the member gets it."""
    before, start = len(scene.sandbox.calls()), scene.mark()
    scene.sandbox.fault(f"{gateway(scene)}.{where}", what, times=1)

    scene.command("imagine", "a kettle in disguise")

    assert scene.pictures(start)
    assert [call["billed"] for call in scene.calls_since(before)] == [1]


def test_an_answer_that_becomes_too_large(scene: Scene) -> None:
    """Sixty kilobytes that become 300 MB are not decoded to their end."""
    before, start = len(scene.sandbox.calls()), scene.mark()
    scene.sandbox.fault(f"{gateway(scene)}.answer", "bomb", times=1)

    scene.command("imagine", "an exploding kettle")

    assert scene.words(start, f"sent an answer that I could not read. {UNSURE}")
    assert [call["billed"] for call in scene.calls_since(before)] == [1]


@pytest.fixture(scope="module")
def impatient() -> Iterator[Sandbox]:
    """A bot that waits two seconds for its gateway, and no longer."""
    # The sandbox's own settings end with the table of its gateway, whose limits these are.
    with open_running("--pace", "0.05", *PREPARED, config_extra=f"limits = {{ answer_s = 2 }}\n{PLENTY}") as running:
        yield running.sandbox


def test_a_gateway_that_never_answers(scene: Scene, impatient: Sandbox) -> None:
    """The member is told that nobody knows, and nobody asks again."""
    silent = replace(scene, sandbox=impatient)
    before, start = len(impatient.calls()), silent.mark()
    impatient.fault(f"{next(iter(impatient.line['gateways']))}.submit", "hang", times=1)

    silent.command("imagine", "a patient kettle")

    assert silent.words(start, UNSURE)
    assert sum(call["billed"] for call in silent.calls_since(before)) <= 1
