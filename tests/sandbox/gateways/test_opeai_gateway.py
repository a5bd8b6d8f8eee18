"""The fake ope.ai over real HTTP: what it rewrites, ignores and refuses."""

import base64
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from sandbox.contracts import JsonObject
from sandbox.gateways.dialects.opeai import OpeAi
from tests.sandbox.gateways.gateway_client import SMALL, GatewayClient, data_url, open_gateway, picture, size_of

V40 = "doubao-seedream-4.0"
IGNORED = ("background", "moderation", "output_compression", "output_format", "quality", "style", "user")


@pytest.fixture
async def opeai() -> AsyncIterator[GatewayClient]:
    async with open_gateway(OpeAi, "opeai") as client:
        yield client


async def generate(opeai: GatewayClient, **fields: Any) -> httpx.Response:
    return await opeai.post("/v1/images/generations", {"model": V40, "prompt": "a fox", "size": SMALL} | fields)


async def test_whole_answer(opeai: GatewayClient) -> None:
    """A call returns URLs and sizes."""
    body = (await generate(opeai)).json()
    result = await opeai.http.get(body["data"][0]["url"])

    assert (set(body), body["data"][0]["size"]) == ({"created", "data", "usage"}, SMALL)
    assert size_of(result.content) == (1280, 720)
    assert opeai.billed == [1]


@pytest.mark.parametrize(
    ("fields", "number", "dropped"),
    [
        ({"n": 1}, 1, None),
        ({"n": 3}, 3, None),
        ({"n": 3, "prompt": "a set of 2 foxes"}, 2, None),
        ({"n": 3, "sequential_image_generation": "disabled"}, 1, None),
        ({"n": 3, "sequential_image_generation": "auto", "prompt": "a set of 4 foxes"}, 4, None),
        ({"sequential_image_generation": "auto", "sequential_image_generation_options": {"max_images": 1}, "prompt": "two views"}, 2, ["sequential_image_generation_options"]),
        (dict.fromkeys(IGNORED, "x"), 1, list(IGNORED)),
        ({"tools": [{"type": "web_search"}], "seed": 3, "optimize_prompt_options": {"mode": "fast"}}, 1, ["optimize_prompt_options", "seed", "tools"]),
        ({"stream": False}, 1, None),
        ({"stream": True}, 1, ["stream"]),
        ({"size": "1K"}, 1, None),
        ({"model": "doubao-seedream-4-0-250828"}, 1, None),
        ({"image": "https://a.example/1.png"}, 1, None),
        ({"image": [data_url(), data_url()], "n": 2}, 2, None),
    ],
)  # fmt: skip
async def test_accepted(opeai: GatewayClient, fields: JsonObject, number: int, dropped: list[str] | None) -> None:
    """`n` becomes a cap, and unknown fields are ignored silently."""
    answer = await generate(opeai, **fields)

    assert answer.status_code == 200, answer.text
    assert len(answer.json()["data"]) == number
    assert opeai.billed == [number]
    assert opeai.gateway.calls[0].get("dropped") == dropped


async def test_set_without_a_cap() -> None:
    """`auto` in the official terms has no cap."""
    async with open_gateway(OpeAi, "opeai", prepared=2048) as opeai:
        await generate(opeai, sequential_image_generation="auto")

    assert opeai.billed == [15]


@pytest.mark.parametrize("model", ["doubao-seedream-4.5", "doubao-seedream-4-5-251128", "bytedance-seedream-5.0"])
async def test_default_size(model: str) -> None:
    """The default size is 2K."""
    async with open_gateway(OpeAi, "opeai") as opeai:
        answer = await generate(opeai, model=model, size=None, prompt="a fox, 4:3")

    assert answer.json()["data"][0]["size"] == "2304x1728"


@pytest.mark.parametrize(
    ("status", "code", "fields"),
    [
        (400, "missing_required_parameter", {"model": None}),
        (404, "model_not_found", {"model": "bytedance-seedream-5.0-lite"}),
        (404, "model_not_found", {"model": "doubao-seedream-5-0-260128"}),
        (400, "MissingParameter.prompt", {"prompt": None}),
        (400, "InvalidParameter", {"prompt": " "}),
        (400, "InvalidParameter", {"response_format": "base64"}),
        (400, "InvalidParameter", {"n": 16}),
        (400, "InvalidParameter", {"n": 0}),
        (400, "InvalidParameter", {"n": "2"}),
        (400, "InvalidParameter", {"n": 2, "image": [data_url()] * 14}),
        (400, "InvalidParameter", {"image": [data_url()] * 15}),
        (400, "InvalidParameter", {"size": "3K"}),
        (400, "InvalidParameter", {"model": "bytedance-seedream-5.0"}),
        (400, "InvalidParameter", {"watermark": "no"}),
        (400, "InvalidParameter", {"sequential_image_generation": "on"}),
        (400, "InvalidImageURL.InvalidFormat", {"image": data_url(b"no picture")}),
        (400, "InputTextSensitiveContentDetected", {"prompt": "forbidden-text"}),
    ],
)
async def test_refusals(opeai: GatewayClient, status: int, code: str, fields: JsonObject) -> None:
    """An invalid call is refused in OpenAI's shape with the official codes, and is not billed."""
    answer = await generate(opeai, **fields)

    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert set(answer.json()["error"]) == {"message", "type", "param", "code"}
    assert opeai.gateway.calls == []


@pytest.mark.parametrize("given", ["", "Bearer x"])
async def test_key(opeai: GatewayClient, given: str) -> None:
    """Calls need the key."""
    answer = await opeai.post("/v1/images/generations", {}, Authorization=given)

    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "invalid_api_key")


async def test_watermark_is_off_unless_asked(opeai: GatewayClient) -> None:
    """Without a `watermark` field, the picture is the same as with `false`."""
    pictures = []
    for fields in ({}, {"watermark": False}, {"watermark": True}):
        async with open_gateway(OpeAi, "opeai") as fresh:
            item = (await generate(fresh, response_format="b64_json", **fields)).json()["data"][0]
            pictures.append(base64.b64decode(item["b64_json"]))

    assert pictures[0] == pictures[1]
    assert pictures[0] != pictures[2]


async def test_call_is_recorded(opeai: GatewayClient) -> None:
    """A call's record contains its references by hash."""
    await generate(opeai, image=data_url())
    call = opeai.gateway.calls[0]

    assert call["body"]["image"] == f"data:image/png;sha256={call['images'][0]['sha256']}"
    assert opeai.runtime.files.get(call["images"][0]["sha256"]) == picture()


@pytest.mark.parametrize(
    ("fault", "status", "code", "billed"),
    [
        ("429", 429, "rate_limit_exceeded", []),
        ("429-quota", 429, "insufficient_quota", []),
        ("500", 500, "server_error", []),
        ("503", 503, "engine_overloaded", []),
        ("error:403:AccessDenied", 403, "AccessDenied", []),
        ("error-string", 400, None, []),
        ("error-null", 400, None, []),
        ("html", 502, None, []),
        ("504", 504, None, [2]),
        ("more", 200, None, [3]),
        ("fewer", 200, None, [1]),
    ],
)
async def test_faults(opeai: GatewayClient, fault: str, status: int, code: str | None, billed: list[int]) -> None:
    """Each fault gives its answer once, and bills what it declares."""
    opeai.inject("submit", fault)
    answer = await generate(opeai, n=2)

    assert answer.status_code == status
    if code is not None:
        assert answer.json()["error"]["code"] == code
    if fault in {"error-string", "error-null"}:
        assert answer.json()["error"] == ("Something went wrong." if fault == "error-string" else None)
    assert opeai.billed == billed
