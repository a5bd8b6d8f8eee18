"""The scenes of the results: sky, hills, weather and a small subject, chosen by words of the prompt."""

import math
import random
import re
from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image, ImageChops, ImageDraw

Colour = tuple[int, int, int]


@dataclass(frozen=True, kw_only=True)
class Palette:
    """The colours of one kind of light: sky from top to horizon, hills from far to near."""

    sky: tuple[Colour, Colour, Colour]
    far: Colour
    near: Colour
    sun: Colour
    stars: bool = False
    snow: bool = False
    water: bool = False


_NIGHT = Palette(
    sky=((8, 12, 38), (24, 36, 84), (72, 86, 140)), far=(46, 58, 104), near=(8, 12, 26), sun=(244, 240, 214), stars=True
)
_SNOW = Palette(
    sky=((126, 168, 204), (186, 210, 228), (240, 238, 236)),
    far=(176, 196, 214),
    near=(244, 248, 252),
    sun=(255, 246, 222),
    snow=True,
)
_SUNSET = Palette(sky=((58, 40, 102), (222, 94, 98), (255, 196, 112)), far=(168, 84, 106), near=(40, 22, 48), sun=(255, 238, 178))
_SEA = Palette(
    sky=((58, 138, 206), (138, 198, 230), (236, 240, 226)),
    far=(92, 158, 182),
    near=(18, 92, 122),
    sun=(255, 250, 224),
    water=True,
)
_DESERT = Palette(
    sky=((86, 142, 190), (190, 206, 200), (252, 226, 178)), far=(226, 178, 122), near=(170, 98, 58), sun=(255, 246, 214)
)
_FOREST = Palette(
    sky=((122, 176, 188), (190, 216, 198), (238, 238, 206)), far=(128, 172, 150), near=(22, 62, 46), sun=(255, 248, 214)
)
_AUTUMN = Palette(
    sky=((110, 142, 176), (216, 196, 172), (250, 222, 172)), far=(208, 150, 96), near=(118, 44, 30), sun=(255, 240, 204)
)
_NEON = Palette(
    sky=((18, 10, 48), (96, 28, 128), (250, 92, 166)), far=(78, 34, 120), near=(14, 10, 40), sun=(255, 206, 120), stars=True
)
_BLOSSOM = Palette(
    sky=((150, 182, 222), (232, 206, 226), (255, 230, 226)), far=(222, 172, 194), near=(142, 76, 112), sun=(255, 250, 236)
)
_MEADOW = Palette(
    sky=((74, 148, 216), (158, 206, 236), (248, 240, 214)), far=(142, 186, 172), near=(48, 112, 62), sun=(255, 248, 206)
)

_PALETTE_WORDS: tuple[tuple[str, Palette], ...] = (
    (r"neon|cyberpunk|city|synthwave", _NEON),
    (r"night|midnight|moon|stars|starry|dark", _NIGHT),
    (r"snow|snowy|winter|ice|frozen|arctic", _SNOW),
    (r"sunset|dusk|sunrise|dawn|evening|golden", _SUNSET),
    (r"sea|ocean|beach|lake|harbou?r|boat|ship|sail\w*|lighthouse|coast", _SEA),
    (r"desert|dunes?|mars|canyon", _DESERT),
    (r"autumn|fall|october", _AUTUMN),
    (r"forest|woods?|jungle|green|moss\w*", _FOREST),
    (r"blossoms?|cherry|spring|pink|flowers?", _BLOSSOM),
)
_SEASONS = (_BLOSSOM, _MEADOW, _AUTUMN, _SNOW)
_DAYLIGHT = (_MEADOW, _SEA, _FOREST, _SUNSET, _AUTUMN, _BLOSSOM)

_COLOURS: dict[str, Colour] = {
    "red": (206, 58, 46),
    "orange": (232, 128, 44),
    "yellow": (240, 198, 64),
    "green": (66, 142, 84),
    "blue": (52, 104, 190),
    "purple": (124, 72, 160),
    "pink": (232, 124, 160),
    "white": (244, 242, 236),
    "black": (40, 38, 44),
    "brown": (126, 80, 50),
    "grey": (136, 136, 142),
    "golden": (236, 184, 62),
}


def palette_for(prompt: str) -> Palette | None:
    """Return the palette that the prompt asks for, if any."""
    return next((light for words, light in _PALETTE_WORDS if re.search(rf"\b(?:{words})\b", prompt, re.IGNORECASE)), None)


