"""Transparent backgrounds, measured in pixels."""

import pytest
from PIL import Image, ImageChops, ImageStat

from sandbox.gateways.dialects.ark import Ark
from tests.sandbox.gateways.ark_client import ArkClient
from tests.sandbox.gateways.gateway_client import open_gateway
from tests.sandbox.one_picture.one_picture_client import FLASH, PRO, V55, as_data_url, cut_out, generate, opened, photo


def clear_and_solid(image: Image.Image) -> tuple[float, float]:
    """Return the shares of pixels that are fully transparent and fully opaque."""
    histogram = image.getchannel("A").histogram()
    return histogram[0] / (image.width * image.height), histogram[255] / (image.width * image.height)


@pytest.mark.parametrize("image", [None, as_data_url(photo(600, 500))])
async def test_5_5_draws_one(ark: ArkClient, image: str | None) -> None:
    """From words and from references: a thing with a border, and nothing around it."""
    item = (await generate(ark, background="transparent", image=image)).json()["data"][0]
    made = await opened(ark, item)
    clear, solid = clear_and_solid(made)

    assert (item["output_format"], item["background"], made.mode) == ("png", "transparent", "RGBA")
    assert clear > 0.2
    assert solid > 0.2
    assert [made.getpixel(at)[3] for at in ((0, 0), (made.width - 1, made.height - 1))] == [0, 0]  # type: ignore[index]


@pytest.mark.parametrize(
    ("fields", "background"),
    [
        ({"prompt": "a fox on a transparent background"}, "transparent"),
        ({"prompt": "a fox on a transparent background", "background": "auto"}, "transparent"),
        ({"prompt": "a fox on a transparent background", "background": "opaque"}, "opaque"),
        ({"prompt": "a fox on a transparent background", "output_format": "jpeg"}, "opaque"),
        ({"prompt": "a fox"}, "opaque"),
    ],
)
async def test_5_5_decides_by_the_prompt(ark: ArkClient, fields: dict[str, str], background: str) -> None:
    """By default, and never in a JPEG."""
    item = (await generate(ark, **fields)).json()["data"][0]
    made = await opened(ark, item)

    assert item["background"] == background
    assert (made.mode == "RGBA") == (background == "transparent")


@pytest.mark.parametrize("model", [PRO, FLASH])
async def test_pro_and_flash_keep_one(ark: ArkClient, model: str) -> None:
    """The result has the alpha of its one reference, and is a PNG without being told."""
    given = cut_out()
    item = (await generate(ark, model=model, background="transparent", prompt="make it blue", image=as_data_url(given))).json()
    made = await opened(ark, item["data"][0])
    kept = given.getchannel("A").resize(made.size)

    assert (item["data"][0]["output_format"], made.mode) == ("png", "RGBA")
    assert ImageStat.Stat(ImageChops.difference(made.getchannel("A"), kept)).mean[0] < 1
    red, _, blue = made.convert("RGB").getpixel((made.width // 2, made.height // 2))  # type: ignore[misc]
    assert blue > red


async def test_an_edited_sticker_is_that_sticker(ark: ArkClient) -> None:
    """What 5.5 cut out, Pro paints in another colour in the same outline."""
    sticker = await opened(ark, (await generate(ark, prompt="a red fox", background="transparent")).json()["data"][0])
    fields = {"background": "transparent", "image": as_data_url(sticker), "prompt": "make it blue"}
    made = await opened(ark, (await generate(ark, model=PRO, **fields)).json()["data"][0])
    red, blue = (ImageStat.Stat(image.convert("RGB"), mask=image.getchannel("A")).mean for image in (sticker, made))

    assert ImageStat.Stat(ImageChops.difference(made.getchannel("A"), sticker.getchannel("A"))).mean[0] < 1
    assert red[0] > red[2]
    assert blue[2] > blue[0]


async def test_a_sticker_lies_on_white_without_the_field(ark: ArkClient) -> None:
    """An edit that names no place leaves it there; one that names a place moves it."""
    sticker = await opened(ark, (await generate(ark, prompt="a red fox", background="transparent")).json()["data"][0])
    white, moved = [
        await opened(ark, (await generate(ark, model=PRO, prompt=prompt, image=as_data_url(sticker))).json()["data"][0])
        for prompt in ("make it blue", "in the desert")
    ]

    assert white.mode == moved.mode == "RGB"
    assert min(white.getpixel((9, 9))) > 240  # type: ignore[arg-type]
    assert min(moved.getpixel((9, 9))) < 240  # type: ignore[arg-type]


async def test_a_wish_in_words_alone_is_painted(ark: ArkClient) -> None:
    """Pro without the field paints a pattern of squares that only looks transparent."""
    made = await opened(ark, (await generate(ark, model=PRO, prompt="a fox with a transparent background")).json()["data"][0])
    grey = made.convert("L").crop((0, 0, made.width, made.height // 12)).histogram()

    assert made.mode == "RGB"
    assert sum(grey[196:214]) > 0.3 * sum(grey)
    assert sum(grey[248:]) > 0.3 * sum(grey)


async def test_loads_do_not_change_it() -> None:
    """A prepared gateway draws such pictures all the same."""
    async with open_gateway(Ark, "ark_intl", prepared=1024) as client:
        ark = ArkClient(client.gateway, client.http)
        made = await opened(ark, (await generate(ark, model=V55, background="transparent")).json()["data"][0])

    assert made.mode == "RGBA"
