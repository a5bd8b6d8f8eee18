"""The official API, BytePlus (`ark_intl`) and Volcengine (`ark_cn`): `POST /api/v3/images/generations`.

Words of a prompt that make it refuse, so that demo and tests can show refusals:

    forbidden-text        400 InputTextSensitiveContentDetected
    forbidden-copyright   400 InputTextSensitiveContentDetected.PolicyViolation
    forbidden-image       400 InputImageSensitiveContentDetected, where there are references
    forbidden-person      400 InputImageSensitiveContentDetected.PrivacyInformation, where there are references
    forbidden-output N    picture N of the call (from 1; without N each) fails with OutputImageSensitiveContentDetected
    broken-output N       picture N fails with InternalServiceError and those after it are not made

Faults are taken at `<name>.submit`, detail the prompt. Nothing is made or billed by: `429` `429:RETRY_AFTER` `429-quota`
`500` `503` `html` (502) `reset-before` `hang` `not-json` `empty` `error:STATUS:CODE` `error-frame:CODE` (a stream whose only
frame is an error). Made and billed are: `504` (the edge gave up waiting), `reset-after`, `slow:SECONDS` before the answer, `fewer`,
`more`, and of streams `cut` (the connection ends after the first picture), `ended` (the stream does, and no more is made) and
`no-completed`. At `<name>.connect`, `reset` drops the
connection before the body is read.
"""

import asyncio
import base64
import hmac
import json
import re
import secrets
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Any

from aiohttp import web

from sandbox.gateways.answers import FailedPicture, GatewayRefusal, MadePicture, error_body, usage_of
from sandbox.gateways.ark_faults import spoiled_before
from sandbox.gateways.ark_rules import ArkRequest, read_request
from sandbox.gateways.pictures import Picture, draw
from sandbox.gateways.references import Reference, read_reference
from sandbox.gateways.serving import MOST_BODY_BYTES, LocalServer, ResultHost, page, reset, seconds_in
from sandbox.stage import JsonObject, Stage

_PREPARED_SIZE = 2048, 2048
_INPUT_WORDS = (
    ("forbidden-text", "InputTextSensitiveContentDetected", "the input text may contain sensitive information", False),
    (
        "forbidden-copyright",
        "InputTextSensitiveContentDetected.PolicyViolation",
        "the input text may be related to copyright restrictions",
        False,
    ),
    ("forbidden-image", "InputImageSensitiveContentDetected", "the input image may contain sensitive information", True),
    (
        "forbidden-person",
        "InputImageSensitiveContentDetected.PrivacyInformation",
        "the input image may contain a real person",
        True,
    ),
)
_OUTPUT_CODES = {"forbidden": "OutputImageSensitiveContentDetected", "broken": "InternalServiceError"}
_OUTPUT_WORDS = re.compile(r"(forbidden|broken)-output(?:\s+(\d+))?")


@dataclass(kw_only=True)
class _Call:
    """One accepted call while it is worked on."""

    asked: ArkRequest
    references: list[Reference]
    entry: JsonObject
    created: int
    take: int
    made: list[MadePicture] = field(default_factory=list)


