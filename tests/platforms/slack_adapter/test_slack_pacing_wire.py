"""Many members in one channel, against Slack's real limits: no call is refused, and nobody is left out."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.chat.reply import Reply
from bot.commands.command import Origin
from bot.ids import JobId, MessageId
from tests.platforms.process import AdvancingClock
from tests.platforms.scene import progress_update
from tests.platforms.slack_adapter.slack_scene import Scene, open_scene

COMMANDS = 51


@pytest.fixture
async def slack(tmp_path: Path) -> AsyncIterator[Scene]:
    async with open_scene(tmp_path, message_limits=True, make_clock=lambda stage: AdvancingClock(stage.clock)) as opened:
        yield opened


async def origin_of(slack: Scene) -> Origin:
    return (await slack.act_and_receive("command", name="imagine", text="a fox")).origin


async def show(slack: Scene, origin: Origin, text: str, number: int, message: MessageId | None = None) -> MessageId:
    await slack.platform.progress_turn(origin, message, wait=True)
    job = JobId(f"{number:012}")
    return await slack.platform.show_progress(
        replace(progress_update(origin, Reply(text=text), message=message, job=job), in_turn=True)
    )


def refused(slack: Scene, method: str, carried_out: int) -> int:
    return len(slack.calls(method)) - carried_out


async def test_many_commands_in_one_channel_cost_no_refused_call(slack: Scene) -> None:
    """Fifty-one progress messages and as many edits are as many calls: none is refused by Slack and repeated."""
    origin = await origin_of(slack)
    messages = await asyncio.gather(*(show(slack, origin, "Painting.", number) for number in range(COMMANDS)))
    assert (len(set(messages)), refused(slack, "chat.postMessage", COMMANDS)) == (COMMANDS, 0)
    await asyncio.gather(*(show(slack, origin, "Painted.", number, message) for number, message in enumerate(messages)))
    assert refused(slack, "chat.update", COMMANDS) == 0
    assert [message["text"] for message in slack.seen()] == ["Painted."] * COMMANDS


async def test_one_refusal_is_heeded_by_all(slack: Scene) -> None:
    """Where Slack refuses a call all the same, that one is repeated, and no other is refused in the meantime."""
    origin = await origin_of(slack)
    slack.fault("slack.api:chat.postMessage", "429:7")
    await asyncio.gather(*(show(slack, origin, "Painting.", number) for number in range(12)))
    assert (len(slack.seen()), refused(slack, "chat.postMessage", 12)) == (12, 1)
