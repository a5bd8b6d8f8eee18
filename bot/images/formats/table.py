"""The picture formats we read, and what other files look like."""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf

from bot.images.formats import gif, heif, jpeg, png, webp
from bot.images.formats.container import Container

HEAD_BYTES = 64
"""Of a file's beginning: what it takes to recognise it."""
BOMB_PIXELS = 89_478_485
"""Where Pillow begins to warn: 256 MiB as RGB."""
MOST_DECODING_BYTES = 768 * 1024 * 1024
"""What one picture may hold of our memory while it is decoded."""


@dataclass(frozen=True, kw_only=True)
class Format:
    """One row. `decoder` is Pillow's name for it; `scan` raises BrokenPictureError or OverloadedPictureError."""

    name: str
    media_type: str
    decoder: str
    accepts: Callable[[bytes], bool]
    scan: Callable[[bytes], Container]
    sendable: bool
    """Every gateway takes it as it is; the others become JPEG or PNG."""
    decoding_bytes: int
    """What its decoder holds at its peak, in bytes a pixel of the file (measured: Pillow 13.0, pi-heif 1.4; a process apart counts too)."""
    most_in_a_byte: float = inf
    """Pixels: a file that claims more cannot have them all, though its decoder would fill in grey and not complain."""
    photographic: bool = False
    """Painted anew, it is a JPEG, unless it is transparent."""
    in_subprocess: bool = False
    """Decoded in a process of its own; needs painting always."""
    scalable_decode: bool = False
    """Its decoder can check all of the file while painting a half or an eighth of it."""

    @property
    def most_pixels(self) -> int:
        """More are not decoded, however few bytes they take."""
        return min(BOMB_PIXELS, MOST_DECODING_BYTES // self.decoding_bytes)


FORMATS = (
    Format(
        name="PNG",
        media_type="image/png",
        decoder="PNG",
        accepts=png.accepts,
        scan=png.scan,
        sendable=True,
        decoding_bytes=6,
    ),
    Format(
        name="JPEG",
        media_type="image/jpeg",
        decoder="JPEG",
        accepts=jpeg.accepts,
        scan=jpeg.scan,
        sendable=True,
        decoding_bytes=9,
        # At least a bit for each block of 64; colour may have a sixteenth of the blocks.
        most_in_a_byte=1024,
        photographic=True,
        scalable_decode=True,
    ),
    Format(
        name="WebP",
        media_type="image/webp",
        decoder="WEBP",
        accepts=webp.accepts,
        scan=webp.scan,
        sendable=True,
        decoding_bytes=16,
    ),
    Format(
        name="GIF",
        media_type="image/gif",
        decoder="GIF",
        accepts=gif.accepts,
        scan=gif.scan,
        sendable=False,
        decoding_bytes=5,
    ),
    Format(
        name="HEIC",
        media_type="image/heic",
        decoder="HEIF",
        accepts=heif.accepts_heic,
        scan=heif.scan_heic,
        sendable=False,
        decoding_bytes=13,
        photographic=True,
        in_subprocess=True,
    ),
    Format(
        name="AVIF",
        media_type="image/avif",
        decoder="AVIF",
        accepts=heif.accepts_avif,
        scan=heif.scan_avif,
        sendable=False,
        decoding_bytes=13,
        photographic=True,
        in_subprocess=True,
    ),
)

OTHERS: tuple[tuple[int, bytes, str], ...] = (
    (0, b"%PDF-", "application/pdf"),
    (0, b"PK\x03\x04", "application/zip"),
    (0, b"BM", "image/bmp"),
    (0, b"II*\0", "image/tiff"),
    (0, b"MM\0*", "image/tiff"),
    (0, b"8BPS", "image/vnd.adobe.photoshop"),
    (0, b"\0\0\x01\0", "image/x-icon"),
    (0, b"\xff\x0a", "image/jxl"),
    (0, b"\0\0\0\x0cJXL ", "image/jxl"),
    (0, b"\0\0\0\x0cjP  ", "image/jp2"),
    (4, b"ftypmif1", "image/heif"),
    (4, b"ftypmsf1", "image/heif"),
    (4, b"ftyp", "video/mp4"),
    (0, b"\x1a\x45\xdf\xa3", "video/webm"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"OggS", "audio/ogg"),
)
"""Where a signature stands, what it is, and the media type it means; the first that fits."""


def recognise(content: bytes) -> Format | None:
    head = content[:HEAD_BYTES]
    return next((row for row in FORMATS if row.accepts(head)), None)


def seems_to_be(content: bytes) -> str:
    """What a file that is none of our formats looks like: a media type, or plain words where there is none."""
    if not content:
        return "an empty file"
    for position, signature, media_type in OTHERS:
        if content.startswith(signature, position):
            return media_type
    start = content[:1024].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if b"<svg" in start:
        return "image/svg+xml"
    if start.startswith((b"<!doctype html", b"<html", b"<head", b"<body")):
        return "text/html"
    try:
        content[:1024].decode("utf-8")
    except UnicodeDecodeError as error:
        # A character may be cut by the end of the sample.
        if error.start < 1020:
            return "an unknown kind of file"
    return "an unknown kind of file" if b"\0" in content[:1024] else "text/plain"
