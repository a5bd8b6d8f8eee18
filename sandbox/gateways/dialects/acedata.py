"""Ace Data Cloud: `POST /seedream/images` and `POST /seedream/tasks`.

One call answers at once, by a task id (`async`, or a `callback_url`), or line by line (`stream` with the header
`accept: application/x-ndjson`; without that header the answer comes whole). Fields it does not know, dotted model names
and a reference that is not in a list are 400 `bad_request`. Refusals of the model are 500 `api_error` with the official
code in the sentence. A task that nobody knows is `{}`. Only addresses on this machine get a callback; what became of it
stands in the call's record under `callback`.

Faults beside those of every gateway (`gateway.py`):

- `<name>.submit`, detail the prompt: `402` (a payment body), `other-lite-id` (knows the other id of 5.0-lite only), `504` is a JSON
  `timeout`; of streams `cut` `ended` `no-last-line` and `error-line:CODE`; of tasks `stuck` (never ends, nothing is made),
  `lost`, `flat`, `odd-status`, `no-end` and `one` colour every record as they do one under:
- `<name>.query`, detail the prompt: `stuck` (still running), `lost` (`{}`), `lost-404`, `flat` (the record's parts on top), `odd-status`
  (a `status` word nobody knows), `no-end` (no `finished_at`), `one` (`data` is an object), `error-string` and `error-null` (a running
  record whose response holds such an error); those of a submit that make nothing answer instead of the record.
- `<name>.callback`, detail the prompt: `none` (never sent), `twice`, `foreign` (first one for a task nobody knows), `error-string`, `error-null`.
"""

from collections.abc import Mapping
from typing import ClassVar

import aiohttp
from aiohttp import web

from sandbox.gateways.answers import FailedPicture, GatewayRefusal, MadePicture, ark_item
from sandbox.gateways.content_words import check_words
from sandbox.gateways.dialects.acedata_rules import LITE_IDS, AceRequest, read_call, wanted_tasks
from sandbox.gateways.dialects.ark import order_of, read_references
from sandbox.gateways.fetching import is_here
from sandbox.gateways.gateway import MADE, SPOILED, SUBMIT, Arrival, ErrorRow, Gateway
from sandbox.gateways.image_maker import Work
from sandbox.gateways.streaming import CUT, as_line, stream_set
from sandbox.gateways.tasks import Task, TaskBoard
from sandbox.stage import JsonObject

_NDJSON = "application/x-ndjson"
_RECORD = frozenset({"stuck", "lost", "flat", "odd-status", "no-end", "one"})
_QUERY = _RECORD | {"", "lost-404", "error-string", "error-null"}
_CALLBACK_S = 10.0


