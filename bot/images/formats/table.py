"""The table of picture formats that we read, and how other files are recognised for the refusal."""

from collections.abc import Callable
from math import inf

from bot.images.formats import bmp, gif, heif, jpeg, png, tiff, webp
from bot.images.formats.container import Container
from bot.values import dataclass

HEAD_BYTES = 64
"""How much of a file's beginning is needed to recognise its format."""
BOMB_PIXELS = 89_478_485
"""Pillow's own threshold for a decompression bomb: 256 MiB as RGB."""
MOST_DECODING_BYTES = 768 * 1024 * 1024
"""Memory that decoding one picture may use."""


@dataclass(frozen=True, kw_only=True)
class Format:
    """One row. `decoder` is Pillow's name for the format; `scan` raises BrokenPictureError, UnsupportedPictureError or PictureBombError."""

    name: str
    media_type: str
    decoder: str
    accepts: Callable[[bytes], bool]
    scan: Callable[[bytes], Container]
    sendable: bool
    """Every gateway takes this format; the others are converted to JPEG or PNG."""
    decoder_bytes_per_pixel: int
    """Peak memory of decoding, measured with Pillow 13.0 and pi-heif 1.4."""
    most_pixels_per_byte: float = inf
    """A file with more pixels than this cannot contain them all; its decoder would silently fill in grey."""
    photographic: bool = False
    """Re-encoded as JPEG, unless it is transparent."""
    supports_scaled_decoding: bool = False
    """The decoder can read the whole file at a half or an eighth of its dimensions (Pillow's draft mode)."""

    @property
    def most_pixels(self) -> int:
        """A file with more pixels is not decoded."""
        return min(BOMB_PIXELS, MOST_DECODING_BYTES // self.decoder_bytes_per_pixel)


FORMATS = (
    Format(
        name="PNG",
        media_type="image/png",
        decoder="PNG",
        accepts=png.accepts,
        scan=png.scan,
        sendable=True,
        decoder_bytes_per_pixel=6,
    ),
    Format(
        name="JPEG",
        media_type="image/jpeg",
        decoder="JPEG",
        accepts=jpeg.accepts,
        scan=jpeg.scan,
        sendable=True,
        decoder_bytes_per_pixel=9,
        # At least one bit per block of 64 pixels; subsampled chroma can have a sixteenth as many blocks.
        most_pixels_per_byte=1024,
        photographic=True,
        supports_scaled_decoding=True,
    ),
    Format(
        name="WebP",
        media_type="image/webp",
        decoder="WEBP",
        accepts=webp.accepts,
        scan=webp.scan,
        sendable=True,
        decoder_bytes_per_pixel=16,
    ),
    Format(
        name="GIF",
        media_type="image/gif",
        decoder="GIF",
        accepts=gif.accepts,
        scan=gif.scan,
        sendable=False,
        decoder_bytes_per_pixel=5,
    ),
    Format(
        name="HEIC",
        media_type="image/heic",
        decoder="HEIF",
        accepts=heif.accepts_heic,
        scan=heif.scan_heic,
        sendable=False,
        decoder_bytes_per_pixel=13,
        photographic=True,
    ),
    Format(
        name="AVIF",
        media_type="image/avif",
        decoder="AVIF",
        accepts=heif.accepts_avif,
        scan=heif.scan_avif,
        sendable=False,
        decoder_bytes_per_pixel=13,
        photographic=True,
    ),
    Format(
        name="BMP",
        media_type="image/bmp",
        decoder="BMP",
        accepts=bmp.accepts,
        scan=bmp.scan,
        # Every gateway says that it takes BMP and TIFF; as JPEG or PNG they are smaller, and read alike by all.
        sendable=False,
        decoder_bytes_per_pixel=5,
    ),
    Format(
        name="TIFF",
        media_type="image/tiff",
        decoder="TIFF",
        accepts=tiff.accepts,
        scan=tiff.scan,
        sendable=False,
        decoder_bytes_per_pixel=12,
    ),
)

OTHER_SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"%PDF-", "application/pdf"),
    (0, b"PK\x03\x04", "application/zip"),
    (0, b"BM", "image/bmp"),
    (0, b"II+\0", "image/tiff"),
    (0, b"MM\0+", "image/tiff"),
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
"""Position and bytes of a signature, and its media type; the first match counts."""


def recognise(content: bytes) -> Format | None:
    head = content[:HEAD_BYTES]
    return next((row for row in FORMATS if row.accepts(head)), None)


def describe_unrecognised(content: bytes) -> str:
    """The apparent type of a file in an unsupported format: a media type, or a description."""
    if not content:
        return "an empty file"
    for position, signature, media_type in OTHER_SIGNATURES:
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
        # The end of the sample may cut a character.
        if error.start < 1020:
            return "an unknown kind of file"
    return "an unknown kind of file" if b"\0" in content[:1024] else "text/plain"
