"""Parses PNG by its chunks (W3C PNG 3)."""

import zlib
from collections.abc import Iterator

from bot.images.formats.container import (
    MOST_PARTS,
    MOST_PROFILE_BYTES,
    BrokenPictureError,
    Container,
    PictureBombError,
    read_orientation,
)

SIGNATURE = b"\x89PNG\r\n\x1a\n"
KEPT_CHUNKS = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND", b"sRGB", b"gAMA", b"cHRM", b"sBIT"})
"""The chunks that define the pixels. All others are removed: text, times, EXIF, animation, private chunks."""


def accepts(head: bytes) -> bool:
    return head.startswith(SIGNATURE)


def scan(content: bytes) -> Container:
    kept = [SIGNATURE]
    found: dict[bytes, bytes] = {}
    end = len(SIGNATURE)
    for kind, start, end in _chunks(content):
        if kind in KEPT_CHUNKS:
            kept.append(content[start:end])
        if kind in {b"IHDR", b"iCCP", b"eXIf", b"acTL"} and kind not in found:
            found[kind] = content[start + 8 : end - 4]
    header = found.get(b"IHDR", b"")
    if len(header) != 13:
        raise BrokenPictureError("IHDR")
    size = sum(len(part) for part in kept)
    return Container(
        width=int.from_bytes(header[:4], "big"),
        height=int.from_bytes(header[4:8], "big"),
        stripped=content if size == len(content) else b"".join(kept),
        orientation=read_orientation(found.get(b"eXIf")),
        profile=_inflate_profile(found[b"iCCP"]) if b"iCCP" in found else None,
        single_frame=b"acTL" not in found,
        standard_pixel_format=header[8] <= 8,
    )


def _chunks(content: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Type, start and end of each chunk up to IEND. Raises BrokenPictureError if one is truncated, damaged or missing."""
    view = memoryview(content)
    position = len(SIGNATURE)
    for _ in range(MOST_PARTS):
        end = position + 12 + int.from_bytes(view[position : position + 4], "big")
        if end > len(content):
            raise BrokenPictureError("cut off")
        kind = content[position + 4 : position + 8]
        if kind in KEPT_CHUNKS and zlib.crc32(view[position + 4 : end - 4]) != int.from_bytes(view[end - 4 : end], "big"):
            raise BrokenPictureError("checksum")
        yield kind, position, end
        if kind == b"IEND":
            return
        position = end
    raise PictureBombError("chunks")


def _inflate_profile(chunk: bytes) -> bytes | None:
    """None for an unreadable profile: the colours are then treated as sRGB."""
    _, _, rest = chunk.partition(b"\0")
    inflater = zlib.decompressobj()
    try:
        profile = inflater.decompress(rest[1:], MOST_PROFILE_BYTES)
    except zlib.error:
        return None
    return profile if inflater.eof else None
