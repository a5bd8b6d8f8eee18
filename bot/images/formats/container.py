"""What the structure of a picture file says about it before anything is decoded."""

from typing import Literal

from bot.values import dataclass

MOST_PARTS = 200_000
"""Chunks, segments, blocks, boxes and links in one file: more than this only serve to keep the parser busy."""
MOST_PROFILE_BYTES = 4 * 1024 * 1024
MOST_PASSED_PIXELS = 1_000_000_000
"""Pixels times passes: a second or two of decoding. A progressive JPEG has about ten passes."""
ORIENTATION_TAG = 0x0112
EXIF_PREFIX = b"Exif\0\0"
NORMAL_ORIENTATION = 1


class BrokenPictureError(Exception):
    """The file is truncated or its structure is inconsistent."""


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
    """EXIF orientation, 1 to 8."""
    profile: bytes | None = None
    """ICC profile."""
    single_frame: bool = True
    """False for an animation; `stripped` then holds its first frame."""
    passes: int = 1
    """How often a decoder goes over the whole picture."""
    standard_pixel_format: bool = True
    """Grey or RGB with at most eight bits per channel."""

    @property
    def pixels(self) -> int:
        return self.width * self.height


def check_work(container: Container) -> None:
    """Raise PictureBombError for a picture that takes too long to decode, however few bytes it has."""
    if container.pixels * container.passes > MOST_PASSED_PIXELS:
        raise PictureBombError("passes")


def read_orientation(exif: bytes | None) -> int:
    """The orientation of a TIFF structure's first directory (EXIF 2.32, 4.6.4); a missing or invalid one is normal."""
    if exif is None:
        return NORMAL_ORIENTATION
    exif = exif.removeprefix(EXIF_PREFIX)
    order = exif[:4]
    if order not in {b"II*\0", b"MM\0*"}:
        return NORMAL_ORIENTATION
    byte_order: Literal["little", "big"] = "little" if order[:1] == b"I" else "big"

    def number(start: int, length: int) -> int:
        return int.from_bytes(exif[start : start + length], byte_order)

    directory = number(4, 4)
    for index in range(number(directory, 2)):
        entry = directory + 2 + 12 * index
        if entry + 12 > len(exif):
            break
        if number(entry, 2) == ORIENTATION_TAG:
            value = number(entry + 8, {3: 2, 4: 4}.get(number(entry + 2, 2), 1))
            return value if NORMAL_ORIENTATION <= value <= 8 else NORMAL_ORIENTATION
    return NORMAL_ORIENTATION
