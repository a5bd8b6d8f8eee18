"""Animals that sit and look at the viewer."""

import math
from collections.abc import Sequence

from sandbox.gateways.drawing.brush import Brush, Point
from sandbox.gateways.drawing.colours import Colour, dark, light, mix

_DARK = (34, 26, 30)
_ROSE = (226, 138, 140)


def _body(brush: Brush, coat: Colour, belly: Colour, *, wide: float = 1.0) -> None:
    outline = [(-0.5, 1.05), (-0.62, 0.6), (-0.72, 0.18), (-0.55, 0.0), (0.55, 0.0), (0.72, 0.18), (0.62, 0.6), (0.5, 1.05)]
    brush.blob([(x * wide, y) for x, y in outline], coat)
    brush.blob([(-0.3 * wide, 0.95), (-0.34 * wide, 0.4), (0.0, 0.18), (0.34 * wide, 0.4), (0.3 * wide, 0.95)], belly)
    for side in (-1, 1):
        brush.curve([(side * 0.24 * wide, 0.7), (side * 0.2 * wide, 0.35), (side * 0.22 * wide, 0.08)], 0.26, coat)
        brush.oval(side * 0.26 * wide, 0.07, 0.2, 0.1, light(coat, 0.25))


def _head(brush: Brush, coat: Colour, *, across: float = 0.62, down: float = 0.5, at: float = 1.32) -> None:
    outline = [(0, at + down), (across * 0.75, at + down * 0.7), (across, at - down * 0.1), (across * 0.6, at - down * 0.8)]
    brush.blob([*outline, (0, at - down), *[(-x, y) for x, y in reversed(outline[1:])]], coat)


def _ears(brush: Brush, outer: Sequence[Point], coat: Colour, inside: Colour) -> None:
    brush.pair_poly(outer, coat)
    x, y = (sum(point[axis] for point in outer) / len(outer) for axis in (0, 1))
    brush.pair_poly([(x + (a - x) * 0.55, y + (b - y) * 0.55) for a, b in outer], inside)


def cat(brush: Brush, coat: Colour) -> None:
    stripe, pale = dark(coat, 0.35), light(coat, 0.75)
    brush.curve([(0.5, 0.15), (1.05, 0.2), (1.12, 0.7), (0.92, 1.05)], 0.2, coat)
    brush.curve([(1.08, 0.8), (0.92, 1.05)], 0.2, stripe)
    _body(brush, coat, pale)
    for side in (-1, 1):
        for y in (0.35, 0.55, 0.75):
            brush.line([(side * 0.62, y), (side * 0.42, y + 0.03)], 0.06, stripe)
    _ears(brush, [(0.14, 1.7), (0.5, 2.08), (0.62, 1.44)], coat, _ROSE)
    _head(brush, coat)
    for x in (-0.14, 0.0, 0.14):
        brush.line([(x, 1.79 - abs(x) * 0.3), (x * 0.8, 1.62)], 0.05, stripe)
    brush.oval(0, 1.12, 0.28, 0.18, pale)
    brush.eyes(0.27, 1.36, 0.13, (126, 184, 84))
    brush.poly([(-0.07, 1.22), (0.07, 1.22), (0, 1.14)], _ROSE)
    brush.curve([(-0.13, 1.05), (-0.05, 1.03), (0, 1.12), (0.05, 1.03), (0.13, 1.05)], 0.025, _DARK)
    for side in (-1, 1):
        for rise in (-0.07, 0.02, 0.11):
            brush.line([(side * 0.24, 1.13 + rise * 0.3), (side * 0.82, 1.14 + rise)], 0.014, (250, 248, 244))


