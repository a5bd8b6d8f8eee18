"""No Slack member is left without a word: whatever breaks in the core, and whichever way to them is closed."""

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.chat.reply import Reply
from bot.ids import MessageId
from tests.platforms.scene import progress_update, refusal_notice, result, result_message
from tests.platforms.slack_adapter.slack_scene import Scene, open_scene

DEAD = "http://127.0.0.1:9/"
"""No server listens at the port for discarded packets."""


@pytest.fixture
async def slack(tmp_path: Path) -> AsyncIterator[Scene]:
    async with open_scene(tmp_path) as opened:
        yield opened


def answers(slack: Scene) -> list[tuple[str, str]]:
    """What the bot told ada, by the place."""
    seen = [(place, message) for place in ("general", "dm:ada") for message in slack.seen(place)]
    return [(place, message["text"]) for place, message in seen if message["author"] == "bot" and not message["files"]]


@pytest.mark.parametrize("what", ["reset-before", "404", "403", "500", "503", "429:1", "html"])
@pytest.mark.parametrize(
    ("closed", "place"),
    [((), "general"), (("chat.postEphemeral",), "dm:ada")],
    ids=["ephemeral", "direct"],
)
async def test_a_failing_response_url_falls_back(slack: Scene, what: str, closed: tuple[str, ...], place: str) -> None:
    """An answer goes by the response URL, else as an ephemeral message, else by direct message, and once."""
    slack.fault("slack.response:commands", what)
    for method in closed:
        slack.fault(f"slack.api:{method}", "error:user_not_in_channel")
    await slack.act("command", name="seedream", text="quota")
    await slack.until(lambda: answers(slack) == [(place, "ShowQuota")])


async def test_a_late_refusal_survives_a_response_url_that_refuses_connections(slack: Scene) -> None:
    """A refusal after the acknowledgement reaches the member though nothing listens at the response URL."""
    origin = (await slack.act_and_receive("command", name="imagine", text="a fox")).origin
    origin = replace(origin, address={**origin.address, "response_url": DEAD})
    message = await slack.platform.show_progress(progress_update(origin, Reply(text="Painting.")))
    await slack.platform.decline(refusal_notice(origin, Reply(text="No."), message=message))
    assert answers(slack) == [("general", "No.")]


@pytest.mark.parametrize("what", ["500", "error:fatal_error", "html"])
async def test_an_ephemeral_message_that_fails_falls_back(slack: Scene, what: str) -> None:
    """An ephemeral message may fail for any reason, also one that could pass: the direct message is tried at once."""
    slack.fault("slack.response", "404", times=9)
    slack.fault("slack.api:chat.postEphemeral", what)
    await slack.act("command", name="seedream", text="help")
    await slack.until(lambda: answers(slack) == [("dm:ada", "ShowHelp")])


async def press(slack: Scene, folder: Path) -> Any:
    origin = (await slack.act_and_receive("command", name="imagine", text="a fox")).origin
    posted = await slack.platform.post(result_message(origin, result(folder, 1)))
    slack.core.breaks.add("handle")
    return await slack.act("press", message=posted.message.partition(":")[2], action="Again")


async def submit(slack: Scene, folder: Path) -> Any:
    del folder
    slack.core.breaks.add("handle")
    opened = await slack.act("command", name="imagine", text="")
    return await slack.act("submit", action=opened["modal"]["id"], fields={"prompt": "a fox"})


async def mention(slack: Scene, folder: Path) -> Any:
    del folder
    slack.core.breaks.add("handle")
    return await slack.act("message", text="@bot a red fox")


async def command(slack: Scene, folder: Path) -> Any:
    del folder
    slack.core.breaks.add("handle")
    return await slack.act("command", name="imagine", text="a fox")


async def unreadable_command(slack: Scene, folder: Path) -> Any:
    del folder
    slack.core.breaks.add("opening")
    return await slack.act("command", name="imagine", text="a fox")


async def form(slack: Scene, folder: Path) -> Any:
    del folder
    slack.core.breaks.add("form")
    return await slack.act("command", name="imagine", text="")


@pytest.mark.parametrize("gesture", [command, unreadable_command, press, submit, mention, form])
async def test_an_unexpected_error_is_told_with_a_reference(
    slack: Scene, tmp_path: Path, caplog: pytest.LogCaptureFixture, gesture: Any
) -> None:
    """Whatever breaks, and with whichever gesture, the member gets one sentence whose reference is in the log."""
    with caplog.at_level(logging.ERROR):
        acting = asyncio.create_task(gesture(slack, tmp_path))
        await slack.until(lambda: any("refused internal" in text for _, text in answers(slack)))
        acting.cancel()
    ((_, text),) = [answer for answer in answers(slack) if "refused internal" in answer[1]]
    logged = {record.__dict__["reference"]: record for record in caplog.records if record.message == "unexpected error"}
    assert logged[text.rpartition(" ")[2]].exc_info is not None


async def test_a_replaced_message_is_forgotten(slack: Scene) -> None:
    """The set of messages beside which a status is shown does not keep one that was replaced."""
    await slack.act("message", text="@bot a red fox")
    origin = (await slack.arrival()).origin
    first = await slack.platform.show_progress(progress_update(origin, Reply(text="Painting.", busy=True)))
    found = slack.slack.world.find_channel("general")
    assert found is not None
    del found.messages[first.partition(":")[2]]
    second = await slack.platform.show_progress(
        progress_update(origin, Reply(text="Still painting.", busy=True), message=first, replace_lost=True)
    )
    assert set(slack.platform._delivery._working) == {second} != {MessageId(first)}
    await slack.platform.show_progress(progress_update(origin, Reply(text="Done."), message=second))
    assert not slack.platform._delivery._working
