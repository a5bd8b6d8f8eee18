"""No Discord member is left without a word: whatever breaks in the core, and whichever way to them is closed."""

import asyncio
import logging
from pathlib import Path
from typing import Any

import pytest

from bot.chat.reply import Reply
from bot.errors import RefusalCode, RefusedError
from sandbox.faults import Fault
from tests.platforms.discord_adapter.discord_scene import Scene
from tests.platforms.scene import refusal_notice, result, result_message

CALLBACK, FOLLOW_UP = "discord.rest:POST /interactions/*", "discord.rest:* /webhooks/*"


def answers(scene: Scene) -> list[tuple[str, str]]:
    """What the bot told ada, by the place."""
    places = {"channel": scene.channel, "direct": "dm:ada"}
    seen = [(name, message) for name, place in places.items() for message in scene.seen(place)]
    return [
        (name, message["text"])
        for name, message in seen
        if message["author"] == "bot" and not message["files"] and not message.get("loading")
    ]


def fault(scene: Scene, where: str, what: str, *, times: int = 9) -> None:
    scene.stage.faults.add(Fault(where=where, what=what, times=times))


@pytest.mark.parametrize("what", ["reset-before", "500", "error:403:50001"])
async def test_a_first_response_that_fails_falls_back(scene: Scene, what: str) -> None:
    """An answer that cannot be the first response goes by direct message, once."""
    fault(scene, CALLBACK, what)
    asking = asyncio.create_task(scene.act("command", name="quota"))
    await scene.until(lambda: answers(scene) == [("direct", "ShowQuota")])
    asking.cancel()


@pytest.mark.parametrize("what", ["reset-before", "500"])
async def test_a_command_that_cannot_be_acknowledged_is_told(scene: Scene, what: str) -> None:
    """A command is not recorded if it cannot be acknowledged, and its member learns it by direct message."""
    fault(scene, CALLBACK, what)
    asking = asyncio.create_task(scene.act("command", name="imagine", options={"prompt": "a fox"}))
    await scene.until(lambda: answers(scene) == [("direct", "refused unavailable")])
    asking.cancel()
    assert scene.core.arrivals.empty()


@pytest.mark.parametrize("what", ["reset-before", "error:403:50001", "error:404:10015"])
async def test_a_refusal_whose_token_fails_falls_back(scene: Scene, what: str) -> None:
    """A refusal after the acknowledgement goes by direct message if the interaction's token fails, and “thinking” goes."""
    fault(scene, FOLLOW_UP, what)
    scene.core.fails = RefusedError(RefusalCode.JOB_UNKNOWN, value="x")
    await scene.act("command", name="imagine", options={"prompt": "a fox"})
    await scene.until(lambda: answers(scene) == [("direct", "refused JOB UNKNOWN")])


async def test_a_late_refusal_whose_token_fails_falls_back(scene: Scene) -> None:
    """So does the refusal of a recorded job."""
    await scene.act("command", name="imagine", options={"prompt": "a fox"})
    origin = (await scene.arrival()).origin
    fault(scene, FOLLOW_UP, "reset-before")
    await scene.platform.decline(refusal_notice(origin, Reply(text="No.")))
    assert answers(scene) == [("direct", "No.")]


async def test_a_message_that_cannot_be_answered_in_its_channel(scene: Scene) -> None:
    """The answer to a message goes by direct message if the channel takes none."""
    fault(scene, "discord.rest:POST /channels/*/messages", "error:403:50013", times=1)
    scene.core.fails = RefusedError(RefusalCode.JOB_UNKNOWN, value="x")
    await scene.act("message", text="@bot a fox")
    await scene.until(lambda: answers(scene) == [("direct", "refused JOB UNKNOWN")])


async def command(scene: Scene, folder: Path) -> Any:
    del folder
    scene.core.breaks.add("handle")
    return await scene.act("command", name="imagine", options={"prompt": "a fox"})


async def unreadable_command(scene: Scene, folder: Path) -> Any:
    del folder
    scene.core.breaks.add("opening")
    return await scene.act("command", name="imagine", options={"prompt": "a fox"})


async def inquiry(scene: Scene, folder: Path) -> Any:
    del folder
    scene.core.breaks.add("handle")
    return await scene.act("command", name="quota")


async def message(scene: Scene, folder: Path) -> Any:
    del folder
    scene.core.breaks.add("handle")
    return await scene.act("message", text="@bot a fox")


async def press(scene: Scene, folder: Path) -> Any:
    await scene.act("command", name="imagine", options={"prompt": "a fox"})
    posted = await scene.platform.post(result_message((await scene.arrival()).origin, result(folder, 1)))
    scene.core.breaks.add("handle")
    return await scene.act("press", message=posted.message, action="Again")


async def menu(scene: Scene, folder: Path) -> Any:
    await scene.act("command", name="imagine", options={"prompt": "a fox"})
    posted = await scene.platform.post(result_message((await scene.arrival()).origin, result(folder, 1)))
    scene.core.breaks.add("form")
    return await scene.act("menu", name="Edit with Seedream", message=posted.message)


async def submit(scene: Scene, folder: Path) -> Any:
    await scene.act("command", name="imagine", options={"prompt": "a fox"})
    posted = await scene.platform.post(result_message((await scene.arrival()).origin, result(folder, 1)))
    form = (await scene.act("menu", name="Edit with Seedream", message=posted.message))["modal"]
    scene.core.breaks.add("handle")
    return await scene.act("submit", action=form["custom_id"], fields={"prompt": "make it night"})


@pytest.mark.parametrize("gesture", [command, unreadable_command, inquiry, message, press, menu, submit])
async def test_an_unexpected_error_is_told_with_a_reference(
    scene: Scene, tmp_path: Path, caplog: pytest.LogCaptureFixture, gesture: Any
) -> None:
    """Whatever breaks, and with whichever gesture, the member gets one sentence whose reference is in the log."""
    with caplog.at_level(logging.ERROR):
        acting = asyncio.create_task(gesture(scene, tmp_path))
        await scene.until(lambda: any("refused internal" in text for _, text in answers(scene)))
        acting.cancel()
    ((_, text),) = [answer for answer in answers(scene) if "refused internal" in answer[1]]
    (record,) = [record for record in caplog.records if record.message == "unexpected error"]
    assert record.__dict__["reference"] == text.rpartition(" ")[2]
    assert record.exc_info is not None
