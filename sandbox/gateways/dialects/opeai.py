"""ope.ai: `POST /v1/images/generations`, one endpoint in OpenAI's terms.

`n` above 1 without `sequential_image_generation` becomes `auto` with `max_images`; `auto` of one's own has no cap, and
so means up to 15. Every field its table does not name is ignored without a word (their names stand in the call's record
under `dropped`), `sequential_image_generation_options` and `stream` among them. What remains goes to the official API,
whose codes come back in OpenAI's shape.

The faults are those of every gateway (`gateway.py`).
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from aiohttp import web

from sandbox.gateways.answers import GatewayRefusal, ark_item
from sandbox.gateways.content_words import check_words
from sandbox.gateways.dialects.ark import order_of, read_references
from sandbox.gateways.dialects.ark_rules import ArkRequest, read_request
from sandbox.gateways.fields import flag, text, whole
from sandbox.gateways.gateway import Arrival, ErrorRow, Gateway
from sandbox.gateways.model_rules import MOST_IMAGES
from sandbox.stage import JsonObject

_MODELS = {
    "doubao-seedream-4.0": "doubao-seedream-4-0-250828",
    "doubao-seedream-4-0-250828": "doubao-seedream-4-0-250828",
    "doubao-seedream-4.5": "doubao-seedream-4-5-251128",
    "doubao-seedream-4-5-251128": "doubao-seedream-4-5-251128",
    "bytedance-seedream-5.0": "doubao-seedream-5-0-260128",
}
_FORWARDED = frozenset({"prompt", "size", "response_format", "image", "watermark", "sequential_image_generation"})


class OpeAi(Gateway):
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
        return [web.post("/v1/images/generations", self._generate)]

    def refused(self, refusal: GatewayRefusal, request_id: str) -> web.Response:
        kind = "invalid_request_error" if refusal.status < 500 else "server_error"
        error = {"message": refusal.sentence, "type": kind, "param": refusal.param or None, "code": refusal.code}
        headers = {"X-Request-Id": request_id, **refusal.headers}
        return web.json_response({"error": error}, status=refusal.status, headers=headers)

    async def _generate(self, request: web.Request) -> web.StreamResponse:
        return await self.attend(request, self._answered)

    async def _answered(self, arrival: Arrival) -> web.StreamResponse:
        fault = self.fault_at("submit", arrival.prompt)
        spoiled = await self.spoiled(arrival.request, fault)
        if spoiled is not None:
            return spoiled
        asked, dropped = read_call(arrival.body)
        references = await read_references(asked.references)
        check_words(asked.prompt, references=bool(references))
        work = self.studio.open(order_of(asked, references).altered(fault), arrival.body, dropped=dropped)
        data = [ark_item(picture, self.results.publish, inline=asked.inline) for picture in await self.made(work, fault)]
        answer = {"created": work.created, "data": data, **work.closing()}
        return self.spoiled_after(arrival.request, fault) or web.json_response(answer)


def read_call(body: Any) -> tuple[ArkRequest, frozenset[str]]:
    """What is passed on, and the fields that are ignored; raises GatewayRefusal."""
    if not isinstance(body, dict):
        raise GatewayRefusal(400, "invalid_json", "The request body must be a JSON object.")
    if "model" not in body:
        raise GatewayRefusal(400, "missing_required_parameter", "Missing required parameter: 'model'.", param="model")
    model = text(body, "model")
    if model not in _MODELS:
        raise GatewayRefusal(404, "model_not_found", f"The model '{model}' does not exist.", param="model")
    flag(body, "stream", default=False)
    forwarded: JsonObject = {"model": _MODELS[model], "size": "2K", "watermark": False}
    forwarded |= {name: value for name, value in body.items() if name in _FORWARDED}
    number = whole(body.get("n", 1), "n", least=1, most=MOST_IMAGES)
    if number > 1 and "sequential_image_generation" not in body:
        forwarded |= {"sequential_image_generation": "auto", "sequential_image_generation_options": {"max_images": number}}
    dropped = {name for name in body if name not in _FORWARDED | {"model", "n"} and body[name] is not False}
    return read_request("ark_cn", forwarded), frozenset(dropped)
