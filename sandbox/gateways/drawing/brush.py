"""Paints one thing on a transparent tile, in coordinates of its own, and gives it form by light from the upper left.

The ground is at y = 0 and up is positive; a thing is about 2 units tall and stands around x = 0.
"""

import math
from collections.abc import Iterable, Sequence

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from sandbox.gateways.drawing.colours import Colour

Point = tuple[float, float]
HALF_WIDTH = 1.5
BELOW = 0.35
SIDE = 2 * HALF_WIDTH
_OVERSAMPLED = 2


class Brush:
    """Draws at twice the size of the tile, for smooth edges. What glows is not darkened by the light of the place."""

    def __init__(self, side: int) -> None:
        self._side = max(8, side)
        self._scale = self._side * _OVERSAMPLED / SIDE
        full = self._side * _OVERSAMPLED
        self._tile = Image.new("RGBA", (full, full), (0, 0, 0, 0))
        self._draw = ImageDraw.Draw(self._tile)
        self._glows: list[tuple[Sequence[Point], Colour]] = []

    def _at(self, point: Point) -> Point:
        return (point[0] + HALF_WIDTH) * self._scale, (SIDE - BELOW - point[1]) * self._scale

    def poly(self, points: Iterable[Point], fill: Colour) -> None:
        self._draw.polygon([self._at(point) for point in points], fill=fill)

    def blob(self, points: Sequence[Point], fill: Colour) -> None:
        """Fill a smooth closed outline through the points."""
        self.poly(smooth(points, closed=True), fill)

    def oval(self, x: float, y: float, across: float, down: float, fill: Colour, *, turn: float = 0.0) -> None:
        """Fill an ellipse around a centre by its half axes, turned counterclockwise by degrees."""
        if turn:
            self.poly(ellipse(x, y, across, down, turn), fill)
            return
        left, top = self._at((x - across, y + down))
        right, bottom = self._at((x + across, y - down))
        self._draw.ellipse((left, top, right, bottom), fill=fill)

    def ring(self, x: float, y: float, radius: float, width: float, fill: Colour) -> None:
        left, top = self._at((x - radius, y + radius))
        right, bottom = self._at((x + radius, y - radius))
        self._draw.ellipse((left, top, right, bottom), outline=fill, width=max(1, round(width * self._scale)))

    def box(self, left: float, bottom: float, right: float, top: float, fill: Colour, *, round_: float = 0.0) -> None:
        corners = (*self._at((left, top)), *self._at((right, bottom)))
        self._draw.rounded_rectangle(corners, radius=round_ * self._scale, fill=fill)

    def line(self, points: Sequence[Point], width: float, fill: Colour) -> None:
        """Draw a line with round ends."""
        thick = max(1, round(width * self._scale))
        self._draw.line([self._at(point) for point in points], fill=fill, width=thick, joint="curve")
        if thick > 2:
            for point in (points[0], points[-1]):
                self.oval(*point, width / 2, width / 2, fill)

    def curve(self, points: Sequence[Point], width: float, fill: Colour) -> None:
        self.line(smooth(points, closed=False), width, fill)

    def pair_oval(self, x: float, y: float, across: float, down: float, fill: Colour, *, turn: float = 0.0) -> None:
        """Draw an ellipse on the right and its mirror image on the left."""
        self.oval(x, y, across, down, fill, turn=turn)
        self.oval(-x, y, across, down, fill, turn=-turn)

    def pair_blob(self, points: Sequence[Point], fill: Colour) -> None:
        self.blob(points, fill)
        self.blob([(-x, y) for x, y in points], fill)

    def pair_poly(self, points: Sequence[Point], fill: Colour) -> None:
        self.poly(points, fill)
        self.poly([(-x, y) for x, y in points], fill)

    def eyes(self, x: float, y: float, size: float, iris: Colour = (30, 24, 28)) -> None:
        """Draw two eyes with highlights."""
        self.pair_oval(x, y, size, size * 1.1, iris)
        if iris != (30, 24, 28):
            self.pair_oval(x, y, size * 0.5, size * 0.9, (24, 18, 24))
        for side in (-1, 1):
            self.oval(side * x - size * 0.3, y + size * 0.4, size * 0.32, size * 0.32, (255, 255, 255))

    def eye(self, x: float, y: float, size: float) -> None:
        """Draw one eye, for things seen from the side."""
        self.oval(x, y, size, size, (28, 22, 26))
        self.oval(x - size * 0.3, y + size * 0.35, size * 0.35, size * 0.35, (255, 255, 255))

    def glow(self, points: Sequence[Point], fill: Colour = (255, 222, 138)) -> None:
        """Fill a shape that shines: a lit window, a lamp."""
        self.poly(points, fill)
        self._glows.append((points, fill))

    def finish(self, ambient: Colour, rim: Colour, *, flat: bool = False) -> Image.Image:
        """Return the tile in the light of the place, at the size that was asked for."""
        tile = self._tile.reduce(_OVERSAMPLED)
        alpha = tile.getchannel("A")
        colours = tile.convert("RGB")
        if not flat:
            colours = _shaded(colours, alpha, rim, self._side)
        colours = ImageChops.multiply(colours, Image.new("RGB", colours.size, ambient))
        draw = ImageDraw.Draw(colours)
        for points, fill in self._glows:
            places = [self._at(point) for point in points]
            draw.polygon([(x / _OVERSAMPLED, y / _OVERSAMPLED) for x, y in places], fill=fill)
        colours.putalpha(alpha)
        return colours


