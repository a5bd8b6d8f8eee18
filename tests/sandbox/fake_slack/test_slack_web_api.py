"""The Web API with the real client: methods, tokens, rates, files, faults and the recording."""

import asyncio
import json
from typing import Any

import httpx
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.contracts import ControlError
from tests.sandbox.fake_slack.workspace import act_file, open_workspace, picture

Json = dict[str, Any]
SECTION: Json = {"type": "section", "text": {"type": "mrkdwn", "text": "done"}}


async def test_arguments_come_from_query_form_and_json() -> None:
    """A method accepts arguments from query, form and JSON alike, and reports the token's scopes."""
    async with open_workspace() as workspace:
        url = f"{workspace.env['SLACK_API_URL']}users.info"
        header = {"Authorization": f"Bearer {workspace.env['SLACK_BOT_TOKEN']}"}
        asked = {"user": workspace.slack.describe()["users"]["cyd"], "include_locale": "true"}
        answers = [
            await workspace.web.get(url, params=asked, headers=header),
            await workspace.web.post(url, data=asked | {"token": workspace.env["SLACK_BOT_TOKEN"]}),
            await workspace.web.post(url, json=asked | {"include_locale": True}, headers=header),
        ]
        users = [one.json()["user"] for one in answers]
        assert [(one["name"], one["tz"], one["locale"]) for one in users] == [("cyd", "Asia/Tokyo", "ja-JP")] * 3
        assert "chat:write" in answers[0].headers["x-oauth-scopes"].split(",")
        assert [line["payload"]["include_locale"] for line in workspace.runtime.recording.lines] == [True, True, True]
        assert all("token" not in line["payload"] for line in workspace.runtime.recording.lines)


@pytest.mark.parametrize(
    ("method", "arguments", "expected"),
    [
        ("chat.postMessage", {"channel": "closed", "text": "x"}, "not_in_channel"),
        ("chat.postMessage", {"channel": "attic", "text": "x"}, "is_archived"),
        ("chat.postMessage", {"channel": "C0NOWHERE00", "text": "x"}, "channel_not_found"),
        ("chat.postMessage", {"channel": "art", "text": " "}, "no_text"),
        ("chat.postMessage", {"channel": "art", "blocks": "{not json"}, "invalid_blocks_format"),
        ("chat.postMessage", {"channel": "art", "blocks": [{"type": "image", "image_url": "https://x/y.png"}]}, "invalid_blocks"),
        ("chat.postMessage", {"channel": "art", "text": "x", "thread_ts": "1.2"}, "cannot_reply_to_message"),
        ("chat.postMessage", {"channel": "art", "text": "x", "markdown_text": "y"}, "markdown_text_conflict"),
        ("chat.postEphemeral", {"channel": "art", "text": "x", "user": "U0NOBODY000"}, "user_not_in_channel"),
        ("chat.update", {"channel": "ID:art", "ts": "1.2", "text": "x"}, "message_not_found"),
        ("chat.delete", {"channel": "ID:art", "ts": "1.2"}, "message_not_found"),
        ("conversations.replies", {"channel": "ID:art", "ts": "1.2"}, "thread_not_found"),
        ("conversations.history", {"channel": "ID:closed"}, "not_in_channel"),
        ("conversations.open", {"users": "U0NOBODY000"}, "user_not_found"),
        ("files.info", {"file": "F0NOTHING00"}, "file_not_found"),
        ("files.getUploadURLExternal", {"filename": "a.png", "length": "0"}, "missing_argument"),
        ("files.completeUploadExternal", {"files": [{"id": "F0NOTHING00"}]}, "file_not_found"),
        ("views.open", {"trigger_id": "1.2.a", "view": {"type": "modal"}}, "invalid_arguments"),
        ("users.info", {"user": "U0NOBODY000"}, "user_not_found"),
        ("reactions.add", {"channel": "ID:art", "timestamp": "1.2", "name": "eyes"}, "message_not_found"),
        ("assistant.threads.setStatus", {"channel_id": "ID:art", "thread_ts": "1.2", "status": "x"}, "invalid_thread_ts"),
        ("bots.info", {"bot": "B0NOBODY000"}, "bot_not_found"),
        ("team.info", {"team": "T0NOBODY000"}, "team_not_found"),
        ("apps.connections.open", {}, "not_allowed_token_type"),
        ("chat.sing", {}, "unknown_method"),
    ],
)
async def test_refusals(method: str, arguments: Json, expected: str) -> None:
    """Each method refuses with the code of its documentation."""
    async with open_workspace() as workspace:
        given = {
            name: workspace.channel(value[3:]) if isinstance(value, str) and value.startswith("ID:") else value
            for name, value in arguments.items()
        }
        assert await workspace.error_code(method, **given) == expected


