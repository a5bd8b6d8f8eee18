"""Plants, islands and planets."""

import math

from sandbox.gateways.drawing.brush import Brush, Point
from sandbox.gateways.drawing.colours import Colour, dark, light

_BARK = (102, 72, 52)
_STEM = (74, 130, 70)


def flower(brush: Brush, petal: Colour) -> None:
    brush.curve([(0.06, 0.0), (-0.04, 0.6), (0.02, 1.3)], 0.08, _STEM)
    brush.blob([(0.02, 0.3), (0.36, 0.44), (0.62, 0.82), (0.24, 0.74)], _STEM)
    brush.blob([(-0.02, 0.5), (-0.36, 0.62), (-0.58, 0.98), (-0.2, 0.88)], dark(_STEM, 0.15))
    for radius, turn, shade in ((0.4, 0.0, dark(petal, 0.15)), (0.36, 22.5, petal)):
        for step in range(8):
            angle = step * 45 + turn
            x, y = math.cos(math.radians(angle)) * radius, math.sin(math.radians(angle)) * radius
            brush.oval(x, 1.44 + y, 0.32, 0.17, shade, turn=angle)
    brush.oval(0, 1.44, 0.21, 0.21, (248, 202, 82))
    for step in range(8):
        brush.oval(math.cos(step * 0.785) * 0.12, 1.44 + math.sin(step * 0.785) * 0.12, 0.025, 0.025, (190, 130, 50))


def tree(brush: Brush, crown: Colour) -> None:
    brush.blob([(-0.24, 0.0), (-0.12, 0.5), (-0.14, 1.0), (0.14, 1.0), (0.12, 0.5), (0.26, 0.0)], _BARK)
    brush.line([(0.0, 0.7), (0.36, 1.1)], 0.1, _BARK)
    brush.line([(0.0, 0.6), (-0.34, 1.0)], 0.08, _BARK)
    for x, y, radius, shade in (
        (0.44, 1.1, 0.44, 0.3), (-0.46, 1.06, 0.42, 0.25), (0.0, 1.1, 0.5, 0.2), (0.34, 1.5, 0.46, 0.12), (-0.36, 1.46, 0.48, 0.06), (0.0, 1.76, 0.46, 0.0),
    ):  # fmt: skip
        brush.oval(x, y, radius, radius * 0.88, dark(crown, shade))
    for x, y, radius in ((-0.22, 1.84, 0.2), (-0.5, 1.56, 0.18), (0.2, 1.62, 0.16), (-0.1, 1.3, 0.14)):
        brush.oval(x, y, radius, radius * 0.8, light(crown, 0.18))


def pine(brush: Brush, needle: Colour) -> None:
    brush.box(-0.1, 0.0, 0.1, 0.4, _BARK)
    for number, (y, wide, tall) in enumerate(((0.26, 0.8, 0.8), (0.74, 0.64, 0.72), (1.18, 0.46, 0.62), (1.56, 0.3, 0.54))):
        outline: list[Point] = [(0, y + tall)]
        for step in range(7):
            x = wide - step * wide / 3
            outline.append((x, y - (0.07 if step % 2 else 0.0)))
        brush.poly(outline, dark(needle, 0.24 - number * 0.08))


def palm(brush: Brush, leaf: Colour) -> None:
    brush.blob([(-0.9, -0.02), (-0.4, 0.14), (0.4, 0.14), (0.9, -0.02)], (232, 206, 150))
    brush.curve([(-0.1, 0.05), (0.02, 0.7), (0.22, 1.5)], 0.16, (146, 104, 70))
    for y in (0.3, 0.6, 0.9, 1.2):
        brush.line([(-0.12 + y * 0.16, y), (0.06 + y * 0.16, y)], 0.025, (110, 76, 52))
    for number, (x, y) in enumerate(((1.1, 0.2), (0.9, -0.3), (-0.9, 0.14), (-0.84, -0.36), (0.5, 0.56), (-0.4, 0.5))):
        tip = (0.22 + x * 0.95, 1.55 + y)
        middle = (0.22 + x * 0.5, 1.62 + y * 0.5 + 0.22)
        brush.blob([(0.22, 1.54), middle, tip, (middle[0] * 0.96, middle[1] - 0.2)], dark(leaf, 0.07 * number))
    for x in (0.14, 0.3):
        brush.oval(x, 1.44, 0.09, 0.1, (104, 70, 48))


