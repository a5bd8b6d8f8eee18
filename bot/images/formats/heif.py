"""Parses HEIC and AVIF by their items (ISO/IEC 23008-12 and 23000-22; AV1 Image File Format 1.1).

Supports the pictures that phones and browsers make: one coded item or a grid of them. Their orientation is defined by the
properties `irot` and `imir`; an EXIF orientation is ignored.
"""

from bot.images.formats.boxes import Item, ItemTable, read_items
from bot.images.formats.container import NORMAL_ORIENTATION, BrokenPictureError, Container, PictureBombError

HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"})
AVIF_BRANDS = frozenset({b"avif", b"avis"})
GENERIC_BRANDS = frozenset({b"mif1", b"msf1"})
"""These only say HEIF; the compatible brands decide between HEIC and AVIF."""
HEVC, AV1, GRID = b"hvc1", b"av01", b"grid"
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
    tiles = _tiles(items, items.primary)
    if main.kind != codec and (main.kind != GRID or not tiles or any(tile.kind != codec for tile in tiles)):
        raise BrokenPictureError("no picture")
    width, height = _dimensions(main)
    _check_data_size(items)
    for number in (
        items.primary,
        *(start for (kind, start), ends in items.references.items() if kind == b"auxl" and items.primary in ends),
    ):
        _check_tiles(items.item(number), _tiles(items, number))
    return Container(
        width=width,
        height=height,
        stripped=stripped,
        orientation=orientation,
        profile=next((found for item in (main, *tiles[:1]) if (found := _profile(item)) is not None), None),
    )


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


def _check_tiles(grid: Item, tiles: list[Item]) -> None:
    if tiles and sum(_pixels(tile) for tile in tiles) > max(SMALL_GRID_PIXELS, MOST_TILE_OVERHEAD * _pixels(grid)):
        raise PictureBombError("tiles")


def _check_data_size(items: ItemTable) -> None:
    if sum(length for item in items.items.values() for _, length in item.extents) > MOST_DATA_BYTES:
        raise PictureBombError("data")
