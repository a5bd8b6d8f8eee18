"""What a downloaded result is, without decoding it."""

from dataclasses import dataclass

from bot.errors import UpstreamError, UpstreamKind
from bot.images.formats.container import BrokenPictureError, Container, OverloadedPictureError
from bot.images.formats.table import BOMB_PIXELS, Format, recognise, seems_to_be


@dataclass(frozen=True, kw_only=True)
class Measured:
    """A whole picture file: its structure has been read to the end."""

    media_type: str
    width: int
    height: int


def measure(content: bytes) -> Measured:
    """Raises UpstreamError (DOWNLOAD); retryable if the file is cut off or damaged, for the next copy may be whole."""
    row, container = picture_in(content)
    return Measured(media_type=row.media_type, width=container.width, height=container.height)


def picture_in(content: bytes) -> tuple[Format, Container]:
    """The format and structure of a result; raises as `measure` does."""
    row = recognise(content)
    if row is None:
        raise _no_picture(f"not a picture: {seems_to_be(content)}", retryable=False)
    try:
        container = row.scan(content)
    except BrokenPictureError as error:
        raise _no_picture(f"damaged {row.name}: {error}", retryable=True) from error
    except OverloadedPictureError as error:
        raise _no_picture(f"overloaded {row.name}: {error}", retryable=False) from error
    if not 0 < container.pixels <= BOMB_PIXELS:
        raise _no_picture(f"{row.name} of {container.width}x{container.height} pixels", retryable=False)
    return row, container


def _no_picture(detail: str, *, retryable: bool) -> UpstreamError:
    return UpstreamError(UpstreamKind.DOWNLOAD, certain=False, retryable=retryable, detail=detail)
