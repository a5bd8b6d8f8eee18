"""One client for every dialect: each value is complete, and what all dialects share holds for each."""

from dataclasses import replace
from typing import Literal

import pytest

from bot.catalog.dialects import DIALECTS
from bot.catalog.profiles import profile
from bot.errors import UpstreamKind
from bot.upstream.contract import Completed, PictureReady, Started
from bot.upstream.dialects.table import WIRE_FORMATS
from bot.upstream.gateway_upstream import open_upstream
from tests.fakes.dialects import known, plain, settings
from tests.fakes.exchange import exchange
from tests.fakes.wire import answers_json, says

K = UpstreamKind
ONE = "https://r.example/1.jpeg"
PICTURE = PictureReady(index=0, address=ONE)
LISTED = answers_json({"data": [{"url": ONE}]})
UNKNOWN_MODEL = answers_json({"error": {"code": "ModelNotOpen", "message": "m"}}, status=404)


def test_every_dialect_of_the_catalog_is_spoken() -> None:
    """A row without a wire format would be found by the first member whose request is routed to it."""
    assert set(WIRE_FORMATS) == set(DIALECTS)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_dialect_has_the_parts_that_its_row_promises(dialect: str) -> None:
    """A mode or an upload service that the catalog offers has a format, and no format is idle."""
    row, spoken = DIALECTS[dialect], WIRE_FORMATS[dialect]

    assert (spoken.stream is not None, spoken.tasks is not None) == ("stream" in row.modes, "async" in row.modes)
    assert (spoken.upload is not None) == (row.upload_url is not None) == (row.references.bytes_as == "upload")


@pytest.mark.parametrize(
    ("dialect", "mode"), [("ark_intl", "sync"), ("ark_intl", "stream"), ("unode", "sync"), ("opeai", "sync")]
)
async def test_the_second_id_of_a_model(dialect: str, mode: Literal["sync", "stream"]) -> None:
    """Every dialect tries it once where the first is unknown, which costs nothing; never for another reason."""
    request = plain(dialect, mode=mode, second_model_id="other")

    second = await exchange(dialect, UNKNOWN_MODEL, LISTED, request=request)
    neither = await exchange(dialect, UNKNOWN_MODEL, request=request)
    refused = await exchange(dialect, answers_json({"error": {"code": "InputTextRiskDetection"}}, status=400), request=request)
    doubtful = await exchange(dialect, says(b"", status=500), request=request)

    assert [body["model"] for body in second.bodies] == [request.model_id, "other"]
    assert (second.events, second.failure) == ([Started(), PICTURE, Completed()], None)
    assert (known(neither.failure), len(neither.lines)) == ((K.MODEL, True, False), 2)
    assert (known(refused.failure), len(refused.lines)) == ((K.POLICY_TEXT, True, False), 1)
    assert (known(doubtful.failure), len(doubtful.lines)) == ((K.AMBIGUOUS, False, False), 1)


async def test_no_second_task_after_the_first_has_an_id() -> None:
    """A job keeps the id of its first task: after a restart a second one, which may cost, could not be found."""
    failed = answers_json({"id": "t1", "response": {"success": False, "error": {"code": "x", "message": "model is invalid"}}})

    ended = await exchange("acedata", answers_json({"task_id": "t1"}), failed, request=plain("acedata", "5.0-lite"))

    assert [line.split()[1] for line in ended.lines] == ["/seedream/images", "/seedream/tasks"]
    assert known(ended.failure) == (K.MODEL, True, False)


async def test_a_synchronous_answer_may_name_a_task() -> None:
    """Where a dialect has tasks, its id is kept and the task followed."""
    record = answers_json({"id": "t1", "response": {"success": True, "data": [{"image_url": ONE}]}})

    followed = await exchange("acedata", answers_json({"task_id": "t1"}), record, request=plain("acedata", mode="sync"))

    assert (followed.events[1:], followed.failure) == ([PICTURE, Completed()], None)
    assert "async" not in followed.bodies[0]


@pytest.mark.parametrize("now", ["ark_intl", "acedata"])
async def test_a_request_for_another_dialect_is_not_sent(now: str) -> None:
    """The operator may change a gateway's dialect while jobs wait: their model, size and options are the other's."""
    before = plain("sinancode")

    submitted = await exchange(now, LISTED, request=before)
    resumed = await exchange(now, LISTED, request=before, resumed="t1")

    assert (submitted.events, known(submitted.failure), submitted.lines) == ([], (K.UNREACHABLE, True, False), [])
    assert (resumed.events, known(resumed.failure), resumed.lines) == ([], (K.TASK_LOST, False, False), [])


@pytest.mark.parametrize(("dialect", "possible"), [("sinancode", True), ("acedata", False), ("ark_intl", False)])
async def test_a_task_is_looked_up_where_it_was_created(dialect: str, possible: bool) -> None:
    """Another dialect's tasks may even have the same ids."""
    upstream = open_upstream(settings(dialect), profile(settings(dialect)))
    await upstream.close()

    assert upstream.can_resume(plain("sinancode")) is possible
    assert not upstream.can_resume(replace(plain("sinancode"), dialect="uniall"))
