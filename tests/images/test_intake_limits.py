"""Limits of a reference: bombs and extreme sizes are refused before decoding, large valid photos are shrunk."""

import asyncio
import zlib

import pytest
from PIL import Image

from bot.errors import RefusalCode, RefusedError
from bot.images.intake import MOST_BYTES
from bot.images.processor import ImageProcessor
from bot.requests.references import UPLOAD_BYTES
from tests.images.attacks import many_scans
from tests.images.sample_files import (
    chunk,
    decoded,
    encoded,
    gif_claiming,
    jpeg_claiming,
    noise,
    png_claiming,
    scene,
    segment,
    webp_claiming,
)


def scan_flood() -> bytes:
    """A progressive JPEG with a thousand scans."""
    jpeg = encoded(scene(), "JPEG", progressive=True)
    scan = jpeg.index(b"\xff\xda")
    again = segment(0xDA, b"\x01\x01\x00\x01\x05\x00") + b"\0"
    return jpeg[:scan] + again * 1000 + jpeg[scan:]


def chunk_flood() -> bytes:
    png = encoded(scene(), "PNG")
    return png[:33] + chunk(b"tEXt", b"") * 200_001 + png[33:]


@pytest.mark.parametrize(
    ("content", "code", "parameters"),
    [
        (png_claiming(13_000, 13_000), RefusalCode.REF_BOMB, {"found": 169_000_000, "limit": 89_478_485}),
        (png_claiming(2**31 - 1, 2**31 - 1), RefusalCode.REF_BOMB, {"found": (2**31 - 1) ** 2, "limit": 89_478_485}),
        (jpeg_claiming(65_000, 65_000), RefusalCode.REF_BOMB, {"found": 65_000**2, "limit": 89_478_485}),
        (webp_claiming(16_384, 16_384), RefusalCode.REF_BOMB, {"found": 16_384**2, "limit": 50_331_648}),
        (gif_claiming(65_535, 65_535), RefusalCode.REF_BOMB, {"found": 65_535**2, "limit": 89_478_485}),
        (scan_flood(), RefusalCode.REF_BOMB, {}),
        (chunk_flood(), RefusalCode.REF_BOMB, {}),
        (jpeg_claiming(8000, 6000), RefusalCode.REF_BOMB, {"found": 48_000_000, "limit": 89_478_485}),
        (
            jpeg_claiming(12_000, 9000) + bytes(2**21),
            RefusalCode.REF_TOO_MANY_PIXELS,
            {"found": 108_000_000, "limit": 89_478_485},
        ),
        (many_scans(), RefusalCode.REF_TOO_COMPLEX, {"found": 90, "limit": 11}),
        (png_claiming(1, 1, rows=bytes(2)), RefusalCode.REF_TOO_SMALL, {"found": 1, "limit": 14}),
        (png_claiming(14, 200), RefusalCode.REF_TOO_SMALL, {"found": 14, "limit": 14}),
        (png_claiming(0, 50), RefusalCode.REF_TOO_SMALL, {"found": 0, "limit": 14}),
        (png_claiming(321, 20), RefusalCode.REF_BAD_ASPECT, {"found": "321x20", "limit": 16}),
        (png_claiming(20, 321), RefusalCode.REF_BAD_ASPECT, {"found": "20x321", "limit": 16}),
    ],
)
async def test_extreme_sizes_are_refused_by_their_header(
    processor: ImageProcessor,
    content: bytes,
    code: RefusalCode,
    parameters: dict[str, object],
) -> None:
    """None of these files has the pixels that it claims, so decoding it would end in another refusal."""
    with pytest.raises(RefusedError) as caught:
        await processor.prepare_reference(content)
    assert (caught.value.refusal, caught.value.parameters) == (code, parameters)


@pytest.mark.parametrize(("width", "height"), [(15, 15), (240, 15), (15, 240)])
async def test_the_smallest_and_the_longest_picture_are_accepted(processor: ImageProcessor, width: int, height: int) -> None:
    """Pictures exactly at the limits are accepted unchanged."""
    content = encoded(scene(width, height), "PNG")
    prepared = await processor.prepare_reference(content)
    assert (prepared.width, prepared.height, prepared.content) == (width, height, content)


