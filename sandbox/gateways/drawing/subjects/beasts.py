"""Animals seen from the side, on the ground."""

import math

from sandbox.gateways.drawing.brush import Brush, Point
from sandbox.gateways.drawing.colours import Colour, dark, light

_DARK = (34, 26, 30)


def _legs(brush: Brush, places: tuple[float, ...], top: float, width: float, coat: Colour, hoof: Colour) -> None:
    for number, x in enumerate(places):
        shade = dark(coat, 0.25) if number % 2 else coat
        brush.poly([(x - width * 0.7, top), (x + width * 0.7, top), (x + width * 0.45, 0.0), (x - width * 0.45, 0.0)], shade)
        brush.box(x - width * 0.52, 0.0, x + width * 0.52, 0.1, hoof, round_=0.02)


def horse(brush: Brush, coat: Colour) -> None:
    mane = dark(coat, 0.6)
    brush.blob([(-0.78, 1.12), (-1.1, 1.05), (-1.24, 0.6), (-1.16, 0.3), (-1.0, 0.55), (-0.9, 0.85)], mane)
    _legs(brush, (-0.42, -0.62, 0.5, 0.32), 0.78, 0.17, coat, _DARK)
    brush.blob(
        [
            (-0.84, 1.08),
            (-0.4, 1.2),
            (0.2, 1.12),
            (0.52, 1.22),
            (0.66, 0.95),
            (0.5, 0.68),
            (0.0, 0.62),
            (-0.6, 0.64),
            (-0.86, 0.8),
        ],
        coat,
    )
    brush.blob(
        [
            (0.28, 1.1),
            (0.56, 1.72),
            (0.74, 2.0),
            (0.98, 1.86),
            (1.26, 1.5),
            (1.2, 1.36),
            (0.98, 1.42),
            (0.84, 1.5),
            (0.72, 1.0),
            (0.5, 0.86),
        ],
        coat,
    )
    brush.poly([(0.66, 1.94), (0.7, 2.2), (0.82, 1.96)], coat)
    brush.blob([(0.18, 1.16), (0.3, 1.62), (0.58, 2.0), (0.74, 2.08), (0.6, 1.7), (0.46, 1.2)], mane)
    brush.oval(1.19, 1.43, 0.03, 0.025, _DARK)
    brush.eye(0.9, 1.76, 0.05)


def unicorn(brush: Brush, coat: Colour) -> None:
    horse(brush, coat)
    for number, colour in enumerate(((240, 130, 170), (250, 200, 100), (130, 190, 240), (190, 140, 230))):
        shift = number * 0.09
        brush.curve([(0.66 - shift, 2.02), (0.4 - shift, 1.7), (0.34 - shift, 1.3)], 0.1, colour)
        brush.curve([(-0.86, 1.06), (-1.12 + shift * 0.6, 0.8), (-1.2 + shift * 0.7, 0.35)], 0.09, colour)
    brush.poly([(0.82, 1.98), (1.1, 2.5), (0.96, 1.88)], (250, 214, 110))


def elephant(brush: Brush, coat: Colour) -> None:
    _legs(brush, (-0.62, -0.3, 0.42, 0.16), 0.8, 0.32, coat, light(coat, 0.3))
    brush.curve([(-0.86, 1.1), (-1.02, 0.8), (-1.0, 0.5)], 0.07, dark(coat, 0.2))
    brush.blob([(-0.9, 1.0), (-0.66, 1.48), (0.0, 1.6), (0.5, 1.4), (0.62, 0.8), (0.0, 0.6), (-0.7, 0.62)], coat)
    brush.blob([(0.3, 1.6), (0.66, 1.88), (1.02, 1.66), (1.12, 1.2), (0.86, 0.96), (0.44, 1.1)], coat)
    brush.curve([(0.98, 1.3), (1.14, 0.8), (1.1, 0.4), (1.26, 0.22), (1.38, 0.36)], 0.22, coat)
    brush.curve([(0.88, 1.06), (1.0, 0.82), (1.22, 0.8)], 0.09, (250, 244, 226))
    brush.blob([(0.3, 1.72), (0.62, 1.6), (0.62, 1.14), (0.34, 0.84), (0.06, 1.1), (0.08, 1.5)], dark(coat, 0.18))
    brush.blob([(0.34, 1.58), (0.52, 1.5), (0.5, 1.2), (0.34, 1.0), (0.2, 1.2), (0.2, 1.46)], (206, 160, 160))
    brush.eye(0.84, 1.5, 0.055)


