"""Parses WebP by its RIFF chunks (RFC 9649)."""

from collections.abc import Iterator

from bot.images.formats.container import MOST_PARTS, BrokenPictureError, Container, PictureBombError
from bot.images.formats.orientation import choose_orientation, exif_orientation, xmp_orientation

IMAGE_CHUNKS = frozenset({b"VP8 ", b"VP8L", b"ALPH", b"ANIM"})
METADATA_FLAGS = 0x20 | 0x08 | 0x04
"""VP8X flags: the file has an ICC profile, EXIF, XMP."""
ANIMATED_FLAG = 0x02


def accepts(head: bytes) -> bool:
    return head[:4] == b"RIFF" and head[8:12] == b"WEBP"


def scan(content: bytes) -> Container:
    kept: list[bytes] = []
    metadata: dict[bytes, bytes] = {}
    width = height = frames = flags = 0
    for kind, start, end in chunks(content):
        payload = content[start + 8 : end]
        if kind == b"VP8X" and not kept:
            width, height = _canvas(payload)
            flags = payload[0]
            kept.append(kind + (10).to_bytes(4, "little") + bytes([flags & ~METADATA_FLAGS]) + payload[1:10])
        elif kind == b"ANMF":
            frames += 1
            kept += [content[start:end]] if frames == 1 else []
        elif kind in IMAGE_CHUNKS:
            kept.append(content[start:end])
            found = _dimensions(kind, payload)
            width, height = max(width, found[0]), max(height, found[1])
        elif kind in {b"EXIF", b"XMP ", b"ICCP"}:
            metadata.setdefault(kind, payload)
    if not width or not height:
        raise BrokenPictureError("no picture")
    body = b"WEBP" + b"".join(kept)
    stripped = b"RIFF" + len(body).to_bytes(4, "little") + body
    return Container(
        width=width,
        height=height,
        stripped=content if stripped == content else stripped,
        orientation=choose_orientation(exif_orientation(metadata.get(b"EXIF")), xmp_orientation(metadata.get(b"XMP "))),
        profile=metadata.get(b"ICCP"),
        single_frame=not flags & ANIMATED_FLAG,
    )


def chunks(content: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Type, start and padded end of each chunk inside the RIFF; data after the RIFF is ignored."""
    limit = 8 + int.from_bytes(content[4:8], "little")
    if limit > len(content):
        raise BrokenPictureError("cut off")
    position = 12
    for _ in range(MOST_PARTS):
        if position + 8 > limit:
            return
        length = int.from_bytes(content[position + 4 : position + 8], "little")
        end = position + 8 + length + length % 2
        if position + 8 + length > limit:
            raise BrokenPictureError("cut off")
        yield content[position : position + 4], position, min(end, limit)
        position = end
    raise PictureBombError("chunks")


def _canvas(payload: bytes) -> tuple[int, int]:
    if len(payload) < 10:
        raise BrokenPictureError("VP8X")
    return int.from_bytes(payload[4:7], "little") + 1, int.from_bytes(payload[7:10], "little") + 1


def _dimensions(kind: bytes, payload: bytes) -> tuple[int, int]:
    match kind:
        case b"VP8 ":
            if payload[3:6] != b"\x9d\x01\x2a" or len(payload) < 10:
                raise BrokenPictureError("VP8")
            return int.from_bytes(payload[6:8], "little") & 0x3FFF, int.from_bytes(payload[8:10], "little") & 0x3FFF
        case b"VP8L":
            if payload[:1] != b"\x2f" or len(payload) < 5:
                raise BrokenPictureError("VP8L")
            bits = int.from_bytes(payload[1:5], "little")
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case _:
            return 0, 0
