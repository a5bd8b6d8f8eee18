"""Ace Data Cloud (`facts/upstreams.md` 4): tasks, one answer, or lines of JSON. Encode and decode are pure."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any, Literal

from bot.errors import UpstreamError, UpstreamKind
from bot.ids import TaskId
from bot.requests.request import Request
from bot.upstream.answer import Answer
from bot.upstream.connection import GatewayConnection
from bot.upstream.contract import Call, PictureReady, UpstreamEvent
from bot.upstream.failures import Fault, FaultTable, describe, read_fault
from bot.upstream.http_client import JSON_LINES
from bot.upstream.modes.stream import listen
from bot.upstream.modes.tasks import DONE, FAILED, Ended, Taken, TaskWire, begin, done_with, failed_by, follow, not_taken, task_of
from bot.upstream.picture_list import billed, read_object, read_pictures, room_for

PATH = "/seedream/images"
QUERY_PATH = "/seedream/tasks"
K = UpstreamKind
FAULTS = FaultTable(
    codes={
        "bad_request": K.REQUEST,
        "api_not_implemented": K.REQUEST,
        "no_api": K.REQUEST,
        "no_token": K.AUTH,
        "invalid_token": K.AUTH,
        "token_expired": K.AUTH,
        "token_mismatched": K.AUTH,
        "disabled": K.ACCOUNT,
        "used_up": K.BALANCE,
        "forbidden": K.POLICY,
        "not_found": K.TASK_LOST,
        "request_too_large": K.TOO_LARGE,
        "too_many_requests": K.RATE,
        "api_error": K.UPSTREAM,
        "internal_error": K.UPSTREAM,
        "timeout": K.TIMEOUT,
    },
    statuses={403: K.POLICY},
    phrases={"model is invalid": K.MODEL},
)
QUERY_FAULTS = replace(FAULTS, statuses={**FAULTS.statuses, 404: K.TASK_LOST})
PICTURE_KEYS = frozenset({"image_url", "url", "b64_json", "error"})


def encode(request: Request, references: Sequence[str]) -> Call:
    """The paid call. What nobody asked for and no policy requires is left out."""
    body: dict[str, Any] = {"model": request.model_id, "prompt": request.prompt}
    if references:
        body["image"] = list(references)
    body["size"] = str(request.size)
    body["response_format"] = "b64_json" if request.delivery == "b64" else "url"
    if request.watermark is not None:
        body["watermark"] = request.watermark
    if request.count > 1:
        body["sequential_image_generation"] = "auto"
        body["sequential_image_generation_options"] = {"max_images": request.count}
    if request.format is not None:
        body["output_format"] = request.format
    if request.search:
        body["tools"] = [{"type": "web_search"}]
    if request.prompt_mode is not None:
        body["optimize_prompt_options"] = {"mode": request.prompt_mode}
    if request.mode == "async":
        body["async"] = True
    if request.mode != "stream":
        return Call(method="POST", path=PATH, body=body)
    return Call(method="POST", path=PATH, headers={"Accept": JSON_LINES[0]}, body={**body, "stream": True})


def encode_query(task: TaskId) -> Call:
    return Call(method="POST", path=QUERY_PATH, body={"id": task, "action": "retrieve"})


def decode(answer: Answer, *, now: float, secrets: tuple[str, ...] = ()) -> Taken:
    """What became of a submission. Raises UpstreamError."""
    body = read_object(answer, now=now, secrets=secrets, table=FAULTS)
    task = task_of(body.get("task_id")) or task_of(body.get("id"))
    ended = _ending(body, secrets)
    if task is not None or (ended is not None and ended.failure is None):
        trace = body.get("trace_id")
        return Taken(task=task, ended=ended, trace=trace if isinstance(trace, str) else None)
    fault = read_fault(body)
    raise not_taken() if fault is None else describe(fault, status=answer.status, table=FAULTS, secrets=secrets)


def decode_task(answer: Answer, *, now: float, secrets: tuple[str, ...] = ()) -> Ended | None:
    """A task's record, None while it runs. Raises UpstreamError where the question was not answered."""
    body = read_object(answer, now=now, secrets=secrets, table=QUERY_FAULTS)
    if not body:
        raise UpstreamError(K.TASK_LOST, certain=False, detail="the gateway knows no such task")
    fault = read_fault(body)
    if fault is not None and not {"id", "task_id", "response", "data"} & set(body):
        raise describe(fault, status=answer.status, table=QUERY_FAULTS, secrets=secrets)
    return _ending(body, secrets)


def _ending(record: Mapping[str, Any], secrets: tuple[str, ...]) -> Ended | None:
    """There is no word for it that can be relied on: what their own clients go by, in their order."""
    inner = record.get("response")
    response = inner if isinstance(inner, dict) else record
    data = response.get("data")
    shown = data if not isinstance(data, dict) or PICTURE_KEYS & set(data) else None
    pictures = read_pictures(shown, secrets=secrets, table=FAULTS)
    ready = any(isinstance(picture, PictureReady) for picture in pictures)
    match _verdict(record, response, ready=ready):
        case "done":
            return done_with(pictures, billed=billed(response))
        case "failed":
            fault = read_fault(response) or read_fault(record) or Fault()
            return failed_by(fault, table=FAULTS, secrets=secrets)
        case "pending":
            return None


def _verdict(
    record: Mapping[str, Any],
    response: Mapping[str, Any],
    *,
    ready: bool,
) -> Literal["done", "failed", "pending"]:
    word = _word(record, response, response.get("data"), record.get("data"))
    if word is not None:
        return "done" if word in DONE else "failed" if word in FAILED else "pending"
    error = response.get("error")
    if isinstance(error, dict) and error.get("code"):
        return "failed"
    success = response.get("success")
    if record.get("finished_at") and isinstance(success, bool):
        return "done" if success else "failed"
    return "done" if ready else "pending"


def _word(*places: Any) -> str | None:  # noqa: ANN401  # JSON
    words = (place.get(name) for place in places if isinstance(place, dict) for name in ("state", "status"))
    return next((word.strip().lower() for word in words if isinstance(word, str) and word.strip()), None)


TASKS = TaskWire(
    decode=decode,
    encode_query=encode_query,
    decode_task=decode_task,
    callback_field="callback_url",
)


class AcedataUpstream:
    """One Ace Data Cloud gateway."""

    def __init__(self, connection: GatewayConnection) -> None:
        self._connection = connection

    async def submit(self, request: Request, references: Sequence[str]) -> AsyncGenerator[UpstreamEvent]:
        second = request.second_model_id
        try:
            async with aclosing(self._speak(request, references)) as events:
                async for event in events:
                    yield event
        except UpstreamError as error:
            # The documents disagree about one model's id, and a call with the wrong one costs nothing.
            if error.kind is not K.MODEL or not error.certain or second is None:
                raise
        else:
            return
        async with aclosing(self._speak(replace(request, model_id=second), references)) as events:
            async for event in events:
                yield event

    def _speak(self, request: Request, references: Sequence[str]) -> AsyncGenerator[UpstreamEvent]:
        connection, call, most_bytes = self._connection, encode(request, references), room_for(request)
        if request.mode == "stream":
            return listen(connection.gateway, call, clock=connection.clock, most_bytes=most_bytes, table=FAULTS)
        return begin(connection, call, TASKS, most_bytes=most_bytes)

    def resume(self, request: Request, task: TaskId) -> AsyncGenerator[UpstreamEvent]:
        return follow(self._connection, task, TASKS, most_bytes=room_for(request))

    async def close(self) -> None:
        await self._connection.close()
