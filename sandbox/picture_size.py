"""The dimensions that chat platforms report for an uploaded picture."""

import io
import warnings

from PIL import Image


def picture_size(content: bytes) -> tuple[int, int] | None:
    """Return width and height of a picture that Pillow can read, else None."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(content)) as picture:
                return picture.size
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
