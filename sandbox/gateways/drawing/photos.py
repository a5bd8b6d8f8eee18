"""Changes the pixels of pictures that the painter did not make, so that they visibly obey."""

import random

from PIL import Image, ImageChops, ImageDraw, ImageEnhance, ImageOps

from sandbox.gateways.drawing.colours import Colour, gradient
from sandbox.gateways.drawing.places.light import Light
from sandbox.gateways.drawing.places.sky import soft_disc
from sandbox.gateways.drawing.scene import Scene


def graded(image: Image.Image, scene: Scene, lights: Light, rng: random.Random) -> Image.Image:
    """Return the photo in the season, weather and time of the scene."""
    image = _in_season(image, scene.season)
    if scene.weather in {"rain", "storm", "fog", "clouds"}:
        image = Image.blend(ImageEnhance.Color(image).enhance(0.5), Image.new("RGB", image.size, (150, 158, 172)), 0.28)
    return _at_time(image, scene.time, lights, rng)


def _at_time(image: Image.Image, time: str, lights: Light, rng: random.Random) -> Image.Image:
    match time:
        case "night":
            image = ImageEnhance.Color(image).enhance(0.55)
            image = ImageChops.multiply(image, gradient(image.size, ((58, 72, 128), (84, 98, 158), (98, 108, 166))))
            _night_sky(image, lights, rng)
            return image
        case "sunset" | "dawn":
            warm: tuple[Colour, ...] = ((186, 122, 150), (255, 164, 116), (255, 206, 150))
            if time == "dawn":
                warm = ((206, 190, 232), (255, 206, 206), (255, 226, 196))
            return Image.blend(ImageChops.multiply(image, gradient(image.size, warm)), gradient(image.size, warm), 0.2)
        case "day":
            return ImageEnhance.Brightness(ImageOps.autocontrast(image, cutoff=1)).enhance(1.12)
        case _:
            return image


def _night_sky(image: Image.Image, lights: Light, rng: random.Random) -> None:
    width, height = image.size
    draw = ImageDraw.Draw(image)
    unit = min(image.size) / 1000
    for _ in range(70):
        x, y, size = rng.uniform(0, width), rng.uniform(0, 1) ** 1.6 * height * 0.34, rng.choice((0.9, 1.2, 2.2)) * unit
        draw.ellipse((x - size, y - size, x + size, y + size), fill=(240, 240, 255))
    at, radius = (width * rng.uniform(0.14, 0.86), height * 0.13), min(image.size) * 0.05
    soft_disc(image, at, radius * 4, lights.sun, 0.4)
    draw.ellipse((at[0] - radius, at[1] - radius, at[0] + radius, at[1] + radius), fill=(248, 244, 224))


def _in_season(image: Image.Image, season: str) -> Image.Image:
    match season:
        case "winter":
            return _snowed(image)
        case "autumn":
            # Greens and yellows become orange; hues go from 0 to 255.
            return ImageEnhance.Color(_with_hues(image, {range(34, 122): 18})).enhance(1.15)
        case "spring":
            return ImageEnhance.Brightness(ImageEnhance.Color(_with_hues(image, {range(24, 60): 70})).enhance(1.2)).enhance(1.06)
        case "summer":
            warm = ImageChops.multiply(image, Image.new("RGB", image.size, (255, 248, 226)))
            return ImageEnhance.Color(ImageEnhance.Brightness(warm).enhance(1.1)).enhance(1.25)
        case _:
            return image


def _with_hues(image: Image.Image, changes: dict[range, int]) -> Image.Image:
    hue, saturation, value = image.convert("HSV").split()
    table = [next((to for hues, to in changes.items() if at in hues), at) for at in range(256)]
    return Image.merge("HSV", (hue.point(table), saturation, value)).convert("RGB")


def _snowed(image: Image.Image) -> Image.Image:
    """Whiten greens, and all the more the farther down, as if snow lay there."""
    hue, saturation, _ = image.convert("HSV").split()
    greens = ImageChops.multiply(
        hue.point([255 if 30 <= at <= 125 else 0 for at in range(256)]), saturation.point(lambda v: min(255, v * 2))
    )
    ground = Image.linear_gradient("L").point(lambda v: max(0, v - 100) * 230 // 155).resize(image.size)
    pale = ImageEnhance.Color(image).enhance(0.6)
    mask = ImageChops.lighter(greens.point(lambda v: v * 210 // 255), ground)
    light = ImageChops.screen(pale.convert("L"), Image.new("L", image.size, 214))
    snow = Image.merge("RGB", (light, light, light.point(lambda v: min(255, v + 6))))
    pale.paste(snow, (0, 0), mask)
    return pale
