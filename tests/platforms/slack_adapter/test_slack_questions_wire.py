"""A question over the real protocol: only who pressed sees it, its answer belongs to the thread, and then it is gone."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.slack.address import decode_address
from bot.commands.command import AnswerQuestion
from bot.errors import StoreCode, StoreError
from tests.platforms.scene import JOB, QUESTION, result, result_message
from tests.platforms.slack_adapter.slack_scene import Scene, open_scene


@pytest.fixture
async def slack(tmp_path: Path) -> AsyncIterator[Scene]:
    async with open_scene(tmp_path) as opened:
        opened.core.asks = QUESTION
        yield opened


async def ask(slack: Scene, tmp_path: Path) -> tuple[str, str]:
    """Ada's set in a thread, and bob's question about it: the thread, and the question's message."""
    mention = await slack.act("message", text="@bot a red fox")
    posted = await slack.platform.post(result_message((await slack.arrival()).origin, result(tmp_path, 1)))
    again = f"v1:again:{JOB}"
    await slack.act("press", user="bob", message=posted.message.partition(":")[2], action=again)
    await slack.until(lambda: slack.last()["text"] == "Make eight?")
    question = slack.last()
    assert (question["private_to"], question["thread"]) == ("bob", mention["id"])
    assert [button["label"] for button in question["buttons"]] == ["Yes", "No"]
    return mention["id"], question["id"]


def texts(slack: Scene) -> list[str]:
    return [message["text"] for message in slack.seen() if message.get("private_to") == "bob"]


async def test_yes_is_answered_in_the_thread_and_the_question_vanishes(slack: Scene, tmp_path: Path) -> None:
    """The job goes where the set is, by the fresh response URL of this press."""
    thread, question = await ask(slack, tmp_path)
    await slack.act("press", user="bob", message=question, action="Yes")
    arrival = await slack.arrival()

    assert arrival.command == AnswerQuestion(question=JOB, choice="again")
    assert arrival.until is not None
    address = decode_address(arrival.origin.address)
    assert (address.thread, address.redirected) == (thread, False)
    await slack.until(lambda: texts(slack) == [])


async def test_no_is_said_in_the_place_of_the_question(slack: Scene, tmp_path: Path) -> None:
    """Its buttons are gone with it."""
    _, question = await ask(slack, tmp_path)
    await slack.act("press", user="bob", message=question, action="No")
    await slack.until(lambda: texts(slack) == ["Nothing was made."])
    assert slack.last()["buttons"] == []


async def test_an_answer_that_fails_keeps_the_question(slack: Scene, tmp_path: Path) -> None:
    """The member reads why, and can press again."""
    _, question = await ask(slack, tmp_path)
    slack.core.fails, slack.core.failures_left = StoreError(StoreCode.BUSY), 1
    await slack.act("press", user="bob", message=question, action="Yes")
    await slack.until(lambda: texts(slack) == ["Make eight?", "refused busy"])


async def test_a_question_that_cannot_be_replaced(slack: Scene, tmp_path: Path) -> None:
    """The answer to no is then a message of its own."""
    _, question = await ask(slack, tmp_path)
    await slack.act("press", user="bob", message=question, action="No", age_s=2000)
    await slack.until(lambda: texts(slack) == ["Make eight?", "Nothing was made."])
