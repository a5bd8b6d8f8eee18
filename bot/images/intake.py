"""Turns a member's file into a reference that every gateway takes: checked, rotated, without metadata, within the limits."""

from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image

from bot.errors import VARIANT, RefusalCode, RefusedError
from bot.images.decode import check_decodes, check_whole, decode, is_srgb, is_transparent
from bot.images.encode import full_size_png, jpeg_within, png_within
from bot.images.formats.container import (
    MOST_PASSED_PIXELS,
    BrokenPictureError,
    Container,
    PictureBombError,
    UnsupportedPictureError,
)
from bot.images.formats.orientation import NORMAL_ORIENTATION
from bot.images.formats.table import Format, describe_unrecognised, recognise
from bot.images.normalise import MOST_PIXELS
from bot.images.values import Encoded, PreparedReference
from bot.requests.references import UPLOAD_BYTES, refuse_file
from bot.values import dataclass

UNKNOWN_KIND = "kind"
"""The words for a file whose format is known and whose kind within it is not."""
MEGABYTE = 1024 * 1024
MOST_BYTES = 10_000_000
"""The official API documents this limit for a reference picture; no gateway takes less."""
SHORTEST_SIDE = 14
"""Both sides must be longer than this, in pixels."""
LONGEST_ASPECT = 16
PLAIN_TYPES = frozenset({"image/png", "image/jpeg"})
BOMB_PIXELS_PER_BYTE = 100
"""A photograph has a few pixels per byte; a file that claims more than this is a decompression bomb."""


@dataclass(frozen=True, kw_only=True)
class Inspected:
    """A file that may be decoded: we read its format, and its dimensions are within the limits."""

    picture_format: Format
    container: Container


def inspect(content: bytes, *, most_bytes: int = UPLOAD_BYTES) -> Inspected:
    """Check everything that can be checked without decoding. Raises RefusedError (REF_*)."""
    if len(content) > most_bytes:
        raise RefusedError(RefusalCode.REF_TOO_BIG, limit=most_bytes // MEGABYTE)
    picture_format = recognise(content)
    if picture_format is None:
        raise refuse_file(describe_unrecognised(content))
    with _refusing(picture_format):
        container = picture_format.scan(content)
    _check_dimensions(picture_format, container, len(content))
    return Inspected(picture_format=picture_format, container=container)


def prepare_reference(inspected: Inspected, *, plain: bool = False) -> PreparedReference:
    """Clean an inspected file. Raises RefusedError: REF_UNREADABLE, REF_BAD_FORMAT, REF_BOMB.

    `plain`: as PNG or JPEG, all that some models take for layers and for transparent pictures.
    """
    with _refusing(inspected.picture_format):
        return _prepare(inspected.picture_format, inspected.container, plain=plain)


@contextmanager
def _refusing(picture_format: Format) -> Iterator[None]:
    """What our parsers and decoders say about a file, as a refusal."""
    try:
        yield
    except BrokenPictureError as error:
        raise RefusedError(RefusalCode.REF_UNREADABLE) from error
    except UnsupportedPictureError as error:
        raise RefusedError(RefusalCode.REF_BAD_FORMAT, found=picture_format.name, **{VARIANT: UNKNOWN_KIND}) from error
    except PictureBombError as error:
        raise RefusedError(RefusalCode.REF_BOMB) from error


def _check_dimensions(picture_format: Format, container: Container, size: int) -> None:
    shorter, longer = sorted((container.width, container.height))
    if container.pixels > picture_format.most_pixels or container.pixels > picture_format.most_pixels_per_byte * size:
        plausible = container.pixels <= BOMB_PIXELS_PER_BYTE * size
        code = RefusalCode.REF_TOO_MANY_PIXELS if plausible else RefusalCode.REF_BOMB
        raise RefusedError(code, found=container.pixels, limit=picture_format.most_pixels)
    if container.pixels * container.passes > MOST_PASSED_PIXELS:
        most = MOST_PASSED_PIXELS // container.pixels
        raise RefusedError(RefusalCode.REF_TOO_COMPLEX, found=container.passes, limit=most)
    if shorter <= SHORTEST_SIDE:
        raise RefusedError(RefusalCode.REF_TOO_SMALL, found=shorter, limit=SHORTEST_SIDE)
    if longer > shorter * LONGEST_ASPECT:
        raise RefusedError(RefusalCode.REF_BAD_ASPECT, found=f"{container.width}x{container.height}", limit=LONGEST_ASPECT)


def _prepare(picture_format: Format, container: Container, *, plain: bool) -> PreparedReference:
    check_whole(container, picture_format)
    if not (plain and picture_format.media_type not in PLAIN_TYPES) and not _needs_reencoding(picture_format, container):
        alpha = check_decodes(container, picture_format)
        if len(container.stripped) <= MOST_BYTES:
            return PreparedReference(
                content=container.stripped,
                media_type=picture_format.media_type,
                width=container.width,
                height=container.height,
                alpha=alpha,
            )
    image = decode(container, picture_format)
    alpha = is_transparent(image)
    encoded = _encode(image, picture_format, alpha=alpha)
    return PreparedReference(
        content=encoded.content,
        media_type=encoded.media_type,
        width=encoded.width,
        height=encoded.height,
        alpha=alpha,
    )


def _needs_reencoding(picture_format: Format, container: Container) -> bool:
    """False if the file can be sent after removing its metadata, without decoding and encoding it again."""
    # Whatever stands where the end is missing is not sent.
    if container.pixels > MOST_PIXELS or container.other_end is not None:
        return True
    other_colour_space = container.profile is not None and not is_srgb(container.profile)
    sendable = picture_format.sendable and container.single_frame and container.standard_pixel_format
    return other_colour_space or container.orientation != NORMAL_ORIENTATION or not sendable


def _encode(image: Image.Image, picture_format: Format, *, alpha: bool) -> Encoded:
    if alpha:
        return png_within(image, MOST_BYTES)
    if picture_format.photographic:
        return jpeg_within(image, MOST_BYTES)
    if image.mode == "RGBA":
        image = image.convert("RGB")
    return full_size_png(image, MOST_BYTES) or jpeg_within(image, MOST_BYTES)
