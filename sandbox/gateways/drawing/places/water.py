"""The sea, the beach, the lake, and the world below the surface."""

import math
import random

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps

from sandbox.gateways.drawing.colours import dark, gradient, light, mix, under
from sandbox.gateways.drawing.places.land import GROUND, fill_below, mist, peaks, ridge
from sandbox.gateways.drawing.places.light import Light
from sandbox.gateways.drawing.places.sky import soft_disc
from sandbox.gateways.drawing.scene import Scene


def draw_water(image: Image.Image, scene: Scene, lights: Light, rng: random.Random) -> None:
    """Draw the water of a place up to the lower edge, or to the shore in front."""
    width, height = image.size
    horizon = round(height * 0.58)
    if scene.place == "lake":
        line = peaks(width, height * 0.58, height * 0.2, rng)
        fill_below(image, line, mix(lights.haze, under((92, 112, 132), lights.ambient), 0.6))
        mist(image, lights, height * 0.44, height * 0.16, 0.5)
        near = under(GROUND[scene.season], lights.ambient)
        fill_below(image, ridge(width, height * 0.57, height * 0.03, rng), mix(lights.haze, dark(near, 0.2), 0.7))
    _surface(image, horizon, scene, lights, rng)
    if scene.place in {"beach", "lake"}:
        _shore(image, scene, lights, rng)


