"""Ace Data Cloud: `POST /seedream/images` and `POST /seedream/tasks`.

A call is answered whole, by a task id (`async`, or a `callback_url`), or line by line (`stream` with the header
`accept: application/x-ndjson`; without that header the answer comes whole). Unknown fields, dotted model names and a
reference that is not in a list are 400 `bad_request`. The model's errors are 500 `api_error` with the official code in
the message. An unknown task is `{}`. Callbacks are posted to this machine only; their status is in the call's record
under `callback`.

Faults beside those of every gateway (`gateway.py`):

- `<name>.submit`, detail the prompt: `402` (a payment body), `other-lite-id` (knows the other id of 5.0-lite only), `504` is a JSON
  `timeout`; of streams `cut` `ended` `no-last-line` and `error-line:CODE`; of tasks `stuck` (never ends, nothing is made),
  `lost`, `flat`, `odd-status`, `no-end` and `one` change every record, as the same words do under:
- `<name>.query`, detail the prompt: `stuck` (still running), `lost` (`{}`), `lost-404`, `flat` (the record's parts at the top level),
  `odd-status` (an unknown `status`), `no-end` (no `finished_at`), `one` (`data` is an object), `error-string` and `error-null` (a
  running record whose response has such an error); the faults that fail a submit answer instead of the record.
- `<name>.callback`, detail the prompt: `none` (never sent), `twice`, `foreign` (first one for an unknown task), `error-string`, `error-null`.
"""

from collections.abc import Mapping
from typing import ClassVar

import aiohttp
from aiohttp import web

from sandbox.contracts import JsonObject
from sandbox.gateways.content_filter import check_content
from sandbox.gateways.dialects.acedata_rules import LITE_IDS, AceDataRequest, read_call, read_query
from sandbox.gateways.dialects.ark import generation_request, read_references
from sandbox.gateways.gateway import (
    BILLED_FAULTS,
    FAILING_FAULTS,
    LATE_FAULTS,
    SUBMIT_FAULTS,
    ErrorRow,
    FakeGateway,
    IncomingCall,
)
from sandbox.gateways.image_maker import Generation
from sandbox.gateways.models.prices import ACE_DATA, Price
from sandbox.gateways.reference_urls import is_loopback
from sandbox.gateways.responses import GatewayError, Outcome, picture_item
from sandbox.gateways.streaming import STREAM_FAULTS, encode_ndjson, stream_pictures
from sandbox.gateways.tasks import Task, TaskRunner

_NDJSON = "application/x-ndjson"
_TASK_FAULTS = frozenset({"stuck", "lost", "flat", "odd-status", "no-end", "one"})
_QUERY_FAULTS = _TASK_FAULTS | {"", "lost-404", "error-string", "error-null"}
_CALLBACK_TIMEOUT_S = 10.0


