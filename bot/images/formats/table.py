"""The picture formats we read, and what other files look like."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.images.formats import gif, jpeg, png, webp
from bot.images.formats.container import Container


@dataclass(frozen=True, kw_only=True)
class Format:
    """One row. `pillow` is the decoder's name; `scan` raises BrokenPictureError or OverloadedPictureError."""

    name: str
    media_type: str
    pillow: str
    accepts: Callable[[bytes], bool]
    scan: Callable[[bytes], Container]
    sendable: bool
    """Every gateway takes it as it is; the others become PNG."""
    photographic: bool = False
    """Painted anew, it stays a JPEG."""
    scalable_decode: bool = False
    """Its decoder can check all of the file while painting an eighth of it."""


FORMATS = (
    Format(name="PNG", media_type="image/png", pillow="PNG", accepts=png.accepts, scan=png.scan, sendable=True),
    Format(
        name="JPEG",
        media_type="image/jpeg",
        pillow="JPEG",
        accepts=jpeg.accepts,
        scan=jpeg.scan,
        sendable=True,
        photographic=True,
        scalable_decode=True,
    ),
    Format(name="WebP", media_type="image/webp", pillow="WEBP", accepts=webp.accepts, scan=webp.scan, sendable=True),
    Format(name="GIF", media_type="image/gif", pillow="GIF", accepts=gif.accepts, scan=gif.scan, sendable=False),
)
NAMES = ", ".join(row.name for row in FORMATS)

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
    (4, b"ftypavif", "image/avif"),
    (4, b"ftypavis", "image/avif"),
    (4, b"ftyphei", "image/heic"),
    (4, b"ftyphev", "image/heic"),
    (4, b"ftypmif1", "image/heif"),
    (4, b"ftypmsf1", "image/heif"),
    (4, b"ftyp", "video/mp4"),
    (0, b"\x1a\x45\xdf\xa3", "video/webm"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"OggS", "audio/ogg"),
)
"""Where a signature stands, what it is, and the media type it means; the first that fits."""


def recognise(content: bytes) -> Format | None:
    head = content[:32]
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
