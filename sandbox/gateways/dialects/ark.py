"""The official API, BytePlus (`ark_intl`) and Volcengine (`ark_cn`): `POST /api/v3/images/generations`.

5.5, 5.0-pro and 5.0-flash make one picture a call, bill by pixels and references, and answer a failure with an error.
References given as URLs are accepted and not downloaded, except from this machine where layers or a kept transparency
need to see them. Prompts with a trigger word of `content_filter.py` get a 400 with its code, or a set with failed pictures.

Faults beside those of every gateway (`gateway.py`), also taken at `ark_*.submit`: `error-frame:CODE` (a stream whose
only frame is an error; nothing is made), and of streams, billed as far as they get, `cut` (the connection ends after the
first picture), `ended` (the stream ends there, and no more are made) and `no-completed` or `no-last-line` (the closing
frame is missing). Of one-picture models, `odd-layers` (hostile names of layers), `odd-boxes` (places
outside of the picture, or none) and `old-usage` (without `input_images`).
"""

import asyncio
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from aiohttp import web

from sandbox.contracts import JsonObject
from sandbox.gateways.content_filter import BROKEN, check_content
from sandbox.gateways.dialects.ark_rules import MODELS, ArkRequest, read_request
from sandbox.gateways.dialects.one_picture_rules import check_references, final_size
from sandbox.gateways.dialects.withdrawals import read_withdrawals
from sandbox.gateways.drawing.pictures import Background
from sandbox.gateways.gateway import (
    BILLED_FAULTS,
    LATE_FAULTS,
    MOST_BODY_BYTES,
    SUBMIT_FAULTS,
    ErrorRow,
    FakeGateway,
    IncomingCall,
)
from sandbox.gateways.image_maker import Generation, GenerationRequest, ImageMaker
from sandbox.gateways.models.prices import BYTEPLUS, VOLCENGINE, Price
from sandbox.gateways.models.rules import ModelRules
from sandbox.gateways.prompt_hints import asks_for_transparency
from sandbox.gateways.reference_urls import with_downloads
from sandbox.gateways.references import Reference, read_reference
from sandbox.gateways.responses import FailedPicture, GatewayError, Outcome, error_body, picture_item
from sandbox.gateways.streaming import STREAM_FAULTS, encode_sse, stream_pictures, write

_NO_KEY = (401, "AuthenticationError", "the API key or AK/SK in the request is missing or invalid.")
_ODD_ANSWERS = frozenset({"odd-boxes", "odd-layers", "old-usage"})
_ODD_NAMES = ("../../etc/passwd", "fox\nfox", "", "x" * 300, "CON.png", "\u202egnp.exe", "fox")
_ODD_BOXES: tuple[Any, ...] = (
    {"absolute": [-80, -40, 99_999, 99_999], "normalized": [-1, -1, 1_001, 1_001]},
    {"absolute": [500, 400, 100, 50], "normalized": [0, 0, 0, 0]},
    None,
    {"absolute": [1.5, "2", None]},
    {"absolute": [10, 10, 10, 10]},
)


