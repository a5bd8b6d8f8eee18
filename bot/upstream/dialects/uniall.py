"""UniAll (`facts/upstreams.md` 6): generations and edits, pixels only, references by address. Encode and decode are pure."""

from collections.abc import Sequence
from typing import Any

from bot.requests.request import Pixels, Request
from bot.upstream.contract import Call
from bot.upstream.picture_list import decode

__all__ = ["decode", "encode"]

TEXT_PATH = "/v1/images/generations"
EDIT_PATH = "/v1/images/edits"


def encode(request: Request, references: Sequence[str]) -> Call:
    """The paid call. The count is always said; there is no field for a watermark, a format or a form of the answer."""
    if not isinstance(request.size, Pixels):
        raise TypeError(f"{request.dialect} takes sizes in pixels, not {request.size}")
    body: dict[str, Any] = {"model": request.model_id, "prompt": request.prompt, "n": request.count}
    body["custom_size"] = {"width": request.size.width, "height": request.size.height}
    if len(references) == 1:
        body["image"] = references[0]
    elif references:
        body["image_urls"] = list(references)
    return Call(method="POST", path=EDIT_PATH if references else TEXT_PATH, body=body)
