"""The fake Unode over real HTTP: what it forwards, what it drops, and NewAPI's errors."""

import base64
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from sandbox.contracts import JsonObject
from sandbox.gateways.dialects.unode import Unode
from tests.sandbox.gateways.gateway_client import GatewayClient, data_url, open_gateway, picture, set_fields, size_of

V45 = "doubao-seedream-4-5-251128"
LITE = "doubao-seedream-5-0-260128"


@pytest.fixture
async def unode() -> AsyncIterator[GatewayClient]:
    async with open_gateway(Unode, "unode", prepared=2048) as client:
        yield client


async def generate(unode: GatewayClient, extra: JsonObject | None = None, **fields: Any) -> httpx.Response:
    body = {"model": LITE, "prompt": "a fox", "size": "2K", "watermark": False, "extra_fields": extra} | fields
    return await unode.post("/v1/images/generations", body)


async def test_drawn_picture() -> None:
    """A call returns the official answer, with a picture of the requested size and format."""
    async with open_gateway(Unode, "unode") as unode:
        answer = await generate(unode, {"output_format": "png"}, size="2560x1440")
        result = await unode.http.get(answer.json()["data"][0]["url"])

    assert answer.json()["data"][0]["size"] == "2560x1440"
    assert answer.json()["usage"] == {"generated_images": 1, "output_tokens": 14400, "total_tokens": 14400}
    assert (result.headers["Content-Type"], size_of(result.content)) == ("image/png", (2560, 1440))
    assert "dropped" not in unode.gateway.calls[0]


@pytest.mark.parametrize(
    ("extra", "fields", "number", "billed", "dropped"),
    [
        (set_fields(3), {}, 3, 3, None),
        ({}, set_fields(3), 1, 1, ["sequential_image_generation", "sequential_image_generation_options"]),
        ({}, {"n": 4}, 1, 4, ["n"]),
        ({}, {"n": 1}, 1, 1, ["n"]),
        ({}, {"output_format": "png", "tools": [{"type": "web_search"}]}, 1, 1, ["output_format", "tools"]),
        ({}, {"optimize_prompt_options": {"mode": "fast"}}, 1, 1, ["optimize_prompt_options"]),
        ({}, {"seed": 5, "guidance_scale": 2.5, "negative_prompt": "x"}, 1, 1, ["guidance_scale", "negative_prompt", "seed"]),
        ({}, {"stream": True}, 1, 1, ["stream"]),
        ({"watermark": True}, {}, 1, 1, ["extra_fields.watermark"]),
        (set_fields(None), {"prompt": "two foxes, a set of 2"}, 2, 2, None),
        ({**set_fields(2), "stream": True}, {}, 2, 2, None),
        ({"optimize_prompt_options": {"mode": "standard"}}, {}, 1, 1, None),
    ],
)
async def test_dropped_fields(
    unode: GatewayClient, extra: JsonObject, fields: JsonObject, number: int, billed: int, dropped: list[str] | None
) -> None:
    """A field in the wrong place is dropped silently and listed in the call's record; a dropped `n` still multiplies the bill."""
    answer = await generate(unode, extra, **fields)

    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("application/json")
    assert len(answer.json()["data"]) == number
    assert unode.billed == [billed]
    assert unode.gateway.calls[0].get("dropped") == dropped


