"""The fake HTTP API: what the bot's token may do, and the status and code of every error."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from sandbox.contracts import ControlError
from sandbox.discord.enums import Permission
from sandbox.faults import Fault
from tests.sandbox.fake_discord.raw_client import RawClient, act_files, button, open_client, png, row


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[RawClient]:
    async with open_client(tmp_path) as opened:
        yield opened


async def test_response_headers(client: RawClient) -> None:
    """A response has a Content-Type without charset, rate limit headers, and a `Via` header."""
    reply = await client.call("GET", "/users/@me")

    assert reply.status == 200
    assert reply.headers["Content-Type"] == "application/json"
    assert reply.headers["Via"]
    assert {"X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "X-RateLimit-Reset-After"} <= reply.headers.keys()
    assert reply.body["id"] == client.app


@pytest.mark.parametrize(
    ("method", "path", "body", "error"),
    [
        ("GET", "/nowhere", None, (404, 0)),
        ("PUT", "/users/@me", None, (405, 0)),
        ("GET", "/channels/1", None, (404, 10003)),
        ("GET", "/channels/{elsewhere}", None, (403, 50001)),
        ("POST", "/channels/{elsewhere}/messages", {"content": "x"}, (403, 50001)),
        ("GET", "/channels/{art}/messages/1", None, (404, 10008)),
        ("POST", "/channels/{art}/messages", {"content": "  "}, (400, 50006)),
        ("POST", "/channels/{art}/messages", {"components": row(button("a"))}, (400, 50006)),
        ("POST", "/channels/{art}/messages", {"content": "x" * 2001}, (400, 50035)),
        ("POST", "/channels/{art}/messages", {"content": "x", "nonce": "n" * 26}, (400, 50035)),
        ("POST", "/channels/{art}/messages", {"content": "x", "message_reference": {"message_id": "5"}}, (400, 50035)),
        ("POST", "/channels/{art}/messages", {"content": "x", "embeds": [{"title": "x" * 257}]}, (400, 50035)),
        ("POST", "/channels/{art}/messages", {"content": "x", "flags": 1 << 15}, (400, 50035)),
        ("POST", "/channels/{art}/messages", b"{", (400, 50109)),
        ("POST", "/users/@me/channels", {"recipient_id": "1"}, (404, 10013)),
        ("PUT", "/applications/1/commands", [], (403, 20012)),
    ],
)
async def test_refusals(client: RawClient, method: str, path: str, body: Any, error: tuple[int, int]) -> None:
    """Each invalid request gets Discord's status and code."""
    reply = await client.call(method, path.format(**client.channels), body)

    assert reply.error == error


async def test_a_wrong_token_is_unauthorized(client: RawClient) -> None:
    """Only the bot's own token opens the API."""
    assert (await client.call("GET", "/users/@me", token="wrong")).error == (401, 0)


async def test_invalid_form_errors_name_the_field(client: RawClient) -> None:
    """50035 contains a tree of errors down to the field."""
    reply = await client.post("art", content="x", components=row(button("a", "x" * 81), button("a")))

    errors = reply.body["errors"]["components"]
    assert errors["0"]["components"]["0"]["label"]["_errors"][0]["code"] == "BASE_TYPE_MAX_LENGTH"
    assert errors["_errors"][0]["code"] == "COMPONENT_CUSTOM_ID_DUPLICATED"


