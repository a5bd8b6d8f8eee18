"""Things for a table."""

import math

from sandbox.gateways.drawing.brush import Brush
from sandbox.gateways.drawing.colours import Colour, dark, light

_WOOD = (112, 72, 48)


def guitar(brush: Brush, body: Colour) -> None:
    brush.line([(0.1, 0.9), (0.86, 1.96)], 0.15, _WOOD)
    brush.poly([(0.76, 1.94), (0.94, 1.8), (1.14, 2.1), (0.96, 2.24)], dark(_WOOD, 0.3))
    for share in (0.05, 0.5, 0.95):
        for side in (-1, 1):
            brush.oval(0.95 + side * 0.13 + share * 0.1, 1.96 - side * 0.09 + share * 0.16, 0.035, 0.035, (220, 222, 228))
    outline = [
        (0.26, 1.24),
        (0.42, 0.98),
        (0.3, 0.74),
        (0.4, 0.4),
        (0.12, 0.02),
        (-0.5, 0.0),
        (-0.82, 0.42),
        (-0.66, 0.8),
        (-0.3, 0.9),
        (-0.1, 1.16),
    ]
    brush.blob([(x * 1.05 - 0.01, y * 1.05 - 0.03) for x, y in outline], dark(body, 0.55))
    brush.blob(outline, body)
    brush.oval(-0.06, 0.68, 0.19, 0.19, light(body, 0.5))
    brush.oval(-0.06, 0.68, 0.15, 0.15, (44, 30, 26))
    brush.line([(-0.5, 0.38), (-0.28, 0.22)], 0.1, dark(_WOOD, 0.3))
    for shift in (-0.045, -0.015, 0.015, 0.045):
        brush.line([(-0.39 + shift, 0.3 - shift), (0.96 + shift, 2.06 - shift)], 0.01, (250, 244, 230))


def cup(brush: Brush, china: Colour) -> None:
    for x, lean in ((-0.26, 0.1), (0.04, -0.1), (0.3, 0.1)):
        brush.curve([(x, 1.32), (x + lean, 1.5), (x - lean, 1.7), (x + lean, 1.92)], 0.045, (246, 244, 240))
    brush.oval(0, 0.06, 1.12, 0.14, dark(china, 0.1))
    brush.oval(0, 0.1, 1.0, 0.1, china)
    brush.ring(0.74, 0.74, 0.32, 0.12, china)
    brush.blob([(-0.74, 1.14), (-0.7, 0.5), (-0.42, 0.12), (0.42, 0.12), (0.7, 0.5), (0.74, 1.14)], china)
    brush.oval(0, 1.14, 0.74, 0.16, light(china, 0.4))
    brush.oval(0, 1.12, 0.64, 0.115, (104, 62, 40))
    brush.blob([(0, 1.07), (-0.16, 1.13), (-0.08, 1.18), (0, 1.15), (0.08, 1.18), (0.16, 1.13)], (236, 206, 170))
    brush.curve([(-0.56, 0.86), (-0.52, 0.5), (-0.36, 0.28)], 0.06, light(china, 0.7))


def cake(brush: Brush, icing: Colour) -> None:
    sponge = (226, 176, 112)
    brush.oval(0, 0.04, 1.24, 0.13, (226, 228, 234))
    for left, low, top in ((1.0, 0.06, 0.66), (0.66, 0.66, 1.16)):
        brush.box(-left, low, left, top, sponge, round_=0.06)
        brush.line([(-left, (low + top) / 2 - 0.04), (left, (low + top) / 2 - 0.04)], 0.06, (250, 240, 224))
        drips = [(-left - 0.03, top + 0.06), (left + 0.03, top + 0.06)]
        steps = 12
        for step in range(steps + 1):
            x = left + 0.03 - step * (2 * left + 0.06) / steps
            drips.append((x, top - (0.2 if step % 2 else 0.06) - (0.07 if step % 3 == 0 else 0.0)))
        brush.blob(drips, icing)
        brush.oval(0, top + 0.05, left, 0.09, light(icing, 0.3))
    for step in range(9):
        brush.oval(-0.88 + step * 0.22, 0.12, 0.1, 0.09, light(icing, 0.6))
    for x, colour in ((-0.4, (108, 190, 220)), (-0.13, (250, 208, 90)), (0.14, (150, 200, 110)), (0.41, (196, 140, 220))):
        brush.box(x - 0.045, 1.2, x + 0.045, 1.64, colour)
        brush.glow([(x - 0.055, 1.72), (x, 1.9), (x + 0.055, 1.72), (x, 1.64)], (255, 190, 70))
    for x, y in ((-0.56, 1.24), (0.6, 1.24), (-0.86, 0.74), (0.86, 0.74)):
        brush.oval(x, y, 0.1, 0.1, (206, 40, 56))


def apple(brush: Brush, skin: Colour) -> None:
    brush.blob(
        [
            (0, 1.3),
            (0.4, 1.46),
            (0.82, 1.2),
            (0.86, 0.7),
            (0.5, 0.1),
            (0.16, 0.02),
            (0, 0.08),
            (-0.16, 0.02),
            (-0.5, 0.1),
            (-0.86, 0.7),
            (-0.82, 1.2),
            (-0.4, 1.46),
        ],
        skin,
    )
    brush.curve([(0, 1.26), (0.04, 1.5), (0.14, 1.72)], 0.07, _WOOD)
    brush.blob([(0.1, 1.5), (0.4, 1.76), (0.76, 1.72), (0.5, 1.5)], (104, 168, 72))
    brush.oval(-0.42, 1.06, 0.13, 0.22, light(skin, 0.6), turn=-24)


def book(brush: Brush, cover: Colour) -> None:
    brush.poly([(-1.2, 0.16), (0, 0.02), (1.2, 0.16), (1.2, 1.08), (0, 0.94), (-1.2, 1.08)], cover)
    brush.blob([(0, 0.12), (-0.5, 0.24), (-1.1, 0.24), (-1.1, 1.14), (-0.5, 1.16), (0, 1.02)], (250, 244, 230))
    brush.blob([(0, 0.12), (0.5, 0.24), (1.1, 0.24), (1.1, 1.14), (0.5, 1.16), (0, 1.02)], (242, 234, 216))
    for side in (-1, 1):
        for row in range(5):
            y = 0.96 - row * 0.14
            brush.line([(side * 0.18, y), (side * 0.96, y + 0.06)], 0.028, (150, 140, 130))
    brush.line([(0, 0.1), (0, 1.02)], 0.03, (200, 190, 170))
    brush.poly([(0.3, 1.1), (0.44, 1.14), (0.44, 0.7), (0.37, 0.78), (0.3, 0.68)], (206, 58, 60))


def umbrella(brush: Brush, cloth: Colour) -> None:
    brush.line([(0, 1.9), (0, 0.24)], 0.06, _WOOD)
    brush.curve([(0, 0.24), (0.06, 0.06), (0.22, 0.06), (0.26, 0.2)], 0.07, _WOOD)
    for number in range(4):
        left, right = -1.2 + number * 0.6, -0.6 + number * 0.6
        dome = [
            (x / 10 * 0.6 + left, 1.06 + 0.9 * math.sqrt(max(0.0, 1 - ((x / 10 * 0.6 + left) / 1.2) ** 2))) for x in range(11)
        ]
        brush.poly([*dome, (right, 1.06), ((left + right) / 2, 1.2), (left, 1.06)], cloth if number % 2 else light(cloth, 0.45))
    brush.line([(0, 1.94), (0, 2.1)], 0.04, _WOOD)
