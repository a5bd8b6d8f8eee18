"""The official API, BytePlus (`ark_intl`) and Volcengine (`ark_cn`): `POST /api/v3/images/generations`.

References given as addresses are taken and never fetched. Words of a prompt that make it refuse are those of
`content_words.py`, each a 400 with its code, or an item of the set that failed.

Faults beside those of every gateway (`gateway.py`), also taken at `ark_*.submit`: `error-frame:CODE` (a stream whose
only frame is an error; nothing is made), and of streams, made and billed as far as they go, `cut` (the connection ends
after the first picture), `ended` (the stream does, and no more is made) and `no-completed` or `no-last-line` (the
closing frame lacks).
"""

import asyncio
from collections.abc import Mapping
from typing import ClassVar

from aiohttp import web

from sandbox.gateways.answers import FailedPicture, GatewayRefusal, MadePicture, ark_item, error_body
from sandbox.gateways.content_words import check_words
from sandbox.gateways.dialects.ark_rules import ArkRequest, read_request
from sandbox.gateways.gateway import MADE, SUBMIT, Arrival, ErrorRow, Gateway
from sandbox.gateways.image_maker import Order, Work
from sandbox.gateways.references import Reference, read_reference
from sandbox.gateways.serving import MOST_BODY_BYTES
from sandbox.gateways.streaming import CUT, as_event, stream_set, write
from sandbox.stage import JsonObject

_NO_KEY = (401, "AuthenticationError", "the API key or AK/SK in the request is missing or invalid.")


class Ark(Gateway):
    """One region of the official API."""

    path = "/api/v3"
    faults: ClassVar[Mapping[str, tuple[str, ...]]] = {
        **Gateway.faults,
        "submit": (*SUBMIT, *sorted(CUT), "error-frame:CODE"),
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
        return [web.post("/api/v3/images/generations", self._generate)]

    def refused(self, refusal: GatewayRefusal, request_id: str) -> web.Response:
        headers = {"X-Request-Id": request_id, "X-Error-Code": refusal.code, **refusal.headers}
        return web.json_response(error_body(refusal, request_id), status=refusal.status, headers=headers)

    async def _generate(self, request: web.Request) -> web.StreamResponse:
        return await self.attend(request, self._answered)

    async def _answered(self, arrival: Arrival) -> web.StreamResponse:
        fault = self.fault_at("submit", arrival.prompt)
        if fault.startswith("error-frame:"):
            return _error_frame(fault.partition(":")[2])
        spoiled = await self.spoiled(arrival.request, fault, passing=MADE | CUT)
        if spoiled is not None:
            return spoiled
        asked = read_request(self.dialect, arrival.body)
        references = await read_references(asked.references)
        check_words(asked.prompt, references=bool(references))
        work = self.studio.open(order_of(asked, references).altered(fault), arrival.body)
        headers = {"X-Request-Id": arrival.id}
        if asked.stream and fault not in {"504", "reset-after"}:
            return await self._streamed(arrival.request, asked, work, fault, headers)
        data = [self._item(asked, picture) for picture in await self.made(work, fault)]
        return self.spoiled_after(arrival.request, fault) or web.json_response(
            {**_head(asked, work), "data": data, **work.closing()}, headers=headers
        )

    def _item(self, asked: ArkRequest, picture: MadePicture | FailedPicture) -> JsonObject:
        return ark_item(picture, self.results.publish, inline=asked.inline)

    async def _streamed(
        self, request: web.Request, asked: ArkRequest, work: Work, fault: str, headers: dict[str, str]
    ) -> web.StreamResponse:
        """Server-sent events, ended by their own mark."""
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", **headers})
        await self.pause(fault)
        whole = await stream_set(
            request,
            response,
            work,
            studio=self.studio,
            head=_head(asked, work),
            item=lambda picture: self._item(asked, picture),
            encode=as_event,
            fault=fault,
        )
        if whole:
            await write(response, b"data: [DONE]\n\n")
        return response


class ArkCn(Ark):
    """Volcengine, which publishes no price that we could read."""

    prices: ClassVar[Mapping[str, str]] = {"4.0": "0.20 CNY", "4.5": "0.25 CNY", "5.0-lite": "0.22 CNY"}


def order_of(asked: ArkRequest, references: tuple[Reference, ...]) -> Order:
    """What a call in the official terms asks of the model."""
    return Order(
        prompt=asked.prompt,
        size=asked.size,
        number=asked.number,
        references=references,
        format=asked.format,
        watermark=asked.watermark,
        search=asked.search,
    )


async def read_references(texts: tuple[str, ...]) -> tuple[Reference, ...]:
    """The references of a call, in order; raises GatewayRefusal."""
    return tuple([await asyncio.to_thread(read_reference, text, position) for position, text in enumerate(texts, start=1)])


def _head(asked: ArkRequest, work: Work) -> JsonObject:
    return {"model": asked.model, "created": work.created}


def _error_frame(code: str) -> web.Response:
    frame = as_event({"error": {"code": code, "message": f"The request failed with {code}."}})
    return web.Response(body=frame, content_type="text/event-stream")
