"""One image processor for the tests of a file: to start its workers takes longer than most of those tests."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bot.images.processor import ImageProcessor


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_processor() -> AsyncIterator[ImageProcessor]:
    async with ImageProcessor() as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def processor(shared_processor: ImageProcessor) -> AsyncIterator[ImageProcessor]:
    before = asyncio.all_tasks()
    yield shared_processor
    # As at the end of an event loop: what a test leaves behind is no part of the next one.
    left = asyncio.all_tasks() - before - {asyncio.current_task()}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Run the tests that use the processor in its event loop."""
    if "processor" in getattr(item, "fixturenames", ()):
        item.add_marker(pytest.mark.asyncio(loop_scope="module"), append=False)
