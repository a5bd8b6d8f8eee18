"""Silent, slow and malformed connections cost their senders, and nobody else waits for them."""

import asyncio
import gzip
import logging
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace

import pytest

from bot.config.settings import Listen
from bot.web.connections import ConnectionLimits, Connections, OpenSocket, Stage, shared_address
from bot.web.contract import WebAnswer, WebRequest
from bot.web.server import WebServer

LIMITS = ConnectionLimits(in_all=4, per_address=3, reserve=1, body_bytes=1000)
GET = b"GET /health HTTP/1.1\r\nHost: bot\r\n\r\n"
HERE, THERE, ELSEWHERE = "192.0.2.1", "192.0.2.2", "198.51.100.7"
LOOPBACK = "127.0.0.1"
LARGE = 32_000_000
"""More than the buffers of both sides hold."""


class Seconds:
    """A clock that only moves when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Socket(OpenSocket):
    """A socket that notes its number when it is aborted."""

    def __init__(self, number: int = 0, aborted: list[int] | None = None) -> None:
        self._number = number
        self._aborted = [] if aborted is None else aborted
        self.closed = False

    def abort(self) -> None:
        self._aborted.append(self._number)
        self.closed = True

    def is_closed(self) -> bool:
        return self.closed


class Strangers:
    """Opens connections to `Connections`, one second apart."""

    def __init__(self, limits: ConnectionLimits = LIMITS) -> None:
        self.seconds = Seconds()
        self.connections = Connections(limits, self.seconds)
        self.sockets: list[Socket] = []
        self.dropped: list[int] = []

    def connect(self, address: str, stage: Stage = Stage.REQUESTING) -> bool:
        self.seconds.now += 1
        if not self.connections.has_room(address):
            return False
        self.sockets.append(Socket(len(self.sockets), self.dropped))
        connection = self.connections.add(self.sockets[-1], address)
        if stage is not Stage.REQUESTING:
            self.connections.enter(connection, stage)
        return True


def test_of_one_address_the_oldest_silent_connection_makes_room() -> None:
    """A fourth connection of an address takes the place of its first; other addresses lose nothing."""
    strangers = Strangers()
    assert all(strangers.connect(address) for address in (THERE, HERE, HERE, HERE, HERE))
    assert strangers.dropped == [1]


def test_when_all_is_full_the_largest_address_makes_room() -> None:
    """A newcomer is let in, and who holds the most connections pays for it."""
    strangers = Strangers()
    assert all(strangers.connect(address) for address in (THERE, HERE, HERE, HERE, ELSEWHERE))
    assert strangers.dropped == [1]


def test_a_request_that_is_handled_is_never_dropped_for_room() -> None:
    """Before it goes whoever sends nothing, then whoever does not read; if all are being handled, a stranger is refused."""
    strangers = Strangers()
    for stage in (Stage.WORKING, Stage.ANSWERING, Stage.REQUESTING):
        strangers.connect(HERE, stage)
    assert [strangers.connect(HERE, Stage.WORKING) for _ in range(3)] == [True, True, False]
    assert strangers.dropped == [2, 1]


def test_this_machine_has_a_reserve() -> None:
    """The health check of the machine itself is answered when strangers occupy every place with work."""
    strangers = Strangers()
    for address in (HERE, THERE, ELSEWHERE, "203.0.113.9"):
        strangers.connect(address, Stage.WORKING)
    assert [strangers.connect(address) for address in ("203.0.113.10", LOOPBACK)] == [False, True]
    assert strangers.dropped == []


def test_closed_connections_do_not_count() -> None:
    """Nobody is dropped for a place that is free."""
    strangers = Strangers()
    for _ in range(3):
        strangers.connect(HERE)
    strangers.sockets[1].closed = True
    assert strangers.connect(HERE)
    assert strangers.dropped == []


def test_incomplete_bodies_share_one_limit() -> None:
    """The largest incomplete body goes when all together are too large; complete ones do not count."""
    strangers = Strangers()
    opened = [strangers.connections.add(Socket(), address) for address in (HERE, THERE, ELSEWHERE)]
    for connection, size in zip(opened, (300, 600, 90), strict=True):
        strangers.connections.receive(connection, size)
    strangers.connections.enter(opened[0], Stage.WORKING)
    strangers.connections.receive(opened[2], 300)
    assert [one.socket.is_closed() for one in opened] == [False, False, False]
    strangers.connections.receive(opened[2], 100)
    assert [one.socket.is_closed() for one in opened] == [False, True, False]


def test_unread_answers_share_one_limit() -> None:
    """The one that is read for longest goes; a single large answer is sent however large it is."""
    strangers = Strangers(replace(LIMITS, answer_bytes=1000))
    opened = [strangers.connections.add(Socket(), address) for address in (HERE, THERE, ELSEWHERE)]
    for connection, size in zip(opened, (600, 300, 5000), strict=True):
        strangers.seconds.now += 1
        strangers.connections.enter(connection, Stage.ANSWERING, answer_bytes=size)
    assert [one.socket.is_closed() for one in opened] == [True, True, False]

    strangers.connections.enter(opened[2], Stage.REQUESTING)
    assert strangers.connections.has_room(HERE)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("192.0.2.1", ("192.0.2.1", False)),
        ("::ffff:192.0.2.1", ("192.0.2.1", False)),
        ("2001:db8:1:2::1", shared_address("2001:db8:1:2:ffff::9")),
        ("fe80::1%eth0", shared_address("fe80::2%eth0")),
        ("127.0.0.1", ("127.0.0.1", True)),
        ("::1", ("0/64", True)),
        ("::ffff:127.0.0.1", ("127.0.0.1", True)),
        ("", ("", False)),
    ],
)
def test_who_counts_together(address: str, expected: tuple[str, bool]) -> None:
    """An IPv6 network of one customer counts as one address, and IPv4 is the same in both spellings."""
    assert shared_address(address) == expected


async def health(_: WebRequest) -> WebAnswer:
    return WebAnswer(body="well")


async def large(_: WebRequest) -> WebAnswer:
    return WebAnswer(body=b"x" * LARGE)


async def echo(request: WebRequest) -> WebAnswer:
    return WebAnswer(body=request.body)


class Peer:
    """A connection to the server, byte by byte."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def answer(self) -> bytes:
        """The head of an answer; empty if the connection was dropped."""
        try:
            return await self.reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            return b""

    async def ended(self) -> bytes:
        """Whatever comes until the other side closes."""
        try:
            return await self.reader.read()
        except ConnectionError:
            return b""

    async def leave(self) -> None:
        self.writer.close()
        with suppress(ConnectionError):
            await self.writer.wait_closed()


