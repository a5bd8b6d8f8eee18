"""How much a reference may be: bombs and extremes are refused before they cost anything, big good photos are shrunk."""

import asyncio
import zlib
from collections.abc import AsyncIterator

import pytest
from PIL import Image

from bot.errors import RefusalCode, RefusedError
from bot.images.intake import MOST_BYTES
from bot.images.processor import ImageProcessor
from bot.requests.references import UPLOAD_BYTES
from tests.images.paintings import (
    chunk,
    claimed_gif,
    claimed_jpeg,
    claimed_png,
    claimed_webp,
    encoded,
    noise,
    opened,
    scene,
    segment,
)


@pytest.fixture
async def processor() -> AsyncIterator[ImageProcessor]:
    async with ImageProcessor() as opened_studio:
        yield opened_studio


def scan_flood() -> bytes:
    """A progressive JPEG that asks for a thousand passes over itself."""
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
        (claimed_png(13_000, 13_000), RefusalCode.REF_BOMB, {"found": 169_000_000, "limit": 89_478_485}),
        (claimed_png(2**31 - 1, 2**31 - 1), RefusalCode.REF_BOMB, {"found": (2**31 - 1) ** 2, "limit": 89_478_485}),
        (claimed_jpeg(65_000, 65_000), RefusalCode.REF_BOMB, {"found": 65_000**2, "limit": 89_478_485}),
        (claimed_webp(16_384, 16_384), RefusalCode.REF_BOMB, {"found": 16_384**2, "limit": 50_331_648}),
        (claimed_gif(65_535, 65_535), RefusalCode.REF_BOMB, {"found": 65_535**2, "limit": 89_478_485}),
        (scan_flood(), RefusalCode.REF_BOMB, {}),
        (chunk_flood(), RefusalCode.REF_BOMB, {}),
        (claimed_jpeg(8000, 6000), RefusalCode.REF_BOMB, {"found": 48_000_000, "limit": 89_478_485}),
        (claimed_jpeg(12_000, 9000) + bytes(2**21), RefusalCode.REF_TOO_MANY_PIXELS, {"found": 108_000_000, "limit": 89_478_485}),
        (claimed_png(1, 1, rows=bytes(2)), RefusalCode.REF_TOO_SMALL, {"found": 1, "limit": 14}),
        (claimed_png(14, 200), RefusalCode.REF_TOO_SMALL, {"found": 14, "limit": 14}),
        (claimed_png(0, 50), RefusalCode.REF_TOO_SMALL, {"found": 0, "limit": 14}),
        (claimed_png(321, 20), RefusalCode.REF_BAD_ASPECT, {"found": "321x20", "limit": 16}),
        (claimed_png(20, 321), RefusalCode.REF_BAD_ASPECT, {"found": "20x321", "limit": 16}),
    ],
)
async def test_what_is_refused_by_its_header(
    processor: ImageProcessor,
    content: bytes,
    code: RefusalCode,
    parameters: dict[str, object],
) -> None:
    """None of these files has the pixels it claims: an attempt to decode would end in another refusal."""
    with pytest.raises(RefusedError) as caught:
        await processor.take_in(content)
    assert (caught.value.refusal, caught.value.parameters) == (code, parameters)


@pytest.mark.parametrize(("width", "height"), [(15, 15), (240, 15), (15, 240)])
async def test_the_smallest_and_the_longest_that_are_taken(processor: ImageProcessor, width: int, height: int) -> None:
    """A limit belongs to what is allowed."""
    taken = await processor.take_in(encoded(scene(width, height), "PNG"))
    assert (taken.width, taken.height, taken.changed) == (width, height, False)


async def test_the_largest_that_is_taken(processor: ImageProcessor) -> None:
    """Thirty-six million pixels, to the pixel."""
    content = encoded(Image.new("1", (6000, 6000)), "PNG")
    taken = await processor.take_in(content)
    assert (taken.width, taken.height, taken.changed) == (6000, 6000, False)


