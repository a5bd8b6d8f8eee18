"""Buildings."""

import math

from sandbox.gateways.drawing.brush import Brush
from sandbox.gateways.drawing.colours import Colour, dark, light, mix

_GLASS = (255, 220, 140)
_STONE = (150, 146, 150)


def _window(brush: Brush, x: float, y: float, wide: float, tall: float, frame: Colour) -> None:
    """Draw a lit window by its lower left corner."""
    brush.box(x - 0.03, y - 0.03, x + wide + 0.03, y + tall + 0.03, frame)
    brush.glow([(x, y), (x + wide, y), (x + wide, y + tall), (x, y + tall)], _GLASS)
    brush.line([(x + wide / 2, y), (x + wide / 2, y + tall)], 0.025, frame)


def house(brush: Brush, wall: Colour) -> None:
    roof, trim = mix(dark(wall, 0.55), (120, 50, 40), 0.35), light(wall, 0.75)
    brush.box(0.5, 1.3, 0.74, 1.98, (120, 84, 76))
    brush.box(0.46, 1.92, 0.78, 2.02, (90, 62, 58))
    brush.box(-0.96, 0.0, 0.96, 1.02, wall)
    for y in (0.2, 0.4, 0.6, 0.8):
        brush.line([(-0.96, y), (0.96, y)], 0.016, dark(wall, 0.2))
    brush.poly([(-0.96, 1.0), (0.96, 1.0), (0, 1.78)], wall)
    brush.poly([(-1.2, 0.9), (0, 1.92), (1.2, 0.9), (1.08, 0.8), (0, 1.7), (-1.08, 0.8)], roof)
    _window(brush, -0.74, 0.36, 0.42, 0.4, trim)
    _window(brush, 0.36, 0.36, 0.42, 0.4, trim)
    brush.oval(0, 1.28, 0.17, 0.17, trim)
    brush.glow([(math.cos(a * math.tau / 16) * 0.13, 1.28 + math.sin(a * math.tau / 16) * 0.13) for a in range(16)], _GLASS)
    brush.box(-0.2, 0.0, 0.2, 0.66, trim, round_=0.08)
    brush.box(-0.15, 0.0, 0.15, 0.62, dark(wall, 0.6), round_=0.07)
    brush.oval(0.09, 0.3, 0.03, 0.03, (240, 200, 100))
    brush.box(-0.3, -0.06, 0.3, 0.02, _STONE)
    for x, size in ((-0.8, 0.2), (-0.5, 0.15), (0.56, 0.16), (0.86, 0.2)):
        brush.oval(x, 0.08, size, size * 0.8, (84, 132, 70))


def castle(brush: Brush, wall: Colour) -> None:
    shade, roof = dark(wall, 0.2), (92, 84, 150)
    for x, top, wide in ((-0.42, 1.5, 0.17), (0.42, 1.6, 0.17), (0.0, 1.76, 0.22)):
        brush.box(x - wide, 0.4, x + wide, top, shade)
        brush.poly([(x - wide * 1.35, top), (x + wide * 1.35, top), (x, top + 0.52)], roof)
        brush.line([(x, top + 0.5), (x, top + 0.66)], 0.02, (70, 56, 60))
        brush.poly([(x, top + 0.66), (x + 0.18, top + 0.6), (x, top + 0.54)], (214, 70, 66))
        _window(brush, x - 0.05, top - 0.34, 0.1, 0.2, shade)
    brush.box(-0.9, 0.0, 0.9, 0.86, wall)
    for step in range(9):
        brush.box(-0.9 + step * 0.21, 0.84, -0.78 + step * 0.21, 1.0, wall)
    for x in (-0.98, 0.98):
        brush.box(x - 0.26, 0.0, x + 0.26, 1.24, light(wall, 0.12))
        for step in (-1, 0, 1):
            brush.box(x + step * 0.2 - 0.07, 1.22, x + step * 0.2 + 0.07, 1.38, light(wall, 0.12))
        brush.poly([(x - 0.3, 1.36), (x + 0.3, 1.36), (x, 1.9)], roof)
        _window(brush, x - 0.06, 0.74, 0.12, 0.22, shade)
    for x, y in ((-0.6, 0.6), (0.5, 0.28), (-0.5, 0.24), (0.62, 0.62), (-1.0, 0.4), (1.02, 0.3)):
        brush.box(x - 0.09, y, x + 0.09, y + 0.07, shade, round_=0.02)
    brush.oval(0, 0.46, 0.27, 0.27, dark(wall, 0.45))
    brush.box(-0.27, 0.0, 0.27, 0.46, (88, 58, 44))
    brush.box(-0.22, 0.0, 0.22, 0.46, dark((88, 58, 44), 0.3))


