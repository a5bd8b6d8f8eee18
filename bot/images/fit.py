"""Re-encodes a stored result for a platform that takes fewer bytes or formats; the original is kept unchanged."""

from pathlib import Path

from PIL import Image

from bot.errors import UpstreamError, UpstreamKind
from bot.images.decode import decode, is_transparent
from bot.images.encode import full_size_png, jpeg_within, png_within, webp_within
from bot.images.formats.container import BrokenPictureError, Container, PictureBombError, UnsupportedPictureError, check_work
from bot.images.formats.table import HEAD_BYTES, Format, recognise
from bot.images.measure import scan_result
from bot.images.values import Encoded
from bot.values import dataclass

PNG_TYPE = "image/png"
JPEG_TYPE = "image/jpeg"
WEBP_TYPE = "image/webp"
KEEP_ALPHA = frozenset({PNG_TYPE, WEBP_TYPE})


@dataclass(frozen=True, kw_only=True)
class UnfitPicture:
    """A stored picture that exceeds the platform's limits and has to be re-encoded."""

    picture_format: Format
    container: Container


def inspect_stored(path: Path, *, most_bytes: int, media_types: frozenset[str]) -> UnfitPicture | None:
    """None for a file that fits: it is posted without being decoded. Raises UpstreamError (DOWNLOAD)."""
    with path.open("rb") as file:
        picture_format = recognise(file.read(HEAD_BYTES))
        if picture_format is not None and picture_format.media_type in media_types and path.stat().st_size <= most_bytes:
            return None
        file.seek(0)
        picture_format, container = scan_result(file.read())
    return UnfitPicture(picture_format=picture_format, container=container)


def fit(unfit: UnfitPicture, *, most_bytes: int, media_types: frozenset[str]) -> Encoded:
    """Where anything is transparent a PNG or WebP that keeps it, else the best JPEG that fits.

    Raises UpstreamError (DOWNLOAD) for a file that cannot be decoded, ValueError where no picture can fit at all.
    """
    try:
        check_work(unfit.container)
        image = decode(unfit.container, unfit.picture_format)
    except (BrokenPictureError, UnsupportedPictureError, PictureBombError) as error:
        raise UpstreamError(UpstreamKind.DOWNLOAD, certain=False, detail=f"stored picture: {error}") from error
    if is_transparent(image) and media_types & KEEP_ALPHA:
        return _with_alpha(image, most_bytes, media_types)
    if JPEG_TYPE in media_types:
        return jpeg_within(image, most_bytes)
    if PNG_TYPE in media_types:
        return png_within(image, most_bytes)
    raise ValueError(f"neither PNG nor JPEG is among {sorted(media_types)}")


def _with_alpha(image: Image.Image, most_bytes: int, media_types: frozenset[str]) -> Encoded:
    """A transparent picture as it is, as a PNG of all its pixels, else as WebP, which is far smaller, else as a smaller PNG."""
    png = full_size_png(image, most_bytes) if PNG_TYPE in media_types else None
    if png is not None:
        return png
    return webp_within(image, most_bytes) if WEBP_TYPE in media_types else png_within(image, most_bytes)