def cow(brush: Brush, coat: Colour) -> None:
    patch = (70, 54, 50)
    brush.curve([(-0.9, 1.1), (-1.04, 0.7), (-1.0, 0.42)], 0.06, coat)
    _legs(brush, (-0.62, -0.4, 0.5, 0.3), 0.7, 0.18, coat, _DARK)
    brush.blob([(-0.92, 1.2), (0.0, 1.28), (0.66, 1.26), (0.72, 0.7), (0.0, 0.5), (-0.8, 0.56)], coat)
    brush.blob([(-0.7, 1.22), (-0.3, 1.24), (-0.22, 0.9), (-0.6, 0.8)], patch)
    brush.blob([(0.05, 0.9), (0.4, 0.98), (0.42, 0.6), (0.1, 0.6)], patch)
    brush.oval(-0.36, 0.52, 0.16, 0.12, (240, 176, 176))
    brush.curve([(0.76, 1.62), (0.74, 1.86), (0.86, 1.94)], 0.06, (240, 230, 200))
    brush.blob([(0.6, 1.56), (0.98, 1.66), (1.12, 1.2), (1.2, 0.94), (0.94, 0.86), (0.7, 1.1)], coat)
    brush.blob([(0.6, 1.56), (0.84, 1.62), (0.84, 1.3), (0.66, 1.2)], patch)
    brush.oval(1.06, 0.98, 0.18, 0.15, (240, 186, 180))
    brush.oval(0.56, 1.5, 0.16, 0.08, patch, turn=20)
    brush.eye(0.94, 1.38, 0.055)


def sheep(brush: Brush, coat: Colour) -> None:
    face = (70, 62, 66)
    _legs(brush, (-0.46, -0.26, 0.4, 0.2), 0.5, 0.13, face, _DARK)
    for step in range(16):
        angle = step * math.tau / 16
        brush.oval(math.cos(angle) * 0.66, 0.86 + math.sin(angle) * 0.34, 0.24, 0.24, coat)
    brush.oval(0, 0.86, 0.7, 0.42, coat)
    brush.blob([(0.6, 1.4), (0.9, 1.46), (1.1, 1.16), (1.06, 0.9), (0.84, 0.88), (0.66, 1.1)], face)
    brush.oval(0.58, 1.28, 0.16, 0.07, face, turn=20)
    for x in (0.6, 0.74, 0.88):
        brush.oval(x, 1.44, 0.13, 0.12, coat)
    brush.eye(0.92, 1.24, 0.05)


def deer(brush: Brush, coat: Colour) -> None:
    antler = (120, 88, 60)
    _legs(brush, (-0.5, -0.36, 0.42, 0.3), 0.75, 0.11, coat, _DARK)
    brush.oval(-0.82, 1.06, 0.1, 0.14, (252, 246, 236), turn=20)
    brush.blob([(-0.82, 1.08), (-0.3, 1.16), (0.3, 1.1), (0.58, 1.1), (0.54, 0.78), (0.0, 0.66), (-0.62, 0.68)], coat)
    brush.blob([(0.3, 1.06), (0.56, 1.6), (0.7, 1.72), (0.8, 1.56), (0.66, 1.0)], coat)
    for x, y in ((-0.5, 1.0), (-0.3, 1.04), (-0.4, 0.88), (-0.12, 0.98), (0.06, 1.02), (-0.16, 0.84)):
        brush.oval(x, y, 0.04, 0.035, light(coat, 0.8))
    for lean in (-0.16, 0.14):
        brush.curve([(0.68, 1.76), (0.62 + lean, 2.0), (0.74 + lean * 2, 2.3)], 0.045, antler)
        brush.line([(0.64 + lean, 2.04), (0.8 + lean, 2.16)], 0.04, antler)
        brush.line([(0.68 + lean * 1.4, 2.16), (0.54 + lean * 1.4, 2.28)], 0.035, antler)
    brush.oval(0.52, 1.76, 0.14, 0.06, coat, turn=-20)
    brush.blob([(0.58, 1.82), (0.8, 1.82), (1.08, 1.6), (1.06, 1.5), (0.8, 1.5), (0.62, 1.56)], coat)
    brush.oval(1.06, 1.57, 0.05, 0.04, _DARK)
    brush.eye(0.8, 1.7, 0.045)


