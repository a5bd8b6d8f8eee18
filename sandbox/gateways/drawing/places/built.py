"""The city and the room."""

import random

from PIL import Image, ImageDraw

from sandbox.gateways.drawing.colours import Colour, dark, gradient, light, mix, under
from sandbox.gateways.drawing.places.land import mist
from sandbox.gateways.drawing.places.light import Light
from sandbox.gateways.drawing.places.sky import soft_disc
from sandbox.gateways.drawing.scene import Scene

_WALLS: tuple[Colour, ...] = ((186, 158, 140), (150, 128, 132), (208, 180, 150), (136, 146, 166), (178, 120, 104))
_LAMP: Colour = (255, 218, 136)


def draw_city(image: Image.Image, scene: Scene, lights: Light, rng: random.Random) -> None:
    """Draw two rows of buildings and a street."""
    width, height = image.size
    far = mix(lights.haze, under((110, 120, 150), lights.ambient), 0.5)
    x = 0.0
    draw = ImageDraw.Draw(image)
    while x < width:
        wide, top = width * rng.uniform(0.04, 0.1), height * rng.uniform(0.22, 0.5)
        draw.rectangle((x, top, x + wide, height), fill=mix(far, lights.haze, rng.uniform(0, 0.3)))
        x += wide
    mist(image, lights, height * 0.4, height * 0.4, 0.6)
    x = -width * 0.03
    while x < width:
        wide, top = width * rng.uniform(0.1, 0.18), height * rng.uniform(0.34, 0.56)
        _building(image, (x, top, x + wide, height * 0.78), scene, lights, rng)
        x += wide + width * rng.uniform(0.0, 0.012)
    street = under((232, 238, 246) if scene.season == "winter" else (98, 98, 108), lights.ambient)
    draw.rectangle((0, height * 0.78, width, height), fill=light(street, 0.3))
    draw.rectangle((0, height * 0.81, width, height), fill=street)
    for step in range(9):
        left = width * (step + 0.2) / 9
        draw.polygon(
            [
                (left, height * 0.9),
                (left + width * 0.06, height * 0.9),
                (left + width * 0.056, height * 0.912),
                (left - width * 0.006, height * 0.912),
            ],
            fill=light(street, 0.55),
        )
    for share in (0.08, 0.36, 0.66, 0.93):
        _street_lamp(image, width * share, height * 0.8, height * 0.17, lights)


def _building(
    image: Image.Image, box: tuple[float, float, float, float], scene: Scene, lights: Light, rng: random.Random
) -> None:
    left, top, right, bottom = box
    wall = under(rng.choice(_WALLS), lights.ambient)
    draw = ImageDraw.Draw(image)
    draw.rectangle(box, fill=wall)
    draw.rectangle((left, top, left + (right - left) * 0.12, bottom), fill=light(wall, 0.16))
    roof = under((246, 250, 255), lights.ambient) if scene.season == "winter" else dark(wall, 0.35)
    draw.rectangle((left - 2, top - image.height * 0.012, right + 2, top), fill=roof)
    columns = max(2, round((right - left) / (image.height * 0.045)))
    rows = max(2, round((bottom - top) / (image.height * 0.06)))
    wide, tall = (right - left) / columns, (bottom - top) / rows
    lit = 0.7 if lights.moon else 0.4 if scene.time == "sunset" else 0.16
    for row in range(rows):
        for column in range(columns):
            x, y = left + (column + 0.26) * wide, top + (row + 0.24) * tall
            glass = _LAMP if rng.random() < lit else mix(dark(wall, 0.5), lights.sky[0], 0.35)
            draw.rectangle((x, y, x + wide * 0.48, y + tall * 0.54), fill=glass)


def _street_lamp(image: Image.Image, x: float, y: float, tall: float, lights: Light) -> None:
    draw = ImageDraw.Draw(image)
    draw.line((x, y, x, y - tall), fill=(48, 48, 58), width=max(2, round(tall * 0.04)))
    if lights.moon or lights.veiled:
        soft_disc(image, (x, y - tall), tall * 0.7, _LAMP, 0.6)
    size = tall * 0.09
    draw.ellipse((x - size, y - tall - size, x + size, y - tall + size), fill=_LAMP if lights.moon else (250, 244, 226))


def draw_room(size: tuple[int, int], lights: Light, rng: random.Random) -> Image.Image:
    """Return a room with a window that shows the time, a picture on the wall and a table."""
    width, height = size
    wall = under(
        rng.choice(((232, 208, 178), (196, 214, 206), (222, 198, 200), (198, 206, 226))),
        mix(lights.ambient, (255, 240, 214), 0.45),
    )
    image = gradient(size, (light(wall, 0.1), wall, dark(wall, 0.14)))
    draw = ImageDraw.Draw(image)
    side = rng.choice((0.08, 0.64))
    left, top, right, bottom = width * side, height * 0.1, width * (side + 0.28), height * 0.5
    frame = (250, 246, 238)
    draw.rectangle(
        (left - height * 0.018, top - height * 0.018, right + height * 0.018, bottom + height * 0.018),
        fill=under(frame, mix(lights.ambient, (255, 255, 255), 0.5)),
    )
    pane = gradient((max(1, round(right - left)), max(1, round(bottom - top))), lights.sky)
    image.paste(pane, (round(left), round(top)))
    if lights.moon:
        radius = height * 0.03
        draw.ellipse((left + radius, top + radius, left + radius * 3, top + radius * 3), fill=lights.sun)
    else:
        soft_disc(image, ((left + right) / 2, (top + bottom) / 2), height * 0.4, lights.sun, 0.3)
    bar = max(2, round(height * 0.008))
    draw.line(((left + right) / 2, top, (left + right) / 2, bottom), fill=frame, width=bar)
    draw.line((left, (top + bottom) / 2, right, (top + bottom) / 2), fill=frame, width=bar)
    _wall_picture(draw, width * (0.7 if side < 0.5 else 0.16), height * 0.16, height * 0.16, rng)
    wood = under(rng.choice(((176, 118, 74), (140, 92, 62), (204, 156, 104))), mix(lights.ambient, (255, 240, 214), 0.45))
    table = gradient((width, max(1, height - round(height * 0.72))), (light(wood, 0.3), wood, dark(wood, 0.2)))
    image.paste(table, (0, round(height * 0.72)))
    for row in range(6):
        y = height * (0.745 + row * row * 0.008)
        draw.line((0, y, width, y + rng.uniform(-0.004, 0.004) * height), fill=dark(wood, 0.22), width=max(1, height // 420))
    if lights.moon:
        soft_disc(image, (width * 0.5, height * 0.2), height * 0.6, (255, 214, 140), 0.3)
    return image


def _wall_picture(draw: ImageDraw.ImageDraw, x: float, y: float, side: float, rng: random.Random) -> None:
    draw.rectangle((x - side * 0.06, y - side * 0.06, x + side * 1.3, y + side * 1.06), fill=(120, 84, 60))
    draw.rectangle((x, y, x + side * 1.24, y + side), fill=(246, 240, 226))
    for colour in ((214, 110, 90), (90, 140, 150), (236, 190, 100)):
        at_x, at_y, radius = x + side * rng.uniform(0.3, 0.95), y + side * rng.uniform(0.35, 0.65), side * rng.uniform(0.14, 0.26)
        draw.ellipse((at_x - radius, at_y - radius, at_x + radius, at_y + radius), fill=colour)
