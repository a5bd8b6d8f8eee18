"""The stand-in's HTTP API: what a bot's token may do, and the words and numbers of every refusal."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from sandbox.discord.flags import Permission
from sandbox.stage import ActError, Fault
from tests.sandbox.wire import Wire, button, given, png, row, wired


@pytest.fixture
async def wire(tmp_path: Path) -> AsyncIterator[Wire]:
    async with wired(tmp_path) as opened:
        yield opened


async def test_replies_are_exactly_json_with_limit_headers(wire: Wire) -> None:
    """Content-Type has no charset, every reply names its bucket, and `Via` shows it came through the edge."""
    reply = await wire.call("GET", "/users/@me")

    assert reply.status == 200
    assert reply.headers["Content-Type"] == "application/json"
    assert reply.headers["Via"]
    assert {"X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "X-RateLimit-Reset-After"} <= reply.headers.keys()
    assert reply.body["id"] == wire.app


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
async def test_refusals(wire: Wire, method: str, path: str, body: Any, error: tuple[int, int]) -> None:
    """Each wrong request gets Discord's status and code."""
    reply = await wire.call(method, path.format(**wire.channels), body)

    assert reply.error == error


async def test_a_wrong_token_is_unauthorized(wire: Wire) -> None:
    """Only the bot's own token opens the API."""
    assert (await wire.call("GET", "/users/@me", token="wrong")).error == (401, 0)


async def test_bad_forms_name_the_place(wire: Wire) -> None:
    """50035 carries a tree of reasons down to the field."""
    reply = await wire.post("art", content="x", components=row(button("a", "x" * 81), button("a")))

    errors = reply.body["errors"]["components"]
    assert errors["0"]["components"]["0"]["label"]["_errors"][0]["code"] == "BASE_TYPE_MAX_LENGTH"
    assert errors["_errors"][0]["code"] == "COMPONENT_CUSTOM_ID_DUPLICATED"


async def test_seeing_what_is_not_there(wire: Wire) -> None:
    """Unknown channels and ids that are none are the asker's mistake."""
    for channel, after in (("nowhere", None), ("art", "yesterday")):
        with pytest.raises(ActError):
            wire.stand_in.seen(channel, after)


async def test_names_become_mentions(wire: Wire) -> None:
    """`@bot` and members' names do, as when they are picked from the client's list; parts of words do not."""
    await wire.stand_in.act({"user": "ada", "channel": "art", "kind": "message", "text": "@bot @bob, @bottle a@bob.example"})

    expected = f"<@{wire.app}> <@{wire.users['bob']}>, @bottle a@bob.example"
    assert [message["text"] for message in wire.stand_in.seen("art")] == [expected]


async def test_a_repeated_nonce_gives_the_same_message(wire: Wire) -> None:
    """With `enforce_nonce` nothing is posted twice; without it everything is."""
    first = await wire.post("art", content="one", nonce="job.1", enforce_nonce=True)
    second = await wire.post("art", content="two", nonce="job.1", enforce_nonce=True)
    wire.stage.clock.advance(400)
    third = await wire.post("art", content="three", nonce="job.1", enforce_nonce=True)

    assert second.body["id"] == first.body["id"]
    assert [message["text"] for message in wire.stand_in.seen("art")] == ["one", "three"]
    assert third.body["nonce"] == "job.1"


async def test_edits_keep_only_listed_files(wire: Wire) -> None:
    """PATCH drops every file that `attachments` does not name and adds the new ones behind the kept."""
    path = f"/channels/{wire.channels['art']}/messages"
    listed = {"content": "x", "attachments": [{"id": 0, "description": "the red one"}, {"id": 1}]}
    made = (await wire.call("POST", path, listed, files=[("a b.png", png(3, 2)), ("ö.png", png())])).body
    kept = {"attachments": [{"id": made["attachments"][0]["id"]}, {"id": 0, "is_spoiler": True}]}
    await wire.call("PATCH", f"{path}/{made['id']}", kept, files=[("c.png", png(5, 4))])

    message = wire.stand_in.seen("art")[0]
    assert [(file["name"], file["alt"], file["spoiler"]) for file in message["files"]] == [
        ("a_b.png", "the red one", False),
        ("c.png", None, True),
    ]
    assert (message["files"][0]["width"], message["files"][0]["height"]) == (3, 2)
    assert wire.stage.files.get(message["files"][1]["sha256"]) == png(5, 4)
    assert message["edited"]


