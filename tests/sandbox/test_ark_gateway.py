"""The official API's stand-in over real HTTP: what it takes, what it refuses, what it bills."""

import base64
import io
from typing import Any

import httpx
import pytest
from PIL import Image

from sandbox.gateways.dialects.ark import Ark
from sandbox.stage import JsonObject, Stage
from tests.sandbox.region import LITE, SMALL, V40, V45, Region, a_set, frames_of


def data_url(width: int = 64, height: int = 48, *, image_format: str = "png", mode: str = "RGB", **options: Any) -> str:
    """A plain picture as a data URL."""
    into = io.BytesIO()
    Image.new(mode, (width, height), (120, 90, 60) if mode == "RGB" else 0).save(into, image_format.upper(), **options)
    return f"data:image/{image_format};base64,{base64.b64encode(into.getvalue()).decode()}"


async def test_one_picture(region: Region) -> None:
    """One call gives one address, and behind it a JPEG of the size asked, billed once."""
    answer = await region.generate(size="1600x900")
    picture = await region.result(answer)
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
    assert region.billed == [1]


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
        (400, "InvalidParameter", "sequential_image_generation_options.max_images", a_set(16)),
        (400, "InvalidParameter", "sequential_image_generation_options.max_images", a_set(0)),
        (400, "InvalidParameter", "sequential_image_generation_options.max_images", a_set(2, image=["https://a.example/1.png"] * 14)),
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
async def test_refusals(region: Region, status: int, code: str, param: str, fields: JsonObject) -> None:
    """Whatever the reference does not allow is answered with its status, code and parameter, and costs nothing."""
    answer = await region.generate(**fields)
    error = answer.json()["error"]

    assert (answer.status_code, error["code"], error["param"]) == (status, code, param)
    assert answer.headers["X-Request-Id"] in error["message"]
    assert region.gateway.calls == []


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
        (a_set(2), 2),
        (a_set(4, prompt="a set of 3 foxes"), 3),
        (a_set(2, prompt="five shots of a fox"), 2),
        (a_set(None, prompt="two views of a fox"), 2),
        (a_set(None, image=["https://a.example/1.png"] * 13), 2),
    ],
)
async def test_accepted(region: Region, fields: JsonObject, number: int) -> None:
    """What the reference allows is made: as many pictures as the cap and the words of the prompt say."""
    answer = await region.generate(**fields)

    assert answer.status_code == 200, answer.text
    assert len(answer.json()["data"]) == number
    assert region.billed == [number]


async def test_key(region: Region) -> None:
    """A wrong key gets the one live error on record."""
    answer = await region.client.post(f"{region.gateway.url}/images/generations", json={}, headers={"Authorization": "Bearer x"})

    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "AuthenticationError"
    assert answer.json()["error"]["type"] == "Unauthorized"


async def test_body_that_is_no_request(region: Region) -> None:
    """Bodies that are not a JSON object, or too large, never become a call."""
    url = f"{region.gateway.url}/images/generations"
    headers = {"Content-Type": "application/json"}

    broken = await region.client.post(url, content=b"{", headers=headers)
    text = await region.client.post(url, content=b"[]", headers=headers)
    form = await region.client.post(url, data={"prompt": "a fox"})
    large = await region.client.post(url, content=bytes(64_000_001), headers=headers)

    assert [answer.status_code for answer in (broken, text, form, large)] == [400, 400, 400, 413]


async def test_volcengine_has_its_own_model_names() -> None:
    """`ark_cn` is the same wire with other ids."""
    gateway = await Ark.start(Stage(), dialect="ark_cn", name="ark_cn", pace=0)
    async with httpx.AsyncClient(trust_env=False, verify=False, headers={"Authorization": f"Bearer {gateway.key}"}) as client:
        body = {"prompt": "a fox", "size": SMALL}
        theirs = await client.post(f"{gateway.url}/images/generations", json={**body, "model": V40})
        ours = await client.post(f"{gateway.url}/images/generations", json={**body, "model": f"doubao-{V40}"})
    await gateway.close()

    assert (theirs.status_code, ours.status_code) == (404, 200)


async def test_tier_takes_the_shape_from_the_words(region: Region) -> None:
    """With a tier the model chooses the shape."""
    wide = await region.generate(size="1K", prompt="a wide valley")
    named = await region.generate(size="1K", prompt="a valley, 9:16")

    assert [answer.json()["data"][0]["size"] for answer in (wide, named)] == ["1312x736", "736x1312"]


