"""The fake Ace Data Cloud over real HTTP: answers, errors, streams and faults."""

import base64
import json
from collections.abc import AsyncIterator

import httpx
import pytest

from sandbox.contracts import JsonObject
from sandbox.gateways.dialects.acedata import AceData
from tests.sandbox.gateways.acedata_client import LITE, OLD_LITE, V45, finished, images, task_of
from tests.sandbox.gateways.gateway_client import GatewayClient, data_url, open_gateway, picture, set_fields, size_of


@pytest.fixture
async def acedata() -> AsyncIterator[GatewayClient]:
    async with open_gateway(AceData, "acedata") as client:
        yield client


async def test_whole_answer(acedata: GatewayClient) -> None:
    """A call answers with a picture's URL under Ace Data Cloud's own key."""
    answer = await images(acedata)
    body = answer.json()
    result = await acedata.http.get(body["data"][0]["image_url"])

    assert answer.status_code == 200
    assert (body["success"], set(body), set(body["data"][0])) == (
        True,
        {"success", "task_id", "trace_id", "data"},
        {"prompt", "size", "image_url"},
    )
    assert size_of(result.content) == (1280, 720)
    assert acedata.billed == [1]


@pytest.mark.parametrize(
    ("message", "fields"),
    [
        ("model is invalid.", {"model": "doubao-seedream-5.0-lite"}),
        ("model is invalid.", {"model": OLD_LITE}),
        ("model is invalid.", {"model": "doubao-seedream-3-0-t2i-250415"}),
        ("`model`", {"model": None}),
        ("`prompt`", {"prompt": None}),
        ("`prompt`", {"prompt": " "}),
        ("`action`", {"action": "generate"}),
        ("`n`", {"n": 4}),
        ("`negative_prompt`", {"negative_prompt": "blur"}),
        ("`seed`", {"seed": 3}),
        ("`guidance_scale`", {"guidance_scale": 2.5}),
        ("`image`", {"image": data_url()}),
        ("`image`", {"image": ["https://a.example/1.png"] * 15}),
        ("position 1", {"image": [data_url(b"no picture")]}),
        ("`size`", {"size": "3K"}),
        ("`size`", {"size": "adaptive"}),
        ("`size`", {"model": V45, "size": "1500x1500"}),
        ("max_images`", set_fields(16)),
        ("max_images`", set_fields(2, image=["https://a.example/1.png"] * 14)),
        ("`sequential_image_generation_options`", {"sequential_image_generation_options": {"max_images": 2}}),
        ("`output_format`", {"output_format": "png"}),
        ("`tools`", {"model": V45, "size": "2K", "tools": [{"type": "web_search"}]}),
        ("`optimize_prompt_options.mode`", {"model": V45, "size": "2K", "optimize_prompt_options": {"mode": "fast"}}),
        ("`watermark`", {"watermark": "false"}),
        ("`async`", {"async": "true"}),
        ("`callback_url`", {"callback_url": "ftp://a.example/1"}),
        ("`stream`", {"stream": True, "async": True}),
        ("`stream`", {"stream": True, "callback_url": "https://a.example/1"}),
    ],
)  # fmt: skip
async def test_refusals(acedata: GatewayClient, message: str, fields: JsonObject) -> None:
    """What the documentation does not allow is a `bad_request` that names the reason, and is not billed."""
    answer = await images(acedata, **fields)

    assert answer.status_code == 400
    assert set(answer.json()) == {"error", "trace_id"}
    assert answer.json()["error"]["code"] == "bad_request"
    assert message in answer.json()["error"]["message"]
    assert acedata.gateway.calls == []


@pytest.mark.parametrize(
    ("fields", "number"),
    [
        ({"image": [data_url()]}, 1),
        ({"image": ["https://a.example/1.png"], "watermark": False}, 1),
        ({"optimize_prompt_options": {"mode": "fast"}}, 1),
        ({"model": LITE, "size": "2560x1440", "output_format": "png", "tools": [{"type": "web_search"}]}, 1),
        (set_fields(2), 2),
        (set_fields(None, image=["https://a.example/1.png"] * 13), 2),
    ],
)
async def test_accepted(acedata: GatewayClient, fields: JsonObject, number: int) -> None:
    """What the documentation allows is made and billed."""
    answer = await images(acedata, **fields)

    assert answer.status_code == 200, answer.text
    assert len(answer.json()["data"]) == number
    assert acedata.billed == [number]


@pytest.mark.parametrize(("given", "code"), [("", "no_token"), ("Bearer x", "invalid_token")])
async def test_key(acedata: GatewayClient, given: str, code: str) -> None:
    """A missing and a wrong key have different codes."""
    answer = await acedata.post("/seedream/images", {}, Authorization=given)

    assert (answer.status_code, answer.json()["error"]["code"]) == (401, code)


async def test_invalid_bodies(acedata: GatewayClient) -> None:
    """Bodies that are no JSON object, or too large, are refused."""
    url = f"{acedata.gateway.url}/seedream/images"
    headers = {"Content-Type": "application/json"}
    broken = await acedata.http.post(url, content=b"{", headers=headers)
    text = await acedata.http.post(url, content=b"[]", headers=headers)
    form = await acedata.http.post(url, data={"prompt": "a fox"})
    large = await acedata.http.post(url, content=bytes(64_000_001), headers=headers)
    codes = [answer.json()["error"]["code"] for answer in (broken, text, form, large)]

    assert codes == ["bad_request", "bad_request", "bad_request", "request_too_large"]