class AceData(Gateway):
    """Ace Data Cloud."""

    faults: ClassVar[Mapping[str, tuple[str, ...]]] = {
        **Gateway.faults,
        "submit": (*SUBMIT, "402", "other-lite-id", "error-line:CODE", *sorted(CUT), *sorted(_RECORD)),
        "query": (*SPOILED, "lost-404", *sorted(_RECORD)),
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

    async def opened(self) -> None:
        self._tasks = TaskBoard(self.stage, self.studio, pace=self.pace)
        self.closing.push_async_callback(self._tasks.close)

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/seedream/images", self._images), web.post("/seedream/tasks", self._query)]

    def refused(self, refusal: GatewayRefusal, request_id: str) -> web.Response:
        body = {"error": _error(refusal), "trace_id": request_id}
        return web.json_response(body, status=_status(refusal), headers=refusal.headers)

    async def _images(self, request: web.Request) -> web.StreamResponse:
        return await self.attend(request, self._submitted)

    async def _submitted(self, arrival: Arrival) -> web.StreamResponse:
        fault = self.fault_at("submit", arrival.prompt)
        if fault == "402":
            return _payment_required()
        if fault.startswith("error-line:"):
            return _error_line(fault.partition(":")[2])
        spoiled = await self.spoiled(arrival.request, fault, passing=MADE | CUT | _RECORD | {"other-lite-id"})
        if spoiled is not None:
            return spoiled
        call = read_call(arrival.body, lite_id=LITE_IDS[fault == "other-lite-id"])
        references = await read_references(call.asked.references)
        order = order_of(call.asked, references).altered(fault)
        if not call.deferred:
            check_words(order.prompt, references=bool(references))
        work = self.studio.open(order, arrival.body)
        if call.asked.stream and arrival.request.headers.get("Accept") == _NDJSON and fault not in {"504", "reset-after"}:
            return await self._streamed(arrival.request, call, work, fault)
        task = self._tasks.open(work, fault if fault in _RECORD else "")
        if call.deferred:
            self._tasks.begin(self._worked_off(task, call))
            await self.pause(fault)
            return self.spoiled_after(arrival.request, fault) or web.json_response({"task_id": task.id, "trace_id": task.trace})
        task.outcome += await self.made(work, fault)
        self._tasks.finish(task)
        if task.failure is not None:
            raise task.failure
        return self.spoiled_after(arrival.request, fault) or web.json_response(self._response(task))

    def spoiled_after(self, request: web.Request, fault: str) -> web.Response | None:
        if fault == "504":
            raise GatewayRefusal(*self.errors["504"])
        return super().spoiled_after(request, fault)

    async def _streamed(self, request: web.Request, call: AceRequest, work: Work, fault: str) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": _NDJSON})
        await self.pause(fault)
        await stream_set(
            request,
            response,
            work,
            studio=self.studio,
            head={"model": call.asked.model, "created": work.created},
            item=lambda picture: ark_item(picture, self.results.publish, inline=call.asked.inline),
            encode=as_line,
            fault=fault,
        )
        return response

    async def _worked_off(self, task: Task, call: AceRequest) -> None:
        await self._tasks.run(task)
        if call.callback_url is not None and task.finished_at is not None:
            await self._call_back(call.callback_url, task)

    async def _call_back(self, address: str, task: Task) -> None:
        """Post the result; nobody signs it and nobody tries again."""
        fault = self.fault_at("callback", task.work.order.prompt)
        body = self._response(task)
        if fault in {"error-string", "error-null"}:
            body = _failed(task) | {"error": "Something went wrong." if fault == "error-string" else None}
        strange = body | {"task_id": task.trace}
        for each in {"none": [], "twice": [body, body], "foreign": [strange, body]}.get(fault, [body]):
            task.work.entry["callback"] = await _posted(address, each) if is_here(address) else "not on this machine"

    async def _query(self, request: web.Request) -> web.StreamResponse:
        return await self.attend(request, self._queried)

    async def _queried(self, arrival: Arrival) -> web.StreamResponse:
        wanted = wanted_tasks(arrival.body)
        numbers = (wanted,) if isinstance(wanted, str) else wanted
        tasks = [task for number in numbers if (task := self._tasks.find(number)) is not None]
        fault = self.fault_at("query", tasks[0].work.order.prompt if tasks else "")
        spoiled = await self.spoiled(arrival.request, fault, passing=_QUERY)
        if spoiled is not None:
            return spoiled
        if fault == "lost-404":
            raise GatewayRefusal(404, "not_found", "The task is not found.")
        records = [record for task in tasks if (record := self._record(task, fault or task.manner))]
        if isinstance(wanted, str):
            return web.json_response(records[0] if records else {})
        return web.json_response({"items": records, "count": len(records)})

    def _record(self, task: Task, manner: str) -> JsonObject:
        """What is known of a task, in the manner a fault wants; empty for one that is lost."""
        if manner == "lost":
            return {}
        over = task.finished_at is not None and manner not in {"stuck", "error-string", "error-null"}
        response = self._response(task) if over else _running(task, manner)
        if manner == "one" and response.get("data"):
            response["data"] = response["data"][0]
        if manner == "flat":
            return response
        record: JsonObject = {
            "_id": task.trace.replace("-", "")[:24],
            "user_id": task.trace,
            "credential_id": task.trace,
            "application_id": task.trace,
            "id": task.id,
            "type": "images",
            "trace_id": task.trace,
            "created_at": task.created_at,
            "request": task.work.entry["body"],
            "response": response,
        }
        if task.started_at is not None:
            record["started_at"] = task.started_at
        if over and manner != "no-end":
            record |= {"finished_at": task.finished_at, "elapsed": (task.finished_at or 0) - task.created_at}
        return record | ({"status": "polishing"} if manner == "odd-status" else {})

    def _response(self, task: Task) -> JsonObject:
        """The answer to a call that is over: whole, or why there is none."""
        if task.failure is not None:
            return _failed(task) | {"error": _error(task.failure)}
        inline = task.work.entry["body"].get("response_format") == "b64_json"
        if task.shown is None:
            task.shown = [self._item(task, picture, inline=inline) for picture in task.outcome]
        return {"success": True, "task_id": task.id, "trace_id": task.trace, "data": list(task.shown)}

    def _item(self, task: Task, picture: MadePicture | FailedPicture, *, inline: bool) -> JsonObject:
        item = ark_item(picture, self.results.publish, inline=inline, key="image_url")
        return {"prompt": task.work.order.prompt, **item}


def _running(task: Task, manner: str) -> JsonObject:
    """The response of a task that is not over."""
    if manner in {"error-string", "error-null"}:
        return _failed(task) | {"error": "temporary" if manner == "error-string" else None}
    return {"success": True, "task_id": task.id, "trace_id": task.trace, "data": []}


def _failed(task: Task) -> JsonObject:
    return {"success": False, "task_id": task.id, "trace_id": task.trace}


def _is_of_the_model(refusal: GatewayRefusal) -> bool:
    return "SensitiveContent" in refusal.code or refusal.code == "InternalServiceError"


def _status(refusal: GatewayRefusal) -> int:
    return 500 if _is_of_the_model(refusal) else refusal.status


def _error(refusal: GatewayRefusal) -> JsonObject:
    """Their own code; the official API's stands in the sentence."""
    if not refusal.code[:1].isupper():
        return {"code": refusal.code, "message": refusal.sentence}
    code = "api_error" if _is_of_the_model(refusal) or refusal.status >= 500 else "bad_request"
    return {"code": code, "message": f"{refusal.code}: {refusal.sentence}"}


def _error_line(code: str) -> web.Response:
    frame = as_line({"error": {"code": code, "message": f"The request failed with {code}."}})
    return web.Response(body=frame, content_type=_NDJSON)


def _payment_required() -> web.Response:
    accepts = [{"scheme": "exact", "network": "base", "maxAmountRequired": "30000", "resource": "/seedream/images"}]
    return web.json_response({"x402Version": 1, "error": "Payment is required.", "accepts": accepts}, status=402)


async def _posted(address: str, body: JsonObject) -> int | str:
    """What the other side answered: a status, or why there is none."""
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_CALLBACK_S)) as client,
            client.post(address, json=body) as response,
        ):
            return response.status
    except (TimeoutError, aiohttp.ClientError) as error:
        return type(error).__name__
