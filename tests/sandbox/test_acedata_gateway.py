"""Ace Data Cloud's stand-in over real HTTP: answers, refusals, lines and faults."""

import base64
import json
from collections.abc import AsyncIterator

import httpx
import pytest

from sandbox.gateways.dialects.acedata import AceData
from sandbox.stage import JsonObject
from tests.sandbox.ace import LITE, OLD_LITE, V45, finished, images, task_of
from tests.sandbox.customer import Customer, data_url, picture, size_of, visiting
from tests.sandbox.region import a_set


@pytest.fixture
async def ace() -> AsyncIterator[Customer]:
    async with visiting(AceData, "acedata") as customer:
        yield customer


async def test_whole_answer(ace: Customer) -> None:
    """A call that waits gets a picture's address under their own key."""
    answer = await images(ace)
    body = answer.json()
    result = await ace.client.get(body["data"][0]["image_url"])

    assert answer.status_code == 200
    assert (body["success"], set(body), set(body["data"][0])) == (
        True,
        {"success", "task_id", "trace_id", "data"},
        {"prompt", "size", "image_url"},
    )
    assert size_of(result.content) == (1280, 720)
    assert ace.billed == [1]


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
        ("max_images`", a_set(16)),
        ("max_images`", a_set(2, image=["https://a.example/1.png"] * 14)),
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
async def test_refusals(ace: Customer, message: str, fields: JsonObject) -> None:
    """What the documents do not allow is a bad request that says why, and costs nothing."""
    answer = await images(ace, **fields)

    assert answer.status_code == 400
    assert set(answer.json()) == {"error", "trace_id"}
    assert answer.json()["error"]["code"] == "bad_request"
    assert message in answer.json()["error"]["message"]
    assert ace.gateway.calls == []


@pytest.mark.parametrize(
    ("fields", "number"),
    [
        ({"image": [data_url()]}, 1),
        ({"image": ["https://a.example/1.png"], "watermark": False}, 1),
        ({"optimize_prompt_options": {"mode": "fast"}}, 1),
        ({"model": LITE, "size": "2560x1440", "output_format": "png", "tools": [{"type": "web_search"}]}, 1),
        (a_set(2), 2),
        (a_set(None, image=["https://a.example/1.png"] * 13), 2),
    ],
)
async def test_accepted(ace: Customer, fields: JsonObject, number: int) -> None:
    """What the documents allow is made and billed."""
    answer = await images(ace, **fields)

    assert answer.status_code == 200, answer.text
    assert len(answer.json()["data"]) == number
    assert ace.billed == [number]


@pytest.mark.parametrize(("given", "code"), [("", "no_token"), ("Bearer x", "invalid_token")])
async def test_key(ace: Customer, given: str, code: str) -> None:
    """No key and a wrong key are told apart."""
    answer = await ace.post("/seedream/images", {}, Authorization=given)

    assert (answer.status_code, answer.json()["error"]["code"]) == (401, code)


async def test_bodies_that_are_no_request(ace: Customer) -> None:
    """Bodies that are no JSON object, or too large, never become a call."""
    url = f"{ace.gateway.url}/seedream/images"
    headers = {"Content-Type": "application/json"}
    broken = await ace.client.post(url, content=b"{", headers=headers)
    text = await ace.client.post(url, content=b"[]", headers=headers)
    form = await ace.client.post(url, data={"prompt": "a fox"})
    large = await ace.client.post(url, content=bytes(64_000_001), headers=headers)
    codes = [answer.json()["error"]["code"] for answer in (broken, text, form, large)]

    assert codes == ["bad_request", "bad_request", "bad_request", "request_too_large"]


async def test_bytes_in_the_answer(ace: Customer) -> None:
    """Pictures can come as base64."""
    item = (await images(ace, response_format="b64_json")).json()["data"][0]

    assert size_of(base64.b64decode(item["b64_json"])) == (1280, 720)
    assert "image_url" not in item


async def test_call_is_recorded(ace: Customer) -> None:
    """A call's record names its references by hash and tells of metadata."""
    await images(ace, image=[data_url(), "https://a.example/1.png"])
    call = ace.gateway.calls[0]
    first, second = call["images"]

    assert (first["width"], first["height"], first["metadata"], second) == (64, 48, False, {"url": "https://a.example/1.png"})
    assert call["body"]["image"] == [f"data:image/png;sha256={first['sha256']}", "https://a.example/1.png"]
    assert ace.stage.files.get(first["sha256"]) == picture()


