"""Tasks over the wire: submitted once, asked about until they end, and gone on with after a restart."""

import pytest

from bot.catalog.profiles import profile
from bot.config.settings import GatewayLimits
from bot.errors import UpstreamError, UpstreamKind
from bot.ids import TaskId
from bot.upstream.contract import Completed, PictureReady, Started
from bot.upstream.gateway_upstream import open_upstream
from tests.fakes.clock import FakeClock
from tests.fakes.dialects import known, plain, settings
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
    ("dialect", "first", "seconds"), [("acedata", "/seedream/images", 11.0), ("sinancode", "/generate/vol/seedream", 9.0)]
)
async def test_a_task_from_its_beginning_to_its_end(dialect: str, first: str, seconds: float) -> None:
    """One paid call; its name as soon as there is one; questions in no hurry."""
    result = await exchange(
        dialect,
        answers_json({"task_id": "t1"}, x_request_id="r1"),
        answers_json(RUNNING[dialect]),
        answers_json(RUNNING[dialect]),
        answers_json(DONE[dialect]),
    )

    query = {"acedata": "POST /seedream/tasks", "sinancode": "GET /tasks/t1"}[dialect]
    assert (result.events, result.failure) == ([Started(task=TaskId("t1"), trace="r1"), PICTURE, Completed()], None)
    assert result.lines == [f"POST {first}", query, query, query]
    assert result.seconds == seconds


async def test_a_trace_in_the_body_is_kept() -> None:
    """For the gateway's support, whatever else goes wrong."""
    result = await exchange("acedata", answers_json({"task_id": "t1", "trace_id": "x9"}), answers_json(DONE["acedata"]))

    assert result.events[0] == Started(task=TaskId("t1"), trace="x9")


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_a_result_at_once_needs_no_question(dialect: str) -> None:
    """What is finished when it is taken is finished."""
    finished = {"acedata": {"task_id": "t1", "data": [{"image_url": ONE}]}, "sinancode": {"result": [ONE]}}[dialect]

    result = await exchange(dialect, answers_json(finished))

    assert (result.events[1:], result.failure, len(result.lines)) == ([PICTURE, Completed()], None, 1)


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_a_task_goes_on_after_a_restart(dialect: str) -> None:
    """Nothing is submitted; the first question is asked at once."""
    result = await exchange(dialect, answers_json(RUNNING[dialect]), answers_json(DONE[dialect]), resumed="t1")

    assert (result.events, result.failure, result.seconds) == ([PICTURE, Completed()], None, 3.0)
    assert not any("images" in line or "generate" in line for line in result.lines)


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_trouble_with_a_question_is_no_trouble_with_the_task(dialect: str) -> None:
    """Faults, pages, cut answers, refusals: it is asked again, and a wait that is asked for is kept."""
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

    first = {"acedata": 5.0, "sinancode": 3.0}[dialect]
    assert (result.events[1:], result.failure, len(result.lines)) == ([PICTURE, Completed()], None, 8)
    assert result.seconds == first + 5 * 3.0 - 3.0 + 40.0 + 3.0


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_a_key_that_is_refused_ends_the_questions(dialect: str) -> None:
    """The task may go on and be charged; only we cannot see it."""
    result = await exchange(dialect, answers_json({"task_id": "t1"}), answers_json({}, status=401))

    assert (known(result.failure), len(result.lines)) == ((K.AUTH, False, False), 2)


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_a_task_that_never_ends(dialect: str) -> None:
    """Ten minutes, then nobody knows."""
    result = await exchange(dialect, answers_json({"task_id": "t1"}), answers_json(RUNNING[dialect]))

    assert known(result.failure) == (K.AMBIGUOUS, False, False)
    assert 590 <= result.seconds <= 600


async def test_the_operator_may_have_more_or_less_patience() -> None:
    """The rhythm and the end of the questions are settings."""
    limits = GatewayLimits(first_poll_s=1.0, poll_s=10.0, deadline_s=45.0)

    result = await exchange("acedata", answers_json({"task_id": "t1"}), answers_json(RUNNING["acedata"]), limits=limits)

    assert (known(result.failure)[0], len(result.lines), result.seconds) == (K.AMBIGUOUS, 6, 41.0)


@pytest.mark.parametrize(
    ("dialect", "lost"),
    [
        ("acedata", answers_json({})),
        ("acedata", answers_json({"error": {"code": "not_found"}}, status=404)),
        ("sinancode", answers_json({"message": "no such task"}, status=404)),
    ],
)
async def test_a_lost_task(dialect: str, lost: Behaviour) -> None:
    """Believed when it has been said three times in a row: right after the submission it may only be late."""
    late = await exchange(dialect, answers_json({"task_id": "t1"}), lost, lost, answers_json(DONE[dialect]))
    gone = await exchange(dialect, answers_json({"task_id": "t1"}), lost)

    assert (late.events[1:], late.failure) == ([PICTURE, Completed()], None)
    assert (known(gone.failure), len(gone.lines)) == ((K.TASK_LOST, False, False), 4)