class Ark(FakeGateway):
    """One region of the official API."""

    path = "/api/v3"
    published: ClassVar[Mapping[str, Price]] = BYTEPLUS
    faults: ClassVar[Mapping[str, tuple[str, ...]]] = {
        **FakeGateway.faults,
        "submit": (*SUBMIT_FAULTS, *sorted(STREAM_FAULTS), *sorted(_ODD_ANSWERS), "error-frame:CODE"),
    }
    errors: ClassVar[Mapping[str, ErrorRow]] = {
        "no-key": _NO_KEY,
        "wrong-key": _NO_KEY,
        "too-large": (413, "RequestEntityTooLarge", f"The request body is larger than {MOST_BODY_BYTES} bytes."),
        "no-json-type": (400, "InvalidParameter", "The content type of the request is not application/json."),
        "bad-json": (400, "InvalidParameter", "The request body is not valid JSON."),
        "429": (429, "ModelAccountIpmRateLimitExceeded", "The requests of this account exceed the limit of images per minute."),
        "429-quota": (429, "SetLimitExceeded", "Your account has reached the set inference limit for this model."),
        "500": (500, "InternalServiceError", "The service encountered an unexpected internal error."),
        "503": (503, "ServerOverloaded", "The service is currently unable to handle additional requests."),
    }

    async def on_start(self) -> None:
        self._withdrawn: dict[str, float] = {}

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/api/v3/images/generations", self.endpoint(self._generate)),
            web.get("/api/v3/models", self.endpoint(self._list_models, reads_body=False)),
        ]

    def error_response(self, error: GatewayError, request_id: str) -> web.Response:
        headers = {"X-Request-Id": request_id, "X-Error-Code": error.code, **error.headers}
        return web.json_response(error_body(error, request_id), status=error.status, headers=headers)

    def change_setting(self, name: str, value: Any) -> None:
        """Beside the settings of every gateway, `withdrawn`: the models that are no longer served.

        A list of our model names or ids, an object of them with the instant from which on (`2026-11-24T06:00:00Z`), or
        `reported`: what is reported of Volcengine. Each setting replaces the one before.
        """
        if name != "withdrawn":
            super().change_setting(name, value)
            return
        self._withdrawn = read_withdrawals(value, MODELS[self.dialect])

    def _served(self) -> Mapping[str, ModelRules]:
        now = self.runtime.clock.now()
        return {name: rules for name, rules in MODELS[self.dialect].items() if now < self._withdrawn.get(name, math.inf)}

    async def _list_models(self, _: IncomingCall) -> web.StreamResponse:
        """List the ids, also withdrawn ones but not each alias, and the names without a date, which no call accepts."""
        dated = [name for name in MODELS[self.dialect] if "-lite-" not in name]
        names = dict.fromkeys([*dated, *(name.rpartition("-")[0] for name in dated)])
        return web.json_response({"object": "list", "data": [{"id": name, "object": "model"} for name in names]})

    async def _generate(self, call: IncomingCall) -> web.StreamResponse:
        fault = self.take_fault("submit", call.prompt)
        if fault.startswith("error-frame:"):
            return _error_frame(fault.partition(":")[2])
        failed = await self.fault_response(call.request, fault, passing=BILLED_FAULTS | STREAM_FAULTS | _ODD_ANSWERS)
        if failed is not None:
            return failed
        asked = read_request(self._served(), call.body)
        generation = await accept_request(self.image_maker, asked, call.body, fault)
        headers = {"X-Request-Id": call.id}
        if asked.stream and fault.partition(":")[0] not in LATE_FAULTS:
            return await self._stream(call.request, asked, generation, fault, headers)
        outcome = await self.make_all(generation, fault)
        if asked.rules.one_picture:
            raise_failure(outcome)
        data = [self._item(asked, picture) for picture in outcome]
        answer = {**_head(asked, generation), "data": data, **generation.summary()}
        _spoil_layers(data, fault)
        if fault == "old-usage":
            answer["usage"].pop("input_images", None)
        return self.late_fault_response(call.request, fault) or web.json_response(answer, headers=headers)

    def _item(self, asked: ArkRequest, picture: Outcome) -> JsonObject:
        item = picture_item(picture, self.results.publish, inline=asked.inline)
        if isinstance(picture, FailedPicture) or not asked.rules.one_picture:
            return item
        item["output_format"] = picture.format
        if asked.rules.cuts_out:
            item["background"] = "transparent" if picture.transparent else "opaque"
        return item | (picture.layer.to_json() if picture.layer is not None else {})

    async def _stream(
        self, request: web.Request, asked: ArkRequest, generation: Generation, fault: str, headers: dict[str, str]
    ) -> web.StreamResponse:
        """Send server-sent events; `[DONE]` ends a complete stream."""
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", **headers})
        await self.pause(fault)
        complete = await stream_pictures(
            request,
            response,
            generation,
            image_maker=self.image_maker,
            head=_head(asked, generation),
            item=lambda picture: self._item(asked, picture),
            encode=encode_sse,
            fault=fault,
        )
        if complete:
            await write(response, b"data: [DONE]\n\n")
        return response