async def test_file_limits(tmp_path: Path) -> None:
    """A file over the limit is 40005, eleven files and unlisted parts are bad forms, nothing of them is posted."""
    async with wired(tmp_path, attachment_size_limit=1000) as wire:
        path = f"/channels/{wire.channels['art']}/messages"
        large = await wire.call("POST", path, {"content": "x"}, files=[("a.png", b"0" * 1001)])
        many = await wire.call("POST", path, {"content": "x"}, files=[("a.png", b"0")] * 11)
        unlisted = await wire.call("POST", path, {"attachments": [{"id": 1}]}, files=[("a.png", b"0")])

        assert [large.error, many.error, unlisted.error] == [(413, 40005), (400, 50035), (400, 50035)]
        assert wire.stand_in.seen("art") == []


async def test_a_request_over_25_mib_is_refused(wire: Wire) -> None:
    """Files that are each legal are too large together."""
    path = f"/channels/{wire.channels['art']}/messages"
    reply = await wire.call("POST", path, {"content": "x"}, files=[("a.png", b"0" * 13 * 1024 * 1024)] * 2)

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
async def test_missing_permissions(wire: Wire, missing: Permission, error: tuple[int, int]) -> None:
    """What the channel does not grant is refused with its own code."""
    channel = wire.world.channels[wire.channels["art"]]
    asked = await wire.stand_in.act({"user": "ada", "channel": "art", "kind": "message", "text": "hi"})
    channel.permissions &= ~missing
    payload = {"content": "x", "message_reference": {"message_id": asked["id"]}}
    reply = await wire.call("POST", f"/channels/{channel.id}/messages", payload, files=[("a.png", b"0")])

    assert reply.error == error


async def test_only_own_messages_can_be_edited(wire: Wire) -> None:
    """Another author's message is refused with 50005, and its deletion with 50013."""
    asked = await wire.stand_in.act({"user": "ada", "channel": "art", "kind": "message", "text": "hi"})
    path = f"/channels/{wire.channels['art']}/messages/{asked['id']}"

    assert (await wire.call("PATCH", path, {"content": "x"})).error == (403, 50005)
    assert (await wire.call("DELETE", path)).error == (403, 50013)


async def test_content_is_hidden_without_the_intent(wire: Wire) -> None:
    """Fetched messages follow the same rule as events: own, mentioning and direct ones alone have content."""
    await wire.stand_in.act(
        {"user": "ada", "channel": "art", "kind": "message", "text": "plain", "files": given(("a.png", png()))}
    )
    await wire.stand_in.act({"user": "ada", "channel": "art", "kind": "message", "text": "for @bot"})
    await wire.post("art", content="mine")
    listed = (await wire.call("GET", f"/channels/{wire.channels['art']}/messages?limit=10")).body

    assert [(one["content"], len(one["attachments"])) for one in listed] == [("mine", 0), (f"for <@{wire.app}>", 0), ("", 0)]


async def test_threads(wire: Wire) -> None:
    """A thread shares its message's id, opens once, and refuses edits when archived."""
    made = (await wire.post("art", content="start")).body
    path = f"/channels/{wire.channels['art']}/messages/{made['id']}/threads"
    thread = (await wire.call("POST", path, {"name": "more"})).body
    again = await wire.call("POST", path, {"name": "more"})
    inside = (await wire.call("POST", f"/channels/{thread['id']}/messages", {"content": "in"})).body
    await wire.call("PATCH", f"/channels/{thread['id']}", {"archived": True, "locked": True})
    late = await wire.call("PATCH", f"/channels/{thread['id']}/messages/{inside['id']}", {"content": "x"})
    closed = await wire.call("POST", f"/channels/{thread['id']}/messages", {"content": "x"})

    assert thread["id"] == made["id"]
    assert [again.error, late.error, closed.error] == [(400, 160004), (400, 50083), (400, 50083)]
    assert wire.stand_in.seen("art")[0]["thread"] == thread["id"]
    assert [message["text"] for message in wire.stand_in.seen(thread["id"])] == ["in"]


async def test_direct_messages(wire: Wire) -> None:
    """A member's channel opens by their id, and refuses with 50007 once they closed it."""
    channel = (await wire.call("POST", "/users/@me/channels", {"recipient_id": wire.users["bob"]})).body
    path = f"/channels/{channel['id']}/messages"
    await wire.call("POST", path, {"content": "psst"})
    wire.world.users[wire.users["bob"]].dm_open = False

    assert (await wire.call("POST", path, {"content": "psst"})).error == (403, 50007)
    assert [message["text"] for message in wire.stand_in.seen("dm:bob")] == ["psst"]


