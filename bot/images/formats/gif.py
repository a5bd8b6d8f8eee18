"""Parses GIF by its blocks (GIF89a specification)."""

import re

from bot.images.formats.container import BrokenPictureError, Container, PartCounter

EXTENSION = 0x21
IMAGE = 0x2C
TRAILER = 0x3B
GRAPHIC_CONTROL = 0xF9
ZEROS = re.compile(rb"\0*+")
"""Some programs put zero bytes between blocks."""


def accepts(head: bytes) -> bool:
    return head[:6] in {b"GIF87a", b"GIF89a"}


def scan(content: bytes) -> Container:
    """Keeps the blocks of the first frame, with the control block that defines its transparency.

    Raises BrokenPictureError for a file that is cut inside a block.
    """
    position = 13 + _table_bytes(content, 10)
    kept = [content[:position]]
    control = b""
    width, height = int.from_bytes(content[6:8], "little"), int.from_bytes(content[8:10], "little")
    frames, parts = 0, PartCounter(len(content))
    # Some programs write no trailer: a file that ends where a block could begin is whole.
    while (position := _after_zeros(content, position)) < len(content) and (kind := content[position]) != TRAILER:
        if kind == EXTENSION:
            end = _after_blocks(content, position + 2, parts)
            if _byte(content, position + 1) == GRAPHIC_CONTROL:
                control = content[position:end]
        elif kind == IMAGE:
            frames += 1
            end = _after_blocks(content, position + 10 + _table_bytes(content, position + 9) + 1, parts)
            if frames == 1:
                kept += [control, content[position:end]]
                left, top, frame_width, frame_height = (_word(content, position + offset) for offset in (1, 3, 5, 7))
                width, height = max(width, left + frame_width), max(height, top + frame_height)
        else:
            raise BrokenPictureError("block")
        position = end
    if not frames:
        raise BrokenPictureError("no frame")
    stripped = b"".join([*kept, bytes([TRAILER])])
    return Container(
        width=width,
        height=height,
        stripped=content if stripped == content else stripped,
        single_frame=frames == 1,
        ended=position < len(content),
    )


def _after_zeros(content: bytes, position: int) -> int:
    found = ZEROS.match(content, position)
    return position if found is None else found.end()


def _byte(content: bytes, position: int) -> int:
    if position >= len(content):
        raise BrokenPictureError("cut off")
    return content[position]


def _word(content: bytes, position: int) -> int:
    return int.from_bytes(content[position : position + 2], "little")


def _table_bytes(content: bytes, position: int) -> int:
    """Length of the colour table that the packed byte at this position declares."""
    packed = _byte(content, position)
    return 3 << (packed & 0x07) + 1 if packed & 0x80 else 0


def _after_blocks(content: bytes, position: int, parts: PartCounter) -> int:
    """The position after a series of data sub-blocks; each counts as a part."""
    while length := _byte(content, position):
        parts.count()
        position += 1 + length
    parts.count()
    return position + 1
