"""Arithmetic of colours."""

import colorsys

from PIL import Image

Colour = tuple[int, int, int]


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """Return a colour between two: the first at 0, the second at 1."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


def dark(colour: Colour, share: float = 0.3) -> Colour:
    return mix(colour, (22, 18, 34), share)


def light(colour: Colour, share: float = 0.4) -> Colour:
    return mix(colour, (255, 250, 240), share)


def under(colour: Colour, ambient: Colour) -> Colour:
    """Return the colour in the light of the place."""
    red, green, blue = (a * b // 255 for a, b in zip(colour, ambient, strict=True))
    return red, green, blue


def turned(colour: Colour, degrees: float) -> Colour:
    """Return the colour with another hue."""
    hue, saturation, value = colorsys.rgb_to_hsv(*(part / 255 for part in colour))
    red, green, blue = (round(part * 255) for part in colorsys.hsv_to_rgb((hue + degrees / 360) % 1, saturation, value))
    return red, green, blue


def gradient(size: tuple[int, int], stops: tuple[Colour, ...]) -> Image.Image:
    """Return a picture that goes through the colours from top to bottom."""
    column = bytearray()
    for step in range(128):
        at = step / 127 * (len(stops) - 1)
        low = min(int(at), len(stops) - 2)
        column += bytes(mix(stops[low], stops[low + 1], at - low))
    return Image.frombytes("RGB", (1, 128), bytes(column)).resize(size, Image.Resampling.BILINEAR)


def tinted(image: Image.Image, colour: Colour, share: float = 0.85) -> Image.Image:
    """Return the picture in shades of one colour, as far as `share` says."""
    shades: list[int] = []
    for channel in range(3):
        ramp = [dark(colour, 0.85)[channel], colour[channel], light(colour, 0.8)[channel]]
        shades += [
            round(ramp[0] + (ramp[1] - ramp[0]) * v / 128) if v < 128 else round(ramp[1] + (ramp[2] - ramp[1]) * (v - 128) / 127)
            for v in range(256)
        ]
    grey = image.convert("RGB").convert("L")
    return Image.blend(image.convert("RGB"), Image.merge("RGB", (grey, grey, grey)).point(shades), share)
