"""Answers that list their pictures, `{"data": [{"url"}], "usage"}`: the shape nearly every gateway shares. Pure."""

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any, TypeGuard

from bot.errors import UpstreamError, UpstreamKind
from bot.requests.request import Request
from bot.upstream.answer import Answer
from bot.upstream.contract import Completed, PictureMissing, PictureReady, Started, UpstreamEvent
from bot.upstream.failures import ARK_FAULTS, Fault, FaultTable, describe, parse_json, read_fault, recognise

ADDRESS_BYTES = 8_000_000
"""An answer that holds addresses alone is a few kilobytes; this is room for a gateway that says more."""
ADDRESS = re.compile("(?:https?://|data:)", re.IGNORECASE)
MOST_COUNT = 1000
"""No gateway makes or bills more pictures at once; a larger number is a slip of its own."""
PICTURE_BYTES = 96_000_000
"""One picture in an answer: 64 MB and what base64 adds."""


def room_for(request: Request) -> int:
    """The most bytes an answer to this request is read to."""
    inline = request.delivery == "b64" or request.mode == "stream"  # a stream may hold previews nobody asked for
    return ADDRESS_BYTES + (PICTURE_BYTES * request.count if inline else 0)


def decode(
    answer: Answer,
    *,
    now: float,
    secrets: tuple[str, ...] = (),
    table: FaultTable = ARK_FAULTS,
) -> tuple[UpstreamEvent, ...]:
    """A whole answer; raises UpstreamError where it brings nothing. `now` in seconds since 1970."""
    body = read_object(answer, now=now, secrets=secrets, table=table)
    pictures = read_pictures(body.get("data"), secrets=secrets, table=table)
    said = billed(body)
    if not any(isinstance(picture, PictureReady) for picture in pictures) and body.get("error"):
        raise describe(read_fault(body) or Fault(), status=answer.status, table=table, secrets=secrets)
    if not pictures:
        raise nothing(said)
    return (Started(trace=answer.trace), *pictures, Completed(billed=said))


def read_object(
    answer: Answer,
    *,
    now: float,
    secrets: tuple[str, ...] = (),
    table: FaultTable = ARK_FAULTS,
) -> Mapping[str, Any]:
    """The JSON object of a success; raises UpstreamError for everything else."""
    if not 200 <= answer.status < 300:
        raise recognise(answer.status, answer.body, headers=answer.headers, now=now, table=table, secrets=secrets)
    body = parse_json(answer.body) if not answer.capped else None
    if not isinstance(body, dict):
        detail = "the answer was cut at our limit" if answer.capped else "the answer is no JSON object"
        raise UpstreamError(UpstreamKind.AMBIGUOUS, certain=False, detail=detail)
    return body


def read_pictures(
    data: Any,  # noqa: ANN401  # JSON
    *,
    secrets: tuple[str, ...] = (),
    table: FaultTable = ARK_FAULTS,
) -> tuple[PictureReady | PictureMissing, ...]:
    """A list of pictures, or one that nobody put into a list."""
    items = data if isinstance(data, list) else [data] if isinstance(data, dict) else []
    return tuple(read_picture(index, item, secrets=secrets, table=table) for index, item in enumerate(items))


def read_picture(
    index: int,
    item: Any,  # noqa: ANN401  # JSON
    *,
    secrets: tuple[str, ...] = (),
    table: FaultTable = ARK_FAULTS,
) -> PictureReady | PictureMissing:
    """One item: an object with an address or base64, or the bare address."""
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
            return PictureMissing(index=index, error=withheld(read_fault(fields) or Fault(), secrets=secrets, table=table))
    error = UpstreamError(UpstreamKind.UPSTREAM, certain=True, detail="an item of the set holds no picture")
    return PictureMissing(index=index, error=error)


def _address(fields: Mapping[str, Any]) -> str:
    given = (fields.get(name) for name in ("url", "image_url"))
    return next((value for value in given if isinstance(value, str) and value), "")


def nothing(said: int | None) -> UpstreamError:
    """The gateway says it is over and shows no picture; only if it also says it billed some is there any doubt."""
    return UpstreamError(UpstreamKind.UPSTREAM, certain=not said, detail="the answer holds no picture")


def withheld(fault: Fault, *, secrets: tuple[str, ...] = (), table: FaultTable = ARK_FAULTS) -> UpstreamError:
    """One picture's own error: it is not billed, whatever it says."""
    error = describe(fault, status=200, table=table, secrets=secrets)
    kind = UpstreamKind.UPSTREAM if error.kind is UpstreamKind.UNKNOWN else error.kind
    return UpstreamError(kind, certain=True, detail=error.detail)


def billed(body: Mapping[str, Any]) -> int | None:
    """What `usage` says was charged; None where it says nothing readable."""
    usage = body.get("usage")
    count = usage.get("generated_images") if isinstance(usage, dict) else None
    return count if is_count(count) else None


def is_count(value: object) -> TypeGuard[int]:
    """A number of pictures that can be true."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < MOST_COUNT


def _bytes_of(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