@pytest.mark.parametrize(
    ("path", "field", "code"),
    [
        ("/channels/abc", "channel_id", "NUMBER_TYPE_COERCE"),
        ("/channels/²", "channel_id", "NUMBER_TYPE_COERCE"),
        ("/channels/{art}/messages/99999999999999999999", "message_id", "NUMBER_TYPE_COERCE"),
        ("/users/ada", "user_id", "NUMBER_TYPE_COERCE"),
        ("/channels/{art}/messages?limit=5.1e16", "limit", "NUMBER_TYPE_COERCE"),
        ("/channels/{art}/messages?limit=0", "limit", "NUMBER_TYPE_MAX"),
        ("/channels/{art}/messages?limit=101", "limit", "NUMBER_TYPE_MAX"),
        ("/channels/{art}/messages?after=x", "after", "NUMBER_TYPE_COERCE"),
        ("/channels/{art}/messages?around=-1", "around", "NUMBER_TYPE_COERCE"),
        ("/channels/{art}/messages?before=1e3", "before", "NUMBER_TYPE_COERCE"),
    ],
)
async def test_invalid_ids_and_numbers_are_named(client: RawClient, path: str, field: str, code: str) -> None:
    """An id or a number that is none is an invalid form with the name of the parameter."""
    reply = await client.call("GET", path.format(**client.channels))

    assert reply.error == (400, 50035)
    assert [error["code"] for error in reply.body["errors"][field]["_errors"]] == [code]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [("POST", "/channels/{art}/messages", []), ("PUT", "/applications/{app}/commands", {})],
)
async def test_errors_of_a_whole_body_stand_at_the_root(client: RawClient, method: str, path: str, body: Any) -> None:
    """A body of the wrong kind has its error directly under `errors`."""
    reply = await client.call(method, path.format(**client.channels, app=client.app), body)

    assert [sorted(error) for error in reply.body["errors"]["_errors"]] == [["code", "message"]]


async def test_a_rate_limited_request_has_a_code(tmp_path: Path) -> None:
    """A 429 has the code that every error has."""
    async with open_client(tmp_path, message_limits=True) as client:
        replies = [await client.call("POST", f"/channels/{client.channels['art']}/typing") for _ in range(6)]

        assert replies[-1].error == (429, 0)
        assert replies[-1].body["global"] is False


async def test_other_libraries_find_what_they_read(client: RawClient) -> None:
    """Libraries read the default sounds before they connect, and fields of applications, guilds and users without a default."""
    guild, application, user = [
        (await client.call("GET", path)).body
        for path in (f"/guilds/{client.world.guild.id}", "/applications/@me", f"/users/{client.users['ada']}")
    ]

    assert (await client.call("GET", "/soundboard-default-sounds")).body[0]["sound_id"] == "1"
    assert {
        "max_presences",
        "max_stage_video_channel_users",
        "home_header",
        "widget_enabled",
        "widget_channel_id",
    } <= guild.keys()
    assert {
        "flags_new",
        "explicit_content_filter",
        "eligible_oauth2_scopes",
        "approximate_user_authorization_count",
    } <= application.keys()
    assert user["flags"] == 0


async def test_seen_refuses_unknown_channels_and_invalid_ids(client: RawClient) -> None:
    """`seen` refuses an unknown channel and an invalid message id."""
    for channel, after in (("nowhere", None), ("art", "yesterday")):
        with pytest.raises(ControlError):
            client.discord.seen(channel, after)


async def test_names_become_mentions(client: RawClient) -> None:
    """`@bot` and members' names become mentions; parts of words do not."""
    await client.discord.act({"user": "ada", "channel": "art", "kind": "message", "text": "@bot @bob, @bottle a@bob.example"})

    expected = f"<@{client.app}> <@{client.users['bob']}>, @bottle a@bob.example"
    assert [message["text"] for message in client.discord.seen("art")] == [expected]


async def test_a_repeated_nonce_gives_the_same_message(client: RawClient) -> None:
    """With `enforce_nonce`, a repeated nonce returns the first message until it expires."""
    first = await client.post("art", content="one", nonce="job.1", enforce_nonce=True)
    second = await client.post("art", content="two", nonce="job.1", enforce_nonce=True)
    client.runtime.clock.advance(400)
    third = await client.post("art", content="three", nonce="job.1", enforce_nonce=True)

    assert second.body["id"] == first.body["id"]
    assert [message["text"] for message in client.discord.seen("art")] == ["one", "three"]
    assert third.body["nonce"] == "job.1"


