"""A result for a platform that takes fewer bytes or formats than the gateway made; the original stays as it is."""

from dataclasses import dataclass
from pathlib import Path

from bot.errors import UpstreamError, UpstreamKind
from bot.images.encode import Encoded, jpeg_within, png_that_fits, png_within
from bot.images.formats.container import BrokenPictureError, Container, OverloadedPictureError
from bot.images.formats.table import HEAD_BYTES, Format, recognise
from bot.images.measure import picture_in
from bot.images.pixels import is_transparent, paint

PNG_TYPE = "image/png"
JPEG_TYPE = "image/jpeg"

Fitted = Encoded
"""What is posted instead of the original."""


@dataclass(frozen=True, kw_only=True)
class Oversized:
    """A stored picture that has to be encoded anew."""

    row: Format
    container: Container


def examine(path: Path, *, most_bytes: int, media_types: frozenset[str]) -> Oversized | None:
    """None for a file that fits as it is: its pixels are nobody's business then."""
    with path.open("rb") as file:
        row = recognise(file.read(HEAD_BYTES))
        if row is not None and row.media_type in media_types and path.stat().st_size <= most_bytes:
            return None
        file.seek(0)
        row, container = picture_in(file.read())
    return Oversized(row=row, container=container)


def fit(oversized: Oversized, *, most_bytes: int, media_types: frozenset[str]) -> Fitted:
    """Lossless only where transparency needs it, else the best JPEG that fits; fewer pixels before worse ones.

    Raises UpstreamError (DOWNLOAD) for a file that does not decode, ValueError where no picture can fit at all.
    """
    try:
        image = paint(oversized.container, oversized.row)
    except (BrokenPictureError, OverloadedPictureError) as error:
        raise UpstreamError(UpstreamKind.DOWNLOAD, certain=False, detail=f"stored picture: {error}") from error
    if is_transparent(image) and PNG_TYPE in media_types:
        whole = png_that_fits(image, most_bytes)
        if whole is not None:
            return whole
    if JPEG_TYPE in media_types:
        return jpeg_within(image, most_bytes)
    if PNG_TYPE in media_types:
        return png_within(image, most_bytes)
    raise ValueError(f"neither PNG nor JPEG is among {sorted(media_types)}")
