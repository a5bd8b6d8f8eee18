"""The plain form all painting starts from: L, RGB, RGBA (CMYK while its profile is needed), of a size we can bear."""

from PIL import Image

MOST_PIXELS = 36_000_000
"""What every gateway takes (`upstreams.md` 3.5); nothing larger is painted, so that nothing larger is held."""
STRIP = 256
"""Rows at a time."""


def plain(image: Image.Image) -> Image.Image:
    """In a plain mode. One of over MOST_PIXELS is halved strip by strip: a second copy of all of it is never held."""
    if image.width * image.height <= MOST_PIXELS:
        return _plain_mode(image)
    half: Image.Image | None = None
    for top in range(0, image.height, STRIP):
        strip = _plain_mode(image.crop((0, top, image.width, min(top + STRIP, image.height)))).reduce(2)
        if half is None:
            half = Image.new(strip.mode, (strip.width, (image.height + 1) // 2))
        half.paste(strip, (0, top // 2))
    assert half is not None
    return half


def bare(image: Image.Image) -> Image.Image:
    image.info = {}
    return image


def _plain_mode(image: Image.Image) -> Image.Image:
    """Palettes, bits, sixteen bits and odd alphas become L, RGB, RGBA; CMYK stays, its profile needs it."""
    if image.mode.startswith("I"):
        # convert() would clip at 255 what has to be scaled down.
        return image.convert("I").point(lambda value: value * (1 / 257) + 0.5).convert("L")
    if image.has_transparency_data:
        return bare(image.convert("RGBA"))
    match image.mode:
        case "L" | "RGB" | "CMYK":
            return bare(image)
        case "1":
            return bare(image.convert("L"))
        case _:
            return bare(image.convert("RGB"))
