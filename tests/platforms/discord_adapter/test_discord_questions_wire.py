"""A question over the real protocol: only who pressed sees it, and its answer is for all to see."""

from pathlib import Path

import pytest

from adapters.discord.address import decode_address
from bot.commands.command import AnswerQuestion
from bot.errors import StoreCode, StoreError
from tests.platforms.discord_adapter.discord_scene import Scene
from tests.platforms.scene import JOB, QUESTION, result, result_message

EPHEMERAL = 64


async def ask(scene: Scene, tmp_path: Path) -> str:
    """Ada's set, and bob's question about it."""
    scene.core.asks = QUESTION
    await scene.act("command", name="imagine", options={"prompt": "a fox"})
    posted = await scene.platform.post(result_message((await scene.arrival()).origin, result(tmp_path, 1)))
    await press(scene, posted.message, "Again")
    await scene.until(lambda: scene.last()["text"] == "Make eight?")
    question = scene.last()
    assert (question["private_to"], [button["label"] for button in question["buttons"]]) == ("bob", ["Yes", "No"])
    # Nothing is awaited any more.
    assert not any(message.get("loading") for message in scene.seen())
    return str(question["id"])


async def press(scene: Scene, message: str, label: str) -> None:
    await scene.act("press", user=str(scene.discord.describe()["users"]["bob"]), message=message, action=label)


def callbacks(scene: Scene) -> list[tuple[int, int]]:
    """The type and the flags of each first response."""
    sent = [line["payload"] for line in scene.requests("POST", "/callback")]
    return [(payload["type"], (payload.get("data") or {}).get("flags", 0)) for payload in sent]


async def test_yes_is_answered_for_all_to_see(scene: Scene, tmp_path: Path) -> None:
    """The private question does not make the set private: only the acknowledgement is, and the set is a message of the bot."""
    question = await ask(scene, tmp_path)
    await press(scene, question, "Yes")
    arrival = await scene.arrival()

    assert arrival.command == AnswerQuestion(question=JOB, choice="again")
    address = decode_address(arrival.origin.address)
    assert (address.ephemeral, address.posts, address.token is not None) == (False, True, True)
    assert callbacks(scene)[-1] == (5, EPHEMERAL)


async def test_no_is_said_in_the_place_of_the_question(scene: Scene, tmp_path: Path) -> None:
    """Its buttons are gone with it."""
    question = await ask(scene, tmp_path)
    await press(scene, question, "No")
    shown = scene.last()
    assert (shown["id"], shown["text"], shown["buttons"], shown["private_to"]) == (question, "Nothing was made.", [], "bob")
    assert callbacks(scene)[-1][0] == 7


@pytest.mark.parametrize("label", ["Yes", "No"])
async def test_an_answer_that_fails_keeps_the_question(scene: Scene, tmp_path: Path, label: str) -> None:
    """The member alone reads why, and can press again."""
    question = await ask(scene, tmp_path)
    scene.core.fails = StoreError(StoreCode.BUSY)
    await press(scene, question, label)
    await scene.until(lambda: scene.last()["text"] == "refused busy")
    assert scene.last()["private_to"] == "bob"
    assert [len(message["buttons"]) for message in scene.seen() if message["id"] == question] == [2]
