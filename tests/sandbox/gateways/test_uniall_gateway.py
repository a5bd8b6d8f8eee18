"""The fake UniAll over real HTTP: generations, edits, errors and faults."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from sandbox.contracts import JsonObject
from sandbox.gateways.dialects.uniall import UniAll
from tests.sandbox.gateways.gateway_client import (
    GatewayClient,
    ReferenceHost,
    data_url,
    open_gateway,
    picture,
    size_of,
)

SIZE = {"width": 1280, "height": 720}
ADDRESS = "https://a.example/1.png"


@pytest.fixture
async def uniall() -> AsyncIterator[GatewayClient]:
    async with open_gateway(UniAll, "uniall") as client:
        yield client


async def generate(uniall: GatewayClient, path: str = "generations", **fields: Any) -> httpx.Response:
    body = {"model": "seedream-4.0", "prompt": "a fox", "custom_size": SIZE, "n": 1} | fields
    return await uniall.post(f"/v1/images/{path}", body)


async def test_whole_answer(uniall: GatewayClient) -> None:
    """A call returns URLs and its time, and nothing else."""
    answer = await generate(uniall, n=2)
    body = answer.json()
    pictures = [(await uniall.http.get(item["url"])).content for item in body["data"]]

    assert (set(body), [set(item) for item in body["data"]]) == ({"created", "data"}, [{"url"}, {"url"}])
    assert [size_of(content) for content in pictures] == [(1280, 720)] * 2
    assert uniall.billed == [2]


@pytest.mark.parametrize(
    ("param", "path", "fields"),
    [
        ("model", "generations", {"model": None}),
        ("model", "generations", {"model": "doubao-seedream-4-0-250828"}),
        ("prompt", "generations", {"prompt": ""}),
        ("n", "generations", {"n": 0}),
        ("n", "generations", {"n": 7}),
        ("num_images", "generations", {"n": None, "num_images": 7}),
        ("num_images", "generations", {"num_images": 1}),
        ("size", "generations", {"size": "2K"}),
        ("custom_size", "generations", {"custom_size": {"width": 1280}}),
        ("custom_size", "generations", {"custom_size": "1280x720"}),
        ("custom_size.width", "generations", {"custom_size": {"width": "1280", "height": 720}}),
        ("custom_size", "generations", {"custom_size": {"width": 1279, "height": 720}}),
        ("custom_size", "generations", {"custom_size": {"width": 4097, "height": 1024}}),
        ("custom_size", "generations", {"model": "seedream-5.0-lite"}),
        ("custom_size", "generations", {"model": "seedream-4.5"}),
        ("watermark", "generations", {"watermark": False}),
        ("response_format", "generations", {"response_format": "url"}),
        ("sequential_image_generation", "generations", {"sequential_image_generation": "auto"}),
        ("timeout_seconds", "generations", {"timeout_seconds": "60"}),
        ("image", "generations", {"image": ADDRESS}),
        ("image", "edits", {}),
        ("image", "edits", {"image": []}),
        ("image", "edits", {"image": data_url()}),
        ("image", "edits", {"image": {"url": ADDRESS}}),
        ("image_urls", "edits", {"image_urls": ADDRESS}),
        ("image_urls", "edits", {"image_urls": [{"url": ADDRESS}]}),
        ("images", "edits", {"images": [{"address": ADDRESS}]}),
        ("image_urls", "edits", {"image": ADDRESS, "image_urls": [ADDRESS]}),
        ("image_urls", "edits", {"image_urls": [ADDRESS] * 11}),
        ("n", "edits", {"image_urls": [ADDRESS] * 10, "n": 6}),
    ],
)
async def test_refusals(uniall: GatewayClient, param: str, path: str, fields: JsonObject) -> None:
    """What the documentation does not allow is refused by name in OpenAI's shape, and is not billed."""
    answer = await generate(uniall, path, **fields)

    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"
    assert f"`{param}`" in answer.json()["error"]["message"]
    assert uniall.gateway.calls == []


