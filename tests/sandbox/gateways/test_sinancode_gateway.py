"""The fake sinancode over real HTTP: calls, tasks, uploads and every fault."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from sandbox.contracts import JsonObject
from sandbox.gateways.dialects.sinancode import Sinancode
from tests.sandbox.gateways.gateway_client import (
    SMALL,
    GatewayClient,
    ReferenceHost,
    data_url,
    open_gateway,
    picture,
    size_of,
)


@pytest.fixture
async def sinancode() -> AsyncIterator[GatewayClient]:
    async with open_gateway(Sinancode, "sinancode") as client:
        yield client


async def generate(sinancode: GatewayClient, **fields: Any) -> httpx.Response:
    body = {"prompt": "a fox", "version": "4.0", "size": SMALL, "max_images": 1} | fields
    return await sinancode.post("/v1/generate/vol/seedream", body)


async def task(sinancode: GatewayClient, number: str) -> Any:
    return (await sinancode.get(f"/v1/tasks/{number}")).json()


async def finished(sinancode: GatewayClient, **fields: Any) -> Any:
    """Start a task, wait for it to finish and return it."""
    number = (await generate(sinancode, **fields)).json()["task_id"]
    return await sinancode.wait_until(lambda: task(sinancode, number), lambda found: found["status"] in {"completed", "failed"})


def uploads(sinancode: GatewayClient) -> str:
    return f"{sinancode.gateway.settings()['upload_url']}/api/upload"


async def upload(sinancode: GatewayClient, content: bytes) -> httpx.Response:
    return await sinancode.http.post(f"{uploads(sinancode)}/base64", json={"data": data_url(content)})


async def test_task(sinancode: GatewayClient) -> None:
    """A call returns only a task id; the task ends with typed results."""
    accepted = (await generate(sinancode)).json()
    found = await sinancode.wait_until(lambda: task(sinancode, accepted["task_id"]), lambda found: found["status"] == "completed")
    again = await task(sinancode, accepted["task_id"])
    result = await sinancode.http.get(found["result"][0]["url"])

    assert set(accepted) == {"task_id"}
    assert (found["id"], found["result"][0]["type"]) == (accepted["task_id"], "image")
    assert size_of(result.content) == (1280, 720)
    assert again == found
    assert sinancode.billed == [1]


@pytest.mark.parametrize(
    ("param", "fields"),
    [
        ("prompt", {"prompt": None}),
        ("prompt", {"prompt": " "}),
        ("prompt", {"prompt": "x" * 2001}),
        ("version", {"version": "5.0"}),
        ("size", {"size": "1K"}),
        ("size", {"version": "4.5", "size": "3K"}),
        ("size", {"version": "5.0-lite", "size": "4K"}),
        ("size", {"version": "5.0-lite", "size": "4096x4096"}),
        ("size", {"version": "4.5", "size": SMALL}),
        ("max_images", {"max_images": 0}),
        ("max_images", {"max_images": 16}),
        ("max_images", {"max_images": "4"}),
        ("max_images", {"max_images": 2, "images": ["https://a.example/1.png"] * 14}),
        ("images", {"images": ["https://a.example/1.png"] * 15}),
        ("images", {"images": "https://a.example/1.png"}),
        ("images", {"images": [data_url()]}),
        ("watermark", {"watermark": False}),
        ("model", {"model": "4.0"}),
        ("seed", {"seed": 1}),
        ("output_format", {"output_format": "png"}),
        ("response_format", {"response_format": "url"}),
        ("n", {"n": 2}),
    ],
)
async def test_refusals(sinancode: GatewayClient, param: str, fields: JsonObject) -> None:
    """What the documentation does not allow is refused by name, and no task is created."""
    answer = await generate(sinancode, **fields)

    assert answer.status_code == 400
    assert f"`{param}`" in answer.json()["message"]
    assert sinancode.gateway.calls == []


@pytest.mark.parametrize(
    ("fields", "number"),
    [
        ({"max_images": 3}, 3),
        ({"max_images": 4, "prompt": "a set of 2 foxes"}, 2),
        ({"max_images": None, "prompt": "two views of a fox"}, 2),
        ({"prompt": "x" * 2000}, 1),
        ({"size": "2048x2048"}, 1),
    ],
)
async def test_numbers(sinancode: GatewayClient, fields: JsonObject, number: int) -> None:
    """The cap and the prompt decide how many pictures are made."""
    found = await finished(sinancode, **fields)

    assert len(found["result"]) == number
    assert sinancode.billed == [number]


async def test_set_without_a_cap(host: ReferenceHost) -> None:
    """Without a cap, as many pictures are made as allowed."""
    async with open_gateway(Sinancode, "sinancode", prepared=2048) as sinancode:
        found = await finished(sinancode, max_images=None, images=[host.url()] * 2)

    assert len(found["result"]) == 13
    assert sinancode.billed == [13]


@pytest.mark.parametrize("given", ["", "Bearer x"])
async def test_key(sinancode: GatewayClient, given: str) -> None:
    """Calls, queries and uploads all need the key."""
    headers = {"Authorization": given}
    answers = [
        await sinancode.post("/v1/generate/vol/seedream", {}, **headers),
        await sinancode.http.get(f"{sinancode.gateway.url}/tasks/0", headers=headers),
        await sinancode.http.post(f"{uploads(sinancode)}/base64", json={"data": data_url()}, headers=headers),
        await sinancode.http.post(f"{uploads(sinancode)}/file", files={"file": picture()}, headers=headers),
    ]

    assert [answer.status_code for answer in answers] == [401] * 4
    assert answers[0].json()["error_code"] == "unauthorized"


async def test_references_are_fetched(sinancode: GatewayClient, host: ReferenceHost) -> None:
    """References are downloaded from their URLs, and the call's record describes them."""
    await finished(sinancode, images=[host.url(), host.url("wide.png")])
    call = sinancode.gateway.calls[0]

    assert [(found["url"], found["width"], found["height"]) for found in call["images"]] == [
        (host.url(), 64, 48),
        (host.url("wide.png"), 300, 40),
    ]
    assert call["images"][0]["metadata"] is False
    assert call["body"]["images"] == [host.url(), host.url("wide.png")]
    assert sinancode.runtime.files.get(call["images"][0]["sha256"]) == picture()


