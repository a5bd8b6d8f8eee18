"""The fake gateway on the wire: handshake, compression, resume, close codes, and which events a session receives."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.discord.gateway.compression import ZlibStream, ZstdStream
from sandbox.faults import Fault
from tests.sandbox.fake_discord.raw_client import DIRECT, GUILDS, INTENTS, RawClient, act_files, open_client, png

CONTENT = 1 << 15


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[RawClient]:
    async with open_client(tmp_path) as opened:
        yield opened


async def send_message(client: RawClient, text: str, channel: str = "art", **act: Any) -> str:
    done = await client.discord.act({"user": "ada", "channel": channel, "kind": "message", "text": text, **act})
    return str(done["id"])


def test_zlib_messages_end_in_a_sync_flush() -> None:
    """A sync flush marks the end of each compressed message."""
    stream = ZlibStream()

    assert [stream.frame("x")[-4:], stream.frame("y")[-4:]] == [b"\x00\x00\xff\xff"] * 2


def test_zstd_is_one_frame_for_the_connection() -> None:
    """Only the first message begins with zstandard's magic number."""
    stream = ZstdStream()

    assert [stream.frame("x")[:4] == b"\x28\xb5\x2f\xfd", stream.frame("y")[:4] == b"\x28\xb5\x2f\xfd"] == [True, False]


@pytest.mark.parametrize("compress", [None, "zlib-stream", "zstd-stream"])
async def test_a_session_in_each_compression(client: RawClient, compress: str | None) -> None:
    """A session starts with HELLO, READY with an unavailable server and GUILD_CREATE, and its events are numbered."""
    socket = await client.connect(compress)
    await socket.send(1, None)
    assert (await socket.next())["op"] == 11
    await socket.send(2, {"token": client.token, "intents": INTENTS, "properties": {}})
    ready, guild = await socket.next(), await socket.next()
    await send_message(client, "@bot " + "long " * 300)
    message = await socket.next()
    await socket.raw.close()

    assert [payload["s"] for payload in (ready, guild, message)] == [1, 2, 3]
    assert ready["d"]["guilds"] == [{"id": client.world.guild.id, "unavailable": True}]
    assert ready["d"]["resume_gateway_url"].endswith(".discord.gg")
    assert [channel["name"] for channel in guild["d"]["channels"]] == ["general", "art"]
    assert message["d"]["content"].endswith("long long ")


@pytest.mark.parametrize(
    ("op", "data", "code"),
    [
        (2, {"token": "wrong", "intents": INTENTS}, 4004),
        (2, {"token": "{token}", "intents": 1 << 30}, 4013),
        (2, {"token": "{token}", "intents": INTENTS | CONTENT}, 4014),
        (2, {"token": "{token}", "intents": INTENTS, "shard": [1, 1]}, 4010),
        (2, {"token": "{token}", "intents": INTENTS, "properties": "x" * 4100}, 4002),
        (3, {"status": "online"}, 4003),
        (77, None, 4001),
    ],
)
async def test_close_codes(client: RawClient, op: int, data: Any, code: int) -> None:
    """Each protocol error closes the connection with its own code."""
    socket = await client.connect()
    filled = {key: client.token if value == "{token}" else value for key, value in data.items()} if data else data
    await socket.send(op, filled)

    assert await socket.next() == {"closed": code}


async def test_garbage_and_a_second_identify(client: RawClient) -> None:
    """A payload that is no JSON is a decode error, and a second identify closes the connection."""
    garbage = await client.connect()
    await garbage.raw.send_str("{")
    twice = await client.identify()
    await twice.send(2, {"token": client.token, "intents": INTENTS})

    assert await garbage.next() == {"closed": 4002}
    assert await twice.next() == {"closed": 4005}


async def test_more_than_120_sends_a_minute(client: RawClient) -> None:
    """The 121st message in a minute closes the connection."""
    socket = await client.connect()
    for _ in range(120):
        await socket.send(1, None)
    answers = [await socket.next() for _ in range(120)]
    await socket.send(1, None)

    assert {answer["op"] for answer in answers} == {11}
    assert await socket.next() == {"closed": 4008}


async def test_missing_heartbeats_close_the_connection(tmp_path: Path) -> None:
    """Without heartbeats the connection is closed."""
    async with open_client(tmp_path, heartbeat_s=0.05) as client:
        socket = await client.connect()

        assert await socket.next() == {"closed": 4009}