def fox(brush: Brush, coat: Colour) -> None:
    pale, sock = light(coat, 0.85), dark(coat, 0.75)
    brush.blob([(0.35, 0.06), (0.9, 0.02), (1.32, 0.3), (1.36, 0.72), (1.12, 0.9), (1.0, 0.5), (0.6, 0.42)], coat)
    brush.blob([(1.3, 0.45), (1.36, 0.72), (1.12, 0.9), (1.1, 0.66)], pale)
    _body(brush, coat, pale, wide=0.92)
    brush.pair_oval(0.24, 0.08, 0.18, 0.11, sock)
    _ears(brush, [(0.12, 1.66), (0.54, 2.18), (0.62, 1.42)], coat, sock)
    brush.blob([(0, 1.78), (0.46, 1.64), (0.78, 1.22), (0.34, 1.0), (0, 0.84), (-0.34, 1.0), (-0.78, 1.22), (-0.46, 1.64)], coat)
    brush.pair_blob([(0.1, 1.22), (0.44, 1.34), (0.76, 1.22), (0.36, 1.0), (0.02, 0.86)], pale)
    brush.eyes(0.27, 1.38, 0.085)
    brush.oval(0, 0.93, 0.1, 0.08, _DARK)


def wolf(brush: Brush, coat: Colour) -> None:
    fox(brush, coat)


def dog(brush: Brush, coat: Colour) -> None:
    pale, ear = light(coat, 0.7), dark(coat, 0.45)
    brush.curve([(0.5, 0.2), (0.9, 0.35), (1.08, 0.8)], 0.16, coat)
    _body(brush, coat, pale)
    brush.box(-0.4, 0.9, 0.4, 1.0, (196, 62, 58), round_=0.05)
    brush.oval(0, 0.88, 0.08, 0.08, (240, 200, 90))
    _head(brush, coat, across=0.56, down=0.52, at=1.4)
    brush.pair_blob([(0.34, 1.84), (0.66, 1.74), (0.8, 1.3), (0.66, 1.02), (0.5, 1.3)], ear)
    brush.blob([(-0.1, 1.88), (0.1, 1.88), (0.16, 1.4), (0.34, 1.12), (0, 0.94), (-0.34, 1.12), (-0.16, 1.4)], pale)
    brush.eyes(0.26, 1.48, 0.1)
    brush.oval(0, 1.28, 0.13, 0.09, _DARK)
    brush.blob([(-0.1, 1.08), (0.1, 1.08), (0.09, 0.9), (0, 0.85), (-0.09, 0.9)], (232, 118, 128))
    brush.curve([(-0.2, 1.12), (-0.06, 1.06), (0, 1.2), (0.06, 1.06), (0.2, 1.12)], 0.03, _DARK)


def bear(brush: Brush, coat: Colour) -> None:
    _body(brush, coat, light(coat, 0.3), wide=1.22)
    brush.pair_oval(0.46, 1.78, 0.2, 0.2, coat)
    brush.pair_oval(0.46, 1.78, 0.11, 0.11, light(coat, 0.4))
    _head(brush, coat, across=0.66, down=0.54, at=1.4)
    brush.oval(0, 1.2, 0.3, 0.23, light(coat, 0.5))
    brush.eyes(0.25, 1.5, 0.075)
    brush.oval(0, 1.3, 0.12, 0.085, _DARK)
    brush.curve([(-0.1, 1.1), (0, 1.06), (0.1, 1.1)], 0.03, _DARK)
    brush.line([(0, 1.25), (0, 1.08)], 0.025, _DARK)


