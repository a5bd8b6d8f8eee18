"""Requests, HTTP answers and decoded events for the tests of every dialect."""

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from bot.catalog.profiles import GatewayProfile, profile
from bot.commands.command import Options
from bot.config.settings import Defaults, GatewaySettings, Secret
from bot.errors import UpstreamError
from bot.requests.building import build_request
from bot.requests.request import Request, RequestSpec
from bot.upstream.contract import PictureMissing, UpstreamEvent
from bot.upstream.decoding.failures import DecodeContext
from bot.upstream.decoding.tasks import TaskAccepted, TaskOutcome, decode_record, decode_submission
from bot.upstream.dialect import TaskFormat
from bot.upstream.dialects.table import WIRE_FORMATS
from bot.upstream.transport.http_messages import Answer

HOST = "https://gateway.example"
MOST_PICTURES = 17
SET_MODEL = "5.0-lite"
"""Made where a request names no model: every dialect has it, and it takes the most options."""


def settings(dialect: str, **overrides: Any) -> GatewaySettings:
    """The settings of a gateway named after its dialect; `overrides` replace fields."""
    return replace(GatewaySettings(name=dialect, dialect=dialect, api_key=Secret("s3cr3t"), base_url=HOST), **overrides)


def gateway(
    dialect: str, *, public_url: str | None = None, default_model: str | None = SET_MODEL, **overrides: Any
) -> GatewayProfile:
    return profile(settings(dialect, **overrides), public_url=public_url, default_model=default_model)


def plain(dialect: str, model: str = "4.5", **overrides: Any) -> Request:
    """A request for "a fox" in this dialect; `overrides` replace fields."""
    spec = RequestSpec(prompt="a fox", options=Options(model=model))
    return replace(build_request(spec, gateway(dialect), Defaults()), **overrides)


def answer(body: Any, *, status: int = 200, **headers: str) -> Answer:
    """An HTTP answer with a JSON or raw body. Header names use underscores for hyphens."""
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status=status, headers=fields, body=body if isinstance(body, bytes) else json.dumps(body).encode())


def context(dialect: str, prompt: str = "a fox") -> DecodeContext:
    """The context for decoding an answer of this dialect to this prompt, with the clock at 0."""
    return DecodeContext(faults=WIRE_FORMATS[dialect].faults, prompt=prompt, most_pictures=MOST_PICTURES, now=0)


def decode(dialect: str, answer: Answer) -> tuple[UpstreamEvent, ...]:
    """Decode a complete answer into events."""
    return WIRE_FORMATS[dialect].decode(answer, context(dialect))


def task_format(dialect: str) -> TaskFormat:
    tasks = WIRE_FORMATS[dialect].tasks
    assert tasks is not None
    return tasks


def decode_submitted(dialect: str, answer: Answer) -> TaskAccepted:
    """Decode the answer to the submission of a task."""
    return decode_submission(answer, task_format(dialect).read_record, context(dialect))


def decode_queried(dialect: str, answer: Answer, *, prompt: str = "a fox") -> TaskOutcome | None:
    """Decode the answer to the query of a task; None while the task is pending."""
    tasks = task_format(dialect)
    return decode_record(answer, tasks.read_record, context(dialect, prompt), keys=tasks.record_keys)


def comparable(events: Iterable[UpstreamEvent]) -> list[object]:
    """Replace each PictureMissing by its index and error kind: exceptions compare by identity."""
    return [(event.index, event.error.kind) if isinstance(event, PictureMissing) else event for event in events]


def classification(error: UpstreamError | None) -> tuple[str, bool, bool]:
    """The kind of an error, whether certainly nothing was spent, and whether it may be retried."""
    assert error is not None
    return error.kind, error.certain, error.retryable
