"""Builds TIFF files from their entries, also such as no program would write."""

import struct
import zlib

WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC, STRIP_OFFSETS, SAMPLES, STRIP_ROWS, STRIP_BYTES = (
    *(256, 257, 258, 259, 262),
    *(273, 277, 278, 279),
)
TILE_WIDTH, TILE_HEIGHT, TILE_OFFSETS, TILE_BYTES, EXTRA_SAMPLES, NEXT = 322, 323, 324, 325, 338, 0
DEFLATE = 8
HEADER_BYTES = 8


def tiff(
    size: tuple[int, int],
    data: bytes,
    *,
    samples: int = 3,
    bits: int = 8,
    compression: int = 1,
    photometric: int = 2,
    mark: str = "<",
    **changes: object,
) -> bytes:
    """One strip with these bytes. `changes`: entries by tag (`tag_273=(8, 8)`), or None to leave one out."""
    entries: dict[int, tuple[int, ...]] = {
        WIDTH: (size[0],),
        HEIGHT: (size[1],),
        BITS: (bits,) * samples,
        COMPRESSION: (compression,),
        PHOTOMETRIC: (photometric,),
        STRIP_OFFSETS: (HEADER_BYTES,),
        SAMPLES: (samples,),
        STRIP_ROWS: (size[1],),
        STRIP_BYTES: (len(data),),
        **({EXTRA_SAMPLES: (2,)} if samples in {2, 4} and photometric < 5 else {}),
    }
    for name, value in changes.items():
        tag = int(name.removeprefix("tag_"))
        if isinstance(value, tuple):
            entries[tag] = value
        else:
            entries.pop(tag, None)
    return encode_tiff(entries, data, mark)


def encode_tiff(entries: dict[int, tuple[int, ...]], data: bytes, mark: str = "<") -> bytes:
    """The data directly after the header, then the directory with numbers of four bytes."""
    data += b"\0" * (len(data) % 2)
    start = HEADER_BYTES + len(data)
    outside = start + 2 + 12 * len(entries) + 4
    rows, more = [], []
    for tag, values in sorted(entries.items()):
        packed = struct.pack(f"{mark}{len(values)}I", *values)
        if len(values) > 1:
            more.append(packed)
            packed, outside = struct.pack(f"{mark}I", outside), outside + len(packed)
        rows.append(struct.pack(f"{mark}HHI", tag, 4, len(values)) + packed.ljust(4, b"\0"))
    order = b"II*\0" if mark == "<" else b"MM\0*"
    head = order + struct.pack(f"{mark}I", start)
    return b"".join([head, data, struct.pack(f"{mark}H", len(rows)), *rows, bytes(4), *more])


def deflated(size: tuple[int, int], *, samples: int = 4, bits: int = 16) -> bytes:
    """A picture of one value, in one compressed strip: few bytes for the most memory."""
    row = bytes([90, 120]) * (size[0] * samples * bits // 16)
    packer = zlib.compressobj(1)
    data = b"".join(packer.compress(row) for _ in range(size[1])) + packer.flush()
    return tiff(size, data, samples=samples, bits=bits, compression=DEFLATE)
