"""The end of a progress message on Slack, whose result is a message of its own."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.chat.capabilities import Way
from bot.chat.chat_platform import ProgressUpdate
from bot.chat.reply import Reply
from bot.commands.command import Origin
from tests.platforms.scene import progress_update, result, result_message
from tests.platforms.slack_adapter.slack_scene import Scene, connect, open_scene

DONE = Reply(text="Done in 9 s.")


@pytest.fixture
async def slack(tmp_path: Path) -> AsyncIterator[Scene]:
    async with open_scene(tmp_path) as opened:
        yield opened


async def begin(slack: Scene, *, channel: str = "general") -> tuple[Origin, ProgressUpdate]:
    """A request with its progress message, and what that is to say in the end."""
    origin = (await slack.act_and_receive("command", channel=channel, name="imagine", text="a fox")).origin
    message = await slack.platform.show_progress(progress_update(origin, Reply(text="Painting.")))
    return origin, progress_update(origin, DONE, message=message)


def texts(slack: Scene, channel: str = "general") -> list[tuple[str, int]]:
    return [(message["text"], len(message["files"])) for message in slack.seen(channel) if message["author"] == "bot"]


async def test_it_goes_when_the_result_stands(slack: Scene, tmp_path: Path) -> None:
    """It is deleted after the result was posted; one that is gone already is done with."""
    origin, done = await begin(slack)
    await slack.platform.post(result_message(origin, result(tmp_path, 1)))
    for _ in range(2):
        await slack.platform.close_progress(done, way=Way.CONVERSATION)
    assert texts(slack) == [("", 1)]
    assert len(slack.calls("chat.delete")) == 1 or "message_not_found" in str(slack.stage.recording.lines)


@pytest.mark.parametrize("unreadable", [False, True])
async def test_it_shrinks_where_somebody_has_answered(slack: Scene, *, unreadable: bool) -> None:
    """A deletion would leave the answers alone; where the thread cannot be read, there may be some."""
    _, done = await begin(slack)
    if unreadable:
        slack.fault("slack.api:conversations.replies", "error:missing_scope", times=9)
    else:
        await slack.act("reply", message=slack.seen()[-1]["id"], text="looking forward to it")
    await slack.platform.close_progress(done, way=Way.CONVERSATION)
    assert texts(slack) == [("Done in 9 s.", 0)]


async def test_it_says_where_the_result_went(slack: Scene, tmp_path: Path) -> None:
    """A result by direct message leaves a word in the channel."""
    origin, done = await begin(slack)
    await slack.platform.post(result_message(origin, result(tmp_path, 1), way=Way.DIRECT))
    await slack.platform.close_progress(done, way=Way.DIRECT)
    assert (texts(slack), texts(slack, "dm:ada")) == ([("Done in 9 s.", 0)], [("", 1)])


async def test_in_direct_messages_it_goes_too(slack: Scene, tmp_path: Path) -> None:
    """The channel was closed from the start: progress and result are both direct messages."""
    origin, done = await begin(slack, channel="closed")
    await slack.platform.post(result_message(origin, result(tmp_path, 1), way=Way.DIRECT))
    await slack.platform.close_progress(done, way=Way.DIRECT)
    assert texts(slack, "dm:ada") == [("", 1)]


async def test_one_that_was_never_recorded_goes(slack: Scene, tmp_path: Path) -> None:
    """Its process died between the posting and the record, and the next one posted the result."""
    origin, done = await begin(slack)
    slack.clock.offset += 5
    later = connect(slack.slack, slack.clock)
    later._connection = slack.platform._connection
    await later.post(result_message(origin, result(tmp_path, 1), tried_since=origin.received_at))
    await later.close_progress(replace(done, message=None), way=Way.CONVERSATION)
    assert texts(slack) == [("", 1)]
    await later.close()
