"""JPEG by its segments (ITU-T T.81 annex B; JFIF 1.02; ICC.1 annex B.4)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from bot.images.formats.container import (
    EXIF_PREFIX,
    MOST_PARTS,
    BrokenPictureError,
    Container,
    OverloadedPictureError,
    read_orientation,
)

START = b"\xff\xd8"
END_OF_IMAGE = 0xD9
START_OF_SCAN = 0xDA
STANDALONE = frozenset({0x00, 0x01, *range(0xD0, 0xD9)})
FRAMES = frozenset({0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF})
TOLD = frozenset({*range(0xE0, 0xF0), 0xFE})
"""APP0 to APP15 and comments: what tells about the picture."""
NO_DENSITY = b"\0\0\x01\0\x01\0\0"
"""JFIF's units, densities and thumbnail: square pixels of no size. A scanner's own would tell of it."""
MARKER = re.compile(rb"\xff[^\xff]", re.DOTALL)
AFTER_SCAN = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")
MOST_SCANS = 100
"""A progressive picture has about ten; each costs a pass over all of it, however few bytes it has."""


@dataclass
class _Segments:
    """What has been read so far."""

    kept: list[bytes] = field(default_factory=lambda: [START])
    frame: bytes = b""
    exif: bytes | None = None
    profile: dict[int, bytes] = field(default_factory=dict)
    scans: int = 0
    jfif: bool = False


def accepts(head: bytes) -> bool:
    return head.startswith(b"\xff\xd8\xff")


def scan(content: bytes) -> Container:
    read = _Segments()
    for marker, start, end in _segments(content):
        if marker in TOLD:
            _hear(read, marker, content[start:end])
            continue
        if marker == START_OF_SCAN:
            read.scans += 1
        elif marker in FRAMES:
            if read.frame:
                raise BrokenPictureError("two frames")
            read.frame = content[start + 4 : end]
        read.kept.append(content[start:end])
        if read.scans > MOST_SCANS:
            raise OverloadedPictureError("scans")
    if len(read.frame) < 6 or not read.scans:
        raise BrokenPictureError("no frame")
    bare = b"".join(read.kept)
    return Container(
        width=int.from_bytes(read.frame[3:5], "big"),
        height=int.from_bytes(read.frame[1:3], "big"),
        bare=content if bare == content else bare,
        orientation=read_orientation(read.exif),
        profile=b"".join(read.profile[number] for number in sorted(read.profile)) or None,
        plain=read.frame[0] == 8 and read.frame[5] in {1, 3},
    )


def _segments(content: bytes) -> Iterator[tuple[int, int, int]]:
    """Marker, start and end of every segment up to the end of the image; a scan's data belongs to its segment."""
    position = len(START)
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
            if after is None:
                raise BrokenPictureError("cut off")
            end = after.start()
        yield marker, position, end
        if marker == END_OF_IMAGE:
            return
        position = end
    raise OverloadedPictureError("segments")


def _hear(read: _Segments, marker: int, segment: bytes) -> None:
    """Keep what a decoder needs for the colours (JFIF and Adobe, at their plain length); remember EXIF and the profile."""
    payload = segment[4:]
    if marker == 0xE0 and payload.startswith(b"JFIF\0") and len(payload) >= 14 and not read.jfif:
        read.jfif = True
        read.kept.append(b"\xff\xe0\x00\x10" + payload[:7] + NO_DENSITY)
    elif marker == 0xEE and payload.startswith(b"Adobe") and len(payload) >= 12:
        read.kept.append(b"\xff\xee\x00\x0e" + payload[:12])
    elif marker == 0xE1 and payload.startswith(EXIF_PREFIX) and read.exif is None:
        read.exif = payload[len(EXIF_PREFIX) :]
    elif marker == 0xE2 and payload.startswith(b"ICC_PROFILE\0") and len(payload) > 14:
        read.profile.setdefault(payload[12], payload[14:])
