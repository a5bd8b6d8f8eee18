"""UniAll: `POST /v1/images/generations` from text, `POST /v1/images/edits` from references.

Sizes are `custom_size` in pixels. `n` or `num_images` (never both) is at most six, and exactly that many pictures are
made. References are URLs, downloaded from this machine only. Withheld pictures are left out of the answer; if none is
left, the answer is 400 with the official code in its message. Errors have OpenAI's shape.

The faults are those of every gateway (`gateway.py`).
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

from aiohttp import web

from sandbox.contracts import JsonObject
from sandbox.gateways.content_filter import check_content
from sandbox.gateways.fields import (
    invalid_parameter,
    missing_parameter,
    read_choice,
    read_integer,
    read_nonblank,
    read_object,
)
from sandbox.gateways.gateway import ErrorRow, FakeGateway, IncomingCall
from sandbox.gateways.image_maker import GenerationRequest
from sandbox.gateways.models.rules import V4_0, V4_5, V5_0_LITE, ModelRules, check_pixels, check_total
from sandbox.gateways.reference_urls import fetch_references, is_url
from sandbox.gateways.responses import FailedPicture, GatewayError, GeneratedPicture

_REFERENCE_FIELDS = ("image", "image_url", "image_urls", "images")
_KNOWN = frozenset({"model", "prompt", "n", "num_images", "custom_size", "timeout_seconds", *_REFERENCE_FIELDS})
_MOST_IMAGES = 6
_MOST_REFERENCES = 10
_LONGEST_TIMEOUT_S = 3600
_MODELS = {
    "seedream-4.0": replace(V4_0, longest_side=4096),
    "seedream-4.5": replace(V4_5, longest_side=4096),
    "seedream-5.0-lite": replace(V5_0_LITE, longest_side=4096),
}
_LIST_ONLY = frozenset({"image_urls", "images"})
_OBJECT_KEYS = {"image_url": ("url",), "images": ("url", "image_url")}


class UniAll(FakeGateway):
    """UniAll."""

    url_references_only = True
    prices: ClassVar[Mapping[str, str]] = {"4.0": "0.03 USD", "4.5": "0.04 USD", "5.0-lite": "0.035 USD"}
    errors: ClassVar[Mapping[str, ErrorRow]] = {
        "no-key": (401, "invalid_api_key", "The API key is missing."),
        "wrong-key": (401, "invalid_api_key", "The API key is not valid."),
        "too-large": (413, "request_too_large", "The request body is too large."),
        "no-json-type": (415, "unsupported_media_type", "References cannot be passed as files: the body must be JSON."),
        "bad-json": (400, "invalid_json", "The request body is not valid JSON."),
        "429": (429, "rate_limit_exceeded", "Too many requests."),
        "429-quota": (402, "insufficient_quota", "The balance is not sufficient."),
        "500": (500, "internal_error", "Something went wrong."),
        "503": (503, "service_unavailable", "The service is not available."),
    }

    def routes(self) -> list[web.RouteDef]:
        generate = self.endpoint(self._generate)
        # Only other models have tasks.
        no_task = self.endpoint(self._no_task, reads_body=False)
        return [
            web.post("/v1/images/generations", generate),
            web.post("/v1/images/edits", generate),
            web.get("/v1/images/tasks/{id}", no_task),
        ]

    def error_response(self, error: GatewayError, request_id: str) -> web.Response:
        kind = "invalid_request_error" if error.status < 500 else "api_error"
        message = f"{error.code}: {error.message}" if error.code[:1].isupper() else error.message
        body = {"message": message, "type": kind, "code": None if message != error.message else error.code}
        headers = {"X-Request-Id": request_id, **error.headers}
        return web.json_response({"error": body}, status=error.status, headers=headers)

    async def _no_task(self, _: IncomingCall) -> web.StreamResponse:
        raise GatewayError(404, "task_not_found", "The task does not exist.")

    async def _generate(self, call: IncomingCall) -> web.StreamResponse:
        fault = self.take_fault("submit", call.prompt)
        failed = await self.fault_response(call.request, fault)
        if failed is not None:
            return failed
        request, urls = read_call(call.body, edits=call.request.path.endswith("/edits"))
        references = await fetch_references(urls)
        check_content(request.prompt, has_references=bool(references))
        generation = self.image_maker.accept(replace(request, references=references).with_fault(fault), call.body)
        outcome = await self.make_all(generation, fault)
        made = [picture for picture in outcome if isinstance(picture, GeneratedPicture)]
        withheld = next((picture for picture in outcome if isinstance(picture, FailedPicture)), None)
        if withheld is not None and not made:
            raise GatewayError(400, withheld.code, withheld.message)
        data = [{"url": self.results.publish(picture.content, picture.format)} for picture in made]
        return self.late_fault_response(call.request, fault) or web.json_response({"created": generation.created, "data": data})


def read_call(body: Any, *, edits: bool) -> tuple[GenerationRequest, tuple[str, ...]]:
    """Check a body against the documentation; return the request and the URLs of its references. Raises GatewayError."""
    body = read_object(body, known=_KNOWN, required=("model", "prompt"))
    rules = _MODELS[read_choice(body, "model", tuple(_MODELS), default="")]
    prompt = read_nonblank(body, "prompt")
    if "timeout_seconds" in body:
        read_integer(body["timeout_seconds"], "timeout_seconds", least=1, most=_LONGEST_TIMEOUT_S)
    references = _references(body)
    if edits and not references:
        raise missing_parameter("image")
    if references and not edits:
        raise invalid_parameter("image", "belongs to /v1/images/edits")
    number = _number(body)
    check_total("n", len(references), number)
    return GenerationRequest(model=rules.name, prompt=prompt, size=_size(body, rules), number=number), references


def _number(body: JsonObject) -> int:
    if "n" in body and "num_images" in body:
        raise invalid_parameter("num_images", "says the same as n: one of them is taken")
    name = "num_images" if "num_images" in body else "n"
    return read_integer(body.get(name, 1), name, least=1, most=_MOST_IMAGES)


def _size(body: JsonObject, rules: ModelRules) -> tuple[int, int]:
    size = body.get("custom_size", {"width": 2048, "height": 2048})
    if not isinstance(size, dict) or set(size) != {"width", "height"}:
        raise invalid_parameter("custom_size", "must be an object that holds width and height")
    width, height = (read_integer(size[name], f"custom_size.{name}", least=1, most=100_000) for name in ("width", "height"))
    return check_pixels("custom_size", width, height, rules)


def _references(body: JsonObject) -> tuple[str, ...]:
    """Read the URLs under whichever of the four fields is used."""
    given = [name for name in _REFERENCE_FIELDS if name in body]
    if not given:
        return ()
    if len(given) > 1:
        raise invalid_parameter(given[1], f"says the same as {given[0]}: one of them is taken")
    name, value = given[0], body[given[0]]
    items = value if isinstance(value, list) else [value]
    if name in _LIST_ONLY and not isinstance(value, list):
        raise invalid_parameter(name, "must be a list")
    if len(items) > _MOST_REFERENCES:
        raise invalid_parameter(name, f"has {len(items)} pictures, at most {_MOST_REFERENCES} are taken")
    return tuple(_url(name, item) for item in items)


def _url(name: str, item: Any) -> str:
    if isinstance(item, dict) and len(item) == 1 and set(item) <= set(_OBJECT_KEYS.get(name, ())):
        item = next(iter(item.values()))
    if not isinstance(item, str) or not is_url(item):
        raise invalid_parameter(name, "must hold addresses: a file or a data URL is not taken")
    return item
