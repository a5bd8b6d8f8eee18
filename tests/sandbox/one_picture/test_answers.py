"""What one-picture models answer: one picture in its true size, with its format and what was counted."""

import base64
from typing import Any

import pytest

from sandbox.contracts import JsonObject
from sandbox.gateways.dialects.ark import generation_request, read_references
from sandbox.gateways.dialects.ark_rules import MODELS, read_request
from sandbox.gateways.models.sizes import RATIOS, tier_pixels, tier_pixels_like
from tests.sandbox.gateways.ark_client import V40, ArkClient
from tests.sandbox.one_picture.one_picture_client import (
    FLASH,
    PRO,
    V55,
    as_data_url,
    cut_out,
    error_of,
    generate,
    opened,
    photo,
)


@pytest.mark.parametrize(("model", "image_format"), [(V55, "png"), (PRO, "jpeg"), (FLASH, "jpeg")])
async def test_one_picture(ark: ArkClient, model: str, image_format: str) -> None:
    """One picture whatever `n` says, in the model's own format, and the references among what is counted."""
    answer = await generate(ark, model=model, n=4, image=[as_data_url(photo(300, 300))] * 2)
    body = answer.json()
    (item,) = body["data"]
    image = await opened(ark, item)

    assert (body["model"], item["size"], item["output_format"]) == (model, "1024x1024", image_format)
    assert item.get("background") == ("opaque" if model == V55 else None)
    assert set(item) - {"background"} == {"url", "size", "output_format"}
    assert body["usage"] == {"input_images": 2, "generated_images": 1, "output_tokens": 4096, "total_tokens": 4096}
    assert (image.size, image.format) == ((1024, 1024), image_format.upper())
    assert ark.gateway.calls[0]["dropped"] == ["n"]
    assert ark.billed == [1]


async def test_without_references(ark: ArkClient) -> None:
    """They are counted all the same; the older models do not know the count."""
    made, before = [(await generate(ark, model=model)).json() for model in (PRO, V40)]

    assert made["usage"]["input_images"] == 0
    assert "input_images" not in before["usage"]
    assert set(before["data"][0]) == {"url", "size"}


@pytest.mark.parametrize(
    ("fields", "size"),
    [
        ({"size": None}, "2048x2048"),
        ({"size": "1.5K"}, "1536x1536"),
        ({"size": "1K", "prompt": "a wide valley"}, "1424x800"),
        ({"size": "2K", "prompt": "a valley, 16:9"}, "2816x1584"),
        ({"size": "2K", "prompt": "a valley, 4:3"}, "2368x1776"),
        ({"size": "1K", "image": as_data_url(photo(1200, 800))}, "1248x832"),
        ({"size": "1K", "image": [as_data_url(photo(300, 450)), as_data_url(photo(450, 300))]}, "832x1248"),
        ({"size": "1K", "prompt": "a fox, 1:1", "image": as_data_url(photo(1200, 800))}, "1024x1024"),
        ({"size": "1K", "image": as_data_url(photo(1600, 200))}, "2896x368"),
        ({"size": "1280x720"}, "1280x720"),
        ({"size": "2150x2150"}, "2150x2150"),
        ({"size": "3840x240"}, "3840x240"),
    ],
)
async def test_sizes(fields: dict[str, Any], size: str) -> None:
    """A tier takes the shape that the prompt names, or else the first reference's; pixels are taken as they are."""
    body = {"model": FLASH, "prompt": "a fox", **fields}
    asked = read_request(MODELS["ark_intl"], body)
    width, height = generation_request(asked, await read_references(asked)).size

    assert f"{width}x{height}" == size


@pytest.mark.parametrize("tier", ["1K", "1.5K", "2K"])
def test_every_shape_of_a_tier_is_allowed(tier: str) -> None:
    """In the table or not, a tier's picture is within the limits of pixels and shape, and has the shape of its reference."""
    sizes = [tier_pixels(tier, ratio, one_picture=True) for ratio in RATIOS]
    sizes += [tier_pixels_like(tier, *shape) for shape in ((1, 16), (16, 1), (1, 3), (5, 4), (9, 21), (7, 2), (1000, 1001))]

    assert all(921_600 <= width * height <= 4_624_220 for width, height in sizes)
    assert all(1 / 16.5 < width / height < 16.5 for width, height in sizes)
    assert tier_pixels_like(tier, 7, 2)[0] / tier_pixels_like(tier, 7, 2)[1] == pytest.approx(3.5, rel=0.03)


async def test_inline(ark: ArkClient) -> None:
    """As base64 it is the same picture."""
    item = (await generate(ark, response_format="b64_json", output_format="jpeg")).json()["data"][0]

    assert base64.b64decode(item["b64_json"]).startswith(b"\xff\xd8\xff")
    assert (item["output_format"], "url" in item) == ("jpeg", False)


@pytest.mark.parametrize(
    ("prompt", "error"),
    [
        ("forbidden-output", (400, "OutputImageSensitiveContentDetected", "")),
        ("broken-output 1", (500, "InternalServiceError", "")),
        ("forbidden-text", (400, "InputTextSensitiveContentDetected", "")),
    ],
)
async def test_a_failure_is_the_whole_answer(ark: ArkClient, prompt: str, error: tuple[int, str, str]) -> None:
    """Not an item of the list, and free with all its references."""
    answer = await generate(ark, prompt=prompt, image=as_data_url(photo(300, 300)))

    assert error_of(answer) == error
    assert [call["billed_micros"] for call in ark.gateway.calls] in ([], [0])


@pytest.mark.parametrize(
    "fields",
    [
        {"model": PRO, "optimize_prompt_options": {"mode": "fast"}},
        {"model": V55, "optimize_prompt_options": {"mode": "standard"}},
        {"model": V55, "background": "auto"},
        {"model": FLASH, "background": "opaque"},
        {"model": V55, "seed": 7},
        {"model": PRO, "image": ["https://a.example/1.png"] * 10},
        {"model": V55, "sequential_image_generation": None, "stream": None},
    ],
)
async def test_accepted(ark: ArkClient, fields: JsonObject) -> None:
    """What the facts allow is made."""
    assert (await generate(ark, **fields)).status_code == 200


@pytest.mark.parametrize(("model", "same"), [(FLASH, True), (PRO, False)])
async def test_a_seed(ark: ArkClient, model: str, same: bool) -> None:
    """Flash repeats a picture with its seed; the others take a seed and ignore it."""
    first, second = [(await generate(ark, model=model, seed=7)).json()["data"][0]["url"] for _ in range(2)]

    assert ((await ark.http.get(first)).content == (await ark.http.get(second)).content) == same


@pytest.mark.parametrize(("fault", "number", "references"), [("empty", 0, 0), ("more", 2, 1), ("old-usage", 1, None)])
async def test_odd_counts(ark: ArkClient, fault: str, number: int, references: int | None) -> None:
    """A gateway can return more than its one picture or none, and leave out the count of references."""
    ark.inject("submit", fault)
    body = (await generate(ark, image=as_data_url(cut_out()))).json()

    assert (len(body["data"]), body["usage"].get("input_images")) == (number, references)
    assert ark.billed == [number]
