"""What one-picture models refuse: with the parameter at fault, before anything is made or billed."""

import base64
from typing import Any

import pytest
from PIL import Image

from sandbox.contracts import JsonObject
from tests.sandbox.gateways.ark_client import LITE, V40, V45, ArkClient
from tests.sandbox.one_picture.one_picture_client import FLASH, NEW, PRO, V55, as_data_url, cut_out, error_of, generate, photo

URL = "https://a.example/1.png"
PHOTO = as_data_url(photo(600, 500))
STICKER = as_data_url(cut_out())
LAYERS = {"layer_decomposition": True, "size": None, "prompt": None}


@pytest.mark.parametrize("model", NEW)
@pytest.mark.parametrize(
    ("param", "fields"),
    [
        ("sequential_image_generation", {"sequential_image_generation": "disabled"}),
        ("sequential_image_generation", {"sequential_image_generation": "auto"}),
        ("sequential_image_generation_options", {"sequential_image_generation_options": {"max_images": 1}}),
        ("stream", {"stream": False}),
        ("stream", {"stream": True}),
        ("tools", {"tools": [{"type": "web_search"}]}),
        ("tools", {"tools": []}),
        ("quality", {"quality": "high"}),
        ("guidance_scale", {"guidance_scale": 2.5}),
        ("negative_prompt", {"negative_prompt": "rain"}),
        ("optimize_prompt_options.mode", {"optimize_prompt_options": {"mode": "slow"}}),
        ("optimize_prompt_options", {"optimize_prompt_options": {"thinking": "auto"}}),
        ("size", {"size": "3K"}),
        ("size", {"size": "4K"}),
        ("size", {"size": "1.5k"}),
        ("size", {"size": "auto"}),
        ("size", {"size": "landscape_16_9"}),
        ("size", {"size": ["2K"]}),
        ("size", {"size": "1279x720"}),
        ("size", {"size": "2304x2008"}),
        ("size", {"size": "4112x256"}),
        ("output_format", {"output_format": "webp"}),
        ("image", {"image": [URL] * 11}),
        ("image", {"image": base64.b64encode(bytes(300)).decode()}),
        ("image", {"image": [base64.b64encode(bytes(300)).decode()]}),
        ("prompt", {"prompt": " "}),
        ("background", {"background": "white"}),
        ("background", {"background": "transparent", "output_format": "jpeg"}),
        ("layer_decomposition", {"layer_decomposition": "true"}),
        ("size", LAYERS | {"image": PHOTO, "size": "2048x2048"}),
        ("size", LAYERS | {"image": PHOTO, "size": ["1K"]}),
        ("image", LAYERS),
        ("image", LAYERS | {"image": [PHOTO, PHOTO]}),
        ("image", LAYERS | {"image": as_data_url(photo(512, 511))}),
        ("image", LAYERS | {"image": as_data_url(photo(600, 500), "webp")}),
        ("image", LAYERS | {"image": URL}),
        ("background", LAYERS | {"image": STICKER, "background": "transparent"}),
    ],
)  # fmt: skip
async def test_every_new_model(ark: ArkClient, model: str, param: str, fields: JsonObject) -> None:
    """The fields of sets are refused with every value, also with those that mean nothing."""
    answer = await generate(ark, model=model, **fields)

    assert error_of(answer) == (400, "InvalidParameter", param)
    assert ark.gateway.calls == []


@pytest.mark.parametrize("model", [PRO, FLASH])
@pytest.mark.parametrize(
    "images",
    [
        None,
        [STICKER, STICKER],
        as_data_url(photo(600, 500)),
        as_data_url(photo(600, 500), "jpeg"),
        as_data_url(photo(600, 500).convert("RGBA")),
        URL,
    ],
)
async def test_a_background_that_cannot_be_kept(ark: ArkClient, model: str, images: Any) -> None:
    """Pro and Flash keep the transparency of exactly one picture that has some."""
    answer = await generate(ark, model=model, background="transparent", output_format="png", image=images)

    assert error_of(answer) == (400, "InvalidParameter", "image")


@pytest.mark.parametrize(
    ("model", "param", "fields"),
    [
        (V55, "optimize_prompt_options.mode", {"optimize_prompt_options": {"mode": "fast"}}),
        (FLASH, "optimize_prompt_options.mode", {"optimize_prompt_options": {"mode": "fast"}}),
        (PRO, "background", {"background": "auto"}),
        (FLASH, "background", {"background": "auto"}),
        *((model, "background", {"background": "opaque", "size": "2K"}) for model in (V40, V45, LITE)),
        *((model, "layer_decomposition", {"layer_decomposition": False, "size": "2K"}) for model in (V40, V45, LITE)),
        (V40, "size", {"size": "1.5K"}),
        (V40, "n", {"n": 2}),
    ],
)
async def test_one_model(ark: ArkClient, model: str, param: str, fields: JsonObject) -> None:
    """Some values belong to some models, and the new fields to none of the old ones."""
    assert error_of(await generate(ark, model=model, **fields)) == (400, "InvalidParameter", param)


@pytest.mark.parametrize(
    "model",
    [
        *(f"{name}-5-5" for name in ("dola-seedream", "seedream")),
        "dola-seedream-5-5-261029",
        "dola-seedream-5-0-pro",
        "dola-seedream-5-0-pro-260629",
        "dola-seedream-5-0-flash",
        "seedream-5-0-pro-260628",
        "doubao-seedream-5-0-pro-260628",
    ],
)
async def test_a_name_that_is_no_id(ark: ArkClient, model: str) -> None:
    """A wrong date, none, or another region's prefix is no model."""
    assert error_of(await generate(ark, model=model)) == (404, "InvalidEndpointOrModel.NotFound", "")


async def test_larger_references_than_before(ark: ArkClient) -> None:
    """A reference may have 30 MB; the older models take 10."""
    heavy = as_data_url(_heavy())
    old = await generate(ark, model=V40, image=heavy)
    new = await generate(ark, model=FLASH, image=heavy)

    assert error_of(old) == (400, "InvalidParameter", "image")
    assert new.status_code == 200


def _heavy() -> Image.Image:
    """A picture of noise, which no PNG makes smaller."""
    return Image.effect_noise((3600, 3600), 120)


async def test_the_list_of_models(ark: ArkClient) -> None:
    """It names ids that no call accepts, and lacks one that every call accepts."""
    listed = {row["id"] for row in (await ark.get("/api/v3/models")).json()["data"]}

    assert set(NEW) <= listed
    assert {"dola-seedream-5-0-pro", "seedream-5-0-260128"} <= listed
    assert "seedream-5-0-lite-260128" not in listed
