"""The fake official API over real HTTP: what it accepts, refuses and bills."""

import base64
import io
from typing import Any

import httpx
import pytest
from PIL import Image

from sandbox.contracts import JsonObject
from sandbox.gateways.dialects.ark import Ark
from sandbox.runtime import Runtime
from tests.sandbox.gateways.ark_client import LITE, V40, V45, ArkClient, parse_sse
from tests.sandbox.gateways.gateway_client import SMALL, set_fields


def data_url(width: int = 64, height: int = 48, *, image_format: str = "png", mode: str = "RGB", **options: Any) -> str:
    """A plain picture as a data URL."""
    into = io.BytesIO()
    Image.new(mode, (width, height), (120, 90, 60) if mode == "RGB" else 0).save(into, image_format.upper(), **options)
    return f"data:image/{image_format};base64,{base64.b64encode(into.getvalue()).decode()}"


async def test_one_picture(ark: ArkClient) -> None:
    """A call returns the URL of a JPEG of the requested size, and is billed once."""
    answer = await ark.generate(size="1600x900")
    picture = await ark.result(answer)
    image = Image.open(io.BytesIO(picture.content))

    assert answer.status_code == 200
    assert answer.headers["X-Request-Id"]
    assert answer.json()["model"] == V40
    assert answer.json()["data"][0]["size"] == "1600x900"
    assert answer.json()["usage"] == {"generated_images": 1, "output_tokens": 5625, "total_tokens": 5625}
    assert (picture.status_code, picture.headers["Content-Type"], image.format, image.size) == (
        200,
        "image/jpeg",
        "JPEG",
        (1600, 900),
    )
    assert ark.billed == [1]


@pytest.mark.parametrize(
    ("status", "code", "param", "fields"),
    [
        (404, "InvalidEndpointOrModel.NotFound", "", {"model": "seedream-5-0"}),
        (404, "InvalidEndpointOrModel.NotFound", "", {"model": "doubao-seedream-4-0-250828"}),
        (400, "MissingParameter.model", "model", {"model": None}),
        (400, "MissingParameter.prompt", "prompt", {"prompt": None}),
        (400, "InvalidParameter", "prompt", {"prompt": " "}),
        (400, "InvalidParameter", "prompt", {"prompt": 7}),
        (400, "InvalidParameter", "n", {"n": 4}),
        (400, "InvalidParameter", "guidance_scale", {"guidance_scale": 2.5}),
        (400, "InvalidParameter", "seed", {"seed": -2}),
        (400, "InvalidParameter", "watermark", {"watermark": "false"}),
        (400, "InvalidParameter", "stream", {"stream": 1}),
        (400, "InvalidParameter", "response_format", {"response_format": "base64"}),
        (400, "InvalidParameter", "size", {"size": "3K"}),
        (400, "InvalidParameter", "size", {"size": "2k"}),
        (400, "InvalidParameter", "size", {"size": "1279x720"}),
        (400, "InvalidParameter", "size", {"size": "4097x4096"}),
        (400, "InvalidParameter", "size", {"size": "7696x480"}),
        (400, "InvalidParameter", "size", {"model": V45, "size": "1K"}),
        (400, "InvalidParameter", "size", {"model": V45, "size": "1500x1500"}),
        (400, "InvalidParameter", "size", {"model": LITE, "size": "1K"}),
        (400, "InvalidParameter.UnsupportedParameter", "output_format", {"output_format": "png"}),
        (400, "InvalidParameter.UnsupportedParameter", "tools", {"model": V45, "size": "2K", "tools": [{"type": "web_search"}]}),
        (400, "InvalidParameter", "tools", {"model": LITE, "size": "2K", "tools": [{"type": "browser"}]}),
        (400, "InvalidParameter", "output_format", {"model": LITE, "size": "2K", "output_format": "webp"}),
        (400, "InvalidParameter", "optimize_prompt_options.mode", {"model": LITE, "size": "2K", "optimize_prompt_options": {"mode": "fast"}}),
        (400, "InvalidParameter", "optimize_prompt_options", {"optimize_prompt_options": "fast"}),
        (400, "InvalidParameter", "sequential_image_generation", {"sequential_image_generation": "on"}),
        (400, "InvalidParameter", "sequential_image_generation_options", {"sequential_image_generation_options": {"max_images": 2}}),
        (400, "InvalidParameter", "sequential_image_generation_options.max_images", set_fields(16)),
        (400, "InvalidParameter", "sequential_image_generation_options.max_images", set_fields(0)),
        (400, "InvalidParameter", "sequential_image_generation_options.max_images", set_fields(2, image=["https://a.example/1.png"] * 14)),
        (400, "InvalidParameter", "image", {"image": ["https://a.example/1.png"] * 15}),
        (400, "InvalidParameter", "image", {"image": {"url": "https://a.example/1.png"}}),
        (400, "InvalidImageURL.EmptyURL", "image", {"image": ""}),
        (400, "InvalidImageURL.InvalidFormat", "image", {"image": "ftp://a.example/1.png"}),
        (400, "InvalidImageURL.InvalidFormat", "image", {"image": "data:image/PNG;base64,AAAA"}),
        (400, "InvalidImageURL.InvalidFormat", "image", {"image": "data:image/png;base64,not base64"}),
        (400, "InvalidImageURL.InvalidFormat", "image", {"image": "data:image/png;base64,AAAA"}),
        (400, "InvalidImageURL.InvalidFormat", "image", {"image": data_url()[:-60]}),
        (400, "InvalidImageURL.InvalidFormat", "image", {"image": data_url().replace("image/png", "image/jpeg")}),
        (400, "InvalidParameter", "image", {"image": data_url(100, 14)}),
        (400, "InvalidParameter", "image", {"image": data_url(15, 241)}),
        (400, "InvalidParameter", "image", {"image": data_url(6001, 6000, mode="1")}),
        (400, "InvalidParameter", "image", {"image": "data:image/png;base64," + base64.b64encode(bytes(10_000_001)).decode()}),
        (400, "InputTextSensitiveContentDetected", "", {"prompt": "forbidden-text"}),
        (400, "InputTextSensitiveContentDetected.PolicyViolation", "", {"prompt": "a forbidden-copyright mouse"}),
        (400, "InputImageSensitiveContentDetected", "", {"prompt": "forbidden-image", "image": data_url()}),
        (400, "InputImageSensitiveContentDetected.PrivacyInformation", "", {"prompt": "forbidden-person", "image": data_url()}),
    ],
)  # fmt: skip
async def test_refusals(ark: ArkClient, status: int, code: str, param: str, fields: JsonObject) -> None:
    """What the reference does not allow is refused with its status, code and parameter, and is not billed."""
    answer = await ark.generate(**fields)
    error = answer.json()["error"]

    assert (answer.status_code, error["code"], error["param"]) == (status, code, param)
    assert answer.headers["X-Request-Id"] in error["message"]
    assert ark.gateway.calls == []


