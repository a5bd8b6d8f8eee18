"""The official API, BytePlus (`ark_intl`) and Volcengine (`ark_cn`): `POST /api/v3/images/generations`.

References given as URLs are accepted and never downloaded. Prompts with a trigger word of `content_filter.py` get a 400
with its code, or a set with failed pictures.

Faults beside those of every gateway (`gateway.py`), also taken at `ark_*.submit`: `error-frame:CODE` (a stream whose
only frame is an error; nothing is made), and of streams, billed as far as they get, `cut` (the connection ends after the
first picture), `ended` (the stream ends there, and no more are made) and `no-completed` or `no-last-line` (the closing
frame is missing).
"""

import asyncio
from collections.abc import Iterable, Mapping
from typing import ClassVar

from aiohttp import web

from sandbox.contracts import JsonObject
from sandbox.gateways.content_filter import check_content
from sandbox.gateways.dialects.ark_rules import MODELS, ArkRequest, read_request
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
from sandbox.gateways.references import Reference, read_reference
from sandbox.gateways.responses import GatewayError, Outcome, error_body, picture_item
from sandbox.gateways.streaming import STREAM_FAULTS, encode_sse, stream_pictures, write

_NO_KEY = (401, "AuthenticationError", "the API key or AK/SK in the request is missing or invalid.")


class Ark(FakeGateway):
    """One region of the official API."""

    path = "/api/v3"
    faults: ClassVar[Mapping[str, tuple[str, ...]]] = {
        **FakeGateway.faults,
        "submit": (*SUBMIT_FAULTS, *sorted(STREAM_FAULTS), "error-frame:CODE"),
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

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/api/v3/images/generations", self.endpoint(self._generate)),
            web.get("/api/v3/models", self.endpoint(self._list_models, reads_body=False)),
        ]

    def error_response(self, error: GatewayError, request_id: str) -> web.Response:
        headers = {"X-Request-Id": request_id, "X-Error-Code": error.code, **error.headers}
        return web.json_response(error_body(error, request_id), status=error.status, headers=headers)

    async def _list_models(self, _: IncomingCall) -> web.StreamResponse:
        return web.json_response({"object": "list", "data": [{"id": name, "object": "model"} for name in MODELS[self.dialect]]})

    async def _generate(self, call: IncomingCall) -> web.StreamResponse:
        fault = self.take_fault("submit", call.prompt)
        if fault.startswith("error-frame:"):
            return _error_frame(fault.partition(":")[2])
        failed = await self.fault_response(call.request, fault, passing=BILLED_FAULTS | STREAM_FAULTS)
        if failed is not None:
            return failed
        asked = read_request(self.dialect, call.body)
        generation = await accept_request(self.image_maker, asked, call.body, fault)
        headers = {"X-Request-Id": call.id}
        if asked.stream and fault.partition(":")[0] not in LATE_FAULTS:
            return await self._stream(call.request, asked, generation, fault, headers)
        data = [self._item(asked, picture) for picture in await self.make_all(generation, fault)]
        return self.late_fault_response(call.request, fault) or web.json_response(
            {**_head(asked, generation), "data": data, **generation.summary()}, headers=headers
        )

    def _item(self, asked: ArkRequest, picture: Outcome) -> JsonObject:
        return picture_item(picture, self.results.publish, inline=asked.inline)

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
    """Volcengine; we know of no published price."""

    prices: ClassVar[Mapping[str, str]] = {"4.0": "0.20 CNY", "4.5": "0.25 CNY", "5.0-lite": "0.22 CNY"}


async def accept_request(
    image_maker: ImageMaker, asked: ArkRequest, body: JsonObject, fault: str, *, dropped: Iterable[str] = ()
) -> Generation:
    """Read the references, filter the content, and enter the call into the record. Raises GatewayError."""
    references = await read_references(asked.references)
    check_content(asked.prompt, has_references=bool(references))
    return image_maker.accept(generation_request(asked, references).with_fault(fault), body, dropped=dropped)


def generation_request(asked: ArkRequest, references: tuple[Reference, ...]) -> GenerationRequest:
    """Return what a call in the official terms asks of the model."""
    return GenerationRequest(
        prompt=asked.prompt,
        size=asked.size,
        number=asked.number,
        references=references,
        format=asked.format,
        watermark=asked.watermark,
        search=asked.search,
    )


async def read_references(texts: tuple[str, ...]) -> tuple[Reference, ...]:
    """Read the references of a call, in order. Raises GatewayError."""
    return tuple([await asyncio.to_thread(read_reference, text, position) for position, text in enumerate(texts, start=1)])


def _head(asked: ArkRequest, generation: Generation) -> JsonObject:
    return {"model": asked.model, "created": generation.created}


def _error_frame(code: str) -> web.Response:
    frame = encode_sse({"error": {"code": code, "message": f"The request failed with {code}."}})
    return web.Response(body=frame, content_type="text/event-stream")