async def test_reactions(wire: Wire) -> None:
    """An emoji comes and goes; a word is no emoji."""
    made = (await wire.post("art", content="x")).body
    path = f"/channels/{wire.channels['art']}/messages/{made['id']}/reactions"
    added = await wire.call("PUT", f"{path}/🎨/@me")
    seen = wire.stand_in.seen("art")[0]["reactions"]
    await wire.call("DELETE", f"{path}/🎨/@me")

    assert (added.status, seen) == (204, {"🎨": ["bot"]})
    assert "reactions" not in wire.stand_in.seen("art")[0]
    assert (await wire.call("PUT", f"{path}/nice/@me")).error == (400, 10014)


async def test_pings_on_creation_and_edit(wire: Wire) -> None:
    """A message that would ping says whom, by every version of it."""
    everybody = f"@everyone <@{wire.users['bob']}> <@&{wire.stand_in.describe()['roles']['artist']}>"
    quiet = (await wire.post("art", content=everybody, allowed_mentions={"parse": []})).body
    before = wire.stand_in.seen("art")[0]["pings"]
    await wire.call("PATCH", f"/channels/{wire.channels['art']}/messages/{quiet['id']}", {"content": everybody})

    assert before == []
    assert wire.stand_in.seen("art")[0]["pings"] == ["bob", "role:artist", "everyone"]


async def test_components_v2(wire: Wire) -> None:
    """Files shown in a gallery are no attachments, their addresses stand in the gallery, and the flag stays."""
    gallery = {"type": 12, "items": [{"media": {"url": "attachment://a.png"}}]}
    payload = {"flags": 1 << 15, "components": [{"type": 10, "content": "words"}, gallery], "attachments": [{"id": 0}]}
    path = f"/channels/{wire.channels['art']}/messages"
    made = (await wire.call("POST", path, payload, files=[("a.png", png())])).body
    lost = await wire.call("POST", path, payload | {"attachments": []})
    back = await wire.call("PATCH", f"{path}/{made['id']}", {"content": "plain", "flags": 0})

    assert made["attachments"] == []
    assert made["components"][1]["items"][0]["media"]["url"].startswith("https://cdn.discordapp.com/attachments/")
    assert [lost.error, back.error] == [(400, 50035), (400, 50035)]
    assert [(one["text"], len(one["files"])) for one in wire.stand_in.seen("art")] == [("words", 1)]


async def test_message_limits(tmp_path: Path) -> None:
    """The sixth message in five seconds is a 429, in its own channel alone."""
    async with wired(tmp_path, message_limits=True) as wire:
        replies = [await wire.post("art", content="x") for _ in range(6)]
        other = await wire.post("general", content="x")

        assert [reply.status for reply in replies] == [200] * 5 + [429]
        assert [reply.headers["X-RateLimit-Remaining"] for reply in replies] == ["4", "3", "2", "1", "0", "0"]
        assert replies[5].headers["X-RateLimit-Scope"] == "user"
        assert replies[5].body["global"] is False
        assert 0 < replies[5].body["retry_after"] <= 5
        assert other.status == 200


async def test_old_messages_have_an_edit_limit(wire: Wire) -> None:
    """Messages older than an hour can be edited five times a minute."""
    made = (await wire.post("art", content="x")).body
    path = f"/channels/{wire.channels['art']}/messages/{made['id']}"
    wire.stage.clock.advance(3700)
    replies = [await wire.call("PATCH", path, {"content": str(number)}) for number in range(6)]

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
async def test_faults_before_the_effect(wire: Wire, what: str, status: int, kind: str, via: bool) -> None:
    """A struck request has no effect, and the next one works."""
    wire.stage.faults.add(Fault(where="discord.rest:POST /channels/*/messages", what=what, times=1))
    struck = await wire.post("art", content="one")
    spared = await wire.post("art", content="two")

    assert (struck.status, struck.headers["Content-Type"], "Via" in struck.headers) == (status, kind, via)
    assert spared.status == 200
    assert [message["text"] for message in wire.stand_in.seen("art")] == ["two"]


@pytest.mark.parametrize(("what", "posted"), [("reset-before", []), ("reset-after", ["x"])])
async def test_lost_connections(wire: Wire, what: str, posted: list[str]) -> None:
    """A connection breaks before or after the effect; the caller cannot tell which."""
    wire.stage.faults.add(Fault(where="discord.rest", what=what, times=1))
    with pytest.raises(aiohttp.ClientError):
        await wire.post("art", content="x")

    assert [message["text"] for message in wire.stand_in.seen("art")] == posted


async def test_requests_are_recorded(wire: Wire) -> None:
    """Each request is one line without its token; multipart ones name their parts."""
    path = f"/channels/{wire.channels['art']}/messages"
    await wire.call("POST", path, {"content": "x"}, files=[("a.png", b"0")])
    await wire.call("GET", f"{path}?limit=5")

    assert wire.stage.recording.lines == [
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
