"""Parses BMP by its headers (Microsoft, "Bitmap Storage")."""

from bot.images.formats.container import BrokenPictureError, Container, UnsupportedPictureError

FILE_HEADER = 14
OS2_HEADER = 12
"""The oldest header, with sides of two bytes."""
HEADER_SIZES = frozenset({OS2_HEADER, 40, 52, 56, 64, 108, 124})
PLAIN, RUNS_8, RUNS_4, MASKS = 0, 1, 2, 3
DEPTHS = {PLAIN: {1, 4, 8, 16, 24, 32}, RUNS_8: {8}, RUNS_4: {4}, MASKS: {16, 32}}
"""By compression: bits per pixel."""
FIXED_ROWS = frozenset({PLAIN, MASKS})
"""Compressions with which every row has the same number of bytes."""
RUN_PASSES = 50
"""Pillow decodes runs in Python, pixel by pixel: that takes as long as many passes of another decoder."""


def accepts(head: bytes) -> bool:
    return head[:2] == b"BM" and _number(head, 14, 4) in HEADER_SIZES


def scan(content: bytes) -> Container:
    """Raises BrokenPictureError for a file with fewer rows than it claims."""
    old = _number(content, 14, 4) == OS2_HEADER
    width, height = (_number(content, position, 2 if old else 4) for position in ((18, 20) if old else (18, 22)))
    if height >= 1 << 31:
        # The rows are stored from the top down.
        height = (1 << 32) - height
    depth = _number(content, 24 if old else 28, 2)
    compression = PLAIN if old else _number(content, 30, 4)
    if depth not in DEPTHS.get(compression, set()):
        raise UnsupportedPictureError(f"compression {compression} of {depth} bits")
    start = _number(content, 10, 4)
    needed = (width * depth + 31) // 32 * 4 * height if compression in FIXED_ROWS else 1
    if start < FILE_HEADER + OS2_HEADER or start + needed > len(content):
        raise BrokenPictureError("cut off")
    return Container(
        width=width,
        height=height,
        stripped=content,
        passes=1 if compression in FIXED_ROWS else RUN_PASSES,
        unusual=compression == MASKS,
    )


def _number(content: bytes, start: int, length: int) -> int:
    return int.from_bytes(content[start : start + length], "little")
