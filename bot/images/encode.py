"""Encoding within a byte limit: quality is reduced first, then the dimensions."""

from collections.abc import Callable
from io import BytesIO
from math import ceil, sqrt

from PIL import Image

from bot.images.decode import flatten
from bot.images.values import Encoded

QUALITIES = (95, 92, 90, 88, 86, 84, 82, 80)
"""JPEG qualities, best first. Below the last one, scaling down looks better than a lower quality."""
FULL_CHROMA_QUALITY = 90
"""From this quality on, chroma is not subsampled."""
TARGET_SHARE = 0.97
"""Share of the byte limit that an estimate aims for."""
TILE_SIDE = 512
TILE_MARGIN = 1.05
"""Safety factor on an estimate from sample tiles."""
SAMPLED_PIXELS = 5 * TILE_SIDE * TILE_SIDE
PNG_BEST_CASE = 0.4
"""The smallest share of its estimate that a PNG with flat areas may take: if even that is too large, it is not encoded."""
FEW_COLOURS = 1024
Z_RLE = 3
"""zlib's compression strategy: for photographs four times faster than the default, at the same size."""
SMALLEST_SIDE = 15
LONGEST_WEBP_SIDE = 16_383
"""The format has no room for more."""
WEBP_METHOD = 2
"""Of 0 to 6: half the time of the default, for files a few per cent larger."""


def encode_png(image: Image.Image) -> bytes:
    buffer = BytesIO()
    if image.getcolors(FEW_COLOURS) is None:
        image.save(buffer, "PNG", compress_level=6, compress_type=Z_RLE)
    else:
        image.save(buffer, "PNG")
    return buffer.getvalue()


def encode_jpeg(image: Image.Image, quality: int) -> bytes:
    """Transparent areas become white."""
    buffer = BytesIO()
    flatten(image).save(buffer, "JPEG", quality=quality, subsampling=0 if quality >= FULL_CHROMA_QUALITY else 2)
    return buffer.getvalue()


def encode_webp(image: Image.Image, quality: int) -> bytes:
    """Colours lose something, transparency does not."""
    buffer = BytesIO()
    image.save(buffer, "WEBP", quality=quality, alpha_quality=100, method=WEBP_METHOD)
    return buffer.getvalue()


def full_size_png(image: Image.Image, most_bytes: int) -> Encoded | None:
    """A PNG of the same dimensions, or None if it exceeds the limit."""
    encoded, _ = _try_png(image, most_bytes)
    return encoded


def png_within(image: Image.Image, most_bytes: int) -> Encoded:
    """A PNG, scaled down until it fits."""
    encoded, size = _try_png(image, most_bytes)
    return encoded or _scaled_within(image, size, most_bytes, "image/png", encode_png)


def _try_png(image: Image.Image, most_bytes: int) -> tuple[Encoded | None, float]:
    """The PNG if it fits, and its size in bytes; only an estimate where the sample tiles rule it out."""
    if image.width * image.height > SAMPLED_PIXELS:
        size = _estimate(image, encode_png)
        if size * PNG_BEST_CASE > most_bytes:
            return None, size
    content = encode_png(image)
    if len(content) > most_bytes:
        return None, len(content)
    return Encoded(content=content, media_type="image/png", width=image.width, height=image.height), len(content)


def jpeg_within(image: Image.Image, most_bytes: int) -> Encoded:
    """A JPEG of the best quality that fits; scaled down if even the lowest quality does not."""
    image = flatten(image)
    size = 0
    for quality in _qualities_to_try(image, most_bytes, encode_jpeg):
        content = encode_jpeg(image, quality)
        size = len(content)
        if size <= most_bytes:
            return Encoded(content=content, media_type="image/jpeg", width=image.width, height=image.height)
    return _scaled_within(image, size, most_bytes, "image/jpeg", lambda smaller: encode_jpeg(smaller, QUALITIES[-2]))


def webp_within(image: Image.Image, most_bytes: int) -> Encoded:
    """A WebP of the best quality that fits, its transparency unchanged; scaled down if even the lowest quality does not."""
    image = _within_side(image, LONGEST_WEBP_SIDE)
    size = 0
    for quality in _qualities_to_try(image, most_bytes, encode_webp):
        content = encode_webp(image, quality)
        size = len(content)
        if size <= most_bytes:
            return Encoded(content=content, media_type="image/webp", width=image.width, height=image.height)
    return _scaled_within(image, size, most_bytes, "image/webp", lambda smaller: encode_webp(smaller, QUALITIES[-2]))


def _within_side(image: Image.Image, longest: int) -> Image.Image:
    factor = longest / max(image.size)
    if factor >= 1:
        return image
    return image.resize((ceil(image.width * factor), ceil(image.height * factor)), Image.Resampling.LANCZOS, reducing_gap=2.0)


def _qualities_to_try(image: Image.Image, most_bytes: int, encode: Callable[[Image.Image, int], bytes]) -> tuple[int, ...]:
    """The qualities from the best one that should fit, judged by sample tiles; only the lowest if none should."""
    for index, quality in enumerate(QUALITIES):
        if _estimate(image, _at_quality(encode, quality)) * TILE_MARGIN <= most_bytes * TARGET_SHARE:
            return QUALITIES[index:]
    return QUALITIES[-1:]


def _at_quality(encode: Callable[[Image.Image, int], bytes], quality: int) -> Callable[[Image.Image], bytes]:
    return lambda image: encode(image, quality)


def _estimate(image: Image.Image, encode: Callable[[Image.Image], bytes]) -> float:
    """How many bytes the whole picture will take, extrapolated from sample tiles."""
    tiles = _tiles(image)
    scale = image.width * image.height / sum(tile.width * tile.height for tile in tiles)
    return sum(len(encode(tile)) for tile in tiles) * scale


def _tiles(image: Image.Image) -> tuple[Image.Image, ...]:
    """The centres of the picture and of its four quarters; a small picture is its own tile."""
    width, height = image.size
    if width * height <= SAMPLED_PIXELS:
        return (image,)
    tile_width, tile_height = min(TILE_SIDE, width), min(TILE_SIDE, height)
    centres = ((2, 2), (1, 1), (3, 1), (1, 3), (3, 3))
    corners = ((max(0, width * x // 4 - tile_width // 2), max(0, height * y // 4 - tile_height // 2)) for x, y in centres)
    return tuple(image.crop((left, top, left + tile_width, top + tile_height)) for left, top in corners)


def _scaled_within(
    image: Image.Image,
    size: float,
    most_bytes: int,
    media_type: str,
    encode: Callable[[Image.Image], bytes],
) -> Encoded:
    """Scale down until it fits. `size`: bytes at full dimensions. Raises ValueError if even a tiny picture does not fit."""
    factor = 1.0
    while True:
        factor *= min(0.95, sqrt(most_bytes * TARGET_SHARE / size) * 0.98)
        width, height = ceil(image.width * factor), ceil(image.height * factor)
        if min(width, height) < SMALLEST_SIDE:
            raise ValueError(f"no picture of this shape fits {most_bytes} bytes")
        smaller = image.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=2.0)
        content = encode(smaller)
        if len(content) <= most_bytes:
            return Encoded(content=content, media_type=media_type, width=width, height=height)
        size = len(content)
