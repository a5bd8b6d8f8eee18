"""Parses HEIC and AVIF by their items (ISO/IEC 23008-12 and 23000-22; AV1 Image File Format 1.1).

Supports the pictures that phones and browsers make: one coded item or a grid of them, and in HEIC an item derived from such
(`iden`, `iovl`). Their orientation is defined by the properties `irot` and `imir`; an EXIF orientation is ignored.
"""

from bot.images.formats.boxes import Item, ItemTable, read_items
from bot.images.formats.container import BrokenPictureError, Container, PictureBombError, UnsupportedPictureError
from bot.images.formats.orientation import NORMAL_ORIENTATION

HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"})
AVIF_BRANDS = frozenset({b"avif", b"avis"})
GENERIC_BRANDS = frozenset({b"mif1", b"msf1"})
"""These only say HEIF; the compatible brands decide between HEIC and AVIF."""
HEVC, AV1, GRID = b"hvc1", b"av01", b"grid"
DERIVED = frozenset({b"iden", b"iovl"})
"""The same picture with other properties, and pictures laid over each other."""
MOST_DATA_BYTES = 256 * 1024 * 1024
"""All items together: many may refer to the same bytes, and each of them is read."""
MOST_TILE_OVERHEAD = 4
"""The tiles of a grid may have this many times the pixels of the grid itself."""
SMALL_GRID_PIXELS = 4_000_000
"""Tiles that have no more pixels than this together are always accepted."""
AFTER_QUARTER_TURN = {1: 8, 2: 5, 3: 6, 4: 7, 5: 4, 6: 1, 7: 2, 8: 3}
"""The EXIF orientation that each one becomes by a quarter turn anticlockwise."""
AFTER_MIRROR = (
    {1: 4, 2: 3, 3: 2, 4: 1, 5: 8, 6: 7, 7: 6, 8: 5},
    {1: 2, 2: 1, 3: 4, 4: 3, 5: 6, 6: 5, 7: 8, 8: 7},
)
"""By `imir` axis: top and bottom are exchanged, left and right are exchanged."""


def accepts_heic(head: bytes) -> bool:
    return _has_brand(head, HEIC_BRANDS)


def accepts_avif(head: bytes) -> bool:
    return _has_brand(head, AVIF_BRANDS)


def scan_heic(content: bytes) -> Container:
    """The decoder applies the orientation itself."""
    items = read_items(content)
    return _scan(items, HEVC, orientation=NORMAL_ORIENTATION, stripped=content)


def scan_avif(content: bytes) -> Container:
    """Of an image sequence, the still picture that it must contain."""
    items = read_items(content)
    # With the brand `avis` a decoder would read the track instead of the still picture.
    stripped = content[:8] + b"avif" + content[12:] if content[8:12] == b"avis" else content
    return _scan(items, AV1, orientation=_orientation(items), stripped=stripped)


def _has_brand(head: bytes, brands: frozenset[bytes]) -> bool:
    if head[4:8] != b"ftyp":
        return False
    size = int.from_bytes(head[:4], "big")
    compatible = {head[start : start + 4] for start in range(16, min(size, len(head)), 4)}
    return head[8:12] in brands or (head[8:12] in GENERIC_BRANDS and not brands.isdisjoint(compatible))


def _scan(items: ItemTable, codec: bytes, *, orientation: int, stripped: bytes) -> Container:
    main = items.item(items.primary)
    sources = _sources(items, items.primary, codec)
    width, height = _dimensions(main)
    _check_data_size(items)
    if main.kind in DERIVED:
        _check_pixels(main, [items.item(number) for number in sources])
    auxiliary = (start for (kind, start), ends in items.references.items() if kind == b"auxl" and items.primary in ends)
    for number in (*dict.fromkeys(sources), *auxiliary):
        _check_tiles(items, number, codec)
    coded = [main, *(items.item(number) for number in sources[:1]), *_tiles(items, sources[0])[:1]]
    return Container(
        width=width,
        height=height,
        stripped=stripped,
        orientation=orientation,
        profile=next((found for item in coded if (found := _profile(item)) is not None), None),
        unusual=main.kind in DERIVED,
    )


def _sources(items: ItemTable, number: int, codec: bytes) -> list[int]:
    """The coded pictures and grids that a picture is made of: itself, or those that it is derived from.

    Raises BrokenPictureError, or UnsupportedPictureError for any other kind: nothing deeper is decoded.
    """
    kind = items.item(number).kind
    if kind in {codec, GRID}:
        return [number]
    if not kind:
        raise BrokenPictureError("no picture")
    sources = items.references.get((b"dimg", number), [])
    kinds = {items.item(source).kind for source in sources}
    if kind not in DERIVED or codec != HEVC or not kinds or not kinds <= {codec, GRID}:
        raise UnsupportedPictureError(kind.decode("ascii", "replace"))
    return sources


def _tiles(items: ItemTable, number: int) -> list[Item]:
    """The tiles of a grid, repeated as often as the grid refers to them."""
    if items.item(number).kind != GRID:
        return []
    return [items.item(end) for end in items.references.get((b"dimg", number), [])]


def _dimensions(item: Item) -> tuple[int, int]:
    """Width and height before rotation."""
    payload = item.spatial_extents
    if payload is None or len(payload) < 12:
        raise BrokenPictureError("ispe")
    return int.from_bytes(payload[4:8], "big"), int.from_bytes(payload[8:12], "big")


def _pixels(item: Item) -> int:
    width, height = _dimensions(item)
    return width * height


def _profile(item: Item) -> bytes | None:
    colours = [payload[4:] for kind, payload in item.properties if kind == b"colr" and payload[:4] in {b"prof", b"rICC"}]
    return colours[0] if colours else None


def _orientation(items: ItemTable) -> int:
    orientation = NORMAL_ORIENTATION
    for kind, payload in items.item(items.primary).properties:
        if kind == b"irot" and payload:
            for _ in range(payload[0] & 3):
                orientation = AFTER_QUARTER_TURN[orientation]
        elif kind == b"imir" and payload:
            orientation = AFTER_MIRROR[payload[0] & 1][orientation]
    return orientation


def _check_tiles(items: ItemTable, number: int, codec: bytes) -> None:
    item, tiles = items.item(number), _tiles(items, number)
    if item.kind in DERIVED or any(tile.kind not in {codec, b""} for tile in tiles):
        raise UnsupportedPictureError("derived from derived")
    if item.kind == GRID and (not tiles or any(not tile.kind for tile in tiles)):
        raise BrokenPictureError("no tiles")
    _check_pixels(item, tiles)


def _check_pixels(item: Item, parts: list[Item]) -> None:
    if parts and sum(_pixels(part) for part in parts) > max(SMALL_GRID_PIXELS, MOST_TILE_OVERHEAD * _pixels(item)):
        raise PictureBombError("tiles")


def _check_data_size(items: ItemTable) -> None:
    if sum(length for item in items.items.values() for _, length in item.extents) > MOST_DATA_BYTES:
        raise PictureBombError("data")
