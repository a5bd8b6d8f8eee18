"""Re-encoding a stored result for a platform with lower limits than the gateway."""

from pathlib import Path

import pytest
from PIL import Image

from bot.errors import UpstreamError, UpstreamKind
from bot.images.encode import QUALITIES, encode_jpeg, jpeg_within
from bot.images.processor import ImageProcessor
from tests.images.sample_files import METADATA_TEXT, ORIENTATION, decoded, encoded, exif, half_transparent, noise, scene

ANY = frozenset({"image/png", "image/jpeg", "image/webp", "image/gif"})
BLOCKS = frozenset({"image/png", "image/jpeg", "image/gif"})


def stored(folder: Path, content: bytes) -> Path:
    path = folder / "blob"
    path.write_bytes(content)
    return path


def photo(width: int, height: int) -> Image.Image:
    """Smooth and grainy like a photograph, so that its size depends on the quality."""
    return Image.blend(noise(width // 4, height // 4).resize((width, height)), noise(width, height), 0.15)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
async def test_a_file_within_the_limits_is_left_unchanged(processor: ImageProcessor, tmp_path: Path, kind: str) -> None:
    """A file that fits is neither changed nor decoded."""
    content = encoded(scene(), kind)
    path = stored(tmp_path, content)
    assert await processor.fit(path, most_bytes=len(content), media_types=ANY) is None
    broken = stored(tmp_path, content[:40])
    assert await processor.fit(broken, most_bytes=len(content), media_types=ANY) is None


@pytest.mark.parametrize("limit", [3_000_000, 1_000_000, 700_000, 200_000, 20_000])
async def test_a_photo_over_the_limit_becomes_a_jpeg(processor: ImageProcessor, tmp_path: Path, limit: int) -> None:
    """The JPEG uses most of the limit and never exceeds it."""
    content = encoded(photo(1600, 1200), "PNG", compress_level=1)
    fitted = await processor.fit(stored(tmp_path, content), most_bytes=limit, media_types=ANY)
    assert fitted is not None
    assert fitted.media_type == "image/jpeg"
    assert limit * 0.55 < len(fitted.content) <= limit
    assert decoded(fitted.content).size == (fitted.width, fitted.height)
    assert abs(fitted.width / fitted.height - 4 / 3) < 0.02


def test_quality_is_reduced_before_dimensions() -> None:
    """All qualities are tried at full size; only then is the picture scaled down."""
    image = photo(1600, 1200)
    sizes = {quality: len(encode_jpeg(image, quality)) for quality in QUALITIES}
    for quality, size in sizes.items():
        fitted = jpeg_within(image, int(size * 1.1))
        assert (fitted.width, fitted.height) == (1600, 1200)
        assert len(fitted.content) <= size * 1.1
        assert len(fitted.content) >= sizes[QUALITIES[min(QUALITIES.index(quality) + 1, len(QUALITIES) - 1)]]
    smaller = jpeg_within(image, sizes[QUALITIES[-1]] // 2)
    assert smaller.width < 1600


async def test_a_format_that_the_platform_does_not_show_is_converted(processor: ImageProcessor, tmp_path: Path) -> None:
    """A small file in such a format is re-encoded at the best quality."""
    content = encoded(scene(480, 320), "WEBP", lossless=True)
    fitted = await processor.fit(stored(tmp_path, content), most_bytes=1_000_000, media_types=BLOCKS)
    assert fitted is not None
    assert (fitted.media_type, fitted.width, fitted.height) == ("image/jpeg", 480, 320)
    assert decoded(fitted.content).size == (480, 320)


async def test_transparency_is_kept_where_it_fits(processor: ImageProcessor, tmp_path: Path) -> None:
    """A transparent picture within the limit becomes a PNG with the same pixels."""
    content = encoded(half_transparent(480, 320), "WEBP", lossless=True)
    fitted = await processor.fit(stored(tmp_path, content), most_bytes=1_000_000, media_types=BLOCKS)
    assert fitted is not None
    assert fitted.media_type == "image/png"
    assert decoded(fitted.content).tobytes() == decoded(content).tobytes()


def half_clear() -> Image.Image:
    """Noise whose left third is clear, with black stored there, and whose alpha rises from left to right in the rest."""
    image = noise(600, 400, "RGB").convert("RGBA")
    image.putalpha(Image.linear_gradient("L").rotate(90).resize((600, 400)))
    image.paste((0, 0, 0, 0), (0, 0, 200, 400))
    return image


@pytest.mark.parametrize(
    ("types", "limit", "kind"),
    [(ANY, 400_000, "image/webp"), (ANY, 40_000, "image/webp"), (BLOCKS, 400_000, "image/png"), (BLOCKS, 40_000, "image/png")],
)
async def test_transparency_that_does_not_fit_is_kept(
    processor: ImageProcessor, tmp_path: Path, types: frozenset[str], limit: int, kind: str
) -> None:
    """Never on white: as WebP where the platform shows it, at all its pixels if they fit; else as a smaller PNG."""
    image = half_clear()
    fitted = await processor.fit(stored(tmp_path, encoded(image, "PNG")), most_bytes=limit, media_types=types)
    assert fitted is not None
    assert (fitted.media_type, len(fitted.content) <= limit) == (kind, True)
    alpha = decoded(fitted.content).getchannel("A")
    expected = image.getchannel("A").resize(alpha.size, Image.Resampling.LANCZOS)
    for across, down in [(1, 1), (3, 2), (5, 4), (7, 7)]:
        point = alpha.width * across // 8, alpha.height * down // 8
        assert abs(alpha.getpixel(point) - expected.getpixel(point)) <= 3  # type: ignore[operator]
    if (kind, limit) == ("image/webp", 400_000):
        assert decoded(fitted.content).size == image.size
        assert alpha.tobytes() == image.getchannel("A").tobytes()


async def test_where_transparency_cannot_be_shown_it_becomes_white(processor: ImageProcessor, tmp_path: Path) -> None:
    """Only where a platform shows nothing but JPEG; and white, not the black that may be stored there."""
    path = stored(tmp_path, encoded(half_clear(), "PNG"))
    fitted = await processor.fit(path, most_bytes=400_000, media_types=frozenset({"image/jpeg"}))
    assert fitted is not None
    assert fitted.media_type == "image/jpeg"
    red, green, blue = decoded(fitted.content).getpixel((fitted.width // 8, fitted.height // 2))  # type: ignore[misc]
    assert min(red, green, blue) > 240


async def test_a_platform_that_takes_only_png(processor: ImageProcessor, tmp_path: Path) -> None:
    """The PNG is scaled down to fit; without PNG or JPEG among the formats, a ValueError is raised."""
    path = stored(tmp_path, encoded(noise(400, 300), "PNG"))
    fitted = await processor.fit(path, most_bytes=150_000, media_types=frozenset({"image/png"}))
    assert fitted is not None
    assert fitted.media_type == "image/png"
    assert 90_000 < len(fitted.content) <= 150_000
    with pytest.raises(ValueError, match="neither PNG nor JPEG"):
        await processor.fit(path, most_bytes=150_000, media_types=frozenset({"image/avif"}))


async def test_re_encoding_applies_the_orientation_and_removes_metadata(processor: ImageProcessor, tmp_path: Path) -> None:
    """A rotated result is not posted on its side although its EXIF data is removed."""
    content = encoded(photo(800, 400), "JPEG", quality=95, exif=exif(6), comment=METADATA_TEXT)
    fitted = await processor.fit(stored(tmp_path, content), most_bytes=200_000, media_types=ANY)
    assert fitted is not None
    assert (fitted.width < fitted.height, ORIENTATION in decoded(fitted.content).getexif()) == (True, False)
    assert METADATA_TEXT.encode() not in fitted.content


async def test_a_damaged_file_over_the_limit_is_an_upstream_error(processor: ImageProcessor, tmp_path: Path) -> None:
    """A file that cannot be decoded raises UpstreamError (DOWNLOAD)."""
    content = encoded(noise(300, 300), "PNG")
    with pytest.raises(UpstreamError) as caught:
        await processor.fit(stored(tmp_path, content[:-5000]), most_bytes=1000, media_types=ANY)
    assert caught.value.kind == UpstreamKind.DOWNLOAD


async def test_an_impossible_limit_is_an_error(processor: ImageProcessor, tmp_path: Path) -> None:
    """The search for a size that fits ends with a ValueError."""
    path = stored(tmp_path, encoded(noise(300, 300), "PNG"))
    with pytest.raises(ValueError, match="no picture of this shape fits 100 bytes"):
        await processor.fit(path, most_bytes=100, media_types=ANY)