class ArkCn(Ark):
    """Volcengine; of the older models we know no published price, of 5.5 none at all."""

    published: ClassVar[Mapping[str, Price]] = VOLCENGINE
    currency = "CNY"
    prices: ClassVar[Mapping[str, str]] = {"4.0": "0.20 CNY", "4.5": "0.25 CNY", "5.0-lite": "0.22 CNY"}


async def accept_request(
    image_maker: ImageMaker, asked: ArkRequest, body: JsonObject, fault: str, *, dropped: Iterable[str] = ()
) -> Generation:
    """Read the references, filter the content, and enter the call into the record. Raises GatewayError."""
    references = await read_references(asked)
    check_content(asked.prompt, has_references=bool(references))
    request = generation_request(asked, references).with_fault(fault)
    return image_maker.accept(request, body, dropped=asked.ignored.union(dropped))


def generation_request(asked: ArkRequest, references: tuple[Reference, ...]) -> GenerationRequest:
    """Return what a call in the official terms asks of the model."""
    rules = asked.rules
    return GenerationRequest(
        model=rules.name,
        prompt=asked.prompt,
        size=final_size(asked.prompt, asked.size, asked.tier, references, rules),
        number=asked.number,
        references=references,
        format=asked.format,
        watermark=asked.watermark,
        search=asked.search,
        background=_background(asked),
        layers=asked.layers,
        one_picture=rules.one_picture,
        seed=asked.seed if rules.uses_seed else None,
    )


def _background(asked: ArkRequest) -> Background:
    """Return what the picture gets as its background. A wish for none in words alone is painted, except where the model may decide."""
    if asked.background == "transparent":
        return Background.CUT_OUT if asked.rules.cuts_out else Background.KEPT
    if not asks_for_transparency(asked.prompt) or not asked.rules.one_picture or asked.layers:
        return Background.PAINTED
    if asked.background == "auto":
        return Background.CUT_OUT if asked.format == "png" else Background.PAINTED
    return Background.CHEQUERED


async def read_references(asked: ArkRequest) -> tuple[Reference, ...]:
    """Read the references of a call, in order. Only what a wish needs to see is downloaded. Raises GatewayError."""
    most = asked.rules.most_reference_bytes
    references = tuple(
        [
            await asyncio.to_thread(read_reference, text, position, most_bytes=most)
            for position, text in enumerate(asked.references, start=1)
        ]
    )
    if asked.layers or (asked.background == "transparent" and not asked.rules.cuts_out):
        references = await with_downloads(references, most_bytes=most)
        await asyncio.to_thread(check_references, references, asked.rules, background=asked.background, layers=asked.layers)
    return references


def raise_failure(outcome: Sequence[Outcome]) -> None:
    """Raise the failure of a one-picture model, which answers with it instead of a list that holds it."""
    failed = next((picture for picture in outcome if isinstance(picture, FailedPicture)), None)
    if failed is not None:
        raise GatewayError(500 if failed.code == BROKEN else 400, failed.code, failed.message)


def _head(asked: ArkRequest, generation: Generation) -> JsonObject:
    return {"model": asked.model, "created": generation.created}


def _spoil_layers(data: Sequence[JsonObject], fault: str) -> None:
    """Change the names or the boxes of layers as a fault says."""
    for number, layer in enumerate(item for item in data if item.get("z_index")):
        if fault == "odd-layers":
            layer["name"] = _ODD_NAMES[number % len(_ODD_NAMES)]
        elif fault == "odd-boxes":
            layer["bounding_box"] = _ODD_BOXES[number % len(_ODD_BOXES)]


def _error_frame(code: str) -> web.Response:
    frame = encode_sse({"error": {"code": code, "message": f"The request failed with {code}."}})
    return web.Response(body=frame, content_type="text/event-stream")