async def test_edits_keep_only_listed_files(client: RawClient) -> None:
    """A PATCH removes the files that `attachments` does not list, and adds the new ones behind the kept ones."""
    path = f"/channels/{client.channels['art']}/messages"
    listed = {"content": "x", "attachments": [{"id": 0, "description": "the red one"}, {"id": 1}]}
    made = (await client.call("POST", path, listed, files=[("a b.png", png(3, 2)), ("ö.png", png())])).body
    kept = {"attachments": [{"id": made["attachments"][0]["id"]}, {"id": 0, "is_spoiler": True}]}
    await client.call("PATCH", f"{path}/{made['id']}", kept, files=[("c.png", png(5, 4))])

    message = client.discord.seen("art")[0]
    assert [(file["name"], file["alt"], file["spoiler"]) for file in message["files"]] == [
        ("a_b.png", "the red one", False),
        ("c.png", None, True),
    ]
    assert (message["files"][0]["width"], message["files"][0]["height"]) == (3, 2)
    assert client.runtime.files.get(message["files"][1]["sha256"]) == png(5, 4)
    assert message["edited"]


async def test_file_limits(tmp_path: Path) -> None:
    """A file over the limit is 40005, eleven files and unlisted parts are invalid forms, and nothing is posted."""
    async with open_client(tmp_path, attachment_size_limit=1000) as client:
        path = f"/channels/{client.channels['art']}/messages"
        large = await client.call("POST", path, {"content": "x"}, files=[("a.png", b"0" * 1001)])
        many = await client.call("POST", path, {"content": "x"}, files=[("a.png", b"0")] * 11)
        unlisted = await client.call("POST", path, {"attachments": [{"id": 1}]}, files=[("a.png", b"0")])

        assert [large.error, many.error, unlisted.error] == [(413, 40005), (400, 50035), (400, 50035)]
        assert client.discord.seen("art") == []


async def test_a_request_over_25_mib_is_refused(client: RawClient) -> None:
    """Files that are acceptable one by one can be too large together."""
    path = f"/channels/{client.channels['art']}/messages"
    reply = await client.call("POST", path, {"content": "x"}, files=[("a.png", b"0" * 13 * 1024 * 1024)] * 2)

    assert reply.error == (413, 40005)


@pytest.mark.parametrize(
    ("missing", "error"),
    [
        (Permission.VIEW_CHANNEL, (403, 50001)),
        (Permission.SEND_MESSAGES, (403, 50013)),
        (Permission.ATTACH_FILES, (403, 50013)),
        (Permission.READ_MESSAGE_HISTORY, (400, 160002)),
    ],
)
async def test_missing_permissions(client: RawClient, missing: Permission, error: tuple[int, int]) -> None:
    """Each missing permission is refused with its own code."""
    channel = client.world.channels[client.channels["art"]]
    asked = await client.discord.act({"user": "ada", "channel": "art", "kind": "message", "text": "hi"})
    channel.permissions &= ~missing
    payload = {"content": "x", "message_reference": {"message_id": asked["id"]}}
    reply = await client.call("POST", f"/channels/{channel.id}/messages", payload, files=[("a.png", b"0")])

    assert reply.error == error


async def test_only_own_messages_can_be_edited(client: RawClient) -> None:
    """Editing another author's message is refused with 50005, deleting it with 50013."""
    asked = await client.discord.act({"user": "ada", "channel": "art", "kind": "message", "text": "hi"})
    path = f"/channels/{client.channels['art']}/messages/{asked['id']}"

    assert (await client.call("PATCH", path, {"content": "x"})).error == (403, 50005)
    assert (await client.call("DELETE", path)).error == (403, 50013)


async def test_content_is_hidden_without_the_intent(client: RawClient) -> None:
    """Fetched messages have content only if they are the bot's own, mention it, or are direct messages."""
    await client.discord.act(
        {"user": "ada", "channel": "art", "kind": "message", "text": "plain", "files": act_files(("a.png", png()))}
    )
    await client.discord.act({"user": "ada", "channel": "art", "kind": "message", "text": "for @bot"})
    await client.post("art", content="mine")
    listed = (await client.call("GET", f"/channels/{client.channels['art']}/messages?limit=10")).body

    assert [(one["content"], len(one["attachments"])) for one in listed] == [("mine", 0), (f"for <@{client.app}>", 0), ("", 0)]


