"""The stand-in's gateway on the wire: handshake, compression, resume, close codes, and who is told what."""

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


async def say(client: RawClient, text: str, channel: str = "art", **act: Any) -> str:
    done = await client.discord.act({"user": "ada", "channel": channel, "kind": "message", "text": text, **act})
    return str(done["id"])


def test_zlib_messages_end_in_a_sync_flush() -> None:
    """That ending is how a client knows that a message is whole."""
    stream = ZlibStream()

    assert [stream.frame("x")[-4:], stream.frame("y")[-4:]] == [b"\x00\x00\xff\xff"] * 2


def test_zstd_is_one_frame_for_the_connection() -> None:
    """Only the first message begins with the magic number."""
    stream = ZstdStream()

    assert [stream.frame("x")[:4] == b"\x28\xb5\x2f\xfd", stream.frame("y")[:4] == b"\x28\xb5\x2f\xfd"] == [True, False]


@pytest.mark.parametrize("compress", [None, "zlib-stream", "zstd-stream"])
async def test_a_session_in_each_compression(client: RawClient, compress: str | None) -> None:
    """HELLO, a heartbeat before identifying, READY with an unavailable server, the server, and rising numbers."""
    socket = await client.connect(compress)
    await socket.send(1, None)
    assert (await socket.next())["op"] == 11
    await socket.send(2, {"token": client.token, "intents": INTENTS, "properties": {}})
    ready, guild = await socket.next(), await socket.next()
    await say(client, "@bot " + "long " * 300)
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
    """Each wrong step closes the connection with its own code."""
    socket = await client.connect()
    filled = {key: client.token if value == "{token}" else value for key, value in data.items()} if data else data
    await socket.send(op, filled)

    assert await socket.next() == {"closed": code}


async def test_garbage_and_a_second_identify(client: RawClient) -> None:
    """What is no JSON is a decode error; who is known already need not say so again."""
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


async def test_a_silent_client_is_closed(tmp_path: Path) -> None:
    """Without heartbeats the session times out; with them it does not."""
    async with open_client(tmp_path, heartbeat_s=0.05) as client:
        socket = await client.connect()

        assert await socket.next() == {"closed": 4009}


async def test_resume_replays_what_was_missed(client: RawClient) -> None:
    """After a fault closes the connection, the missed event comes first, then RESUMED, then life goes on."""
    first = await client.identify("zlib-stream")
    client.runtime.faults.add(Fault(where="discord.gateway:MESSAGE_CREATE", what="close:4000", times=1))
    await say(client, "@bot missed")
    assert await first.next() == {"closed": 4000}
    second = await client.connect("zstd-stream")
    await second.send(6, {"token": client.token, "session_id": client.session, "seq": 2})
    replayed, resumed = await second.next(), await second.next()
    await say(client, "@bot after")
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
    """A sequence from the future, a session lost too long ago, and one that the client closed normally."""
    first = await client.identify()
    await first.raw.close(code=code)
    await wait_until_gone(client)
    client.runtime.clock.advance(wait_s)
    second = await client.connect()
    await second.send(6, {"token": client.token, "session_id": client.session, "seq": seq})

    assert await second.next() == answer
    await second.raw.close()


@pytest.mark.parametrize("code", [4000, 4900])
async def test_a_client_may_leave_and_come_back(client: RawClient, code: int) -> None:
    """With any code but the normal ones the session stays for a while, and what is missed is kept in it."""
    first = await client.identify()
    await first.raw.close(code=code)
    await wait_until_gone(client)
    await say(client, "@bot missed")
    client.runtime.clock.advance(60)
    second = await client.connect()
    await second.send(6, {"token": client.token, "session_id": client.session, "seq": 2})
    told = [await second.next(), await second.next()]
    await second.raw.close()

    assert [one["t"] for one in told] == ["MESSAGE_CREATE", "RESUMED"]


async def wait_until_gone(client: RawClient) -> None:
    """Let the stand-in notice a closed connection, by asking it over another one."""
    while client.discord.connected:
        await client.call("GET", "/users/@me")


@pytest.mark.parametrize(
    ("what", "op", "data"),
    [("reconnect", 7, None), ("invalid-session", 9, False), ("invalid-session-resumable", 9, True), ("heartbeat", 1, None)],
)
async def test_orders_to_an_idle_client(client: RawClient, what: str, op: int, data: Any) -> None:
    """Faults strike a connection on which nothing happens, too."""
    socket = await client.identify()
    client.runtime.faults.add(Fault(where="discord.gateway", what=what, times=1))
    payload = await socket.next()
    await socket.raw.close()

    assert (payload["op"], payload["d"]) == (op, data)