async def test_a_file_over_the_upload_cap(processor: ImageProcessor) -> None:
    """Judged before anything is read from it; whoever has a reason may allow more."""
    content = encoded(scene(), "PNG") + bytes(UPLOAD_BYTES)
    with pytest.raises(RefusedError) as caught:
        await processor.take_in(content)
    assert (caught.value.refusal, caught.value.parameters) == (RefusalCode.REF_TOO_BIG, {"limit": 20})
    taken = await processor.take_in(content, most_bytes=2 * UPLOAD_BYTES)
    assert taken.content == encoded(scene(), "PNG")


async def test_a_big_photo_loses_quality_before_pixels(processor: ImageProcessor) -> None:
    """A PNG over what gateways take becomes a JPEG of the same dimensions."""
    content = encoded(noise(2300, 1500), "PNG", compress_level=1)
    assert MOST_BYTES < len(content) < UPLOAD_BYTES
    taken = await processor.take_in(content)
    assert (taken.media_type, taken.width, taken.height, taken.changed) == ("image/jpeg", 2300, 1500, True)
    assert len(taken.content) <= MOST_BYTES
    assert opened(taken.content).size == (2300, 1500)


async def test_a_big_jpeg_stays_a_jpeg(processor: ImageProcessor) -> None:
    """Encoded once more, only as much worse as it has to be."""
    content = encoded(noise(2300, 1900), "JPEG", quality=98, subsampling=0)
    assert MOST_BYTES < len(content) < UPLOAD_BYTES
    taken = await processor.take_in(content)
    assert (taken.media_type, taken.width, taken.height) == ("image/jpeg", 2300, 1900)
    assert MOST_BYTES * 0.7 < len(taken.content) <= MOST_BYTES


async def test_a_big_transparent_picture_loses_pixels_and_keeps_its_transparency(processor: ImageProcessor) -> None:
    """A JPEG would have to fill the holes with a colour nobody chose."""
    content = encoded(noise(2000, 1500, "RGBA"), "PNG", compress_level=1)
    assert MOST_BYTES < len(content) < UPLOAD_BYTES
    taken = await processor.take_in(content)
    assert taken.media_type == "image/png"
    assert MOST_BYTES * 0.5 < len(taken.content) <= MOST_BYTES
    assert abs(taken.width / taken.height - 4 / 3) < 0.01
    assert opened(taken.content).mode == "RGBA"


async def test_a_small_file_of_many_pixels_is_left_alone(processor: ImageProcessor) -> None:
    """Only bytes and the stated limits count."""
    rows = zlib.compress(bytes((1 + 750) * 6000))
    png = b"\x89PNG\r\n\x1a\n" + claimed_png(6000, 6000)[8:33] + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    assert not (await processor.take_in(png)).changed


async def test_pictures_taken_in_together_do_not_touch_each_other(processor: ImageProcessor) -> None:
    """Large and small, changed and unchanged, more than there are threads."""
    files = [
        encoded(scene(40 + number, 30), "GIF") if number % 2 else encoded(scene(4000, 3001 + number), "JPEG", comment=str(number))
        for number in range(8)
    ]
    alone = [await processor.take_in(content) for content in files]
    together = await asyncio.gather(*(processor.take_in(content) for content in files))
    assert together == alone


async def test_a_refusal_hinders_nobody_after_it(processor: ImageProcessor) -> None:
    """A large broken file gives its place back."""
    broken = encoded(scene(4000, 3500), "PNG").replace(b"IDAT", b"IDAX")
    whole = encoded(scene(4000, 3500), "PNG")
    answers = await asyncio.gather(
        *(processor.take_in(content) for content in (broken, whole, broken, whole)), return_exceptions=True
    )
    kinds = [type(answer).__name__ for answer in answers]
    assert kinds == ["RefusedError", "Taken", "RefusedError", "Taken"]
