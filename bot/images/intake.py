"""A member's file becomes a picture every gateway takes: checked, upright, with nothing attached, not too big."""

from dataclasses import dataclass

from bot.errors import RefusalCode, RefusedError
from bot.images.encode import Encoded, jpeg_within, png_that_fits, png_within
from bot.images.formats.container import UPRIGHT, BrokenPictureError, Container, OverloadedPictureError
from bot.images.formats.table import Format, recognise, seems_to_be
from bot.images.pixels import check, is_srgb, is_transparent, paint
from bot.images.plain import MOST_PIXELS
from bot.requests.references import UPLOAD_BYTES, UPLOAD_FORMATS

MEGABYTE = 1024 * 1024
MOST_BYTES = 10_000_000
"""What every gateway takes (`upstreams.md` 3.5)."""
SHORTEST_SIDE = 14
"""A side needs more than this."""
LONGEST_ASPECT = 16
PIXELS_IN_A_BYTE = 100
"""A photograph has a few pixels in a byte; a file that claims more than this is an attempt to fill our memory."""


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What a gateway may be given. `changed`: these are not the bytes that came."""

    content: bytes
    media_type: str
    width: int
    height: int
    changed: bool


@dataclass(frozen=True, kw_only=True)
class Inspected:
    """A file that may be decoded: its format is ours and its dimensions are within every limit."""

    row: Format
    container: Container


def inspect(content: bytes, *, most_bytes: int = UPLOAD_BYTES) -> Inspected:
    """Everything that can be judged without decoding. Raises RefusedError (REF_*)."""
    if len(content) > most_bytes:
        raise RefusedError(RefusalCode.REF_TOO_BIG, limit=most_bytes // MEGABYTE)
    row = recognise(content)
    if row is None:
        raise RefusedError(RefusalCode.REF_BAD_FORMAT, found=seems_to_be(content), allowed=", ".join(UPLOAD_FORMATS))
    try:
        container = row.scan(content)
    except BrokenPictureError as error:
        raise RefusedError(RefusalCode.REF_UNREADABLE) from error
    except OverloadedPictureError as error:
        raise RefusedError(RefusalCode.REF_BOMB) from error
    _check_dimensions(row, container, len(content))
    return Inspected(row=row, container=container)


def take_in(content: bytes, inspected: Inspected) -> Taken:
    """Clean what was inspected. Raises RefusedError: REF_UNREADABLE, REF_BOMB."""
    try:
        return _take_in(content, inspected.row, inspected.container)
    except BrokenPictureError as error:
        raise RefusedError(RefusalCode.REF_UNREADABLE) from error
    except OverloadedPictureError as error:
        raise RefusedError(RefusalCode.REF_BOMB) from error


def _check_dimensions(row: Format, container: Container, size: int) -> None:
    shorter, longer = sorted((container.width, container.height))
    if container.pixels > row.most_pixels or container.pixels > row.most_in_a_byte * size:
        honest = container.pixels <= PIXELS_IN_A_BYTE * size
        code = RefusalCode.REF_TOO_MANY_PIXELS if honest else RefusalCode.REF_BOMB
        raise RefusedError(code, found=container.pixels, limit=row.most_pixels)
    if shorter <= SHORTEST_SIDE:
        raise RefusedError(RefusalCode.REF_TOO_SMALL, found=shorter, limit=SHORTEST_SIDE)
    if longer > shorter * LONGEST_ASPECT:
        raise RefusedError(RefusalCode.REF_BAD_ASPECT, found=f"{container.width}x{container.height}", limit=LONGEST_ASPECT)


def _take_in(content: bytes, row: Format, container: Container) -> Taken:
    if not _needs_painting(row, container):
        check(container, row)
        if len(container.bare) <= MOST_BYTES:
            return Taken(
                content=container.bare,
                media_type=row.media_type,
                width=container.width,
                height=container.height,
                changed=container.bare is not content,
            )
    encoded = _repaint(row, container)
    return Taken(
        content=encoded.content,
        media_type=encoded.media_type,
        width=encoded.width,
        height=encoded.height,
        changed=True,
    )


def _needs_painting(row: Format, container: Container) -> bool:
    """Metadata alone can be cut out of the file; these need new pixels."""
    if container.pixels > MOST_PIXELS:
        return True
    coloured = container.profile is not None and not is_srgb(container.profile)
    return coloured or container.orientation != UPRIGHT or not (row.sendable and container.still and container.plain)


def _repaint(row: Format, container: Container) -> Encoded:
    image = paint(container, row)
    if is_transparent(image):
        return png_within(image, MOST_BYTES)
    if row.photographic:
        return jpeg_within(image, MOST_BYTES)
    if image.mode == "RGBA":
        image = image.convert("RGB")
    return png_that_fits(image, MOST_BYTES) or jpeg_within(image, MOST_BYTES)