def lighthouse(brush: Brush, band: Colour) -> None:
    white = (248, 244, 236)
    brush.blob([(-1.1, -0.06), (-0.8, 0.2), (-0.3, 0.3), (0.3, 0.28), (0.84, 0.18), (1.14, -0.06)], (116, 106, 104))
    brush.blob([(-0.7, -0.02), (-0.4, 0.18), (0.2, 0.16), (0.3, -0.02)], (140, 130, 126))
    half = [(0.36, 0.2), (0.31, 0.52), (0.27, 0.84), (0.24, 1.16), (0.2, 1.48)]
    for number in range(4):
        (low, y0), (high, y1) = half[number], half[number + 1]
        brush.poly([(-low, y0), (low, y0), (high, y1), (-high, y1)], band if number % 2 == 0 else white)
    brush.box(-0.3, 1.46, 0.3, 1.54, dark(band, 0.5))
    for x in (-0.27, -0.09, 0.09, 0.27):
        brush.line([(x, 1.54), (x, 1.66)], 0.02, dark(band, 0.5))
    brush.line([(-0.28, 1.66), (0.28, 1.66)], 0.025, dark(band, 0.5))
    brush.box(-0.16, 1.54, 0.16, 1.86, (60, 58, 66))
    brush.glow([(-0.13, 1.58), (0.13, 1.58), (0.13, 1.84), (-0.13, 1.84)], (255, 240, 170))
    brush.poly([(-0.22, 1.86), (0.22, 1.86), (0, 2.14)], band)
    brush.oval(0, 2.16, 0.04, 0.05, dark(band, 0.5))
    for y in (0.66, 1.3):
        _window(brush, -0.05, y, 0.1, 0.14, dark(white, 0.3))
    brush.box(-0.1, 0.2, 0.1, 0.46, (90, 62, 52), round_=0.05)
    brush.box(0.4, 0.16, 0.94, 0.46, white)
    brush.poly([(0.34, 0.44), (1.0, 0.44), (0.67, 0.72)], band)
    _window(brush, 0.58, 0.24, 0.16, 0.14, dark(white, 0.3))


def windmill(brush: Brush, wall: Colour) -> None:
    brush.poly([(-0.46, 0.0), (0.46, 0.0), (0.28, 1.3), (-0.28, 1.3)], wall)
    brush.poly([(0.1, 0.0), (0.46, 0.0), (0.28, 1.3), (0.1, 1.3)], dark(wall, 0.15))
    brush.blob([(-0.36, 1.28), (-0.2, 1.54), (0.0, 1.64), (0.2, 1.54), (0.36, 1.28)], (126, 70, 54))
    brush.box(-0.12, 0.0, 0.12, 0.4, (96, 66, 52), round_=0.06)
    _window(brush, -0.08, 0.74, 0.16, 0.2, dark(wall, 0.4))
    for step in range(4):
        angle = math.radians(28 + step * 90)
        across, along = (math.cos(angle), math.sin(angle)), (-math.sin(angle), math.cos(angle))

        def at(
            reach: float, aside: float, x: tuple[float, float] = across, y: tuple[float, float] = along
        ) -> tuple[float, float]:
            return x[0] * reach + y[0] * aside, 1.36 + x[1] * reach + y[1] * aside

        brush.poly([at(0.2, 0.0), at(1.0, 0.0), at(1.0, 0.26), at(0.24, 0.22)], (250, 244, 230))
        for reach in (0.4, 0.6, 0.8):
            brush.line([at(reach, 0.0), at(reach, 0.24)], 0.02, (150, 120, 90))
        brush.line([at(0, 0), at(1.03, 0)], 0.055, (96, 66, 52))
    brush.oval(0, 1.36, 0.09, 0.09, (70, 48, 42))


