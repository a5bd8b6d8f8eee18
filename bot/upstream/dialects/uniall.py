"""UniAll (docs.uniall.ai, "Seedream"): one path for generations, one for edits; sizes in pixels, references by address."""

from collections.abc import Sequence
from typing import Any

from bot.requests.request import Pixels, Request
from bot.upstream.dialect import NO_TASK, Dialect
from bot.upstream.transport.http_messages import HttpRequest

TEXT_PATH = "/v1/images/generations"
EDIT_PATH = "/v1/images/edits"


def encode(request: Request, references: Sequence[str]) -> HttpRequest:
    """The count is always sent. There is no field for the watermark, the format or the form of the answer."""
    if not isinstance(request.size, Pixels):
        raise TypeError(f"{request.dialect} takes sizes in pixels, not {request.size}")
    body: dict[str, Any] = {"model": request.model_id, "prompt": request.prompt, "n": request.wanted}
    body["custom_size"] = {"width": request.size.width, "height": request.size.height}
    if len(references) == 1:
        body["image"] = references[0]
    elif references:
        body["image_urls"] = list(references)
    return HttpRequest(method="POST", path=EDIT_PATH if references else TEXT_PATH, body=body)


UNIALL = Dialect(encode=encode, free_call=HttpRequest(method="GET", path=f"/v1/images/tasks/{NO_TASK}"))
"""Seedream has no tasks there, but other models of the same account have."""
