"""The fake Ace Data Cloud over real HTTP: tasks, their records, and callbacks."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from sandbox.contracts import JsonObject
from sandbox.gateways.dialects.acedata import AceData
from tests.sandbox.gateways.acedata_client import finished, images, record, task_of
from tests.sandbox.gateways.gateway_client import GatewayClient, open_gateway, open_reference_host, set_fields


@pytest.fixture
async def acedata() -> AsyncIterator[GatewayClient]:
    async with open_gateway(AceData, "acedata") as client:
        yield client


async def test_task(acedata: GatewayClient) -> None:
    """A task is accepted at once, and its finished record contains the pictures and times."""
    accepted = (await images(acedata, deferred=True, **set_fields(2))).json()
    held = await finished(acedata, accepted["task_id"])
    again = await record(acedata, accepted["task_id"])

    assert set(accepted) == {"task_id", "trace_id"}
    assert (held["id"], held["type"]) == (accepted["task_id"], "images")
    assert held["request"]["prompt"] == "a fox"
    assert {"_id", "user_id", "credential_id", "application_id"} <= set(held)
    assert held["created_at"] <= held["started_at"] <= held["finished_at"]
    assert held["response"]["success"] is True
    assert len(held["response"]["data"]) == 2
    assert again == held
    assert acedata.billed == [2]


async def test_batch_of_tasks(acedata: GatewayClient) -> None:
    """A batch query returns the records of the known tasks."""
    numbers = [await task_of(acedata), await task_of(acedata)]
    answer = await acedata.post("/seedream/tasks", {"ids": [*numbers, "0"], "action": "retrieve_batch"})

    assert [held["id"] for held in answer.json()["items"]] == numbers
    assert answer.json()["count"] == 2


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"id": "0"}, 200),
        ({"id": "0", "action": "retrieve"}, 200),
        ({"task_id": "0"}, 400),
        ({"id": "0", "action": "cancel"}, 400),
        ({"ids": ["0"]}, 400),
        ({"ids": "0", "action": "retrieve_batch"}, 400),
        ({"id": "0", "action": "retrieve_batch"}, 400),
    ],
)
async def test_queries(acedata: GatewayClient, body: JsonObject, status: int) -> None:
    """The record of an unknown task is empty; an invalid query is a `bad_request`."""
    answer = await acedata.post("/seedream/tasks", body)

    assert answer.status_code == status
    assert answer.json() == {} if status == 200 else answer.json()["error"]["code"] == "bad_request"


@pytest.mark.parametrize("permanent", [True, False])
@pytest.mark.parametrize(
    ("word", "keys", "response"),
    [
        ("stuck", {"response"}, {"success": True, "data": []}),
        ("lost", set(), None),
        ("flat", {"success", "task_id", "data"}, None),
        ("odd-status", {"status", "finished_at"}, {"success": True}),
        ("no-end", {"response"}, {"success": True}),
        ("one", {"finished_at"}, {"success": True}),
    ],
)
async def test_record_faults(
    acedata: GatewayClient, word: str, keys: set[str], response: JsonObject | None, permanent: bool
) -> None:
    """A fault changes a record once, or for the whole life of a task."""
    if permanent:
        acedata.inject("submit", word)
    made = 0 if permanent and word == "stuck" else 1
    number = await task_of(acedata)
    await acedata.wait_until(lambda: record(acedata, "0"), lambda _: acedata.billed == [made])
    if not permanent:
        acedata.inject("query", word)
    found = await record(acedata, number)

    assert keys <= set(found)
    assert (word in {"stuck", "lost", "flat", "no-end"}) == ("finished_at" not in found)
    if response is not None:
        assert response.items() <= found["response"].items()
    if word == "lost":
        assert found == {}
    if word == "one":
        assert set(found["response"]["data"]) == {"prompt", "size", "image_url"}
    if word == "flat":
        assert "id" not in found
    assert acedata.billed == [made]


@pytest.mark.parametrize(("fault", "error"), [("error-string", "temporary"), ("error-null", None)])
async def test_running_record_with_an_error(acedata: GatewayClient, fault: str, error: str | None) -> None:
    """The record of a running task can contain an error that is no object."""
    number = await task_of(acedata)
    acedata.inject("query", fault)
    found = await record(acedata, number)

    assert (found["response"]["success"], found["response"]["error"]) == (False, error)
    assert "finished_at" not in found


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [("lost-404", 404, "not_found"), ("500", 500, "api_error"), ("429:2", 429, "too_many_requests"), ("html", 502, None)],
)
async def test_query_faults(acedata: GatewayClient, fault: str, status: int, code: str | None) -> None:
    """A query can fail; the next one is answered."""
    number = await task_of(acedata)
    acedata.inject("query", fault)
    answer = await acedata.post("/seedream/tasks", {"id": number})

    assert answer.status_code == status
    assert code is None or answer.json()["error"]["code"] == code
    assert (await finished(acedata, number))["response"]["success"] is True


@pytest.mark.parametrize(
    ("fault", "posts"),
    [("", ["own"]), ("none", []), ("twice", ["own", "own"]), ("foreign", ["foreign", "own"])],
)
async def test_callback(acedata: GatewayClient, fault: str, posts: list[str]) -> None:
    """The result is posted to the call's `callback_url`, which makes it a task even without `async`."""
    if fault:
        acedata.inject("callback", fault)
    async with open_reference_host() as host:
        accepted = (await images(acedata, callback_url=f"{host.origin}/called/secret")).json()
        held = await finished(acedata, accepted["task_id"])
        await acedata.wait_until(lambda: images(acedata), lambda _: len(host.posted) == len(posts))

    assert ["own" if body["task_id"] == accepted["task_id"] else "foreign" for body in host.posted] == posts
    assert all(body["data"] == held["response"]["data"] and body["success"] is True for body in host.posted)
    assert acedata.gateway.calls[0].get("callback") == (204 if posts else None)


@pytest.mark.parametrize(("fault", "error"), [("", {"code": "api_error"}), ("error-string", "Something"), ("error-null", None)])
async def test_callback_of_a_failure(acedata: GatewayClient, fault: str, error: Any) -> None:
    """A failure is posted too, with an error of any shape."""
    if fault:
        acedata.inject("callback", fault)
    async with open_reference_host() as host:
        await images(acedata, prompt="forbidden-text", callback_url=f"{host.origin}/called/secret")
        await acedata.wait_until(lambda: record(acedata, "0"), lambda _: bool(host.posted))
    found = host.posted[0]["error"]

    assert host.posted[0]["success"] is False
    assert found["code"] == error["code"] if isinstance(error, dict) else (found or "").startswith(error or "")


async def test_callback_to_another_machine_is_not_sent(acedata: GatewayClient) -> None:
    """No callback is posted to another machine."""
    await images(acedata, callback_url="https://a.example/called/secret")
    await acedata.wait_until(lambda: record(acedata, "0"), lambda _: "callback" in acedata.gateway.calls[0])

    assert acedata.gateway.calls[0]["callback"] == "not on this machine"


async def test_submit_without_an_answer(acedata: GatewayClient) -> None:
    """If a submit loses its answer, the task still runs and is billed."""
    acedata.inject("submit", "reset-after")
    with pytest.raises(httpx.TransportError):
        await images(acedata, deferred=True)
    await acedata.wait_until(lambda: record(acedata, "0"), lambda _: acedata.billed == [1])

    assert acedata.billed == [1]
