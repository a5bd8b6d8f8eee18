"""Parses TIFF by the entries of its first directory (Adobe, "TIFF" revision 6.0).

The decoder gets a directory of our own in place of the file's: only entries that were checked, and only the first picture.
"""

import struct
from math import ceil
from types import MappingProxyType
from typing import Literal

from bot.images.formats.container import (
    MOST_PARTS,
    MOST_PROFILE_BYTES,
    BrokenPictureError,
    Container,
    PictureBombError,
    UnsupportedPictureError,
)
from bot.images.formats.orientation import choose_orientation, valid_orientation
from bot.values import dataclass

BYTE_ORDERS: dict[bytes, Literal["little", "big"]] = {b"II*\0": "little", b"MM\0*": "big"}
WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC, FILL_ORDER = 256, 257, 258, 259, 262, 266
STRIP_OFFSETS, ORIENTATION, SAMPLES, STRIP_ROWS, STRIP_BYTES, PLANES = 273, 274, 277, 278, 279, 284
PREDICTOR, COLOURS, TILE_WIDTH, TILE_HEIGHT, TILE_OFFSETS, TILE_BYTES = 317, 320, 322, 323, 324, 325
EXTRA_SAMPLES, SAMPLE_FORMAT, PROFILE = 338, 339, 34675
READ = frozenset(
    {
        *(WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC, FILL_ORDER, STRIP_OFFSETS, ORIENTATION, SAMPLES, STRIP_ROWS),
        *(STRIP_BYTES, PLANES, PREDICTOR, COLOURS, TILE_WIDTH, TILE_HEIGHT, TILE_OFFSETS, TILE_BYTES, EXTRA_SAMPLES),
        *(SAMPLE_FORMAT, PROFILE),
    }
)
LONG = frozenset({WIDTH, HEIGHT, STRIP_OFFSETS, STRIP_BYTES, STRIP_ROWS, TILE_WIDTH, TILE_HEIGHT, TILE_OFFSETS, TILE_BYTES})
"""Entries that may have numbers of four bytes."""
DROPPED = frozenset({ORIENTATION, PROFILE})
"""Entries that the decoder does not get: we apply them ourselves."""
NUMBER_BYTES = {1: 1, 3: 2, 4: 4, 7: 1}
"""By the type of an entry: the bytes of a number (BYTE, SHORT, LONG, UNDEFINED)."""
DEFAULTS: MappingProxyType[int, tuple[int, ...]] = MappingProxyType(
    {BITS: (1,), COMPRESSION: (1,), SAMPLES: (1,), PLANES: (1,), SAMPLE_FORMAT: (1,), EXTRA_SAMPLES: ()}
)
MOST_SHORT = 0xFFFF
UNCOMPRESSED = 1
COMPRESSIONS = frozenset({UNCOMPRESSED, 5, 8, 32773, 32946})
"""None, LZW, Deflate, PackBits. Others are old or rare, and their decoders have had many faults."""
WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE, CMYK = 0, 1, 2, 3, 5
KINDS = frozenset(
    {
        *((WHITE_IS_ZERO, 1, depth) for depth in (1, 8)),
        *((BLACK_IS_ZERO, 1, depth) for depth in (1, 2, 4, 8, 16)),
        *((PALETTE, 1, depth) for depth in (1, 2, 4, 8)),
        *((RGB, samples, depth) for samples in (3, 4) for depth in (8, 16)),
        (BLACK_IS_ZERO, 2, 8),
        (CMYK, 4, 8),
    }
)
"""Colour, samples and bits of each."""
GREY_AND_ALPHA = 2
MOST_BLOCK_OVERHEAD = 4
"""All strips or tiles may have this many times the pixels of the picture: the last ones reach beyond its edge."""
MOST_BLOCK_SHARE = 1.25
"""One strip or tile is decoded as a whole, and may have this many times the pixels of the picture."""
SMALL_PIXELS = 4_000_000
"""Strips or tiles that have no more pixels than this together are always accepted."""

Directory = dict[int, tuple[int, ...]]


@dataclass(frozen=True, kw_only=True)
class _Source:
    content: bytes
    order: Literal["little", "big"]

    def number(self, start: int, length: int) -> int:
        """Raises BrokenPictureError beyond the end of the file."""
        if start + length > len(self.content):
            raise BrokenPictureError("cut off")
        return int.from_bytes(self.content[start : start + length], self.order)


def accepts(head: bytes) -> bool:
    return head[:4] in BYTE_ORDERS


def scan(content: bytes) -> Container:
    """Raises UnsupportedPictureError for colours and compressions that are not decoded."""
    source = _Source(content=content, order=BYTE_ORDERS[content[:4]])
    directory, profile = _read_directory(source)
    (width,), (height,) = directory.get(WIDTH, (0,))[:1], directory.get(HEIGHT, (0,))[:1]
    if min(width, height) < 1:
        raise BrokenPictureError("no size")
    bits, samples = _check_kind(directory)
    _check_blocks(source, directory, width, height, bits * samples)
    return Container(
        width=width,
        height=height,
        stripped=_with_directory(source, directory),
        orientation=choose_orientation(*map(valid_orientation, directory.get(ORIENTATION, ())[:1])),
        profile=profile,
        standard_pixel_format=False,
        unusual=directory[PLANES] != (1,) or directory.get(FILL_ORDER, (1,)) != (1,) or samples == GREY_AND_ALPHA,
    )