async def test_a_dropped_connection(client: RawClient) -> None:
    """Abrupt loss ends without a close frame, and the session can be resumed."""
    socket = await client.identify()
    client.runtime.faults.add(Fault(where="discord.gateway", what="drop", times=1))

    assert await socket.next() == {"closed": 1006}
    await wait_until_gone(client)
    second = await client.connect()
    await second.send(6, {"token": client.token, "session_id": client.session, "seq": 2})
    assert (await second.next())["t"] == "RESUMED"
    await second.raw.close()


async def test_a_zombie_answers_nothing(client: RawClient) -> None:
    """Heartbeats go unacknowledged and events unsent, yet nothing is lost to a later resume."""
    socket = await client.identify()
    client.runtime.faults.add(Fault(where="discord.gateway:MESSAGE_CREATE", what="zombie", times=1))
    await say(client, "@bot into the void")
    await socket.send(1, 2)
    with pytest.raises(TimeoutError):
        await socket.raw.receive(timeout=0.1)
    second = await client.connect()
    await second.send(6, {"token": client.token, "session_id": client.session, "seq": 2})
    replayed = await second.next()
    await second.raw.close()
    await socket.raw.close()

    assert replayed["d"]["content"].endswith("into the void")


async def test_an_event_that_comes_twice(client: RawClient) -> None:
    """A duplicate is a dispatch of its own with the same message."""
    socket = await client.identify()
    client.runtime.faults.add(Fault(where="discord.gateway:MESSAGE_CREATE", what="duplicate", times=1))
    await say(client, "@bot once")
    first, second = await socket.next(), await socket.next()
    await socket.raw.close()

    assert (first["d"]["id"], first["s"] + 1) == (second["d"]["id"], second["s"])


async def test_two_sessions_hear_everything(client: RawClient) -> None:
    """During a deploy the old and the new process are both told."""
    sockets = [await client.identify(), await client.identify()]
    await say(client, "@bot hello")
    received = [await socket.event("MESSAGE_CREATE") for socket in sockets]
    for socket in sockets:
        await socket.raw.close()

    assert received[0]["id"] == received[1]["id"]


async def test_content_without_the_intent(client: RawClient) -> None:
    """Plain messages are empty; mentions, direct messages, own ones and pinging replies to own ones are whole."""
    socket = await client.identify()
    regular = (await client.post("art", content="mine")).body["id"]
    files = act_files(("a.png", png()))
    await say(client, "plain", files=files)
    await say(client, "for @bot", files=files)
    await say(client, "direct", channel="dm:ada", files=files)
    await say(client, "pinging", kind="reply", message=regular, files=files)
    await say(client, "silent", kind="reply", message=regular, ping=False, files=files)
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
    """Though it pings the bot, it carries no content; with an explicit mention it does."""
    await client.sync({"name": "hello", "description": "x"})
    socket = await client.identify()
    task, interaction = await client.invoke(socket, kind="command", name="hello")
    await client.answer(interaction, 4, {"content": "a picture"})
    await task
    response = (await socket.event("MESSAGE_CREATE"))["id"]
    await say(client, "make it night", kind="reply", message=response)
    await say(client, "@bot make it night", kind="reply", message=response)
    bare, explicit = await socket.event("MESSAGE_CREATE"), await socket.event("MESSAGE_CREATE")
    await socket.raw.close()

    assert (bare["content"], [one["id"] for one in bare["mentions"]]) == ("", [client.app])
    assert explicit["content"].endswith("make it night")


async def test_the_content_intent_lifts_the_veil(tmp_path: Path) -> None:
    """An app that was granted the intent reads everything."""
    async with open_client(tmp_path, privileged_intents=CONTENT) as client:
        socket = await client.identify(intents=INTENTS | CONTENT)
        await say(client, "plain")
        message = await socket.event("MESSAGE_CREATE")
        await socket.raw.close()

        assert message["content"] == "plain"


async def test_only_what_was_asked_for(client: RawClient) -> None:
    """Sessions without the message intents hear nothing of servers, and places without the bot are silent."""
    socket = await client.identify(intents=GUILDS | DIRECT)
    await say(client, "@bot here")
    await say(client, "@bot there", channel="elsewhere")

    assert await socket.is_quiet()
    await socket.raw.close()


async def test_threads_and_deletions_are_told(client: RawClient) -> None:
    """A thread that a member opens on a message, what is said in it, and a message that goes."""
    socket = await client.identify()
    start = await say(client, "start")
    inside = await say(client, "@bot in here", thread=start)
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
    """Members by their ids come in one chunk, the unknown named."""
    socket = await client.identify()
    await socket.send(8, {"guild_id": client.world.guild.id, "user_ids": [client.users["cyd"], "1"], "limit": 0, "nonce": "n"})
    chunk = await socket.event("GUILD_MEMBERS_CHUNK")
    await socket.raw.close()

    assert [member["user"]["username"] for member in chunk["members"]] == ["cyd"]
    assert (chunk["not_found"], chunk["nonce"]) == (["1"], "n")