async def test_an_unknown_model_is_asked_for_by_its_other_name() -> None:
    """The documents disagree about one id; a refusal costs nothing, and two in a row are one."""
    refusal = answers_json({"error": {"code": "bad_request", "message": "model is invalid."}}, status=400)
    lite = plain("acedata", "5.0-lite")

    second = await exchange("acedata", refusal, answers_json({"task_id": "t1"}), answers_json(DONE["acedata"]), request=lite)
    neither = await exchange("acedata", refusal, request=lite)
    other = await exchange("acedata", refusal)

    assert [sent.get("model") for sent in second.bodies] == [
        "doubao-seedream-5-0-lite-260128",
        "doubao-seedream-5-0-260128",
        None,
    ]
    assert (second.failure, known(neither.failure), len(neither.lines)) == (None, (K.MODEL, True, False), 2)
    assert (known(other.failure), len(other.lines)) == ((K.MODEL, True, False), 1)


LINES = (
    b'{"type":"image_generation.partial_succeeded","image_index":0,"image_url":"https://r.example/1.jpeg"}\n\n'
    b'{"type":"image_generation.completed","usage":{"generated_images":1}}\n'
)


@pytest.mark.parametrize(
    "kind", ["application/x-ndjson", "application/x-ndjson; charset=utf-8", "application/json", "text/plain"]
)
async def test_lines_of_json(kind: str) -> None:
    """A stream the operator asked for, whatever it calls itself."""
    result = await exchange(
        "acedata", says(LINES, content_type=kind, x_request_id="r1"), request=plain("acedata", mode="stream", count=2)
    )

    assert (result.events, result.failure) == ([Started(trace="r1"), PICTURE, Completed(billed=1)], None)
    assert len(result.lines) == 1


@pytest.mark.parametrize("kind", ["application/x-ndjson", "application/json"])
async def test_lines_without_the_last_one(kind: str) -> None:
    """The picture stands, the rest is ambiguous."""
    result = await exchange(
        "acedata", says(LINES.split(b"\n")[0], content_type=kind), request=plain("acedata", mode="stream", count=2)
    )

    assert (result.events, known(result.failure)) == ([Started(), PICTURE], (K.AMBIGUOUS, False, False))


async def test_a_stream_that_is_refused() -> None:
    """A refusal is read as one, whatever was asked for."""
    result = await exchange(
        "acedata", answers_json({"error": {"code": "used_up"}}, status=403), request=plain("acedata", mode="stream")
    )

    assert (result.events, known(result.failure)) == ([], (K.BALANCE, True, False))


async def upload(behaviour: Behaviour) -> tuple[str | None, UpstreamError | None, list[bytes]]:
    async with opened(behaviour) as wire:
        configured = settings("sinancode", upload_url=wire.url())
        upstream = open_upstream(configured, profile(configured), clock=FakeClock(), timeouts=FAST)
        try:
            return await upstream.upload(b"picture", "image/png"), None, wire.requests
        except UpstreamError as error:
            return None, error, wire.requests
        finally:
            await upstream.close()


async def test_an_upload_goes_to_its_own_host() -> None:
    """Bytes, name and kind in a form; the answer is the address."""
    address, failure, (request,) = await upload(answers_json({"url": "https://upload-tmp.sinancode.com/x.png"}))

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
        (answers_json({"url": ""}), (K.UPSTREAM, True, True)),
        (writes(reset=True), (K.UPSTREAM, True, True)),
    ],
)
async def test_an_upload_that_fails_has_cost_nothing(behaviour: Behaviour, failure: tuple[str, bool, bool]) -> None:
    """Whatever became of the file: the paid call has not been made."""
    _, error, _ = await upload(behaviour)

    assert known(error) == failure


@pytest.mark.parametrize("dialect", ["ark_intl", "uniall", "unode", "opeai"])
async def test_others_have_no_tasks(dialect: str) -> None:
    """No restart can go on with what has no name."""
    upstream = open_upstream(settings(dialect), profile(settings(dialect)))
    try:
        with pytest.raises(UpstreamError) as upload:
            await upstream.upload(b"picture", "image/png")
        with pytest.raises(UpstreamError) as resumed:
            _ = [event async for event in upstream.resume(plain(dialect), TaskId("t1"))]
    finally:
        await upstream.close()

    assert not upstream.can_resume(plain(dialect))
    assert (known(upload.value), upload.value.detail) == ((K.REFERENCE, True, False), f"{dialect} has no upload service")
    assert known(resumed.value) == (K.TASK_LOST, False, False)
