"""Small valid-looking files that cost much to look at: many links, many passes, many parts."""

import struct
from collections.abc import Mapping
from functools import cache

from bot.errors import RefusalCode
from tests.images.corpus import Hostile, bmp_claiming
from tests.images.heif import box, full_box, spatial_extents
from tests.images.sample_files import chunk, deflated_zeros, encoded, noise, riff, scene, segment
from tests.images.tiff import DEFLATE, tiff

LINKS = 95_000


@cache
def attacks(links: int = LINKS) -> Mapping[str, Hostile]:
    """`links`: how many boxes, links, chunks or blocks each file has."""
    bomb, broken, complex_ = RefusalCode.REF_BOMB, RefusalCode.REF_UNREADABLE, RefusalCode.REF_TOO_COMPLEX
    refused = {
        "tile links.heic": (tile_links(b"heic", links), bomb),
        "tile links.avif": (tile_links(b"avif", links), bomb),
        "auxiliary links.heic": (auxiliary_links(b"heic", links), broken),
        "auxiliary links.avif": (auxiliary_links(b"avif", links), broken),
        "items.heic": (many_items(links), bomb),
        "extents.heic": (many_extents(links), bomb),
        "scans.jpg": (many_scans(), complex_),
        "sub-blocks.gif": (gif_blocks(3 * links), bomb),
        "strips.tiff": (tiff_strips(links), bomb),
        "entries.tiff": (tiff_entries(links), broken),
        "runs.bmp": (bmp_claiming(9000, 9000, runs=b"\0\0" * links), complex_),
        "scans without an end.jpg": (scans_without_end(), complex_),
    }
    accepted = {
        "segments.jpg": jpeg_segments(links),
        "fill bytes.jpg": fill_bytes(links),
        "chunks.webp": webp_chunks(links),
        "profile.png": inflating_profile(),
        "profile.jpg": large_profile(),
        "directory.jpg": endless_directory(),
        "zeros.gif": encoded(scene(), "GIF")[:-1] + bytes(links),
        "texts.png": png_texts(links),
    }
    return {
        **{name: Hostile(name=name, content=content, refusal=code) for name, (content, code) in refused.items()},
        **{name: Hostile(name=name, content=content) for name, content in accepted.items()},
    }


def _links(kind: bytes, start: int, ends: list[int]) -> bytes:
    return box(kind, struct.pack(f">HH{len(ends)}H", start, len(ends), *ends))


def _meta(brand: bytes, *boxes: bytes) -> bytes:
    return box(b"ftyp", brand, bytes(4), brand) + full_box(b"meta", full_box(b"pitm", struct.pack(">H", 1)), *boxes)


def _items(*kinds: bytes) -> bytes:
    entries = [full_box(b"infe", struct.pack(">HH", number, 0), kind, b"\0", version=2) for number, kind in enumerate(kinds, 1)]
    return full_box(b"iinf", struct.pack(">H", len(entries)), *entries)


def _sizes() -> bytes:
    """The first item has a size."""
    return box(b"iprp", box(b"ipco", spatial_extents(640, 480)), full_box(b"ipma", struct.pack(">IHB", 1, 1, 1), b"\1"))


