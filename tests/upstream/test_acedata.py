"""Ace Data Cloud's wire format: requests, tasks and errors."""

from typing import Any

import pytest

from bot.errors import UpstreamError, UpstreamKind
from bot.ids import TaskId
from bot.requests.request import Pixels, Request
from bot.upstream.contract import Completed, PictureReady
from bot.upstream.dialects.acedata import encode_query
from bot.upstream.dialects.table import encode
from bot.upstream.transport.http_messages import HttpRequest
from tests.fakes.dialects import answer, classification, comparable, decode_queried, decode_submitted, plain

K = UpstreamKind
BODY = {
    "model": "doubao-seedream-4-5-251128",
    "prompt": "a fox",
    "size": "2K",
    "response_format": "url",
    "watermark": False,
}
A, B = "https://e.com/a.png", "data:image/jpeg;base64,BBBB"
SET_OF_3 = {"sequential_image_generation": "auto", "sequential_image_generation_options": {"max_images": 3}}
ONE, TWO = "https://r.example/1.jpeg", "https://r.example/2.jpeg"
FIRST, SECOND = PictureReady(index=0, address=ONE), PictureReady(index=1, address=TWO)
LITE = plain("acedata", "5.0-lite", mode="sync")
PLAIN = plain("acedata", mode="sync")


@pytest.mark.parametrize(
    ("request_", "references", "overrides"),
    [
        (plain("acedata"), [], {"async": True}),
        (PLAIN, [], {}),
        (
            plain("acedata", "4.0", mode="sync", prompt_mode="fast"),
            [],
            {"model": "doubao-seedream-4-0-250828", "optimize_prompt_options": {"mode": "fast"}},
        ),
        (LITE, [], {"model": "doubao-seedream-5-0-lite-260128"}),
        (plain("acedata", size=Pixels(width=2304, height=1728)), [], {"size": "2304x1728", "async": True}),
        (plain("acedata", watermark=True), [], {"watermark": True, "async": True}),
        (plain("acedata", count=3), [A], {"image": [A], **SET_OF_3, "async": True}),
        (plain("acedata"), [A, B], {"image": [A, B], "async": True}),
        (
            plain("acedata", format="png", search=True),
            [],
            {"output_format": "png", "tools": [{"type": "web_search"}], "async": True},
        ),
    ],
)
def test_encode(request_: Request, references: list[str], overrides: dict[str, Any]) -> None:
    """Ark's fields, references always in a list, and `async` to get a task; no `action` and no callback address."""
    assert encode(request_, references) == HttpRequest(method="POST", path="/seedream/images", body={**BODY, **overrides})


def test_encode_a_stream() -> None:
    """A stream is requested by `stream` and by the media type of JSON lines, without the fields of a task."""
    assert encode(plain("acedata", mode="stream", count=3), []) == HttpRequest(
        method="POST",
        path="/seedream/images",
        accept="application/x-ndjson",
        body={**BODY, **SET_OF_3, "stream": True},
    )


def test_encode_a_query() -> None:
    """Picture tasks are queried by `id`."""
    assert encode_query(TaskId("t1")) == HttpRequest(
        method="POST", path="/seedream/tasks", body={"id": "t1", "action": "retrieve"}
    )


