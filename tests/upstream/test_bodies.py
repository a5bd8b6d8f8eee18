"""Bodies of answers: bounded by what they become, read in linear work, and large ones one at a time."""

import asyncio
import base64
import gzip
import json
import zlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import zstandard

from bot.config.settings import Secret
from bot.config.tls import trust
from bot.errors import UpstreamError, UpstreamKind
from bot.upstream.transport.content_encoding import PIECE_BYTES, BodyDecoder
from bot.upstream.transport.http_client import GatewayClient, Stream, Timeouts
from bot.upstream.transport.http_messages import Answer, Frame, HttpRequest
from bot.upstream.transport.lines import LINES_AT_ONCE, MOST_LINES, json_lines, server_sent_events
from bot.upstream.transport.spool import IN_MEMORY_BYTES, Spools
from tests.fakes.dialects import plain
from tests.fakes.exchange import exchange
from tests.fakes.wire import opened, says

K = UpstreamKind
CALL = HttpRequest(method="POST", path="/images/generations", body={"prompt": "a fox"})
FAST = Timeouts(connect_s=2, read_s=5, write_s=2, total_s=30)
ZEROS = 40_000_000


def raw_deflate(content: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(content) + packer.flush()


def twice(content: bytes) -> bytes:
    return gzip.compress(gzip.compress(content))


ENCODERS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", gzip.compress),
    "x-gzip": ("X-Gzip", gzip.compress),
    "zlib": ("deflate", zlib.compress),
    "raw deflate": ("deflate", raw_deflate),
    "zstd": ("zstd", zstandard.compress),
    "gzip twice": ("gzip, gzip", twice),
    "gzip in zstd": ("gzip, zstd", lambda content: zstandard.compress(gzip.compress(content))),
    "two members": ("gzip", lambda content: gzip.compress(content[:7]) + gzip.compress(content[7:])),
    "two frames": ("zstd", lambda content: zstandard.compress(content[:7]) + zstandard.compress(content[7:])),
    "rubbish at its end": ("gzip", lambda content: gzip.compress(content) + b"\0\0\0"),
    "declared and not done": ("gzip", bytes),
    "declared as what it is not": ("utf-8", bytes),
}


def open_client(url: str, spools: Spools | None = None) -> GatewayClient:
    return GatewayClient(name="ark", base_url=url, api_key=Secret("key"), verify=trust(None), timeouts=FAST, spools=spools)


async def receive(content: bytes, encoding: str, *, most_bytes: int, status: int = 200) -> Answer:
    async with opened(says(content, status=status, content_encoding=encoding)) as wire:
        client = open_client(wire.url())
        try:
            async with client.send(CALL, most_bytes=most_bytes) as answer:
                return answer
        finally:
            await client.close()


@pytest.mark.parametrize("name", ENCODERS)
async def test_a_compressed_answer_is_read(name: str) -> None:
    """Although we asked for none."""
    encoding, encode = ENCODERS[name]

    answer = await receive(encode(b'{"data": "' + b"x" * 3000 + b'"}'), encoding, most_bytes=10_000)

    assert (json.loads(answer.body), answer.capped) == ({"data": "x" * 3000}, False)


@pytest.mark.parametrize("name", [name for name in ENCODERS if not name.startswith("declared")])
def test_decoding_stops_where_its_reader_does(name: str) -> None:
    """A few kilobytes that become forty megabytes: no step makes more than a few of them."""
    encoding, encode = ENCODERS[name]
    packed = encode(bytes(ZEROS))
    decoder = BodyDecoder(encoding, most_bytes=ZEROS)
    assert len(packed) < ZEROS / 500

    sizes = [len(piece) for start in range(0, len(packed), 65_536) for piece in decoder.decode(packed[start : start + 65_536])]

    assert sum(sizes) + sum(map(len, decoder.flush())) == ZEROS
    assert max(sizes) <= 8 * PIECE_BYTES


def test_what_is_between_two_layers_counts() -> None:
    """A body that is small again in the end is work all the same."""
    decoder = BodyDecoder("gzip, gzip", most_bytes=100_000)

    with pytest.raises(httpx.DecodingError):
        _ = [*decoder.decode(gzip.compress(gzip.compress(b"") + bytes(10_000_000)))]


