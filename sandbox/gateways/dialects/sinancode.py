"""sinancode: `POST /v1/generate/vol/seedream`, `GET /v1/tasks/{id}`, and its upload service on a host of its own.

Every call is a task. References are addresses; the task gets them when it begins, from this machine only. Without
`max_images` it makes as many pictures as there is room for. Pictures of a set that were withheld are left out; a task
that brought nothing is `failed` with the official code. Errors are `{"error_code", "message"}`.

Faults beside those of every gateway (`gateway.py`):

- `<name>.submit`, detail the prompt: `at-once` (made, and the result instead of a task id); `stuck` (never ends, nothing is made),
  `queued` (is never begun), `lost`, `flat` and `odd-status` colour every answer about the task as they do one under:
- `<name>.query`, detail the prompt: `stuck` (`processing`), `queued`, `lost` (404), `flat` (the result is a list of addresses),
  `odd-status` (a word nobody knows), `error-string` (failed, with nothing but an `error`), `error-null` (failed, without a reason); those
  of a submit that make nothing answer instead of the task.
- `<name>.upload`: those of a submit that make nothing, `slow:SECONDS`, and `expired` (the address is gone at once).
"""

from collections.abc import Mapping
from typing import ClassVar

from aiohttp import web

from sandbox.gateways.answers import GatewayRefusal
from sandbox.gateways.dialects.sinancode_rules import SinanRequest, read_call
from sandbox.gateways.fetching import fetch_references
from sandbox.gateways.gateway import MADE, SPOILED, SUBMIT, Arrival, ErrorRow, Gateway
from sandbox.gateways.image_maker import Order
from sandbox.gateways.tasks import Task, TaskBoard
from sandbox.gateways.uploads import UploadService
from sandbox.stage import JsonObject

_MANNERS = frozenset({"stuck", "queued", "lost", "flat", "odd-status"})
_QUERY = _MANNERS | {"", "error-string", "error-null"}


class Sinancode(Gateway):
    """sinancode."""

    path = "/v1"
    prices: ClassVar[Mapping[str, str]] = {"4.0": "0.03 USD", "4.5": "0.04 USD", "5.0-lite": "0.035 USD"}
    faults: ClassVar[Mapping[str, tuple[str, ...]]] = {
        **Gateway.faults,
        "submit": (*SUBMIT, "at-once", *sorted(_MANNERS)),
        "query": (*SPOILED, *sorted(_MANNERS)),
        "upload": (*SPOILED, "slow:SECONDS", "expired"),
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

    async def opened(self) -> None:
        self._tasks = TaskBoard(self.stage, self.studio, pace=self.pace)
        self.closing.push_async_callback(self._tasks.close)
        self._uploads = UploadService(self)
        self.upload_url = self._uploads.origin = await self.listen(self._uploads.routes())

    def settings(self) -> dict[str, str]:
        return super().settings() | {"upload_url": self.upload_url}

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/v1/generate/vol/seedream", self._generate), web.get("/v1/tasks/{id}", self._query)]

    def refused(self, refusal: GatewayRefusal, request_id: str) -> web.Response:
        body = {"error_code": refusal.code, "message": refusal.sentence, "request_id": request_id}
        return web.json_response(body, status=refusal.status, headers=refusal.headers)

    async def _generate(self, request: web.Request) -> web.StreamResponse:
        return await self.attend(request, self._submitted)

    async def _submitted(self, arrival: Arrival) -> web.StreamResponse:
        fault = self.fault_at("submit", arrival.prompt)
        spoiled = await self.spoiled(arrival.request, fault, passing=MADE | _MANNERS | {"at-once"})
        if spoiled is not None:
            return spoiled
        call = read_call(arrival.body)
        order = Order(prompt=call.prompt, size=call.size, number=call.number)
        work = self.studio.open(order.altered(fault), arrival.body)
        task = self._tasks.open(work, fault if fault in _MANNERS else "")
        if fault == "at-once":
            await self._worked_off(task, call)
            return web.json_response(self._described(task, ""))
        self._tasks.begin(self._worked_off(task, call))
        await self.pause(fault)
        return self.spoiled_after(arrival.request, fault) or web.json_response({"task_id": task.id})

    async def _worked_off(self, task: Task, call: SinanRequest) -> None:
        try:
            self.studio.note_references(task.work, await fetch_references(call.references))
        except GatewayRefusal as refusal:
            task.failure = refusal
            self._tasks.finish(task)
            return
        await self._tasks.run(task)

    async def _query(self, request: web.Request) -> web.StreamResponse:
        return await self.attend(request, self._queried, reads=False)

    async def _queried(self, arrival: Arrival) -> web.StreamResponse:
        task = self._tasks.find(arrival.request.match_info["id"])
        fault = self.fault_at("query", task.work.order.prompt if task is not None else "")
        spoiled = await self.spoiled(arrival.request, fault, passing=_QUERY)
        if spoiled is not None:
            return spoiled
        manner = fault or (task.manner if task is not None else "")
        if task is None or manner == "lost":
            raise GatewayRefusal(404, "task_not_found", "There is no such task.")
        return web.json_response(self._described(task, manner))

    def _described(self, task: Task, manner: str) -> JsonObject:
        """A task as it stands, in the manner a fault wants."""
        match manner:
            case "odd-status":
                return {"id": task.id, "status": "polishing"}
            case "error-string":
                return {"id": task.id, "status": "failed", "error": "Something went wrong."}
            case "error-null":
                return {"id": task.id, "status": "failed", "error_code": None, "error_msg": None}
            case "stuck" | "queued":
                return {"id": task.id, "status": "processing" if manner == "stuck" else "queued"}
        if task.finished_at is None:
            return {"id": task.id, "status": "queued" if task.started_at is None else "processing"}
        if task.failure is not None:
            why = {"error_code": task.failure.code, "error_msg": task.failure.sentence}
            return {"id": task.id, "status": "failed", **why}
        if task.shown is None:
            task.shown = [{"type": "image", "url": self.results.publish(made.content, made.format)} for made in task.made]
        result = [item["url"] for item in task.shown] if manner == "flat" else task.shown
        return {"id": task.id, "status": "completed", "result": result}