class Serving:
    """A server on this machine, its clock, and the connections that a test opens to it."""

    def __init__(self) -> None:
        self.seconds = Seconds()
        self.peers: list[Peer] = []
        self.server = WebServer(Listen(host=LOOPBACK, port=0), limits=LIMITS, now=self.seconds)
        self.server.add_route("GET", "/health", health)
        self.server.add_route("GET", "/large", large)
        self.server.add_route("POST", "/echo", echo, most_body_bytes=2000)

    async def connect(self, sent: bytes = b"") -> Peer:
        peer = Peer(*await asyncio.open_connection(LOOPBACK, self.server.port))
        self.peers.append(peer)
        peer.writer.write(sent)
        return peer


@pytest.fixture
async def serving() -> AsyncIterator[Serving]:
    serving = Serving()
    await serving.server.start()
    yield serving
    for peer in serving.peers:
        await peer.leave()
    await serving.server.close()


async def test_a_healthy_request_among_many_silent_ones(serving: Serving) -> None:
    """However many silent connections there are, a complete request is answered, and no more than the limit stay open."""
    silent = [await serving.connect() for _ in range(50)]
    peer = await serving.connect(GET)
    assert (await peer.answer()).startswith(b"HTTP/1.1 200")
    ended = [asyncio.create_task(one.ended()) for one in silent]
    await asyncio.wait(ended[: 50 - LIMITS.in_all])
    assert sum(not task.done() for task in ended) < LIMITS.in_all
    for task in ended:
        task.cancel()


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET /hea",
        b"GET /health HTTP/1.1\r\nHost: bot\r\nX-Slow: ",
        b"POST /echo HTTP/1.1\r\nHost: bot\r\nContent-Length: 9\r\n\r\n1234",
    ],
    ids=["nothing", "half a line", "half a header", "half a body"],
)
async def test_a_connection_without_a_complete_request_ends(serving: Serving, sent: bytes) -> None:
    """It is closed after the time limit, and not before it."""
    slow = await serving.connect(sent)
    # Connections are accepted in their order: with this answer, the server has the other one too.
    assert (await (await serving.connect(GET)).answer()).startswith(b"HTTP/1.1 200")
    serving.seconds.now += LIMITS.first_request_s - 1
    later = await serving.connect(GET)
    assert (await later.answer()).startswith(b"HTTP/1.1 200")
    serving.seconds.now += 1
    assert await slow.ended() == b""
    await later.reader.readexactly(4)
    later.writer.write(GET)
    assert (await later.answer()).startswith(b"HTTP/1.1 200")


