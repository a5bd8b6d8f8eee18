"""Hostile and unusual files: truncated, contradictory, enormous, in rare formats, or no pictures at all."""

import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

from PIL import Image

from bot.errors import RefusalCode
from tests.images.heif import grid_heic, heic, spatial_extents
from tests.images.sample_files import (
    METADATA_TEXT,
    ORIENTATION,
    chunk,
    encoded,
    exif,
    gif_claiming,
    jpeg_claiming,
    noise,
    png_claiming,
    scene,
    segment,
    webp_claiming,
    with_chunk,
    with_segment,
)

ANNOUNCED = 200_000_000


@dataclass(frozen=True, kw_only=True)
class Hostile:
    """`refusal`: the expected code; None for a file that contains a usable picture."""

    name: str
    content: bytes
    refusal: RefusalCode | None = None


def valid_pictures() -> dict[str, bytes]:
    """One valid file of every format, and of every variant that is parsed differently."""
    return {
        "picture.png": encoded(noise(90, 60), "PNG"),
        "picture.jpg": encoded(noise(90, 60), "JPEG", exif=exif(6), comment=METADATA_TEXT),
        "progressive.jpg": encoded(noise(90, 60), "JPEG", progressive=True),
        "picture.webp": encoded(noise(90, 60), "WEBP", exif=exif(3)),
        "lossless.webp": encoded(noise(90, 60, "RGBA"), "WEBP", lossless=True),
        "picture.gif": encoded(noise(90, 60), "GIF"),
        "picture.heic": heic(noise(96, 64), exif=exif(6)),
        "see-through.heic": heic(noise(96, 64, "RGBA")),
        "grid.heic": grid_heic(noise(64, 64), 2, 2, size=(120, 90)),
        "picture.avif": encoded(noise(90, 60), "AVIF", exif=exif(8)),
        "moving.avif": encoded(scene(90, 60), "AVIF", save_all=True, append_images=[scene(90, 60).rotate(90)]),
        "text.png": with_chunk(encoded(scene(), "PNG"), b"tEXt", b"Comment\0" + METADATA_TEXT.encode()),
    }


def corpus() -> Mapping[str, Hostile]:
    """All files by name."""
    return {**truncated_files(), **bombs(), **extreme_sizes(), **unusual_pictures(), **contradictory_files(), **other_files()}


