"""The sky, and what falls from it."""

import math
import random

from PIL import Image, ImageDraw, ImageFilter

from sandbox.gateways.drawing.colours import Colour, gradient, light, mix, under
from sandbox.gateways.drawing.places.light import Light

_RAINBOW = ((226, 76, 76), (240, 150, 60), (246, 216, 84), (104, 184, 104), (84, 140, 214), (140, 94, 184))


def draw_sky(size: tuple[int, int], lights: Light, rng: random.Random) -> Image.Image:
    """Return the sky with either a sun or a moon, and clouds."""
    width, height = size
    image = Image.new("RGB", size)
    image.paste(gradient((width, max(1, round(height * 0.72))), lights.sky), (0, 0))
    image.paste(lights.sky[2], (0, round(height * 0.7), width, height))
    x, y = rng.uniform(0.16, 0.84) * width, rng.uniform(0.12, 0.26) * height
    short = min(size)
    if lights.stars and not lights.veiled:
        _stars(image, rng)
    if not lights.veiled:
        _sun(image, lights, (x, y), short * rng.uniform(0.055, 0.075))
    clouds = rng.randint(2, 5)
    for _ in range(clouds + (4 if lights.veiled else 0)):
        _cloud(image, lights, rng)
    return image


def soft_disc(image: Image.Image, at: tuple[float, float], radius: float, colour: Colour, strength: float = 1.0) -> None:
    """Paste a disc that fades towards its edge."""
    side = max(2, round(radius * 2))
    # Pillow's radial gradient reaches 181 in the middle of its edges.
    mask = Image.radial_gradient("L").point(lambda value: round(max(0, 181 - value) ** 2 / 181 * 1.4 * strength))
    image.paste(colour, (round(at[0] - radius), round(at[1] - radius)), mask.resize((side, side)))


def _sun(image: Image.Image, lights: Light, at: tuple[float, float], radius: float) -> None:
    soft_disc(image, at, radius * (4 if lights.moon else 6), lights.sun, 0.45 if lights.moon else 0.75)
    x, y = at
    disc = Image.new("L", (round(radius * 4), round(radius * 4)), 0)
    draw = ImageDraw.Draw(disc)
    draw.ellipse((0, 0, radius * 4 - 1, radius * 4 - 1), fill=255)
    if lights.moon:
        draw.ellipse((radius * 1.3, -radius * 0.5, radius * 5.1, radius * 3.3), fill=0)
    disc = disc.reduce(2)
    image.paste(lights.sun, (round(x - radius), round(y - radius)), disc)


def _stars(image: Image.Image, rng: random.Random) -> None:
    draw = ImageDraw.Draw(image)
    width, height = image.size
    unit = min(image.size) / 1000
    for _ in range(150):
        x, y = rng.uniform(0, width), rng.uniform(0, 1) ** 1.5 * height * 0.62
        size = rng.choice((0.8, 0.8, 1.2, 1.2, 2.2)) * unit
        draw.ellipse((x - size, y - size, x + size, y + size), fill=mix((150, 170, 220), (255, 252, 240), rng.random()))


def _cloud(image: Image.Image, lights: Light, rng: random.Random) -> None:
    width, height = image.size
    wide = round(width * rng.uniform(0.14, 0.34))
    tall = max(4, round(wide * 0.34))
    mask = Image.new("L", (wide, tall), 0)
    draw = ImageDraw.Draw(mask)
    for step in range(9):
        share = step / 8
        radius = tall * (0.16 + 0.26 * math.sin(share * math.pi)) * rng.uniform(0.8, 1.15)
        x, y = wide * (0.1 + 0.8 * share), tall * 0.66
        draw.ellipse((x - radius * 1.3, y - radius, x + radius * 1.3, y + radius * 0.8), fill=170)
    mask = mask.filter(ImageFilter.GaussianBlur(tall * 0.07))
    colour = mix(lights.sky[1], under((255, 252, 246), lights.ambient), 0.75)
    if lights.moon:
        colour = mix(lights.sky[1], lights.sky[2], 0.8)
    image.paste(colour, (round(rng.uniform(-0.1, 0.9) * width), round(rng.uniform(0.04, 0.42) * height)), mask)


def draw_weather(image: Image.Image, weather: str, lights: Light, rng: random.Random) -> None:
    """Draw what is in the air before everything: rain, snowflakes, fog, lightning, a rainbow."""
    match weather:
        case "rain" | "storm":
            if weather == "storm":
                _lightning(image, rng)
            _rain(image, lights, rng)
        case "snow":
            _snowfall(image, rng)
        case "fog":
            _fog(image, lights, rng)
        case "rainbow":
            _rainbow(image)
        case _:
            return


def _rain(image: Image.Image, lights: Light, rng: random.Random) -> None:
    width, height = image.size
    mask = Image.new("L", image.size, 0)
    draw = ImageDraw.Draw(mask)
    thick = max(1, round(min(image.size) / 500))
    for _ in range(420):
        x, y, long = rng.uniform(-0.1, 1) * width, rng.uniform(-0.1, 1) * height, rng.uniform(0.03, 0.08) * height
        draw.line((x, y, x + long * 0.22, y + long), fill=rng.randint(90, 210), width=thick)
    pale = sum(lights.sky[1]) > 330
    image.paste((92, 112, 142) if pale else (216, 226, 240), (0, 0), mask)


def _snowfall(image: Image.Image, rng: random.Random) -> None:
    draw = ImageDraw.Draw(image)
    width, height = image.size
    unit = min(image.size) / 1000
    for _ in range(300):
        x, y, size = rng.uniform(0, width), rng.uniform(0, height), rng.choice((1.6, 2.0, 2.6, 3.4, 5.0)) * unit
        draw.ellipse((x - size, y - size, x + size, y + size), fill=(252, 253, 255))


def _fog(image: Image.Image, lights: Light, rng: random.Random) -> None:
    width, height = image.size
    for step in range(4):
        tall = max(2, round(height * rng.uniform(0.26, 0.4)))
        mask = Image.linear_gradient("L").point(lambda value: min(value, 255 - value)).resize((width, tall))
        image.paste(light(lights.haze, 0.3), (0, round(height * (0.16 + step * 0.15))), mask)


def _lightning(image: Image.Image, rng: random.Random) -> None:
    width, height = image.size
    x, y = width * rng.uniform(0.2, 0.8), 0.0
    points = [(x, y)]
    while y < height * 0.5:
        x, y = x + rng.uniform(-0.05, 0.05) * width, y + height * 0.06
        points.append((x, y))
    soft_disc(image, points[3], min(image.size) * 0.4, (214, 220, 255), 0.5)
    ImageDraw.Draw(image).line(points, fill=(250, 250, 255), width=max(2, round(min(image.size) / 140)), joint="curve")


def _rainbow(image: Image.Image) -> None:
    width, height = image.size
    thick = max(1, round(min(image.size) * 0.016))
    bow = Image.new("RGB", image.size)
    mask = Image.new("L", image.size, 0)
    for number, colour in enumerate(_RAINBOW):
        radius = width * 0.44 - number * thick
        box = (width / 2 - radius, height * 0.62 - radius, width / 2 + radius, height * 0.62 + radius)
        ImageDraw.Draw(bow).arc(box, 180, 360, fill=colour, width=thick)
        ImageDraw.Draw(mask).arc(box, 180, 360, fill=130, width=thick)
    image.paste(bow, (0, 0), mask.filter(ImageFilter.BoxBlur(thick / 3)))