def _surface(image: Image.Image, horizon: int, scene: Scene, lights: Light, rng: random.Random) -> None:
    width, height = image.size
    deep = under((24, 98, 140) if scene.season != "winter" else (138, 176, 198), lights.ambient)
    water = gradient((width, height - horizon), (mix(lights.sky[2], deep, 0.35), mix(lights.sky[1], deep, 0.6), deep))
    mirrored = ImageOps.flip(image.crop((0, max(0, 2 * horizon - height), width, horizon))).resize(water.size)
    image.paste(Image.blend(water, mirrored.filter(ImageFilter.BoxBlur(max(1, width // 160))), 0.3), (0, horizon))
    draw = ImageDraw.Draw(image)
    thick = max(1, height // 360)
    rough = 2.2 if scene.weather == "storm" else 1.0
    for _ in range(230):
        share = rng.random() ** 1.3
        y = horizon + 3 + share * (height - horizon)
        x, long = rng.uniform(-0.05, 1) * width, (0.012 + 0.07 * share) * width * rng.uniform(0.5, 1.4)
        colour = mix(deep, lights.sky[2], rng.uniform(0.15, 0.75)) if rng.random() < 0.75 else dark(deep, 0.2)
        lift = height * 0.004 * share * rough
        draw.line([(x, y), (x + long * 0.3, y - lift), (x + long * 0.7, y + lift), (x + long, y)], fill=colour, width=thick)


def _shore(image: Image.Image, scene: Scene, lights: Light, rng: random.Random) -> None:
    width, height = image.size
    sand = (240, 212, 160) if scene.place == "beach" else GROUND[scene.season]
    sand = under(GROUND["winter"] if scene.season == "winter" else sand, lights.ambient)
    phase = rng.uniform(0, math.tau)
    line = [
        (x, height * (0.8 + 0.014 * math.sin(x / width * 9 + phase) + 0.02 * math.sin(x / width * 3)))
        for x in range(0, width + 8, 8)
    ]
    for lift, colour in (
        (0.016, mix(sand, lights.sky[2], 0.5)),
        (0.008, under((252, 252, 250), lights.ambient)),
        (0.0, dark(sand, 0.16)),
        (-0.02, sand),
    ):
        fill_below(image, [(x, y - lift * height) for x, y in line], colour)
    draw = ImageDraw.Draw(image)
    for _ in range(90):
        x, y, size = rng.uniform(0, width), height * rng.uniform(0.86, 1.0), height * rng.uniform(0.001, 0.004)
        draw.ellipse(
            (x - size * 1.4, y - size, x + size * 1.4, y + size),
            fill=mix(sand, under((120, 96, 80), lights.ambient), rng.uniform(0.1, 0.5)),
        )


def draw_underwater(size: tuple[int, int], lights: Light, rng: random.Random) -> Image.Image:
    """Return the world below the surface: beams of light, sand, corals, weeds and bubbles."""
    width, height = size
    stops = tuple(under(colour, lights.ambient) for colour in ((126, 218, 226), (34, 138, 186), (12, 62, 124)))
    image = gradient(size, stops)
    beams = Image.new("L", size, 0)
    draw = ImageDraw.Draw(beams)
    for _ in range(7):
        x, wide = rng.uniform(-0.1, 1) * width, rng.uniform(0.02, 0.07) * width
        draw.polygon(
            [(x, 0), (x + wide, 0), (x + wide * 3 + width * 0.16, height * 0.86), (x - wide + width * 0.16, height * 0.86)],
            fill=rng.randint(26, 54),
        )
    image.paste(stops[0], (0, 0), beams.filter(ImageFilter.BoxBlur(max(1, width // 90))))
    for share in (0.0, 1.0):
        line = ridge(width, height * (0.8 + 0.07 * share), height * 0.04, rng)
        fill_below(image, line, under(mix((60, 130, 160), (226, 206, 156), 0.35 + 0.55 * share), lights.ambient))
    draw = ImageDraw.Draw(image)
    for _ in range(12):
        _weed(draw, rng.uniform(0, width), height * rng.uniform(0.88, 1.0), height * rng.uniform(0.08, 0.24), lights, rng)
    for _ in range(9):
        x, y, size_ = rng.uniform(0, width), height * rng.uniform(0.9, 0.99), height * rng.uniform(0.02, 0.045)
        coral = under(rng.choice(((236, 110, 120), (250, 170, 90), (196, 120, 210), (240, 210, 110))), lights.ambient)
        for dx, dy in ((-0.8, -0.4), (0.0, -0.9), (0.8, -0.4), (-0.4, -0.7), (0.4, -0.7)):
            at_x, at_y = x + dx * size_, y + dy * size_
            draw.line((x, y, at_x, at_y), fill=coral, width=max(2, round(size_ * 0.4)))
            draw.ellipse((at_x - size_ * 0.3, at_y - size_ * 0.3, at_x + size_ * 0.3, at_y + size_ * 0.3), fill=light(coral, 0.2))
    for _ in range(34):
        x, y, radius = rng.uniform(0, width), rng.uniform(0, height * 0.9), height * rng.uniform(0.003, 0.012)
        draw.ellipse(
            (x - radius, y - radius, x + radius, y + radius), outline=(214, 244, 250), width=max(1, round(radius * 0.25))
        )
    return image


def _weed(draw: ImageDraw.ImageDraw, x: float, y: float, tall: float, lights: Light, rng: random.Random) -> None:
    colour = under(rng.choice(((36, 132, 96), (64, 160, 90), (28, 104, 100))), lights.ambient)
    phase = rng.uniform(0, math.tau)
    for step in range(14):
        share = step / 13
        radius = tall * 0.055 * (1.1 - share)
        at_x, at_y = x + math.sin(share * 5 + phase) * tall * 0.1, y - share * tall
        draw.ellipse((at_x - radius, at_y - radius * 2, at_x + radius, at_y + radius * 2), fill=colour)


def draw_space(size: tuple[int, int], rng: random.Random) -> Image.Image:
    """Return outer space: nebulae, stars, a planet and the ground of a moon."""
    width, height = size
    image = gradient(size, ((8, 8, 26), (20, 14, 52), (36, 22, 70)))
    short = min(size)
    glow = Image.new("RGB", size)
    for _ in range(9):
        colour = rng.choice(((120, 50, 150), (40, 80, 170), (190, 70, 120), (40, 130, 150)))
        soft_disc(glow, (rng.uniform(0, width), rng.uniform(0, height * 0.8)), short * rng.uniform(0.16, 0.42), colour, 0.42)
    image = ImageChops.screen(image, glow)
    draw = ImageDraw.Draw(image)
    for _ in range(320):
        x, y, radius = rng.uniform(0, width), rng.uniform(0, height), short * rng.choice((0.0007, 0.0007, 0.0011, 0.0018))
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=mix((170, 180, 230), (255, 255, 250), rng.random()))
    at, radius = (rng.uniform(0.1, 0.9) * width, rng.uniform(0.12, 0.28) * height), short * rng.uniform(0.07, 0.13)
    tone = rng.choice(((220, 150, 96), (110, 160, 210), (190, 120, 170)))
    soft_disc(image, at, radius * 2, tone, 0.3)
    draw.ellipse((at[0] - radius, at[1] - radius, at[0] + radius, at[1] + radius), fill=tone)
    draw.pieslice((at[0] - radius, at[1] - radius, at[0] + radius, at[1] + radius), -45, 135, fill=dark(tone, 0.35))
    line = ridge(width, height * 0.84, height * 0.03, rng)
    fill_below(image, line, (122, 118, 138))
    fill_below(image, [(x, y + height * 0.03) for x, y in line], (140, 136, 152))
    for _ in range(9):
        x, y, wide = rng.uniform(0, width), height * rng.uniform(0.9, 1.0), width * rng.uniform(0.02, 0.06)
        draw.ellipse((x - wide, y - wide * 0.28, x + wide, y + wide * 0.28), fill=(108, 104, 124))
        draw.ellipse((x - wide * 0.8, y - wide * 0.16, x + wide * 0.9, y + wide * 0.26), fill=(96, 92, 112))
    return image
