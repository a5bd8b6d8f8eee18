"""Parses PNG by its chunks (W3C PNG 3)."""

import zlib
from collections.abc import Iterator

from bot.images.formats.container import MOST_PARTS, MOST_PROFILE_BYTES, BrokenPictureError, Container, PictureBombError
from bot.images.formats.orientation import (
    MOST_TEXT_BYTES,
    choose_orientation,
    exif_orientation,
    inflate_text,
    read_raw_profile,
    xmp_orientation,
)

SIGNATURE = b"\x89PNG\r\n\x1a\n"
KEPT_CHUNKS = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND", b"sRGB", b"gAMA", b"cHRM", b"sBIT"})
"""The chunks that define the pixels. All others are removed: text, times, EXIF, animation, private chunks."""
TEXT_CHUNKS = frozenset({b"tEXt", b"zTXt", b"iTXt"})
XMP_KEYWORD = b"XML:com.adobe.xmp"
RAW_EXIF = (b"Raw profile type exif", b"Raw profile type APP1")
RAW_XMP = b"Raw profile type xmp"
READ_KEYWORDS = frozenset({XMP_KEYWORD, *RAW_EXIF, RAW_XMP})
"""Texts that may say how the picture is turned."""
MOST_KEYWORD = 79
END = b"\0\0\0\0IEND\xaeB`\x82"


def accepts(head: bytes) -> bool:
    return head.startswith(SIGNATURE)


def scan(content: bytes) -> Container:
    kept = [SIGNATURE]
    found: dict[bytes, bytes] = {}
    texts: dict[bytes, bytes] = {}
    last = b""
    for last, start, end in _chunks(content):
        if last in KEPT_CHUNKS:
            kept.append(content[start:end])
        elif last in TEXT_CHUNKS:
            _read_text(texts, last, content, start + 8, end - 4)
        if last in {b"IHDR", b"iCCP", b"eXIf", b"acTL"} and last not in found:
            found[last] = content[start + 8 : end - 4]
    header = found.get(b"IHDR", b"")
    if len(header) != 13:
        raise BrokenPictureError("IHDR")
    ended = last == b"IEND"
    if not ended and b"acTL" in found:
        # A later frame is cut.
        raise BrokenPictureError("cut off")
    kept += [] if ended else [END]
    size = sum(len(part) for part in kept)
    return Container(
        width=int.from_bytes(header[:4], "big"),
        height=int.from_bytes(header[4:8], "big"),
        stripped=content if ended and size == len(content) else b"".join(kept),
        orientation=_orientation(found.get(b"eXIf"), texts),
        profile=_inflate_profile(found[b"iCCP"]) if b"iCCP" in found else None,
        single_frame=b"acTL" not in found,
        standard_pixel_format=header[8] <= 8,
        ended=ended,
    )


def _chunks(content: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Type, start and end of each chunk up to IEND, or to the file's end if that comes after the pixels.

    Raises BrokenPictureError if a chunk is truncated, damaged or missing.
    """
    view = memoryview(content)
    position, has_pixels = len(SIGNATURE), False
    for _ in range(MOST_PARTS):
        end = position + 12 + int.from_bytes(view[position : position + 4], "big")
        kind = content[position + 4 : position + 8]
        if end > len(content):
            # Whether these pixels are all is for the decoder to say.
            if has_pixels and kind != b"IDAT":
                return
            raise BrokenPictureError("cut off")
        if kind in KEPT_CHUNKS and zlib.crc32(view[position + 4 : end - 4]) != int.from_bytes(view[end - 4 : end], "big"):
            raise BrokenPictureError("checksum")
        yield kind, position, end
        if kind == b"IEND":
            return
        has_pixels = has_pixels or kind == b"IDAT"
        position = end
    raise PictureBombError("chunks")


def _read_text(texts: dict[bytes, bytes], kind: bytes, content: bytes, start: int, end: int) -> None:
    """Keep the first text under each keyword that may say how the picture is turned."""
    zero = content.find(b"\0", start, min(end, start + MOST_KEYWORD + 1))
    keyword = content[start:zero] if zero > 0 else b""
    if keyword not in READ_KEYWORDS or keyword in texts:
        return
    compressed = kind == b"zTXt"
    start_of_text = zero + 1 + compressed
    if kind == b"iTXt":
        compressed = content[zero + 1 : zero + 2] == b"\1"
        language = content.find(b"\0", zero + 3, end)
        translation = content.find(b"\0", language + 1, end)
        if language < 0 or translation < 0:
            return
        start_of_text = translation + 1
    text = content[start_of_text : min(end, start_of_text + MOST_TEXT_BYTES)]
    texts[keyword] = (inflate_text(text) or b"") if compressed else text


def _orientation(exif: bytes | None, texts: dict[bytes, bytes]) -> int:
    raw = [exif_orientation(read_raw_profile(texts.get(keyword))) for keyword in RAW_EXIF]
    xmp = [texts.get(XMP_KEYWORD), *(read_raw_profile(texts.get(keyword)) for keyword in (RAW_XMP, RAW_EXIF[1]))]
    return choose_orientation(exif_orientation(exif), *raw, *map(xmp_orientation, xmp))


def _inflate_profile(chunk: bytes) -> bytes | None:
    """None for an unreadable profile: the colours are then treated as sRGB."""
    _, _, rest = chunk.partition(b"\0")
    inflater = zlib.decompressobj()
    try:
        profile = inflater.decompress(rest[1:], MOST_PROFILE_BYTES)
    except zlib.error:
        return None
    return profile if inflater.eof else None