@pytest.mark.parametrize(
    ("body", "task", "events"),
    [
        ({"task_id": "t1"}, "t1", None),
        ({"success": True, "task_id": "t1", "trace_id": "x"}, "t1", None),
        ({"success": True, "task_id": "t1", "data": []}, "t1", None),
        ({"success": True, "task_id": "t1", "data": [{"image_url": ONE, "size": "2K"}]}, "t1", [FIRST, Completed()]),
        ({"success": True, "task_id": "t1", "data": {"image_url": ONE, "model": "m"}}, "t1", [FIRST, Completed()]),
        ({"success": True, "data": [{"url": ONE}, {"image_url": TWO}]}, None, [FIRST, SECOND, Completed()]),
        ({"task_id": "t1", "data": [{"b64_json": "Zm94"}]}, "t1", [PictureReady(index=0, data=b"fox"), Completed()]),
        (
            {
                "task_id": "t1",
                "data": [{"image_url": ONE}, {"error": {"code": "OutputImageRiskDetection"}}],
                "usage": {"generated_images": 1},
            },
            "t1",
            [FIRST, (1, K.POLICY_OUTPUT), Completed(billed=1)],
        ),
    ],
)
def test_an_accepted_submission(body: Any, task: str | None, events: list[object] | None) -> None:
    """The answer holds the id of a task, its outcome, or both."""
    accepted = decode_submitted("acedata", answer(body))

    assert (accepted.task, None if accepted.outcome is None else comparable(accepted.outcome.events)) == (task, events)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"success": False, "task_id": "t1", "error": {"code": "timeout", "message": "m"}}, K.TIMEOUT),
        ({"success": False, "task_id": "t1", "error": {"code": "api_error", "message": "m"}}, K.UPSTREAM),
        ({"success": False, "task_id": "t1", "error": {"code": "x", "message": "InputTextRiskDetection"}}, K.POLICY_TEXT),
    ],
)
def test_a_submission_whose_task_failed(body: Any, kind: UpstreamKind) -> None:
    """A failure with a task id is final; a callback would report the same."""
    accepted = decode_submitted("acedata", answer(body))

    assert accepted.task == "t1"
    assert accepted.outcome is not None
    assert classification(accepted.outcome.failure) == (kind, True, False)


def fault(code: Any, message: Any = "m") -> dict[str, Any]:
    return {"error": {"code": code, "message": message}, "trace_id": "x"}


@pytest.mark.parametrize(
    ("status", "body", "failure"),
    [
        (400, fault("bad_request"), (K.REQUEST, True, False)),
        (400, fault("bad_request", "model is invalid."), (K.MODEL, True, False)),
        (400, fault("api_not_implemented"), (K.REQUEST, True, False)),
        (400, fault("no_token"), (K.AUTH, True, False)),
        (401, fault("invalid_token"), (K.AUTH, True, False)),
        (401, fault("token_expired"), (K.AUTH, True, False)),
        (401, fault("token_mismatched"), (K.AUTH, True, False)),
        (402, {"x402Version": 1, "accepts": [{}]}, (K.BALANCE, True, False)),
        (400, fault("disabled"), (K.ACCOUNT, True, False)),
        (403, fault("used_up"), (K.BALANCE, True, False)),
        (403, fault("forbidden"), (K.POLICY, True, False)),
        (403, fault("something else"), (K.POLICY, True, False)),
        (403, b"", (K.POLICY, True, False)),
        (404, fault("no_api"), (K.REQUEST, True, False)),
        (413, fault("request_too_large"), (K.TOO_LARGE, True, False)),
        (429, fault("too_many_requests"), (K.RATE, True, True)),
        (500, fault("api_error"), (K.UPSTREAM, False, False)),
        (500, fault("internal_error"), (K.UPSTREAM, False, False)),
        (504, fault("timeout"), (K.TIMEOUT, False, False)),
        (500, fault("api_error", "InputImageSensitiveContentDetected.PrivacyInformation: no"), (K.UPSTREAM, False, False)),
        (200, fault("too_many_requests"), (K.RATE, True, True)),
        (200, {"success": False, "error": "temporary"}, (K.UNKNOWN, False, False)),
        (200, {"success": False, "error": None}, (K.UNKNOWN, False, False)),
        (400, {"detail": "size must be one of"}, (K.REQUEST, True, False)),
        (400, {"error": "bad"}, (K.REQUEST, True, False)),
        (200, {}, (K.UNKNOWN, False, False)),
        (200, b"<html>", (K.UNKNOWN, False, False)),
        (502, b"<html>", (K.UPSTREAM, False, False)),
    ],
)
def test_a_failed_submission(status: int, body: Any, failure: tuple[str, bool, bool]) -> None:
    """Every row of the documented error table, in every shape that the provider's own clients have met."""
    with pytest.raises(UpstreamError) as caught:
        decode_submitted("acedata", answer(body, status=status))

    assert classification(caught.value) == failure


