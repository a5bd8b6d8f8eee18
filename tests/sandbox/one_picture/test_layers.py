"""Pictures taken apart: the layers, their places, and that they give the picture again."""

import pytest
from PIL import Image, ImageChops, ImageStat

from sandbox.contracts import JsonObject
from sandbox.gateways.dialects.one_picture_rules import final_size
from sandbox.gateways.models.rules import V5_0_FLASH
from sandbox.gateways.references import Reference
from tests.sandbox.gateways.ark_client import ArkClient
from tests.sandbox.one_picture.one_picture_client import FLASH, PRO, V55, as_data_url, error_of, generate, opened, photo


async def take_apart(ark: ArkClient, image: Image.Image, **fields: object) -> JsonObject:
    wish: JsonObject = {"layer_decomposition": True, "size": None, "prompt": None, "image": as_data_url(image)}
    answer = await generate(ark, **wish | fields)
    assert answer.status_code == 200, answer.text
    body: JsonObject = answer.json()
    return body


async def composed(ark: ArkClient, data: list[JsonObject], start: Image.Image) -> Image.Image:
    """Scale each layer to its box, place it there, paint in rising order."""
    canvas = start.convert("RGBA")
    for item in sorted(data, key=lambda item: int(item["z_index"]))[1:]:
        left, top, right, bottom = item["bounding_box"]["absolute"]
        layer = await opened(ark, item)
        canvas.alpha_composite(layer.convert("RGBA").resize((right - left, bottom - top)), (left, top))
    return canvas.convert("RGB")


def difference(first: Image.Image, second: Image.Image) -> float:
    """Return the mean difference of two pictures, 0 to 255."""
    return sum(ImageStat.Stat(ImageChops.difference(first, second)).mean) / 3


@pytest.mark.parametrize("model", [V55, PRO])
async def test_a_foreign_picture(ark: ArkClient, model: str) -> None:
    """The base first, then layers with names and boxes in both scales; each in a size that is not its box's."""
    body = await take_apart(ark, photo(), model=model)
    base, *layers = body["data"]
    picture = await opened(ark, base)

    assert (base["z_index"], base["size"], "bounding_box" in base, "name" in base) == (0, "1200x800", False, False)
    assert base["output_format"] == ("png" if model == V55 else "jpeg")
    assert [item["z_index"] for item in layers] == list(range(1, len(layers) + 1))
    assert len(layers) >= 2
    for item in layers:
        left, top, right, bottom = item["bounding_box"]["absolute"]
        assert 0 <= left < right <= 1200
        assert 0 <= top < bottom <= 800
        assert item["bounding_box"]["normalized"] == [
            round(edge / side * 1000) for edge, side in zip((left, top, right, bottom), (1200, 800) * 2, strict=True)
        ]
        image = await opened(ark, item)
        assert (image.mode, image.format, item["output_format"]) == ("RGBA", "PNG", "png")
        assert f"{image.width}x{image.height}" == item["size"] != f"{right - left}x{bottom - top}"
        assert item["name"]
        assert item["description"]
    assert difference(await composed(ark, body["data"], picture), picture) < 3
    assert difference(await composed(ark, body["data"], Image.new("RGB", picture.size)), picture) < 3


async def test_a_scene_has_its_things_as_layers(ark: ArkClient) -> None:
    """The background without them, and each by itself; the prompt may name those that are wanted."""
    made = await opened(ark, (await generate(ark, prompt="a red fox and a tent by a lake")).json()["data"][0])
    whole = await take_apart(ark, made, model=PRO)
    named = await take_apart(ark, made, model=FLASH, prompt="the fox")
    base = await opened(ark, whole["data"][0])
    background = (await opened(ark, whole["data"][1])).convert("RGB").resize(base.size)
    fox = next(item for item in whole["data"][1:] if item["name"] == "fox")

    assert {item["name"] for item in whole["data"][1:]} == {"background", "fox", "tent"}
    assert {item["name"] for item in named["data"][1:]} == {"background", "fox"}
    assert fox["description"] == "a red fox"
    assert difference(await composed(ark, whole["data"], Image.new("RGB", base.size)), base) < 3
    box = tuple(fox["bounding_box"]["absolute"])
    assert difference(background.crop(box), base.crop(box)) > 20
    clear = (await opened(ark, fox)).getchannel("A").histogram()[0]
    assert clear > 1000


@pytest.mark.parametrize(
    ("given", "tier", "size"),
    [
        ((1200, 800), "auto", (1200, 800)),
        ((600, 480), "auto", (1152, 864)),
        ((2600, 1950), "auto", (2368, 1776)),
        ((1200, 800), "1.5K", (1872, 1248)),
    ],
)
def test_sizes(given: tuple[int, int], tier: str, size: tuple[int, int]) -> None:
    """A picture within the limits keeps its size; a tier is taken in its shape."""
    reference = Reference(url="", content=b"", width=given[0], height=given[1])

    assert final_size("", (0, 0), tier, [reference], V5_0_FLASH) == size


@pytest.mark.parametrize(
    ("model", "low", "high", "reference"), [(PRO, 22_500, 45_000, 0), (FLASH, 18_000, 18_000, 0), (V55, 20_000, 35_000, 8_000)]
)
async def test_every_picture_is_billed(ark: ArkClient, model: str, low: int, high: int, reference: int) -> None:
    """The base and each layer by its own pixels, and with 5.5 the reference."""
    body = await take_apart(ark, photo(2048, 1536), model=model)
    (call,) = ark.gateway.calls
    sizes = [tuple(map(int, item["size"].split("x"))) for item in body["data"]]
    pixels = [width * height for width, height in sizes]

    assert body["usage"]["generated_images"] == call["billed"] == len(body["data"])
    assert body["usage"]["output_tokens"] == round(sum(pixels) / 256)
    assert (body["usage"]["input_images"], call["references"]) == (1, 1)
    assert call["billed_micros"] == reference + sum(high if each > 2_601_123 else low for each in pixels)
    assert max(pixels) > 2_601_123 > min(pixels)


async def test_one_failed_layer_fails_them_all(ark: ArkClient) -> None:
    """And nothing is billed."""
    answer = await generate(
        ark, model=PRO, layer_decomposition=True, size=None, prompt="forbidden-output 2", image=as_data_url(photo())
    )

    assert error_of(answer) == (400, "OutputImageSensitiveContentDetected", "")
    assert (ark.billed, ark.gateway.calls[0]["billed_micros"]) == ([0], 0)


@pytest.mark.parametrize(("fault", "number"), [("empty", 0), ("more:9", 31)])
async def test_odd_numbers(ark: ArkClient, fault: str, number: int) -> None:
    """There can be none, or more than anybody expects; all that come are billed."""
    ark.inject("submit", fault)
    body = await take_apart(ark, photo(), model=PRO)

    assert (len(body["data"]), ark.billed) == (number, [number])


async def test_odd_names(ark: ArkClient) -> None:
    """A layer's name is text from elsewhere: it can be a path, have line breaks, or be missing."""
    ark.inject("submit", "odd-layers")
    body = await take_apart(ark, photo(), model=PRO)

    assert [item["name"] for item in body["data"][1:3]] == ["../../etc/passwd", "fox\nfox"]


async def test_odd_boxes(ark: ArkClient) -> None:
    """A layer's box can reach out of the picture, or have no extent."""
    ark.inject("submit", "odd-boxes")
    body = await take_apart(ark, photo(), model=PRO)

    assert [item["bounding_box"]["absolute"] for item in body["data"][1:3]] == [[-80, -40, 99_999, 99_999], [500, 400, 100, 50]]
