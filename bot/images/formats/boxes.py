"""Reads the boxes of a HEIF file: its items, their data and their properties (ISO/IEC 14496-12, 23008-12)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import MappingProxyType

from bot.images.formats.container import BrokenPictureError, PartCounter, PictureBombError

MOST_ITEMS = 10_000
"""A large photograph has a few hundred tiles; some decoders search all items for each one."""
FILE_OFFSET, IDAT_OFFSET = 0, 1
"""Construction methods: extents count from the start of the file or from the start of the `idat` box."""


@dataclass(kw_only=True)
class Item:
    """A coded picture, a derived one, or metadata. `extents`: start and length within the file."""

    kind: bytes = b""
    extents: list[tuple[int, int]] = field(default_factory=list)
    properties: list[tuple[bytes, bytes]] = field(default_factory=list)
    """Box type and payload."""
    spatial_extents: bytes | None = None
    """The payload of the last `ispe` property, which every link to a tile asks for."""

    def add_property(self, kind: bytes, payload: bytes) -> None:
        self.properties.append((kind, payload))
        if kind == b"ispe":
            self.spatial_extents = payload


@dataclass(kw_only=True)
class ItemTable:
    """What the `meta` box says about a file's items."""

    parts: PartCounter
    """Boxes, links and entries."""
    primary: int = 0
    items: dict[int, Item] = field(default_factory=dict)
    references: dict[tuple[bytes, int], list[int]] = field(default_factory=dict)
    """By type and item: `dimg` derives from these items, `auxl` is auxiliary to them."""

    def item(self, number: int) -> Item:
        item = self.items.setdefault(number, Item())
        if len(self.items) > MOST_ITEMS:
            raise PictureBombError("items")
        return item


class _Reader:
    """Reads big-endian numbers from a range of the file, never beyond its end."""

    def __init__(self, content: bytes, start: int, end: int) -> None:
        self.content = content
        self.position = start
        self.end = end

    def read(self, length: int) -> bytes:
        start = self.position
        self.position += length
        if self.position > self.end:
            raise BrokenPictureError("cut off")
        return self.content[start : self.position]

    def read_int(self, length: int) -> int:
        return int.from_bytes(self.read(length), "big")

    def read_version(self) -> tuple[int, int]:
        """Version and flags of a full box."""
        return self.read_int(1), self.read_int(3)


def read_items(content: bytes) -> ItemTable:
    """Raises BrokenPictureError if a box is truncated or missing, PictureBombError if there are too many."""
    table = ItemTable(parts=PartCounter(len(content)))
    meta: _Reader | None = None
    for kind, box in _boxes(table, _Reader(content, 0, len(content))):
        if kind == b"meta" and meta is None:
            meta = box
    if meta is None:
        raise BrokenPictureError("no meta")
    _read_meta(table, meta)
    return table


def _boxes(table: ItemTable, outer: _Reader) -> Iterator[tuple[bytes, _Reader]]:
    """The boxes of a range. Some cameras append other data after the last box of a file; reading stops there."""
    while outer.end - outer.position >= 8:
        table.parts.count()
        start = outer.position
        size, kind = outer.read_int(4), outer.read(4)
        if not kind.isascii() or not kind.decode().isprintable():
            return
        if size == 1:
            size = outer.read_int(8)
        elif size == 0:
            size = outer.end - start
        body, outer.position = outer.position, start + size
        if outer.position < body or outer.position > outer.end:
            raise BrokenPictureError("cut off")
        yield kind, _Reader(outer.content, body, outer.position)


def _read_meta(table: ItemTable, meta: _Reader) -> None:
    meta.read_version()
    boxes: dict[bytes, _Reader] = {}
    for kind, box in _boxes(table, meta):
        boxes.setdefault(kind, box)
    idat = boxes.get(b"idat")
    for kind, read in READERS.items():
        if kind in boxes:
            read(table, boxes[kind])
    if b"iloc" in boxes:
        _read_locations(table, boxes[b"iloc"], idat)


def _read_primary(table: ItemTable, box: _Reader) -> None:
    version, _ = box.read_version()
    table.primary = box.read_int(4 if version else 2)


def _read_item_types(table: ItemTable, box: _Reader) -> None:
    version, _ = box.read_version()
    box.read_int(4 if version else 2)
    for kind, entry in _boxes(table, box):
        version, _ = entry.read_version()
        if kind == b"infe" and version >= 2:
            number = entry.read_int(4 if version > 2 else 2)
            entry.read_int(2)
            table.item(number).kind = entry.read(4)


def _read_references(table: ItemTable, box: _Reader) -> None:
    version, _ = box.read_version()
    id_size = 4 if version else 2
    for kind, reference in _boxes(table, box):
        start, count = reference.read_int(id_size), reference.read_int(2)
        ends = table.references.setdefault((kind, start), [])
        for _ in range(count):
            table.parts.count()
            ends.append(reference.read_int(id_size))


def _read_properties(table: ItemTable, box: _Reader) -> None:
    properties: list[tuple[bytes, bytes]] = []
    for kind, part in _boxes(table, box):
        if kind == b"ipco":
            properties = [(name, one.read(one.end - one.position)) for name, one in _boxes(table, part)]
        elif kind == b"ipma":
            _read_associations(table, part, properties)


def _read_associations(table: ItemTable, box: _Reader, properties: list[tuple[bytes, bytes]]) -> None:
    version, flags = box.read_version()
    index_size = 2 if flags & 1 else 1
    for _ in range(box.read_int(4)):
        table.parts.count()
        item = table.item(box.read_int(4 if version else 2))
        for _ in range(box.read_int(1)):
            table.parts.count()
            # The highest bit marks a property as essential.
            index = box.read_int(index_size) & (0x7FFF if flags & 1 else 0x7F)
            if 0 < index <= len(properties):
                item.add_property(*properties[index - 1])


def _read_locations(table: ItemTable, box: _Reader, idat: _Reader | None) -> None:
    version, _ = box.read_version()
    sizes = box.read_int(2)
    offset_size, length_size, base_size, index_size = (sizes >> shift & 0xF for shift in (12, 8, 4, 0))
    for _ in range(box.read_int(4 if version == 2 else 2)):
        table.parts.count()
        item = table.item(box.read_int(4 if version == 2 else 2))
        method = box.read_int(2) & 0xF if version else FILE_OFFSET
        box.read_int(2)
        base = box.read_int(base_size)
        for _ in range(box.read_int(2)):
            table.parts.count()
            if version:
                box.read_int(index_size)
            item.extents.append(_extent(box, method, base + box.read_int(offset_size), box.read_int(length_size), idat))


def _extent(box: _Reader, method: int, start: int, length: int, idat: _Reader | None) -> tuple[int, int]:
    """Start and length within the file; a length of 0 means up to the end. Raises BrokenPictureError for missing data."""
    first, end = 0, len(box.content)
    if method == IDAT_OFFSET and idat is not None:
        first, end = idat.position, idat.end
    elif method != FILE_OFFSET:
        raise BrokenPictureError("data elsewhere")
    length = length or end - first - start
    if length < 0 or first + start + length > end:
        raise BrokenPictureError("cut off")
    return first + start, length


READERS: MappingProxyType[bytes, Callable[[ItemTable, _Reader], None]] = MappingProxyType(
    {b"pitm": _read_primary, b"iinf": _read_item_types, b"iref": _read_references, b"iprp": _read_properties},
)
"""How each box inside `meta` is read."""
