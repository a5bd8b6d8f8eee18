"""Unode, a NewAPI router: `POST /v1/images/generations`, with the model's own options under `extra_fields`.

Top-level fields it does not know are dropped without a word (their names stand in the call's record under `dropped`),
and `n` multiplies the price of the one picture that is made. What remains goes to the official API, whose refusals come
back with their own code and the type `upstream_error`. References are data URLs; there is no 4.0. `stream` is taken and
answered whole. Errors are NewAPI's.

The faults are those of every gateway (`gateway.py`); `error:STATUS:CODE` with a number for CODE answers a number.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from aiohttp import web

from sandbox.gateways.answers import GatewayRefusal, ark_item
from sandbox.gateways.content_words import check_words
from sandbox.gateways.dialects.ark import order_of, read_references
from sandbox.gateways.dialects.ark_rules import ArkRequest, read_request
from sandbox.gateways.fields import is_whole
from sandbox.gateways.gateway import Arrival, ErrorRow, Gateway
from sandbox.gateways.references import is_data_url
from sandbox.stage import JsonObject

_MODELS = frozenset({"doubao-seedream-4-5-251128", "doubao-seedream-5-0-260128"})
_FORWARDED = frozenset({"model", "prompt", "image", "size", "response_format", "watermark"})
_EXTRAS = frozenset({
    "sequential_image_generation", "sequential_image_generation_options", "tools", "stream", "output_format",
    "optimize_prompt_options",
})  # fmt: skip


class Unode(Gateway):
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
        return [web.post("/v1/images/generations", self._generate)]

    def refused(self, refusal: GatewayRefusal, request_id: str) -> web.Response:
        error = {
            "message": f"{refusal.sentence} (request id: {request_id})",
            "type": "upstream_error" if refusal.code[:1].isupper() else "new_api_error",
            "param": refusal.param,
            "code": int(refusal.code) if refusal.code.isdecimal() else refusal.code,
        }
        headers = {"X-Oneapi-Request-Id": request_id, **refusal.headers}
        return web.json_response({"error": error}, status=refusal.status, headers=headers)

    async def _generate(self, request: web.Request) -> web.StreamResponse:
        return await self.attend(request, self._answered)

    async def _answered(self, arrival: Arrival) -> web.StreamResponse:
        fault = self.fault_at("submit", arrival.prompt)
        spoiled = await self.spoiled(arrival.request, fault)
        if spoiled is not None:
            return spoiled
        asked, times, dropped = read_call(arrival.body)
        references = await read_references(asked.references)
        check_words(asked.prompt, references=bool(references))
        work = self.studio.open(order_of(asked, references).altered(fault), arrival.body, dropped=dropped)
        outcome = await self.made(work, fault)
        work.entry["billed"] *= times
        data = [ark_item(picture, self.results.publish, inline=asked.inline) for picture in outcome]
        answer = {"model": asked.model, "created": work.created, "data": data, **work.closing()}
        return self.spoiled_after(arrival.request, fault) or web.json_response(answer)


def read_call(body: Any) -> tuple[ArkRequest, int, frozenset[str]]:
    """What is passed on, by how much `n` multiplies its price, and the fields that are dropped; raises GatewayRefusal."""
    if not isinstance(body, dict):
        raise GatewayRefusal(400, "bad_request_body", "the body is not a JSON object")
    model = body.get("model")
    if not model or not isinstance(model, str):
        raise GatewayRefusal(400, "invalid_request", "the model is not specified", param="model")
    if model not in _MODELS:
        raise GatewayRefusal(503, "model_not_found", f"no available channel for model {model}")
    times = body.get("n", 1)
    if not is_whole(times) or times < 1:
        raise GatewayRefusal(400, "invalid_request", "n must be a positive integer", param="n")
    extras = body.get("extra_fields", {})
    if not isinstance(extras, dict):
        raise GatewayRefusal(400, "invalid_request", "extra_fields must be an object", param="extra_fields")
    _check_references(body)
    forwarded = {name: value for name, value in body.items() if name in _FORWARDED}
    forwarded |= {name: value for name, value in extras.items() if name in _EXTRAS}
    dropped = set(body) - _FORWARDED - {"extra_fields"}
    dropped |= {f"extra_fields.{name}" for name in set(extras) - _EXTRAS}
    return read_request("ark_cn", forwarded), times, frozenset(dropped)


def _check_references(body: JsonObject) -> None:
    image = body.get("image")
    references = image if isinstance(image, list) else [image]
    if any(isinstance(reference, str) and not is_data_url(reference) for reference in references):
        raise GatewayRefusal(400, "invalid_request", "image must be a base64 data URL or a list of them", param="image")
