"""People and what looks like them."""

from sandbox.gateways.drawing.brush import Brush
from sandbox.gateways.drawing.colours import Colour, dark, light

_SKIN = (238, 190, 156)
_HAIR = (92, 58, 44)
_DARK = (34, 26, 30)


def person(brush: Brush, dress: Colour) -> None:
    brush.blob(
        [(-0.54, 1.5), (-0.42, 2.0), (0, 2.18), (0.42, 2.0), (0.54, 1.5), (0.56, 0.9), (0.3, 0.74), (-0.3, 0.74), (-0.56, 0.9)],
        _HAIR,
    )
    brush.blob([(-0.94, 0.0), (-0.84, 0.5), (-0.4, 0.72), (0.4, 0.72), (0.84, 0.5), (0.94, 0.0)], dress)
    brush.poly([(-0.15, 1.1), (0.15, 1.1), (0.2, 0.7), (0, 0.54), (-0.2, 0.7)], dark(_SKIN, 0.12))
    brush.poly([(-0.26, 0.76), (0, 0.5), (0.26, 0.76), (0.36, 0.68), (0, 0.32), (-0.36, 0.68)], light(dress, 0.6))
    brush.blob([(0, 2.02), (0.36, 1.84), (0.4, 1.46), (0.24, 1.12), (0, 1.0), (-0.24, 1.12), (-0.4, 1.46), (-0.36, 1.84)], _SKIN)
    brush.blob([(-0.44, 1.42), (-0.46, 1.9), (0, 2.16), (0.46, 1.9), (0.44, 1.42), (0.36, 1.72), (0.1, 1.86), (-0.3, 1.8)], _HAIR)
    brush.pair_oval(0.24, 1.32, 0.09, 0.055, (240, 160, 140))
    brush.eyes(0.16, 1.48, 0.05, (70, 52, 44))
    for side in (-1, 1):
        brush.curve([(side * 0.09, 1.6), (side * 0.17, 1.63), (side * 0.25, 1.59)], 0.03, _HAIR)
    brush.curve([(0.0, 1.44), (0.05, 1.33), (-0.02, 1.31)], 0.022, dark(_SKIN, 0.3))
    brush.curve([(-0.13, 1.2), (0, 1.15), (0.13, 1.2)], 0.04, (196, 84, 84))
    brush.oval(0, 0.42, 0.06, 0.06, (246, 214, 120))


def astronaut(brush: Brush, suit: Colour) -> None:
    joint, pack = dark(suit, 0.25), dark(suit, 0.4)
    brush.box(-0.56, 0.62, 0.56, 1.4, pack, round_=0.14)
    for side in (-1, 1):
        brush.curve([(side * 0.22, 0.7), (side * 0.26, 0.36), (side * 0.28, 0.12)], 0.32, suit)
        brush.oval(side * 0.3, 0.08, 0.23, 0.13, joint)
    brush.curve([(-0.38, 1.2), (-0.78, 1.34), (-0.92, 1.72)], 0.26, suit)
    brush.curve([(0.38, 1.2), (0.74, 0.98), (0.82, 0.66)], 0.26, suit)
    brush.oval(-0.94, 1.78, 0.16, 0.16, joint)
    brush.oval(0.84, 0.6, 0.16, 0.16, joint)
    brush.blob([(-0.46, 1.3), (0.46, 1.3), (0.5, 0.9), (0.42, 0.58), (-0.42, 0.58), (-0.5, 0.9)], suit)
    brush.box(-0.24, 0.84, 0.24, 1.14, joint, round_=0.05)
    for x, colour in ((-0.14, (224, 72, 66)), (0.0, (246, 200, 80)), (0.14, (84, 170, 110))):
        brush.oval(x, 1.04, 0.045, 0.045, colour)
    brush.oval(0, 1.7, 0.5, 0.48, suit)
    brush.oval(0, 1.68, 0.39, 0.36, (44, 52, 82))
    brush.oval(0.06, 1.62, 0.3, 0.26, (72, 96, 146))
    brush.oval(-0.16, 1.82, 0.1, 0.06, (220, 234, 250), turn=30)
    brush.line([(-0.46, 1.28), (0.46, 1.28)], 0.07, (226, 120, 60))