async def test_base64(acedata: GatewayClient) -> None:
    """Pictures can come as base64."""
    item = (await images(acedata, response_format="b64_json")).json()["data"][0]

    assert size_of(base64.b64decode(item["b64_json"])) == (1280, 720)
    assert "image_url" not in item


async def test_call_is_recorded(acedata: GatewayClient) -> None:
    """A call's record contains its references by hash, with whether they have metadata."""
    await images(acedata, image=[data_url(), "https://a.example/1.png"])
    call = acedata.gateway.calls[0]
    first, second = call["images"]

    assert (first["width"], first["height"], first["metadata"], second) == (64, 48, False, {"url": "https://a.example/1.png"})
    assert call["body"]["image"] == [f"data:image/png;sha256={first['sha256']}", "https://a.example/1.png"]
    assert acedata.runtime.files.get(first["sha256"]) == picture()


@pytest.mark.parametrize(
    ("prompt", "code", "number"),
    [
        ("forbidden-text", "InputTextSensitiveContentDetected", 0),
        ("forbidden-output", "OutputImageSensitiveContentDetected", 0),
        ("forbidden-output 2", None, 1),
    ],
)
async def test_content_refusals(acedata: GatewayClient, prompt: str, code: str | None, number: int) -> None:
    """A refusal of the model is an `api_error` with the official code in its message, at once or in the task's record."""
    whole = await images(acedata, prompt=prompt, **set_fields(2))
    held = await finished(acedata, await task_of(acedata, prompt=prompt, **set_fields(2)))
    response = held["response"]

    if code is None:
        assert [set(item) for item in response["data"]] == [{"prompt", "size", "image_url"}, {"prompt", "error"}]
        assert len(whole.json()["data"]) == 2
    else:
        assert (whole.status_code, whole.json()["error"]["code"]) == (500, "api_error")
        assert (response["success"], response["error"]["code"]) == (False, "api_error")
        assert whole.json()["error"]["message"].startswith(f"{code}: ")
        assert response["error"]["message"].startswith(f"{code}: ")
    assert sum(acedata.billed) == 2 * number


async def test_stream(acedata: GatewayClient) -> None:
    """A set is streamed line by line if the header asks for it; otherwise it comes whole."""
    answer = await images(acedata, "application/x-ndjson", stream=True, **set_fields(2))
    first, second, last = [json.loads(line) for line in answer.text.splitlines()]
    whole = await images(acedata, stream=True, **set_fields(2))

    assert answer.headers["Content-Type"] == "application/x-ndjson"
    assert [first["type"], second["type"]] == ["image_generation.partial_succeeded"] * 2
    assert [first["image_index"], second["image_index"]] == [0, 1]
    assert size_of((await acedata.http.get(second["url"])).content) == (1280, 720)
    assert (last["type"], last["usage"]["generated_images"]) == ("image_generation.completed", 2)
    assert len(whole.json()["data"]) == 2
    assert acedata.billed == [2, 2]


@pytest.mark.parametrize(
    ("fault", "types", "billed"),
    [
        ("no-last-line", ["partial_succeeded", "partial_succeeded"], [2]),
        ("ended", ["partial_succeeded"], [1]),
        ("error-line:InputTextSensitiveContentDetected", ["error"], []),
    ],
)
async def test_incomplete_streams(acedata: GatewayClient, fault: str, types: list[str], billed: list[int]) -> None:
    """A stream can lack its last line, end early, or consist of one error."""
    acedata.inject("submit", fault)
    answer = await images(acedata, "application/x-ndjson", stream=True, **set_fields(2))
    found = [json.loads(line).get("type", "error").rpartition(".")[2] for line in answer.text.splitlines()]

    assert (found, acedata.billed) == (types, billed)


async def test_cut_stream(acedata: GatewayClient) -> None:
    """The connection can end in the middle of a stream."""
    acedata.inject("submit", "cut")
    with pytest.raises(httpx.RemoteProtocolError):
        await images(acedata, "application/x-ndjson", stream=True, **set_fields(2))

    assert acedata.billed == [1]


@pytest.mark.parametrize(
    ("fault", "status", "code", "billed"),
    [
        ("402", 402, None, []),
        ("429", 429, "too_many_requests", []),
        ("429-quota", 403, "used_up", []),
        ("500", 500, "api_error", []),
        ("503", 503, "api_error", []),
        ("error:403:forbidden", 403, "forbidden", []),
        ("504", 504, "timeout", [2]),
        ("unheard-of", 500, "api_error", []),
    ],
)
async def test_submit_faults(acedata: GatewayClient, fault: str, status: int, code: str | None, billed: list[int]) -> None:
    """Each fault gives its answer once, and bills what it declares."""
    acedata.inject("submit", fault)
    answer = await images(acedata, **set_fields(2))

    assert answer.status_code == status
    assert code is None or answer.json()["error"]["code"] == code
    assert ("accepts" in answer.json()) == (fault == "402")
    assert (await images(acedata)).status_code == 200
    assert acedata.billed == [*billed, 1]


async def test_other_lite_id(acedata: GatewayClient) -> None:
    """The accepted id of 5.0-lite can change."""
    acedata.inject("submit", "other-lite-id", times=2)
    new = await images(acedata, model=LITE, size="2560x1440")
    old = await images(acedata, model=OLD_LITE, size="2560x1440")

    assert (new.json()["error"]["message"], old.status_code) == ("model is invalid.", 200)