@pytest.mark.parametrize("name", ["missing.png", "page.html", "elsewhere"])
async def test_failing_references(sinancode: GatewayClient, host: ReferenceHost, name: str) -> None:
    """A reference that is missing, no picture, or on another machine fails the task and is not billed."""
    address = "https://a.example/1.png" if name == "elsewhere" else host.url(name)
    found = await finished(sinancode, images=[host.url(), address])

    assert (found["status"], found["error_code"]) == ("failed", "InvalidImageURL.InvalidFormat")
    assert "position 2" in found["error_msg"]
    assert sinancode.billed == [0]


@pytest.mark.parametrize(
    ("prompt", "code", "number"),
    [
        ("forbidden-text", "InputTextSensitiveContentDetected", 0),
        ("forbidden-output", "OutputImageSensitiveContentDetected", 0),
        ("forbidden-output 2", None, 1),
        ("broken-output 1", "InternalServiceError", 0),
    ],
)
async def test_content_refusals(sinancode: GatewayClient, prompt: str, code: str | None, number: int) -> None:
    """A task without any picture has failed; a withheld picture of a set is left out."""
    found = await finished(sinancode, prompt=prompt, max_images=2)

    assert found.get("error_code") == code
    assert len(found.get("result", [])) == number
    assert sinancode.billed == [number]


async def test_states() -> None:
    """A task is queued, then processing, then completed."""
    async with open_gateway(Sinancode, "sinancode", pace=0.2) as sinancode:
        number = (await generate(sinancode)).json()["task_id"]
        seen = [(await task(sinancode, number))["status"]]
        while seen[-1] != "completed":
            status = (await task(sinancode, number))["status"]
            seen += [status] if status != seen[-1] else []

    assert seen == ["queued", "processing", "completed"]


@pytest.mark.parametrize("permanent", [True, False])
@pytest.mark.parametrize(
    ("word", "status"),
    [("stuck", "processing"), ("queued", "queued"), ("odd-status", "polishing"), ("flat", "completed"), ("lost", None)],
)
async def test_task_faults(sinancode: GatewayClient, word: str, status: str | None, permanent: bool) -> None:
    """A fault changes a task's answer once, or for its whole life."""
    if permanent:
        sinancode.inject("submit", word)
    made = 0 if permanent and word in {"stuck", "queued"} else 1
    number = (await generate(sinancode)).json()["task_id"]
    await sinancode.wait_until(lambda: sinancode.get("/v1/tasks/0"), lambda _: sinancode.billed == [made])
    if not permanent:
        sinancode.inject("query", word)
    answer = await sinancode.get(f"/v1/tasks/{number}")

    assert answer.json().get("status") == status
    assert answer.status_code == (404 if status is None else 200)
    assert word != "flat" or [type(item) for item in answer.json()["result"]] == [str]
    assert sinancode.billed == [made]


