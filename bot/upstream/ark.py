"""The official wire: Volcengine Ark and BytePlus ModelArk (`facts/upstreams.md` 3). Encode and decode are pure."""

import base64
import binascii
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import Any

from bot.clock import Clock
from bot.errors import UpstreamError, UpstreamKind
from bot.request import Request
from bot.upstream.answer import Answer, Frame
from bot.upstream.failures import Fault, describe, parse_json, read_fault, recognise
from bot.upstream.gateway import Gateway
from bot.upstream.outcome import Begun, Call, Completed, PictureMissing, PictureReady, UpstreamEvent

PATH = "/images/generations"
ADDRESS_BYTES = 8_000_000
"""An answer that holds addresses alone is a few kilobytes; this is room for a gateway that says more."""
PICTURE_BYTES = 96_000_000
"""One picture in an answer: 64 MB and what base64 adds."""
ENDING = "[DONE]"


def encode(request: Request, references: Sequence[str]) -> Call:
    """The paid call. What nobody asked for and no policy requires is left out."""
    body: dict[str, Any] = {"model": request.model_id, "prompt": request.prompt}
    if references:
        body["image"] = references[0] if len(references) == 1 else list(references)
    body["size"] = str(request.size)
    body["response_format"] = "b64_json" if request.delivery == "b64" else "url"
    if request.watermark is not None:
        body["watermark"] = request.watermark
    if request.count > 1:
        body["sequential_image_generation"] = "auto"
        body["sequential_image_generation_options"] = {"max_images": request.count}
    if request.mode == "stream":
        body["stream"] = True
    if request.format is not None:
        body["output_format"] = request.format
    if request.search:
        body["tools"] = [{"type": "web_search"}]
    if request.prompt_mode is not None:
        body["optimize_prompt_options"] = {"mode": request.prompt_mode}
    return Call(method="POST", path=PATH, body=body)


def decode(answer: Answer, *, now: float, secrets: tuple[str, ...] = ()) -> tuple[UpstreamEvent, ...]:
    """A whole answer; raises UpstreamError where it brings nothing. `now` in seconds since 1970."""
    if not 200 <= answer.status < 300:
        raise recognise(answer.status, answer.body, headers=answer.headers, now=now, secrets=secrets)
    body = parse_json(answer.body) if not answer.capped else None
    if not isinstance(body, dict):
        detail = "the answer was cut at our limit" if answer.capped else "the answer is no JSON object"
        raise UpstreamError(UpstreamKind.AMBIGUOUS, certain=False, detail=detail)
    data = body.get("data")
    items = data if isinstance(data, list) else [data] if isinstance(data, dict) else []
    pictures = tuple(_picture(index, item, secrets) for index, item in enumerate(items))
    billed = _billed(body)
    if not any(isinstance(picture, PictureReady) for picture in pictures) and body.get("error"):
        raise describe(read_fault(body) or Fault(), status=answer.status, secrets=secrets)
    if not pictures:
        raise _nothing(billed)
    return (Begun(trace=answer.trace), *pictures, Completed(billed=billed))


def _nothing(billed: int | None) -> UpstreamError:
    """The gateway says it is over and shows no picture; only if it also says it billed some is there any doubt."""
    return UpstreamError(UpstreamKind.UPSTREAM, certain=not billed, detail="the answer holds no picture")


def _picture(index: int, item: Any, secrets: tuple[str, ...]) -> PictureReady | PictureMissing:  # noqa: ANN401  # JSON
    if isinstance(item, dict):
        address, inline = item.get("url"), item.get("b64_json")
        if isinstance(address, str) and address.startswith("data:"):
            inline, address = address.partition(",")[2], None
        if isinstance(address, str) and address:
            return PictureReady(index=index, address=address)
        if isinstance(inline, str) and (content := _bytes_of(inline)):
            return PictureReady(index=index, data=content)
        if item.get("error"):
            return PictureMissing(index=index, error=_withheld(read_fault(item) or Fault(), secrets))
    error = UpstreamError(UpstreamKind.UPSTREAM, certain=True, detail="an item of the set holds no picture")
    return PictureMissing(index=index, error=error)


