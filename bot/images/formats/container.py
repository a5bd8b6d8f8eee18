"""What the structure of a picture file says about it before anything is decoded."""

from bot.images.formats.orientation import NORMAL_ORIENTATION
from bot.values import dataclass

MOST_PARTS = 200_000
"""Chunks, segments, blocks, boxes and links in one file: more than this only serve to keep the parser busy."""
MOST_PROFILE_BYTES = 4 * 1024 * 1024
MOST_PASSED_PIXELS = 1_000_000_000
"""Pixels times passes: a second or two of decoding. A progressive JPEG has about ten passes."""


class BrokenPictureError(Exception):
    """The file is truncated or its structure is inconsistent."""


class UnsupportedPictureError(Exception):
    """A whole file of a kind within its format that cannot be decoded here."""


class PictureBombError(Exception):
    """A file that would take far more memory or time to decode than its size suggests."""


class PartCounter:
    """Counts the parts of one file of `size` bytes while it is parsed: each of them takes at least a byte."""

    def __init__(self, size: int) -> None:
        self._left = min(size, MOST_PARTS)

    def count(self) -> None:
        """Raises PictureBombError for one part too many."""
        self._left -= 1
        if self._left < 0:
            raise PictureBombError("parts")


@dataclass(frozen=True, kw_only=True)
class Container:
    """The structure of one picture file. `width` and `height` are the stored ones, in pixels, before any rotation."""

    width: int
    height: int
    stripped: bytes
    """The file without metadata; the same bytes object that was read if there was nothing to remove."""
    orientation: int = NORMAL_ORIENTATION
    """As EXIF counts them, 1 to 8."""
    profile: bytes | None = None
    """ICC profile."""
    single_frame: bool = True
    """False for an animation; `stripped` then holds its first frame."""
    passes: int = 1
    """How often a decoder goes over the whole picture."""
    standard_pixel_format: bool = True
    """Grey or RGB with at most eight bits per channel."""
    ended: bool = True
    """False if the mark of the file's end is missing: only decoding shows whether the picture is whole."""
    other_end: bytes | None = None
    """The same file with other data after its end, for a decoder that fills in what is missing: a whole picture looks the same."""
    unusual: bool = False
    """Of a kind that the decoder may not know: where it fails, the file need not be damaged."""

    @property
    def pixels(self) -> int:
        return self.width * self.height


def check_work(container: Container) -> None:
    """Raise PictureBombError for a picture that takes too long to decode, however few bytes it has."""
    if container.pixels * container.passes > MOST_PASSED_PIXELS:
        raise PictureBombError("passes")