class Ark:
    """One region of the official API."""

    def __init__(self, stage: Stage, *, dialect: str, name: str, pace: float, prepared: bytes | None) -> None:
        self.name = name
        self.dialect = dialect
        self.url = ""
        self.key = secrets.token_hex(16)
        self.calls: list[JsonObject] = []
        self._stage = stage
        self._pace = pace
        self._prepared = prepared
        self._takes: Counter[str] = Counter()
        self._results = ResultHost(stage=stage, name=name)
        self._server: LocalServer | None = None

    @classmethod
    async def start(cls, stage: Stage, *, dialect: str, name: str, pace: float = 0.4, prepared: bool = False) -> "Ark":
        """Listen; `prepared` draws one picture now and answers every call with it, for benches."""
        drawn = await asyncio.to_thread(draw, Picture(prompt="a prepared picture", size=_PREPARED_SIZE)) if prepared else None
        gateway = cls(stage, dialect=dialect, name=name, pace=pace, prepared=drawn)
        application = web.Application(client_max_size=MOST_BODY_BYTES)
        application.router.add_post("/api/v3/images/generations", gateway._generate)
        application.router.add_route("*", "/result/{name}", gateway._results.serve)
        gateway._server = await LocalServer.start(application)
        gateway._results.origin = f"http://127.0.0.1:{gateway._server.port}"
        gateway.url = f"{gateway._results.origin}/api/v3"
        return gateway

    async def close(self) -> None:
        if self._server is not None:
            await self._server.close()

    async def _generate(self, request: web.Request) -> web.StreamResponse:
        request_id = f"02{self._stage.random.getrandbits(120):030x}"
        if self._stage.faults.take(f"{self.name}.connect") == "reset":
            return reset(request)
        try:
            body = await self._read(request)
            prompt = body.get("prompt") if isinstance(body, dict) else None
            fault = self._stage.faults.take(f"{self.name}.submit", prompt if isinstance(prompt, str) else "")
            spoiled = await spoiled_before(request, fault or "")
            if spoiled is not None:
                return spoiled
            call = await self._accepted(body)
            return await self._answered(request, call, fault or "", request_id)
        except GatewayRefusal as refusal:
            return _refused(refusal, request_id)

    async def _read(self, request: web.Request) -> Any:
        given = request.headers.get("Authorization", "").encode("utf-8", "replace")
        if not hmac.compare_digest(given, f"Bearer {self.key}".encode()):
            raise GatewayRefusal(401, "AuthenticationError", "the API key or AK/SK in the request is missing or invalid.")
        try:
            text = await request.read()
        except web.HTTPRequestEntityTooLarge:
            sentence = f"The request body is larger than {MOST_BODY_BYTES} bytes."
            raise GatewayRefusal(413, "RequestEntityTooLarge", sentence) from None
        if request.content_type != "application/json":
            raise GatewayRefusal(400, "InvalidParameter", "The content type of the request is not application/json.")
        try:
            return json.loads(text)
        except ValueError:
            raise GatewayRefusal(400, "InvalidParameter", "The request body is not valid JSON.") from None

    async def _accepted(self, body: Any) -> _Call:
        """Judge a body and open its entry in the record of calls."""
        asked = read_request(self.dialect, body)
        references = [
            await asyncio.to_thread(read_reference, text, position) for position, text in enumerate(asked.references, start=1)
        ]
        for word, code, sentence, of_image in _INPUT_WORDS:
            if word in asked.prompt and (references or not of_image):
                raise GatewayRefusal(400, code, f"The request failed because {sentence}.")
        for reference in references:
            if reference.content is not None:
                self._stage.files.put(reference.content)
        shown = [reference.shown for reference in references]
        entry: JsonObject = {
            "gateway": self.name,
            "at": self._stage.clock.now(),
            "body": body | ({"image": shown[0] if isinstance(body["image"], str) else shown} if "image" in body else {}),
            "images": [reference.described() for reference in references],
            "billed": 0,
        }
        self.calls.append(entry)
        take = self._takes[asked.prompt]
        self._takes[asked.prompt] += 1
        return _Call(asked=asked, references=references, entry=entry, created=int(self._stage.clock.now()), take=take)

    async def _answered(self, request: web.Request, call: _Call, fault: str, request_id: str) -> web.StreamResponse:
        changed = {"more": call.asked.number + 1, "fewer": max(1, call.asked.number - 1), "empty": 0}
        call.asked = replace(call.asked, number=changed.get(fault, call.asked.number))
        if fault.startswith("slow:"):
            await asyncio.sleep(seconds_in(fault))
        if call.asked.stream and fault not in {"504", "reset-after"}:
            return await self._streamed(request, call, fault, request_id)
        data = [self._item(call, picture) async for _, picture in self._made(call)]
        if fault == "reset-after":
            return reset(request)
        if fault == "504":
            return page(504, "504 Gateway Time-out")
        answer: JsonObject = {"model": call.asked.model, "created": call.created, "data": data, **_closing(call)}
        return web.json_response(answer, headers={"X-Request-Id": request_id})

    async def _made(self, call: _Call) -> AsyncIterator[tuple[int, MadePicture | FailedPicture]]:
        """Make and bill the pictures of a call one by one."""
        failing = {int(number or 0): _OUTPUT_CODES[word] for word, number in _OUTPUT_WORDS.findall(call.asked.prompt)}
        for index in range(call.asked.number):
            await asyncio.sleep(self._pace)
            code = failing.get(index + 1) or failing.get(0)
            if code is not None:
                yield index, FailedPicture(code=code, sentence=_FAILED_BECAUSE[code])
                if code == "InternalServiceError":
                    return
                continue
            picture = await self._drawn(call, index)
            call.made.append(picture)
            call.entry["billed"] += 1
            yield index, picture

    async def _drawn(self, call: _Call, index: int) -> MadePicture:
        if self._prepared is not None:
            return MadePicture(content=self._prepared, size=_PREPARED_SIZE, format="jpeg")
        asked = call.asked
        picture = Picture(
            prompt=asked.prompt,
            size=asked.size,
            index=index,
            total=asked.number,
            references=tuple(reference.content or reference.address for reference in call.references),
            format=asked.format,
            watermark=asked.watermark,
            seed=self._stage.seed,
            take=call.take,
        )
        return MadePicture(content=await asyncio.to_thread(draw, picture), size=asked.size, format=asked.format)

    def _item(self, call: _Call, picture: MadePicture | FailedPicture) -> JsonObject:
        if isinstance(picture, FailedPicture):
            return {"error": {"code": picture.code, "message": picture.sentence}}
        size = f"{picture.size[0]}x{picture.size[1]}"
        if call.asked.inline:
            return {"b64_json": base64.b64encode(picture.content).decode(), "size": size}
        return {"url": self._results.publish(picture.content, picture.format), "size": size}

    async def _streamed(self, request: web.Request, call: _Call, fault: str, request_id: str) -> web.StreamResponse:
        """Server-sent events, a frame a picture; a caller that leaves does not stop the work or the bill."""
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "X-Request-Id": request_id})
        head = {"model": call.asked.model, "created": call.created}
        await _write(response, request, None)
        async for index, picture in self._made(call):
            kind = "partial_failed" if isinstance(picture, FailedPicture) else "partial_succeeded"
            await _write(
                response, request, {"type": f"image_generation.{kind}", **head, "image_index": index, **self._item(call, picture)}
            )
            if fault in {"cut", "ended"}:
                if fault == "cut" and request.transport is not None:
                    request.transport.close()
                return response
        if fault != "no-completed":
            await _write(response, request, {"type": "image_generation.completed", **head, **_closing(call)})
        await _write(response, request, "[DONE]")
        return response


_FAILED_BECAUSE = {
    "OutputImageSensitiveContentDetected": "The request failed because the output image may contain sensitive information.",
    "InternalServiceError": "The service encountered an unexpected internal error.",
}


def _closing(call: _Call) -> JsonObject:
    searches = {"tools": [{"type": "web_search"}]} if call.asked.search else {}
    return {**searches, "usage": usage_of(call.made, searches=1 if call.asked.search else None)}


async def _write(response: web.StreamResponse, request: web.Request, frame: JsonObject | str | None) -> None:
    try:
        if not response.prepared:
            await response.prepare(request)
        if isinstance(frame, dict):
            await response.write(f"event: {frame.get('type', 'error')}\ndata: {json.dumps(frame)}\n\n".encode())
        elif frame is not None:
            await response.write(f"data: {frame}\n\n".encode())
    except ConnectionError:
        return


def _refused(refusal: GatewayRefusal, request_id: str) -> web.Response:
    headers = {"X-Request-Id": request_id, "X-Error-Code": refusal.code, **refusal.headers}
    return web.json_response(error_body(refusal, request_id), status=refusal.status, headers=headers)
