"""Encoding: as well as the bytes allow, first by quality, then by size."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from math import ceil, sqrt

from PIL import Image

from bot.images.pixels import flatten

QUALITIES = (95, 92, 90, 88, 86, 84, 82, 80)
"""Below the last, fewer pixels look better than worse ones (`platforms.md` 6.1)."""
FINE_QUALITY = 90
"""From here on colours are kept at full resolution."""
AIM = 0.97
"""Part of the allowance we aim at."""
TILE = 512
TILE_MARGIN = 1.05
TILES_PIXELS = 5 * TILE * TILE
PNG_DOUBT = 0.4
"""Flat parts can make a PNG this much smaller than its tiles promise; beyond that nobody has to try."""
FEW_COLOURS = 1024
RUN_LENGTH_ONLY = 3
"""zlib's Z_RLE: for photographs four times faster than the default at the same size."""
SMALLEST_SIDE = 15


@dataclass(frozen=True, kw_only=True)
class Encoded:
    """A finished file."""

    content: bytes
    media_type: str
    width: int
    height: int


def encode_png(image: Image.Image) -> bytes:
    buffer = BytesIO()
    if image.getcolors(FEW_COLOURS) is None:
        image.save(buffer, "PNG", compress_level=6, compress_type=RUN_LENGTH_ONLY)
    else:
        image.save(buffer, "PNG")
    return buffer.getvalue()


def encode_jpeg(image: Image.Image, quality: int) -> bytes:
    """Transparency becomes white."""
    buffer = BytesIO()
    flatten(image).save(buffer, "JPEG", quality=quality, subsampling=0 if quality >= FINE_QUALITY else 2)
    return buffer.getvalue()


def png_that_fits(image: Image.Image, most_bytes: int) -> Encoded | None:
    """Lossless at full size, or None."""
    whole, _ = _try_png(image, most_bytes)
    return whole


def png_within(image: Image.Image, most_bytes: int) -> Encoded:
    """Lossless; scaled down until it fits."""
    whole, size = _try_png(image, most_bytes)
    return whole or _scaled_within(image, size, most_bytes, "image/png", encode_png)


def _try_png(image: Image.Image, most_bytes: int) -> tuple[Encoded | None, float]:
    """The whole picture if it fits, and what it takes; where its tiles leave no hope, that is an estimate."""
    if image.width * image.height > TILES_PIXELS:
        size = _estimate(image, encode_png)
        if size * PNG_DOUBT > most_bytes:
            return None, size
    content = encode_png(image)
    if len(content) > most_bytes:
        return None, len(content)
    return Encoded(content=content, media_type="image/png", width=image.width, height=image.height), len(content)


def jpeg_within(image: Image.Image, most_bytes: int) -> Encoded:
    """The best quality that fits; below the worst allowed one, scaled down."""
    image = flatten(image)
    size = 0
    for quality in _promising(image, most_bytes):
        content = encode_jpeg(image, quality)
        size = len(content)
        if size <= most_bytes:
            return Encoded(content=content, media_type="image/jpeg", width=image.width, height=image.height)
    return _scaled_within(image, size, most_bytes, "image/jpeg", lambda smaller: encode_jpeg(smaller, QUALITIES[-2]))


def _promising(image: Image.Image, most_bytes: int) -> tuple[int, ...]:
    """Qualities from the best that sample tiles say will fit; the worst alone if none does."""
    for place, quality in enumerate(QUALITIES):
        if _estimate(image, partial(encode_jpeg, quality=quality)) * TILE_MARGIN <= most_bytes * AIM:
            return QUALITIES[place:]
    return QUALITIES[-1:]


def _estimate(image: Image.Image, encode: Callable[[Image.Image], bytes]) -> float:
    """How many bytes the whole picture will take, from its tiles."""
    tiles = _tiles(image)
    share = image.width * image.height / sum(tile.width * tile.height for tile in tiles)
    return sum(len(encode(tile)) for tile in tiles) * share


def _tiles(image: Image.Image) -> tuple[Image.Image, ...]:
    """The middle of the picture and of its four quarters; the whole of a small one."""
    width, height = image.size
    if width * height <= TILES_PIXELS:
        return (image,)
    wide, high = min(TILE, width), min(TILE, height)
    centres = ((2, 2), (1, 1), (3, 1), (1, 3), (3, 3))
    corners = ((max(0, width * x // 4 - wide // 2), max(0, height * y // 4 - high // 2)) for x, y in centres)
    return tuple(image.crop((left, top, left + wide, top + high)) for left, top in corners)


def _scaled_within(
    image: Image.Image,
    size: float,
    most_bytes: int,
    media_type: str,
    encode: Callable[[Image.Image], bytes],
) -> Encoded:
    """`size` is what the whole picture took. Raises ValueError where even a tiny one would not fit."""
    factor = 1.0
    while True:
        factor *= min(0.95, sqrt(most_bytes * AIM / size) * 0.98)
        width, height = ceil(image.width * factor), ceil(image.height * factor)
        if min(width, height) < SMALLEST_SIDE:
            raise ValueError(f"no picture of this shape fits {most_bytes} bytes")
        smaller = image.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=2.0)
        content = encode(smaller)
        if len(content) <= most_bytes:
            return Encoded(content=content, media_type=media_type, width=width, height=height)
        size = len(content)