async def test_threads(client: RawClient) -> None:
    """A thread has its message's id, can be opened once, and refuses edits when archived."""
    made = (await client.post("art", content="start")).body
    path = f"/channels/{client.channels['art']}/messages/{made['id']}/threads"
    thread = (await client.call("POST", path, {"name": "more"})).body
    again = await client.call("POST", path, {"name": "more"})
    inside = (await client.call("POST", f"/channels/{thread['id']}/messages", {"content": "in"})).body
    await client.call("PATCH", f"/channels/{thread['id']}", {"archived": True, "locked": True})
    late = await client.call("PATCH", f"/channels/{thread['id']}/messages/{inside['id']}", {"content": "x"})
    closed = await client.call("POST", f"/channels/{thread['id']}/messages", {"content": "x"})

    assert thread["id"] == made["id"]
    assert [again.error, late.error, closed.error] == [(400, 160004), (400, 50083), (400, 50083)]
    assert client.discord.seen("art")[0]["thread"] == thread["id"]
    assert [message["text"] for message in client.discord.seen(thread["id"])] == ["in"]


async def test_direct_messages(client: RawClient) -> None:
    """A member's direct messages are opened by their id, and refused with 50007 once they are closed."""
    channel = (await client.call("POST", "/users/@me/channels", {"recipient_id": client.users["bob"]})).body
    path = f"/channels/{channel['id']}/messages"
    await client.call("POST", path, {"content": "psst"})
    client.world.users[client.users["bob"]].accepts_dms = False

    assert (await client.call("POST", path, {"content": "psst"})).error == (403, 50007)
    assert [message["text"] for message in client.discord.seen("dm:bob")] == ["psst"]


async def test_reactions(client: RawClient) -> None:
    """An emoji is added and removed; a word is no emoji."""
    made = (await client.post("art", content="x")).body
    path = f"/channels/{client.channels['art']}/messages/{made['id']}/reactions"
    added = await client.call("PUT", f"{path}/🎨/@me")
    seen = client.discord.seen("art")[0]["reactions"]
    await client.call("DELETE", f"{path}/🎨/@me")

    assert (added.status, seen) == (204, {"🎨": ["bot"]})
    assert "reactions" not in client.discord.seen("art")[0]
    assert (await client.call("PUT", f"{path}/nice/@me")).error == (400, 10014)


async def test_pings_on_creation_and_edit(client: RawClient) -> None:
    """The pings of every version of a message are listed."""
    everybody = f"@everyone <@{client.users['bob']}> <@&{client.discord.describe()['roles']['artist']}>"
    is_quiet = (await client.post("art", content=everybody, allowed_mentions={"parse": []})).body
    before = client.discord.seen("art")[0]["pings"]
    await client.call("PATCH", f"/channels/{client.channels['art']}/messages/{is_quiet['id']}", {"content": everybody})

    assert before == []
    assert client.discord.seen("art")[0]["pings"] == ["bob", "role:artist", "everyone"]


async def test_components_v2(client: RawClient) -> None:
    """Files in a gallery are no attachments, their URLs are in the gallery, and the flag cannot be removed."""
    gallery = {"type": 12, "items": [{"media": {"url": "attachment://a.png"}}]}
    payload = {"flags": 1 << 15, "components": [{"type": 10, "content": "words"}, gallery], "attachments": [{"id": 0}]}
    path = f"/channels/{client.channels['art']}/messages"
    made = (await client.call("POST", path, payload, files=[("a.png", png())])).body
    lost = await client.call("POST", path, payload | {"attachments": []})
    back = await client.call("PATCH", f"{path}/{made['id']}", {"content": "plain", "flags": 0})

    assert made["attachments"] == []
    assert made["components"][1]["items"][0]["media"]["url"].startswith("https://cdn.discordapp.com/attachments/")
    assert [lost.error, back.error] == [(400, 50035), (400, 50035)]
    assert [(one["text"], len(one["files"])) for one in client.discord.seen("art")] == [("words", 1)]


