"""Faults of the official API's stand-in that strike before anything is made."""

import json

from aiohttp import web

from sandbox.gateways.answers import GatewayRefusal
from sandbox.gateways.serving import page, reset, until_gone

_ERRORS: dict[str, tuple[int, str, str]] = {
    "429": (429, "ModelAccountIpmRateLimitExceeded", "The requests of this account exceed the limit of images per minute."),
    "429-quota": (429, "SetLimitExceeded", "Your account has reached the set inference limit for this model."),
    "500": (500, "InternalServiceError", "The service encountered an unexpected internal error."),
    "503": (503, "ServerOverloaded", "The service is currently unable to handle additional requests."),
}
DURING = frozenset({"", "504", "reset-after", "slow", "cut", "ended", "no-completed", "fewer", "more", "empty"})
"""Words that change the making or the answer; the dialect's own file knows them."""


async def spoiled_before(request: web.Request, fault: str) -> web.Response | None:
    """The answer a fault gives instead of a call, or None if the call goes on; raises GatewayRefusal."""
    word, _, rest = fault.partition(":")
    if word in DURING:
        return None
    if word in _ERRORS:
        status, code, sentence = _ERRORS[word]
        raise GatewayRefusal(status, code, sentence, headers={"Retry-After": rest} if rest else {})
    match word:
        case "error":
            status_text, _, code = rest.partition(":")
            raise GatewayRefusal(int(status_text), code, f"The request failed with {code}.")
        case "error-frame":
            frame = json.dumps({"error": {"code": rest, "message": f"The request failed with {rest}."}})
            return web.Response(text=f"event: error\ndata: {frame}\n\n", content_type="text/event-stream")
        case "html":
            return page(502, "502 Bad Gateway")
        case "not-json":
            return web.Response(text="OK", content_type="text/plain")
        case "reset-before":
            return reset(request)
        case "hang":
            return await until_gone(request)
        case _:
            raise GatewayRefusal(500, "UnknownFault", f"The fault book holds the unknown word {fault}.")
