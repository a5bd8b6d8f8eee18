"""Parses JPEG by its segments (ITU-T T.81 annex B; JFIF 1.02; ICC.1 annex B.4)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from bot.images.formats.container import MOST_PARTS, BrokenPictureError, Container, PictureBombError
from bot.images.formats.orientation import EXIF_PREFIX, choose_orientation, exif_orientation, xmp_orientation

START_OF_IMAGE = b"\xff\xd8"
END_OF_IMAGE = 0xD9
END = b"\xff\xd9"
START_OF_SCAN = 0xDA
STANDALONE = frozenset({0x00, 0x01, *range(0xD0, 0xD9)})
FRAMES = frozenset({0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF})
METADATA_MARKERS = frozenset({*range(0xE0, 0xF0), 0xFE})
"""APP0 to APP15 and comments."""
XMP_PREFIX = b"http://ns.adobe.com/xap/1.0/\0"
NO_DENSITY = b"\0\0\x01\0\x01\0\0"
"""JFIF's units, densities and thumbnail, replaced by neutral values: the original ones can identify a scanner."""
MARKER = re.compile(rb"\xff[^\xff]", re.DOTALL)
AFTER_SCAN = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")
COEFFICIENTS = 64
_FILLER = bytes(range(0x35, 0xF5, 3)) * 4
OTHER_DATA = _FILLER + b"".join(bytes((0xFF, 0xD0 + number)) + _FILLER for number in range(8))
"""Data for the rest of a scan, and for eight restart intervals: for whichever one the decoder still waits."""
DECODINGS = 3
"""A file without an end is decoded twice for comparison before its picture is used."""
MOST_SCANS = 100
"""A progressive picture has about ten scans; each costs a pass over the whole picture, however few bytes it has."""


@dataclass
class _Parsed:
    """What has been parsed so far."""

    kept: list[bytes] = field(default_factory=lambda: [START_OF_IMAGE])
    frame: bytes = b""
    exif: bytes | None = None
    xmp: bytes | None = None
    profile: dict[int, bytes] = field(default_factory=dict)
    scans: int = 0
    jfif: bool = False
    missing: dict[int, set[int]] = field(default_factory=dict)
    """By component: the coefficients of which some bits are still to come."""
    whole: int = 0
    """How many of the parts that are kept belong to the picture, from the scan on that may be its last."""


def accepts(head: bytes) -> bool:
    return head.startswith(b"\xff\xd8\xff")


def scan(content: bytes) -> Container:
    parsed = _Parsed()
    ended = True
    try:
        for marker, start, end in _segments(content):
            _read_segment(parsed, marker, content, start, end)
    except BrokenPictureError:
        # Panoramas of some phones have other data in place of the end.
        if not parsed.whole:
            raise
        ended = False
    if len(parsed.frame) < 6 or not parsed.scans:
        raise BrokenPictureError("no frame")
    stripped = b"".join(parsed.kept) if ended else b"".join(parsed.kept[: parsed.whole]).rstrip(b"\xff") + END
    return Container(
        width=int.from_bytes(parsed.frame[3:5], "big"),
        height=int.from_bytes(parsed.frame[1:3], "big"),
        stripped=content if stripped == content else stripped,
        orientation=choose_orientation(exif_orientation(parsed.exif), xmp_orientation(parsed.xmp)),
        profile=b"".join(parsed.profile[number] for number in sorted(parsed.profile)) or None,
        passes=parsed.scans if ended else parsed.scans * DECODINGS,
        standard_pixel_format=parsed.frame[0] == 8 and parsed.frame[5] in {1, 3},
        ended=ended,
        other_end=None if ended else stripped.removesuffix(END) + OTHER_DATA + END,
    )


def _read_segment(parsed: _Parsed, marker: int, content: bytes, start: int, end: int) -> None:
    if marker in METADATA_MARKERS:
        _read_metadata(parsed, marker, content[start:end])
        return
    if marker == START_OF_SCAN:
        parsed.scans += 1
    elif marker in FRAMES:
        if parsed.frame:
            raise BrokenPictureError("two frames")
        parsed.frame = content[start + 4 : end]
        components = parsed.frame[6 : 6 + 3 * parsed.frame[5] : 3] if len(parsed.frame) > 5 else b""
        parsed.missing = {component: set(range(COEFFICIENTS)) for component in components}
    parsed.kept.append(content[start:end])
    if parsed.scans > MOST_SCANS:
        raise PictureBombError("scans")
    if marker == START_OF_SCAN and not parsed.whole:
        _count_coefficients(parsed, content[start + 4 : start + 4 + 14])


def _count_coefficients(parsed: _Parsed, header: bytes) -> None:
    """After the scan that brings the last bits of the last coefficient, the picture may end (ITU-T T.81, B.2.3)."""
    count = header[0] if header else 0
    if not 1 <= count <= 4 or len(header) < 4 + 2 * count:
        return
    first, last, approximation = header[1 + 2 * count : 4 + 2 * count]
    if not approximation & 0x0F:
        for component in header[1 : 1 + 2 * count : 2]:
            parsed.missing.get(component, set()).difference_update(range(first, min(last, COEFFICIENTS - 1) + 1))
    if parsed.missing and not any(parsed.missing.values()):
        parsed.whole = len(parsed.kept)


def _segments(content: bytes) -> Iterator[tuple[int, int, int]]:
    """Marker, start and end of each segment up to the end of the image; a scan's data counts as part of its segment."""
    position = len(START_OF_IMAGE)
    for _ in range(MOST_PARTS):
        found = MARKER.search(content, position)
        if found is None:
            raise BrokenPictureError("cut off")
        position = found.start()
        marker = content[position + 1]
        end = position + 2
        if marker in STANDALONE:
            position = end
            continue
        if marker != END_OF_IMAGE:
            end += int.from_bytes(content[end : end + 2], "big")
            if end < position + 4 or end > len(content):
                raise BrokenPictureError("cut off")
        if marker == START_OF_SCAN:
            after = AFTER_SCAN.search(content, end)
            end = len(content) if after is None else after.start()
        yield marker, position, end
        if marker == END_OF_IMAGE:
            return
        position = end
    raise PictureBombError("segments")


def _read_metadata(parsed: _Parsed, marker: int, segment: bytes) -> None:
    """Keep what a decoder needs for the colours (the fixed parts of JFIF and Adobe); remember EXIF and the ICC profile."""
    payload = segment[4:]
    if marker == 0xE0 and payload.startswith(b"JFIF\0") and len(payload) >= 14 and not parsed.jfif:
        parsed.jfif = True
        parsed.kept.append(b"\xff\xe0\x00\x10" + payload[:7] + NO_DENSITY)
    elif marker == 0xEE and payload.startswith(b"Adobe") and len(payload) >= 12:
        parsed.kept.append(b"\xff\xee\x00\x0e" + payload[:12])
    elif marker == 0xE1 and payload.startswith(EXIF_PREFIX) and parsed.exif is None:
        parsed.exif = payload[len(EXIF_PREFIX) :]
    elif marker == 0xE1 and payload.startswith(XMP_PREFIX) and parsed.xmp is None:
        parsed.xmp = payload[len(XMP_PREFIX) :]
    elif marker == 0xE2 and payload.startswith(b"ICC_PROFILE\0") and len(payload) > 14:
        parsed.profile.setdefault(payload[12], payload[14:])