def draw_landscape(prompt: str, size: tuple[int, int], rng: random.Random, *, index: int = 0) -> Image.Image:
    """Draw a sky, layered hills and one subject. The pictures of a set about the seasons show one season each."""
    in_seasons = re.search(r"\bseasons\b", prompt, re.IGNORECASE) is not None
    palette = _SEASONS[index % 4] if in_seasons else palette_for(prompt) or rng.choice(_DAYLIGHT)
    picture = _draw_sky(palette, size)
    _draw_sun(picture, palette, rng)
    if palette.stars:
        _draw_stars(picture, rng)
    _draw_hills(picture, palette, rng)
    _draw_subject(picture, prompt, palette, rng)
    if palette.snow:
        _draw_snowfall(picture, rng)
    return picture


def relight(reference: Image.Image, prompt: str, rng: random.Random) -> Image.Image:
    """Draw the reference in the light that the prompt asks for, or slightly warmer, so that it is recognisable as an edit."""
    palette = palette_for(prompt)
    if palette is None:
        return Image.blend(reference, _draw_sky(rng.choice(_DAYLIGHT), reference.size), 0.22)
    tint = _draw_sky(palette, reference.size)
    picture = (
        Image.blend(ImageChops.multiply(reference, tint), tint, 0.18) if palette.stars else Image.blend(reference, tint, 0.42)
    )
    if palette.stars:
        _draw_sun(picture, palette, rng)
        _draw_stars(picture, rng)
    if palette.snow:
        _draw_snowfall(picture, rng)
    return picture


def _mix(first: Colour, second: Colour, share: float) -> Colour:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


def _draw_sky(palette: Palette, size: tuple[int, int]) -> Image.Image:
    top, middle, horizon = palette.sky
    column = bytearray()
    for step in range(128):
        share = min(1.0, step / 88)
        column += bytes(_mix(top, middle, share * 2) if share < 0.5 else _mix(middle, horizon, share * 2 - 1))
    return Image.frombytes("RGB", (1, 128), bytes(column)).resize(size, Image.Resampling.BILINEAR)


def _draw_sun(picture: Image.Image, palette: Palette, rng: random.Random) -> None:
    width, height = picture.size
    radius = max(4, round(min(width, height) * rng.uniform(0.05, 0.085)))
    x = round(width * rng.uniform(0.18, 0.82))
    y = round(height * rng.uniform(0.14, 0.34))
    glow = radius * 5
    # Pillow's radial gradient reaches 181 in the middle of its edges.
    halo = Image.radial_gradient("L").point(lambda value: round(max(0, 181 - value) ** 2 / 181)).resize((glow * 2, glow * 2))
    picture.paste(palette.sun, (x - glow, y - glow), halo)
    ImageDraw.Draw(picture).ellipse((x - radius, y - radius, x + radius, y + radius), fill=palette.sun)


def _draw_stars(picture: Image.Image, rng: random.Random) -> None:
    draw = ImageDraw.Draw(picture)
    width, height = picture.size
    for _ in range(90):
        x, y = rng.uniform(0, width), rng.uniform(0, 1) ** 1.6 * height * 0.5
        size = rng.choice((0.6, 0.6, 1.0, 1.6))
        draw.ellipse((x - size, y - size, x + size, y + size), fill=(255, 252, 236))


def _draw_snowfall(picture: Image.Image, rng: random.Random) -> None:
    draw = ImageDraw.Draw(picture)
    width, height = picture.size
    for _ in range(170):
        x, y, size = rng.uniform(0, width), rng.uniform(0, height), rng.uniform(0.8, 3.4)
        draw.ellipse((x - size, y - size, x + size, y + size), fill=(255, 255, 255))


def _draw_hills(picture: Image.Image, palette: Palette, rng: random.Random) -> None:
    width, height = picture.size
    draw = ImageDraw.Draw(picture)
    layers = rng.choice((4, 5, 5, 6))
    for layer in range(layers):
        share = layer / (layers - 1)
        if palette.water and layer == layers - 2:
            _draw_water(picture, palette, round(height * 0.66), rng)
        base = height * (0.5 + 0.38 * share)
        tall = height * (0.13 - 0.06 * share)
        waves = [(tall / (n + 1), rng.uniform(0.7, 1.5) * (n + 1), rng.uniform(0, math.tau)) for n in range(4)]
        ridge = [
            (x, base - sum(high * math.sin(often * x / width * math.tau + phase) for high, often, phase in waves) * 0.6)
            for x in range(0, width + 6, 6)
        ]
        colour = _mix(palette.far, palette.near, share**0.8)
        draw.polygon([(0, height), *ridge, (width, height)], fill=colour)
        if share > 0.35 and not palette.water:
            _draw_pines(draw, ridge, _mix(colour, (12, 30, 28), 0.5), height * (0.012 + 0.03 * share), rng)
        if layer < layers - 1:
            _draw_mist(picture, palette, round(base), round(height * 0.16))