def record(response: Any, **more: Any) -> dict[str, Any]:
    return {"id": "t1", "created_at": 1.0, "request": {}, "response": response, **more}


GOOD = {"success": True, "data": [{"image_url": ONE}]}
BAD = {"success": False, "error": {"code": "api_error", "message": "m"}}


@pytest.mark.parametrize(
    "body",
    [
        record(None),
        record({"success": True, "data": []}),
        record({"success": False, "error": "temporary"}),
        record({"success": False, "error": {"message": "no code"}}),
        record({}, started_at=1.1),
        record(GOOD, status="running"),
        record(BAD, state="pending"),
        record({}, finished_at=2.0),
        {"id": "t1"},
        {"task_id": "t1", "success": True},
        {"id": "t1", "data": {"status": "processing"}},
    ],
)
def test_a_task_without_a_final_state_is_pending(body: Any) -> None:
    """An unknown state counts as pending, and so does a success without pictures."""
    assert decode_queried("acedata", answer(body)) is None


@pytest.mark.parametrize(
    "body",
    [
        record(GOOD),
        record(GOOD, finished_at=2.0, elapsed=1.0),
        record({"data": [{"image_url": ONE}]}, finished_at=2.0),
        record(GOOD, status="Succeeded"),
        record({**GOOD, "state": "finished"}),
        {"task_id": "t1", **GOOD},
        {"id": "t1", "data": [{"url": ONE}]},
        {"id": "t1", "data": {"image_url": ONE, "status": "complete"}},
    ],
)
def test_a_finished_task(body: Any) -> None:
    """A state, a finish time or a picture marks it as finished, in a nested or a flat record."""
    outcome = decode_queried("acedata", answer(body))

    assert outcome is not None
    assert comparable(outcome.events) == [FIRST, Completed()]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (record(BAD), K.UPSTREAM),
        (record(BAD, finished_at=2.0), K.UPSTREAM),
        (record({"success": False, "error": "went wrong"}, finished_at=2.0), K.UNKNOWN),
        (record({"success": False}, finished_at=2.0), K.UNKNOWN),
        (record({"error": {"code": "api_error", "message": "InputImageRiskDetection …"}}), K.POLICY_IMAGE),
        (record({}, status="rejected", error={"code": "forbidden"}), K.POLICY),
        ({"task_id": "t1", "success": False, "error": {"code": "used_up", "message": ""}}, K.BALANCE),
        ({"id": "t1", "status": "canceled"}, K.UNKNOWN),
    ],
)
def test_a_failed_task(body: Any, kind: UpstreamKind) -> None:
    """The gateway's report is final: certainly nothing was spent, and nothing is retried."""
    outcome = decode_queried("acedata", answer(body))

    assert outcome is not None
    assert classification(outcome.failure) == (kind, True, False)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, {}, K.TASK_LOST),
        (404, fault("not_found"), K.TASK_LOST),
        (404, b"", K.TASK_LOST),
        (200, fault("not_found"), K.TASK_LOST),
        (200, fault("too_many_requests"), K.RATE),
        (429, fault("too_many_requests"), K.RATE),
        (401, fault("invalid_token"), K.AUTH),
        (500, fault("api_error"), K.UPSTREAM),
        (504, fault("timeout"), K.TIMEOUT),
        (200, b"[]", K.UNKNOWN),
    ],
)
def test_a_failed_query(status: int, body: Any, kind: UpstreamKind) -> None:
    """A failed query says nothing about the task, except that it may be lost."""
    with pytest.raises(UpstreamError) as caught:
        decode_queried("acedata", answer(body, status=status))

    assert caught.value.kind == kind
