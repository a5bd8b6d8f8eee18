"""Vehicles on land, on water and in the air."""

import math

from sandbox.gateways.drawing.brush import Brush
from sandbox.gateways.drawing.colours import Colour, dark, light

_TYRE = (38, 36, 42)
_GLASS = (176, 216, 236)


def _wheel(brush: Brush, x: float, radius: float) -> None:
    brush.oval(x, radius, radius, radius, _TYRE)
    brush.oval(x, radius, radius * 0.58, radius * 0.58, (200, 204, 210))
    brush.oval(x, radius, radius * 0.22, radius * 0.22, (90, 92, 100))


def car(brush: Brush, paint: Colour) -> None:
    brush.blob([(-0.7, 0.7), (-0.5, 1.08), (-0.1, 1.2), (0.36, 1.16), (0.68, 0.76), (0.5, 0.6), (-0.6, 0.6)], paint)
    brush.blob([(-0.54, 0.74), (-0.42, 1.0), (-0.1, 1.08), (-0.08, 0.74)], _GLASS)
    brush.blob([(0.02, 0.74), (0.0, 1.08), (0.3, 1.04), (0.52, 0.76)], _GLASS)
    brush.blob(
        [(-1.24, 0.36), (-1.2, 0.66), (-0.7, 0.78), (0.6, 0.8), (1.16, 0.66), (1.28, 0.4), (1.2, 0.22), (-1.16, 0.22)], paint
    )
    brush.line([(-1.1, 0.44), (1.14, 0.46)], 0.03, light(paint, 0.6))
    brush.line([(-0.02, 0.74), (-0.04, 0.3)], 0.02, dark(paint, 0.4))
    brush.line([(0.04, 0.62), (0.2, 0.62)], 0.035, light(paint, 0.7))
    brush.glow([(1.1, 0.48), (1.26, 0.44), (1.24, 0.56), (1.12, 0.6)], (255, 244, 190))
    brush.box(-1.25, 0.46, -1.15, 0.58, (222, 60, 56))
    for x in (-0.72, 0.74):
        brush.oval(x, 0.26, 0.33, 0.33, dark(paint, 0.7))
        _wheel(brush, x, 0.26)


def bus(brush: Brush, paint: Colour) -> None:
    brush.box(-1.26, 0.18, 1.26, 1.36, paint, round_=0.16)
    brush.box(-1.16, 0.74, 0.9, 1.2, dark(paint, 0.5), round_=0.06)
    for step in range(5):
        brush.glow(
            [(-1.1 + step * 0.4, 0.78), (-0.76 + step * 0.4, 0.78), (-0.76 + step * 0.4, 1.16), (-1.1 + step * 0.4, 1.16)],
            (214, 232, 240),
        )
    brush.box(0.94, 0.3, 1.2, 1.16, _GLASS, round_=0.04)
    brush.line([(-1.24, 0.56), (1.24, 0.56)], 0.06, light(paint, 0.75))
    for x in (-0.76, 0.66):
        _wheel(brush, x, 0.25)


def bicycle(brush: Brush, paint: Colour) -> None:
    hub, top, seat, fork = (-0.16, 0.46), (0.46, 1.02), (-0.36, 1.0), (0.74, 0.46)
    for x in (-0.76, 0.76):
        for step in range(6):
            angle = step * math.pi / 6
            brush.line(
                [
                    (x + math.cos(angle) * 0.44, 0.46 + math.sin(angle) * 0.44),
                    (x - math.cos(angle) * 0.44, 0.46 - math.sin(angle) * 0.44),
                ],
                0.012,
                (170, 174, 180),
            )
        brush.ring(x, 0.46, 0.46, 0.075, _TYRE)
    for points in ([hub, top], [hub, seat], [seat, top], [seat, (-0.76, 0.46)], [hub, (-0.76, 0.46)], [(0.4, 1.2), top, fork]):
        brush.line(points, 0.085, paint)
    brush.line([(0.4, 1.2), (0.36, 1.3), (0.66, 1.34)], 0.06, _TYRE)
    brush.line([(-0.36, 1.0), (-0.4, 1.14)], 0.05, _TYRE)
    brush.oval(-0.42, 1.17, 0.22, 0.07, (96, 62, 48))
    brush.ring(*hub, 0.13, 0.04, (90, 92, 100))
    brush.box(0.68, 1.0, 1.06, 1.26, (196, 150, 96), round_=0.05)
    for x, colour in ((0.74, (236, 90, 110)), (0.88, (250, 210, 90)), (1.0, (230, 120, 180))):
        brush.oval(x, 1.33, 0.1, 0.1, colour)


