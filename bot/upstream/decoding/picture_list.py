"""Answers that list their pictures, `{"data": [{"url"}], "usage"}`: the shape that nearly every gateway shares."""

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any, TypeGuard

from bot.errors import UpstreamError, UpstreamKind
from bot.requests.request import Request
from bot.upstream.contract import Completed, PictureMissing, PictureReady, Started, UpstreamEvent
from bot.upstream.decoding.failures import DecodeContext, Fault, describe, parse_json, read_fault, recognise
from bot.upstream.http_messages import Answer

ADDRESS_BYTES = 8_000_000
"""An answer that holds only addresses is a few kilobytes; this leaves room for a gateway that says more."""
ADDRESS = re.compile("(?:https?://|data:)", re.IGNORECASE)
MOST_COUNT = 1000
"""No gateway makes or bills more pictures in one call; a larger number is a mistake of the gateway's."""
PICTURE_BYTES = 96_000_000
"""One picture inside an answer: 64 MB, and what base64 adds."""


def answer_bytes(request: Request) -> int:
    """The most bytes that are read of the answer to a request."""
    # A stream may hold previews that we did not ask for.
    return ADDRESS_BYTES + (PICTURE_BYTES * request.count if request.mode == "stream" else 0)


def decode(answer: Answer, context: DecodeContext) -> tuple[UpstreamEvent, ...]:
    """The events of a complete answer. Raises UpstreamError where it holds no picture."""
    body = read_object(answer, context)
    pictures = read_pictures(body.get("data"), context)
    billed = billed_count(body)
    if not any(isinstance(picture, PictureReady) for picture in pictures) and body.get("error"):
        raise describe(read_fault(body) or Fault(), context, status=answer.status)
    if not pictures:
        raise no_picture(billed)
    return (Started(trace=answer.trace), *pictures, Completed(billed=billed))


def read_object(answer: Answer, context: DecodeContext) -> Mapping[str, Any]:
    """The JSON object of a success. Raises UpstreamError for anything else."""
    if not 200 <= answer.status < 300:
        raise recognise(answer, context)
    body = parse_json(answer.body) if not answer.capped else None
    if not isinstance(body, dict):
        detail = "the answer was cut at our limit" if answer.capped else "the answer is no JSON object"
        raise UpstreamError(UpstreamKind.AMBIGUOUS, certain=False, detail=detail)
    return body


def read_pictures(
    data: Any,  # noqa: ANN401  # JSON
    context: DecodeContext,
) -> tuple[PictureReady | PictureMissing, ...]:
    """A list of pictures, or a single one outside of a list."""
    items = data if isinstance(data, list) else [data] if isinstance(data, dict) else []
    return tuple(read_picture(index, item, context) for index, item in enumerate(items))


def read_picture(
    index: int,
    item: Any,  # noqa: ANN401  # JSON
    context: DecodeContext,
) -> PictureReady | PictureMissing:
    """One item: an object with an address or base64, or just the address."""
    fields: Any = {"url": item} if isinstance(item, str) and ADDRESS.match(item) else item
    if isinstance(fields, dict):
        address, inline = _address(fields), fields.get("b64_json")
        if address[:5].lower() == "data:":
            address, inline = "", address.partition(",")[2]
        if address:
            return PictureReady(index=index, address=address)
        if isinstance(inline, str) and (content := _bytes_of(inline)):
            return PictureReady(index=index, data=content)
        if fields.get("error"):
            return PictureMissing(index=index, error=picture_error(read_fault(fields) or Fault(), context))
    error = UpstreamError(UpstreamKind.UPSTREAM, certain=True, detail="an item of the set holds no picture")
    return PictureMissing(index=index, error=error)


def _address(fields: Mapping[str, Any]) -> str:
    given = (fields.get(name) for name in ("url", "image_url"))
    return next((value for value in given if isinstance(value, str) and value), "")


def no_picture(billed: int | None) -> UpstreamError:
    """The gateway has finished without a picture: certain to be free, unless the gateway also says that it billed some."""
    return UpstreamError(UpstreamKind.UPSTREAM, certain=not billed, detail="the answer holds no picture")


def picture_error(fault: Fault, context: DecodeContext) -> UpstreamError:
    """Why one picture of a set is missing. Such a picture is not billed, whatever the error says."""
    error = describe(fault, context)
    kind = UpstreamKind.UPSTREAM if error.kind is UpstreamKind.UNKNOWN else error.kind
    return UpstreamError(kind, certain=True, detail=error.detail)


def billed_count(body: Mapping[str, Any]) -> int | None:
    """How many pictures were charged according to `usage`; None where it does not say."""
    usage = body.get("usage")
    count = usage.get("generated_images") if isinstance(usage, dict) else None
    return count if is_count(count) else None


def is_count(value: object) -> TypeGuard[int]:
    """A plausible number of pictures."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < MOST_COUNT


def _bytes_of(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
