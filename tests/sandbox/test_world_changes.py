"""Changes that the bot did not make, and how each platform answers afterwards."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sandbox.contracts import ControlError, JsonObject
from tests.sandbox.fake_discord.raw_client import RawClient, open_client, png
from tests.sandbox.fake_slack.workspace import Workspace, open_workspace, picture


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[RawClient]:
    async with open_client(tmp_path) as opened:
        yield opened


@pytest.fixture
async def workspace() -> AsyncIterator[Workspace]:
    async with open_workspace() as opened:
        yield opened


async def post_status(client: RawClient, path: str, *, files: bool = False) -> tuple[int, int]:
    """Return the status and code of posting a message to a channel; (200, 0) if it is accepted."""
    given = [("a.png", png())] if files else None
    reply = await client.call("POST", f"/channels/{path}/messages", {"content": "x"}, files=given)
    return (200, 0) if reply.status == 200 else reply.error


@pytest.mark.parametrize(
    ("what", "undo", "words", "files"),
    [
        ("forbid-files", "allow-files", (200, 0), (403, 50013)),
        ("forbid-posts", "allow-posts", (403, 50013), (403, 50013)),
        ("hide", "show", (403, 50001), (403, 50001)),
        ("remove", "invite", (403, 50001), (403, 50001)),
        ("delete", None, (404, 10003), (404, 10003)),
    ],
)
async def test_discord_channel_changes(
    client: RawClient, what: str, undo: str | None, words: tuple[int, int], files: tuple[int, int]
) -> None:
    """Withdrawn permissions are refused until they are granted again; a deleted channel stays unknown."""
    channel = client.channels["art"]
    client.discord.change(what, channel=channel)
    assert (await post_status(client, channel), await post_status(client, channel, files=True)) == (words, files)
    if undo is not None:
        client.discord.change(undo, channel=channel)
        assert await post_status(client, channel, files=True) == (200, 0)


@pytest.mark.parametrize(("what", "user", "code"), [("close-direct", "ada", 50007), ("remove", None, 50278)])
async def test_discord_closed_direct_messages(client: RawClient, what: str, user: str | None, code: int) -> None:
    """A direct message is refused if the member has closed them, or shares no server with the bot."""
    opened = await client.call("POST", "/users/@me/channels", {"recipient_id": client.users["ada"]})
    client.discord.change(what, user=user)
    assert await post_status(client, opened.body["id"]) == (403, code)


async def test_discord_closed_thread(client: RawClient) -> None:
    """An archived thread refuses edits, and a new message reopens it; a locked thread refuses both."""
    thread = (await client.call("POST", f"/channels/{client.channels['art']}/threads", {"name": "t", "type": 11})).body["id"]
    said = (await client.call("POST", f"/channels/{thread}/messages", {"content": "x"})).body["id"]
    one = f"/channels/{thread}/messages/{said}"
    client.discord.change("archive", channel=thread)
    assert (await client.call("PATCH", one, {"content": "y"})).error == (400, 50083)
    assert await post_status(client, thread) == (200, 0)
    assert (await client.call("PATCH", one, {"content": "y"})).status == 200
    client.discord.change("lock", channel=thread)
    assert (await post_status(client, thread), (await client.call("PATCH", one, {"content": "z"})).error) == (
        (400, 50083),
        (400, 50083),
    )
    client.discord.change("reopen", channel=thread)
    assert await post_status(client, thread) == (200, 0)


@pytest.mark.parametrize(
    ("what", "edit", "follow_up"), [("archive", 50083, None), ("lock", 50083, 50083), ("delete", 10003, 10003)]
)
async def test_interaction_in_a_closed_thread(client: RawClient, what: str, edit: int, follow_up: int | None) -> None:
    """An interaction's token cannot edit in a closed thread; a new message reopens an archived one, but not a locked one."""
    await client.sync({"name": "quota", "description": "What is left"})
    socket = await client.identify()
    start = await client.discord.act({"user": "ada", "channel": "art", "kind": "message", "text": "begin"})
    await client.discord.act({"user": "ada", "channel": "art", "kind": "message", "text": "on", "thread": start["id"]})
    task, interaction = await client.invoke(socket, kind="command", name="quota", thread=start["id"])
    await client.answer(interaction, 4, {"content": "x"})
    await task
    client.discord.change(what, channel=start["id"])
    edited = await client.webhook(interaction, "PATCH", "/messages/@original", {"content": "y"})
    followed = await client.webhook(interaction, "POST", "", {"content": "z"})
    assert edited.body["code"] == edit
    assert followed.body.get("code") == follow_up


