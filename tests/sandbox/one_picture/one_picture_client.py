"""Calls to 5.5, 5.0-pro and 5.0-flash at the fake official API, and the pictures they send."""

import base64
import io
from typing import Any

import httpx
from PIL import Image, ImageDraw

from sandbox.contracts import JsonObject
from tests.sandbox.gateways.ark_client import ArkClient

V55 = "dola-seedream-5-5-261028"
PRO = "dola-seedream-5-0-pro-260628"
FLASH = "dola-seedream-5-0-flash-260915"
NEW = (V55, PRO, FLASH)


def photo(width: int = 1200, height: int = 800) -> Image.Image:
    """A picture with something in every corner."""
    image = Image.new("RGB", (width, height), (196, 214, 232))
    draw = ImageDraw.Draw(image)
    for number in range(12):
        x, y = number % 4 * width // 4, number // 4 * height // 3
        draw.ellipse((x + 10, y + 10, x + width // 5, y + height // 4), fill=(number * 20, 255 - number * 20, number * 53 % 256))
    return image


def cut_out(width: int = 800, height: int = 600) -> Image.Image:
    """A red disc on nothing."""
    image = Image.new("RGBA", (width, height), (0, 0, 0, 0))
    ImageDraw.Draw(image).ellipse((width // 4, height // 4, width * 3 // 4, height * 3 // 4), fill=(210, 40, 40, 255))
    return image


def as_data_url(image: Image.Image, image_format: str = "png") -> str:
    into = io.BytesIO()
    image.save(into, image_format.upper())
    return f"data:image/{image_format};base64,{base64.b64encode(into.getvalue()).decode()}"


async def generate(ark: ArkClient, **fields: Any) -> httpx.Response:
    """Make a call to a one-picture model; fields that are None are left out."""
    return await ark.post(
        "/api/v3/images/generations", {"model": V55, "prompt": "a fox", "size": "1K", "watermark": False} | fields
    )


def error_of(answer: httpx.Response) -> tuple[int, str, str]:
    """Return status, code and parameter of a refusal."""
    error: JsonObject = answer.json()["error"]
    return answer.status_code, error["code"], error["param"]


async def opened(ark: ArkClient, item: JsonObject) -> Image.Image:
    """Download one picture of an answer."""
    image = Image.open(io.BytesIO((await ark.http.get(item["url"])).content))
    image.load()
    return image