def bridge(brush: Brush, stone: Colour) -> None:
    brush.blob([(-1.46, 0.2), (-0.8, 0.66), (0.0, 0.86), (0.8, 0.66), (1.46, 0.2), (1.44, -0.1), (-1.44, -0.1)], stone)
    for x, wide, top in ((-0.72, 0.3, 0.3), (0.0, 0.36, 0.48), (0.72, 0.3, 0.3)):
        arch = [(x + math.cos(a * math.pi / 14) * wide, max(-0.12, top * math.sin(a * math.pi / 14))) for a in range(15)]
        brush.poly(
            [(x + wide + 0.05, -0.12), *[(x + (px - x) * 1.16, py * 1.14) for px, py in arch], (x - wide - 0.05, -0.12)],
            light(stone, 0.25),
        )
        brush.poly([(x + wide, -0.12), *arch, (x - wide, -0.12)], dark(stone, 0.6))
    brush.curve([(-1.46, 0.3), (-0.8, 0.78), (0.0, 0.98), (0.8, 0.78), (1.46, 0.3)], 0.09, light(stone, 0.3))
    for x, y in ((-1.1, 0.58), (-0.4, 0.94), (0.4, 0.94), (1.1, 0.58)):
        brush.line([(x, y), (x, y + 0.34)], 0.05, (60, 56, 62))
        brush.glow([(x - 0.07, y + 0.34), (x + 0.07, y + 0.34), (x + 0.05, y + 0.5), (x - 0.05, y + 0.5)])


def tent(brush: Brush, cloth: Colour) -> None:
    brush.poly([(0, 1.3), (1.16, 0.0), (-1.16, 0.0)], cloth)
    brush.poly([(0, 1.3), (1.16, 0.0), (0.5, 0.0)], dark(cloth, 0.25))
    brush.glow([(0, 1.12), (0.4, 0.0), (-0.4, 0.0)], (255, 214, 130))
    brush.poly([(0, 1.16), (-0.16, 0.5), (-0.56, 0.0), (-0.3, 0.0)], light(cloth, 0.35))
    brush.poly([(0, 1.16), (0.16, 0.5), (0.56, 0.0), (0.3, 0.0)], light(cloth, 0.2))
    brush.line([(0, 1.4), (0, 1.2)], 0.04, (96, 70, 52))
    for side in (-1, 1):
        brush.line([(side * 0.9, 0.3), (side * 1.36, -0.04)], 0.018, (230, 224, 210))
        brush.line([(side * 1.36, -0.06), (side * 1.33, 0.06)], 0.04, (96, 70, 52))


def temple(brush: Brush, wall: Colour) -> None:
    roof = (62, 70, 88)
    brush.box(-0.94, -0.04, 0.94, 0.12, _STONE)
    for level, (y, wide) in enumerate(((0.12, 0.7), (0.72, 0.52), (1.28, 0.36))):
        brush.box(-wide, y, wide, y + 0.42, wall)
        for x in (-0.7, 0.0, 0.7):
            brush.glow(
                [
                    (x * wide - 0.09, y + 0.06),
                    (x * wide + 0.09, y + 0.06),
                    (x * wide + 0.09, y + 0.32),
                    (x * wide - 0.09, y + 0.32),
                ]
            )
        eave = wide + 0.36
        brush.blob(
            [
                (-eave, y + 0.48),
                (-wide, y + 0.44),
                (0, y + 0.42),
                (wide, y + 0.44),
                (eave, y + 0.48),
                (wide * 0.8, y + 0.6),
                (0, y + 0.7),
                (-wide * 0.8, y + 0.6),
            ],
            dark(roof, 0.1 * level),
        )
    brush.line([(0, 1.9), (0, 2.24)], 0.05, (220, 180, 90))


def tower(brush: Brush, wall: Colour) -> None:
    for x, top, wide, shade in ((-0.7, 1.2, 0.3, 0.2), (0.66, 1.5, 0.32, 0.3), (0.0, 2.1, 0.36, 0.0)):
        brush.box(x - wide, 0.0, x + wide, top, dark(wall, shade))
        for row in range(int(top / 0.2) - 1):
            for column in range(3):
                if (row * 7 + column * 5 + round(x * 10)) % 4:
                    left, low = x - wide * 0.76 + column * wide * 0.56, 0.14 + row * 0.2
                    brush.glow([(left, low), (left + wide * 0.34, low), (left + wide * 0.34, low + 0.11), (left, low + 0.11)])
    brush.line([(0, 2.1), (0, 2.4)], 0.03, dark(wall, 0.5))
