"""What Slack does to messages and files on their way: limits, lost answers, closed places, and what becomes of the set."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.chat.capabilities import Way
from bot.chat.chat_platform import Posted
from bot.chat.reply import Reply
from bot.commands.command import Attachment, Generate, Origin
from bot.errors import DeliveryCode, DeliveryError, RefusalCode, RefusedError
from tests.platforms.scene import JOB, given, png, progress_update, refusal_notice, result, result_message
from tests.platforms.slack_adapter.slack_scene import Scene, open_scene

MIB = 1024 * 1024
PNG = png(5, 5)


@pytest.fixture
async def slack(tmp_path: Path) -> AsyncIterator[Scene]:
    async with open_scene(tmp_path) as opened:
        yield opened


async def asked(slack: Scene, *, channel: str = "general") -> Origin:
    return (await slack.asked("command", channel=channel, name="imagine", text="a fox")).origin


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
async def test_a_closed_place_is_told_and_gone_around(slack: Scene, tmp_path: Path, channel: str, code: str) -> None:
    """The hint is private, progress and pictures go by direct message, and the place is not tried with files."""
    origin = await asked(slack, channel="closed")
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


async def test_uploads_that_are_forbidden_are_told(slack: Scene, tmp_path: Path) -> None:
    """Once, however often they are tried."""
    origin = await asked(slack)
    slack.fault("slack.api:files.getUploadURLExternal", "error:file_uploads_disabled", times=9)
    for way in (Way.CONVERSATION, Way.DIRECT):
        with pytest.raises(DeliveryError) as raised:
            await post(slack, origin, result(tmp_path, 1), way=way)
        assert raised.value.delivery is DeliveryCode.UPLOADS_OFF
    assert [(one["text"], one["private_to"]) for one in slack.seen()] == [("refused uploads off", "ada")]


async def test_a_share_that_never_comes_is_repaired_once(slack: Scene, tmp_path: Path) -> None:
    """Files that were accepted and not shown are deleted and shared again: one message in the end."""
    origin = await asked(slack)
    slack.fault("slack.share:general", "never")
    posted = await post(slack, origin, result(tmp_path, 3))
    shown = [message for message in slack.seen() if message["files"]]
    assert [(f"{slack.channel()}:{message['id']}", len(message["files"])) for message in shown] == [(posted.message, 3)]
    assert (len(slack.calls("files.completeUploadExternal")), len(slack.calls("files.delete"))) == (2, 3)


async def test_shares_that_never_come_are_given_up(slack: Scene, tmp_path: Path) -> None:
    """The next way is tried then."""
    origin = await asked(slack)
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
    """One whole message in order, whatever broke on the way."""
    origin = await asked(slack)
    slack.fault(place, what)
    posted = await post(slack, origin, result(tmp_path, 4))
    shown = [message for message in slack.seen() if message["files"]]
    assert [f"{slack.channel()}:{message['id']}" for message in shown] == [posted.message]
    assert [file["name"] for file in shown[0]["files"]] == [f"{JOB}-{number}.png" for number in range(1, 5)]


@pytest.mark.parametrize("what", ["429:1", "reset-before", "reset-after", "502", "html"])
async def test_a_message_is_never_doubled(slack: Scene, what: str) -> None:
    """After a lost response the message is looked for before it is sent again."""
    origin = await asked(slack)
    slack.fault("slack.api:chat.postMessage", what)
    message = await slack.platform.show_progress(progress_update(origin, Reply(text="Painting.")))
    assert [f"{slack.channel()}:{one['id']}" for one in slack.seen()] == [message]


async def test_without_the_history_nothing_is_said_twice(tmp_path: Path) -> None:
    """Without the history, no message is better than two."""
    async with open_scene(tmp_path, scopes=("chat:write", "commands", "im:write", "files:read", "files:write")) as slack:
        origin = await asked(slack)
        slack.fault("slack.api:chat.postMessage", "reset-after")
        with pytest.raises(DeliveryError) as raised:
            await slack.platform.show_progress(progress_update(origin, Reply(text="Painting.")))
        assert (raised.value.retryable, len(slack.seen())) == (False, 1)


async def test_an_earlier_try_is_found(slack: Scene, tmp_path: Path) -> None:
    """A process that died between the share and its record posts nothing twice."""
    origin = await asked(slack)
    first = await post(slack, origin, result(tmp_path, 2))
    again = await post(slack, origin, result(tmp_path, 2), tried_since=origin.received_at)
    assert (again, len(slack.calls("files.completeUploadExternal"))) == (first, 1)


async def test_while_nobody_can_look_nothing_is_posted(slack: Scene, tmp_path: Path) -> None:
    """Slack is away for a moment as a process begins: the earlier try is found by the next one, not doubled by this."""
    origin = await asked(slack)
    first = await post(slack, origin, result(tmp_path, 2))
    slack.fault("slack.api:conversations.history", "503", times=3)
    with pytest.raises(DeliveryError) as raised:
        await post(slack, origin, result(tmp_path, 2), tried_since=origin.received_at)
    assert raised.value.retryable
    again = await post(slack, origin, result(tmp_path, 2), tried_since=origin.received_at)
    assert (again, len(slack.calls("files.completeUploadExternal"))) == (first, 1)


async def test_a_late_refusal_takes_the_progress_back(slack: Scene) -> None:
    """Other members see nothing of it in the end; in direct messages the message is edited."""
    origin = await asked(slack)
    message = await slack.platform.show_progress(progress_update(origin, Reply(text="Painting.")))
    await slack.platform.decline(refusal_notice(origin, Reply(text="No."), message=message))
    assert [(one["text"], one["private_to"]) for one in slack.seen()] == [("No.", "ada")]
    await slack.act("message", channel="dm:bob", user="bob", text="a red fox")
    origin = (await slack.arrival()).origin
    message = await slack.platform.show_progress(progress_update(origin, Reply(text="Painting.")))
    await slack.platform.decline(refusal_notice(origin, Reply(text="No."), message=message))
    assert [one["text"] for one in slack.seen("dm:bob") if one["author"] == "bot"] == ["No."]


async def test_a_refusal_whose_message_is_gone(slack: Scene) -> None:
    """The member has deleted the message in their direct messages: a new one is sent there."""
    await slack.act("message", channel="dm:bob", user="bob", text="a red fox")
    origin = (await slack.arrival()).origin
    message = await slack.platform.show_progress(progress_update(origin, Reply(text="Painting.")))
    found = slack.slack.world.find_channel("dm:bob")
    assert found is not None
    del found.messages[slack.last("dm:bob")["id"]]
    await slack.platform.decline(refusal_notice(origin, Reply(text="No."), message=message))
    assert [one["text"] for one in slack.seen("dm:bob") if one["author"] == "bot"] == ["No."]


async def test_a_thread_that_is_gone(slack: Scene, tmp_path: Path) -> None:
    """Its first message was deleted: everything goes by direct message, and no file is tried there."""
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


async def test_a_refusal_long_after(slack: Scene) -> None:
    """When the response URL is over, the word is an ephemeral message of the bot."""
    origin = await asked(slack)
    slack.stage.clock.advance(3600)
    await slack.platform.decline(refusal_notice(origin, Reply(text="Slack's clock.")))
    slack.clock.offset = 3600
    await slack.platform.decline(refusal_notice(origin, Reply(text="Our clock.")))
    assert [(one["text"], one["private_to"]) for one in slack.seen()] == [("Slack's clock.", "ada"), ("Our clock.", "ada")]
    assert len(slack.calls("chat.postEphemeral")) == 2


async def test_a_thread_shows_what_is_done(slack: Scene) -> None:
    """Beside the message, as long as the job runs."""
    said = await slack.act("message", text="@bot a red fox")
    origin = (await slack.arrival()).origin
    message = await slack.platform.show_progress(progress_update(origin, Reply(text="Painting.", busy=True)))
    assert slack.seen()[0]["status"] == "Painting."
    await slack.platform.show_progress(progress_update(origin, Reply(text="Done."), message=message))
    assert "status" not in slack.seen()[0]
    assert said["id"] == slack.last()["thread"]


async def test_an_app_that_shows_no_status_goes_without(slack: Scene) -> None:
    """It is asked once."""
    slack.fault("slack.api:assistant.threads.setStatus", "error:missing_scope", times=9)
    await slack.act("message", text="@bot a red fox")
    origin = (await slack.arrival()).origin
    message = await slack.platform.show_progress(progress_update(origin, Reply(text="Painting.", busy=True)))
    await slack.platform.show_progress(progress_update(origin, Reply(text="Almost.", busy=True), message=message))
    assert (slack.last()["text"], len(slack.calls("assistant.threads.setStatus"))) == ("Almost.", 1)


async def files_of(slack: Scene, kind: str) -> Attachment:
    await slack.act("message", text="@bot make it night", files=[given("owl.png", PNG)], options={"files": kind})
    command = (await slack.arrival()).command
    assert isinstance(command, Generate)
    (attachment,) = command.references
    assert isinstance(attachment, Attachment)
    return attachment


async def test_a_file_of_another_workspace(slack: Scene) -> None:
    """Slack names it at first; what it is, is asked."""
    assert await slack.platform.fetch(await files_of(slack, "stub"), most_bytes=MIB) == PNG


@pytest.mark.parametrize(("kind", "code"), [("external", RefusalCode.REF_ELSEWHERE), ("tombstone", RefusalCode.REF_GONE)])
async def test_files_that_slack_does_not_hold(slack: Scene, kind: str, code: RefusalCode) -> None:
    """Nothing is fetched from other hosts, and the member gets the reason."""
    attachment = await files_of(slack, kind)
    with pytest.raises(RefusedError) as raised:
        await slack.platform.fetch(attachment, most_bytes=MIB)
    assert raised.value.refusal is code


async def test_a_page_to_sign_in_is_no_picture(slack: Scene, caplog: pytest.LogCaptureFixture) -> None:
    """Slack calls it a success; the operator reads what is missing."""
    attachment = await files_of(slack, "hosted")
    slack.fault("slack.files", "login-page")
    with pytest.raises(RefusedError) as raised:
        await slack.platform.fetch(attachment, most_bytes=MIB)
    assert (raised.value.refusal, "file not readable" in caplog.messages) == (RefusalCode.REF_GONE, True)


@pytest.mark.parametrize(
    "address",
    ["https://files.slack.com.evil.example/x", "https://evil.example/x", "http://files.slack.com/x", "https://slack.com/x"],
)
async def test_the_token_goes_nowhere_else(slack: Scene, address: str) -> None:
    """Only to Slack's file host and the origin of its API."""
    with pytest.raises(RefusedError):
        await slack.platform.fetch(Attachment(address=address, name="x.png"), most_bytes=MIB)


async def test_many_at_once(slack: Scene) -> None:
    """Commands of many members neither wait for each other nor get lost."""
    acts = [slack.act("command", user=user, name="imagine", text="a fox") for user in ("ada", "bob", "cyd") for _ in range(10)]
    shown = await asyncio.gather(*acts)
    assert all(act["acknowledged_ms"] < 3000 for act in shown)
    assert len({(await slack.arrival()).events for _ in range(30)}) == 30