async def test_gateway_events_of_changes(client: RawClient) -> None:
    """Changed permissions, deleted channels, and the bot's removal and return are dispatched at the gateway."""
    socket = await client.identify()
    client.discord.change("forbid-files", channel="art")
    (overwrite,) = (await socket.event("CHANNEL_UPDATE"))["permission_overwrites"]
    assert overwrite["deny"] == str(1 << 15)
    client.discord.change("delete", channel="art")
    assert (await socket.event("CHANNEL_DELETE"))["name"] == "art"
    client.discord.change("remove")
    assert await socket.event("GUILD_DELETE") == {"id": client.world.guild.id}
    client.discord.change("invite")
    assert (await socket.event("GUILD_CREATE"))["id"] == client.world.guild.id


async def test_nonce_across_channels(client: RawClient) -> None:
    """A repeated nonce refers to its first message in any channel, even after that message was deleted."""
    first = await client.post("art", content="one", nonce="n", enforce_nonce=True)
    assert (await client.post("general", content="two", nonce="n", enforce_nonce=True)).body["id"] == first.body["id"]
    await client.call("DELETE", f"/channels/{client.channels['art']}/messages/{first.body['id']}")
    assert (await client.post("general", content="two", nonce="n", enforce_nonce=True)).error == (404, 10008)


@pytest.mark.parametrize(
    ("what", "undo", "posting", "sharing", "editing"),
    [
        ("archive", "reopen", "is_archived", "posting_to_channel_denied", "is_inactive"),
        ("remove", "invite", "not_in_channel", "not_in_channel", ""),
        ("forbid-posts", "allow-posts", "restricted_action", "posting_to_channel_denied", ""),
        ("delete", None, "channel_not_found", "channel_not_found", "channel_not_found"),
    ],
)
async def test_slack_channel_changes(
    workspace: Workspace, what: str, undo: str | None, posting: str, sharing: str, editing: str
) -> None:
    """Posting, sharing and editing in a changed channel are refused with Slack's codes."""
    channel = workspace.channel("art")
    said = await workspace.client.chat_postMessage(channel=channel, text="x")
    file = await workspace.upload("a.png", picture())
    workspace.slack.change(what, channel=channel)
    assert await workspace.error_code("chat.postMessage", channel=channel, text="y") == posting
    assert await workspace.error_code("files.completeUploadExternal", files=[{"id": file}], channel_id=channel) == sharing
    assert await workspace.error_code("chat.update", channel=channel, ts=said["ts"], text="y") == editing
    if undo is not None:
        workspace.slack.change(undo, channel=channel)
        assert await workspace.error_code("chat.postMessage", channel=channel, text="y") == ""


async def test_slack_disabled_uploads(workspace: Workspace) -> None:
    """Uploads are refused while the workspace has them disabled."""
    workspace.slack.change("forbid-files")
    assert await workspace.error_code("files.getUploadURLExternal", filename="a.png", length=5) == "file_uploads_disabled"
    workspace.slack.change("allow-files")
    assert await workspace.error_code("files.getUploadURLExternal", filename="a.png", length=5) == ""


@pytest.mark.parametrize(
    ("what", "undo", "code"),
    [("close-direct", "open-direct", "user_not_visible"), ("deactivate", "activate", "user_disabled")],
)
async def test_slack_hidden_and_deactivated_members(workspace: Workspace, what: str, undo: str, code: str) -> None:
    """No direct messages can be opened with a hidden or a deactivated member."""
    ada = workspace.slack.describe()["users"]["ada"]
    workspace.slack.change(what, user="ada")
    assert await workspace.error_code("conversations.open", users=ada) == code
    workspace.slack.change(undo, user="ada")
    assert await workspace.error_code("conversations.open", users=ada) == ""


@pytest.mark.parametrize(
    "change",
    [
        {"what": "burn", "channel": "art"},
        {"what": "delete", "channel": "nowhere"},
        {"what": "delete", "channel": None},
        {"what": "delete", "channel": "dm:ada"},
        {"what": "close-direct", "user": "nobody"},
    ],
)
async def test_refused_changes(client: RawClient, workspace: Workspace, change: JsonObject) -> None:
    """An impossible change is refused with a message; changes of threads apply to threads only."""
    for fake in (client.discord, workspace.slack):
        with pytest.raises(ControlError, match=r"\.$"):
            fake.change(**change)
    with pytest.raises(ControlError, match="is no thread"):
        client.discord.change("archive", channel="art")
