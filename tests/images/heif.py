"""Builds HEIC files as phones write them: a picture or a grid of tiles, with rotation, alpha plane, EXIF and ICC profile."""

import struct
from dataclasses import dataclass, field

from PIL import Image

from tests.images import hevc

SRGB = b"nclx" + struct.pack(">HHHB", 1, 13, 6, 0x80)
"""Full-range BT.601 with sRGB's transfer curve, like Pillow's YCbCr."""


@dataclass
class Layout:
    """The items of a file and their properties."""

    items: list[tuple[bytes, bytes]] = field(default_factory=list)
    """Type and data, numbered from 1."""
    properties: list[bytes] = field(default_factory=list)
    """Complete boxes, numbered from 1."""
    associations: dict[int, list[int]] = field(default_factory=dict)
    """The numbers of each item's properties."""
    references: list[tuple[bytes, int, list[int]]] = field(default_factory=list)
    """Type, from, to."""
    shared: dict[int, int] = field(default_factory=dict)
    """Items that use the data of another item."""

    def add(self, kind: bytes, data: bytes, *properties: bytes) -> int:
        self.items.append((kind, data))
        number = len(self.items)
        self.associations[number] = [self._property(content) for content in properties]
        return number

    def _property(self, content: bytes) -> int:
        if content not in self.properties:
            self.properties.append(content)
        return self.properties.index(content) + 1


def box(kind: bytes, *payload: bytes) -> bytes:
    body = b"".join(payload)
    return struct.pack(">I", len(body) + 8) + kind + body


def full_box(kind: bytes, *payload: bytes, version: int = 0, flags: int = 0) -> bytes:
    return box(kind, bytes([version]) + flags.to_bytes(3, "big"), *payload)


def spatial_extents(width: int, height: int) -> bytes:
    return full_box(b"ispe", struct.pack(">II", width, height))


def quarter_turns(count: int) -> bytes:
    """Anticlockwise."""
    return box(b"irot", bytes([count]))


def mirrored(axis: int) -> bytes:
    """0 exchanges top and bottom, 1 exchanges left and right."""
    return box(b"imir", bytes([axis]))


def profile_box(profile: bytes) -> bytes:
    return box(b"colr", b"prof", profile)


def decoder_configuration(width: int, height: int, *, grey: bool = False) -> bytes:
    """The `hvcC` box."""
    sets = hevc.parameters(width, height, grey=grey)
    arrays = b"".join(bytes([0x80 | kind]) + struct.pack(">HH", 1, len(unit)) + unit for kind, unit in sets.items())
    rest = bytes([0xF0, 0, 0xFC, 0xFC | (0 if grey else 1), 0xF8, 0xF8, 0, 0, 0x0F, len(sets)])
    return box(b"hvcC", b"\x01" + hevc.PROFILE + rest + arrays)


def heic(
    image: Image.Image,
    *,
    extra_properties: tuple[bytes, ...] = (),
    profile: bytes | None = None,
    exif: bytes | None = None,
    claimed: tuple[int, int] | None = None,
    brand: bytes = b"heic",
) -> bytes:
    """One coded picture. `extra_properties` follow its size (rotation, reflection); `claimed` replaces that size."""
    layout = Layout()
    colours = box(b"colr", SRGB) if profile is None else profile_box(profile)
    size = spatial_extents(*(claimed or image.size))
    main = layout.add(
        b"hvc1", hevc.slices(image.convert("RGB")), size, decoder_configuration(*image.size), colours, *extra_properties
    )
    if image.mode == "RGBA":
        plane = image.getchannel("A")
        kind = full_box(b"auxC", b"urn:mpeg:hevc:2015:auxid:1\0")
        alpha = layout.add(
            b"hvc1", hevc.slices(plane), spatial_extents(*plane.size), decoder_configuration(*plane.size, grey=True), kind
        )
        layout.references.append((b"auxl", alpha, [main]))
    _add_exif(layout, main, exif)
    return encode_file(layout, main, brand)