@pytest.mark.parametrize(
    ("fields", "number"),
    [
        ({"size": "1K"}, 1),
        ({"size": "7680x480"}, 1),
        ({"model": "seedream-5-0-lite-260128", "size": "2560x1440", "output_format": "png"}, 1),
        ({"seed": 42}, 1),
        ({"optimize_prompt_options": {"mode": "fast"}}, 1),
        ({"image": []}, 1),
        ({"image": "https://a.example/1.png"}, 1),
        ({"image": [data_url(15, 240)]}, 1),
        ({"prompt": "forbidden-image"}, 1),
        ({"prompt": "a set of 3", "sequential_image_generation": "disabled"}, 1),
        (set_fields(2), 2),
        (set_fields(4, prompt="a set of 3 foxes"), 3),
        (set_fields(2, prompt="five shots of a fox"), 2),
        (set_fields(None, prompt="two views of a fox"), 2),
        (set_fields(None, image=["https://a.example/1.png"] * 13), 2),
    ],
)
async def test_accepted(ark: ArkClient, fields: JsonObject, number: int) -> None:
    """What the reference allows is made; the cap and the prompt decide the number of pictures."""
    answer = await ark.generate(**fields)

    assert answer.status_code == 200, answer.text
    assert len(answer.json()["data"]) == number
    assert ark.billed == [number]


async def test_key(ark: ArkClient) -> None:
    """A wrong key gets the error seen from the live API."""
    answer = await ark.http.post(f"{ark.gateway.url}/images/generations", json={}, headers={"Authorization": "Bearer x"})

    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "AuthenticationError"
    assert answer.json()["error"]["type"] == "Unauthorized"


async def test_invalid_bodies(ark: ArkClient) -> None:
    """Bodies that are no JSON object, or too large, are refused."""
    url = f"{ark.gateway.url}/images/generations"
    headers = {"Content-Type": "application/json"}

    broken = await ark.http.post(url, content=b"{", headers=headers)
    text = await ark.http.post(url, content=b"[]", headers=headers)
    form = await ark.http.post(url, data={"prompt": "a fox"})
    large = await ark.http.post(url, content=bytes(64_000_001), headers=headers)

    assert [answer.status_code for answer in (broken, text, form, large)] == [400, 400, 400, 413]


async def test_volcengine_has_its_own_model_names() -> None:
    """`ark_cn` is the same API with other model ids."""
    gateway = await Ark.start(Runtime(), dialect="ark_cn", name="ark_cn", pace=0)
    async with httpx.AsyncClient(trust_env=False, verify=False, headers={"Authorization": f"Bearer {gateway.key}"}) as http:
        body = {"prompt": "a fox", "size": SMALL}
        theirs = await http.post(f"{gateway.url}/images/generations", json={**body, "model": V40})
        ours = await http.post(f"{gateway.url}/images/generations", json={**body, "model": f"doubao-{V40}"})
    await gateway.close()

    assert (theirs.status_code, ours.status_code) == (404, 200)


