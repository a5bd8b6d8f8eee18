"""Gateways that send the pictures one by one, each as soon as it is ready."""

from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing

from bot.errors import UpstreamError, UpstreamKind
from bot.upstream.contract import Started, UpstreamEvent
from bot.upstream.decoding.failures import DecodeContext, parse_json
from bot.upstream.decoding.picture_stream import StreamDecoder
from bot.upstream.dialect import Dialect
from bot.upstream.http_messages import Answer, Frame, HttpRequest
from bot.upstream.modes.connection import GatewayConnection


async def listen(
    connection: GatewayConnection, dialect: Dialect, request: HttpRequest, *, most_bytes: int
) -> AsyncGenerator[UpstreamEvent]:
    """Make the paid call and yield the events of its stream, or of its answer if it comes in one piece."""
    async with connection.gateway.stream(request, most_bytes=most_bytes) as stream:
        context = connection.context(dialect.faults)
        if isinstance(stream, Answer):
            for event in _decode_unstreamed(stream, dialect, context):
                yield event
            return
        yield Started(trace=stream.trace)
        decoder = StreamDecoder(context)
        async with aclosing(stream.frames()) as frames:
            async for frame in frames:
                for event in decoder.feed(frame):
                    yield event
                if decoder.finished:
                    return
        raise _cut()


def _decode_unstreamed(answer: Answer, dialect: Dialect, context: DecodeContext) -> Iterator[UpstreamEvent]:
    """A complete answer although a stream was asked for, or a stream under the media type of a complete answer."""
    lines = answer.body.split(b"\n") if answer.status == 200 else []
    first = parse_json(lines[0]) if lines else None
    if not isinstance(first, dict) or "data" in first or "type" not in first:
        yield from dialect.decode(answer, context)
        return
    decoder = StreamDecoder(context)
    yield Started(trace=answer.trace)
    for line in lines:
        yield from decoder.feed(Frame(event="", data=line.decode("utf-8", "replace")))
    if not decoder.finished:
        raise _cut()


def _cut() -> UpstreamError:
    return UpstreamError(UpstreamKind.AMBIGUOUS, certain=False, detail="the stream ended before it was finished")