def train(brush: Brush, paint: Colour) -> None:
    black, brass = (48, 46, 54), (226, 182, 84)
    brush.line([(-1.5, -0.02), (1.5, -0.02)], 0.05, (110, 100, 96))
    for x, size in ((-0.1, 0.2), (0.08, 0.26), (-0.3, 0.36), (-0.8, 0.5)):
        brush.oval(0.6 + x, 1.66 + size * 0.7 - x * 0.2, size * 0.7, size * 0.6, (236, 236, 240))
    brush.poly([(0.48, 1.0), (0.72, 1.0), (0.8, 1.5), (0.4, 1.5)], black)
    brush.box(-0.3, 0.42, 0.98, 1.06, paint, round_=0.1)
    for x in (0.02, 0.34, 0.8):
        brush.line([(x, 0.42), (x, 1.06)], 0.045, brass)
    brush.oval(0.16, 1.08, 0.13, 0.13, brass)
    brush.box(-1.1, 0.3, -0.26, 1.38, dark(paint, 0.15))
    brush.box(-1.2, 1.36, -0.16, 1.48, black, round_=0.05)
    brush.glow([(-0.96, 0.86), (-0.42, 0.86), (-0.42, 1.22), (-0.96, 1.22)], (255, 224, 150))
    brush.box(-1.1, 0.26, 1.1, 0.42, black)
    brush.poly([(1.0, 0.36), (1.36, 0.02), (1.0, 0.02)], (196, 56, 50))
    brush.oval(1.0, 0.78, 0.09, 0.28, black)
    brush.glow([(0.98, 1.06), (1.14, 1.06), (1.14, 1.2), (0.98, 1.2)], (255, 244, 190))
    for x, radius in ((-0.84, 0.26), (-0.3, 0.26), (0.3, 0.2), (0.76, 0.2)):
        brush.oval(x, radius, radius, radius, (196, 56, 50))
        brush.ring(x, radius, radius, 0.05, _TYRE)
        brush.oval(x, radius, 0.06, 0.06, brass)
    brush.line([(-0.84, 0.2), (0.4, 0.2)], 0.06, (190, 192, 198))


def boat(brush: Brush, hull: Colour) -> None:
    sail = (252, 246, 232)
    brush.line([(0.02, 0.3), (0.02, 2.16)], 0.055, (112, 78, 56))
    brush.blob([(0.1, 2.06), (0.5, 1.3), (1.02, 0.56), (0.5, 0.48), (0.1, 0.5)], sail)
    brush.blob([(-0.06, 1.9), (-0.5, 1.16), (-0.92, 0.56), (-0.4, 0.5), (-0.06, 0.54)], dark(sail, 0.12))
    brush.poly([(0.3, 1.5), (0.44, 1.26), (0.1, 1.2), (0.1, 1.46)], light(hull, 0.2))
    brush.poly([(0.02, 2.16), (0.34, 2.08), (0.02, 1.98)], (226, 82, 70))
    brush.poly([(-1.2, 0.42), (1.28, 0.46), (0.92, 0.0), (-0.86, 0.0)], hull)
    brush.line([(-1.18, 0.4), (1.26, 0.44)], 0.07, light(hull, 0.7))
    brush.poly([(-0.96, 0.12), (1.02, 0.12), (0.92, 0.0), (-0.86, 0.0)], dark(hull, 0.4))
    for x in (-0.5, 0.0, 0.5):
        brush.oval(x, 0.26, 0.07, 0.07, light(hull, 0.8))


