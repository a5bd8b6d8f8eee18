"""Abstractions that stand for what the painter does not know."""

import math
import random
from collections.abc import Callable

from PIL import Image, ImageDraw, ImageFilter

from sandbox.gateways.drawing.colours import Colour, dark, gradient, light, mix, turned
from sandbox.gateways.drawing.words.vocabulary import SWATCHES

Palette = tuple[Colour, ...]
_PALETTES: tuple[Palette, ...] = (
    ((24, 42, 74), (38, 98, 132), (240, 160, 92), (250, 222, 170), (214, 84, 78)),
    ((36, 28, 66), (98, 58, 132), (216, 92, 138), (252, 186, 146), (252, 238, 214)),
    ((18, 62, 66), (42, 126, 112), (150, 196, 132), (244, 226, 158), (236, 130, 84)),
    ((44, 40, 58), (88, 108, 150), (158, 190, 206), (246, 236, 220), (226, 122, 104)),
    ((62, 26, 44), (150, 44, 66), (230, 116, 72), (250, 198, 104), (72, 142, 148)),
    ((20, 34, 44), (44, 84, 94), (92, 150, 150), (232, 218, 186), (212, 146, 84)),
)


def draw_pattern(pattern: str, size: tuple[int, int], tint: str, *, at_night: bool, rng: random.Random) -> Image.Image:
    """Return an abstraction in one of a few palettes, or around one colour."""
    palette = _around(SWATCHES[tint]) if tint in SWATCHES else rng.choice(_PALETTES)
    if at_night:
        palette = tuple(dark(colour, 0.45) for colour in palette)
    painters: dict[str, Callable[[tuple[int, int], Palette, random.Random], Image.Image]] = {
        "cells": _cells,
        "waves": _waves,
        "rings": _rings,
        "ribbons": _ribbons,
    }
    return painters.get(pattern, _flow)(size, palette, rng)


def _around(colour: Colour) -> Palette:
    return dark(colour, 0.75), dark(colour, 0.4), colour, light(colour, 0.45), light(turned(colour, 24), 0.7)


def _flow(size: tuple[int, int], palette: Palette, rng: random.Random) -> Image.Image:
    """Lines that follow a slowly turning field."""
    width, height = size
    image = gradient(size, (dark(palette[0], 0.25), palette[0], mix(palette[0], palette[1], 0.5)))
    draw = ImageDraw.Draw(image)
    waves = [(rng.uniform(1.2, 3.4), rng.uniform(1.2, 3.4), rng.uniform(0, math.tau)) for _ in range(3)]
    short = min(size)
    for _ in range(620):
        x, y = rng.uniform(-0.1, 1.1) * width, rng.uniform(-0.1, 1.1) * height
        points = [(x, y)]
        for _ in range(22):
            angle = sum(math.sin(a * x / short + phase) + math.cos(b * y / short - phase) for a, b, phase in waves)
            x, y = x + math.cos(angle) * short * 0.011, y + math.sin(angle) * short * 0.011
            points.append((x, y))
        colour = mix(rng.choice(palette[1:]), palette[0], rng.uniform(0, 0.35))
        draw.line(points, fill=colour, width=max(1, round(short * rng.choice((0.002, 0.004, 0.008)))), joint="curve")
    return image


def _cells(size: tuple[int, int], palette: Palette, rng: random.Random) -> Image.Image:
    """Voronoi cells: discs of all points shrink together, so that each place keeps its nearest point."""
    width, height = max(8, size[0] // 2), max(8, size[1] // 2)
    image = Image.new("RGB", (width, height), palette[0])
    draw = ImageDraw.Draw(image)
    cell = math.sqrt(width * height / 64)
    points = [(rng.uniform(0, width), rng.uniform(0, height), rng.choice(palette[1:])) for _ in range(72)]
    for step in range(80, 0, -1):
        radius = cell * 1.9 * step / 80
        for x, y, colour in points:
            shade = mix(light(colour, 0.22), dark(colour, 0.3), min(1.0, radius / cell))
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=shade)
    return image.resize(size, Image.Resampling.BICUBIC).filter(ImageFilter.SMOOTH)


def _waves(size: tuple[int, int], palette: Palette, rng: random.Random) -> Image.Image:
    """Crests behind crests under a disc."""
    width, height = size
    image = gradient(size, (light(palette[3], 0.4), palette[3], palette[2]))
    draw = ImageDraw.Draw(image)
    radius = min(size) * rng.uniform(0.12, 0.18)
    x, y = width * rng.uniform(0.3, 0.7), height * rng.uniform(0.22, 0.32)
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=palette[4])
    for layer in range(9):
        base = height * (0.36 + layer * 0.08)
        often, phase, tall = rng.uniform(1.0, 3.2), rng.uniform(0, math.tau), height * rng.uniform(0.03, 0.06)
        line = []
        for at in range(0, width + 6, 6):
            swing = math.sin(at / width * math.tau * often + phase)
            line.append((at, base - tall * (abs(swing) ** 0.7 if layer % 2 else swing)))
        colour = mix(palette[1], palette[0], layer / 8) if layer % 2 else mix(palette[2], palette[1], layer / 8)
        draw.polygon([(0, height), *line, (width, height)], fill=colour)
        draw.line(line, fill=light(colour, 0.5), width=max(1, height // 300))
    return image


def _rings(size: tuple[int, int], palette: Palette, rng: random.Random) -> Image.Image:
    """Rings around several centres, like drops in water."""
    width, height = size
    image = Image.new("RGB", size, palette[0])
    draw = ImageDraw.Draw(image)
    short = min(size)
    for _ in range(11):
        x, y, most = rng.uniform(0, width), rng.uniform(0, height), short * rng.uniform(0.14, 0.4)
        colours = rng.sample(palette, k=4)
        for step in range(9, 0, -1):
            radius = most * step / 9
            draw.ellipse(
                (x - radius, y - radius, x + radius, y + radius), fill=mix(colours[step % 4], palette[0], 0.12 * (step % 3))
            )
    return image.filter(ImageFilter.SMOOTH_MORE)


def _ribbons(size: tuple[int, int], palette: Palette, rng: random.Random) -> Image.Image:
    """Broad bands that cross and shade each other."""
    width, height = size
    image = gradient(size, (light(palette[3], 0.55), light(palette[3], 0.25)))
    short = min(size)
    for number in range(9):
        mask = Image.new("L", size, 0)
        often, phase, base = rng.uniform(0.5, 1.4), rng.uniform(0, math.tau), height * (0.08 + number * 0.105)
        tall, thick = height * rng.uniform(0.1, 0.24), short * rng.uniform(0.03, 0.085)
        upper = [(x, base + tall * math.sin(x / width * math.tau * often + phase)) for x in range(0, width + 8, 8)]
        lower = [(x, y + thick * (1.2 + math.sin(x / width * 5 + phase))) for x, y in upper]
        ImageDraw.Draw(mask).polygon([*upper, *reversed(lower)], fill=110)
        image.paste(dark(palette[0], 0.3), (0, round(short * 0.016)), mask.filter(ImageFilter.BoxBlur(short // 70 + 1)))
        colour = palette[number % 5] if number % 5 != 3 else palette[4]
        bands = gradient((height, width), (light(colour, 0.3), colour, dark(colour, 0.2))).transpose(Image.Transpose.ROTATE_90)
        image.paste(bands.resize(size), (0, 0), mask.point(lambda value: min(255, value * 3)))
    return image
