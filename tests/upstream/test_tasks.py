"""Tasks over HTTP: submitted once, polled until they end, and resumed after a restart."""

from pathlib import Path

import pytest

from bot.catalog.profiles import profile
from bot.config.settings import GatewayLimits
from bot.errors import UpstreamError, UpstreamKind
from bot.ids import TaskId
from bot.upstream.contract import Completed, PictureReady, Started, StoredFile
from bot.upstream.gateway_upstream import open_upstream
from tests.fakes.clock import FakeClock
from tests.fakes.dialects import classification, plain, settings
from tests.fakes.exchange import FAST, exchange
from tests.fakes.wire import Behaviour, answers_json, opened, says, writes

K = UpstreamKind
ONE = "https://r.example/1.jpeg"
PICTURE = PictureReady(index=0, address=ONE)
RUNNING = {"acedata": {"id": "t1", "response": None}, "sinancode": {"id": "t1", "status": "processing"}}
DONE = {
    "acedata": {"id": "t1", "finished_at": 2.0, "response": {"success": True, "data": [{"image_url": ONE}]}},
    "sinancode": {"id": "t1", "status": "completed", "result": [{"type": "image", "url": ONE}]},
}
DIALECTS = ("acedata", "sinancode")


@pytest.mark.parametrize(
    ("dialect", "path", "seconds"), [("acedata", "/seedream/images", 11.0), ("sinancode", "/generate/vol/seedream", 9.0)]
)
async def test_a_task_from_submission_to_outcome(dialect: str, path: str, seconds: float) -> None:
    """One paid call, an event with the task's id, then polls at the dialect's intervals."""
    result = await exchange(
        dialect,
        answers_json({"task_id": "t1"}, x_request_id="r1"),
        answers_json(RUNNING[dialect]),
        answers_json(RUNNING[dialect]),
        answers_json(DONE[dialect]),
    )

    query = {"acedata": "POST /seedream/tasks", "sinancode": "GET /tasks/t1"}[dialect]
    assert (result.events, result.failure) == ([Started(task=TaskId("t1"), trace="r1"), PICTURE, Completed()], None)
    assert result.request_lines == [f"POST {path}", query, query, query]
    assert result.seconds == seconds


