"""sinancode: `POST /v1/generate/vol/seedream`, `GET /v1/tasks/{id}`, and its upload service on a host of its own.

Every call is a task. References are URLs, which the task downloads when it starts, from this machine only. Without
`max_images` it makes as many pictures as allowed. Withheld pictures of a set are left out; a task without any picture is
`failed` with the official code. Errors are `{"error_code", "message"}`.

Faults beside those of every gateway (`gateway.py`):

- `<name>.submit`, detail the prompt: `at-once` (made, and the result instead of a task id). `stuck` (never ends, nothing is
  made), `queued` (never starts), `lost`, `flat` and `odd-status` change every answer about the task, as the same words do under:
- `<name>.query`, detail the prompt: `stuck` (`processing`), `queued`, `lost` (404), `flat` (the result is a list of URLs),
  `odd-status` (an unknown status), `error-string` (failed, with nothing but an `error`), `error-null` (failed, without a
  reason); the faults that fail a submit answer instead of the task.
- `<name>.upload`: the faults that fail a submit, `slow:SECONDS`, and `expired` (the URL expires at once).
"""

from collections.abc import Mapping
from typing import ClassVar

from aiohttp import web

from sandbox.contracts import JsonObject
from sandbox.gateways.dialects.sinancode_rules import SinancodeRequest, read_call
from sandbox.gateways.dialects.sinancode_uploads import UploadService
from sandbox.gateways.gateway import BILLED_FAULTS, FAILING_FAULTS, SUBMIT_FAULTS, ErrorRow, FakeGateway, IncomingCall
from sandbox.gateways.image_maker import GenerationRequest
from sandbox.gateways.reference_urls import fetch_references
from sandbox.gateways.responses import GatewayError
from sandbox.gateways.tasks import Task, TaskRunner

_TASK_FAULTS = frozenset({"stuck", "queued", "lost", "flat", "odd-status"})
_QUERY_FAULTS = _TASK_FAULTS | {"", "error-string", "error-null"}


class Sinancode(FakeGateway):
    """sinancode."""

    path = "/v1"
    prices: ClassVar[Mapping[str, str]] = {"4.0": "0.03 USD", "4.5": "0.04 USD", "5.0-lite": "0.035 USD"}
    faults: ClassVar[Mapping[str, tuple[str, ...]]] = {
        **FakeGateway.faults,
        "submit": (*SUBMIT_FAULTS, "at-once", *sorted(_TASK_FAULTS)),
        "query": (*FAILING_FAULTS, *sorted(_TASK_FAULTS)),
        "upload": (*FAILING_FAULTS, "slow:SECONDS", "expired"),
    }
    limits: ClassVar[Mapping[str, float]] = {"first_poll_s": 1, "poll_s": 1.5}
    errors: ClassVar[Mapping[str, ErrorRow]] = {
        "no-key": (401, "unauthorized", "The API token is missing."),
        "wrong-key": (401, "unauthorized", "The API token is not valid."),
        "too-large": (413, "payload_too_large", "The request body is too large."),
        "no-json-type": (415, "unsupported_media_type", "The request body must be JSON."),
        "bad-json": (400, "invalid_request", "The request body is not valid JSON."),
        "429": (429, "rate_limited", "Too many requests."),
        "429-quota": (402, "insufficient_balance", "The balance is not sufficient."),
        "500": (500, "internal_error", "Something went wrong."),
        "503": (503, "unavailable", "The service is not available."),
    }

    async def on_start(self) -> None:
        self._tasks = TaskRunner(self.runtime, self.image_maker, pace=self.pace)
        self.exit_stack.push_async_callback(self._tasks.close)
        self._uploads = UploadService(self)
        self.upload_url = self._uploads.origin = await self.listen(self._uploads.routes())

    def settings(self) -> dict[str, str]:
        return super().settings() | {"upload_url": self.upload_url}

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/v1/generate/vol/seedream", self.endpoint(self._submit)),
            web.get("/v1/tasks/{id}", self.endpoint(self._query, reads_body=False)),
        ]

    def error_response(self, error: GatewayError, request_id: str) -> web.Response:
        body = {"error_code": error.code, "message": error.message, "request_id": request_id}
        return web.json_response(body, status=error.status, headers=error.headers)

    async def _submit(self, call: IncomingCall) -> web.StreamResponse:
        fault = self.take_fault("submit", call.prompt)
        failed = await self.fault_response(call.request, fault, passing=BILLED_FAULTS | _TASK_FAULTS | {"at-once"})
        if failed is not None:
            return failed
        asked = read_call(call.body)
        request = GenerationRequest(model=asked.version, prompt=asked.prompt, size=asked.size, number=asked.number)
        generation = self.image_maker.accept(request.with_fault(fault), call.body)
        task = self._tasks.create(generation, fault if fault in _TASK_FAULTS else "")
        if fault == "at-once":
            await self._run(task, asked)
            return web.json_response(self._to_json(task, ""))
        self._tasks.start(self._run(task, asked))
        await self.pause(fault)
        return self.late_fault_response(call.request, fault) or web.json_response({"task_id": task.id})

    async def _run(self, task: Task, asked: SinancodeRequest) -> None:
        try:
            self.image_maker.add_references(task.generation, await fetch_references(asked.references))
        except GatewayError as error:
            task.failure = error
            self._tasks.finish(task)
            return
        await self._tasks.run(task)

    async def _query(self, call: IncomingCall) -> web.StreamResponse:
        task = self._tasks.find(call.request.match_info["id"])
        fault = self.take_fault("query", task.generation.request.prompt if task is not None else "")
        failed = await self.fault_response(call.request, fault, passing=_QUERY_FAULTS)
        if failed is not None:
            return failed
        word = fault or (task.fault if task is not None else "")
        if task is None or word == "lost":
            raise GatewayError(404, "task_not_found", "There is no such task.")
        return web.json_response(self._to_json(task, word))

    def _to_json(self, task: Task, fault: str) -> JsonObject:
        """Return a task as it is now, or as a fault shows it."""
        match fault:
            case "odd-status":
                return {"id": task.id, "status": "polishing"}
            case "error-string":
                return {"id": task.id, "status": "failed", "error": "Something went wrong."}
            case "error-null":
                return {"id": task.id, "status": "failed", "error_code": None, "error_msg": None}
            case "stuck" | "queued":
                return {"id": task.id, "status": "processing" if fault == "stuck" else "queued"}
        if task.finished_at is None:
            return {"id": task.id, "status": "queued" if task.started_at is None else "processing"}
        if task.failure is not None:
            reason = {"error_code": task.failure.code, "error_msg": task.failure.message}
            return {"id": task.id, "status": "failed", **reason}
        if task.shown is None:
            task.shown = [{"type": "image", "url": self.results.publish(made.content, made.format)} for made in task.made]
        result = [item["url"] for item in task.shown] if fault == "flat" else task.shown
        return {"id": task.id, "status": "completed", "result": result}