async def test_tokens_and_scopes() -> None:
    """A missing, a wrong and a revoked token, and one without the scope, have different errors."""
    async with open_workspace(scopes=("chat:write",)) as workspace:
        url = workspace.env["SLACK_API_URL"]
        assert (await workspace.web.post(f"{url}auth.test")).json()["error"] == "not_authed"
        assert (await workspace.web.post(f"{url}auth.test", data={"token": "xoxb-1"})).json()["error"] == "invalid_auth"
        with pytest.raises(SlackApiError) as refused:
            await workspace.client.files_info(file="F1")
        assert (refused.value.response["needed"], refused.value.response["provided"]) == ("files:read", "chat:write")
        await workspace.act(kind="menu", name="tokens_revoked")
        assert await workspace.error_code("auth.test") == "token_revoked"


async def test_posting_rate() -> None:
    """A burst is accepted, then comes a 429 with Retry-After for this channel only, until the clock moves on."""
    async with open_workspace(message_limits=True) as workspace:
        for _ in range(5):
            await workspace.client.chat_postMessage(channel="art", text="x")
        with pytest.raises(SlackApiError) as refused:
            await workspace.client.chat_postMessage(channel="art", text="x")
        assert (refused.value.response.status_code, refused.value.response["error"]) == (429, "ratelimited")
        assert refused.value.response.headers["Retry-After"] == "1"
        await workspace.client.chat_postMessage(channel="general", text="x")
        workspace.runtime.clock.advance(1)
        await workspace.client.chat_postMessage(channel="art", text="x")


async def test_update_without_blocks() -> None:
    """An update with text only removes the blocks, and only then is the message marked as edited."""
    async with open_workspace() as workspace:
        posted = await workspace.client.chat_postMessage(channel="art", text="one <!here>", blocks=[SECTION])
        channel, ts = str(posted["channel"]), str(posted["ts"])
        same = await workspace.client.chat_update(channel=channel, ts=ts, text="two", blocks=[SECTION])
        assert "edited" not in same["message"]
        assert workspace.seen()[0]["blocks_text"] == "done"
        bare = await workspace.client.chat_update(channel=channel, ts=ts, text="three")
        assert "edited" in bare["message"]
        seen = workspace.seen()[0]
        assert (seen["text"], seen["blocks_text"], seen["edited"], seen["pings"]) == ("three", "", True, ["here"])
        assert await workspace.error_code("chat.update", channel=channel, ts=ts, text="x" * 4001) == "msg_too_long"
        mine = (await workspace.act(kind="message", text="mine"))["id"]
        assert await workspace.error_code("chat.update", channel=channel, ts=mine, text="x") == "cant_update_message"


async def test_thread_pages() -> None:
    """Replies follow their first message, oldest first and page by page; only that message's timestamp names the thread."""
    async with open_workspace() as workspace:
        root = str((await workspace.client.chat_postMessage(channel="art", text="root"))["ts"])
        replies = [
            str((await workspace.client.chat_postMessage(channel="art", text=str(n), thread_ts=root))["ts"]) for n in range(3)
        ]
        first = await workspace.client.conversations_replies(channel=workspace.channel("art"), ts=root, limit=2)
        cursor = first["response_metadata"]["next_cursor"]
        second = await workspace.client.conversations_replies(channel=workspace.channel("art"), ts=root, limit=2, cursor=cursor)
        read = [one["ts"] for page in (first, second) for one in page["messages"]]
        assert read == [root, *replies]
        assert first["messages"][0]["reply_count"] == 3
        assert (
            await workspace.error_code("chat.postMessage", channel="art", text="x", thread_ts=replies[0])
            == "cannot_reply_to_message"
        )
        history = await workspace.client.conversations_history(channel=workspace.channel("art"))
        assert [one["ts"] for one in history["messages"]] == [root]


async def test_metadata_in_history() -> None:
    """History contains a message's metadata only with `include_all_metadata`."""
    async with open_workspace() as workspace:
        job = {"event_type": "job", "event_payload": {"id": "J1"}}
        await workspace.client.chat_postMessage(channel="art", text="x", metadata=job)
        for asked, expected in ((False, None), (True, job)):
            history = await workspace.client.conversations_history(channel=workspace.channel("art"), include_all_metadata=asked)
            assert history["messages"][0].get("metadata") == expected