class AceData(FakeGateway):
    """Ace Data Cloud."""

    published: ClassVar[Mapping[str, Price]] = ACE_DATA
    faults: ClassVar[Mapping[str, tuple[str, ...]]] = {
        **FakeGateway.faults,
        "submit": (*SUBMIT_FAULTS, "402", "other-lite-id", "error-line:CODE", *sorted(STREAM_FAULTS), *sorted(_TASK_FAULTS)),
        "query": (*FAILING_FAULTS, "lost-404", *sorted(_TASK_FAULTS)),
        "callback": ("none", "twice", "foreign", "error-string", "error-null"),
    }
    limits: ClassVar[Mapping[str, float]] = {"first_poll_s": 1, "poll_s": 1.5}
    errors: ClassVar[Mapping[str, ErrorRow]] = {
        "no-key": (401, "no_token", "No token is given."),
        "wrong-key": (401, "invalid_token", "The token is invalid."),
        "too-large": (413, "request_too_large", "The request body is too large."),
        "no-json-type": (400, "bad_request", "The body is not JSON."),
        "bad-json": (400, "bad_request", "The body is not valid JSON."),
        "429": (429, "too_many_requests", "Too many requests."),
        "429-quota": (403, "used_up", "The balance of this application is used up."),
        "500": (500, "api_error", "The API met an error."),
        "503": (503, "api_error", "The API is not available."),
        "504": (504, "timeout", "The API did not answer in time."),
    }

    async def on_start(self) -> None:
        self._tasks = TaskRunner(self.runtime, self.image_maker, pace=self.pace)
        self.exit_stack.push_async_callback(self._tasks.close)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/seedream/images", self.endpoint(self._submit)),
            web.post("/seedream/tasks", self.endpoint(self._query)),
        ]

    def error_response(self, error: GatewayError, request_id: str) -> web.Response:
        body = {"error": _error_body(error), "trace_id": request_id}
        return web.json_response(body, status=_status(error), headers=error.headers)

    async def _submit(self, call: IncomingCall) -> web.StreamResponse:
        fault = self.take_fault("submit", call.prompt)
        if fault == "402":
            return _payment_required()
        if fault.startswith("error-line:"):
            return _error_line(fault.partition(":")[2])
        passing = BILLED_FAULTS | STREAM_FAULTS | _TASK_FAULTS | {"other-lite-id"}
        failed = await self.fault_response(call.request, fault, passing=passing)
        if failed is not None:
            return failed
        request = read_call(call.body, lite_id=LITE_IDS[fault == "other-lite-id"])
        references = await read_references(request.asked)
        if not request.deferred:
            check_content(request.asked.prompt, has_references=bool(references))
        generation = self.image_maker.accept(generation_request(request.asked, references).with_fault(fault), call.body)
        streams = request.asked.stream and call.request.headers.get("Accept") == _NDJSON
        if streams and fault.partition(":")[0] not in LATE_FAULTS:
            return await self._stream(call.request, request, generation, fault)
        task = self._tasks.create(generation, fault if fault in _TASK_FAULTS else "")
        if request.deferred:
            self._tasks.start(self._run(task, request))
            await self.pause(fault)
            accepted = {"task_id": task.id, "trace_id": task.trace_id}
            return self.late_fault_response(call.request, fault) or web.json_response(accepted)
        task.outcome += await self.make_all(generation, fault)
        self._tasks.finish(task)
        if task.failure is not None:
            raise task.failure
        return self.late_fault_response(call.request, fault) or web.json_response(self._response(task))

    def late_fault_response(self, request: web.Request, fault: str) -> web.Response | None:
        if fault == "504":
            raise GatewayError(*self.errors["504"])
        return super().late_fault_response(request, fault)

    async def _stream(
        self, http_request: web.Request, request: AceDataRequest, generation: Generation, fault: str
    ) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": _NDJSON})
        await self.pause(fault)
        await stream_pictures(
            http_request,
            response,
            generation,
            image_maker=self.image_maker,
            head={"model": request.asked.model, "created": generation.created},
            item=lambda picture: picture_item(picture, self.results.publish, inline=request.asked.inline),
            encode=encode_ndjson,
            fault=fault,
        )
        return response

    async def _run(self, task: Task, request: AceDataRequest) -> None:
        await self._tasks.run(task)
        if request.callback_url is not None and task.finished_at is not None:
            await self._call_back(request.callback_url, task)

    async def _call_back(self, url: str, task: Task) -> None:
        """Post the result once. As with the real service, callbacks are neither signed nor retried."""
        fault = self.take_fault("callback", task.generation.request.prompt)
        body = self._response(task)
        if fault in {"error-string", "error-null"}:
            body = _failed(task) | {"error": "Something went wrong." if fault == "error-string" else None}
        foreign = body | {"task_id": task.trace_id}
        for each in {"none": [], "twice": [body, body], "foreign": [foreign, body]}.get(fault, [body]):
            task.generation.entry["callback"] = await _post(url, each) if is_loopback(url) else "not on this machine"

    async def _query(self, call: IncomingCall) -> web.StreamResponse:
        wanted = read_query(call.body)
        ids = (wanted,) if isinstance(wanted, str) else wanted
        tasks = [task for task_id in ids if (task := self._tasks.find(task_id)) is not None]
        fault = self.take_fault("query", tasks[0].generation.request.prompt if tasks else "")
        failed = await self.fault_response(call.request, fault, passing=_QUERY_FAULTS)
        if failed is not None:
            return failed
        if fault == "lost-404":
            raise GatewayError(404, "not_found", "The task is not found.")
        records = [record for task in tasks if (record := self._record(task, fault or task.fault))]
        if isinstance(wanted, str):
            return web.json_response(records[0] if records else {})
        return web.json_response({"items": records, "count": len(records)})

    def _record(self, task: Task, fault: str) -> JsonObject:
        """Return the record of a task, changed by a fault; empty for a lost one."""
        if fault == "lost":
            return {}
        finished = task.finished_at is not None and fault not in {"stuck", "error-string", "error-null"}
        response = self._response(task) if finished else _running(task, fault)
        if fault == "one" and response.get("data"):
            response["data"] = response["data"][0]
        if fault == "flat":
            return response
        record: JsonObject = {
            "_id": task.trace_id.replace("-", "")[:24],
            "user_id": task.trace_id,
            "credential_id": task.trace_id,
            "application_id": task.trace_id,
            "id": task.id,
            "type": "images",
            "trace_id": task.trace_id,
            "created_at": task.created_at,
            "request": task.generation.entry["body"],
        }
        if task.started_at is not None:
            record["started_at"] = task.started_at
        if task.started_at is not None or fault:
            record["response"] = response
        if finished and fault != "no-end":
            record |= {"finished_at": task.finished_at, "elapsed": (task.finished_at or 0) - task.created_at}
        return record | ({"status": "polishing"} if fault == "odd-status" else {})

    def _response(self, task: Task) -> JsonObject:
        """Return the answer to a finished call: its pictures or its error."""
        if task.failure is not None:
            return _failed(task) | {"error": _error_body(task.failure)}
        inline = task.generation.entry["body"].get("response_format") == "b64_json"
        if task.shown is None:
            task.shown = [self._item(task, picture, inline=inline) for picture in task.outcome]
        return {"success": True, "task_id": task.id, "trace_id": task.trace_id, "data": list(task.shown)}

    def _item(self, task: Task, picture: Outcome, *, inline: bool) -> JsonObject:
        item = picture_item(picture, self.results.publish, inline=inline, key="image_url")
        return {"prompt": task.generation.request.prompt, **item}


