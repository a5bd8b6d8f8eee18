"""Unode, a NewAPI router: `POST /v1/images/generations`, with the model's own options under `extra_fields`.

Unknown top-level fields are dropped silently (the call's record names them under `dropped`), and `n` multiplies the
price of the one picture that is made. The rest goes to the official API, whose errors come back with their own code and
the type `upstream_error`. References are data URLs; there is no 4.0. `stream` is accepted, but the answer comes whole.
Errors have NewAPI's shape.

The faults are those of every gateway (`gateway.py`); a numeric CODE in `error:STATUS:CODE` is answered as a number.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from aiohttp import web

from sandbox.contracts import JsonObject
from sandbox.gateways.dialects.ark import accept_request
from sandbox.gateways.dialects.ark_rules import MODELS, ArkRequest, read_request
from sandbox.gateways.fields import is_integer
from sandbox.gateways.gateway import ErrorRow, FakeGateway, IncomingCall
from sandbox.gateways.references import is_data_url
from sandbox.gateways.responses import GatewayError, picture_item

_MODELS = frozenset({"doubao-seedream-4-5-251128", "doubao-seedream-5-0-260128"})
_FORWARDED = frozenset({"model", "prompt", "image", "size", "response_format", "watermark"})
_EXTRAS = frozenset({
    "sequential_image_generation", "sequential_image_generation_options", "tools", "stream", "output_format",
    "optimize_prompt_options",
})  # fmt: skip


class Unode(FakeGateway):
    """Unode."""

    prices: ClassVar[Mapping[str, str]] = {"4.5": "0.04 USD", "5.0-lite": "0.035 USD"}
    errors: ClassVar[Mapping[str, ErrorRow]] = {
        "no-key": (401, "", "No token is provided"),
        "wrong-key": (401, "", "Invalid token"),
        "too-large": (413, "read_request_body_failed", "request body too large"),
        "no-json-type": (400, "bad_request_body", "the body is not application/json"),
        "bad-json": (400, "bad_request_body", "the body is not valid JSON"),
        "429": (429, "", "您已达到请求数限制"),
        "429-quota": (403, "insufficient_user_quota", "the quota of this user is not sufficient"),
        "500": (500, "do_request_failed", "do request failed"),
        "503": (503, "get_channel_failed", "no channel is available"),
    }

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/v1/images/generations", self.endpoint(self._generate)),
            web.get("/v1/models", self.endpoint(self._list_models, reads_body=False)),
        ]

    def error_response(self, error: GatewayError, request_id: str) -> web.Response:
        body = {
            "message": f"{error.message} (request id: {request_id})",
            "type": "upstream_error" if error.code[:1].isupper() else "new_api_error",
            "param": error.param,
            "code": int(error.code) if error.code.isdecimal() else error.code,
        }
        headers = {"X-Oneapi-Request-Id": request_id, **error.headers}
        return web.json_response({"error": body}, status=error.status, headers=headers)

    async def _list_models(self, _: IncomingCall) -> web.StreamResponse:
        data = [{"id": name, "object": "model", "owned_by": "custom"} for name in sorted(_MODELS)]
        return web.json_response({"object": "list", "data": data, "success": True})

    async def _generate(self, call: IncomingCall) -> web.StreamResponse:
        fault = self.take_fault("submit", call.prompt)
        failed = await self.fault_response(call.request, fault)
        if failed is not None:
            return failed
        asked, price_factor, dropped = read_call(call.body)
        generation = await accept_request(self.image_maker, asked, call.body, fault, dropped=dropped)
        outcome = await self.make_all(generation, fault)
        generation.entry["billed"] *= price_factor
        generation.entry["billed_micros"] *= price_factor
        data = [picture_item(picture, self.results.publish, inline=asked.inline) for picture in outcome]
        answer = {"model": asked.model, "created": generation.created, "data": data, **generation.summary()}
        return self.late_fault_response(call.request, fault) or web.json_response(answer)


def read_call(body: Any) -> tuple[ArkRequest, int, frozenset[str]]:
    """Return the request that is forwarded, the factor `n` on its price, and the names of dropped fields. Raises GatewayError."""
    if not isinstance(body, dict):
        raise GatewayError(400, "bad_request_body", "the body is not a JSON object")
    model = body.get("model")
    if not model or not isinstance(model, str):
        raise GatewayError(400, "invalid_request", "the model is not specified", param="model")
    if model not in _MODELS:
        raise GatewayError(503, "model_not_found", f"no available channel for model {model}")
    price_factor = body.get("n", 1)
    if not is_integer(price_factor) or price_factor < 1:
        raise GatewayError(400, "invalid_request", "n must be a positive integer", param="n")
    extras = body.get("extra_fields", {})
    if not isinstance(extras, dict):
        raise GatewayError(400, "invalid_request", "extra_fields must be an object", param="extra_fields")
    _check_references(body)
    forwarded = {name: value for name, value in body.items() if name in _FORWARDED}
    forwarded |= {name: value for name, value in extras.items() if name in _EXTRAS}
    dropped = set(body) - _FORWARDED - {"extra_fields"}
    dropped |= {f"extra_fields.{name}" for name in set(extras) - _EXTRAS}
    return read_request(MODELS["ark_cn"], forwarded), price_factor, frozenset(dropped)


def _check_references(body: JsonObject) -> None:
    image = body.get("image")
    references = image if isinstance(image, list) else [image]
    if any(isinstance(reference, str) and not is_data_url(reference) for reference in references):
        raise GatewayError(400, "invalid_request", "image must be a base64 data URL or a list of them", param="image")
