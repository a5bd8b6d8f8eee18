"""The image processor that the tests of this folder use."""

from collections.abc import AsyncIterator

import pytest

from bot.images.processor import ImageProcessor


@pytest.fixture
async def processor() -> AsyncIterator[ImageProcessor]:
    async with ImageProcessor() as running:
        yield running