async def test_a_trace_in_the_body_is_kept() -> None:
    """The gateway's support asks for it."""
    result = await exchange("acedata", answers_json({"task_id": "t1", "trace_id": "x9"}), answers_json(DONE["acedata"]))

    assert result.events[0] == Started(task=TaskId("t1"), trace="x9")


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_a_result_in_the_first_answer_is_not_polled(dialect: str) -> None:
    """The submission's answer may hold the outcome already."""
    finished = {"acedata": {"task_id": "t1", "data": [{"image_url": ONE}]}, "sinancode": {"result": [ONE]}}[dialect]

    result = await exchange(dialect, answers_json(finished))

    assert (result.events[1:], result.failure, len(result.request_lines)) == ([PICTURE, Completed()], None, 1)


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_a_task_is_resumed_after_a_restart(dialect: str) -> None:
    """Nothing is submitted, and the first poll is immediate."""
    result = await exchange(dialect, answers_json(RUNNING[dialect]), answers_json(DONE[dialect]), task="t1")

    assert (result.events, result.failure, result.seconds) == ([PICTURE, Completed()], None, 3.0)
    assert not any("images" in line or "generate" in line for line in result.request_lines)


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_a_failed_poll_is_repeated(dialect: str) -> None:
    """Server errors, HTML pages, cut answers and refusals do not end the task; `Retry-After` is respected."""
    result = await exchange(
        dialect,
        answers_json({"task_id": "t1"}),
        answers_json({}, status=500),
        says(b"<html>maintenance</html>", status=502),
        writes(b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n{}"),
        answers_json({"error": {"code": "AccountOverdueError"}}, status=403),
        answers_json({"message": "slow down"}, status=429, retry_after="40"),
        answers_json(["what"]),
        answers_json(DONE[dialect]),
    )

    first_poll_s = {"acedata": 5.0, "sinancode": 3.0}[dialect]
    assert (result.events[1:], result.failure, len(result.request_lines)) == ([PICTURE, Completed()], None, 8)
    assert result.seconds == first_poll_s + 5 * 3.0 - 3.0 + 40.0 + 3.0


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_a_refused_key_ends_the_polls(dialect: str) -> None:
    """The task may still run and be billed, so that its outcome is not certain."""
    result = await exchange(dialect, answers_json({"task_id": "t1"}), answers_json({}, status=401))

    assert (classification(result.failure), len(result.request_lines)) == ((K.AUTH, False, False), 2)


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_a_task_without_an_outcome_is_uncertain(dialect: str) -> None:
    """Polling ends after ten minutes."""
    result = await exchange(dialect, answers_json({"task_id": "t1"}), answers_json(RUNNING[dialect]))

    assert classification(result.failure) == (K.TIMEOUT, False, False)
    assert 590 <= result.seconds <= 600


async def test_poll_intervals_and_deadline_are_settings() -> None:
    """The gateway's limits replace the dialect's."""
    limits = GatewayLimits(first_poll_s=1.0, poll_s=10.0, deadline_s=45.0)

    result = await exchange("acedata", answers_json({"task_id": "t1"}), answers_json(RUNNING["acedata"]), limits=limits)

    assert (classification(result.failure)[0], len(result.request_lines), result.seconds) == (K.TIMEOUT, 6, 41.0)


@pytest.mark.parametrize(
    ("dialect", "lost"),
    [
        ("acedata", answers_json({})),
        ("acedata", answers_json({"error": {"code": "not_found"}}, status=404)),
        ("sinancode", answers_json({"message": "no such task"}, status=404)),
    ],
)
async def test_a_lost_task(dialect: str, lost: Behaviour) -> None:
    """Three reports in a row are needed: right after the submission the task may not be listed yet."""
    late = await exchange(dialect, answers_json({"task_id": "t1"}), lost, lost, answers_json(DONE[dialect]))
    gone = await exchange(dialect, answers_json({"task_id": "t1"}), lost)

    assert (late.events[1:], late.failure) == ([PICTURE, Completed()], None)
    assert (classification(gone.failure), len(gone.request_lines)) == ((K.TASK_LOST, False, False), 4)


async def test_an_unknown_model_is_submitted_under_its_second_id() -> None:
    """The documents disagree about one id. A refusal costs nothing, and a second one is final."""
    refusal = answers_json({"error": {"code": "bad_request", "message": "model is invalid."}}, status=400)
    lite = plain("acedata", "5.0-lite")

    second = await exchange("acedata", refusal, answers_json({"task_id": "t1"}), answers_json(DONE["acedata"]), request=lite)
    neither = await exchange("acedata", refusal, request=lite)
    no_second_id = await exchange("acedata", refusal)

    assert [body.get("model") for body in second.bodies] == [
        "doubao-seedream-5-0-lite-260128",
        "doubao-seedream-5-0-260128",
        None,
    ]
    assert (second.failure, classification(neither.failure), len(neither.request_lines)) == (None, (K.MODEL, True, False), 2)
    assert (classification(no_second_id.failure), len(no_second_id.request_lines)) == ((K.MODEL, True, False), 1)


JSON_LINES = (
    b'{"type":"image_generation.partial_succeeded","image_index":0,"image_url":"https://r.example/1.jpeg"}\n\n'
    b'{"type":"image_generation.completed","usage":{"generated_images":1}}\n'
)


@pytest.mark.parametrize(
    "content_type", ["application/x-ndjson", "application/x-ndjson; charset=utf-8", "application/json", "text/plain"]
)
async def test_a_stream_of_json_lines(content_type: str) -> None:
    """The content type of the answer does not matter."""
    result = await exchange(
        "acedata",
        says(JSON_LINES, content_type=content_type, x_request_id="r1"),
        request=plain("acedata", mode="stream", count=2),
    )

    assert (result.events, result.failure) == ([Started(trace="r1"), PICTURE, Completed(billed=1)], None)
    assert len(result.request_lines) == 1


@pytest.mark.parametrize("content_type", ["application/x-ndjson", "application/json"])
async def test_a_cut_stream_of_json_lines(content_type: str) -> None:
    """The picture is kept, and the outcome is ambiguous."""
    result = await exchange(
        "acedata", says(JSON_LINES.split(b"\n")[0], content_type=content_type), request=plain("acedata", mode="stream", count=2)
    )

    assert (result.events, classification(result.failure)) == ([Started(), PICTURE], (K.AMBIGUOUS, False, False))


async def test_a_refused_stream() -> None:
    """A refusal is decoded in the same way in every mode."""
    result = await exchange(
        "acedata", answers_json({"error": {"code": "used_up"}}, status=403), request=plain("acedata", mode="stream")
    )

    assert (result.events, classification(result.failure)) == ([], (K.BALANCE, True, False))


async def upload(behaviour: Behaviour, folder: Path) -> tuple[str | None, UpstreamError | None, list[bytes]]:
    """Upload a picture; return its address, the failure, and the HTTP requests."""
    file = StoredFile(path=folder / "picture", media_type="image/png")
    file.path.write_bytes(b"picture")
    async with opened(behaviour) as wire:
        configured = settings("sinancode", upload_url=wire.url())
        upstream = open_upstream(configured, profile(configured), clock=FakeClock(), timeouts=FAST)
        try:
            return await upstream.upload(file), None, wire.requests
        except UpstreamError as error:
            return None, error, wire.requests
        finally:
            await upstream.close()


async def test_an_upload_goes_to_the_upload_service(tmp_path: Path) -> None:
    """The form holds the bytes and their media type; the answer is the address."""
    address, failure, (request,) = await upload(answers_json({"url": "https://upload-tmp.sinancode.com/x.png"}), tmp_path)

    head, _, content = request.partition(b"\r\n\r\n")
    assert (address, failure) == ("https://upload-tmp.sinancode.com/x.png", None)
    assert head.startswith(b"POST /api/upload/file HTTP/1.1")
    assert b"Content-Type: multipart/form-data; boundary=" in head
    assert b"\r\n\r\npicture\r\n--" in content


@pytest.mark.parametrize(
    ("behaviour", "failure"),
    [
        (answers_json({}, status=500), (K.UPSTREAM, True, True)),
        (answers_json({}, status=429), (K.RATE, True, True)),
        (answers_json({}, status=401), (K.AUTH, True, False)),
        (answers_json({}, status=413), (K.TOO_LARGE, True, False)),
        (answers_json({"message": "InputImageRiskDetection"}, status=400), (K.REFERENCE, True, False)),
        (answers_json({"url": ""}), (K.UNKNOWN, True, True)),
        (writes(reset=True), (K.AMBIGUOUS, True, True)),
    ],
)
async def test_a_failed_upload_is_certain(tmp_path: Path, behaviour: Behaviour, failure: tuple[str, bool, bool]) -> None:
    """The paid call has not been made."""
    _, error, _ = await upload(behaviour, tmp_path)

    assert classification(error) == failure


@pytest.mark.parametrize("dialect", ["ark_intl", "uniall", "unode", "opeai"])
async def test_other_dialects_have_neither_tasks_nor_uploads(dialect: str) -> None:
    """They cannot resume after a restart."""
    upstream = open_upstream(settings(dialect), profile(settings(dialect)))
    try:
        with pytest.raises(UpstreamError) as refused:
            await upstream.upload(StoredFile(path=Path("picture"), media_type="image/png"))
        with pytest.raises(UpstreamError) as lost:
            _ = [event async for event in upstream.resume(plain(dialect), TaskId("t1"))]
    finally:
        await upstream.close()

    assert not upstream.can_resume(plain(dialect))
    assert (classification(refused.value), refused.value.detail) == (
        (K.REFERENCE, True, False),
        f"{dialect} has no upload service",
    )
    assert classification(lost.value) == (K.TASK_LOST, False, False)
