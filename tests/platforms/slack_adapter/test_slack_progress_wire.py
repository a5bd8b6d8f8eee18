"""The end of a progress message on Slack, whose result is a message of its own."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.chat.capabilities import Way
from bot.chat.chat_platform import ProgressUpdate
from bot.chat.reply import Reply
from bot.commands.command import Origin
from bot.ids import JobId
from tests.platforms.scene import JOB, progress_update, refusal_notice, result, result_message
from tests.platforms.slack_adapter.slack_scene import Scene, open_scene

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


@pytest.mark.parametrize("channel", ["general", "dm:ada"])
async def test_one_that_was_never_recorded_goes(slack: Scene, tmp_path: Path, channel: str) -> None:
    """Who posted it died, or lost the job to a process that has run all the time, before it was recorded."""
    origin, done = await begin(slack, channel=channel)
    await slack.platform.post(result_message(origin, result(tmp_path, 1)))
    await slack.platform.close_progress(replace(done, message=None, perhaps_begun=True), way=Way.CONVERSATION)
    assert texts(slack, channel) == [("", 1)]


@pytest.mark.parametrize("channel", ["general", "dm:ada"])
async def test_one_that_was_never_recorded_goes_on(slack: Scene, channel: str) -> None:
    """The next to show the job edits it and posts no second one."""
    origin, done = await begin(slack, channel=channel)
    again = progress_update(origin, Reply(text="Still painting."), perhaps_begun=True)
    assert await slack.platform.show_progress(again) == done.message
    assert texts(slack, channel) == [("Still painting.", 0)]


@pytest.mark.parametrize("channel", ["general", "dm:ada", "closed"])
async def test_all_of_them_go(slack: Scene, tmp_path: Path, channel: str) -> None:
    """The first arrived so late that the next process had found none: it takes both away, those of other jobs stay."""
    origin, done = await begin(slack, channel=channel)
    second = await slack.platform.show_progress(progress_update(origin, Reply(text="Checking."), job=JOB))
    await slack.platform.show_progress(progress_update(origin, Reply(text="Another."), job=JobId("ba9876543210")))
    place, way = ("dm:ada", Way.DIRECT) if channel == "closed" else (channel, Way.CONVERSATION)
    assert [text for text, _ in texts(slack, place)] == ["Painting.", "Checking.", "Another."]
    await slack.platform.post(result_message(origin, result(tmp_path, 1), way=way))
    await slack.platform.close_progress(replace(done, message=second, perhaps_begun=True), way=way)
    assert texts(slack, place) == [("Another.", 0), ("", 1)]


async def test_nothing_is_looked_for_without_a_reason(slack: Scene, tmp_path: Path) -> None:
    """A search takes one of fifty calls a minute that all searches have."""
    origin, done = await begin(slack)
    await slack.platform.post(result_message(origin, result(tmp_path, 1)))
    await slack.platform.close_progress(done, way=Way.CONVERSATION)
    assert slack.calls("conversations.history") == []


async def test_one_that_seemed_lost_is_looked_for_at_the_end(slack: Scene) -> None:
    """Its request may still arrive after the one that repeats it."""
    slack.fault("slack.api:chat.postMessage", "reset-before")
    _, done = await begin(slack)
    searches = len(slack.calls("conversations.history"))
    await slack.platform.close_progress(done, way=Way.CONVERSATION)
    assert (texts(slack), len(slack.calls("conversations.history")) - searches) == ([], 1)


@pytest.mark.parametrize("unreadable", [False, True])
async def test_a_refusal_takes_away_what_was_never_recorded(slack: Scene, *, unreadable: bool) -> None:
    """Where the messages cannot be read, the refusal is told all the same."""
    origin, _ = await begin(slack, channel="dm:ada")
    if unreadable:
        slack.fault("slack.api:conversations.history", "error:missing_scope", times=9)
    await slack.platform.decline(refusal_notice(origin, Reply(text="Refused."), perhaps_begun=True))
    assert texts(slack, "dm:ada") == [*([("Painting.", 0)] if unreadable else []), ("Refused.", 0)]


async def test_one_beside_another_is_taken_back(slack: Scene) -> None:
    """By the process that posted it and has lost the job; one that is gone is done with."""
    origin, done = await begin(slack)
    assert done.message is not None
    for _ in range(2):
        await slack.platform.take_back(origin, done.message)
    assert texts(slack) == []