def _read_directory(source: _Source) -> tuple[Directory, bytes | None]:
    """The entries that matter, and the ICC profile."""
    start = source.number(4, 4)
    directory: Directory = dict(DEFAULTS)
    profile: bytes | None = None
    parts, seen = MOST_PARTS, set[int]()
    for index in range(source.number(start, 2)):
        entry = start + 2 + 12 * index
        tag, kind, count = source.number(entry, 2), source.number(entry + 2, 2), source.number(entry + 4, 4)
        size = NUMBER_BYTES.get(kind)
        if tag not in READ or tag in seen or size is None or not count:
            continue
        seen.add(tag)
        at = entry + 8 if size * count <= 4 else source.number(entry + 8, 4)
        if at + size * count > len(source.content):
            raise BrokenPictureError("cut off")
        if tag == PROFILE:
            profile = source.content[at : at + count] if count <= MOST_PROFILE_BYTES else None
            continue
        parts -= count
        if parts < 0:
            raise PictureBombError("entries")
        directory[tag] = tuple(source.number(at + size * number, size) for number in range(count))
        if tag not in LONG and any(number > MOST_SHORT for number in directory[tag]):
            raise BrokenPictureError("number")
    return directory, profile


def _check_kind(directory: Directory) -> tuple[int, int]:
    """Bits of a sample, and samples of a pixel."""
    (compression, *_), (samples, *_), (bits, *others) = (directory[tag] or (0,) for tag in (COMPRESSION, SAMPLES, BITS))
    photometric = (directory.get(PHOTOMETRIC) or (-1,))[0]
    same = all(other == bits for other in others) and all(form == 1 for form in directory[SAMPLE_FORMAT])
    if compression not in COMPRESSIONS or not same or (photometric, samples, bits) not in KINDS:
        raise UnsupportedPictureError(f"compression {compression}, colours {photometric}, {samples} x {bits} bits")
    if photometric == PALETTE and len(directory.get(COLOURS, ())) != 3 << bits:
        raise BrokenPictureError("palette")
    return bits, samples


def _check_blocks(source: _Source, directory: Directory, width: int, height: int, pixel_bits: int) -> None:
    """Every strip or tile that the picture needs is there, and they do not decode to far more than the picture."""
    tiled = TILE_OFFSETS in directory
    offsets, lengths = (directory.get(tag, ()) for tag in ((TILE_OFFSETS, TILE_BYTES) if tiled else (STRIP_OFFSETS, STRIP_BYTES)))
    rows = min((directory.get(STRIP_ROWS) or (height,))[0], height)
    across, down = (*directory.get(TILE_WIDTH, (0,)), *directory.get(TILE_HEIGHT, (0,)))[:2] if tiled else (width, rows)
    if min(across, down) < 1:
        raise BrokenPictureError("block size")
    planes = (directory[SAMPLES] or (1,))[0] if directory[PLANES] == (2,) else 1
    needed = ceil(width / across) * ceil(height / down) * planes
    pixels, all_blocks = width * height, across * down * needed // planes
    if across * down > max(SMALL_PIXELS, MOST_BLOCK_SHARE * pixels) or all_blocks > max(
        SMALL_PIXELS, MOST_BLOCK_OVERHEAD * pixels
    ):
        raise PictureBombError("blocks")
    if needed > min(len(offsets), len(lengths)):
        raise BrokenPictureError("missing blocks")
    if any(offset + length > len(source.content) for offset, length in zip(offsets[:needed], lengths[:needed], strict=True)):
        raise BrokenPictureError("cut off")
    if sum(lengths[:needed]) > len(source.content):
        raise PictureBombError("shared blocks")
    least = pixels * pixel_bits // 8 if directory[COMPRESSION] == (UNCOMPRESSED,) else 0
    if sum(lengths[:needed]) < least:
        raise BrokenPictureError("short blocks")


def _with_directory(source: _Source, directory: Directory) -> bytes:
    """The file with a directory at its end that has the entries of `directory` as numbers of four bytes."""
    mark = "<" if source.order == "little" else ">"
    content = source.content + b"\0" * (len(source.content) % 2)
    kept = sorted((tag, values) for tag, values in directory.items() if tag not in DROPPED and values)
    start = len(content)
    outside = start + 2 + 12 * len(kept) + 4
    entries: list[bytes] = []
    parts: list[bytes] = []
    for tag, values in kept:
        kind, letter = (4, "I") if tag in LONG else (3, "H")
        data = struct.pack(f"{mark}{len(values)}{letter}", *values)
        start_of_data = data.ljust(4, b"\0")
        if len(data) > 4:
            parts.append(data + b"\0" * (len(data) % 2))
            start_of_data = struct.pack(f"{mark}I", outside)
            outside += len(parts[-1])
        entries.append(struct.pack(f"{mark}HHI", tag, kind, len(values)) + start_of_data)
    head = content[:4] + struct.pack(f"{mark}I", start)
    return b"".join([head, content[8:], struct.pack(f"{mark}H", len(kept)), *entries, bytes(4), *parts])