def balloon(brush: Brush, cloth: Colour) -> None:
    cream = (252, 238, 206)
    for share, colour in ((1.0, cloth), (0.76, cream), (0.5, cloth), (0.2, cream)):
        outline = [(0, 2.14), (0.62, 1.96), (0.86, 1.44), (0.66, 0.96), (0.22, 0.56)]
        right = [(x * share, y) for x, y in outline]
        brush.blob([*right, *[(-x, y) for x, y in reversed(right[1:])]], colour)
    brush.curve([(-0.84, 1.36), (0, 1.24), (0.84, 1.36)], 0.07, dark(cloth, 0.2))
    for x in (-0.2, 0.2):
        brush.line([(x, 0.58), (x * 0.75, 0.28)], 0.02, (84, 62, 48))
    brush.box(-0.19, 0.0, 0.19, 0.28, (150, 100, 58), round_=0.05)
    brush.line([(-0.19, 0.26), (0.19, 0.26)], 0.05, (104, 68, 44))
    brush.glow([(-0.05, 0.48), (0.05, 0.48), (0, 0.62)], (255, 190, 80))


def plane(brush: Brush, paint: Colour) -> None:
    brush.poly([(-0.1, 1.16), (-0.66, 1.74), (-0.4, 1.76), (0.3, 1.18)], dark(paint, 0.3))
    brush.poly([(-1.06, 1.0), (-1.38, 1.6), (-1.1, 1.6), (-0.7, 1.1)], (224, 82, 72))
    brush.blob(
        [(-1.24, 1.04), (-0.6, 1.2), (0.6, 1.26), (1.14, 1.08), (1.26, 0.94), (1.0, 0.78), (0.2, 0.74), (-0.7, 0.84)], paint
    )
    brush.blob([(0.86, 1.14), (1.06, 1.08), (1.06, 0.98), (0.84, 1.0)], (80, 120, 160))
    for step in range(7):
        brush.oval(-0.5 + step * 0.19, 1.06, 0.05, 0.06, (80, 120, 160))
    brush.poly([(0.24, 0.9), (-0.6, 0.2), (-0.36, 0.2), (0.64, 0.88)], light(dark(paint, 0.2), 0.1))
    brush.oval(0.04, 0.56, 0.2, 0.1, (224, 82, 72))


def rocket(brush: Brush, paint: Colour) -> None:
    fin = (214, 66, 62)
    brush.glow([(-0.26, 0.42), (-0.34, 0.1), (-0.14, 0.2), (0, -0.32), (0.14, 0.2), (0.34, 0.1), (0.26, 0.42)], (255, 146, 50))
    brush.glow([(-0.14, 0.42), (-0.12, 0.2), (0, -0.06), (0.12, 0.2), (0.14, 0.42)], (255, 232, 130))
    brush.pair_blob([(0.3, 0.94), (0.72, 0.5), (0.74, 0.2), (0.32, 0.46)], fin)
    brush.blob([(0, 2.2), (0.3, 1.76), (0.42, 1.2), (0.32, 0.44), (-0.32, 0.44), (-0.42, 1.2), (-0.3, 1.76)], paint)
    brush.blob([(0, 2.2), (0.2, 1.94), (0.32, 1.7), (0, 1.64), (-0.32, 1.7), (-0.2, 1.94)], fin)
    brush.oval(0, 1.28, 0.2, 0.2, (90, 96, 110))
    brush.oval(0, 1.28, 0.145, 0.145, (120, 196, 232))
    brush.oval(-0.05, 1.34, 0.05, 0.05, (240, 250, 255))
    brush.box(-0.34, 0.6, 0.34, 0.7, fin)
    brush.poly([(-0.06, 0.9), (0.06, 0.9), (0.05, 0.36), (-0.05, 0.36)], fin)