def truncated_files() -> dict[str, Hostile]:
    return {
        f"{name} cut at {tenth} tenths": Hostile(
            name=name,
            content=content[: len(content) * tenth // 10],
            refusal=RefusalCode.REF_UNREADABLE,
        )
        for name, content in valid_pictures().items()
        for tenth in range(1, 10)
    }


def bombs() -> dict[str, Hostile]:
    avif = encoded(scene(), "AVIF")
    files = {
        "bomb.png": png_claiming(13_000, 13_000, rows=bytes(13_000 * 1626)),
        "bomb.jpg": jpeg_claiming(65_000, 65_000),
        "bomb.webp": webp_claiming(16_384, 16_384),
        "bomb.gif": gif_claiming(65_535, 65_535),
        "bomb.heic": grid_heic(scene(64, 64), 2, 2, claimed=(30_000, 30_000)),
        "bomb.avif": avif.replace(spatial_extents(48, 32), spatial_extents(30_000, 30_000)),
        "passes.jpg": _many_scans(),
        "chunks.png": encoded(scene(), "PNG")[:33] + chunk(b"tEXt", b"") * 200_001 + encoded(scene(), "PNG")[33:],
    }
    return {name: Hostile(name=name, content=content, refusal=RefusalCode.REF_BOMB) for name, content in files.items()}


def _many_scans() -> bytes:
    jpeg = encoded(scene(), "JPEG", progressive=True)
    start = jpeg.index(b"\xff\xda")
    return jpeg[:start] + (segment(0xDA, b"\x01\x01\x00\x01\x05\x00") + b"\0") * 1000 + jpeg[start:]


def extreme_sizes() -> dict[str, Hostile]:
    dot, line = Image.new("RGB", (1, 1)), Image.new("RGB", (1, 30_000))
    small = {
        f"{image.width}x{image.height} {form}": Hostile(
            name=f"small.{form.lower()}",
            content=encoded(image, form),
            refusal=RefusalCode.REF_TOO_SMALL,
        )
        for image, forms in ((dot, ("PNG", "JPEG", "WEBP", "GIF", "AVIF")), (line, ("PNG", "JPEG", "GIF")))
        for form in forms
    }
    long = Hostile(name="long.png", content=encoded(scene(20, 3000), "PNG"), refusal=RefusalCode.REF_BAD_ASPECT)
    huge = Hostile(
        name="huge.jpg",
        content=jpeg_claiming(12_000, 9000) + bytes(2_000_000),
        refusal=RefusalCode.REF_TOO_MANY_PIXELS,
    )
    fat = Hostile(name="fat.png", content=encoded(scene(), "PNG") + bytes(21_000_000), refusal=RefusalCode.REF_TOO_BIG)
    return {**small, "long": long, "huge": huge, "fat": fat}


def unusual_pictures() -> dict[str, Hostile]:
    """Valid files in formats that not every program reads."""
    frames = [scene(64, 48).rotate(angle) for angle in range(1, 200)]
    files = {
        "sixteen bits grey.png": encoded(Image.new("I;16", (40, 30), 40_000), "PNG"),
        "sixteen bits.png": _deep_png(),
        "printer.jpg": encoded(scene().convert("CMYK"), "JPEG"),
        "palette.png": encoded(scene().convert("P"), "PNG", transparency=0),
        "two hundred frames.gif": encoded(scene(64, 48), "GIF", save_all=True, append_images=frames),
        "two hundred frames.png": encoded(scene(64, 48), "PNG", save_all=True, append_images=frames),
        "two hundred frames.webp": encoded(scene(64, 48), "WEBP", save_all=True, append_images=frames, method=0),
        "a jpeg called.png": encoded(scene(), "JPEG"),
        "a png called.jpg": encoded(scene(), "PNG"),
        "a webp called.heic": encoded(scene(), "WEBP"),
        "a heic called.jpg": heic(scene()),
        "an avif called.gif": encoded(scene(), "AVIF"),
    }
    return {name: Hostile(name=name, content=content) for name, content in files.items()}


def _deep_png() -> bytes:
    """Sixteen bits per channel: Pillow reads such a file but cannot write it."""
    rows = b"".join(b"\0" + struct.pack(">HHH", 60_000, 300, 30_000) * 40 for _ in range(30))
    header = struct.pack(">IIBBBBB", 40, 30, 16, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def contradictory_files() -> dict[str, Hostile]:
    """Files whose metadata or lengths contradict their content."""
    png, jpeg, webp = encoded(scene(), "PNG"), encoded(scene(), "JPEG"), encoded(scene(), "WEBP")
    endless = b"Exif\0\0II*\0\x08\0\0\0\xff\xff" + struct.pack("<HHII", ORIENTATION, 3, 1, 77) * 900
    announced = struct.pack(">I", ANNOUNCED)
    photo, avif = heic(scene()), encoded(scene(), "AVIF")
    data, frame = photo.index(b"mdat") - 4, avif.index(b"mdat") - 4
    good = {
        "exif.jpg": with_segment(jpeg, 0xE1, endless),
        "exif that points to itself.jpg": with_segment(
            jpeg, 0xE1, b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x87\x69\0\x04\0\0\0\x01\0\0\0\x08"
        ),
        "exif.heic": heic(scene(), exif=exif(8)),
        "more than announced.png": png + METADATA_TEXT.encode() * 9000,
        "more than announced.jpg": jpeg + METADATA_TEXT.encode() * 9000,
        "more than announced.webp": webp + METADATA_TEXT.encode() * 9000,
        "more than announced.gif": encoded(scene(), "GIF") + METADATA_TEXT.encode() * 9000,
        "more than announced.heic": photo + b"\xff" * 9000,
    }
    broken = {
        "crashes its library.heic": heic(scene(), exif=exif(6)).replace(b"Exif", b"Exi\xff", 1),
        "200 MB announced.png": png[:33] + announced + png[37:],
        "200 MB announced.jpg": jpeg[:4] + b"\xff\xff" + jpeg[6:],
        "200 MB announced.webp": webp[:4] + struct.pack("<I", ANNOUNCED) + webp[8:],
        "200 MB announced.heic": photo[:data] + announced + photo[data + 4 :],
        "200 MB announced.avif": avif[:frame] + announced + avif[frame + 4 :],
    }
    return {
        **{name: Hostile(name=name, content=content) for name, content in good.items()},
        **{name: Hostile(name=name, content=content, refusal=RefusalCode.REF_UNREADABLE) for name, content in broken.items()},
    }


def other_files() -> dict[str, Hostile]:
    files = {
        "nothing.png": b"",
        "zeros.png": bytes(5000),
        "page.png": b"<!DOCTYPE html><html><body>Sign in</body></html>",
        "drawing.svg": b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
        "paper.jpg": b"%PDF-1.7\n1 0 obj\n",
        "words.png": b"a red fox in snow",
        "film.heic": b"\0\0\0\x18ftypisom\0\0\0\0isomavc1" + bytes(500),
        "archive.webp": b"PK\x03\x04" + bytes(500),
    }
    return {name: Hostile(name=name, content=content, refusal=RefusalCode.REF_BAD_FORMAT) for name, content in files.items()}
