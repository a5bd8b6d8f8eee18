"""Measuring a downloaded result: type and dimensions from the whole file, without decoding."""

import pytest

from bot.errors import UpstreamError, UpstreamKind
from bot.images.processor import ImageProcessor
from bot.images.values import Measured
from tests.images.sample_files import encoded, exif, half_transparent, noise, png_claiming, scene, with_chunk


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (encoded(scene(), "PNG"), "image/png"),
        (with_chunk(encoded(half_transparent(), "PNG"), b"tEXt", b"AIGC\0made by a machine"), "image/png"),
        (encoded(scene(), "JPEG"), "image/jpeg"),
        (encoded(scene(), "JPEG", progressive=True, exif=exif(6), comment="made by a machine"), "image/jpeg"),
        (encoded(scene(), "JPEG") + bytes(7), "image/jpeg"),
        (encoded(scene(), "WEBP"), "image/webp"),
        (encoded(half_transparent(), "WEBP", lossless=True, exif=exif(1)), "image/webp"),
        (encoded(scene(), "GIF"), "image/gif"),
    ],
)
async def test_a_complete_picture_is_measured(processor: ImageProcessor, content: bytes, media_type: str) -> None:
    """Type and dimensions come from the file's structure; metadata and trailing bytes are no error."""
    assert await processor.measure(content) == Measured(media_type=media_type, width=48, height=32)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
async def test_a_truncated_picture_is_worth_another_download(processor: ImageProcessor, kind: str) -> None:
    """A file cut at any tenth, or one byte before its end, is a retryable error."""
    content = encoded(noise(90, 60), kind)
    for cut in [*(len(content) * tenth // 10 for tenth in range(1, 10)), len(content) - 1]:
        with pytest.raises(UpstreamError) as caught:
            await processor.measure(content[:cut])
        assert (caught.value.kind, caught.value.retryable, caught.value.certain) == (UpstreamKind.DOWNLOAD, True, False)


@pytest.mark.parametrize(
    ("content", "detail"),
    [
        (b"", "not a picture: an empty file"),
        (b"<html><body>This link has expired</body></html>", "not a picture: text/html"),
        (b'{"error":{"code":"AccessDenied"}}', "not a picture: text/plain"),
        (b'<?xml version="1.0"?><Error/>', "not a picture: text/plain"),
        (png_claiming(13_000, 13_000), "PNG of 13000x13000 pixels"),
        (png_claiming(0, 0), "PNG of 0x0 pixels"),
    ],
)
async def test_other_content_is_not_retryable(processor: ImageProcessor, content: bytes, detail: str) -> None:
    """Another download would bring the same; the detail names what was found."""
    with pytest.raises(UpstreamError) as caught:
        await processor.measure(content)
    error = caught.value
    assert (error.kind, error.retryable, error.detail) == (UpstreamKind.DOWNLOAD, False, detail)