@pytest.mark.parametrize(
    ("field", "value", "number"),
    [
        ("image", "ADDRESS", 1),
        ("image", ["ADDRESS", "ADDRESS"], 2),
        ("image_url", "ADDRESS", 1),
        ("image_url", {"url": "ADDRESS"}, 1),
        ("image_url", ["ADDRESS"], 1),
        ("image_urls", ["ADDRESS"] * 3, 3),
        ("images", ["ADDRESS", {"url": "ADDRESS"}, {"image_url": "ADDRESS"}], 3),
    ],
)
async def test_reference_fields(uniall: GatewayClient, host: ReferenceHost, field: str, value: Any, number: int) -> None:
    """Each of the four reference fields accepts URLs in its own forms, and they are downloaded."""
    answer = await generate(uniall, "edits", **{field: _replace_url(value, host.url())})
    found = uniall.gateway.calls[0]["images"]

    assert answer.status_code == 200
    assert [(reference["width"], reference["height"], reference["url"]) for reference in found] == [(64, 48, host.url())] * number
    assert uniall.runtime.files.get(found[0]["sha256"]) == picture()


def _replace_url(value: Any, address: str) -> Any:
    """Replace the placeholder in a value by this URL."""
    match value:
        case dict():
            return {key: _replace_url(held, address) for key, held in value.items()}
        case list():
            return [_replace_url(held, address) for held in value]
        case _:
            return address


@pytest.mark.parametrize("name", ["missing.png", "page.html"])
async def test_failing_references(uniall: GatewayClient, host: ReferenceHost, name: str) -> None:
    """A reference that is missing or no picture fails the call."""
    answer = await generate(uniall, "edits", image=host.url(name))

    assert answer.status_code == 400
    assert "position 1" in answer.json()["error"]["message"]
    assert uniall.gateway.calls == []


async def test_exact_number(uniall: GatewayClient) -> None:
    """Exactly the requested number is made, under either name and whatever the prompt says; the default is one."""
    for fields in ({"n": 2}, {"n": None, "num_images": 2}, {"n": None}):
        await generate(uniall, prompt="a set of 3 foxes", **fields)

    assert uniall.billed == [2, 2, 1]


async def test_largest_square(uniall: GatewayClient) -> None:
    """A side may have 4096 pixels."""
    async with open_gateway(UniAll, "uniall", prepared=2048) as prepared:
        answer = await generate(prepared, custom_size={"width": 4096, "height": 4096}, timeout_seconds=60)

    assert answer.status_code == 200


@pytest.mark.parametrize("given", ["", "Bearer x"])
async def test_key(uniall: GatewayClient, given: str) -> None:
    """Calls need the key."""
    answer = await uniall.post("/v1/images/generations", {}, Authorization=given)

    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "invalid_api_key")


async def test_files_are_refused(uniall: GatewayClient) -> None:
    """A form with a file is refused."""
    answer = await uniall.http.post(f"{uniall.gateway.url}/v1/images/edits", files={"image": picture()})

    assert answer.status_code == 415


@pytest.mark.parametrize(
    ("prompt", "number"),
    [("forbidden-text", None), ("forbidden-output", None), ("forbidden-output 2", 2), ("broken-output 2", 1)],
)
async def test_content_refusals(uniall: GatewayClient, prompt: str, number: int | None) -> None:
    """A withheld picture is left out; if none is left, the error contains the official code."""
    answer = await generate(uniall, prompt=prompt, n=3)

    if number is None:
        assert answer.status_code == 400
        assert "SensitiveContentDetected: " in answer.json()["error"]["message"]
    else:
        assert len(answer.json()["data"]) == number
    assert sum(uniall.billed) == (number or 0)


@pytest.mark.parametrize(
    ("fault", "status", "billed"),
    [
        ("429", 429, []),
        ("429-quota", 402, []),
        ("500", 500, []),
        ("503", 503, []),
        ("error:403:forbidden", 403, []),
        ("error-string", 400, []),
        ("error-null:500", 500, []),
        ("not-json", 200, []),
        ("504", 504, [2]),
        ("more", 200, [3]),
        ("fewer", 200, [1]),
        ("empty", 200, [0]),
    ],
)
async def test_faults(uniall: GatewayClient, fault: str, status: int, billed: list[int]) -> None:
    """Each fault gives its answer once, and bills what it declares."""
    uniall.inject("submit", fault)
    answer = await generate(uniall, n=2)

    assert answer.status_code == status
    assert uniall.billed == billed
