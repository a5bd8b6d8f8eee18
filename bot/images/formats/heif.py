"""HEIC and AVIF by their items (ISO/IEC 23008-12 and 23000-22; AV1 Image File Format 1.1).

Only pictures as phones and browsers make them: one coded item, or a grid of them. EXIF beside them has no say in how a
picture stands: its own turns (`irot`, `imir`) do.
"""

from bot.images.formats.boxes import Item, Items, read_items
from bot.images.formats.container import UPRIGHT, BrokenPictureError, Container, OverloadedPictureError

HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"})
AVIF_BRANDS = frozenset({b"avif", b"avis"})
COMMON_BRANDS = frozenset({b"mif1", b"msf1"})
"""Say no more than HEIF: what else a file calls itself decides."""
HEVC, AV1, GRID = b"hvc1", b"av01", b"grid"
MOST_DATA_BYTES = 256 * 1024 * 1024
"""Of all items together: many may point to the same bytes, and each is read."""
MOST_WASTE = 4
"""How many times its own pixels a grid's tiles may have together."""
SMALL_PIXELS = 4_000_000
AFTER_QUARTER_TURN = {1: 8, 2: 5, 3: 6, 4: 7, 5: 4, 6: 1, 7: 2, 8: 3}
"""EXIF orientations: what each becomes by a quarter turn to the left."""
AFTER_MIRROR = (
    {1: 4, 2: 3, 3: 2, 4: 1, 5: 8, 6: 7, 7: 6, 8: 5},
    {1: 2, 2: 1, 3: 4, 4: 3, 5: 6, 6: 5, 7: 8, 8: 7},
)
"""By axis: top and bottom change places, left and right do."""


def accepts_heic(head: bytes) -> bool:
    return _is_of(head, HEIC_BRANDS)


def accepts_avif(head: bytes) -> bool:
    return _is_of(head, AVIF_BRANDS)


def scan_heic(content: bytes) -> Container:
    """The decoder obeys the turns itself."""
    items = read_items(content)
    return _scan(items, HEVC, orientation=UPRIGHT, bare=content)


def scan_avif(content: bytes) -> Container:
    """Of a moving one, the still picture that has to be in it."""
    items = read_items(content)
    # With this brand a decoder leaves the items alone and plays the track.
    bare = content[:8] + b"avif" + content[12:] if content[8:12] == b"avis" else content
    return _scan(items, AV1, orientation=_orientation(items), bare=bare)


def _is_of(head: bytes, brands: frozenset[bytes]) -> bool:
    if head[4:8] != b"ftyp":
        return False
    size = int.from_bytes(head[:4], "big")
    compatible = {head[start : start + 4] for start in range(16, min(size, len(head)), 4)}
    return head[8:12] in brands or (head[8:12] in COMMON_BRANDS and not brands.isdisjoint(compatible))


def _scan(items: Items, codec: bytes, *, orientation: int, bare: bytes) -> Container:
    main = items.item(items.primary)
    tiles = _tiles(items, items.primary)
    if main.kind != codec and (main.kind != GRID or not tiles or any(tile.kind != codec for tile in tiles)):
        raise BrokenPictureError("no picture")
    width, height = _extent(main)
    _check_data(items)
    for number in (items.primary, *(start for kind, start, ends in items.links if kind == b"auxl" and items.primary in ends)):
        _check_waste(items.item(number), _tiles(items, number))
    return Container(
        width=width,
        height=height,
        bare=bare,
        orientation=orientation,
        profile=next((found for item in (main, *tiles[:1]) if (found := _profile(item)) is not None), None),
        still=False,
    )


def _tiles(items: Items, number: int) -> list[Item]:
    """As often as they are named."""
    if items.item(number).kind != GRID:
        return []
    return [items.item(end) for kind, start, ends in items.links if kind == b"dimg" and start == number for end in ends]


def _extent(item: Item) -> tuple[int, int]:
    """Width and height before any turn."""
    payload = item.last(b"ispe")
    if payload is None or len(payload) < 12:
        raise BrokenPictureError("ispe")
    return int.from_bytes(payload[4:8], "big"), int.from_bytes(payload[8:12], "big")


def _pixels(item: Item) -> int:
    width, height = _extent(item)
    return width * height


def _profile(item: Item) -> bytes | None:
    colours = [payload[4:] for kind, payload in item.properties if kind == b"colr" and payload[:4] in {b"prof", b"rICC"}]
    return colours[0] if colours else None


def _orientation(items: Items) -> int:
    turned = UPRIGHT
    for kind, payload in items.item(items.primary).properties:
        if kind == b"irot" and payload:
            for _ in range(payload[0] & 3):
                turned = AFTER_QUARTER_TURN[turned]
        elif kind == b"imir" and payload:
            turned = AFTER_MIRROR[payload[0] & 1][turned]
    return turned


def _check_waste(grid: Item, tiles: list[Item]) -> None:
    if tiles and sum(_pixels(tile) for tile in tiles) > max(SMALL_PIXELS, MOST_WASTE * _pixels(grid)):
        raise OverloadedPictureError("tiles")


def _check_data(items: Items) -> None:
    if sum(length for item in items.items.values() for _, length in item.extents) > MOST_DATA_BYTES:
        raise OverloadedPictureError("data")