async def test_inline_png_with_search(region: Region) -> None:
    """5.0-lite gives PNG, base64 and counts its web search."""
    answer = await region.generate(
        model=LITE, size="2560x1440", output_format="png", response_format="b64_json", tools=[{"type": "web_search"}]
    )
    item = answer.json()["data"][0]

    assert Image.open(io.BytesIO(base64.b64decode(item["b64_json"]))).format == "PNG"
    assert "url" not in item
    assert answer.json()["tools"] == [{"type": "web_search"}]
    assert answer.json()["usage"]["tool_usage"] == {"web_search": 1}


async def test_asking_again_gives_another_picture(region: Region) -> None:
    """The same words twice give two pictures, as a model does."""
    first, second = [(await region.result(await region.generate())).content for _ in range(2)]

    assert first != second


async def test_call_is_recorded_without_megabytes(region: Region) -> None:
    """A call's record names its references by hash, tells of metadata, and their bytes can be fetched."""
    exif = Image.Exif()
    exif[0x010F] = "a camera"
    urls = [data_url(), data_url(32, 20, image_format="jpeg", exif=exif), "https://a.example/1.png"]
    await region.generate(image=urls)
    call = region.gateway.calls[0]
    plain, telling, address = call["images"]

    assert (plain["width"], plain["height"], plain["format"], plain["metadata"]) == (64, 48, "png", False)
    assert (telling["width"], telling["height"], telling["metadata"]) == (32, 20, True)
    assert address == {"url": "https://a.example/1.png"}
    assert call["body"]["image"] == [
        f"data:image/png;sha256={plain['sha256']}",
        f"data:image/jpeg;sha256={telling['sha256']}",
        urls[2],
    ]
    assert region.stage.files.get(plain["sha256"]) == base64.b64decode(urls[0].partition(",")[2])


async def test_result_addresses(region: Region) -> None:
    """A result is got by GET with its signature for a day, by nothing else."""
    answer = await region.generate()
    url = answer.json()["data"][0]["url"]

    assert (await region.client.head(url)).status_code == 403
    assert (await region.client.get(url.replace("Signature=", "Signature=0"))).status_code == 403
    region.stage.clock.advance(86_390)
    assert (await region.client.get(url)).status_code == 200
    region.stage.clock.advance(11)
    assert (await region.client.get(url)).status_code == 403


async def test_stream(region: Region) -> None:
    """A set streams a frame a picture, then the usage, then the end mark."""
    answer = await region.generate(stream=True, **a_set(2))
    first, second, (event, last), done = frames_of(answer.text)

    assert answer.headers["Content-Type"] == "text/event-stream"
    assert [first[0], second[0]] == ["image_generation.partial_succeeded"] * 2
    assert [first[1]["image_index"], second[1]["image_index"]] == [0, 1]
    assert first[1]["size"] == SMALL
    assert (event, last["type"]) == ("image_generation.completed", "image_generation.completed")
    assert last["usage"]["generated_images"] == 2
    assert done == "[DONE]"


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize(
    ("words", "outcome", "billed"),
    [
        ("forbidden-output 2", [None, "OutputImageSensitiveContentDetected", None], 2),
        ("forbidden-output", ["OutputImageSensitiveContentDetected"] * 3, 0),
        ("broken-output 2", [None, "InternalServiceError"], 1),
    ],
)
async def test_partly_failed_set(region: Region, stream: bool, words: str, outcome: list[str | None], billed: int) -> None:
    """A withheld picture is free and the set goes on; after an internal error the rest is not made."""
    answer = await region.generate(prompt=words, stream=stream, **a_set(3))
    data = [frame for _, frame in frames_of(answer.text)[:-2]] if stream else answer.json()["data"]

    assert [item.get("error", {}).get("code") for item in data] == outcome
    assert region.billed == [billed]


async def test_prepared_picture() -> None:
    """Prepared, the stand-in draws once and answers every call with copies that differ in a note alone."""
    stage = Stage()
    gateway = await Ark.start(stage, dialect="ark_intl", name="ark_intl", pace=0, prepared=2048)
    async with httpx.AsyncClient(trust_env=False, verify=False, headers={"Authorization": f"Bearer {gateway.key}"}) as client:
        body = {"model": V40, "size": SMALL, **a_set(3)}
        answers = [await client.post(f"{gateway.url}/images/generations", json={**body, "prompt": word}) for word in ("a", "b")]
        pictures = {(await client.get(item["url"])).content for answer in answers for item in answer.json()["data"]}
    await gateway.close()

    assert len(pictures) == 6
    assert len({content[4 + int.from_bytes(content[4:6], "big") :] for content in pictures}) == 1
    assert answers[0].json()["data"][0]["size"] == "2048x2048"