def _draw_mist(picture: Image.Image, palette: Palette, top: int, tall: int) -> None:
    """Draw haze in the colour of the horizon, for depth."""
    mask = (
        Image.linear_gradient("L")
        .point(lambda value: round(min(value, (255 - value) * 2) * 0.5))
        .resize((picture.width, max(1, tall)))
    )
    picture.paste(_mix(palette.sky[2], palette.far, 0.35), (0, top), mask)


def _draw_water(picture: Image.Image, palette: Palette, top: int, rng: random.Random) -> None:
    width, height = picture.size
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, top, width, height), fill=_mix(palette.far, palette.near, 0.45))
    for _ in range(120):
        y = top + rng.uniform(0, 1) ** 1.4 * (height - top)
        x, long = rng.uniform(0, width), rng.uniform(0.01, 0.07) * width
        draw.line((x, y, x + long, y), fill=_mix(palette.sky[2], palette.near, rng.uniform(0.2, 0.75)), width=2)


def _draw_pines(
    draw: ImageDraw.ImageDraw, ridge: list[tuple[int, float]], colour: Colour, size: float, rng: random.Random
) -> None:
    for x, y in rng.sample(ridge, k=min(len(ridge), rng.randint(5, 16))):
        tall = size * rng.uniform(1.2, 2.4)
        for part in range(3):
            top = y - tall + part * tall * 0.25
            half = tall * (0.13 + 0.07 * part)
            draw.polygon([(x, top), (x - half, top + tall * 0.42), (x + half, top + tall * 0.42)], fill=colour)


def _draw_subject(picture: Image.Image, prompt: str, palette: Palette, rng: random.Random) -> None:
    """Draw one object in front: one that the prompt names, if this file can draw it."""
    width, height = picture.size
    unit = min(width, height) / 10
    colour = next((shade for word, shade in _COLOURS.items() if re.search(rf"\b{word}\b", prompt, re.IGNORECASE)), None)
    drawn = next(
        (draw_subject for words, draw_subject in _SUBJECTS if re.search(rf"\b(?:{words})\b", prompt, re.IGNORECASE)), None
    )
    draw_subject = drawn or rng.choice((_draw_cabin, _draw_balloon, _draw_tree, _draw_tree))
    x = width * rng.uniform(0.3, 0.7)
    y = height * (0.86 if draw_subject is not _draw_balloon else 0.42)
    if palette.water and draw_subject is _draw_boat:
        y = height * 0.74
    draw_subject(ImageDraw.Draw(picture), x, y, unit, colour)


Draw = Callable[[ImageDraw.ImageDraw, float, float, float, Colour | None], None]


def _draw_tree(draw: ImageDraw.ImageDraw, x: float, y: float, unit: float, colour: Colour | None) -> None:
    crown = colour or (74, 128, 66)
    draw.rectangle((x - unit * 0.14, y - unit * 1.3, x + unit * 0.14, y), fill=(86, 60, 44))
    for dx, dy, radius in ((-0.6, -1.5, 0.7), (0.6, -1.5, 0.7), (0, -2.1, 0.85)):
        at_x, at_y, size = x + dx * unit, y + dy * unit, radius * unit
        draw.ellipse((at_x - size, at_y - size, at_x + size, at_y + size), fill=_mix(crown, (0, 0, 0), 0.18 if dx < 0 else 0.0))


def _draw_cabin(draw: ImageDraw.ImageDraw, x: float, y: float, unit: float, colour: Colour | None) -> None:
    wall = colour or (150, 96, 62)
    draw.rectangle((x + unit * 0.5, y - unit * 2.1, x + unit * 0.8, y - unit), fill=(92, 70, 64))
    draw.rectangle((x - unit * 1.1, y - unit * 1.2, x + unit * 1.1, y), fill=wall)
    draw.polygon(
        [(x - unit * 1.4, y - unit * 1.15), (x, y - unit * 2.2), (x + unit * 1.4, y - unit * 1.15)],
        fill=_mix(wall, (30, 20, 26), 0.6),
    )
    draw.rectangle((x - unit * 0.75, y - unit * 0.85, x - unit * 0.25, y - unit * 0.4), fill=(255, 214, 122))
    draw.rectangle((x + unit * 0.2, y - unit * 0.85, x + unit * 0.65, y), fill=_mix(wall, (20, 14, 18), 0.7))


