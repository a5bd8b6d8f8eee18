"""Answers that stream their pictures one by one, in Ark's events: as server-sent events or as lines of JSON."""

from collections.abc import Mapping
from typing import Any

from bot.errors import UpstreamError, UpstreamKind
from bot.upstream.contract import Completed, PictureMissing, PictureReady, UpstreamEvent
from bot.upstream.decoding.failures import DecodeContext, Fault, describe, parse_json, read_fault
from bot.upstream.decoding.picture_list import (
    PictureQuota,
    no_picture,
    picture_error,
    read_picture,
    read_pictures,
)
from bot.upstream.decoding.reported import NOT_SAID, Billed, is_count, read_billed
from bot.upstream.transport.http_messages import Frame

END = b"[DONE]"
LONGEST_END = 32


class StreamDecoder:
    """Turns the frames of one stream into events. Feed it frames until `finished`; nothing follows then."""

    def __init__(self, context: DecodeContext) -> None:
        self._context = context
        self._seen: set[int] = set()
        self._next_index = 0
        self._ready = 0
        self._quota = PictureQuota(context.most_pictures)
        self.finished = False

    def feed(self, frame: Frame) -> tuple[UpstreamEvent, ...]:
        """The events of a frame, none for an unknown frame. Raises UpstreamError for a frame that ends the work."""
        if self.finished:
            return ()
        if frame.data[:LONGEST_END].strip() == END:
            return self._complete(NOT_SAID)
        body = parse_json(frame.data)
        if not isinstance(body, dict):
            return ()
        kind = body.get("type") or frame.event
        match kind:
            case "image_generation.partial_succeeded" | "image_generation.partial_failed":
                return self._picture(body)
            case "image_generation.completed":
                return self._completed(body)
            case "image_generation.partial_image":
                return ()
        if kind == "error" or body.get("error"):
            return self._fail(read_fault(body) or Fault(message=str(body.get("message", ""))))
        return self._whole(body) if body.get("data") else ()

    def _whole(self, body: Mapping[str, Any]) -> tuple[UpstreamEvent, ...]:
        """A complete answer in the place of a frame."""
        pictures, surplus = read_pictures(body["data"], self._context)
        if self._seen or not any(isinstance(picture, PictureReady) for picture in pictures):
            return ()
        self.finished = True
        return (*pictures, read_billed(body).completed(surplus=surplus))

    def _picture(self, body: Mapping[str, Any]) -> tuple[UpstreamEvent, ...]:
        given = body.get("image_index")
        index = given if is_count(given) else self._next_index
        if index in self._seen:
            return ()
        self._seen.add(index)
        self._next_index = max(self._next_index, index + 1)
        if not self._quota.admits(body):
            return ()
        picture = read_picture(index, body, self._context)
        self._ready += isinstance(picture, PictureReady)
        return (picture,)

    def _completed(self, body: Mapping[str, Any]) -> tuple[UpstreamEvent, ...]:
        if body.get("error") and not self._ready:
            return self._fail(read_fault(body) or Fault())
        return self._complete(read_billed(body))

    def _complete(self, billed: Billed) -> tuple[UpstreamEvent, ...]:
        if not self._seen:
            raise no_picture(billed)
        self.finished = True
        return (billed.completed(surplus=self._quota.surplus),)

    def _fail(self, fault: Fault) -> tuple[UpstreamEvent, ...]:
        """An error of the whole request. After a picture it only ends the set: the gateway has said so, the stream was not cut."""
        error = describe(fault, self._context)
        if not self._ready or error.kind is UpstreamKind.UNKNOWN:
            certain = error.certain and not self._ready
            raise UpstreamError(
                error.kind,
                certain=certain,
                retryable=error.retryable and certain,
                detail=error.detail,
            )
        self.finished = True
        missing = PictureMissing(index=self._next_index, error=picture_error(fault, self._context))
        return (missing, Completed(surplus=self._quota.surplus))