async def test_prompt_decides_the_ratio_of_a_tier(ark: ArkClient) -> None:
    """With a tier, the prompt decides the ratio."""
    wide = await ark.generate(size="1K", prompt="a wide valley")
    named = await ark.generate(size="1K", prompt="a valley, 9:16")

    assert [answer.json()["data"][0]["size"] for answer in (wide, named)] == ["1312x736", "736x1312"]


async def test_inline_png_with_search(ark: ArkClient) -> None:
    """5.0-lite can return PNG as base64, and bills its web search."""
    answer = await ark.generate(
        model=LITE, size="2560x1440", output_format="png", response_format="b64_json", tools=[{"type": "web_search"}]
    )
    item = answer.json()["data"][0]

    assert Image.open(io.BytesIO(base64.b64decode(item["b64_json"]))).format == "PNG"
    assert "url" not in item
    assert answer.json()["tools"] == [{"type": "web_search"}]
    assert answer.json()["usage"]["tool_usage"] == {"web_search": 1}


async def test_repeated_prompt_gives_another_picture(ark: ArkClient) -> None:
    """The same prompt twice gives two different pictures."""
    first, second = [(await ark.result(await ark.generate())).content for _ in range(2)]

    assert first != second


async def test_call_is_recorded(ark: ArkClient) -> None:
    """A call's record contains its references by hash, with whether they have metadata; their bytes can be fetched."""
    exif = Image.Exif()
    exif[0x010F] = "a camera"
    urls = [data_url(), data_url(32, 20, image_format="jpeg", exif=exif), "https://a.example/1.png"]
    await ark.generate(image=urls)
    call = ark.gateway.calls[0]
    plain, telling, address = call["images"]

    assert (plain["width"], plain["height"], plain["format"], plain["metadata"]) == (64, 48, "png", False)
    assert (telling["width"], telling["height"], telling["metadata"]) == (32, 20, True)
    assert address == {"url": "https://a.example/1.png"}
    assert call["body"]["image"] == [
        f"data:image/png;sha256={plain['sha256']}",
        f"data:image/jpeg;sha256={telling['sha256']}",
        urls[2],
    ]
    assert ark.runtime.files.get(plain["sha256"]) == base64.b64decode(urls[0].partition(",")[2])


async def test_result_urls(ark: ArkClient) -> None:
    """A result is served by GET with its signature, for a day."""
    answer = await ark.generate()
    url = answer.json()["data"][0]["url"]

    assert (await ark.http.head(url)).status_code == 403
    assert (await ark.http.get(url.replace("Signature=", "Signature=0"))).status_code == 403
    ark.runtime.clock.advance(86_390)
    assert (await ark.http.get(url)).status_code == 200
    ark.runtime.clock.advance(11)
    assert (await ark.http.get(url)).status_code == 403


async def test_stream(ark: ArkClient) -> None:
    """A set is streamed as one frame a picture, then the usage, then the end mark."""
    answer = await ark.generate(stream=True, **set_fields(2))
    first, second, (event, last), done = parse_sse(answer.text)

    assert answer.headers["Content-Type"] == "text/event-stream"
    assert [first[0], second[0]] == ["image_generation.partial_succeeded"] * 2
    assert [first[1]["image_index"], second[1]["image_index"]] == [0, 1]
    assert first[1]["size"] == SMALL
    assert (event, last["type"]) == ("image_generation.completed", "image_generation.completed")
    assert last["usage"]["generated_images"] == 2
    assert done == "[DONE]"


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize(
    ("prompt", "outcome", "billed"),
    [
        ("forbidden-output 2", [None, "OutputImageSensitiveContentDetected", None], 2),
        ("forbidden-output", ["OutputImageSensitiveContentDetected"] * 3, 0),
        ("broken-output 2", [None, "InternalServiceError"], 1),
    ],
)
async def test_partly_failed_set(ark: ArkClient, stream: bool, prompt: str, outcome: list[str | None], billed: int) -> None:
    """A withheld picture is not billed and the set continues; after an internal error no more are made."""
    answer = await ark.generate(prompt=prompt, stream=stream, **set_fields(3))
    data = [frame for _, frame in parse_sse(answer.text)[:-2]] if stream else answer.json()["data"]

    assert [item.get("error", {}).get("code") for item in data] == outcome
    assert ark.billed == [billed]


async def test_prepared_picture() -> None:
    """A prepared gateway draws once and answers every call with copies that differ in a comment only."""
    runtime = Runtime()
    gateway = await Ark.start(runtime, dialect="ark_intl", name="ark_intl", pace=0, prepared=2048)
    async with httpx.AsyncClient(trust_env=False, verify=False, headers={"Authorization": f"Bearer {gateway.key}"}) as http:
        body = {"model": V40, "size": SMALL, **set_fields(3)}
        answers = [await http.post(f"{gateway.url}/images/generations", json={**body, "prompt": word}) for word in ("a", "b")]
        pictures = {(await http.get(item["url"])).content for answer in answers for item in answer.json()["data"]}
    await gateway.close()

    assert len(pictures) == 6
    assert len({content[4 + int.from_bytes(content[4:6], "big") :] for content in pictures}) == 1
    assert answers[0].json()["data"][0]["size"] == "2048x2048"
