"""Picture files for the tests: small scenes, and the metadata and malformed headers that real and hostile files have."""

import io
import struct
import zlib
from random import Random
from typing import Any

from PIL import Image, ImageCms

RED, GREEN, BLUE, GOLD = (220, 30, 30), (30, 160, 60), (40, 60, 200), (230, 190, 40)
METADATA_TEXT = "metadata that must be removed"
ORIENTATION = 0x0112


def scene(width: int = 48, height: int = 32) -> Image.Image:
    """Four corners of four colours: every rotation and reflection of it looks different."""
    image = Image.new("RGB", (width, height), RED)
    image.paste(GREEN, (width // 2, 0, width, height // 2))
    image.paste(BLUE, (0, height // 2, width // 2, height))
    image.paste(GOLD, (width // 2, height // 2, width, height))
    return image


def half_transparent(width: int = 48, height: int = 32) -> Image.Image:
    """The scene with a transparent left half."""
    image = scene(width, height).convert("RGBA")
    image.putalpha(0)
    image.paste((*GREEN, 255), (width // 2, 0, width, height))
    return image


def noise(width: int, height: int, mode: str = "RGB") -> Image.Image:
    """Deterministic noise that does not compress."""
    channels = len(Image.new(mode, (1, 1)).getbands())
    return Image.frombytes(mode, (width, height), Random(width).randbytes(width * height * channels))


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def decoded(content: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


def deflated_zeros(length: int) -> bytes:
    """So many zeros in zlib's format. A piece is compressed once and repeated: to compress hundreds of megabytes takes seconds."""
    piece = 1_000_000
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    repeated = packer.compress(bytes(piece)) + packer.flush(zlib.Z_FULL_FLUSH)
    rest = packer.compress(bytes(length % piece)) + packer.flush()
    checksum = struct.pack(">HH", length % 65_521, 1)
    return b"\x78\x9c" + repeated * (length // piece) + rest + checksum


def exif(orientation: int | None = None) -> bytes:
    """EXIF data with a text, a location and optionally an orientation."""
    data = Image.Exif()
    data[0x010E] = METADATA_TEXT
    if orientation is not None:
        data[ORIENTATION] = orientation
    data.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 12.0)})
    return data.tobytes()


def chunk(kind: bytes, payload: bytes) -> bytes:
    return struct.pack(">I", len(payload)) + kind + payload + struct.pack(">I", zlib.crc32(kind + payload))


def with_chunk(png: bytes, kind: bytes, payload: bytes) -> bytes:
    """Insert a chunk directly after IHDR."""
    return png[:33] + chunk(kind, payload) + png[33:]


def png_claiming(width: int, height: int, *, depth: int = 1, rows: bytes = b"") -> bytes:
    """A PNG whose header claims these dimensions."""
    header = struct.pack(">IIBBBBB", width, height, depth, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def segment(marker: int, payload: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(payload) + 2) + payload


def with_segment(jpeg: bytes, marker: int, payload: bytes) -> bytes:
    """Insert a segment directly after the start of the image."""
    return jpeg[:2] + segment(marker, payload) + jpeg[2:]


def jpeg_claiming(width: int, height: int) -> bytes:
    """A JPEG whose frame header claims these dimensions."""
    jpeg = encoded(scene(), "JPEG")
    frame = jpeg.index(b"\xff\xc0")
    return jpeg[: frame + 5] + struct.pack(">HH", height, width) + jpeg[frame + 9 :]


def riff(*chunks: tuple[bytes, bytes]) -> bytes:
    body = b"WEBP" + b"".join(kind + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2) for kind, data in chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def webp_claiming(width: int, height: int) -> bytes:
    """An extended WebP whose canvas claims these dimensions."""
    canvas = b"\0\0\0\0" + struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]
    simple = encoded(scene(), "WEBP", lossless=True)
    length = struct.unpack("<I", simple[16:20])[0]
    return riff((b"VP8X", canvas), (b"VP8L", simple[20 : 20 + length]))


def gif_claiming(width: int, height: int) -> bytes:
    """A GIF whose logical screen claims these dimensions."""
    gif = encoded(scene(), "GIF")
    return gif[:6] + struct.pack("<HH", width, height) + gif[10:]


def srgb_profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def swapped_profile() -> bytes:
    """A profile that exchanges red and green, so that applying it is unmistakable."""
    profile = srgb_profile().replace("sRGB".encode("utf-16-be"), "swap".encode("utf-16-be"))
    return profile.replace(b"rXYZ", b"????", 1).replace(b"gXYZ", b"rXYZ", 1).replace(b"????", b"gXYZ", 1)


def largest_difference(one: Image.Image, other: Image.Image) -> int:
    """The largest difference of any channel of any pixel."""
    assert one.size == other.size
    pairs = zip(one.convert("RGB").tobytes(), other.convert("RGB").tobytes(), strict=True)
    return max(abs(left - right) for left, right in pairs)
