"""Brings a decoded picture into mode L, RGB or RGBA (CMYK until its profile is applied), at a size that fits in memory."""

from PIL import Image

MOST_PIXELS = 36_000_000
"""The official API documents this limit for a reference picture; nothing larger is kept in memory."""
STRIP = 256
"""Rows that are converted at a time."""


def normalise(image: Image.Image) -> Image.Image:
    """Convert the mode and drop metadata; halve a picture of more than MOST_PIXELS, strip by strip to avoid a full copy."""
    if image.width * image.height <= MOST_PIXELS:
        return _normalise_mode(image)
    half: Image.Image | None = None
    for top in range(0, image.height, STRIP):
        strip = _normalise_mode(image.crop((0, top, image.width, min(top + STRIP, image.height)))).reduce(2)
        if half is None:
            half = Image.new(strip.mode, (strip.width, (image.height + 1) // 2))
        half.paste(strip, (0, top // 2))
    assert half is not None
    return half


def strip_metadata(image: Image.Image) -> Image.Image:
    """The same object, changed in place."""
    image.info = {}
    return image


def _normalise_mode(image: Image.Image) -> Image.Image:
    """Palettes, bitmaps, 16-bit and other alpha modes become L, RGB or RGBA; CMYK stays until its profile is applied."""
    if image.mode.startswith("I"):
        # convert() would clip values at 255 instead of scaling them.
        return image.convert("I").point(lambda value: value * (1 / 257) + 0.5).convert("L")
    if image.has_transparency_data:
        return strip_metadata(image.convert("RGBA"))
    match image.mode:
        case "L" | "RGB" | "CMYK":
            return strip_metadata(image)
        case "1":
            return strip_metadata(image.convert("L"))
        case _:
            return strip_metadata(image.convert("RGB"))