def robot(brush: Brush, metal: Colour) -> None:
    shade, lamp = dark(metal, 0.35), (110, 232, 240)
    for side in (-1, 1):
        brush.box(side * 0.28 - 0.13, 0.08, side * 0.28 + 0.13, 0.5, shade, round_=0.04)
        brush.box(side * 0.3 - 0.24, 0.0, side * 0.3 + 0.24, 0.14, metal, round_=0.07)
        brush.curve([(side * 0.56, 1.08), (side * 0.88, 0.86), (side * 0.8, 0.5)], 0.15, shade)
        brush.ring(side * 0.8, 0.4, 0.16, 0.08, metal)
        brush.oval(side * 0.58, 1.08, 0.15, 0.15, metal)
    brush.box(-0.56, 0.42, 0.56, 1.24, metal, round_=0.12)
    brush.box(-0.36, 0.62, 0.36, 1.04, shade, round_=0.06)
    brush.glow([(-0.28, 0.72), (-0.1, 0.72), (-0.1, 0.94), (-0.28, 0.94)], (250, 120, 90))
    brush.glow([(0.0, 0.72), (0.28, 0.72), (0.28, 0.8), (0.0, 0.8)], (250, 214, 100))
    brush.glow([(0.0, 0.86), (0.2, 0.86), (0.2, 0.94), (0.0, 0.94)], lamp)
    brush.box(-0.12, 1.22, 0.12, 1.36, shade)
    brush.line([(0, 1.9), (0, 2.14)], 0.04, shade)
    brush.oval(0, 2.16, 0.085, 0.085, (240, 90, 80))
    brush.pair_oval(0.54, 1.62, 0.09, 0.15, shade)
    brush.box(-0.52, 1.32, 0.52, 1.94, metal, round_=0.16)
    brush.box(-0.42, 1.44, 0.42, 1.8, (36, 42, 58), round_=0.1)
    for side in (-1, 1):
        brush.glow(
            [
                (side * 0.2 + x, 1.66 + y)
                for x, y in ((-0.1, 0), (-0.06, 0.08), (0.06, 0.08), (0.1, 0), (0.06, -0.08), (-0.06, -0.08))
            ],
            lamp,
        )
    brush.line([(-0.14, 1.5), (0.14, 1.5)], 0.035, lamp)


def snowman(brush: Brush, snow: Colour) -> None:
    scarf, coal = (206, 58, 60), (44, 42, 48)
    for side in (-1, 1):
        brush.line([(side * 0.36, 1.0), (side * 0.92, 1.34)], 0.045, (104, 74, 54))
        brush.line([(side * 0.74, 1.23), (side * 0.84, 1.46)], 0.035, (104, 74, 54))
    for y, radius in ((0.44, 0.54), (1.06, 0.4), (1.58, 0.3)):
        brush.oval(0, y, radius, radius * 0.95, snow)
    brush.box(-0.3, 1.22, 0.3, 1.36, scarf, round_=0.06)
    brush.poly([(0.1, 1.3), (0.3, 1.28), (0.36, 0.86), (0.18, 0.88)], dark(scarf, 0.15))
    for y in (0.9, 1.06, 0.6):
        brush.oval(0, y, 0.045, 0.045, coal)
    brush.eyes(0.11, 1.66, 0.045)
    brush.poly([(0, 1.6), (0, 1.52), (0.36, 1.54)], (240, 140, 50))
    brush.box(-0.4, 1.82, 0.4, 1.89, coal, round_=0.03)
    brush.box(-0.25, 1.86, 0.25, 2.22, coal, round_=0.03)
    brush.box(-0.25, 1.88, 0.25, 1.96, scarf)
