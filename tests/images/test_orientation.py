"""Where EXIF says nothing, XMP says how a picture is turned; in a PNG both may be text."""

import zlib

import pytest
from PIL import Image

from bot.images.formats.orientation import exif_orientation, read_raw_profile, xmp_orientation
from bot.images.processor import ImageProcessor
from tests.images.sample_files import (
    ORIENTATION,
    chunk,
    decoded,
    encoded,
    exif,
    largest_difference,
    scene,
    with_chunk,
    with_segment,
)

TURNED = scene().transpose(Image.Transpose.ROTATE_90)
"""As a camera stores it with orientation 6."""
ATTRIBUTE = b'<x:xmpmeta><rdf:Description tiff:Make="x" tiff:Orientation="6"/></x:xmpmeta>'
ELEMENT = b"<rdf:Description><tiff:Orientation>6</tiff:Orientation></rdf:Description>"
XMP_SEGMENT = b"http://ns.adobe.com/xap/1.0/\0"
ITXT = b"XML:com.adobe.xmp\0"


def raw_profile(kind: str, data: bytes) -> bytes:
    """As ImageMagick writes it."""
    digits = data.hex()
    lines = "\n".join(digits[start : start + 72] for start in range(0, len(digits), 72))
    return f"\n{kind}\n{len(data):8}\n{lines}\n".encode()


def turned_files() -> dict[str, bytes]:
    png, jpeg = encoded(TURNED, "PNG"), encoded(TURNED, "JPEG", quality=100, subsampling=0)
    raw = raw_profile("exif", exif(6))
    return {
        "xmp in a jpeg": with_segment(jpeg, 0xE1, XMP_SEGMENT + ATTRIBUTE),
        "element in a jpeg": with_segment(jpeg, 0xE1, XMP_SEGMENT + ELEMENT),
        "exif without an orientation": with_segment(with_segment(jpeg, 0xE1, XMP_SEGMENT + ATTRIBUTE), 0xE1, exif()),
        "xmp in a webp": encoded(TURNED, "WEBP", lossless=True, xmp=ATTRIBUTE),
        "xmp in a png": with_chunk(png, b"iTXt", ITXT + b"\0\0\0\0" + ATTRIBUTE),
        "compressed xmp in a png": with_chunk(png, b"iTXt", ITXT + b"\1\0en\0XMP\0" + zlib.compress(ELEMENT)),
        "exif as compressed text": with_chunk(png, b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(raw)),
        "exif as text": with_chunk(png, b"tEXt", b"Raw profile type APP1\0" + raw),
        "xmp as compressed text": with_chunk(
            png, b"zTXt", b"Raw profile type xmp\0\0" + zlib.compress(raw_profile("xmp", ATTRIBUTE))
        ),
        "exif chunk": encoded(TURNED, "PNG", exif=exif(6)),
        "tiff": encoded(TURNED, "TIFF", tiffinfo={ORIENTATION: 6}),
    }


@pytest.mark.parametrize("name", sorted(turned_files()))
async def test_a_picture_is_turned_as_its_metadata_say(processor: ImageProcessor, name: str) -> None:
    prepared = await processor.prepare_reference(turned_files()[name])

    assert (prepared.width, prepared.height) == scene().size
    assert largest_difference(decoded(prepared.content), scene()) <= 6


async def test_exif_counts_before_xmp(processor: ImageProcessor) -> None:
    """It is what cameras write; an editor that turned the picture may have left the other as it was."""
    content = with_chunk(encoded(scene(), "PNG", exif=exif(1)), b"iTXt", ITXT + b"\0\0\0\0" + ATTRIBUTE)

    assert (await processor.prepare_reference(content)).content == encoded(scene(), "PNG")


@pytest.mark.parametrize(
    ("xmp", "orientation"),
    [
        (None, None),
        (b"", None),
        (b"tiff:Orientation='8'", 8),
        (b'tiff:Orientation = " 3 "', 3),
        (b"<tiff:Orientation> 2 </tiff:Orientation>", 2),
        (b'tiff:Orientation="9"', None),
        (b'tiff:Orientation="16"', None),
        (b"tiff:Orientation", None),
        (b"tiff:Orientation=" * 5000 + b'"6"', 6),
        (b" " * 300_000 + ATTRIBUTE, None),
    ],
)
def test_xmp_orientation(xmp: bytes | None, orientation: int | None) -> None:
    """Only so much of it is read as metadata take."""
    assert xmp_orientation(xmp) == orientation


@pytest.mark.parametrize(
    "text", [None, b"", b"exif", b"\nexif\n 12\nxyz", b"\nexif\n 12\n123", b"\nexif\n 12\n\xff\xff", b"\n" * 90_000]
)
def test_what_is_no_raw_profile_is_ignored(text: bytes | None) -> None:
    assert exif_orientation(read_raw_profile(text)) is None


async def test_a_text_that_inflates_for_ever_is_read_no_further_than_it_may(processor: ImageProcessor) -> None:
    """The picture is used as it is stored."""
    bomb = b"Raw profile type exif\0\0" + zlib.compress(b"\nexif\n 9\n" + b"ab" * 40_000_000)

    assert (await processor.prepare_reference(with_chunk(encoded(scene(), "PNG"), b"zTXt", bomb))).content == encoded(
        scene(), "PNG"
    )


async def test_texts_without_an_end_are_ignored(processor: ImageProcessor) -> None:
    whole = encoded(scene(), "PNG")
    texts = [
        chunk(kind, text)
        for kind in (b"tEXt", b"zTXt", b"iTXt")
        for text in (b"", b"XML:com.adobe.xmp", ITXT, ITXT + b"\1", ITXT + b"\0\0\0")
    ]

    assert (await processor.prepare_reference(whole[:33] + b"".join(texts) + whole[33:])).content == whole
