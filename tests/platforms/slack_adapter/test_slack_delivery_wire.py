"""Slack delivery over the real protocol: limits, lost responses, closed channels and fallbacks."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.chat.capabilities import Way
from bot.chat.chat_platform import Posted
from bot.chat.reply import Reply
from bot.commands.command import Attachment, Generate, Origin
from bot.errors import DeliveryCode, DeliveryError, RefusalCode, RefusedError
from tests.platforms.scene import JOB, member_file, png, progress_update, refusal_notice, result, result_message
from tests.platforms.slack_adapter.slack_scene import Scene, open_scene

MIB = 1024 * 1024
PNG = png(5, 5)


@pytest.fixture
async def slack(tmp_path: Path) -> AsyncIterator[Scene]:
    async with open_scene(tmp_path) as opened:
        yield opened


async def request_picture(slack: Scene, *, channel: str = "general") -> Origin:
    """Send a command and return its origin."""
    return (await slack.act_and_receive("command", channel=channel, name="imagine", text="a fox")).origin


async def post(
    slack: Scene,
    origin: Origin,
    reply: Reply,
    *,
    way: Way = Way.CONVERSATION,
    tried_since: float | None = None,
) -> Posted:
    return await slack.platform.post(result_message(origin, reply, way=way, tried_since=tried_since))


@pytest.mark.parametrize(("channel", "code"), [("closed", "not invited"), ("attic", "archived")])
async def test_closed_channel_falls_back_to_direct_messages(slack: Scene, tmp_path: Path, channel: str, code: str) -> None:
    """The hint is ephemeral, progress and pictures go by direct message, and no upload to the channel is tried."""
    origin = await request_picture(slack, channel="closed")
    found = slack.slack.world.find_channel("closed")
    assert found is not None
    found.archived = channel == "attic"
    message = await slack.platform.show_progress(progress_update(origin, Reply(text="Painting.")))
    assert [(one["text"], one["private_to"]) for one in slack.seen("closed")] == [(f"refused {code}", "ada")]
    assert [one["text"] for one in slack.seen("dm:ada")] == ["Painting."]
    with pytest.raises(DeliveryError) as raised:
        await post(slack, origin, result(tmp_path, 1))
    assert (raised.value.retryable, slack.calls("files.getUploadURLExternal")) == (False, [])
    await post(slack, origin, result(tmp_path, 1), way=Way.DIRECT)
    await slack.platform.show_progress(progress_update(origin, Reply(text="Done."), message=message))
    assert [(one["text"], len(one["files"])) for one in slack.seen("dm:ada")] == [("Done.", 0), ("", 1)]
    assert len(slack.seen("closed")) == 1


async def test_forbidden_uploads_are_reported_once(slack: Scene, tmp_path: Path) -> None:
    """One hint is shown, however many ways are tried."""
    origin = await request_picture(slack)
    slack.fault("slack.api:files.getUploadURLExternal", "error:file_uploads_disabled", times=9)
    for way in (Way.CONVERSATION, Way.DIRECT):
        with pytest.raises(DeliveryError) as raised:
            await post(slack, origin, result(tmp_path, 1), way=way)
        assert raised.value.delivery is DeliveryCode.UPLOADS_OFF
    assert [(one["text"], one["private_to"]) for one in slack.seen()] == [("refused uploads off", "ada")]


async def test_missing_share_is_repeated_once(slack: Scene, tmp_path: Path) -> None:
    """Accepted files that never appear are deleted and shared again; one message is left."""
    origin = await request_picture(slack)
    slack.fault("slack.share:general", "never")
    posted = await post(slack, origin, result(tmp_path, 3))
    shown = [message for message in slack.seen() if message["files"]]
    assert [(f"{slack.channel()}:{message['id']}", len(message["files"])) for message in shown] == [(posted.message, 3)]
    assert (len(slack.calls("files.completeUploadExternal")), len(slack.calls("files.delete"))) == (2, 3)


async def test_second_missing_share_is_a_permanent_failure(slack: Scene, tmp_path: Path) -> None:
    """The next way can then be tried."""
    origin = await request_picture(slack)
    slack.fault("slack.share:general", "never", times=2)
    with pytest.raises(DeliveryError) as raised:
        await post(slack, origin, result(tmp_path, 1))
    assert (raised.value.retryable, [message for message in slack.seen() if message["files"]]) == (False, [])


@pytest.mark.parametrize(
    ("place", "what"),
    [
        ("slack.upload", "500"),
        ("slack.upload", "html"),
        ("slack.upload", "reset-before"),
        ("slack.upload", "reset-after"),
        ("slack.api:files.getUploadURLExternal", "502"),
        ("slack.api:files.getUploadURLExternal", "429:1"),
        ("slack.api:files.completeUploadExternal", "429:1"),
        ("slack.api:files.completeUploadExternal", "reset-after"),
        ("slack.api:files.completeUploadExternal", "reset-before"),
        ("slack.api:files.info", "503"),
        ("slack.share", "late:1"),
    ],
)
async def test_a_set_survives_one_fault(slack: Scene, tmp_path: Path, place: str, what: str) -> None:
    """The set is one complete message in order, whatever request failed."""
    origin = await request_picture(slack)
    slack.fault(place, what)
    posted = await post(slack, origin, result(tmp_path, 4))
    shown = [message for message in slack.seen() if message["files"]]
    assert [f"{slack.channel()}:{message['id']}" for message in shown] == [posted.message]
    assert [file["name"] for file in shown[0]["files"]] == [f"{JOB}-{number}.png" for number in range(1, 5)]


@pytest.mark.parametrize("what", ["429:1", "reset-before", "reset-after", "502", "html"])
async def test_message_is_not_duplicated_after_a_fault(slack: Scene, what: str) -> None:
    """After a lost response the bot searches for the message before it sends again."""
    origin = await request_picture(slack)
    slack.fault("slack.api:chat.postMessage", what)
    message = await slack.platform.show_progress(progress_update(origin, Reply(text="Painting.")))
    assert [f"{slack.channel()}:{one['id']}" for one in slack.seen()] == [message]


async def test_without_history_scope_a_message_is_not_repeated(tmp_path: Path) -> None:
    """No message is better than two."""
    async with open_scene(tmp_path, scopes=("chat:write", "commands", "im:write", "files:read", "files:write")) as slack:
        origin = await request_picture(slack)
        slack.fault("slack.api:chat.postMessage", "reset-after")
        with pytest.raises(DeliveryError) as raised:
            await slack.platform.show_progress(progress_update(origin, Reply(text="Painting.")))
        assert (raised.value.retryable, len(slack.seen())) == (False, 1)


async def test_earlier_attempt_is_found(slack: Scene, tmp_path: Path) -> None:
    """A retry after a crash between share and record posts nothing again."""
    origin = await request_picture(slack)
    first = await post(slack, origin, result(tmp_path, 2))
    again = await post(slack, origin, result(tmp_path, 2), tried_since=origin.received_at)
    assert (again, len(slack.calls("files.completeUploadExternal"))) == (first, 1)


async def test_nothing_is_posted_while_the_history_is_unavailable(slack: Scene, tmp_path: Path) -> None:
    """The search for the earlier attempt fails, so the delivery fails and can be retried; the retry finds the attempt."""
    origin = await request_picture(slack)
    first = await post(slack, origin, result(tmp_path, 2))
    slack.fault("slack.api:conversations.history", "503", times=3)
    with pytest.raises(DeliveryError) as raised:
        await post(slack, origin, result(tmp_path, 2), tried_since=origin.received_at)
    assert raised.value.retryable
    again = await post(slack, origin, result(tmp_path, 2), tried_since=origin.received_at)
    assert (again, len(slack.calls("files.completeUploadExternal"))) == (first, 1)


async def test_late_refusal_replaces_the_progress_message(slack: Scene) -> None:
    """In a channel the progress message is deleted and the refusal is ephemeral; in direct messages it is edited."""
    origin = await request_picture(slack)
    message = await slack.platform.show_progress(progress_update(origin, Reply(text="Painting.")))
    await slack.platform.decline(refusal_notice(origin, Reply(text="No."), message=message))
    assert [(one["text"], one["private_to"]) for one in slack.seen()] == [("No.", "ada")]
    await slack.act("message", channel="dm:bob", user="bob", text="a red fox")
    origin = (await slack.arrival()).origin
    message = await slack.platform.show_progress(progress_update(origin, Reply(text="Painting.")))
    await slack.platform.decline(refusal_notice(origin, Reply(text="No."), message=message))
    assert [one["text"] for one in slack.seen("dm:bob") if one["author"] == "bot"] == ["No."]


async def test_refusal_with_a_deleted_progress_message(slack: Scene) -> None:
    """The refusal is a new direct message."""
    await slack.act("message", channel="dm:bob", user="bob", text="a red fox")
    origin = (await slack.arrival()).origin
    message = await slack.platform.show_progress(progress_update(origin, Reply(text="Painting.")))
    found = slack.slack.world.find_channel("dm:bob")
    assert found is not None
    del found.messages[slack.last("dm:bob")["id"]]
    await slack.platform.decline(refusal_notice(origin, Reply(text="No."), message=message))
    assert [one["text"] for one in slack.seen("dm:bob") if one["author"] == "bot"] == ["No."]


async def test_deleted_thread_falls_back_to_direct_messages(slack: Scene, tmp_path: Path) -> None:
    """Everything goes by direct message, and no upload to the thread is tried."""
    await slack.act("message", text="@bot a red fox")
    origin = (await slack.arrival()).origin
    found = slack.slack.world.find_channel("general")
    assert found is not None
    found.messages.clear()
    await slack.platform.show_progress(progress_update(origin, Reply(text="Painting.")))
    with pytest.raises(DeliveryError):
        await post(slack, origin, result(tmp_path, 1))
    await post(slack, origin, result(tmp_path, 1), way=Way.DIRECT)
    assert [(one["text"], len(one["files"])) for one in slack.seen("dm:ada")] == [("Painting.", 0), ("", 1)]
    assert len(slack.calls("files.completeUploadExternal")) == 1


async def test_refusal_after_the_response_url_expired(slack: Scene) -> None:
    """The refusal is an ephemeral message of the bot."""
    origin = await request_picture(slack)
    slack.stage.clock.advance(3600)
    await slack.platform.decline(refusal_notice(origin, Reply(text="Slack's clock.")))
    slack.clock.offset = 3600
    await slack.platform.decline(refusal_notice(origin, Reply(text="Our clock.")))
    assert [(one["text"], one["private_to"]) for one in slack.seen()] == [("Slack's clock.", "ada"), ("Our clock.", "ada")]
    assert len(slack.calls("chat.postEphemeral")) == 2


async def test_thread_status_shows_progress(slack: Scene) -> None:
    """The status is set while the job runs and cleared at its end."""
    original = await slack.act("message", text="@bot a red fox")
    origin = (await slack.arrival()).origin
    message = await slack.platform.show_progress(progress_update(origin, Reply(text="Painting.", busy=True)))
    assert slack.seen()[0]["status"] == "Painting."
    await slack.platform.show_progress(progress_update(origin, Reply(text="Done."), message=message))
    assert "status" not in slack.seen()[0]
    assert original["id"] == slack.last()["thread"]


async def test_missing_status_scope_is_tolerated(slack: Scene) -> None:
    """The status is tried only once."""
    slack.fault("slack.api:assistant.threads.setStatus", "error:missing_scope", times=9)
    await slack.act("message", text="@bot a red fox")
    origin = (await slack.arrival()).origin
    message = await slack.platform.show_progress(progress_update(origin, Reply(text="Painting.", busy=True)))
    await slack.platform.show_progress(progress_update(origin, Reply(text="Almost.", busy=True), message=message))
    assert (slack.last()["text"], len(slack.calls("assistant.threads.setStatus"))) == ("Almost.", 1)


async def attachment_of_kind(slack: Scene, kind: str) -> Attachment:
    """Send a mention with a file of this kind and return the attachment."""
    await slack.act("message", text="@bot make it night", files=[member_file("owl.png", PNG)], options={"files": kind})
    command = (await slack.arrival()).command
    assert isinstance(command, Generate)
    (attachment,) = command.references
    assert isinstance(attachment, Attachment)
    return attachment


async def test_file_of_another_workspace_is_resolved(slack: Scene) -> None:
    """The event has only the file's id, so its details are requested."""
    assert await slack.platform.fetch(await attachment_of_kind(slack, "stub"), most_bytes=MIB) == PNG


