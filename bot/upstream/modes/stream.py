"""Answers told picture by picture, in Ark's events: as server-sent events or as lines of JSON. The decoder is pure."""

from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import aclosing
from typing import Any

from bot.clock import Clock
from bot.errors import UpstreamError, UpstreamKind
from bot.upstream.answer import Answer, Frame
from bot.upstream.contract import Call, Completed, PictureMissing, PictureReady, Started, UpstreamEvent
from bot.upstream.failures import ARK_FAULTS, Fault, FaultTable, describe, parse_json, read_fault
from bot.upstream.http_client import GatewayClient
from bot.upstream.picture_list import billed, decode, is_count, nothing, read_picture, withheld

ENDING = "[DONE]"


class StreamDecoder:
    """Folds the frames of one stream. Pure: feed frames until `finished`, then nothing more is to come."""

    def __init__(self, *, secrets: tuple[str, ...] = (), table: FaultTable = ARK_FAULTS) -> None:
        self._secrets = secrets
        self._table = table
        self._seen: set[int] = set()
        self._ready = 0
        self.finished = False

    def feed(self, frame: Frame) -> tuple[UpstreamEvent, ...]:
        """What a frame tells, nothing for frames we do not know. Raises UpstreamError for one that ends the work."""
        if self.finished:
            return ()
        if frame.data.strip() == ENDING:
            return self._complete(None)
        body = parse_json(frame.data)
        if not isinstance(body, dict):
            return ()
        kind = body.get("type") or frame.event
        match kind:
            case "image_generation.partial_succeeded" | "image_generation.partial_failed":
                return self._one(body)
            case "image_generation.completed":
                return self._completed(body)
            case "image_generation.partial_image":
                return ()
        if kind == "error" or body.get("error"):
            return self._fail(read_fault(body) or Fault(message=str(body.get("message", ""))))
        return ()

    def _one(self, body: Mapping[str, Any]) -> tuple[UpstreamEvent, ...]:
        said = body.get("image_index")
        index = said if is_count(said) else self._next_index()
        if index in self._seen:
            return ()
        self._seen.add(index)
        picture = read_picture(index, body, secrets=self._secrets, table=self._table)
        self._ready += isinstance(picture, PictureReady)
        return (picture,)

    def _next_index(self) -> int:
        return max(self._seen, default=-1) + 1

    def _completed(self, body: Mapping[str, Any]) -> tuple[UpstreamEvent, ...]:
        if body.get("error") and not self._ready:
            return self._fail(read_fault(body) or Fault())
        return self._complete(billed(body))

    def _complete(self, said: int | None) -> tuple[UpstreamEvent, ...]:
        if not self._seen:
            raise nothing(said)
        self.finished = True
        return (Completed(billed=said),)

    def _fail(self, fault: Fault) -> tuple[UpstreamEvent, ...]:
        """An error for the whole request. After a picture it only ends the set: the gateway said so, nothing was cut."""
        error = describe(fault, status=200, table=self._table, secrets=self._secrets)
        if not self._ready or error.kind is UpstreamKind.UNKNOWN:
            certain = error.certain and not self._ready
            raise UpstreamError(
                error.kind,
                certain=certain,
                retryable=error.retryable and certain,
                detail=error.detail,
            )
        self.finished = True
        missing = PictureMissing(index=self._next_index(), error=withheld(fault, secrets=self._secrets, table=self._table))
        return (missing, Completed())


async def listen(
    gateway: GatewayClient,
    call: Call,
    *,
    clock: Clock,
    most_bytes: int,
    table: FaultTable = ARK_FAULTS,
) -> AsyncGenerator[UpstreamEvent]:
    """Make the call and tell what it streams; an answer in one piece is read as one."""
    async with gateway.stream(call, most_bytes=most_bytes) as stream:
        if isinstance(stream, Answer):
            for event in decode_unstreamed(stream, now=clock.now(), secrets=gateway.secrets, table=table):
                yield event
            return
        yield Started(trace=stream.trace)
        decoder = StreamDecoder(secrets=gateway.secrets, table=table)
        async with aclosing(stream.frames()) as frames:
            async for frame in frames:
                for event in decoder.feed(frame):
                    yield event
                if decoder.finished:
                    return
        raise _cut()


def decode_unstreamed(
    answer: Answer,
    *,
    now: float,
    secrets: tuple[str, ...] = (),
    table: FaultTable = ARK_FAULTS,
) -> Iterator[UpstreamEvent]:
    """A stream that came under a whole answer's name, or a whole answer where a stream was asked."""
    lines = answer.body.split(b"\n") if answer.status == 200 else []
    first = parse_json(lines[0]) if lines else None
    if not isinstance(first, dict) or "data" in first or "type" not in first:
        yield from decode(answer, now=now, secrets=secrets, table=table)
        return
    decoder = StreamDecoder(secrets=secrets, table=table)
    yield Started(trace=answer.trace)
    for line in lines:
        yield from decoder.feed(Frame(event="", data=line.decode("utf-8", "replace")))
    if not decoder.finished:
        raise _cut()


def _cut() -> UpstreamError:
    return UpstreamError(UpstreamKind.AMBIGUOUS, certain=False, detail="the stream ended before it was finished")