def _withheld(fault: Fault, secrets: tuple[str, ...]) -> UpstreamError:
    """One picture's own error: it is not billed, whatever it says."""
    error = describe(fault, status=200, secrets=secrets)
    kind = UpstreamKind.UPSTREAM if error.kind is UpstreamKind.UNKNOWN else error.kind
    return UpstreamError(kind, certain=True, detail=error.detail)


def _bytes_of(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def _billed(body: Mapping[str, Any]) -> int | None:
    usage = body.get("usage")
    count = usage.get("generated_images") if isinstance(usage, dict) else None
    return count if isinstance(count, int) and not isinstance(count, bool) and count >= 0 else None


class StreamDecoder:
    """Folds the frames of one stream. Pure: feed frames until `finished`, then nothing more is to come."""

    def __init__(self, *, secrets: tuple[str, ...] = ()) -> None:
        self._secrets = secrets
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
        index = said if isinstance(said, int) and not isinstance(said, bool) and said >= 0 else self._next_index()
        if index in self._seen:
            return ()
        self._seen.add(index)
        picture = _picture(index, body, self._secrets)
        self._ready += isinstance(picture, PictureReady)
        return (picture,)

    def _next_index(self) -> int:
        return max(self._seen, default=-1) + 1

    def _completed(self, body: Mapping[str, Any]) -> tuple[UpstreamEvent, ...]:
        if body.get("error") and not self._ready:
            return self._fail(read_fault(body) or Fault())
        return self._complete(_billed(body))

    def _complete(self, billed: int | None) -> tuple[UpstreamEvent, ...]:
        if not self._seen:
            raise _nothing(billed)
        self.finished = True
        return (Completed(billed=billed),)

    def _fail(self, fault: Fault) -> tuple[UpstreamEvent, ...]:
        """An error for the whole request. After a picture it only ends the set: the gateway said so, nothing was cut."""
        error = describe(fault, status=200, secrets=self._secrets)
        if not self._ready or error.kind is UpstreamKind.UNKNOWN:
            certain = error.certain and not self._ready
            raise UpstreamError(
                error.kind,
                certain=certain,
                retryable=error.retryable and certain,
                detail=error.detail,
            )
        self.finished = True
        return (PictureMissing(index=self._next_index(), error=_withheld(fault, self._secrets)), Completed())


class ArkUpstream:
    """One Ark gateway."""

    def __init__(self, gateway: Gateway, clock: Clock) -> None:
        self._gateway = gateway
        self._clock = clock

    async def submit(self, request: Request, references: Sequence[str]) -> AsyncGenerator[UpstreamEvent]:
        call = encode(request, references)
        most_bytes = ADDRESS_BYTES if request.delivery == "url" else ADDRESS_BYTES + PICTURE_BYTES * request.count
        if request.mode == "stream":
            async with aclosing(self._listen(call, most_bytes)) as events:
                async for event in events:
                    yield event
            return
        for event in self._decode(await self._gateway.send(call, most_bytes=most_bytes)):
            yield event

    async def _listen(self, call: Call, most_bytes: int) -> AsyncGenerator[UpstreamEvent]:
        async with self._gateway.stream(call, most_bytes=most_bytes) as stream:
            if isinstance(stream, Answer):
                for event in self._decode(stream):
                    yield event
                return
            yield Begun(trace=stream.trace)
            decoder = StreamDecoder(secrets=self._gateway.secrets)
            async with aclosing(stream.frames()) as frames:
                async for frame in frames:
                    for event in decoder.feed(frame):
                        yield event
                    if decoder.finished:
                        return
            raise UpstreamError(UpstreamKind.AMBIGUOUS, certain=False, detail="the stream ended before it was finished")

    def _decode(self, answer: Answer) -> tuple[UpstreamEvent, ...]:
        return decode(answer, now=self._clock.now(), secrets=self._gateway.secrets)

    async def close(self) -> None:
        await self._gateway.close()