async def test_an_idle_connection_ends_later(serving: Serving) -> None:
    """After an answer it may be silent for longer, as the connections of a proxy are."""
    peer = await serving.connect(GET)
    assert await peer.answer()
    assert await peer.reader.readexactly(4) == b"well"
    serving.seconds.now += LIMITS.next_request_s - 1
    peer.writer.write(GET)
    assert await peer.answer()
    assert await peer.reader.readexactly(4) == b"well"
    serving.seconds.now += LIMITS.next_request_s
    assert await peer.ended() == b""


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 200 + b"\r\n\r\n",
        b"NONSENSE\r\n\r\n",
        b"GET /health HTTP/9.9\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: bot\r\nno colon\r\n\r\n",
        b"GET /" + b"x" * 10_000 + b" HTTP/1.1\r\nHost: bot\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: bot\r\n" + b"".join(b"X-%d: 1\r\n" % number for number in range(200)) + b"\r\n",
        b"GET /health HTTP/1.1\r\nHost: bot\r\nX: " + b"y" * 10_000 + b"\r\n\r\n",
        b"POST /echo HTTP/1.1\r\nHost: bot\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST /echo HTTP/1.1\r\nHost: bot\r\nContent-Length: -1\r\n\r\n",
        b"POST /echo HTTP/1.1\r\nHost: bot\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
    ],
)
async def test_a_malformed_request_writes_no_traceback(serving: Serving, sent: bytes, caplog: pytest.LogCaptureFixture) -> None:
    """It is refused with a status of its own, in at most one line, and the next request is answered."""
    peer = await serving.connect(sent)
    assert b" 400 " in (await peer.answer()).splitlines()[0]
    assert (await (await serving.connect(GET)).answer()).startswith(b"HTTP/1.1 200")
    assert [record.exc_info for record in caplog.records if record.levelno >= logging.WARNING] in ([], [None])


@pytest.mark.parametrize("sent", [b"POST /echo HTTP/1.1\r\nHost: bot\r\nContent-Length: 900\r\n\r\nhalf", b"GET /hea", b""])
async def test_a_peer_that_goes_away_writes_nothing(serving: Serving, sent: bytes, caplog: pytest.LogCaptureFixture) -> None:
    """Closing a connection in the middle of a request is no event for the log."""
    peer = await serving.connect(sent)
    await peer.leave()
    assert (await (await serving.connect(GET)).answer()).startswith(b"HTTP/1.1 200")
    assert [record.message for record in caplog.records if record.levelno >= logging.WARNING] == []


async def test_a_compressed_body_is_not_unpacked(serving: Serving) -> None:
    """A small body cannot become a large one in memory."""
    packed = gzip.compress(b"x" * 10_000_000)[:900]
    head = b"POST /echo HTTP/1.1\r\nHost: bot\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    peer = await serving.connect(head + packed)
    assert (await peer.answer()).startswith(b"HTTP/1.1 200")
    assert await peer.reader.readexactly(len(packed)) == packed


async def test_an_answer_that_nobody_reads_ends(serving: Serving) -> None:
    """Not reading holds a connection no longer than sending nothing does."""
    peer = await serving.connect(GET.replace(b"health", b"large"))
    assert (await peer.answer()).startswith(b"HTTP/1.1 200")
    serving.seconds.now += LIMITS.answer_s
    ended = await serving.connect()
    serving.seconds.now += LIMITS.first_request_s
    assert await ended.ended() == b""
    assert len(await peer.ended()) < LARGE