def _draw_balloon(draw: ImageDraw.ImageDraw, x: float, y: float, unit: float, colour: Colour | None) -> None:
    shade = colour or (214, 76, 62)
    for share, fill in ((1.0, shade), (0.62, (250, 232, 196)), (0.24, shade)):
        draw.ellipse((x - unit * 1.15 * share, y - unit * 2.6, x + unit * 1.15 * share, y - unit * 0.2), fill=fill)
    for side in (-1, 1):
        draw.line((x + side * unit * 0.55, y - unit * 0.5, x + side * unit * 0.2, y + unit * 0.35), fill=(84, 62, 48), width=2)
    draw.rectangle((x - unit * 0.24, y + unit * 0.3, x + unit * 0.24, y + unit * 0.68), fill=(124, 84, 52))


def _draw_boat(draw: ImageDraw.ImageDraw, x: float, y: float, unit: float, colour: Colour | None) -> None:
    hull = colour or (178, 56, 48)
    draw.polygon([(x - unit * 1.3, y - unit * 0.5), (x + unit * 1.4, y - unit * 0.5), (x + unit, y), (x - unit, y)], fill=hull)
    draw.line((x, y - unit * 0.5, x, y - unit * 2.8), fill=(84, 62, 48), width=3)
    draw.polygon(
        [(x + unit * 0.1, y - unit * 2.7), (x + unit * 0.1, y - unit * 0.65), (x + unit * 1.15, y - unit * 0.65)],
        fill=(250, 246, 234),
    )
    draw.polygon(
        [(x - unit * 0.1, y - unit * 2.3), (x - unit * 0.1, y - unit * 0.65), (x - unit * 0.85, y - unit * 0.65)],
        fill=(232, 224, 206),
    )


def _draw_animal(draw: ImageDraw.ImageDraw, x: float, y: float, unit: float, colour: Colour | None) -> None:
    coat = colour or (216, 112, 48)
    pale, dark = _mix(coat, (255, 250, 240), 0.85), _mix(coat, (24, 16, 18), 0.75)
    draw.ellipse((x + unit * 0.35, y - unit * 0.75, x + unit * 1.9, y + unit * 0.02), fill=coat)
    draw.ellipse((x + unit * 1.45, y - unit * 0.66, x + unit * 2.0, y - unit * 0.1), fill=pale)
    draw.ellipse((x - unit * 0.75, y - unit * 1.7, x + unit * 0.75, y), fill=coat)
    draw.ellipse((x - unit * 0.36, y - unit * 1.35, x + unit * 0.36, y - unit * 0.2), fill=pale)
    for side in (-1, 1):
        draw.polygon(
            [
                (x + side * unit * 0.2, y - unit * 2.3),
                (x + side * unit * 0.62, y - unit * 3.05),
                (x + side * unit * 0.74, y - unit * 2.0),
            ],
            fill=dark,
        )
    draw.polygon([(x - unit * 0.9, y - unit * 2.4), (x + unit * 0.9, y - unit * 2.4), (x, y - unit * 1.25)], fill=coat)
    draw.ellipse((x - unit * 0.74, y - unit * 2.62, x + unit * 0.74, y - unit * 1.75), fill=coat)
    draw.polygon([(x - unit * 0.4, y - unit * 1.85), (x + unit * 0.4, y - unit * 1.85), (x, y - unit * 1.25)], fill=pale)
    for at_x, at_y, size in (
        (x - unit * 0.3, y - unit * 2.1, 0.09),
        (x + unit * 0.3, y - unit * 2.1, 0.09),
        (x, y - unit * 1.34, 0.12),
    ):
        draw.ellipse((at_x - unit * size, at_y - unit * size, at_x + unit * size, at_y + unit * size), fill=(26, 20, 22))


