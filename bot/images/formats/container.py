"""What a picture file says about itself before anything is decoded."""

from dataclasses import dataclass

MOST_PARTS = 200_000
"""Chunks, segments or blocks of one file: more is no picture but an attempt to keep us busy."""
ORIENTATION_TAG = 0x0112
EXIF_PREFIX = b"Exif\0\0"
UPRIGHT = 1


class BrokenPictureError(Exception):
    """The file is cut off, or its structure contradicts itself."""


class OverloadedPictureError(Exception):
    """A small file that would cost far more to decode than its size says."""


@dataclass(frozen=True, kw_only=True)
class Container:
    """One picture file, taken apart. `width` and `height` are the stored ones, in pixels, before any rotation."""

    width: int
    height: int
    bare: bytes
    """The same picture with nothing but pixels in it: the very bytes that were read, if there was nothing to drop."""
    orientation: int = UPRIGHT
    """How the decoded picture has to be turned, as EXIF says it: 1 to 8."""
    profile: bytes | None = None
    """An ICC profile."""
    still: bool = True
    """One frame only; of several, `bare` has the first."""
    plain: bool = True
    """Grey or RGB at no more than eight bits a channel."""

    @property
    def pixels(self) -> int:
        return self.width * self.height


def read_orientation(exif: bytes | None) -> int:
    """The orientation of a TIFF structure's first directory (EXIF 2.32, 4.6.4); upright where nothing sensible is said."""
    if exif is None:
        return UPRIGHT
    exif = exif.removeprefix(EXIF_PREFIX)
    order = exif[:4]
    if order not in {b"II*\0", b"MM\0*"}:
        return UPRIGHT
    little = order[:1] == b"I"

    def number(start: int, length: int) -> int:
        return int.from_bytes(exif[start : start + length], "little" if little else "big")

    directory = number(4, 4)
    for index in range(number(directory, 2)):
        entry = directory + 2 + 12 * index
        if entry + 12 > len(exif):
            break
        if number(entry, 2) == ORIENTATION_TAG:
            value = number(entry + 8, {3: 2, 4: 4}.get(number(entry + 2, 2), 1))
            return value if UPRIGHT <= value <= 8 else UPRIGHT
    return UPRIGHT
