"""ope.ai: `POST /v1/images/generations`, one endpoint in OpenAI's terms.

`n` above 1 without `sequential_image_generation` becomes `auto` with `max_images`; a caller's own `auto` has no cap, and
so means up to 15. Fields that are not in its table are ignored silently, `sequential_image_generation_options` and
`stream` among them; the call's record names them under `dropped`. The rest goes to the official API, whose error codes
come back in OpenAI's shape.

The faults are those of every gateway (`gateway.py`).
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from aiohttp import web

from sandbox.contracts import JsonObject
from sandbox.gateways.dialects.ark import accept_request
from sandbox.gateways.dialects.ark_rules import MODELS, ArkRequest, read_request
from sandbox.gateways.fields import read_boolean, read_integer, read_string
from sandbox.gateways.gateway import ErrorRow, FakeGateway, IncomingCall
from sandbox.gateways.models.rules import MOST_IMAGES
from sandbox.gateways.responses import GatewayError, picture_item

_MODELS = {
    "doubao-seedream-4.0": "doubao-seedream-4-0-250828",
    "doubao-seedream-4-0-250828": "doubao-seedream-4-0-250828",
    "doubao-seedream-4.5": "doubao-seedream-4-5-251128",
    "doubao-seedream-4-5-251128": "doubao-seedream-4-5-251128",
    "bytedance-seedream-5.0": "doubao-seedream-5-0-260128",
}
_FORWARDED = frozenset({"prompt", "size", "response_format", "image", "watermark", "sequential_image_generation"})


class OpeAi(FakeGateway):
    """ope.ai."""

    prices: ClassVar[Mapping[str, str]] = {"4.0": "0.03 USD", "4.5": "0.04 USD", "5.0-lite": "0.035 USD"}
    errors: ClassVar[Mapping[str, ErrorRow]] = {
        "no-key": (401, "invalid_api_key", "You did not provide an API key."),
        "wrong-key": (401, "invalid_api_key", "Incorrect API key provided."),
        "too-large": (413, "request_too_large", "The request body is too large."),
        "no-json-type": (400, "invalid_content_type", "The request body must be JSON."),
        "bad-json": (400, "invalid_json", "The request body is not valid JSON."),
        "429": (429, "rate_limit_exceeded", "Rate limit reached for images per minute."),
        "429-quota": (429, "insufficient_quota", "You exceeded your current quota."),
        "500": (500, "server_error", "The server had an error while processing your request."),
        "503": (503, "engine_overloaded", "The engine is currently overloaded."),
    }

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/v1/images/generations", self.endpoint(self._generate))]

    def error_response(self, error: GatewayError, request_id: str) -> web.Response:
        kind = "invalid_request_error" if error.status < 500 else "server_error"
        body = {"message": error.message, "type": kind, "param": error.param or None, "code": error.code}
        headers = {"X-Request-Id": request_id, **error.headers}
        return web.json_response({"error": body}, status=error.status, headers=headers)

    async def _generate(self, call: IncomingCall) -> web.StreamResponse:
        fault = self.take_fault("submit", call.prompt)
        failed = await self.fault_response(call.request, fault)
        if failed is not None:
            return failed
        asked, dropped = read_call(call.body)
        generation = await accept_request(self.image_maker, asked, call.body, fault, dropped=dropped)
        outcome = await self.make_all(generation, fault)
        data = [picture_item(picture, self.results.publish, inline=asked.inline) for picture in outcome]
        answer = {"created": generation.created, "data": data, **generation.summary()}
        return self.late_fault_response(call.request, fault) or web.json_response(answer)


def read_call(body: Any) -> tuple[ArkRequest, frozenset[str]]:
    """Return the request that is forwarded and the names of ignored fields. Raises GatewayError."""
    if not isinstance(body, dict):
        raise GatewayError(400, "invalid_json", "The request body must be a JSON object.")
    if "model" not in body:
        raise GatewayError(400, "missing_required_parameter", "Missing required parameter: 'model'.", param="model")
    model = read_string(body, "model")
    if model not in _MODELS:
        raise GatewayError(404, "model_not_found", f"The model '{model}' does not exist.", param="model")
    read_boolean(body, "stream", default=False)
    forwarded: JsonObject = {"model": _MODELS[model], "size": "2K", "watermark": False}
    forwarded |= {name: value for name, value in body.items() if name in _FORWARDED}
    number = read_integer(body.get("n", 1), "n", least=1, most=MOST_IMAGES)
    if number > 1 and "sequential_image_generation" not in body:
        forwarded |= {"sequential_image_generation": "auto", "sequential_image_generation_options": {"max_images": number}}
    dropped = {name for name in body if name not in _FORWARDED | {"model", "n"} and body[name] is not False}
    return read_request(MODELS["ark_cn"], forwarded), frozenset(dropped)
