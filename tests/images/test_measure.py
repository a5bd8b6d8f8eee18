"""What a downloaded result is: read to its end, without decoding a pixel."""

from collections.abc import AsyncIterator

import pytest

from bot.errors import UpstreamError, UpstreamKind
from bot.images.measure import Measured
from bot.images.processor import ImageProcessor
from tests.images.paintings import claimed_png, encoded, exif, glass, noise, scene, with_chunk


@pytest.fixture
async def processor() -> AsyncIterator[ImageProcessor]:
    async with ImageProcessor() as opened_studio:
        yield opened_studio


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (encoded(scene(), "PNG"), "image/png"),
        (with_chunk(encoded(glass(), "PNG"), b"tEXt", b"AIGC\0made by a machine"), "image/png"),
        (encoded(scene(), "JPEG"), "image/jpeg"),
        (encoded(scene(), "JPEG", progressive=True, exif=exif(6), comment="made by a machine"), "image/jpeg"),
        (encoded(scene(), "JPEG") + bytes(7), "image/jpeg"),
        (encoded(scene(), "WEBP"), "image/webp"),
        (encoded(glass(), "WEBP", lossless=True, exif=exif(1)), "image/webp"),
        (encoded(scene(), "GIF"), "image/gif"),
    ],
)
async def test_a_whole_picture(processor: ImageProcessor, content: bytes, media_type: str) -> None:
    """Its own structure says what it is; marks of its making are no fault."""
    assert await processor.measure(content) == Measured(media_type=media_type, width=48, height=32)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
async def test_a_picture_that_was_cut_off(processor: ImageProcessor, kind: str) -> None:
    """At every tenth, and one byte before its end: worth another download."""
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
        (claimed_png(13_000, 13_000), "PNG of 13000x13000 pixels"),
        (claimed_png(0, 0), "PNG of 0x0 pixels"),
    ],
)
async def test_what_is_no_picture(processor: ImageProcessor, content: bytes, detail: str) -> None:
    """The same download would bring the same again; the log says what it was."""
    with pytest.raises(UpstreamError) as caught:
        await processor.measure(content)
    error = caught.value
    assert (error.kind, error.retryable, error.detail) == (UpstreamKind.DOWNLOAD, False, detail)
