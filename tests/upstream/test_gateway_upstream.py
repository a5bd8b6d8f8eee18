"""The behaviour that all dialects share, and the completeness of each dialect."""

from dataclasses import replace
from typing import Literal

import pytest

from bot.catalog.load import shipped
from bot.catalog.profiles import profile
from bot.errors import UpstreamKind
from bot.upstream.contract import Completed, PictureReady, Started
from bot.upstream.dialects.table import WIRE_FORMATS
from bot.upstream.gateway_upstream import open_upstream
from tests.fakes.dialects import classification, plain, settings
from tests.fakes.exchange import exchange
from tests.fakes.wire import answers_json, says

K = UpstreamKind
ONE = "https://r.example/1.jpeg"
PICTURE = PictureReady(index=0, address=ONE)
PICTURE_ANSWER = answers_json({"data": [{"url": ONE}]})
UNKNOWN_MODEL = answers_json({"error": {"code": "ModelNotOpen", "message": "m"}}, status=404)


def test_every_dialect_of_the_catalog_has_a_wire_format() -> None:
    """Otherwise the first request that is routed to the dialect would fail."""
    assert set(WIRE_FORMATS) == set(shipped().dialects)


@pytest.mark.parametrize("dialect", shipped().dialects)
def test_the_wire_format_matches_the_catalog(dialect: str) -> None:
    """There is a format for each mode and upload service of the catalog, and no unused one."""
    row, wire_format = shipped().dialects[dialect], WIRE_FORMATS[dialect]

    assert (wire_format.stream is not None, wire_format.tasks is not None) == ("stream" in row.modes, "async" in row.modes)
    assert (wire_format.upload is not None) == (row.upload_url is not None) == (row.references.bytes_as == "upload")


@pytest.mark.parametrize(
    ("dialect", "mode"), [("ark_intl", "sync"), ("ark_intl", "stream"), ("unode", "sync"), ("opeai", "sync")]
)
async def test_the_second_id_of_an_unknown_model_is_tried_once(dialect: str, mode: Literal["sync", "stream"]) -> None:
    """The refusal of an unknown model costs nothing. No other error makes a second call."""
    request = plain(dialect, mode=mode, second_model_id="other")

    second = await exchange(dialect, UNKNOWN_MODEL, PICTURE_ANSWER, request=request)
    neither = await exchange(dialect, UNKNOWN_MODEL, request=request)
    refused = await exchange(dialect, answers_json({"error": {"code": "InputTextRiskDetection"}}, status=400), request=request)
    broken = await exchange(dialect, says(b"", status=500), request=request)

    assert [body["model"] for body in second.bodies] == [request.model_id, "other"]
    assert (second.events, second.failure) == ([Started(), PICTURE, Completed()], None)
    assert (classification(neither.failure), len(neither.request_lines)) == ((K.MODEL, True, False), 2)
    assert (classification(refused.failure), len(refused.request_lines)) == ((K.POLICY_TEXT, True, False), 1)
    assert (classification(broken.failure), len(broken.request_lines)) == ((K.UPSTREAM, False, False), 1)


async def test_a_task_is_not_submitted_again_under_the_second_id() -> None:
    """A job keeps the id of its first task: after a restart, a second task, which may be billed, could not be found."""
    failed = answers_json({"id": "t1", "response": {"success": False, "error": {"code": "x", "message": "model is invalid"}}})

    result = await exchange("acedata", answers_json({"task_id": "t1"}), failed, request=plain("acedata", "5.0-lite"))

    assert [line.split()[1] for line in result.request_lines] == ["/seedream/images", "/seedream/tasks"]
    assert classification(result.failure) == (K.MODEL, True, False)


async def test_a_task_in_a_synchronous_answer_is_polled() -> None:
    """A dialect with tasks follows it to its outcome."""
    record = answers_json({"id": "t1", "response": {"success": True, "data": [{"image_url": ONE}]}})

    result = await exchange("acedata", answers_json({"task_id": "t1"}), record, request=plain("acedata", mode="sync"))

    assert (result.events[1:], result.failure) == ([PICTURE, Completed()], None)
    assert "async" not in result.bodies[0]


@pytest.mark.parametrize("dialect", ["ark_intl", "acedata"])
async def test_a_request_for_another_dialect_is_not_sent(dialect: str) -> None:
    """The operator may change a gateway's dialect while jobs wait: their model, size and options belong to the old one."""
    request = plain("sinancode")

    submitted = await exchange(dialect, PICTURE_ANSWER, request=request)
    resumed = await exchange(dialect, PICTURE_ANSWER, request=request, task="t1")

    assert (submitted.events, classification(submitted.failure), submitted.request_lines) == (
        [],
        (K.UNREACHABLE, True, False),
        [],
    )
    assert (resumed.events, classification(resumed.failure), resumed.request_lines) == ([], (K.TASK_LOST, False, False), [])


@pytest.mark.parametrize(("dialect", "resumable"), [("sinancode", True), ("acedata", False), ("ark_intl", False)])
async def test_a_task_is_resumed_only_by_the_dialect_that_created_it(dialect: str, resumable: bool) -> None:
    """Tasks of another dialect may have the same ids."""
    upstream = open_upstream(settings(dialect), profile(settings(dialect)))
    await upstream.close()

    assert upstream.can_resume(plain("sinancode")) is resumable
    assert not upstream.can_resume(replace(plain("sinancode"), dialect="uniall"))