def test_many_layers_are_refused() -> None:
    """Each multiplies."""
    with pytest.raises(httpx.DecodingError):
        BodyDecoder("gzip, gzip, gzip, gzip", most_bytes=1)


@pytest.mark.parametrize("name", ["gzip", "zlib", "zstd", "gzip twice"])
async def test_the_limit_counts_what_a_body_becomes(name: str) -> None:
    """The rest is not decoded."""
    encoding, encode = ENCODERS[name]

    answer = await receive(encode(bytes(ZEROS)), encoding, most_bytes=100_000)

    assert (answer.body, answer.capped) == (bytes(100_000), True)


async def test_a_broken_encoding_is_uncertain() -> None:
    """Except under a status that says enough."""
    broken = gzip.compress(b"")[:10] + b"\xff" * 100

    with pytest.raises(UpstreamError) as caught:
        await receive(broken, "gzip", most_bytes=1_000_000)
    refusal = await receive(broken, "gzip", most_bytes=1_000_000, status=400)

    assert (caught.value.kind, caught.value.certain, refusal.status) == (K.UNKNOWN, False, 400)


async def test_little_is_read_of_an_error() -> None:
    """A page of any length says no more than its beginning."""
    answer = await receive(b"x" * 3_000_000, "identity", most_bytes=100_000_000, status=500)

    assert (len(answer.body), answer.capped) == (1_000_000, True)


@pytest.mark.parametrize("name", ["gzip", "zstd", "gzip twice"])
async def test_a_compressed_stream_is_bounded(name: str) -> None:
    """By the sum of what it becomes."""
    encoding, encode = ENCODERS[name]
    content = encode(b"data: {}\n\n" * 1_000_000)
    async with opened(says(content, content_type="text/event-stream", content_encoding=encoding)) as wire:
        client = open_client(wire.url())
        received, failure = await count_frames(client, most_bytes=50_000)
        await client.close()

    assert failure is not None
    assert (failure.kind, failure.certain) == (K.UNKNOWN, False)
    assert received <= 5_000


async def count_frames(client: GatewayClient, *, most_bytes: int) -> tuple[int, UpstreamError | None]:
    """How many messages a stream has before it fails."""
    received = 0
    async with client.stream(CALL, most_bytes=most_bytes) as stream:
        assert isinstance(stream, Stream)
        try:
            async for _ in stream.frames():
                received += 1
        except UpstreamError as error:
            return received, error
    return received, None


class CountingBytes(bytes):
    """Bytes that count how many of them are looked at by a search or copied by a split."""

    seen = 0

    def split(self, *arguments: Any) -> list[bytes]:
        CountingBytes.seen += len(self)
        return super().split(*arguments)


async def in_pieces(content: bytes, size: int = 65_536) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield CountingBytes(content[start : start + size])


@pytest.mark.parametrize(("read", "start"), [(json_lines, b""), (server_sent_events, b"data: ")])
async def test_a_line_of_sixteen_megabytes(
    read: Callable[[AsyncIterator[bytes], Spools], AsyncIterator[Frame]], start: bytes, tmp_path: Path
) -> None:
    """Each byte is split once, and no piece of the line is joined to another before the line is complete."""
    CountingBytes.seen = 0
    line = b'{"b64_json": "' + b"A" * 16_000_000 + b'"}'

    frames = [frame.data async for frame in read(in_pieces(start + line + b"\n\n"), Spools(tmp_path))]

    assert frames[0].strip() == line
    assert CountingBytes.seen == len(start + line) + 2


async def test_a_message_has_a_limit() -> None:
    """It is not kept beyond that."""
    for read, start in ((json_lines, b""), (server_sent_events, b"data: ")):
        with pytest.raises(UpstreamError) as caught:
            _ = [frame async for frame in read(in_pieces(start + b"x" * 20_000, 1000), Spools(), most_bytes=10_000)]
        assert (caught.value.kind, caught.value.certain) == (K.UNKNOWN, False)