@pytest.mark.parametrize(("kind", "code"), [("external", RefusalCode.REF_ELSEWHERE), ("tombstone", RefusalCode.REF_GONE)])
async def test_files_outside_slack_are_refused(slack: Scene, kind: str, code: RefusalCode) -> None:
    """Nothing is fetched from other hosts, and the refusal states the reason."""
    attachment = await attachment_of_kind(slack, kind)
    with pytest.raises(RefusedError) as raised:
        await slack.platform.fetch(attachment, most_bytes=MIB)
    assert raised.value.refusal is code


async def test_login_page_is_not_a_picture(slack: Scene, caplog: pytest.LogCaptureFixture) -> None:
    """Slack sends the login page with status 200; the log explains what is missing."""
    attachment = await attachment_of_kind(slack, "hosted")
    slack.fault("slack.files", "login-page")
    with pytest.raises(RefusedError) as raised:
        await slack.platform.fetch(attachment, most_bytes=MIB)
    assert (raised.value.refusal, "file not readable" in caplog.messages) == (RefusalCode.REF_GONE, True)


@pytest.mark.parametrize(
    "address",
    ["https://files.slack.com.evil.example/x", "https://evil.example/x", "http://files.slack.com/x", "https://slack.com/x"],
)
async def test_token_is_sent_only_to_slack(slack: Scene, address: str) -> None:
    """Addresses outside Slack's file host and API origin are refused."""
    with pytest.raises(RefusedError):
        await slack.platform.fetch(Attachment(address=address, name="x.png"), most_bytes=MIB)


async def test_concurrent_commands(slack: Scene) -> None:
    """Commands of several members neither block each other nor get lost."""
    acts = [slack.act("command", user=user, name="imagine", text="a fox") for user in ("ada", "bob", "cyd") for _ in range(10)]
    shown = await asyncio.gather(*acts)
    assert all(act["acknowledged_ms"] < 3000 for act in shown)
    assert len({(await slack.arrival()).events for _ in range(30)}) == 30