async def test_message_limits(tmp_path: Path) -> None:
    """The sixth message in five seconds is a 429, in its own channel only."""
    async with open_client(tmp_path, message_limits=True) as client:
        replies = [await client.post("art", content="x") for _ in range(6)]
        other = await client.post("general", content="x")

        assert [reply.status for reply in replies] == [200] * 5 + [429]
        assert [reply.headers["X-RateLimit-Remaining"] for reply in replies] == ["4", "3", "2", "1", "0", "0"]
        assert replies[5].headers["X-RateLimit-Scope"] == "user"
        assert replies[5].body["global"] is False
        assert 0 < replies[5].body["retry_after"] <= 5
        assert other.status == 200


async def test_old_messages_have_an_edit_limit(client: RawClient) -> None:
    """Messages older than an hour can be edited five times a minute."""
    made = (await client.post("art", content="x")).body
    path = f"/channels/{client.channels['art']}/messages/{made['id']}"
    client.runtime.clock.advance(3700)
    replies = [await client.call("PATCH", path, {"content": str(number)}) for number in range(6)]

    assert [reply.status for reply in replies] == [200] * 5 + [429]
    assert replies[5].body["code"] == 30046


@pytest.mark.parametrize(
    ("what", "status", "kind", "via"),
    [
        ("429", 429, "application/json", True),
        ("429-no-via", 429, "application/json", False),
        ("cloudflare", 429, "text/html; charset=utf-8", False),
        ("html", 502, "text/html; charset=utf-8", False),
        ("500", 500, "application/json", True),
        ("502", 502, "text/plain; charset=utf-8", True),
        ("503", 503, "text/plain; charset=utf-8", True),
        ("504", 504, "text/plain; charset=utf-8", True),
        ("error:403:50013", 403, "application/json", True),
    ],
)
async def test_faults_prevent_the_effect(client: RawClient, what: str, status: int, kind: str, via: bool) -> None:
    """A fault keeps a request from having an effect; the next request works."""
    client.runtime.faults.add(Fault(where="discord.rest:POST /channels/*/messages", what=what, times=1))
    struck = await client.post("art", content="one")
    spared = await client.post("art", content="two")

    assert (struck.status, struck.headers["Content-Type"], "Via" in struck.headers) == (status, kind, via)
    assert spared.status == 200
    assert [message["text"] for message in client.discord.seen("art")] == ["two"]


@pytest.mark.parametrize(("what", "posted"), [("reset-before", []), ("reset-after", ["x"])])
async def test_lost_connections(client: RawClient, what: str, posted: list[str]) -> None:
    """A connection can break before or after the effect."""
    client.runtime.faults.add(Fault(where="discord.rest", what=what, times=1))
    with pytest.raises(aiohttp.ClientError):
        await client.post("art", content="x")

    assert [message["text"] for message in client.discord.seen("art")] == posted


async def test_requests_are_recorded(client: RawClient) -> None:
    """Each request is recorded as one line without its token; multipart requests list their parts."""
    path = f"/channels/{client.channels['art']}/messages"
    await client.call("POST", path, {"content": "x"}, files=[("a.png", b"0")])
    await client.call("GET", f"{path}?limit=5")

    assert client.runtime.recording.lines == [
        {
            "platform": "discord",
            "method": "POST",
            "path": path,
            "query": {},
            "content_type": "multipart/form-data",
            "payload": {"content": "x"},
            "parts": ["payload_json", "files[0]"],
        },
        {"platform": "discord", "method": "GET", "path": path, "query": {"limit": "5"}, "content_type": "", "payload": None},
    ]