@pytest.mark.parametrize("line", [b"\n", b":\n", b"{}\n", b"data:\n\n"])
async def test_many_lines_do_not_hold_the_loop(line: bytes) -> None:
    """Others have their turn between a few hundred of them, and there is an end."""
    for read in (json_lines, server_sent_events):
        turns = 0

        async def take_turns() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        others = asyncio.create_task(take_turns())
        with pytest.raises(UpstreamError):
            _ = [frame async for frame in read(in_pieces(line * 150_000), Spools())]
        others.cancel()

        assert turns >= MOST_LINES / LINES_AT_ONCE


EVENTS = {
    b'event: a\ndata: {"x":1}\n\n': [Frame(event="a", data=b' {"x":1}')],
    b"data:1\r\n\r\ndata: 2\r\n\r\n": [Frame(event="", data=b"1\r"), Frame(event="", data=b" 2\r")],
    b"data: [\ndata: 1]\n\n": [Frame(event="", data=b" [\n 1]")],
    b": comment\nid: 7\nretry: 1\n\ndata: 1\n\n": [Frame(event="", data=b" 1")],
    b"data: 1": [Frame(event="", data=b" 1")],
    b"event: end\n\n": [Frame(event="end", data=b"")],
    b"\n\n\n": [],
    "data: \u2028\n\n".encode(): [Frame(event="", data=" \u2028".encode())],
}


@pytest.mark.parametrize("text", EVENTS)
async def test_server_sent_events(text: bytes) -> None:
    """However the bytes arrive; the last one needs no empty line."""
    for size in (1, 3, 1000):
        assert [frame async for frame in server_sent_events(in_pieces(text, size), Spools())] == EVENTS[text]


async def test_a_large_body_is_on_disk_while_it_arrives(tmp_path: Path) -> None:
    """In a file that nobody else can open, and that is gone after a crash."""
    spool = Spools(tmp_path).open()
    for _ in range(40):
        await spool.write(b"x" * 100_000)

    async with spool.content() as content:
        assert content == b"x" * 4_000_000
    assert spool._pieces_size <= IN_MEMORY_BYTES
    assert [*await asyncio.to_thread(tmp_path.iterdir)] == []
    spool.close()


async def test_large_bodies_are_read_one_at_a_time(tmp_path: Path) -> None:
    """A small one does not wait for them."""
    spools, order, reading = Spools(tmp_path), list[str](), asyncio.Event()
    first, second, small = spools.open(), spools.open(), spools.open()
    for spool in (first, second):
        await spool.write(bytes(2 * IN_MEMORY_BYTES))
    await small.write(b"{}")

    async def read_second() -> None:
        reading.set()
        async with second.content():
            order.append("second")

    async with first.content():
        waiting = asyncio.create_task(read_second())
        await reading.wait()
        async with small.content():
            order.append("small")
        for _ in range(50):
            await asyncio.to_thread(int)
        order.append("first")
    await waiting

    assert order == ["small", "first", "second"]
    for spool in (first, second, small):
        spool.close()


async def test_a_disk_that_takes_no_more_loses_no_answer(tmp_path: Path) -> None:
    """It stays in memory: it may be paid for."""
    spool = Spools(tmp_path / "missing").open()
    for _ in range(3):
        await spool.write(b"x" * IN_MEMORY_BYTES)

    async with spool.content() as content:
        assert content == b"x" * 3 * IN_MEMORY_BYTES


@pytest.mark.parametrize("filler", [b"[]", b"{}", b"0", b'""'])
async def test_an_answer_of_a_million_values_is_not_parsed(filler: bytes) -> None:
    """Two characters become a hundred bytes. It may be billed, so it is uncertain."""
    body = b'{"data": [' + filler + (b"," + filler) * 1_000_000 + b"]}"

    result = await exchange("ark_intl", says(body), request=plain("ark_intl"))

    assert result.failure is not None
    assert (result.events, result.failure.kind, result.failure.certain) == ([], K.UNKNOWN, False)


async def test_an_answer_of_megabytes_with_pictures() -> None:
    """Two pictures of ten megabytes inside an answer, although addresses were asked for."""
    pictures = [bytes([number]) + b"\xff" * 10_000_000 for number in (1, 2)]
    body = json.dumps({"data": [{"b64_json": base64.b64encode(content).decode()} for content in pictures]}).encode()

    result = await exchange("ark_intl", says(body), request=plain("ark_intl", count=2))

    assert result.failure is None
    assert [getattr(event, "data", None) for event in result.events] == [None, *pictures, None]
