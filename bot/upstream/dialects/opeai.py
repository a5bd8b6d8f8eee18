"""ope.ai (`facts/upstreams.md` 8): Ark behind one endpoint for all models. Encode and decode are pure."""

from collections.abc import Sequence
from typing import Any

from bot.requests.request import Request
from bot.upstream.contract import Call
from bot.upstream.picture_list import decode

__all__ = ["decode", "encode"]

PATH = "/v1/images/generations"


def encode(request: Request, references: Sequence[str]) -> Call:
    """The paid call. A set is capped by `n` alone: the gateway makes of it what Ark knows."""
    body: dict[str, Any] = {"model": request.model_id, "prompt": request.prompt}
    if references:
        body["image"] = references[0] if len(references) == 1 else list(references)
    body["size"] = str(request.size)
    body["response_format"] = "b64_json" if request.delivery == "b64" else "url"
    if request.watermark is not None:
        body["watermark"] = request.watermark
    if request.count > 1:
        body["n"] = request.count
    return Call(method="POST", path=PATH, body=body)
