"""How a picture has to be turned for display, as its metadata say: EXIF first, then XMP."""

import re
import zlib
from typing import Literal

EXIF_PREFIX = b"Exif\0\0"
ORIENTATION_TAG = 0x0112
NORMAL_ORIENTATION = 1
MOST_TEXT_BYTES = 256 * 1024
"""How much of a text is read: metadata that say how a picture is turned are far smaller."""
XMP_ORIENTATION = re.compile(rb"tiff:Orientation(?:\s{0,9}=\s{0,9}[\"']|\s{0,9}>)\s{0,9}([1-8])\s{0,9}[\"'<]")
"""As an attribute or as an element (XMP part 1, "RDF serialization")."""
RAW_PROFILE = re.compile(rb"\s{0,9}\w{1,9}\s{1,9}\d{1,10}\s")
"""What stands before the hexadecimal digits of a "raw profile": its kind and its length."""
SPACES = b" \t\r\n"


def exif_orientation(exif: bytes | None) -> int | None:
    """The orientation of a TIFF structure's first directory (EXIF 2.32, 4.6.4); None if it is missing or invalid."""
    if exif is None:
        return None
    exif = exif.removeprefix(EXIF_PREFIX)
    order = exif[:4]
    if order not in {b"II*\0", b"MM\0*"}:
        return None
    byte_order: Literal["little", "big"] = "little" if order[:1] == b"I" else "big"

    def number(start: int, length: int) -> int:
        return int.from_bytes(exif[start : start + length], byte_order)

    directory = number(4, 4)
    for index in range(number(directory, 2)):
        entry = directory + 2 + 12 * index
        if entry + 12 > len(exif):
            break
        if number(entry, 2) == ORIENTATION_TAG:
            return valid_orientation(number(entry + 8, {3: 2, 4: 4}.get(number(entry + 2, 2), 1)))
    return None


def xmp_orientation(xmp: bytes | None) -> int | None:
    found = None if xmp is None else XMP_ORIENTATION.search(xmp[:MOST_TEXT_BYTES])
    return None if found is None else int(found[1])


def valid_orientation(value: int) -> int | None:
    return value if NORMAL_ORIENTATION <= value <= 8 else None


def choose_orientation(*known: int | None) -> int:
    """The first that is known; else the picture is shown as it is stored."""
    return next((value for value in known if value is not None), NORMAL_ORIENTATION)


def read_raw_profile(text: bytes | None) -> bytes | None:
    """Metadata that ImageMagick and others write into a PNG's text as hexadecimal digits; None if there are none."""
    found = None if text is None else RAW_PROFILE.match(text)
    if text is None or found is None:
        return None
    try:
        return bytes.fromhex(text[found.end() :].translate(None, SPACES).decode("ascii"))
    except ValueError:
        return None


def inflate_text(compressed: bytes) -> bytes | None:
    """The beginning of a compressed text; None if it is damaged."""
    try:
        return zlib.decompressobj().decompress(compressed, MOST_TEXT_BYTES)
    except zlib.error:
        return None
