"""Reads the type and dimensions of a downloaded result without decoding it."""

from bot.errors import UpstreamError, UpstreamKind
from bot.images.formats.container import BrokenPictureError, Container, PictureBombError, UnsupportedPictureError
from bot.images.formats.table import BOMB_PIXELS, Format, describe_unrecognised, recognise
from bot.images.values import Measured


def measure(content: bytes) -> Measured:
    """The facts of a complete file: its structure is read to the end.

    Raises UpstreamError (DOWNLOAD); retryable if the file is truncated or damaged, since another download may be complete.
    """
    picture_format, container = scan_result(content)
    return Measured(media_type=picture_format.media_type, width=container.width, height=container.height)


def scan_result(content: bytes) -> tuple[Format, Container]:
    """The format and structure of a result. Raises like `measure`."""
    picture_format = recognise(content)
    if picture_format is None:
        raise _download_error(f"not a picture: {describe_unrecognised(content)}", retryable=False)
    try:
        container = picture_format.scan(content)
    except BrokenPictureError as error:
        raise _download_error(f"damaged {picture_format.name}: {error}", retryable=True) from error
    except UnsupportedPictureError as error:
        raise _download_error(f"{picture_format.name} of an unknown kind: {error}", retryable=False) from error
    except PictureBombError as error:
        raise _download_error(f"overloaded {picture_format.name}: {error}", retryable=False) from error
    if not container.ended:
        # Its pixels may be there, but a download that was cut looks the same.
        raise _download_error(f"damaged {picture_format.name}: no end", retryable=True)
    if not 0 < container.pixels <= BOMB_PIXELS:
        raise _download_error(f"{picture_format.name} of {container.width}x{container.height} pixels", retryable=False)
    return picture_format, container


def _download_error(detail: str, *, retryable: bool) -> UpstreamError:
    return UpstreamError(UpstreamKind.DOWNLOAD, certain=False, retryable=retryable, detail=detail)
