"""Decoding to sRGB with eight bits per channel and the stored orientation applied."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from io import BytesIO
from struct import error as struct_error
from types import MappingProxyType
from zlib import error as zlib_error

from PIL import AvifImagePlugin, Image, ImageCms

from bot.images.formats.container import (
    MOST_PROFILE_BYTES,
    BrokenPictureError,
    Container,
    PictureBombError,
    UnsupportedPictureError,
)
from bot.images.formats.table import Format
from bot.images.normalise import MOST_PIXELS, STRIP, normalise, strip_metadata

TRANSPOSITIONS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""By EXIF orientation: how the stored pixels have to be transposed for display."""
ICC_COLOUR_SPACES = {"RGB": "RGB ", "L": "GRAY", "CMYK": "CMYK"}
"""By Pillow's mode: the name of that colour space in an ICC header."""
CHECK_SCALE = 8
"""The largest reduction of Pillow's JPEG decoder, for a check that keeps no pixels."""
THREADS = 2
"""For the decoders that use several."""
DECODER_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    LookupError,
    TypeError,
    RuntimeError,
    struct_error,
    zlib_error,
)
WHITE = (255, 255, 255)


@contextmanager
def _translated_errors(container: Container) -> Iterator[None]:
    """Pillow's errors for a bad file, as BrokenPictureError, UnsupportedPictureError or PictureBombError."""
    try:
        yield
    except (Image.DecompressionBombError, Image.DecompressionBombWarning, MemoryError) as error:
        raise PictureBombError("pixels") from error
    except DECODER_ERRORS as error:
        raise (UnsupportedPictureError if container.unusual else BrokenPictureError)("decoder") from error


def check_decodes(container: Container, picture_format: Format) -> bool:
    """Prove that the file can be decoded to its end, and say whether any of its pixels is transparent.

    Raises BrokenPictureError, PictureBombError.
    """
    with _translated_errors(container), _open(container, picture_format) as image:
        if picture_format.supports_scaled_decoding:
            image.draft(None, (image.width // CHECK_SCALE, image.height // CHECK_SCALE))
        image.load()
        return image.has_transparency_data and any(map(is_transparent, _strips(image)))


def _strips(image: Image.Image) -> Iterator[Image.Image]:
    """A few rows at a time, which is all that needs four bytes for each pixel."""
    for top in range(0, image.height, STRIP):
        yield image.crop((0, top, image.width, min(top + STRIP, image.height))).convert("RGBA")


def check_whole(container: Container, picture_format: Format) -> None:
    """Prove that a picture without an end is not cut: its decoder would fill in what is missing with what comes next.

    Raises BrokenPictureError, PictureBombError.
    """
    if container.other_end is None:
        return
    with _translated_errors(container):
        contents = (container.stripped, container.other_end)
        one, other = (_digest(_load(replace(container, stripped=content), picture_format)) for content in contents)
    if one != other:
        raise BrokenPictureError("cut off")


def _digest(image: Image.Image) -> bytes:
    """A hash of the pixels, which copies a few rows at a time."""
    digest = hashlib.blake2b()
    for top in range(0, image.height, STRIP):
        digest.update(image.crop((0, top, image.width, min(top + STRIP, image.height))).tobytes())
    return digest.digest()


def decode(container: Container, picture_format: Format) -> Image.Image:
    """The first frame in mode L, RGB or RGBA, without metadata; at half the size if it has more than MOST_PIXELS.

    Raises BrokenPictureError, PictureBombError.
    """
    with _translated_errors(container):
        image = _to_srgb(_load(container, picture_format), container.profile)
        transposition = TRANSPOSITIONS.get(container.orientation)
        return image if transposition is None else image.transpose(transposition)


def is_srgb(profile: bytes) -> bool:
    """Whether a profile describes sRGB; an unreadable profile is treated as sRGB."""
    opened = _open_profile(profile)
    return opened is None or "srgb" in (opened.profile.profile_description or "").lower()


def is_transparent(image: Image.Image) -> bool:
    return image.mode == "RGBA" and image.getchannel("A").getextrema() != (255, 255)


def flatten(image: Image.Image) -> Image.Image:
    """Put a transparent picture on white."""
    if image.mode != "RGBA":
        return image
    background = Image.new("RGB", image.size, WHITE)
    background.paste(image, mask=image.getchannel("A"))
    return background


def _open(container: Container, picture_format: Format) -> Image.Image:
    """Open without decoding."""
    file, name = BytesIO(container.stripped), picture_format.decoder
    image = OPENERS[name](file) if name in OPENERS else Image.open(file, formats=[name])
    if image.width * image.height > container.pixels:
        # Pillow may read other dimensions from the file than our own parser, whose dimensions were checked.
        raise PictureBombError("pixels")
    return image


def _open_heif(file: BytesIO) -> Image.Image:
    import pi_heif  # noqa: PLC0415 - a library that few pictures need

    pi_heif.options.DECODE_THREADS = THREADS
    image: Image.Image = pi_heif.HeifImageFile(file)
    return image


def _open_avif(file: BytesIO) -> Image.Image:
    AvifImagePlugin.DEFAULT_MAX_THREADS = THREADS
    return Image.open(file, formats=["AVIF"])


OPENERS: MappingProxyType[str, Callable[[BytesIO], Image.Image]] = MappingProxyType({"HEIF": _open_heif, "AVIF": _open_avif})
"""By decoder, where its name is not enough."""


def _load(container: Container, picture_format: Format) -> Image.Image:
    """Decode and normalise; orientation and colours are still those of the file."""
    image = _open(container, picture_format)
    if picture_format.supports_scaled_decoding and container.pixels > MOST_PIXELS:
        image.draft(None, (image.width // 2, image.height // 2))
    image.load()
    return normalise(image)


def _to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    if profile is not None and not is_srgb(profile):
        image = _apply_profile(image, profile)
    return image.convert("RGB") if image.mode == "CMYK" else image


def _apply_profile(image: Image.Image, profile: bytes) -> Image.Image:
    """Convert to sRGB; a profile for another colour space than the picture's is ignored."""
    opened = _open_profile(profile)
    colours = image.convert("RGB") if image.mode == "RGBA" else image
    if opened is None or opened.profile.xcolor_space != ICC_COLOUR_SPACES[colours.mode]:
        return image
    try:
        converted = ImageCms.profileToProfile(colours, opened, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except ImageCms.PyCMSError:
        return image
    assert converted is not None
    if image.mode == "RGBA":
        converted.putalpha(image.getchannel("A"))
    return strip_metadata(converted)


def _open_profile(profile: bytes) -> ImageCms.ImageCmsProfile | None:
    if len(profile) > MOST_PROFILE_BYTES:
        return None
    try:
        return ImageCms.ImageCmsProfile(BytesIO(profile))
    except (OSError, TypeError, ValueError, ImageCms.PyCMSError):
        return None