@pytest.mark.parametrize(
    ("status", "kind", "code", "extra", "fields"),
    [
        (400, "new_api_error", "invalid_request", {}, {"model": None}),
        (503, "new_api_error", "model_not_found", {}, {"model": "doubao-seedream-4-0-250828"}),
        (503, "new_api_error", "model_not_found", {}, {"model": "doubao-seedream-5-0-lite-260128"}),
        (400, "new_api_error", "invalid_request", {}, {"image": "https://a.example/1.png"}),
        (400, "new_api_error", "invalid_request", {}, {"image": [data_url(), "https://a.example/1.png"]}),
        (400, "new_api_error", "invalid_request", {}, {"n": 0}),
        (400, "new_api_error", "invalid_request", [], {}),
        (400, "upstream_error", "MissingParameter.prompt", {}, {"prompt": None}),
        (400, "upstream_error", "InvalidParameter", {}, {"size": "1K"}),
        (400, "upstream_error", "InvalidParameter", {}, {"model": V45, "size": "3K"}),
        (400, "upstream_error", "InvalidParameter", {}, {"image": [data_url()] * 15}),
        (400, "upstream_error", "InvalidParameter", set_fields(2), {"image": [data_url()] * 14}),
        (400, "upstream_error", "InvalidParameter", set_fields(16), {}),
        (400, "upstream_error", "InvalidParameter", {"optimize_prompt_options": {"mode": "fast"}}, {}),
        (400, "upstream_error", "InvalidParameter.UnsupportedParameter", {"output_format": "png"}, {"model": V45}),
        (400, "upstream_error", "InvalidImageURL.InvalidFormat", {}, {"image": data_url(b"no picture")}),
        (400, "upstream_error", "InputTextSensitiveContentDetected", {}, {"prompt": "forbidden-text"}),
    ],
)  # fmt: skip
async def test_refusals(unode: GatewayClient, status: int, kind: str, code: str, extra: Any, fields: JsonObject) -> None:
    """The router's own errors and the forwarded official errors have different types."""
    answer = await generate(unode, extra, **fields)
    error = answer.json()["error"]

    assert (answer.status_code, error["type"], error["code"]) == (status, kind, code)
    assert "(request id: " in error["message"]
    assert unode.gateway.calls == []


@pytest.mark.parametrize("given", ["", "Bearer x"])
async def test_key(unode: GatewayClient, given: str) -> None:
    """Calls need the key; the error has no code."""
    answer = await unode.post("/v1/images/generations", {}, Authorization=given)

    assert (answer.status_code, answer.json()["error"]["type"], answer.json()["error"]["code"]) == (401, "new_api_error", "")


async def test_references_and_bytes(unode: GatewayClient) -> None:
    """References are data URLs, recorded by hash; pictures can come as base64."""
    one = await generate(unode, image=data_url(), response_format="b64_json")
    await generate(unode, image=[data_url(), data_url(picture(30, 20))])
    first, second = unode.gateway.calls

    assert base64.b64decode(one.json()["data"][0]["b64_json"])[:2] == b"\xff\xd8"
    assert first["body"]["image"] == f"data:image/png;sha256={first['images'][0]['sha256']}"
    assert [(found["width"], found["height"]) for found in second["images"]] == [(64, 48), (30, 20)]


async def test_partly_failed_set(unode: GatewayClient) -> None:
    """A withheld picture is an item with an error, as in the official answer."""
    answer = await generate(unode, set_fields(2), prompt="forbidden-output 1")

    assert [item.get("error", {}).get("code") for item in answer.json()["data"]] == ["OutputImageSensitiveContentDetected", None]
    assert unode.billed == [1]


@pytest.mark.parametrize(
    ("fault", "status", "code", "billed"),
    [
        ("429", 429, "", []),
        ("429-quota", 403, "insufficient_user_quota", []),
        ("500", 500, "do_request_failed", []),
        ("503", 503, "get_channel_failed", []),
        ("error:400:sensitive_words_detected", 400, "sensitive_words_detected", []),
        ("error:500:500", 500, 500, []),
        ("error-string", 400, None, []),
        ("error-null", 400, None, []),
        ("504", 504, None, [2]),
    ],
)
async def test_faults(unode: GatewayClient, fault: str, status: int, code: Any, billed: list[int]) -> None:
    """Each fault gives its answer once, and bills what it declares."""
    unode.inject("submit", fault)
    answer = await generate(unode, set_fields(2))

    assert answer.status_code == status
    if code is not None:
        assert answer.json()["error"]["code"] == code
    assert unode.billed == billed
