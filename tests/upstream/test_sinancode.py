"""sinancode's wire format: requests, uploads, tasks and errors."""

from pathlib import Path
from typing import Any

import pytest

from bot.errors import UpstreamError, UpstreamKind
from bot.ids import TaskId
from bot.requests.request import Pixels, Request
from bot.upstream.contract import Completed, PictureReady, StoredFile
from bot.upstream.decoding.tasks import TaskOutcome
from bot.upstream.dialects.sinancode import SINANCODE, encode_query, encode_upload
from bot.upstream.dialects.table import encode
from bot.upstream.transport.http_messages import Answer, HttpRequest
from tests.fakes.dialects import answer, classification, comparable, context, decode_queried, decode_submitted, plain

K = UpstreamKind
BODY = {"prompt": "a fox", "version": "4.5", "max_images": 1, "size": "2K"}
A, B = "https://upload-tmp.sinancode.com/a.png", "https://upload-tmp.sinancode.com/b.png"
ONE, TWO = "https://r.example/1.jpeg", "https://r.example/2.jpeg"
FIRST, SECOND = PictureReady(index=0, address=ONE), PictureReady(index=1, address=TWO)


@pytest.mark.parametrize(
    ("request_", "references", "overrides"),
    [
        (plain("sinancode"), [], {}),
        (plain("sinancode", "4.0"), [], {"version": "4.0"}),
        (plain("sinancode", "5.0-lite", size="3K"), [], {"version": "5.0-lite", "size": "3K"}),
        (plain("sinancode", size=Pixels(width=2848, height=1600)), [], {"size": "2848x1600"}),
        (plain("sinancode", count=15), [], {"max_images": 15}),
        (plain("sinancode", count=4, per_call=1), [], {"max_images": 1}),
        (plain("sinancode"), [A], {"images": [A]}),
        (plain("sinancode", count=2), [A, B], {"images": [A, B], "max_images": 2}),
    ],
)
def test_encode(request_: Request, references: list[str], overrides: dict[str, Any]) -> None:
    """The cap is always sent, references are always a list, and no other fields exist."""
    assert encode(request_, references) == HttpRequest(method="POST", path="/generate/vol/seedream", body={**BODY, **overrides})


@pytest.mark.parametrize(("task", "path"), [("0123-ab", "/tasks/0123-ab"), ("a/../b?c", "/tasks/a%2F..%2Fb%3Fc")])
def test_a_task_id_is_quoted_in_the_path(task: str, path: str) -> None:
    """The gateway chooses the id, which must not lead to another path."""
    assert encode_query(TaskId(task)) == HttpRequest(method="GET", path=path)


def decode_upload(uploaded: Answer) -> str:
    assert SINANCODE.upload is not None
    return SINANCODE.upload.decode(uploaded, context("sinancode"))


def test_encode_upload() -> None:
    """One file in a multipart form, its bytes unchanged."""
    call = encode_upload(StoredFile(path=Path("a.png"), media_type="image/png"), boundary="xyz")

    assert (call.path, call.headers) == ("/api/upload/file", {"Content-Type": "multipart/form-data; boundary=xyz"})
    assert call.content == (
        b'--xyz\r\nContent-Disposition: form-data; name="file"; filename="reference.png"\r\nContent-Type: image/png\r\n\r\n',
        Path("a.png"),
        b"\r\n--xyz--\r\n",
    )


def test_decode_upload() -> None:
    """The address is the one that the gateway downloads the reference from."""
    assert decode_upload(answer({"url": A, "cn_url": B, "key": "k", "expires_at": 1})) == A


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, {"url": None}, K.UNKNOWN),
        (200, {"url": "file:///etc/passwd"}, K.UNKNOWN),
        (200, b"<html>", K.UNKNOWN),
        (401, {"message": "no"}, K.AUTH),
        (413, b"", K.TOO_LARGE),
        (500, b"", K.UPSTREAM),
    ],
)
def test_a_failed_upload(status: int, body: Any, kind: UpstreamKind) -> None:
    """An answer without a web address is an error."""
    with pytest.raises(UpstreamError) as caught:
        decode_upload(answer(body, status=status))

    assert caught.value.kind == kind


@pytest.mark.parametrize(
    ("body", "task", "events"),
    [
        ({"task_id": "t1"}, "t1", None),
        ({"task_id": 7}, "7", None),
        ({"task_id": "t1", "status": "queued"}, "t1", None),
        ({"id": "t1", "status": "processing"}, "t1", None),
        # An older page of the documentation calls the endpoint synchronous.
        ({"result": [{"type": "image", "url": ONE}]}, None, [FIRST, Completed()]),
        ({"data": [ONE, TWO]}, None, [FIRST, SECOND, Completed()]),
        ({"task_id": "t1", "status": "completed", "result": [ONE]}, "t1", [FIRST, Completed()]),
    ],
)
def test_an_accepted_submission(body: Any, task: str | None, events: list[object] | None) -> None:
    """The answer holds the id of a task, its outcome, or both."""
    accepted = decode_submitted("sinancode", answer(body))

    assert (accepted.task, None if accepted.outcome is None else comparable(accepted.outcome.events)) == (task, events)


