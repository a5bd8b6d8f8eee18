"""Gateways that send the pictures one by one, each as soon as it is ready."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import partial

from bot.errors import UpstreamError, UpstreamKind
from bot.requests.request import Request
from bot.upstream.contract import Started, UpstreamEvent
from bot.upstream.decoding.failures import DecodeContext, parse_json
from bot.upstream.decoding.picture_stream import StreamDecoder
from bot.upstream.dialect import Dialect
from bot.upstream.modes.connection import GatewayConnection, decode_aside
from bot.upstream.transport.http_messages import MOST_ANSWER_BYTES, Answer, Frame, HttpRequest

OTHER_BYTES = 8_000_000
"""What a stream may hold beside its pictures."""


async def listen(
    connection: GatewayConnection, dialect: Dialect, call: HttpRequest, request: Request
) -> AsyncGenerator[UpstreamEvent]:
    """Make the paid call and yield the events of its stream, or of its answer if it comes in one piece."""
    # It may hold previews that we did not ask for.
    most_bytes = OTHER_BYTES + MOST_ANSWER_BYTES * request.count
    async with connection.gateway.stream(call, most_bytes=most_bytes) as stream:
        context = connection.context(dialect.faults, request)
        if isinstance(stream, Answer):
            events, cut = await decode_aside(stream.body, partial(_decode_unstreamed, stream, dialect, context))
            for event in events:
                yield event
            if cut is not None:
                raise cut
            return
        yield Started(trace=stream.trace)
        decoder = StreamDecoder(context)
        async with aclosing(stream.frames()) as frames:
            async for frame in frames:
                for event in await decode_aside(frame.data, partial(decoder.feed, frame)):
                    yield event
                if decoder.finished:
                    return
        raise _cut()


def _decode_unstreamed(
    answer: Answer, dialect: Dialect, context: DecodeContext
) -> tuple[tuple[UpstreamEvent, ...], UpstreamError | None]:
    """A complete answer although a stream was asked for, or a stream under the media type of a complete answer.

    Returns the events, and the error that ended them early.
    """
    lines = answer.body.split(b"\n") if answer.status == 200 else []
    first = parse_json(lines[0]) if lines else None
    if not isinstance(first, dict) or "data" in first or "type" not in first:
        return dialect.decode(answer, context), None
    decoder, events = StreamDecoder(context), list[UpstreamEvent]([Started(trace=answer.trace)])
    try:
        for line in lines:
            events += decoder.feed(Frame(event="", data=line))
    except UpstreamError as error:
        return tuple(events), error
    return tuple(events), None if decoder.finished else _cut()


def _cut() -> UpstreamError:
    return UpstreamError(UpstreamKind.AMBIGUOUS, certain=False, detail="the stream ended before it was finished")