async def test_four_files_are_shared_in_one_message() -> None:
    """One completion shares all files in one message with blocks, after the call was answered; until then `shares` is empty."""
    async with open_workspace() as workspace:
        channel = workspace.channel("art")
        root = str((await workspace.client.chat_postMessage(channel="art", text="working"))["ts"])
        ids = await asyncio.gather(*(workspace.upload(f"fox {n}.png", picture(40 + n, 30)) for n in range(4)))
        done = await workspace.client.files_completeUploadExternal(
            files=[{"id": file_id, "title": f"Fox {n}"} for n, file_id in enumerate(ids)],
            channel_id=channel,
            thread_ts=root,
            blocks=json.dumps([SECTION]),
        )
        assert [(one["shares"], one["mimetype"]) for one in done["files"]] == [({}, "")] * 4
        assert len(workspace.seen()) == 1
        message = await workspace.wait_until(lambda: workspace.seen(after=root)[:1])
        assert [(one["name"], one["width"]) for one in message[0]["files"]] == [(f"fox {n}.png", 40 + n) for n in range(4)]
        assert (message[0]["thread"], message[0]["blocks_text"]) == (root, "done")
        info = (await workspace.client.files_info(file=ids[0]))["file"]
        assert (info["shares"]["public"][channel][0]["ts"], info["mimetype"]) == (message[0]["id"], "image/png")
        assert (info["original_w"], info["title"]) == (40, "Fox 0")
        thumb = await workspace.web.get(info["thumb_64"], headers={"Authorization": f"Bearer {workspace.env['SLACK_BOT_TOKEN']}"})
        assert thumb.content.startswith(b"\x89PNG")


async def test_share_faults() -> None:
    """A fault at `slack.share` delays the share of a completed upload, or drops it."""
    async with open_workspace(share_delay_s=0.0) as workspace:
        workspace.fault("slack.share:art", "never")
        workspace.fault("slack.share:art", "late:600")
        for _ in range(2):
            file_id = await workspace.upload("a.png", picture())
            await workspace.client.files_completeUploadExternal(files=[{"id": file_id}], channel_id=workspace.channel("art"))
        await asyncio.sleep(0.1)
        assert workspace.seen() == []
        workspace.runtime.clock.advance(600)
        await workspace.wait_until(workspace.seen)
        assert len(workspace.seen()) == 1


async def test_upload_errors() -> None:
    """An upload must have its announced length; a file without bytes cannot be completed, nor any file twice."""
    async with open_workspace() as workspace:
        got = await workspace.client.files_getUploadURLExternal(filename="a.png", length=5)
        assert (await workspace.web.post(got["upload_url"], content=b"four")).status_code == 400
        assert await workspace.error_code("files.completeUploadExternal", files=[{"id": got["file_id"]}]) == "file_not_found"
        file_id = await workspace.upload("b.png", picture())
        assert await workspace.error_code("files.completeUploadExternal", files=json.dumps([{"id": file_id}])) == ""
        assert await workspace.error_code("files.completeUploadExternal", files=[{"id": file_id}]) == "file_not_found"
        workspace.fault("slack.upload:c.png", "503")
        got = await workspace.client.files_getUploadURLExternal(filename="c.png", length=1)
        assert [(await workspace.web.post(got["upload_url"], content=b"x")).status_code for _ in range(2)] == [503, 200]


async def test_image_block_needs_a_processed_file() -> None:
    """An image block accepts a file only once it is processed and is a png, jpg or gif; then it counts as the message's picture."""
    async with open_workspace() as workspace:
        ids = {
            name: await workspace.upload(name, picture(image_format=kind))
            for name, kind in (("a.png", "PNG"), ("b.webp", "WEBP"))
        }
        await workspace.client.files_completeUploadExternal(files=[{"id": one} for one in ids.values()])
        blocks = {name: [{"type": "image", "slack_file": {"id": one}, "alt_text": f"a fox, {name}"}] for name, one in ids.items()}
        assert await workspace.error_code("chat.postMessage", channel="art", text="x", blocks=blocks["a.png"]) == "invalid_blocks"
        workspace.runtime.clock.advance(1)
        assert (
            await workspace.error_code("chat.postMessage", channel="art", text="x", blocks=blocks["b.webp"]) == "invalid_blocks"
        )
        assert await workspace.error_code("chat.postMessage", channel="art", text="x", blocks=blocks["a.png"]) == ""
        assert [(one["name"], one["alt"]) for one in workspace.seen()[0]["files"]] == [("a.png", "a fox, a.png")]