def _shaded(colours: Image.Image, alpha: Image.Image, rim: Colour, side: int) -> Image.Image:
    """Darken the lower right, and brighten the upper left edge."""
    fall = Image.linear_gradient("L").rotate(35, expand=False, fillcolor=128).resize((side, side))
    colours = ImageChops.multiply(colours, fall.point(lambda value: 255 - value * 70 // 255).convert("RGB"))
    step = max(1, side // 56)
    for offset, colour, strength in ((-step, (20, 16, 40), 0.3), (step, rim, 0.5)):
        edge = ImageChops.subtract(alpha, ImageChops.offset(alpha, offset, offset))
        edge = edge.filter(ImageFilter.BoxBlur(step * 0.8)).point(lambda value, share=strength: round(value * share))
        colours.paste(colour, (0, 0), edge)
    return colours


def smooth(points: Sequence[Point], *, closed: bool, steps: int = 7) -> list[Point]:
    """Return points of a curve through the given ones (Catmull and Rom's)."""
    count = len(points)
    found: list[Point] = []
    for at in range(count if closed else count - 1):
        p0, p1, p2, p3 = (points[k % count] if closed else points[max(0, min(count - 1, k))] for k in range(at - 1, at + 3))
        for step in range(steps):
            t = step / steps
            a, b, c = -t + 2 * t**2 - t**3, 2 - 5 * t**2 + 3 * t**3, t + 4 * t**2 - 3 * t**3
            d = t**3 - t**2
            found.append(
                ((a * p0[0] + b * p1[0] + c * p2[0] + d * p3[0]) / 2, (a * p0[1] + b * p1[1] + c * p2[1] + d * p3[1]) / 2)
            )
    return found if closed else [*found, points[-1]]


def ellipse(x: float, y: float, across: float, down: float, turn: float = 0.0) -> list[Point]:
    """Return the outline of an ellipse, turned counterclockwise by degrees."""
    cos, sin = math.cos(math.radians(turn)), math.sin(math.radians(turn))
    found = []
    for step in range(36):
        a, b = across * math.cos(step * math.tau / 36), down * math.sin(step * math.tau / 36)
        found.append((x + a * cos - b * sin, y + a * sin + b * cos))
    return found