async def test_resume_replays_what_was_missed(client: RawClient) -> None:
    """A resume delivers the missed event, then RESUMED, then new events."""
    first = await client.identify("zlib-stream")
    client.runtime.faults.add(Fault(where="discord.gateway:MESSAGE_CREATE", what="close:4000", times=1))
    await send_message(client, "@bot missed")
    assert await first.next() == {"closed": 4000}
    second = await client.connect("zstd-stream")
    await second.send(6, {"token": client.token, "session_id": client.session, "seq": 2})
    replayed, resumed = await second.next(), await second.next()
    await send_message(client, "@bot after")
    after = await second.next()
    await second.raw.close()

    assert [(one["t"], one["s"]) for one in (replayed, resumed, after)] == [
        ("MESSAGE_CREATE", 3),
        ("RESUMED", 4),
        ("MESSAGE_CREATE", 5),
    ]
    assert replayed["d"]["content"].endswith("missed")


@pytest.mark.parametrize(
    ("code", "seq", "wait_s", "answer"),
    [
        (4000, 99, 0, {"closed": 4007}),
        (4000, 2, 600, {"op": 9, "d": False, "s": None, "t": None}),
        (1000, 2, 0, {"op": 9, "d": False, "s": None, "t": None}),
        (1001, 2, 0, {"op": 9, "d": False, "s": None, "t": None}),
    ],
)
async def test_sessions_that_cannot_resume(client: RawClient, code: int, seq: int, wait_s: float, answer: Any) -> None:
    """A session cannot be resumed with a future sequence, after too long, or after a normal close by the client."""
    first = await client.identify()
    await first.raw.close(code=code)
    await wait_until_disconnected(client)
    client.runtime.clock.advance(wait_s)
    second = await client.connect()
    await second.send(6, {"token": client.token, "session_id": client.session, "seq": seq})

    assert await second.next() == answer
    await second.raw.close()


@pytest.mark.parametrize("code", [4000, 4900])
async def test_resume_after_the_client_closed(client: RawClient, code: int) -> None:
    """After a close with any other code the session stays resumable and keeps missed events."""
    first = await client.identify()
    await first.raw.close(code=code)
    await wait_until_disconnected(client)
    await send_message(client, "@bot missed")
    client.runtime.clock.advance(60)
    second = await client.connect()
    await second.send(6, {"token": client.token, "session_id": client.session, "seq": 2})
    told = [await second.next(), await second.next()]
    await second.raw.close()

    assert [one["t"] for one in told] == ["MESSAGE_CREATE", "RESUMED"]


async def wait_until_disconnected(client: RawClient) -> None:
    """Wait until the gateway has noticed a closed connection."""
    while client.discord.connected:
        await client.call("GET", "/users/@me")


@pytest.mark.parametrize(
    ("what", "op", "data"),
    [("reconnect", 7, None), ("invalid-session", 9, False), ("invalid-session-resumable", 9, True), ("heartbeat", 1, None)],
)
async def test_faults_on_an_idle_connection(client: RawClient, what: str, op: int, data: Any) -> None:
    """Faults also apply to an idle connection."""
    socket = await client.identify()
    client.runtime.faults.add(Fault(where="discord.gateway", what=what, times=1))
    payload = await socket.next()
    await socket.raw.close()

    assert (payload["op"], payload["d"]) == (op, data)


async def test_a_dropped_connection(client: RawClient) -> None:
    """A dropped connection ends without a close frame, and its session can be resumed."""
    socket = await client.identify()
    client.runtime.faults.add(Fault(where="discord.gateway", what="drop", times=1))

    assert await socket.next() == {"closed": 1006}
    await wait_until_disconnected(client)
    second = await client.connect()
    await second.send(6, {"token": client.token, "session_id": client.session, "seq": 2})
    assert (await second.next())["t"] == "RESUMED"
    await second.raw.close()


async def test_zombied_connection(client: RawClient) -> None:
    """A zombied connection neither acknowledges heartbeats nor sends events; a resume delivers what was missed."""
    socket = await client.identify()
    client.runtime.faults.add(Fault(where="discord.gateway:MESSAGE_CREATE", what="zombie", times=1))
    await send_message(client, "@bot into the void")
    await socket.send(1, 2)
    with pytest.raises(TimeoutError):
        await socket.raw.receive(timeout=0.1)
    second = await client.connect()
    await second.send(6, {"token": client.token, "session_id": client.session, "seq": 2})
    replayed = await second.next()
    await second.raw.close()
    await socket.raw.close()

    assert replayed["d"]["content"].endswith("into the void")


async def test_duplicate_event(client: RawClient) -> None:
    """The `duplicate` fault dispatches the same message twice, with consecutive sequence numbers."""
    socket = await client.identify()
    client.runtime.faults.add(Fault(where="discord.gateway:MESSAGE_CREATE", what="duplicate", times=1))
    await send_message(client, "@bot once")
    first, second = await socket.next(), await socket.next()
    await socket.raw.close()

    assert (first["d"]["id"], first["s"] + 1) == (second["d"]["id"], second["s"])


