"""The boxes of a HEIF file: its items, where their data lies, what is said of them (ISO/IEC 14496-12, 23008-12)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import MappingProxyType

from bot.images.formats.container import MOST_PARTS, BrokenPictureError, OverloadedPictureError

FILE, INSIDE_META = 0, 1
"""Construction methods: where an extent counts from."""


@dataclass(kw_only=True)
class Item:
    """A coded picture, a recipe for one, or words. `extents` are start and length within the file."""

    kind: bytes = b""
    extents: list[tuple[int, int]] = field(default_factory=list)
    properties: list[tuple[bytes, bytes]] = field(default_factory=list)
    """Box kind and payload."""

    def last(self, kind: bytes) -> bytes | None:
        found = [payload for name, payload in self.properties if name == kind]
        return found[-1] if found else None


@dataclass(kw_only=True)
class Items:
    primary: int = 0
    items: dict[int, Item] = field(default_factory=dict)
    links: list[tuple[bytes, int, list[int]]] = field(default_factory=list)
    """Kind, from, to: `dimg` is made of, `auxl` belongs to."""
    parts: int = 0
    """What has been read, so that reading ends."""

    def item(self, number: int) -> Item:
        return self.items.setdefault(number, Item())

    def count(self) -> None:
        self.parts += 1
        if self.parts > MOST_PARTS:
            raise OverloadedPictureError("boxes")


class _Reader:
    """Big-endian numbers from a stretch of the file; none beyond its end."""

    def __init__(self, content: bytes, start: int, end: int) -> None:
        self.content = content
        self.position = start
        self.end = end

    def take(self, length: int) -> bytes:
        start = self.position
        self.position += length
        if self.position > self.end:
            raise BrokenPictureError("cut off")
        return self.content[start : self.position]

    def number(self, length: int) -> int:
        return int.from_bytes(self.take(length), "big")

    def version(self) -> tuple[int, int]:
        """Version and flags of a full box."""
        return self.number(1), self.number(3)


def read_items(content: bytes) -> Items:
    """Raises BrokenPictureError where a box is cut off or missing, OverloadedPictureError where there are far too many."""
    found = Items()
    meta: _Reader | None = None
    for kind, box in _boxes(found, _Reader(content, 0, len(content))):
        if kind == b"meta" and meta is None:
            meta = box
    if meta is None:
        raise BrokenPictureError("no meta")
    _read_meta(found, meta)
    return found


def _boxes(found: Items, outer: _Reader) -> Iterator[tuple[bytes, _Reader]]:
    """Every box of a stretch. Behind the last one of a file there may be what a camera added; that is nobody's box."""
    while outer.end - outer.position >= 8:
        found.count()
        start = outer.position
        size, kind = outer.number(4), outer.take(4)
        if not kind.isascii() or not kind.decode().isprintable():
            return
        if size == 1:
            size = outer.number(8)
        elif size == 0:
            size = outer.end - start
        body, outer.position = outer.position, start + size
        if outer.position < body or outer.position > outer.end:
            raise BrokenPictureError("cut off")
        yield kind, _Reader(outer.content, body, outer.position)


def _read_meta(found: Items, meta: _Reader) -> None:
    meta.version()
    boxes: dict[bytes, _Reader] = {}
    for kind, box in _boxes(found, meta):
        boxes.setdefault(kind, box)
    inside = boxes.get(b"idat")
    for kind, read in READERS.items():
        if kind in boxes:
            read(found, boxes[kind])
    if b"iloc" in boxes:
        _read_places(found, boxes[b"iloc"], inside)


def _read_primary(found: Items, box: _Reader) -> None:
    version, _ = box.version()
    found.primary = box.number(4 if version else 2)


def _read_kinds(found: Items, box: _Reader) -> None:
    version, _ = box.version()
    box.number(4 if version else 2)
    for kind, entry in _boxes(found, box):
        version, _ = entry.version()
        if kind == b"infe" and version >= 2:
            number = entry.number(4 if version > 2 else 2)
            entry.number(2)
            found.item(number).kind = entry.take(4)


def _read_links(found: Items, box: _Reader) -> None:
    version, _ = box.version()
    wide = 4 if version else 2
    for kind, link in _boxes(found, box):
        start, count = link.number(wide), link.number(2)
        ends = []
        for _ in range(count):
            found.count()
            ends.append(link.number(wide))
        found.links.append((kind, start, ends))


def _read_properties(found: Items, box: _Reader) -> None:
    known: list[tuple[bytes, bytes]] = []
    for kind, part in _boxes(found, box):
        if kind == b"ipco":
            known = [(name, one.take(one.end - one.position)) for name, one in _boxes(found, part)]
        elif kind == b"ipma":
            _read_owners(found, part, known)


def _read_owners(found: Items, box: _Reader, known: list[tuple[bytes, bytes]]) -> None:
    version, flags = box.version()
    wide = 2 if flags & 1 else 1
    for _ in range(box.number(4)):
        item = found.item(box.number(4 if version else 2))
        for _ in range(box.number(1)):
            found.count()
            # The highest bit says whether a reader must understand it.
            index = box.number(wide) & (0x7FFF if flags & 1 else 0x7F)
            if 0 < index <= len(known):
                item.properties.append(known[index - 1])


def _read_places(found: Items, box: _Reader, inside: _Reader | None) -> None:
    version, _ = box.version()
    sizes = box.number(2)
    place, length, base, index = (sizes >> shift & 0xF for shift in (12, 8, 4, 0))
    for _ in range(box.number(4 if version == 2 else 2)):
        item = found.item(box.number(4 if version == 2 else 2))
        method = box.number(2) & 0xF if version else FILE
        box.number(2)
        start = box.number(base)
        for _ in range(box.number(2)):
            found.count()
            if version:
                box.number(index)
            item.extents.append(_extent(box, method, start + box.number(place), box.number(length), inside))


def _extent(box: _Reader, method: int, start: int, length: int, inside: _Reader | None) -> tuple[int, int]:
    """Raises BrokenPictureError for data that is not all there; a length of zero means all of it."""
    first, end = 0, len(box.content)
    if method == INSIDE_META and inside is not None:
        first, end = inside.position, inside.end
    elif method != FILE:
        raise BrokenPictureError("data elsewhere")
    length = length or end - first - start
    if length < 0 or first + start + length > end:
        raise BrokenPictureError("cut off")
    return first + start, length


READERS: MappingProxyType[bytes, Callable[[Items, _Reader], None]] = MappingProxyType(
    {b"pitm": _read_primary, b"iinf": _read_kinds, b"iref": _read_links, b"iprp": _read_properties},
)
"""What a box inside `meta` tells."""
