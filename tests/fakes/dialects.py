"""A simple request for any dialect, HTTP answers, and events in a form that can be compared."""

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from bot.catalog.profiles import GatewayProfile, profile
from bot.commands.command import Options
from bot.config.settings import Defaults, GatewaySettings, Secret
from bot.errors import UpstreamError
from bot.requests.request import Request, RequestSpec, build_request
from bot.upstream.contract import PictureMissing, UpstreamEvent
from bot.upstream.decoding.failures import DecodeContext
from bot.upstream.decoding.tasks import TaskAccepted, TaskOutcome, decode_record, decode_submission
from bot.upstream.dialect import TaskFormat
from bot.upstream.dialects.table import WIRE_FORMATS
from bot.upstream.http_messages import Answer

HOST = "https://gateway.example"


def settings(dialect: str, **differs: Any) -> GatewaySettings:
    """A gateway named after its dialect."""
    return replace(GatewaySettings(name=dialect, dialect=dialect, api_key=Secret("s3cr3t"), base_url=HOST), **differs)


def gateway(dialect: str, *, public_url: str | None = None, **differs: Any) -> GatewayProfile:
    return profile(settings(dialect, **differs), public_url=public_url)


def plain(dialect: str, model: str = "4.5", **differs: Any) -> Request:
    """A request for "a fox" to a gateway of this dialect, with some fields replaced."""
    spec = RequestSpec(prompt="a fox", options=Options(model=model))
    return replace(build_request(spec, gateway(dialect), Defaults()), **differs)


def answer(body: Any, *, status: int = 200, **headers: str) -> Answer:
    """An HTTP answer; header names are written with underscores."""
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status=status, headers=fields, body=body if isinstance(body, bytes) else json.dumps(body).encode())


def context(dialect: str) -> DecodeContext:
    """What an answer of this dialect is read with, at the beginning of 1970."""
    return DecodeContext(faults=WIRE_FORMATS[dialect].faults, now=0)


def decode(dialect: str, answer: Answer) -> tuple[UpstreamEvent, ...]:
    """The events of a complete answer."""
    return WIRE_FORMATS[dialect].decode(answer, context(dialect))


def task_format(dialect: str) -> TaskFormat:
    tasks = WIRE_FORMATS[dialect].tasks
    assert tasks is not None
    return tasks


def decode_submitted(dialect: str, answer: Answer) -> TaskAccepted:
    """The answer to the submission of a task."""
    return decode_submission(answer, task_format(dialect).read_record, context(dialect))


def decode_queried(dialect: str, answer: Answer) -> TaskOutcome | None:
    """The answer to a query of a task."""
    tasks = task_format(dialect)
    return decode_record(answer, tasks.read_record, context(dialect), keys=tasks.record_keys)


def comparable(events: Iterable[UpstreamEvent]) -> list[object]:
    """Events without their errors' details: an error compares by identity."""
    return [(event.index, event.error.kind) if isinstance(event, PictureMissing) else event for event in events]


def known(error: UpstreamError | None) -> tuple[str, bool, bool]:
    """A failure's kind, whether nothing was spent, and whether it may be tried again."""
    assert error is not None
    return error.kind, error.certain, error.retryable
