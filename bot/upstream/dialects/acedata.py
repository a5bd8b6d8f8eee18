"""Ace Data Cloud (`openapi/seedream.json` of AceDataCloud/Docs): Ark's fields; tasks, complete answers, or lines of JSON."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.errors import UpstreamKind
from bot.ids import TaskId
from bot.requests.request import Request
from bot.upstream.decoding.failures import FaultTable, read_fault
from bot.upstream.decoding.reported import read_billed
from bot.upstream.decoding.tasks import TaskRecord, TaskState, state_of
from bot.upstream.dialect import NO_TASK, Dialect, StreamFormat, TaskFormat
from bot.upstream.dialects.ark import common_fields, option_fields
from bot.upstream.transport.http_messages import NDJSON, HttpRequest

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
PICTURE_KEYS = frozenset({"image_url", "url", "b64_json", "error"})
RECORD_KEYS = frozenset({"id", "task_id", "response", "data"})


def encode(request: Request, references: Sequence[str]) -> HttpRequest:
    """Ark's fields, but the references are always a list."""
    body = {**common_fields(request, references), **option_fields(request)}
    if references:
        body["image"] = list(references)
    return HttpRequest(method="POST", path=PATH, body=body)


def encode_query(task: TaskId) -> HttpRequest:
    return HttpRequest(method="POST", path=QUERY_PATH, body={"id": task, "action": "retrieve"})


def read_record(record: Mapping[str, Any]) -> TaskRecord:
    """Nested under `response`, or flat as in older texts."""
    inner = record.get("response")
    response = inner if isinstance(inner, dict) else record
    data = response.get("data")
    return TaskRecord(
        state=_state(record, response),
        pictures=data if not isinstance(data, dict) or PICTURE_KEYS & data.keys() else None,
        billed=read_billed(response),
        fault=read_fault(response) or read_fault(record),
    )


def _state(record: Mapping[str, Any], response: Mapping[str, Any]) -> TaskState | None:
    """No field is always there: this is what the vendor's Python SDK and n8n node look at, in their order."""
    places = (place for place in (record, response, response.get("data"), record.get("data")) if isinstance(place, dict))
    states = (state_of(place.get(name)) for place in places for name in ("state", "status"))
    state = next((state for state in states if state is not None), None)
    if state is not None:
        return state
    error, success = response.get("error"), response.get("success")
    if isinstance(error, dict) and error.get("code"):
        return "failed"
    if record.get("finished_at") and isinstance(success, bool):
        return "done" if success else "failed"
    return None


ACEDATA = Dialect(
    encode=encode,
    free_call=encode_query(NO_TASK),
    faults=FAULTS,
    stream=StreamFormat(fields={"stream": True}, accept=NDJSON),
    tasks=TaskFormat(
        encode_query=encode_query,
        read_record=read_record,
        record_keys=RECORD_KEYS,
        fields={"async": True},
        callback_field="callback_url",
    ),
)