def grid_heic(
    tile: Image.Image,
    columns: int,
    rows: int,
    *,
    size: tuple[int, int] | None = None,
    extra_properties: tuple[bytes, ...] = (),
    exif: bytes | None = None,
    claimed: tuple[int, int] | None = None,
) -> bytes:
    """A grid that repeats one tile, as a picture of `size`; the tile's bytes are in the file only once."""
    layout = Layout()
    shown = size or (tile.width * columns, tile.height * rows)
    table = struct.pack(">BBBBII", 0, 1, rows - 1, columns - 1, *shown)
    main = layout.add(b"grid", table, spatial_extents(*(claimed or shown)), box(b"colr", SRGB), *extra_properties)
    properties = (spatial_extents(*tile.size), decoder_configuration(*tile.size), box(b"colr", SRGB))
    first = layout.add(b"hvc1", hevc.slices(tile.convert("RGB")), *properties)
    others = [layout.add(b"hvc1", b"", *properties) for _ in range(columns * rows - 1)]
    layout.shared.update(dict.fromkeys(others, first))
    layout.references.append((b"dimg", main, [first, *others]))
    _add_exif(layout, main, exif)
    return encode_file(layout, main, b"heic")


def derived_heic(
    kind: bytes,
    image: Image.Image,
    *,
    data: bytes = b"",
    sources: int = 1,
    size: tuple[int, int] | None = None,
    extra_properties: tuple[bytes, ...] = (),
) -> bytes:
    """A picture of this kind, derived from one coded picture as often as `sources` says."""
    layout = Layout()
    main = layout.add(kind, data, spatial_extents(*(size or image.size)), *extra_properties)
    properties = (spatial_extents(*image.size), decoder_configuration(*image.size), box(b"colr", SRGB))
    coded = layout.add(b"hvc1", hevc.slices(image.convert("RGB")), *properties)
    layout.references.append((b"dimg", main, [coded] * sources))
    return encode_file(layout, main, b"heic")


def overlay(size: tuple[int, int], *places: tuple[int, int]) -> bytes:
    """The data of an `iovl` item: a white canvas, and where each picture stands on it."""
    canvas = struct.pack(">BB4HHH", 0, 0, 0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF, *size)
    return canvas + b"".join(struct.pack(">hh", *place) for place in places)


def _add_exif(layout: Layout, main: int, exif: bytes | None) -> None:
    if exif is not None:
        item = layout.add(b"Exif", struct.pack(">I", 6) + exif)
        layout.references.append((b"cdsc", item, [main]))


def encode_file(layout: Layout, main: int, brand: bytes) -> bytes:
    start = box(b"ftyp", brand, bytes(4), b"mif1", b"heic")
    # The location table has a fixed length: the first pass finds out where the data begins.
    begin = len(start) + len(_meta(layout, main, 0)) + 8
    data = b"".join(content for _, content in layout.items)
    return start + _meta(layout, main, begin) + box(b"mdat", data)


def _meta(layout: Layout, main: int, begin: int) -> bytes:
    handler = full_box(b"hdlr", bytes(4), b"pict", bytes(13))
    names = [full_box(b"infe", struct.pack(">HH", number, 0), kind, b"\0", version=2) for number, kind in _kinds(layout)]
    items = full_box(b"iinf", struct.pack(">H", len(names)), *names)
    references = [box(kind, struct.pack(f">HH{len(ends)}H", start, len(ends), *ends)) for kind, start, ends in layout.references]
    associations = b"".join(
        struct.pack(">HB", number, len(numbers)) + bytes(0x80 | one for one in numbers)
        for number, numbers in layout.associations.items()
        if numbers
    )
    count = sum(bool(numbers) for numbers in layout.associations.values())
    described = box(b"iprp", box(b"ipco", *layout.properties), full_box(b"ipma", struct.pack(">I", count), associations))
    return full_box(
        b"meta",
        handler,
        full_box(b"pitm", struct.pack(">H", main)),
        items,
        full_box(b"iref", *references),
        described,
        _locations(layout, begin),
    )


def _kinds(layout: Layout) -> list[tuple[int, bytes]]:
    return [(number, kind) for number, (kind, _) in enumerate(layout.items, 1)]


def _locations(layout: Layout, begin: int) -> bytes:
    """`iloc`, version 0: four bytes each for an offset and a length."""
    locations: dict[int, tuple[int, int]] = {}
    for number, (_, data) in enumerate(layout.items, 1):
        locations[number] = (begin, len(data))
        begin += len(data)
    entries = [struct.pack(">HHHII", number, 0, 1, *locations[layout.shared.get(number, number)]) for number in locations]
    return full_box(b"iloc", struct.pack(">BBH", 0x44, 0, len(entries)), *entries)