async def test_download_needs_the_token() -> None:
    """A download without the bot's token is a sign-in page with status 200; faults give that page, a 404 or half a file."""
    async with open_workspace() as workspace:
        message = await workspace.act(kind="message", files=[act_file("Ein Fuchs.png", picture())])
        history = await workspace.client.conversations_history(channel=workspace.channel("art"))
        assert history["messages"][0]["ts"] == message["id"]
        url = history["messages"][0]["files"][0]["url_private"]
        assert url.startswith(workspace.env["SLACK_API_URL"].removesuffix("api/") + "files-pri/")
        header = {"Authorization": f"Bearer {workspace.env['SLACK_BOT_TOKEN']}"}
        bare, good = await workspace.web.get(url), await workspace.web.get(url, headers=header)
        assert (bare.status_code, bare.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert (good.content, good.headers["content-type"]) == (picture(), "image/png")
        for what in ("login-page", "404", "truncated"):
            workspace.fault("slack.files", what)
        assert "Sign in" in (await workspace.web.get(url, headers=header)).text
        assert (await workspace.web.get(url, headers=header)).status_code == 404
        with pytest.raises(httpx.RemoteProtocolError):
            await workspace.web.get(url, headers=header)


async def test_stubs_external_and_deleted_files() -> None:
    """A file of another workspace is a stub with details in `files.info`, an external one has no download, a deleted one is a tombstone."""
    async with open_workspace() as workspace:
        for kind in ("stub", "external", "tombstone"):
            await workspace.act(kind="message", files=[act_file("a.png", picture())], options={"files": kind})
        history = await workspace.client.conversations_history(channel=workspace.channel("art"))
        tombstone, external, stub = (one["files"][0] for one in history["messages"])
        assert stub == {"id": stub["id"], "mode": "file_access", "file_access": "check_file_info"}
        assert (await workspace.client.files_info(file=stub["id"]))["file"]["url_private_download"]
        assert (external["is_external"], external["mode"], "url_private_download" in external) == (True, "external", False)
        assert tombstone["mode"] == "tombstone"
        assert await workspace.error_code("files.info", file=tombstone["id"]) == "file_deleted"


async def test_faults_of_the_api() -> None:
    """Faults give statuses, pages, error codes and resets; after `reset-after` the message exists."""
    async with open_workspace() as workspace:
        words = ["429:7", "500", "503", "html", "error:fatal_error", "reset-before", "reset-after"]
        for what in words:
            workspace.fault("slack.api:chat.postMessage", what)
        url = f"{workspace.env['SLACK_API_URL']}chat.postMessage"
        header = {"Authorization": f"Bearer {workspace.env['SLACK_BOT_TOKEN']}"}
        answers = [await workspace.web.post(url, json={"channel": "art", "text": "x"}, headers=header) for _ in range(5)]
        assert [one.status_code for one in answers] == [429, 500, 503, 200, 200]
        assert answers[0].headers["retry-after"] == "7"
        assert [one.headers["content-type"].partition(";")[0] for one in answers[2:4]] == ["text/html", "text/html"]
        assert answers[4].json()["error"] == "fatal_error"
        for left in (0, 1):
            with pytest.raises(httpx.TransportError):
                await workspace.web.post(url, json={"channel": "art", "text": "x"}, headers=header)
            assert len(workspace.seen()) == left
        assert len(workspace.runtime.recording.lines) == len(words)


async def test_thread_status() -> None:
    """A thread's status is visible for two minutes or until the bot answers."""
    async with open_workspace() as workspace:
        root = (await workspace.act(kind="message", text="hi"))["id"]

        async def show() -> None:
            await workspace.client.assistant_threads_setStatus(
                channel_id=workspace.channel("art"), thread_ts=root, status="painting"
            )

        await show()
        assert workspace.seen()[0]["status"] == "painting"
        workspace.runtime.clock.advance(121)
        assert "status" not in workspace.seen()[0]
        await show()
        await workspace.client.chat_postMessage(channel="art", thread_ts=root, text="done")
        assert "status" not in workspace.seen()[0]


async def test_refused_acts() -> None:
    """Acts that Slack's client does not offer are refused with a message."""
    async with open_workspace() as workspace:
        root = (await workspace.act(kind="message", text="hi"))["id"]
        for act in (
            {"kind": "message", "text": "x", "channel": "attic"},
            {"kind": "message", "text": ""},
            {"kind": "message", "text": "x", "channel": "dm:bob"},
            {"kind": "command", "name": "imagine", "thread": root},
            {"kind": "press", "message": root, "action": "again"},
            {"kind": "submit", "action": "V1"},
            {"kind": "menu", "name": "Delete message", "message": root, "user": "bob"},
        ):
            with pytest.raises(ControlError):
                await workspace.act(**act)


async def test_description_and_environment() -> None:
    """Channels are described in their order; the environment is what a bot in Socket Mode needs."""
    async with open_workspace() as workspace:
        described = workspace.slack.describe()
        assert list(described["channel_names"]) == ["general", "art", "closed", "attic"]
        assert list(described["channel_names"].values()) == described["channels"]
        assert list(described["users"]) == ["ada", "bob", "cyd"]
        assert set(workspace.env) == {"SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_API_URL"}
        asked = AsyncWebClient(token=workspace.env["SLACK_BOT_TOKEN"], base_url=workspace.env["SLACK_API_URL"])
        assert (await asked.auth_test())["team_id"] == described["team"]