def panda(brush: Brush, coat: Colour) -> None:
    black = (44, 42, 48)
    _body(brush, coat, coat, wide=1.18)
    brush.blob([(-0.62, 1.02), (0.62, 1.02), (0.72, 0.72), (0, 0.62), (-0.72, 0.72)], black)
    for side in (-1, 1):
        brush.curve([(side * 0.5, 0.85), (side * 0.56, 0.5), (side * 0.3, 0.3)], 0.28, black)
        brush.oval(side * 0.5, 0.12, 0.28, 0.16, black)
    brush.pair_oval(0.48, 1.8, 0.2, 0.2, black)
    _head(brush, coat, across=0.68, down=0.54, at=1.4)
    brush.pair_oval(0.28, 1.44, 0.15, 0.2, black, turn=-25)
    brush.eyes(0.26, 1.46, 0.07, (90, 60, 40))
    brush.oval(0, 1.22, 0.1, 0.07, black)
    brush.line([(0.1, 0.35), (-0.5, 0.85)], 0.07, (96, 160, 74))
    brush.pair_poly([(-0.5, 0.85), (-0.62, 1.0), (-0.42, 0.95)], (110, 176, 84))


def rabbit(brush: Brush, coat: Colour) -> None:
    pale = light(coat, 0.7)
    brush.oval(0.62, 0.2, 0.2, 0.2, pale)
    _body(brush, coat, pale, wide=0.92)
    brush.pair_oval(0.24, 1.98, 0.15, 0.52, coat, turn=-10)
    brush.pair_oval(0.24, 1.98, 0.075, 0.4, _ROSE, turn=-10)
    _head(brush, coat, across=0.52, down=0.46, at=1.28)
    brush.pair_oval(0.13, 1.08, 0.16, 0.12, pale)
    brush.box(-0.06, 0.92, 0.06, 1.04, (255, 255, 250), round_=0.02)
    brush.eyes(0.25, 1.36, 0.1)
    brush.poly([(-0.07, 1.19), (0.07, 1.19), (0, 1.12)], _ROSE)


def lion(brush: Brush, coat: Colour) -> None:
    mane, pale = mix(dark(coat, 0.35), (150, 70, 24), 0.5), light(coat, 0.6)
    brush.curve([(0.5, 0.2), (1.0, 0.3), (1.16, 0.75)], 0.12, coat)
    brush.oval(1.17, 0.82, 0.15, 0.18, mane)
    _body(brush, coat, light(coat, 0.3), wide=1.05)
    for step in range(14):
        brush.blob([(x, y + 1.35) for x, y in _tuft(step, 14)], mane if step % 2 else dark(mane, 0.15))
    brush.oval(0, 1.35, 0.72, 0.7, mane)
    brush.pair_oval(0.44, 1.84, 0.15, 0.15, coat)
    _head(brush, coat, across=0.52, down=0.52, at=1.34)
    brush.oval(0, 1.08, 0.28, 0.2, pale)
    brush.eyes(0.22, 1.46, 0.085, (190, 130, 40))
    brush.poly([(-0.13, 1.26), (0.13, 1.26), (0, 1.14)], dark(coat, 0.7))
    brush.curve([(-0.14, 1.0), (-0.05, 0.98), (0, 1.12), (0.05, 0.98), (0.14, 1.0)], 0.03, _DARK)


def _tuft(step: int, count: int) -> list[Point]:
    angle, half = step * math.tau / count, math.pi / count * 1.3
    inner = [(math.cos(angle + turn) * 0.6, math.sin(angle + turn) * 0.6) for turn in (-half, half)]
    return [inner[0], (math.cos(angle) * 0.92, math.sin(angle) * 0.88), inner[1]]


