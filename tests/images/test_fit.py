"""A stored result for a platform that takes less than the gateway made."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PIL import Image

from bot.errors import UpstreamError, UpstreamKind
from bot.images.encode import QUALITIES, encode_jpeg, jpeg_within
from bot.images.processor import ImageProcessor
from tests.images.paintings import ORIENTATION, WORDS, encoded, exif, glass, noise, opened, scene

ANY = frozenset({"image/png", "image/jpeg", "image/webp", "image/gif"})
BLOCKS = frozenset({"image/png", "image/jpeg", "image/gif"})


@pytest.fixture
async def processor() -> AsyncIterator[ImageProcessor]:
    async with ImageProcessor() as opened_studio:
        yield opened_studio


def stored(folder: Path, content: bytes) -> Path:
    path = folder / "blob"
    path.write_bytes(content)
    return path


def photo(width: int, height: int) -> Image.Image:
    """Smooth and grainy like a photograph: its size answers to the quality."""
    return Image.blend(noise(width // 4, height // 4).resize((width, height)), noise(width, height), 0.15)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
async def test_what_fits_is_posted_as_the_gateway_made_it(processor: ImageProcessor, tmp_path: Path, kind: str) -> None:
    """To the byte, and without being decoded."""
    content = encoded(scene(), kind)
    path = stored(tmp_path, content)
    assert await processor.fit(path, most_bytes=len(content), media_types=ANY) is None
    broken = stored(tmp_path, content[:40])
    assert await processor.fit(broken, most_bytes=len(content), media_types=ANY) is None


@pytest.mark.parametrize("limit", [3_000_000, 1_000_000, 700_000, 200_000, 20_000])
async def test_a_photo_over_the_limit(processor: ImageProcessor, tmp_path: Path, limit: int) -> None:
    """A JPEG that uses most of what it may, and never more."""
    content = encoded(photo(1600, 1200), "PNG", compress_level=1)
    fitted = await processor.fit(stored(tmp_path, content), most_bytes=limit, media_types=ANY)
    assert fitted is not None
    assert fitted.media_type == "image/jpeg"
    assert limit * 0.55 < len(fitted.content) <= limit
    assert opened(fitted.content).size == (fitted.width, fitted.height)
    assert abs(fitted.width / fitted.height - 4 / 3) < 0.02


def test_quality_goes_before_pixels() -> None:
    """The whole range of qualities is used at full size; only below it the picture becomes smaller."""
    image = photo(1600, 1200)
    sizes = {quality: len(encode_jpeg(image, quality)) for quality in QUALITIES}
    for quality, size in sizes.items():
        fitted = jpeg_within(image, int(size * 1.1))
        assert (fitted.width, fitted.height) == (1600, 1200)
        assert len(fitted.content) <= size * 1.1
        assert len(fitted.content) >= sizes[QUALITIES[min(QUALITIES.index(quality) + 1, len(QUALITIES) - 1)]]
    smaller = jpeg_within(image, sizes[QUALITIES[-1]] // 2)
    assert smaller.width < 1600


async def test_a_format_the_platform_does_not_show(processor: ImageProcessor, tmp_path: Path) -> None:
    """Encoded anew though it is small enough, at the best quality."""
    content = encoded(scene(480, 320), "WEBP", lossless=True)
    fitted = await processor.fit(stored(tmp_path, content), most_bytes=1_000_000, media_types=BLOCKS)
    assert fitted is not None
    assert (fitted.media_type, fitted.width, fitted.height) == ("image/jpeg", 480, 320)
    assert opened(fitted.content).size == (480, 320)


async def test_transparency_is_kept_where_it_fits(processor: ImageProcessor, tmp_path: Path) -> None:
    """As a PNG."""
    content = encoded(glass(480, 320), "WEBP", lossless=True)
    fitted = await processor.fit(stored(tmp_path, content), most_bytes=1_000_000, media_types=BLOCKS)
    assert fitted is not None
    assert fitted.media_type == "image/png"
    assert opened(fitted.content).tobytes() == opened(content).tobytes()


async def test_transparency_that_does_not_fit_becomes_white(processor: ImageProcessor, tmp_path: Path) -> None:
    """Not black, which is what is left of it if nobody chooses."""
    image = noise(600, 400, "RGBA")
    image.paste((0, 0, 0, 0), (0, 0, 200, 400))
    fitted = await processor.fit(stored(tmp_path, encoded(image, "PNG")), most_bytes=400_000, media_types=ANY)
    assert fitted is not None
    assert fitted.media_type == "image/jpeg"
    red, green, blue = opened(fitted.content).getpixel((fitted.width // 8, fitted.height // 2))  # type: ignore[misc]
    assert min(red, green, blue) > 240


async def test_a_platform_that_takes_only_png(processor: ImageProcessor, tmp_path: Path) -> None:
    """Lossless, and as large as fits."""
    path = stored(tmp_path, encoded(noise(400, 300), "PNG"))
    fitted = await processor.fit(path, most_bytes=150_000, media_types=frozenset({"image/png"}))
    assert fitted is not None
    assert fitted.media_type == "image/png"
    assert 90_000 < len(fitted.content) <= 150_000
    with pytest.raises(ValueError, match="neither PNG nor JPEG"):
        await processor.fit(path, most_bytes=150_000, media_types=frozenset({"image/avif"}))


async def test_what_is_encoded_anew_is_upright_and_says_nothing(processor: ImageProcessor, tmp_path: Path) -> None:
    """A turned result is not posted on its side because its note was lost."""
    content = encoded(photo(800, 400), "JPEG", quality=95, exif=exif(6), comment=WORDS)
    fitted = await processor.fit(stored(tmp_path, content), most_bytes=200_000, media_types=ANY)
    assert fitted is not None
    assert (fitted.width < fitted.height, ORIENTATION in opened(fitted.content).getexif()) == (True, False)
    assert WORDS.encode() not in fitted.content


async def test_a_damaged_file_over_the_limit(processor: ImageProcessor, tmp_path: Path) -> None:
    """It cannot be made smaller, and says so in our terms."""
    content = encoded(noise(300, 300), "PNG")
    with pytest.raises(UpstreamError) as caught:
        await processor.fit(stored(tmp_path, content[:-5000]), most_bytes=1000, media_types=ANY)
    assert caught.value.kind == UpstreamKind.DOWNLOAD


async def test_a_limit_that_nothing_can_meet(processor: ImageProcessor, tmp_path: Path) -> None:
    """An end, not an endless search."""
    path = stored(tmp_path, encoded(noise(300, 300), "PNG"))
    with pytest.raises(ValueError, match="no picture of this shape fits 100 bytes"):
        await processor.fit(path, most_bytes=100, media_types=ANY)
