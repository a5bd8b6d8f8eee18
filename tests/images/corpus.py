"""Hostile and unusual files: truncated, contradictory, enormous, in rare formats, or no pictures at all."""

import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

from PIL import Image

from bot.errors import RefusalCode
from tests.images.heif import derived_heic, grid_heic, heic, overlay, spatial_extents
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
from tests.images.tiff import DEFLATE, deflated, tiff

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
        "picture.bmp": encoded(noise(90, 60), "BMP"),
        "palette.bmp": encoded(noise(90, 60).convert("P"), "BMP"),
        "picture.tiff": encoded(noise(90, 60), "TIFF"),
        "packed.tiff": encoded(noise(90, 60), "TIFF", compression="tiff_lzw", tiffinfo={ORIENTATION: 6, 270: METADATA_TEXT}),
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
        "bomb.bmp": bmp_claiming(60_000, 60_000),
        "bomb.tiff": tiff((60_000, 60_000), zlib.compress(bytes(9000)), compression=DEFLATE),
        "tiles.tiff": tiff((64, 64), bytes(64 * 64 * 3), tag_322=(30_000,), tag_323=(30_000,), tag_324=(8,), tag_325=(12_288,)),
        "shared strips.tiff": tiff(
            (64, 64), bytes(12_288), compression=DEFLATE, tag_278=(1,), tag_273=(8,) * 64, tag_279=(12_288,) * 64
        ),
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
        for image, forms in ((dot, ("PNG", "JPEG", "WEBP", "GIF", "AVIF", "BMP", "TIFF")), (line, ("PNG", "JPEG", "GIF")))
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
        "two pages.tiff": encoded(scene(), "TIFF", save_all=True, append_images=[scene(64, 48)]),
        "printer.tiff": encoded(scene().convert("CMYK"), "TIFF"),
        "sixteen bits.tiff": deflated((64, 48)),
        "motorola.tiff": tiff((64, 48), noise(64, 48).tobytes(), mark=">"),
        "top down.bmp": top_down_bmp(scene()),
        "runs.bmp": bmp_claiming(48, 32, runs=b"\x30\x07\0\0" * 32),
        "no end.gif": encoded(scene(), "GIF")[:-1],
        "zeros before the end.gif": encoded(scene(), "GIF")[:-1] + bytes(700) + b";",
        "no end.png": encoded(scene(), "PNG")[:-12],
        "no end.jpg": encoded(noise(90, 60), "JPEG")[:-2],
        "no end progressive.jpg": encoded(noise(90, 60), "JPEG", progressive=True)[:-1],
        "panorama.jpg": encoded(noise(90, 60), "JPEG")[:-2] + bytes(9) + f"{METADATA_TEXT} SEFHe SEFT".encode(),
        "motion photo.jpg": encoded(scene(), "JPEG") + b"MotionPhoto_Data\0\0\0\x18ftypmp42" + METADATA_TEXT.encode(),
        "turned.heic": derived_heic(b"iden", scene(64, 64)),
        "laid over.heic": derived_heic(b"iovl", scene(64, 64), data=overlay((96, 80), (8, 4)), size=(96, 80)),
        "a jpeg called.png": encoded(scene(), "JPEG"),
        "a png called.jpg": encoded(scene(), "PNG"),
        "a webp called.heic": encoded(scene(), "WEBP"),
        "a heic called.jpg": heic(scene()),
        "an avif called.gif": encoded(scene(), "AVIF"),
    }
    return {name: Hostile(name=name, content=content) for name, content in files.items()}


def top_down_bmp(image: Image.Image) -> bytes:
    """With a negative height."""
    content = encoded(image.transpose(Image.Transpose.FLIP_TOP_BOTTOM), "BMP")
    return content[:22] + struct.pack("<i", -image.height) + content[26:]


def bmp_claiming(width: int, height: int, *, runs: bytes = b"") -> bytes:
    """A BMP in runs of one byte of a palette."""
    palette = b"".join(bytes((number, 255 - number, 90, 0)) for number in range(256))
    header = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 8, 1, len(runs), 0, 0, 256, 0)
    start = 14 + len(header) + len(palette)
    return b"BM" + struct.pack("<IHHI", start + len(runs), 0, 0, start) + header + palette + (runs or b"\0\1")


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
    bmp = encoded(scene(), "BMP")
    bmp_of_rows = bmp[:22] + struct.pack("<i", ANNOUNCED // 150) + bmp[26:]
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
        "more than announced.bmp": encoded(scene(), "BMP") + METADATA_TEXT.encode() * 9000,
        "more than announced.tiff": encoded(scene(), "TIFF") + METADATA_TEXT.encode() * 9000,
        "more than announced.heic": photo + b"\xff" * 9000,
    }
    broken = {
        "crashes its library.heic": heic(scene(), exif=exif(6)).replace(b"Exif", b"Exi\xff", 1),
        "200 MB announced.png": png[:33] + announced + png[37:],
        "200 MB announced.jpg": jpeg[:4] + b"\xff\xff" + jpeg[6:],
        "200 MB announced.webp": webp[:4] + struct.pack("<I", ANNOUNCED) + webp[8:],
        "200 MB announced.heic": photo[:data] + announced + photo[data + 4 :],
        "no width.tiff": tiff((64, 64), bytes(12_288), tag_256=()),
        "200 MB announced.tiff": tiff((64, 64), bytes(12_288), tag_279=(ANNOUNCED,)),
        "200 MB of rows.bmp": bmp_of_rows,
        "short strip.tiff": tiff((64, 64), bytes(12_288), tag_279=(12_000,)),
        "empty runs.bmp": bmp_claiming(48, 32, runs=b"\x30\x07\0\0" * 20 + b"\0\1"),
        "torn.tiff": tiff((64, 64), bytes(900), compression=DEFLATE),
        "no palette.tiff": tiff((64, 64), bytes(4096), samples=1, photometric=3),
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
        "big.tiff": b"II+\0\x08\0\0\0" + bytes(500),
        "jpeg inside.tiff": encoded(scene(), "TIFF", compression="jpeg"),
        "fax.tiff": encoded(scene().convert("1"), "TIFF", compression="group4"),
        "old jpeg inside.tiff": tiff((64, 64), bytes(900), compression=6),
        "floats.tiff": encoded(scene().convert("F"), "TIFF"),
        "jpeg inside.bmp": encoded(scene(), "BMP")[:30] + b"\4\0\0\0" + encoded(scene(), "BMP")[34:],
        "tone map.heic": derived_heic(b"tmap", scene(64, 64)),
    }
    return {name: Hostile(name=name, content=content, refusal=RefusalCode.REF_BAD_FORMAT) for name, content in files.items()}
