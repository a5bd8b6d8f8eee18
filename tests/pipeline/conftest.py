"""Fixtures of the pipeline's tests."""

from collections.abc import AsyncIterator

import pytest

from bot.images.processor import ImageProcessor


@pytest.fixture
async def processor() -> AsyncIterator[ImageProcessor]:
    async with ImageProcessor() as processor:
        yield processor
