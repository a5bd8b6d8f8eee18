"""Answers that list their pictures, `{"data": [{"url"}], "usage"}`: the shape that nearly every gateway shares."""

from collections.abc import Mapping
from typing import Any

from bot.errors import UpstreamError, UpstreamKind
from bot.upstream.contract import Completed, PictureMissing, PictureReady, Started, UpstreamEvent
from bot.upstream.decoding.failures import DecodeContext, Fault, describe, describe_ended, parse_json, read_fault, recognise
from bot.upstream.decoding.picture_text import address_in, is_image, picture_in
from bot.upstream.decoding.reported import Billed, read_billed, read_layer, read_size
from bot.upstream.transport.http_messages import Answer

ADDRESS_KEYS = ("url", "image_url")
CONTENT_KEY = "b64_json"
"""Where an item has its picture. Gateways confuse them, so each is read in every form."""


def decode(answer: Answer, context: DecodeContext) -> tuple[UpstreamEvent, ...]:
    """The events of a complete answer. Raises UpstreamError where it holds no picture."""
    if (bare := bare_picture(answer)) is not None:
        return (Started(trace=answer.trace), bare, Completed())
    body = read_object(answer, context)
    pictures, surplus = read_pictures(body.get("data"), context)
    billed = read_billed(body)
    if not any(isinstance(picture, PictureReady) for picture in pictures) and body.get("error"):
        raise describe(read_fault(body) or Fault(), context, status=answer.status)
    if not pictures:
        raise no_picture(billed)
    return (Started(trace=answer.trace), *pictures, billed.completed(surplus=surplus))


def bare_picture(answer: Answer) -> PictureReady | None:
    """A success whose body is no JSON but the picture itself."""
    if 200 <= answer.status < 300 and not answer.capped and is_image(answer.body):
        return PictureReady(index=0, data=answer.body)
    return None


def read_object(answer: Answer, context: DecodeContext) -> Mapping[str, Any]:
    """The JSON object of a success. Raises UpstreamError for anything else."""
    if not 200 <= answer.status < 300:
        raise recognise(answer, context)
    body = parse_json(answer.body) if not answer.capped else None
    if not isinstance(body, dict):
        detail = "the answer was cut at our limit" if answer.capped else "the answer is no JSON object"
        raise UpstreamError(UpstreamKind.UNKNOWN, certain=False, detail=detail)
    return body


def read_pictures(
    data: Any,  # noqa: ANN401  # JSON
    context: DecodeContext,
) -> tuple[tuple[PictureReady | PictureMissing, ...], int]:
    """The pictures of a list, or of a single item outside of one, and how many more there are than `context.most_pictures`."""
    items = data if isinstance(data, list) else [data] if isinstance(data, dict | str) and data else []
    quota, read = PictureQuota(context.most_pictures), []
    for index, item in enumerate(items):
        if quota.admits(item):
            read.append(read_picture(index, item, context))
    return tuple(read), quota.surplus


class PictureQuota:
    """Which items of an answer are read: so many pictures, and so many errors. Further pictures are counted."""

    def __init__(self, most: int) -> None:
        self._pictures_left = most
        self._errors_left = most
        self.surplus = 0

    def admits(self, item: Any) -> bool:  # noqa: ANN401  # JSON
        if isinstance(item, dict) and item.get("error"):
            self._errors_left -= 1
            return self._errors_left >= 0
        self._pictures_left -= 1
        self.surplus += self._pictures_left < 0
        return self._pictures_left >= 0


def read_picture(
    index: int,
    item: Any,  # noqa: ANN401  # JSON
    context: DecodeContext,
) -> PictureReady | PictureMissing:
    """One item: an object with an address or base64, or just one of them.

    What holds neither a picture nor an error may have been paid for: it is missing, and not certain to be free.
    """
    fields: Any = {ADDRESS_KEYS[0]: item} if isinstance(item, str) else item
    if isinstance(fields, dict):
        declared = _text(fields.get(CONTENT_KEY))
        texts = [*(_text(fields.get(name)) for name in ADDRESS_KEYS), declared]
        if address := next(filter(None, map(address_in, texts)), None):
            return PictureReady(index=index, address=address, size=read_size(fields), layer=read_layer(fields))
        if content := next(filter(None, (picture_in(text, declared=text is declared) for text in texts)), None):
            return PictureReady(index=index, data=content, size=read_size(fields), layer=read_layer(fields))
        if fields.get("error"):
            return PictureMissing(index=index, error=picture_error(read_fault(fields) or Fault(), context))
    error = UpstreamError(UpstreamKind.UNKNOWN, certain=False, detail="an item of the set holds no picture that can be read")
    return PictureMissing(index=index, error=error)


def _text(value: Any) -> str:  # noqa: ANN401  # JSON
    """A text, which some gateways put into an object of its own."""
    inner = value.get("url") if isinstance(value, dict) else value
    return inner if isinstance(inner, str) else ""


def no_picture(billed: Billed) -> UpstreamError:
    """The gateway has finished without a picture: certain to be free only if it says that it billed none."""
    return UpstreamError(UpstreamKind.EMPTY, certain=billed.pictures == 0, detail="the answer holds no picture")


def picture_error(fault: Fault, context: DecodeContext) -> UpstreamError:
    """Why one picture of a set is missing. Such a picture is not billed, whatever the error says."""
    error = describe_ended(fault, context)
    kind = UpstreamKind.UPSTREAM if error.kind is UpstreamKind.UNKNOWN else error.kind
    return UpstreamError(kind, certain=True, detail=error.detail)
