"""UniAll: `POST /v1/images/generations` from words, `POST /v1/images/edits` from references.

Sizes are `custom_size` in pixels, `n` or `num_images` (never both) counts to six and exactly so many are made,
references are addresses, fetched from this machine only. Withheld pictures are left out of the answer; if nothing is
left it is 400 with the official code in the sentence. Errors are in OpenAI's shape.

The faults are those of every gateway (`gateway.py`).
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

from aiohttp import web

from sandbox.gateways.answers import FailedPicture, GatewayRefusal, MadePicture
from sandbox.gateways.content_words import check_words
from sandbox.gateways.fetching import fetch_references, is_address
from sandbox.gateways.fields import an_object, choice, missing, whole, words, wrong
from sandbox.gateways.gateway import Arrival, ErrorRow, Gateway
from sandbox.gateways.image_maker import Order
from sandbox.gateways.model_rules import V4_0, V4_5, V5_0_LITE, ModelRules, pixels_in, together
from sandbox.stage import JsonObject

_REFERENCE_FIELDS = ("image", "image_url", "image_urls", "images")
_KNOWN = frozenset({"model", "prompt", "n", "num_images", "custom_size", "timeout_seconds", *_REFERENCE_FIELDS})
_MOST_IMAGES = 6
_MOST_REFERENCES = 10
_LONGEST_WAIT_S = 3600
_MODELS = {
    "seedream-4.0": replace(V4_0, longest_side=4096),
    "seedream-4.5": replace(V4_5, longest_side=4096),
    "seedream-5.0-lite": replace(V5_0_LITE, longest_side=4096),
}
_LIST_ONLY = frozenset({"image_urls", "images"})
_OBJECT_KEYS = {"image_url": ("url",), "images": ("url", "image_url")}


class UniAll(Gateway):
    """UniAll."""

    addresses_only = True
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
        return [web.post("/v1/images/generations", self._generate), web.post("/v1/images/edits", self._edit)]

    def refused(self, refusal: GatewayRefusal, request_id: str) -> web.Response:
        kind = "invalid_request_error" if refusal.status < 500 else "api_error"
        message = f"{refusal.code}: {refusal.sentence}" if refusal.code[:1].isupper() else refusal.sentence
        error = {"message": message, "type": kind, "code": None if message != refusal.sentence else refusal.code}
        headers = {"X-Request-Id": request_id, **refusal.headers}
        return web.json_response({"error": error}, status=refusal.status, headers=headers)

    async def _generate(self, request: web.Request) -> web.StreamResponse:
        return await self.attend(request, self._answered)

    async def _edit(self, request: web.Request) -> web.StreamResponse:
        return await self.attend(request, self._answered)

    async def _answered(self, arrival: Arrival) -> web.StreamResponse:
        fault = self.fault_at("submit", arrival.prompt)
        spoiled = await self.spoiled(arrival.request, fault)
        if spoiled is not None:
            return spoiled
        order, addresses = read_call(arrival.body, edits=arrival.request.path.endswith("/edits"))
        references = await fetch_references(addresses)
        check_words(order.prompt, references=bool(references))
        work = self.studio.open(replace(order, references=references).altered(fault), arrival.body)
        outcome = await self.made(work, fault)
        made = [picture for picture in outcome if isinstance(picture, MadePicture)]
        failed = next((picture for picture in outcome if isinstance(picture, FailedPicture)), None)
        if failed is not None and not made:
            raise GatewayRefusal(400, failed.code, failed.sentence)
        data = [{"url": self.results.publish(picture.content, picture.format)} for picture in made]
        return self.spoiled_after(arrival.request, fault) or web.json_response({"created": work.created, "data": data})


def read_call(body: Any, *, edits: bool) -> tuple[Order, tuple[str, ...]]:
    """Hold a body against the documents: the order, and the addresses of its references; raises GatewayRefusal."""
    body = an_object(body, known=_KNOWN, required=("model", "prompt"))
    rules = _MODELS[choice(body, "model", tuple(_MODELS), default="")]
    prompt = words(body, "prompt")
    if "timeout_seconds" in body:
        whole(body["timeout_seconds"], "timeout_seconds", least=1, most=_LONGEST_WAIT_S)
    references = _references(body)
    if edits and not references:
        raise missing("image")
    if references and not edits:
        raise wrong("image", "belongs to /v1/images/edits")
    number = _number(body)
    together("n", len(references), number)
    return Order(prompt=prompt, size=_size(body, rules), number=number), references


def _number(body: JsonObject) -> int:
    if "n" in body and "num_images" in body:
        raise wrong("num_images", "says the same as n: one of them is taken")
    name = "num_images" if "num_images" in body else "n"
    return whole(body.get(name, 1), name, least=1, most=_MOST_IMAGES)


def _size(body: JsonObject, rules: ModelRules) -> tuple[int, int]:
    size = body.get("custom_size", {"width": 2048, "height": 2048})
    if not isinstance(size, dict) or set(size) != {"width", "height"}:
        raise wrong("custom_size", "must be an object that holds width and height")
    width, height = (whole(size[name], f"custom_size.{name}", least=1, most=100_000) for name in ("width", "height"))
    return pixels_in("custom_size", width, height, rules)


def _references(body: JsonObject) -> tuple[str, ...]:
    """The addresses under whichever of the four fields was chosen."""
    given = [name for name in _REFERENCE_FIELDS if name in body]
    if not given:
        return ()
    if len(given) > 1:
        raise wrong(given[1], f"says the same as {given[0]}: one of them is taken")
    name, value = given[0], body[given[0]]
    items = value if isinstance(value, list) else [value]
    if name in _LIST_ONLY and not isinstance(value, list):
        raise wrong(name, "must be a list")
    if len(items) > _MOST_REFERENCES:
        raise wrong(name, f"has {len(items)} pictures, at most {_MOST_REFERENCES} are taken")
    return tuple(_address(name, item) for item in items)


def _address(name: str, item: Any) -> str:
    if isinstance(item, dict) and len(item) == 1 and set(item) <= set(_OBJECT_KEYS.get(name, ())):
        item = next(iter(item.values()))
    if not isinstance(item, str) or not is_address(item):
        raise wrong(name, "must hold addresses: a file or a data URL is not taken")
    return item