def tiger(brush: Brush, coat: Colour) -> None:
    stripe, pale = (48, 34, 32), light(coat, 0.8)
    brush.curve([(0.5, 0.15), (1.05, 0.2), (1.15, 0.8)], 0.18, coat)
    brush.curve([(1.12, 0.55), (1.15, 0.8)], 0.18, stripe)
    _body(brush, coat, pale, wide=1.1)
    brush.pair_oval(0.44, 1.8, 0.18, 0.18, coat)
    brush.pair_oval(0.44, 1.8, 0.09, 0.09, pale)
    _head(brush, coat, across=0.66, down=0.52, at=1.36)
    brush.pair_oval(0.17, 1.1, 0.2, 0.15, pale)
    for side in (-1, 1):
        for y in (0.3, 0.5, 0.7):
            brush.poly([(side * 0.76, y), (side * 0.36, y + 0.05), (side * 0.74, y + 0.1)], stripe)
        for y in (1.18, 1.34, 1.5):
            brush.poly([(side * 0.66, y), (side * 0.42, y + 0.03), (side * 0.64, y + 0.08)], stripe)
    for y, wide in ((1.84, 0.2), (1.74, 0.16), (1.64, 0.1)):
        brush.poly([(-wide, y), (0, y - 0.04), (wide, y), (0, y + 0.02)], stripe)
    brush.eyes(0.26, 1.44, 0.1, (200, 160, 50))
    brush.poly([(-0.1, 1.26), (0.1, 1.26), (0, 1.16)], _ROSE)
    brush.curve([(-0.13, 1.02), (-0.05, 1.0), (0, 1.14), (0.05, 1.0), (0.13, 1.02)], 0.03, _DARK)


def owl(brush: Brush, coat: Colour) -> None:
    pale, wing = light(coat, 0.7), dark(coat, 0.3)
    brush.line([(-1.2, 0.0), (1.2, 0.06)], 0.14, (96, 70, 52))
    brush.pair_poly([(0.12, 1.7), (0.52, 2.0), (0.56, 1.5)], wing)
    brush.blob([(0, 1.86), (0.5, 1.74), (0.68, 1.2), (0.6, 0.5), (0, 0.08), (-0.6, 0.5), (-0.68, 1.2), (-0.5, 1.74)], coat)
    brush.blob([(0, 1.15), (0.38, 0.95), (0.36, 0.45), (0, 0.16), (-0.36, 0.45), (-0.38, 0.95)], pale)
    for row, y in enumerate((0.9, 0.7, 0.5)):
        for column in range(-1 - row % 2, 2):
            x = column * 0.2 + (0.1 if row % 2 else 0.0)
            brush.poly([(x - 0.08, y), (x + 0.08, y), (x, y - 0.11)], mix(coat, pale, 0.3))
    brush.pair_blob([(0.62, 1.3), (0.76, 0.8), (0.48, 0.2), (0.44, 0.9)], wing)
    brush.pair_oval(0.25, 1.45, 0.27, 0.27, pale)
    brush.eyes(0.25, 1.45, 0.18, (240, 176, 44))
    brush.poly([(-0.08, 1.34), (0.08, 1.34), (0, 1.14)], (236, 160, 60))
    brush.pair_oval(0.2, 0.08, 0.12, 0.08, (236, 160, 60))


def penguin(brush: Brush, coat: Colour) -> None:
    pale, beak = (250, 250, 246), (246, 166, 60)
    brush.pair_oval(0.26, 0.05, 0.24, 0.09, beak)
    brush.pair_blob([(0.46, 1.2), (0.82, 0.72), (0.86, 0.46), (0.56, 0.66)], dark(coat, 0.2))
    brush.blob(
        [
            (0, 2.0),
            (0.42, 1.8),
            (0.46, 1.3),
            (0.64, 0.7),
            (0.5, 0.12),
            (0, 0.02),
            (-0.5, 0.12),
            (-0.64, 0.7),
            (-0.46, 1.3),
            (-0.42, 1.8),
        ],
        coat,
    )
    brush.blob([(0, 1.2), (0.34, 1.15), (0.46, 0.62), (0.34, 0.16), (0, 0.08), (-0.34, 0.16), (-0.46, 0.62), (-0.34, 1.15)], pale)
    brush.pair_blob([(0, 1.7), (0.26, 1.82), (0.34, 1.5), (0.14, 1.28), (0, 1.3)], pale)
    brush.eyes(0.17, 1.58, 0.07)
    brush.poly([(-0.13, 1.47), (0.13, 1.47), (0, 1.28)], beak)
    brush.pair_oval(0.28, 1.38, 0.07, 0.045, (250, 190, 180))