def tile_links(brand: bytes, links: int) -> bytes:
    """A grid that links to one tile again and again; the tile links to as many properties, of which the last is its size."""
    codec = b"hvc1" if brand == b"heic" else b"av01"
    half, most = links // 2, 60_000
    tiles = [_links(b"dimg", 1, [2] * min(most, half - start)) for start in range(0, half, most)]
    numbers = bytes([1] * 254 + [2])
    entries = [struct.pack(">HB", 1, 1) + b"\2", *(struct.pack(">HB", 2, 255) + numbers for _ in range(half // 255))]
    properties = box(b"ipco", box(b"free"), spatial_extents(640, 480))
    associations = full_box(b"ipma", struct.pack(">I", len(entries)), *entries)
    return _meta(brand, _items(b"grid", codec), full_box(b"iref", *tiles), box(b"iprp", properties, associations))


def auxiliary_links(brand: bytes, links: int) -> bytes:
    """Each of thousands of boxes links one grid to the picture; a grid's own links are looked up in all of them."""
    table = full_box(b"iref", *[_links(b"auxl", 2, [1])] * links)
    return _meta(brand, _items(b"hvc1" if brand == b"heic" else b"av01", b"grid"), table, _sizes())


def many_items(links: int) -> bytes:
    """Links to as many items as there are numbers for."""
    starts = range(0, links, 60_000)
    table = [_links(b"dimg", 1, list(range(2, 2 + min(60_000, links - start)))) for start in starts]
    return _meta(b"heic", _items(b"grid"), full_box(b"iref", *table), _sizes())


def many_extents(links: int) -> bytes:
    """One item in as many pieces, each of which is the whole file."""
    pieces = min(links, 65_535)
    location = full_box(b"iloc", b"\0\0" + struct.pack(">HHHH", 1, 1, 0, pieces))
    return _meta(b"heic", _items(b"hvc1"), location, _sizes())


def many_scans() -> bytes:
    """A progressive JPEG of 84 megapixels: each of its ninety scans has a few bytes, and costs a pass over all of them."""
    jpeg = encoded(scene(), "JPEG", progressive=True)
    start, frame = jpeg.index(b"\xff\xda"), jpeg.index(b"\xff\xc2")
    large = jpeg[: frame + 5] + struct.pack(">HH", 9000, 9333) + jpeg[frame + 9 : start]
    again = segment(0xDA, b"\x01\x01\x00\x01\x05\x00") + bytes(3800)
    return large + again * 80 + jpeg[start:]


def gif_blocks(links: int) -> bytes:
    """A comment in blocks of one byte, in several extensions."""
    gif = encoded(scene(), "GIF")
    each = 50_000
    comments = b"".join(b"\x21\xfe" + b"\1x" * min(each, links - start) + b"\0" for start in range(0, links, each))
    first = gif.index(b"\x2c")
    return gif[:first] + comments + gif[first:]


def jpeg_segments(links: int) -> bytes:
    jpeg = encoded(noise(90, 60), "JPEG")
    return jpeg[:2] + segment(0xFE, b"x") * links + jpeg[2:]


def fill_bytes(links: int) -> bytes:
    """A marker may be preceded by any number of fill bytes."""
    jpeg = encoded(noise(90, 60), "JPEG")
    return jpeg[:2] + b"\xff" * links + jpeg[2:]


def webp_chunks(links: int) -> bytes:
    webp = encoded(scene(), "WEBP")
    return riff((b"VP8 ", webp[20:]), *[(b"EXIF", b"")] * links)


def inflating_profile() -> bytes:
    """A colour profile that takes a thousand times its size."""
    png = encoded(scene(), "PNG")
    return png[:33] + chunk(b"iCCP", b"x\0\0" + deflated_zeros(200_000_000)) + png[33:]


def large_profile() -> bytes:
    """A colour profile of sixteen megabytes."""
    jpeg = encoded(scene(), "JPEG")
    parts = [segment(0xE2, b"ICC_PROFILE\0" + bytes([number, 255]) + bytes(65_000)) for number in range(1, 256)]
    return jpeg[:2] + b"".join(parts) + jpeg[2:]


def endless_directory() -> bytes:
    """EXIF data that claims 65,535 entries, each in the same place."""
    jpeg = encoded(scene(), "JPEG")
    entries = struct.pack("<HHII", 0x010E, 3, 1, 77) * 5000
    return jpeg[:2] + segment(0xE1, b"Exif\0\0II*\0\x08\0\0\0\xff\xff" + entries) + jpeg[2:]


def tiff_strips(links: int) -> bytes:
    """As many strips as there are rows, each of which is the whole file."""
    rows = min(links, 60_000)
    return tiff((300, rows), bytes(900), compression=DEFLATE, tag_278=(1,), tag_273=(8,) * rows, tag_279=(900,) * rows)


def tiff_entries(links: int) -> bytes:
    """A directory that claims 65,535 entries, of which none matters."""
    head = b"II*\0\x08\0\0\0\xff\xff"
    return head + struct.pack("<HHII", 700, 1, 1, 0) * min(links, 60_000)


def scans_without_end() -> bytes:
    """Each decoding of a file without its end is done again for comparison."""
    jpeg = encoded(scene(), "JPEG", progressive=True)
    frame = jpeg.index(b"\xff\xc2")
    return (jpeg[: frame + 5] + struct.pack(">HH", 8000, 8000) + jpeg[frame + 9 : -2]).ljust(64_000_000 // 1000, b"\0")


def png_texts(links: int) -> bytes:
    """Texts with a keyword that counts, without an end."""
    png = encoded(scene(), "PNG")
    return png[:33] + chunk(b"iTXt", b"XML:com.adobe.xmp\0") * (links // 2) + png[33:]