def _running(task: Task, fault: str) -> JsonObject:
    """Return the response of a task that is not finished."""
    if fault in {"error-string", "error-null"}:
        return _failed(task) | {"error": "temporary" if fault == "error-string" else None}
    return {"success": True, "task_id": task.id, "trace_id": task.trace_id, "data": []}


def _failed(task: Task) -> JsonObject:
    return {"success": False, "task_id": task.id, "trace_id": task.trace_id}


def _is_model_error(error: GatewayError) -> bool:
    return "SensitiveContent" in error.code or error.code == "InternalServiceError"


def _status(error: GatewayError) -> int:
    return 500 if _is_model_error(error) else error.status


def _error_body(error: GatewayError) -> JsonObject:
    """Return Ace Data Cloud's own code, with the official API's code in the message."""
    if not error.code[:1].isupper():
        return {"code": error.code, "message": error.message}
    code = "api_error" if _is_model_error(error) or error.status >= 500 else "bad_request"
    return {"code": code, "message": f"{error.code}: {error.message}"}


def _error_line(code: str) -> web.Response:
    frame = encode_ndjson({"error": {"code": code, "message": f"The request failed with {code}."}})
    return web.Response(body=frame, content_type=_NDJSON)


def _payment_required() -> web.Response:
    accepts = [{"scheme": "exact", "network": "base", "maxAmountRequired": "30000", "resource": "/seedream/images"}]
    return web.json_response({"x402Version": 1, "error": "Payment is required.", "accepts": accepts}, status=402)


async def _post(url: str, body: JsonObject) -> int | str:
    """Post a callback and return its status, or the name of the error."""
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_CALLBACK_TIMEOUT_S)) as client,
            client.post(url, json=body) as response,
        ):
            return response.status
    except (TimeoutError, aiohttp.ClientError) as error:
        return type(error).__name__