def _draw_cat(draw: ImageDraw.ImageDraw, x: float, y: float, unit: float, colour: Colour | None) -> None:
    coat = colour or (222, 136, 58)
    stripe, pale, dark = _mix(coat, (70, 36, 16), 0.5), _mix(coat, (255, 250, 240), 0.85), (28, 22, 24)
    thin, thick = max(2, round(unit * 0.04)), max(3, round(unit * 0.13))

    def oval(dx: float, dy: float, across: float, down: float, fill: Colour) -> None:
        at_x, at_y = x + dx * unit, y + dy * unit
        draw.ellipse((at_x - across * unit, at_y - down * unit, at_x + across * unit, at_y + down * unit), fill=fill)

    tail = (x + unit * 0.2, y - unit * 2.0, x + unit * 1.55, y - unit * 0.05)
    draw.arc(tail, 285, 90, fill=coat, width=max(4, round(unit * 0.3)))
    oval(0, -0.85, 0.85, 0.9, coat)
    oval(0, -0.6, 0.42, 0.58, pale)
    for side in (-1, 1):
        for step in range(3):
            at_y = y - unit * (0.65 + 0.3 * step)
            draw.line((x + side * unit * 0.8, at_y, x + side * unit * 0.46, at_y + unit * 0.1), fill=stripe, width=thick)
        oval(side * 0.36, -0.1, 0.26, 0.16, pale)
        ear = ((0.12, -2.9), (0.72, -3.3), (0.84, -2.3))
        draw.polygon([(x + side * dx * unit, y + dy * unit) for dx, dy in ear], fill=coat)
        inner = ((0.34, -2.86), (0.64, -3.06), (0.7, -2.56))
        draw.polygon([(x + side * dx * unit, y + dy * unit) for dx, dy in inner], fill=(236, 156, 156))
    oval(0, -2.2, 0.92, 0.78, coat)
    for dx in (-0.2, 0, 0.2):
        draw.line((x + dx * unit, y - unit * 2.94, x + dx * unit, y - unit * 2.64), fill=stripe, width=thick)
    oval(0, -1.82, 0.42, 0.3, pale)
    for side in (-1, 1):
        oval(side * 0.38, -2.3, 0.19, 0.2, (120, 186, 92))
        oval(side * 0.38, -2.3, 0.06, 0.18, dark)
        for rise in (-0.16, 0.0, 0.16):
            whisker = (x + side * unit * 0.3, y - unit * 1.86, x + side * unit * 1.3, y - unit * (1.9 + rise))
            draw.line(whisker, fill=(250, 248, 244), width=thin)
    nose = ((-0.12, -1.98), (0.12, -1.98), (0, -1.82))
    draw.polygon([(x + dx * unit, y + dy * unit) for dx, dy in nose], fill=(214, 104, 112))


def _draw_towers(draw: ImageDraw.ImageDraw, x: float, y: float, unit: float, colour: Colour | None) -> None:
    shade = colour or (52, 50, 82)
    for number, (dx, tall, wide) in enumerate(
        ((-2.2, 2.6, 0.8), (-1.2, 4.2, 0.9), (0, 3.2, 1.1), (1.2, 5.0, 0.8), (2.2, 2.9, 0.9))
    ):
        left, right, top = x + (dx - wide / 2) * unit, x + (dx + wide / 2) * unit, y - tall * unit
        draw.rectangle((left, top, right, y + unit * 2), fill=_mix(shade, (0, 0, 0), 0.12 * (number % 3)))
        for row in range(int(tall * 2.4)):
            for column in range(3):
                if (row * 3 + column * 5 + number) % 4:
                    at_x, at_y = left + unit * (0.14 + 0.26 * column), top + unit * (0.16 + 0.4 * row)
                    draw.rectangle((at_x, at_y, at_x + unit * 0.11, at_y + unit * 0.17), fill=(255, 222, 142))


def _draw_flower(draw: ImageDraw.ImageDraw, x: float, y: float, unit: float, colour: Colour | None) -> None:
    petal = colour or (232, 96, 128)
    draw.line((x, y, x, y - unit * 1.8), fill=(66, 118, 66), width=max(2, round(unit * 0.12)))
    for step in range(8):
        at_x, at_y = x + math.cos(step * math.tau / 8) * unit * 0.6, y - unit * 2.2 + math.sin(step * math.tau / 8) * unit * 0.6
        draw.ellipse((at_x - unit * 0.4, at_y - unit * 0.4, at_x + unit * 0.4, at_y + unit * 0.4), fill=petal)
    draw.ellipse((x - unit * 0.38, y - unit * 2.58, x + unit * 0.38, y - unit * 1.82), fill=(250, 206, 92))


_SUBJECTS: tuple[tuple[str, Draw], ...] = (
    (r"cats?|kittens?|kitty", _draw_cat),
    (r"fox(?:es)?|dogs?|wolf|wolves|puppy|animals?|bears?", _draw_animal),
    (r"boats?|ships?|sail\w*", _draw_boat),
    (r"balloons?|kites?|airships?", _draw_balloon),
    (r"city|towers?|skyline|castle|skyscrapers?|buildings?", _draw_towers),
    (r"cabins?|house|home|hut|cottage|lighthouse|village", _draw_cabin),
    (r"flowers?|blossoms?|roses?|tulips?|sunflowers?", _draw_flower),
    (r"trees?|oak|forest|woods?", _draw_tree),
)