def hedgehog(brush: Brush, coat: Colour) -> None:
    face = (240, 214, 180)
    spines: list[Point] = []
    for step in range(27):
        angle = math.radians(20 + step * 7.4)
        reach = 1.06 if step % 2 else 0.84
        spines.append((-0.14 + math.cos(angle) * reach, 0.32 + math.sin(angle) * reach))
    for x in (-0.5, 0.0, 0.42):
        brush.oval(x, 0.06, 0.16, 0.09, dark(face, 0.25))
    brush.poly([(0.85, 0.2), *spines, (-1.0, 0.1), (-0.6, 0.02), (0.6, 0.02)], coat)
    for row in range(3):
        for step in range(9 - row):
            angle = math.radians(50 + step * 15 + row * 7)
            x, y = -0.14 + math.cos(angle) * (0.8 - row * 0.2), 0.3 + math.sin(angle) * (0.8 - row * 0.2)
            brush.line([(x, y), (x + math.cos(angle) * 0.16, y + math.sin(angle) * 0.16)], 0.035, light(coat, 0.45))
    brush.blob([(0.36, 0.86), (0.72, 0.74), (1.2, 0.4), (1.14, 0.28), (0.7, 0.1), (0.3, 0.12), (0.22, 0.5)], face)
    brush.oval(0.38, 0.78, 0.13, 0.13, dark(face, 0.2))
    brush.oval(1.2, 0.38, 0.085, 0.075, _DARK)
    brush.eye(0.78, 0.55, 0.07)
    brush.curve([(0.86, 0.26), (0.96, 0.22), (1.04, 0.27)], 0.025, _DARK)
    brush.oval(0.62, 0.32, 0.08, 0.055, (240, 170, 160))


def duck(brush: Brush, coat: Colour) -> None:
    brush.blob([(-1.0, 0.7), (-0.8, 0.3), (-0.3, 0.06), (0.4, 0.08), (0.7, 0.4), (0.5, 0.72), (-0.1, 0.66), (-0.6, 0.6)], coat)
    brush.blob([(0.1, 0.5), (0.22, 1.0), (0.2, 1.3), (0.5, 1.5), (0.74, 1.28), (0.66, 0.9), (0.7, 0.4)], coat)
    brush.blob([(-0.6, 0.6), (-0.2, 0.66), (0.24, 0.44), (-0.1, 0.2), (-0.5, 0.3)], dark(coat, 0.15))
    brush.blob([(0.68, 1.3), (1.04, 1.22), (1.02, 1.1), (0.68, 1.12)], (244, 160, 50))
    brush.eye(0.52, 1.3, 0.06)


def turtle(brush: Brush, coat: Colour) -> None:
    shell = dark(coat, 0.25)
    brush.oval(0.6, 0.16, 0.24, 0.15, coat, turn=-30)
    brush.oval(-0.62, 0.16, 0.24, 0.13, coat, turn=30)
    brush.blob([(0.6, 0.3), (0.92, 0.64), (1.2, 0.72), (1.3, 0.5), (1.1, 0.32), (0.8, 0.16)], coat)
    brush.poly([(-0.8, 0.3), (-1.14, 0.16), (-0.78, 0.14)], coat)
    brush.blob([(-0.9, 0.26), (-0.7, 0.78), (-0.1, 1.04), (0.5, 0.86), (0.86, 0.26), (0, 0.16)], shell)
    for x, y in ((-0.48, 0.52), (-0.06, 0.66), (0.38, 0.54)):
        brush.poly(
            [(x + math.cos(a * math.tau / 6) * 0.19, y + math.sin(a * math.tau / 6) * 0.17) for a in range(6)], light(shell, 0.3)
        )
    brush.eye(1.12, 0.58, 0.05)
