"""Meadows, forests, mountains, deserts and winters: layers of ground that fade into the haze."""

import math
import random
from collections.abc import Callable
from itertools import pairwise

from PIL import Image, ImageDraw

from sandbox.gateways.drawing.colours import Colour, dark, light, mix, under
from sandbox.gateways.drawing.places.light import Light
from sandbox.gateways.drawing.scene import Scene

GROUND: dict[str, Colour] = {
    "spring": (124, 182, 84),
    "summer": (104, 158, 72),
    "autumn": (186, 134, 66),
    "winter": (240, 245, 252),
    "": (108, 164, 80),
}
_LEAVES: dict[str, tuple[Colour, ...]] = {
    "spring": ((240, 170, 196), (248, 198, 212), (140, 190, 100)),
    "summer": ((64, 126, 66), (84, 146, 72), (52, 112, 72)),
    "autumn": ((214, 98, 40), (232, 150, 52), (180, 62, 44), (206, 176, 74)),
    "winter": ((222, 232, 242), (200, 216, 230), (74, 108, 100)),
    "": ((64, 126, 66), (84, 146, 72), (52, 112, 72)),
}
Ridge = list[tuple[float, float]]


def ridge(width: int, base: float, tall: float, rng: random.Random, *, rough: float = 0.0) -> Ridge:
    """Return a line of hills across the picture; with `rough`, a line of peaks."""
    waves = [(tall / (n + 1), rng.uniform(0.6, 1.4) * (n + 1), rng.uniform(0, math.tau)) for n in range(4)]
    step = max(3, width // 160)
    points: Ridge = []
    for x in range(0, width + step, step):
        y = sum(high * math.sin(often * x / width * math.tau + phase) for high, often, phase in waves) * 0.6
        if rough:
            y = abs(y) * 1.5 + rough * tall * rng.uniform(-0.05, 0.05)
        points.append((x, base - y))
    return points


def peaks(width: int, base: float, tall: float, rng: random.Random) -> Ridge:
    """Return a jagged line of mountains."""
    points: Ridge = [(0, base - tall * rng.uniform(0.2, 0.6))]
    x = 0.0
    while x < width:
        x += width * rng.uniform(0.08, 0.16)
        points.append((x, base - tall * rng.uniform(0.55, 1.0)))
        x += width * rng.uniform(0.07, 0.14)
        points.append((x, base - tall * rng.uniform(0.05, 0.35)))
    for _ in range(3):
        finer: Ridge = []
        for (x0, y0), (x1, y1) in pairwise(points):
            finer += [(x0, y0), ((x0 + x1) / 2, (y0 + y1) / 2 + rng.uniform(-0.09, 0.09) * abs(x1 - x0))]
        points = [*finer, points[-1]]
    return points


def fill_below(image: Image.Image, line: Ridge, colour: Colour) -> None:
    width, height = image.size
    ImageDraw.Draw(image).polygon([(0, height), *line, (width, height)], fill=colour)


def mist(image: Image.Image, lights: Light, top: float, tall: float, strength: float = 0.45) -> None:
    """Draw haze in the colour of the horizon, for depth."""
    mask = Image.linear_gradient("L").point(lambda value: round(min(value, (255 - value) * 2) * strength))
    image.paste(lights.haze, (0, round(top)), mask.resize((image.width, max(1, round(tall)))))


def draw_land(image: Image.Image, scene: Scene, lights: Light, rng: random.Random) -> None:
    """Draw the ground of a place on land, up to the lower edge."""
    painters: dict[str, Callable[[Image.Image, Scene, Light, random.Random], None]] = {
        "mountains": _mountains,
        "desert": _desert,
        "forest": _forest,
    }
    painters.get(scene.place, _meadow)(image, scene, lights, rng)


def _meadow(image: Image.Image, scene: Scene, lights: Light, rng: random.Random) -> None:
    width, height = image.size
    near = under(GROUND[scene.season], lights.ambient)
    far = mix(mix(near, lights.haze, 0.55), lights.sky[1], 0.25)
    for layer in range(4):
        share = layer / 3
        base = height * (0.5 + 0.26 * share)
        line = ridge(width, base, height * (0.11 - 0.06 * share), rng)
        colour = mix(far, near, share**0.9)
        fill_below(image, line, colour)
        if layer:
            _grove(image, line, scene, lights, height * (0.03 + 0.03 * share), rng)
        if layer < 3:
            mist(image, lights, base, height * 0.14)
    _foreground(image, scene, lights, rng)


def _mountains(image: Image.Image, scene: Scene, lights: Light, rng: random.Random) -> None:
    width, height = image.size
    rock = under((96, 106, 132), lights.ambient)
    for layer, (base, tall) in enumerate(((0.62, 0.42), (0.66, 0.3))):
        line = peaks(width, height * base, height * tall, rng)
        colour = mix(lights.haze, rock, 0.45 + 0.3 * layer)
        fill_below(image, line, colour)
        _snowcaps(image, line, height * (base - tall * (0.1 if scene.season == "winter" else 0.5)), colour, lights)
        mist(image, lights, height * (base - 0.12), height * 0.22, 0.6)
    near = under(GROUND[scene.season], lights.ambient)
    for share in (0.0, 0.6):
        line = ridge(width, height * (0.66 + 0.1 * share), height * 0.05, rng)
        fill_below(image, line, mix(mix(near, lights.haze, 0.35), near, share))
        _pines(image, line, scene, lights, height * (0.045 + 0.03 * share), rng, 26)
    _foreground(image, scene, lights, rng)


def _snowcaps(image: Image.Image, line: Ridge, below: float, rock: Colour, lights: Light) -> None:
    """Whiten the parts of a ridge above a height, with a lit and a shaded side."""
    draw = ImageDraw.Draw(image)
    snow = mix(rock, under((252, 252, 255), lights.ambient), 0.85)
    for number, ((x0, y0), (x1, y1)) in enumerate(pairwise(line)):
        if max(y0, y1) >= below:
            continue
        deep0, deep1 = ((below - y) * (0.6 if (number + k) % 2 else 0.86) for k, y in ((0, y0), (1, y1)))
        shade = snow if y1 <= y0 else mix(snow, rock, 0.4)
        draw.polygon([(x0, y0), (x1, y1), (x1, y1 + deep1), (x0, y0 + deep0)], fill=shade)


def _desert(image: Image.Image, scene: Scene, lights: Light, rng: random.Random) -> None:
    width, height = image.size
    sand = under((244, 246, 250) if scene.season == "winter" else (234, 186, 116), lights.ambient)
    for layer in range(4):
        share = layer / 3
        line = ridge(width, height * (0.54 + 0.24 * share), height * 0.075, rng)
        colour = mix(mix(sand, lights.haze, 0.6), sand, share)
        fill_below(image, line, colour)
        shade = [(x, y + height * 0.012 + abs(math.sin(x / width * 7 + layer)) * height * 0.07) for x, y in line]
        ImageDraw.Draw(image).polygon([*line, *reversed(shade)], fill=light(colour, 0.22))
    for row in range(7):
        y = height * (0.84 + row * 0.024)
        points = [(x, y + math.sin(x / width * 16 + row) * height * 0.006) for x in range(0, width + 20, max(4, width // 60))]
        ImageDraw.Draw(image).line(points, fill=dark(sand, 0.12), width=max(1, height // 340))


def _forest(image: Image.Image, scene: Scene, lights: Light, rng: random.Random) -> None:
    width, height = image.size
    ground = under(mix(GROUND[scene.season], (60, 90, 50), 0.0 if scene.season == "winter" else 0.4), lights.ambient)
    bark = under((84, 64, 54), lights.ambient)
    leaves = [under(colour, lights.ambient) for colour in _LEAVES[scene.season]]
    draw = ImageDraw.Draw(image)
    for layer in range(3):
        share = layer / 2
        base = height * (0.66 + 0.08 * share)
        line = ridge(width, base, height * 0.02, rng)
        fill_below(image, line, mix(mix(ground, lights.haze, 0.5), ground, share))
        count = 16 - layer * 4
        for number in range(count):
            x = (number + rng.uniform(0.1, 0.9)) / count * width
            if layer == 2 and 0.28 < x / width < 0.72:
                continue
            thick = height * (0.012 + 0.014 * share) * rng.uniform(0.8, 1.3)
            shade = mix(lights.haze, bark, 0.35 + 0.6 * share)
            draw.polygon(
                [(x - thick * 0.7, 0), (x + thick * 0.6, 0), (x + thick, base + thick), (x - thick, base + thick)], fill=shade
            )
            crown = mix(lights.haze, rng.choice(leaves), 0.4 + 0.5 * share)
            for _ in range(7):
                at_x, at_y = x + rng.uniform(-0.07, 0.07) * width, height * rng.uniform(-0.05, 0.26)
                size = height * rng.uniform(0.04, 0.08)
                draw.ellipse(
                    (at_x - size * 1.2, at_y - size, at_x + size * 1.2, at_y + size), fill=light(crown, rng.uniform(0, 0.16))
                )
        if layer < 2:
            mist(image, lights, base - height * 0.24, height * 0.4, 0.5)
    _foreground(image, scene, lights, rng)


def _grove(image: Image.Image, line: Ridge, scene: Scene, lights: Light, size: float, rng: random.Random) -> None:
    """Draw small round trees and pines on a line of hills."""
    draw = ImageDraw.Draw(image)
    for x, y in rng.sample(line, k=min(len(line), rng.randint(6, 14))):
        colour = mix(under(rng.choice(_LEAVES[scene.season]), lights.ambient), lights.haze, 0.15)
        tall = size * rng.uniform(0.6, 1.2)
        if rng.random() < 0.4:
            _pine(draw, x, y, tall, colour)
            continue
        draw.rectangle((x - tall * 0.06, y - tall * 0.4, x + tall * 0.06, y + 2), fill=under((92, 68, 52), lights.ambient))
        for dx, dy, radius in ((-0.22, 0.55, 0.27), (0.22, 0.55, 0.27), (0, 0.8, 0.32)):
            box = [x + (dx - radius) * tall, y - (dy + radius) * tall, x + (dx + radius) * tall, y - (dy - radius) * tall]
            draw.ellipse(box, fill=light(colour, 0.12) if dx < 0 else colour)


def _pines(image: Image.Image, line: Ridge, scene: Scene, lights: Light, size: float, rng: random.Random, count: int) -> None:
    colour = under((206, 220, 232) if scene.season == "winter" else (44, 92, 78), lights.ambient)
    draw = ImageDraw.Draw(image)
    for x, y in rng.sample(line, k=min(len(line), count)):
        _pine(draw, x, y, size * rng.uniform(0.7, 1.5), mix(colour, lights.haze, rng.uniform(0, 0.2)))


def _pine(draw: ImageDraw.ImageDraw, x: float, y: float, tall: float, colour: Colour) -> None:
    for part in range(3):
        top = y - tall + part * tall * 0.26
        half = tall * (0.14 + 0.07 * part)
        draw.polygon([(x, top), (x - half, top + tall * 0.46), (x + half, top + tall * 0.46)], fill=dark(colour, 0.1 * part))


def _foreground(image: Image.Image, scene: Scene, lights: Light, rng: random.Random) -> None:
    """Draw tufts, flowers, leaves or drifts on the ground in front."""
    width, height = image.size
    ground = under(GROUND[scene.season], lights.ambient)
    draw = ImageDraw.Draw(image)
    if scene.season == "winter":
        for _ in range(14):
            x, y, wide = rng.uniform(0, width), height * rng.uniform(0.8, 1.0), width * rng.uniform(0.06, 0.16)
            draw.ellipse(
                (x - wide, y - height * 0.008, x + wide, y + height * 0.012),
                fill=mix(ground, under((204, 220, 242), lights.ambient), 0.6),
            )
        return
    petals = {"autumn": _LEAVES["autumn"], "summer": ((236, 84, 80), (250, 210, 90))}.get(
        scene.season, ((250, 246, 240), (250, 214, 96), (226, 140, 190))
    )
    for _ in range(130):
        x, share = rng.uniform(0, width), rng.random() ** 0.7
        y = height * (0.79 + 0.21 * share)
        tall = height * (0.008 + 0.022 * share)
        blade = mix(ground, (40, 84, 44), rng.uniform(0.1, 0.5))
        for lean in (-0.4, 0.0, 0.4):
            draw.line(
                (x, y, x + lean * tall, y - tall),
                fill=under(blade, lights.ambient) if lights.moon else blade,
                width=max(1, height // 420),
            )
        if rng.random() < 0.3:
            size = height * 0.0045 * (1 + share)
            draw.ellipse((x - size, y - tall - size, x + size, y - tall + size), fill=under(rng.choice(petals), lights.ambient))
