"""Streams of messages: server-sent events, and lines of JSON. Each byte is looked at once, however long a line becomes."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable

from bot.errors import UpstreamError, UpstreamKind
from bot.upstream.transport.http_messages import MOST_ANSWER_BYTES, Frame
from bot.upstream.transport.spool import Spool, Spools

MOST_LINES = 100_000
"""A stream has a few for each picture, and a comment now and then."""
LINES_AT_ONCE = 200
"""How many may be looked at before others have their turn on the event loop."""
FIELD_BYTES = 200
"""What is kept of a line that is no data."""


async def json_lines(
    chunks: AsyncIterable[bytes], spools: Spools, *, most_bytes: int = MOST_ANSWER_BYTES
) -> AsyncGenerator[Frame]:
    """Each line as a message of at most `most_bytes`, as soon as it is complete; the last one may have no end."""
    line = spools.open()
    async for piece, ended in _pieces(chunks):
        await _write(line, piece, most_bytes)
        if ended:
            async with line.content() as content:
                yield Frame(event="", data=content)
            line.close()
            line = spools.open()
    async with line.content() as content:
        yield Frame(event="", data=content)
    line.close()


async def server_sent_events(
    chunks: AsyncIterable[bytes], spools: Spools, *, most_bytes: int = MOST_ANSWER_BYTES
) -> AsyncGenerator[Frame]:
    """Each event as a message (WHATWG HTML, "Server-sent events"), the last one even if the empty line after it is missing.

    The data is JSON, so the white space around it stays.
    """
    event = _Event(spools, most_bytes)
    async for piece, ended in _pieces(chunks):
        await event.write(piece)
        if ended and event.end_line() and not event.is_empty:
            async with event.data.content() as content:
                yield Frame(event=event.name, data=content)
            event.data.close()
            event = _Event(spools, most_bytes)
    if not event.is_empty:
        async with event.data.content() as content:
            yield Frame(event=event.name, data=content)
    event.data.close()


class _Event:
    """One server-sent event, as far as it has arrived."""

    def __init__(self, spools: Spools, most_bytes: int) -> None:
        self.name = ""
        self.data = spools.open()
        self._most_bytes = most_bytes
        self._line = b""
        self._in_data = False

    @property
    def is_empty(self) -> bool:
        return not self.name and not self.data.size

    async def write(self, piece: bytes) -> None:
        """The next bytes of a line."""
        if self._in_data:
            await _write(self.data, piece, self._most_bytes)
            return
        self._line += piece
        if self._line.startswith(b"data:"):
            self._in_data = True
            await _write(self.data, (b"\n" if self.data.size else b"") + self._line[5:], self._most_bytes)
        else:
            self._line = self._line[:FIELD_BYTES]

    def end_line(self) -> bool:
        """Whether the line was empty, which ends the event."""
        line, was_data = self._line.strip(), self._in_data
        self._line, self._in_data = b"", False
        if line.startswith(b"event:"):
            self.name = line[6:].strip().decode("utf-8", "replace")
        return not line and not was_data


async def _write(spool: Spool, piece: bytes, most_bytes: int) -> None:
    if not piece:
        return
    await spool.write(piece)
    if spool.size > most_bytes:
        raise UpstreamError(UpstreamKind.UNKNOWN, certain=False, detail="a message of the stream went on past our limit")


async def _pieces(chunks: AsyncIterable[bytes]) -> AsyncGenerator[tuple[bytes, bool]]:
    """Pieces of lines, and whether each is the last of its line. Only a line feed ends one: JSON may contain other separators."""
    lines = 0
    async for chunk in chunks:
        *ended, rest = chunk.split(b"\n")
        for piece in ended:
            yield piece, True
            lines += 1
            if lines % LINES_AT_ONCE == 0:
                await asyncio.sleep(0)
        if lines > MOST_LINES:
            raise UpstreamError(UpstreamKind.UNKNOWN, certain=False, detail="the stream has too many lines")
        if rest:
            yield rest, False
