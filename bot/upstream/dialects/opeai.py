"""ope.ai: Ark's fields at one endpoint for all models (p-docs.ope.ai, "Images")."""

from collections.abc import Sequence

from bot.requests.request import Request
from bot.upstream.dialect import Dialect
from bot.upstream.dialects.ark import common_fields
from bot.upstream.transport.http_messages import HttpRequest

PATH = "/v1/images/generations"


def encode(request: Request, references: Sequence[str]) -> HttpRequest:
    """Only `n` limits a set; the gateway translates it for Ark."""
    body = common_fields(request, references)
    if request.wanted > 1:
        body["n"] = request.wanted
    return HttpRequest(method="POST", path=PATH, body=body)


OPEAI = Dialect(encode=encode, free_call=HttpRequest(method="GET", path="/v1/models"))
"""Its documentation names no free call; this is OpenAI's, whose other endpoints it has."""