@pytest.mark.parametrize(
    ("words", "code", "number"),
    [
        ("forbidden-text", "InputTextSensitiveContentDetected", 0),
        ("forbidden-output", "OutputImageSensitiveContentDetected", 0),
        ("forbidden-output 2", None, 1),
    ],
)
async def test_content_refusals(ace: Customer, words: str, code: str | None, number: int) -> None:
    """The model's refusals come as their own error with the official code inside, at once or in the task's record."""
    whole = await images(ace, prompt=words, **a_set(2))
    held = await finished(ace, await task_of(ace, prompt=words, **a_set(2)))
    response = held["response"]

    if code is None:
        assert [set(item) for item in response["data"]] == [{"prompt", "size", "image_url"}, {"prompt", "error"}]
        assert len(whole.json()["data"]) == 2
    else:
        assert (whole.status_code, whole.json()["error"]["code"]) == (500, "api_error")
        assert (response["success"], response["error"]["code"]) == (False, "api_error")
        assert whole.json()["error"]["message"].startswith(f"{code}: ")
        assert response["error"]["message"].startswith(f"{code}: ")
    assert sum(ace.billed) == 2 * number


async def test_lines(ace: Customer) -> None:
    """A set can come line by line, if the header asks for it; without the header it comes whole."""
    answer = await images(ace, "application/x-ndjson", stream=True, **a_set(2))
    first, second, last = [json.loads(line) for line in answer.text.splitlines()]
    whole = await images(ace, stream=True, **a_set(2))

    assert answer.headers["Content-Type"] == "application/x-ndjson"
    assert [first["type"], second["type"]] == ["image_generation.partial_succeeded"] * 2
    assert [first["image_index"], second["image_index"]] == [0, 1]
    assert size_of((await ace.client.get(second["url"])).content) == (1280, 720)
    assert (last["type"], last["usage"]["generated_images"]) == ("image_generation.completed", 2)
    assert len(whole.json()["data"]) == 2
    assert ace.billed == [2, 2]


@pytest.mark.parametrize(
    ("fault", "types", "billed"),
    [
        ("no-last-line", ["partial_succeeded", "partial_succeeded"], [2]),
        ("ended", ["partial_succeeded"], [1]),
        ("error-line:InputTextSensitiveContentDetected", ["error"], []),
    ],
)
async def test_lines_that_lack_something(ace: Customer, fault: str, types: list[str], billed: list[int]) -> None:
    """Lines can lack the last one, end early, or be one error."""
    ace.strike("submit", fault)
    answer = await images(ace, "application/x-ndjson", stream=True, **a_set(2))
    found = [json.loads(line).get("type", "error").rpartition(".")[2] for line in answer.text.splitlines()]

    assert (found, ace.billed) == (types, billed)


async def test_cut_lines(ace: Customer) -> None:
    """The connection can end among the lines."""
    ace.strike("submit", "cut")
    with pytest.raises(httpx.RemoteProtocolError):
        await images(ace, "application/x-ndjson", stream=True, **a_set(2))

    assert ace.billed == [1]


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
async def test_submit_faults(ace: Customer, fault: str, status: int, code: str | None, billed: list[int]) -> None:
    """Each word gives its answer once, and bills what its description says."""
    ace.strike("submit", fault)
    answer = await images(ace, **a_set(2))

    assert answer.status_code == status
    assert code is None or answer.json()["error"]["code"] == code
    assert ("accepts" in answer.json()) == (fault == "402")
    assert (await images(ace)).status_code == 200
    assert ace.billed == [*billed, 1]


async def test_other_id_of_lite(ace: Customer) -> None:
    """Which of the two ids of 5.0-lite is known can change."""
    ace.strike("submit", "other-lite-id", times=2)
    new = await images(ace, model=LITE, size="2560x1440")
    old = await images(ace, model=OLD_LITE, size="2560x1440")

    assert (new.json()["error"]["message"], old.status_code) == ("model is invalid.", 200)
