"""*Again* of another member's large set asks first, privately; the answer counts once, after a restart too."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from sandbox.driver import Bot, Sandbox
from tests.whole.running import PLENTY, PREPARED, started, stop
from tests.whole.scene import PLATFORMS, Message, Scene, said

QUESTION = "This makes 8 images on your quota. Generate them?"
YES, NO = "Generate 8 images", "Cancel"
CANCELLED = "Cancelled. Nothing was generated, and nothing was charged."
EXPIRED = "This form or button has expired."


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox.start("--pace", "0.02", *PREPARED, "--no-message-limits") as opened:
        yield opened


@pytest.fixture(params=PLATFORMS)
def scene(request: pytest.FixtureRequest, sandbox: Sandbox) -> Iterator[Scene]:
    yield Scene(sandbox, request.param)
    for bot in sandbox._bots:
        bot.kill()


def begin(scene: Scene) -> tuple[Bot, Message, int, str | None]:
    """Ada's set of eight, bob's question about it, the paid calls until then, and the last message before the question."""
    bot, start = started(scene.sandbox, PLENTY), scene.mark()
    scene.command("imagine", "the eight planets --count 8 --model 4.5")
    result = scene.pictures(start, count=8)
    scene.words(start, " s: 8 images with")
    calls, mark = len(scene.sandbox.calls()), scene.mark()
    scene.press(result, "Again", user="bob")
    question = scene.sandbox.wait_for(
        scene.platform, scene.channel, lambda message: message.get("private_to") == "bob" and bool(message["buttons"]), after=mark
    )
    return bot, question, calls, mark


def private(scene: Scene, after: str | None, words: str) -> Message:
    return scene.sandbox.wait_for(
        scene.platform,
        scene.channel,
        lambda message: message.get("private_to") == "bob" and words in said(message),
        after=after,
    )


def test_yes_after_a_restart_makes_the_set_once(scene: Scene) -> None:
    """Only bob is asked; the process that asked is gone; the set is public, as *Again* is."""
    first, question, calls, mark = begin(scene)
    assert QUESTION in said(question)
    assert [button["label"] for button in question["buttons"]] == [YES, NO]
    assert scene.in_public(mark) == []
    assert len(scene.sandbox.calls()) == calls
    first.kill()
    second, warm = started(scene.sandbox, PLENTY), scene.mark()
    scene.command("imagine", "a process that has read its first rows")
    scene.pictures(warm)

    scene.press(question, YES, user="bob")
    result = scene.pictures(mark, count=8)
    scene.words(mark, " s: 8 images with")

    assert not result.get("private_to")
    assert [call["billed"] for call in scene.calls_since(calls)] == [1, 8]
    stop(second)


def test_a_double_click_on_yes_is_one_job(scene: Scene) -> None:
    """Two clicks at once, before the question can vanish."""
    bot, question, calls, mark = begin(scene)
    act = {"platform": scene.platform, "user": "bob", "channel": scene.channel, "kind": "press", "message": question["id"]}
    yes = next(button["action"] for button in question["buttons"] if button["label"] == YES)

    scene.sandbox.act(**act, action=yes)
    if any(message["id"] == question["id"] for message in scene.sandbox.seen(scene.platform, scene.channel, mark)):
        scene.sandbox.act(**act, action=yes)
    scene.pictures(mark, count=8)
    scene.words(mark, " s: 8 images with")

    assert len(scene.calls_since(calls)) == 1
    stop(bot)


def test_no_makes_nothing(scene: Scene) -> None:
    """The question becomes the answer, without buttons."""
    bot, question, calls, mark = begin(scene)

    scene.press(question, NO, user="bob")
    answer = private(scene, mark, CANCELLED)

    assert (answer["id"], answer["buttons"]) == (question["id"], [])
    assert scene.calls_since(calls) == []
    assert scene.in_public(mark) == []
    stop(bot)


@pytest.mark.parametrize(("column", "value", "words"), [("expires_at", 0.0, EXPIRED), ("asked_of", "nobody", "Only the member")])
def test_a_question_that_cannot_be_answered(scene: Scene, column: str, value: object, words: str) -> None:
    """One that has expired, and one of somebody else: a word to who pressed, and no job."""
    bot, question, calls, mark = begin(scene)
    path = Path(scene.sandbox.env["DATA_DIR"]) / "seedream-bot.db"
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(f"UPDATE question SET {column} = ? WHERE answer IS NULL", (value,))

    scene.press(question, YES, user="bob")
    private(scene, mark, words)

    assert scene.calls_since(calls) == []
    stop(bot)