async def test_the_largest_picture_is_accepted(processor: ImageProcessor) -> None:
    """A picture of exactly 36 million pixels is accepted unchanged."""
    content = encoded(Image.new("1", (6000, 6000)), "PNG")
    prepared = await processor.prepare_reference(content)
    assert (prepared.width, prepared.height, prepared.content) == (6000, 6000, content)


async def test_a_file_over_the_upload_limit_is_refused(processor: ImageProcessor) -> None:
    """Too many bytes are refused before parsing; a caller may allow more."""
    content = encoded(scene(), "PNG") + bytes(UPLOAD_BYTES)
    with pytest.raises(RefusedError) as caught:
        await processor.prepare_reference(content)
    assert (caught.value.refusal, caught.value.parameters) == (RefusalCode.REF_TOO_BIG, {"limit": 20})
    prepared = await processor.prepare_reference(content, most_bytes=2 * UPLOAD_BYTES)
    assert prepared.content == encoded(scene(), "PNG")


async def test_a_large_photo_loses_quality_before_dimensions(processor: ImageProcessor) -> None:
    """A PNG over the gateways' limit becomes a JPEG of the same dimensions."""
    content = encoded(noise(2300, 1500), "PNG", compress_level=1)
    assert MOST_BYTES < len(content) < UPLOAD_BYTES
    prepared = await processor.prepare_reference(content)
    assert (prepared.media_type, prepared.width, prepared.height) == ("image/jpeg", 2300, 1500)
    assert prepared.content != content
    assert len(prepared.content) <= MOST_BYTES
    assert decoded(prepared.content).size == (2300, 1500)


async def test_a_large_jpeg_stays_a_jpeg(processor: ImageProcessor) -> None:
    """It is re-encoded with no more loss than the limit requires."""
    content = encoded(noise(2300, 1900), "JPEG", quality=98, subsampling=0)
    assert MOST_BYTES < len(content) < UPLOAD_BYTES
    prepared = await processor.prepare_reference(content)
    assert (prepared.media_type, prepared.width, prepared.height) == ("image/jpeg", 2300, 1900)
    assert MOST_BYTES * 0.7 < len(prepared.content) <= MOST_BYTES


async def test_a_large_transparent_picture_is_scaled_down(processor: ImageProcessor) -> None:
    """It stays a PNG, since a JPEG cannot be transparent."""
    content = encoded(noise(2000, 1500, "RGBA"), "PNG", compress_level=1)
    assert MOST_BYTES < len(content) < UPLOAD_BYTES
    prepared = await processor.prepare_reference(content)
    assert prepared.media_type == "image/png"
    assert MOST_BYTES * 0.5 < len(prepared.content) <= MOST_BYTES
    assert abs(prepared.width / prepared.height - 4 / 3) < 0.01
    assert decoded(prepared.content).mode == "RGBA"


async def test_a_small_file_with_many_pixels_is_left_unchanged(processor: ImageProcessor) -> None:
    """Only the byte limit and the stated dimensions count."""
    rows = zlib.compress(bytes((1 + 750) * 6000))
    png = b"\x89PNG\r\n\x1a\n" + png_claiming(6000, 6000)[8:33] + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    assert (await processor.prepare_reference(png)).content == png


async def test_concurrent_pictures_do_not_affect_each_other(processor: ImageProcessor) -> None:
    """More pictures than threads, of different sizes, give the same results as one after another."""
    files = [
        encoded(scene(40 + number, 30), "GIF") if number % 2 else encoded(scene(4000, 3001 + number), "JPEG", comment=str(number))
        for number in range(8)
    ]
    alone = [await processor.prepare_reference(content) for content in files]
    together = await asyncio.gather(*(processor.prepare_reference(content) for content in files))
    assert together == alone


async def test_a_refusal_releases_the_slot_for_large_pictures(processor: ImageProcessor) -> None:
    """After a large damaged file, other large files are still processed."""
    broken = encoded(scene(4000, 3500), "PNG").replace(b"IDAT", b"IDAX")
    whole = encoded(scene(4000, 3500), "PNG")
    answers = await asyncio.gather(
        *(processor.prepare_reference(content) for content in (broken, whole, broken, whole)), return_exceptions=True
    )
    kinds = [type(answer).__name__ for answer in answers]
    assert kinds == ["RefusedError", "PreparedReference", "RefusedError", "PreparedReference"]