@pytest.mark.parametrize(
    ("status", "body", "failure"),
    [
        (200, {}, (K.UNKNOWN, False, False)),
        (200, {"task_id": ""}, (K.UNKNOWN, False, False)),
        (200, {"task_id": True}, (K.UNKNOWN, False, False)),
        (200, b"what", (K.UNKNOWN, False, False)),
        (200, {"message": "odd"}, (K.UNKNOWN, False, False)),
        (200, {"error_code": "QuotaExceeded", "error_msg": "used up"}, (K.QUOTA, True, False)),
        (400, {"message": "size is not valid"}, (K.REQUEST, True, False)),
        (400, {"error_code": "InputTextRiskDetection"}, (K.POLICY_TEXT, True, False)),
        (401, {"message": "Unauthorized"}, (K.AUTH, True, False)),
        (402, b"", (K.BALANCE, True, False)),
        (429, b"", (K.RATE, True, True)),
        (500, {"error_msg": "oops"}, (K.UPSTREAM, False, False)),
    ],
)
def test_a_failed_submission(status: int, body: Any, failure: tuple[str, bool, bool]) -> None:
    """A success without a task id is not certain: the request may have been accepted."""
    with pytest.raises(UpstreamError) as caught:
        decode_submitted("sinancode", answer(body, status=status))

    assert classification(caught.value) == failure


PENDING = [
    {"id": "t", "status": "processing"},
    {"id": "t", "status": "queued"},
    {"id": "t", "status": "ascending to heaven", "result": [ONE]},
    {"id": "t", "status": "processing", "error_code": None, "result": None},
    {"id": "t"},
    {},
    {"id": "t", "status": None},
    {"id": "t", "status": 3},
]


@pytest.mark.parametrize("body", PENDING)
def test_an_unknown_state_counts_as_queued(body: Any) -> None:
    """Only `completed` and `failed` are final."""
    assert decode_queried("sinancode", answer(body)) is None


@pytest.mark.parametrize(
    ("result", "events"),
    [
        ([{"type": "image", "url": ONE}, {"type": "image", "url": TWO}], [FIRST, SECOND, Completed()]),
        ([ONE, TWO], [FIRST, SECOND, Completed()]),
        (ONE, [FIRST, Completed()]),
        ({"url": ONE}, [FIRST, Completed()]),
        ([{"type": "image"}, ONE], [(0, K.UNKNOWN), PictureReady(index=1, address=ONE), Completed()]),
    ],
)
def test_a_finished_task(result: Any, events: list[object]) -> None:
    """Every form of a result that the documentation and its clients show."""
    outcome = decode_queried("sinancode", answer({"id": "t", "status": "COMPLETED", "result": result}))

    assert outcome is not None
    assert comparable(outcome.events) == events


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"status": "failed", "error_code": "OutputImageSensitiveContentDetected", "error_msg": ""}, K.POLICY_OUTPUT),
        ({"status": "failed", "error_code": "VOLC_InputImageRiskDetection"}, K.POLICY_IMAGE),
        ({"status": "failed", "error_code": "E17", "error_msg": "see InputTextSensitiveContentDetected"}, K.POLICY_TEXT),
        ({"status": "failed", "error_code": "E17", "error_msg": "nobody knows"}, K.UNKNOWN),
        ({"status": "failed"}, K.UNKNOWN),
        ({"status": "failed", "error": {"code": "ServerOverloaded"}}, K.OVERLOAD),
    ],
)
def test_a_failed_task(body: Any, kind: UpstreamKind) -> None:
    """The gateway's report is final: certainly nothing was spent, and nothing is retried."""
    outcome = decode_queried("sinancode", answer({"id": "t", **body}))

    assert isinstance(outcome, TaskOutcome)
    assert classification(outcome.failure) == (kind, True, False)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (404, {"message": "not found"}, K.TASK_LOST),
        (401, b"", K.AUTH),
        (500, b"", K.UPSTREAM),
        (200, b"<html>", K.UNKNOWN),
        (429, b"", K.RATE),
    ],
)
def test_a_failed_query(status: int, body: Any, kind: UpstreamKind) -> None:
    """A failed query says nothing about the task, except that it may be lost."""
    with pytest.raises(UpstreamError) as caught:
        decode_queried("sinancode", answer(body, status=status))

    assert caught.value.kind == kind