def cactus(brush: Brush, green: Colour) -> None:
    brush.curve([(-0.2, 0.7), (-0.62, 0.74), (-0.66, 1.24)], 0.26, green)
    brush.curve([(0.2, 0.5), (0.62, 0.56), (0.66, 0.98)], 0.24, green)
    brush.box(-0.27, 0.0, 0.27, 1.86, green, round_=0.26)
    for x in (-0.12, 0.0, 0.12):
        brush.line([(x, 0.1), (x, 1.7)], 0.02, dark(green, 0.35))
    brush.oval(0, 1.88, 0.14, 0.1, (240, 110, 150))
    brush.oval(-0.66, 1.38, 0.09, 0.07, (240, 110, 150))


def mushroom(brush: Brush, cap: Colour) -> None:
    brush.blob([(-0.24, 1.0), (-0.2, 0.5), (-0.34, 0.04), (0.34, 0.04), (0.2, 0.5), (0.24, 1.0)], (248, 238, 218))
    brush.blob([(-0.3, 0.92), (0, 0.78), (0.3, 0.92)], (232, 216, 190))
    brush.blob([(-0.96, 0.92), (-0.76, 1.42), (0, 1.78), (0.76, 1.42), (0.96, 0.92), (0, 1.06)], cap)
    for x, y, size in (
        (-0.52, 1.22, 0.13),
        (0.0, 1.48, 0.17),
        (0.5, 1.26, 0.14),
        (0.1, 1.16, 0.1),
        (-0.3, 1.54, 0.08),
        (0.74, 1.06, 0.07),
    ):
        brush.oval(x, y, size, size * 0.8, (252, 248, 240))


def island(brush: Brush, green: Colour) -> None:
    sand = (238, 212, 156)
    brush.blob([(-1.4, 0.0), (-0.9, 0.3), (0.0, 0.42), (0.9, 0.3), (1.4, 0.0), (0.0, -0.08)], sand)
    brush.blob([(-0.9, 0.2), (-0.6, 0.62), (-0.1, 0.92), (0.3, 0.74), (0.7, 0.46), (0.94, 0.2), (0.0, 0.12)], green)
    brush.blob([(-0.7, 0.2), (-0.4, 0.5), (0.0, 0.5), (0.2, 0.2)], light(green, 0.2))
    for base, top, lean in ((0.5, 1.5, 0.2), (0.74, 1.16, 0.16)):
        brush.curve([(base, 0.3), (base + lean * 0.3, top * 0.6), (base + lean, top)], 0.08, _BARK)
        for x, y in ((0.5, 0.06), (0.4, -0.22), (-0.42, 0.06), (-0.36, -0.2), (0.16, 0.28)):
            brush.blob(
                [
                    (base + lean, top),
                    (base + lean + x * 0.5, top + y * 0.5 + 0.12),
                    (base + lean + x, top + y),
                    (base + lean + x * 0.5, top + y * 0.5),
                ],
                (66, 150, 84),
            )


def planet(brush: Brush, ground: Colour) -> None:
    ring = light(ground, 0.6)
    brush.line([(-1.3, 0.72), (-0.6, 0.94)], 0.08, ring)
    brush.oval(0, 1.0, 0.8, 0.8, ground)
    for y, wide, shade in ((1.42, 0.62, 0.25), (1.14, 0.76, -1.0), (0.76, 0.74, 0.3), (0.48, 0.56, 0.15)):
        band = light(ground, 0.3) if shade < 0 else dark(ground, shade)
        brush.curve([(-wide, y), (0, y - 0.07), (wide, y)], 0.1, band)
    brush.curve([(-1.34, 0.7), (-0.7, 0.66), (0.2, 0.9), (0.9, 1.22), (1.34, 1.42)], 0.1, ring)
    brush.curve([(-1.28, 0.62), (-0.6, 0.56), (0.3, 0.82), (1.0, 1.16), (1.3, 1.32)], 0.05, light(ground, 0.8))