@pytest.mark.parametrize(
    ("fault", "status", "body"),
    [
        ("error-string", 200, {"status": "failed", "error": "Something went wrong."}),
        ("error-null", 200, {"status": "failed", "error_code": None, "error_msg": None}),
        ("500", 500, {"error_code": "internal_error"}),
        ("429", 429, {"error_code": "rate_limited"}),
        ("error:403:forbidden", 403, {"error_code": "forbidden"}),
    ],
)
async def test_query_faults(sinancode: GatewayClient, fault: str, status: int, body: JsonObject) -> None:
    """A query can fail, or report a failure without a reason."""
    number = (await generate(sinancode)).json()["task_id"]
    sinancode.inject("query", fault)
    answer = await sinancode.get(f"/v1/tasks/{number}")

    assert answer.status_code == status
    assert body.items() <= answer.json().items()


@pytest.mark.parametrize(
    ("fault", "status", "billed"),
    [("429", 429, []), ("429-quota", 402, []), ("500", 500, []), ("503", 503, []), ("html", 502, []), ("at-once", 200, [1]), ("504", 504, [1])],
)  # fmt: skip
async def test_submit_faults(sinancode: GatewayClient, fault: str, status: int, billed: list[int]) -> None:
    """Each fault gives its answer once, and bills what it declares."""
    sinancode.inject("submit", fault)
    answer = await generate(sinancode)
    await sinancode.wait_until(lambda: task(sinancode, "0"), lambda _: sinancode.billed == billed)

    assert answer.status_code == status
    if fault == "at-once":
        assert (answer.json()["status"], len(answer.json()["result"])) == ("completed", 1)
    assert sinancode.billed == billed


async def test_uploads(sinancode: GatewayClient) -> None:
    """A file and a data URL become URLs that serve the same bytes, and a call can use them."""
    content = picture(32, 20)
    by_file = (await sinancode.http.post(f"{uploads(sinancode)}/file", files={"file": ("a.png", content, "image/png")})).json()
    by_text = (await upload(sinancode, content)).json()
    served = [await sinancode.http.get(found["url"], headers={"Authorization": ""}) for found in (by_file, by_text)]
    await finished(sinancode, images=[by_file["url"], by_text["cn_url"]])

    assert set(by_file) == {"url", "cn_url", "key", "md5", "size", "content_type", "expires_at"}
    assert (by_file["size"], by_file["content_type"], by_file["md5"]) == (len(content), "image/png", by_text["md5"])
    assert [answer.content for answer in served] == [content, content]
    assert [found["width"] for found in sinancode.gateway.calls[0]["images"]] == [32, 32]


async def test_uploads_expire(sinancode: GatewayClient) -> None:
    """An upload expires after a day, or at once with a fault."""
    address = (await upload(sinancode, picture())).json()["url"]
    sinancode.inject("upload", "expired")
    dead = (await upload(sinancode, picture())).json()["url"]
    before = await sinancode.http.get(address)
    sinancode.runtime.clock.advance(86_401)
    after = await sinancode.http.get(address)

    assert [before.status_code, after.status_code] == [200, 404]
    assert (await sinancode.http.get(dead)).status_code == 404


async def test_upload_refusals(sinancode: GatewayClient) -> None:
    """An upload is a file in its own field, not empty, and at most 50 MB."""
    base64_url, file_url = f"{uploads(sinancode)}/base64", f"{uploads(sinancode)}/file"
    answers = [
        await sinancode.http.post(base64_url, json={"data": "AAAA"}),
        await sinancode.http.post(base64_url, json={"data": data_url(), "filename": "a.png"}),
        await sinancode.http.post(base64_url, json={}),
        await sinancode.http.post(base64_url, json={"data": data_url(b"")}),
        await sinancode.http.post(file_url, files={"image": ("a.png", picture(), "image/png")}),
        await sinancode.http.post(file_url, json={"file": "AAAA"}),
        await sinancode.http.post(file_url, files={"file": ("a.png", bytes(50 * 1024 * 1024 + 1), "image/png")}),
    ]

    assert [answer.status_code for answer in answers] == [400, 400, 400, 400, 400, 415, 413]


@pytest.mark.parametrize(
    ("fault", "status"), [("500", 500), ("429", 429), ("html", 502), ("slow:0.01", 200), ("error-string", 400)]
)
async def test_upload_faults(sinancode: GatewayClient, fault: str, status: int) -> None:
    """A fault of an upload applies once."""
    sinancode.inject("upload", fault)

    assert (await upload(sinancode, picture())).status_code == status
    assert (await upload(sinancode, picture())).status_code == 200