async def test_two_sessions_receive_an_event(client: RawClient) -> None:
    """Two sessions, as during a deploy, both receive an event."""
    sockets = [await client.identify(), await client.identify()]
    await send_message(client, "@bot hello")
    received = [await socket.event("MESSAGE_CREATE") for socket in sockets]
    for socket in sockets:
        await socket.raw.close()

    assert received[0]["id"] == received[1]["id"]


async def test_content_without_the_intent(client: RawClient) -> None:
    """Without the intent, only mentions, direct messages, own messages and pinging replies to own messages have content."""
    socket = await client.identify()
    regular = (await client.post("art", content="mine")).body["id"]
    files = act_files(("a.png", png()))
    await send_message(client, "plain", files=files)
    await send_message(client, "for @bot", files=files)
    await send_message(client, "direct", channel="dm:ada", files=files)
    await send_message(client, "pinging", kind="reply", message=regular, files=files)
    await send_message(client, "silent", kind="reply", message=regular, ping=False, files=files)
    events = [await socket.event("MESSAGE_CREATE") for _ in range(6)]
    await socket.raw.close()
    bot = client.app

    assert [(one["content"], len(one["attachments"])) for one in events] == [
        ("mine", 0),
        ("", 0),
        (f"for <@{bot}>", 1),
        ("direct", 1),
        ("pinging", 1),
        ("", 0),
    ]
    assert "guild_id" not in events[3]
    assert (events[4]["referenced_message"]["content"], events[4]["message_reference"]["message_id"]) == ("mine", regular)


async def test_a_reply_to_an_interaction_response_is_empty(client: RawClient) -> None:
    """A reply to an interaction response pings the bot but has no content, unless it also mentions the bot."""
    await client.sync({"name": "hello", "description": "x"})
    socket = await client.identify()
    task, interaction = await client.invoke(socket, kind="command", name="hello")
    await client.answer(interaction, 4, {"content": "a picture"})
    await task
    response = (await socket.event("MESSAGE_CREATE"))["id"]
    await send_message(client, "make it night", kind="reply", message=response)
    await send_message(client, "@bot make it night", kind="reply", message=response)
    bare, explicit = await socket.event("MESSAGE_CREATE"), await socket.event("MESSAGE_CREATE")
    await socket.raw.close()

    assert (bare["content"], [one["id"] for one in bare["mentions"]]) == ("", [client.app])
    assert explicit["content"].endswith("make it night")


async def test_content_with_the_intent(tmp_path: Path) -> None:
    """An app with the message content intent receives all content."""
    async with open_client(tmp_path, privileged_intents=CONTENT) as client:
        socket = await client.identify(intents=INTENTS | CONTENT)
        await send_message(client, "plain")
        message = await socket.event("MESSAGE_CREATE")
        await socket.raw.close()

        assert message["content"] == "plain"


async def test_intents_filter_events(client: RawClient) -> None:
    """A session receives no events of intents it did not request, nor of servers without the bot."""
    socket = await client.identify(intents=GUILDS | DIRECT)
    await send_message(client, "@bot here")
    await send_message(client, "@bot there", channel="elsewhere")

    assert await socket.is_quiet()
    await socket.raw.close()


async def test_thread_and_deletion_events(client: RawClient) -> None:
    """A member's new thread, a message in it, and a deleted message are dispatched."""
    socket = await client.identify()
    start = await send_message(client, "start")
    inside = await send_message(client, "@bot in here", thread=start)
    created = await socket.event("THREAD_CREATE")
    message = await socket.event("MESSAGE_CREATE")
    mine = (await client.post("art", content="mine")).body["id"]
    await client.call("DELETE", f"/channels/{client.channels['art']}/messages/{mine}")
    deleted = await socket.event("MESSAGE_DELETE")
    await socket.raw.close()

    assert (created["id"], created["parent_id"], created["type"]) == (start, client.channels["art"], 11)
    assert (message["id"], message["channel_id"]) == (inside, start)
    assert deleted["id"] == mine


async def test_guild_members_on_request(client: RawClient) -> None:
    """Requested guild members come in one chunk, with the unknown ids listed."""
    socket = await client.identify()
    await socket.send(8, {"guild_id": client.world.guild.id, "user_ids": [client.users["cyd"], "1"], "limit": 0, "nonce": "n"})
    chunk = await socket.event("GUILD_MEMBERS_CHUNK")
    await socket.raw.close()

    assert [member["user"]["username"] for member in chunk["members"]] == ["cyd"]
    assert (chunk["not_found"], chunk["nonce"]) == (["1"], "n")
