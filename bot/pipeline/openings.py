"""Records when a job's foreign pictures are opened, so that one that ends the whole process is not opened for ever."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.clock import Clock
from bot.errors import StoreError
from bot.jobs.job import Job
from bot.jobs.stores import PictureStore
from bot.pipeline.context import write_persistently

logger = logging.getLogger(__name__)

MOST_DEATHS = 2
"""Processes that may end while they open a job's pictures; then no more are opened."""


class Openings:
    """The openings of one claimed job. Of pictures that are open at the same time, the first is recorded."""

    def __init__(self, job: Job, pictures: PictureStore, clock: Clock) -> None:
        self._job = job
        self._pictures = pictures
        self._clock = clock
        self._open = 0
        self._recorded = False
        self._writing = asyncio.Lock()

    @asynccontextmanager
    async def opening(self, number: int) -> AsyncIterator[None]:
        """Open picture `number` (from 1) inside. Whatever ends it, except the death of the process, clears the record."""
        self._open += 1
        try:
            await self._begin(number)
            yield
        finally:
            self._open -= 1
            await self._end()

    async def _begin(self, number: int) -> None:
        async with self._writing:
            if not self._recorded:
                # A cancelled write may still be made.
                self._recorded = True
                await write_persistently(lambda: self._pictures.begin_opening(self._job, number), self._clock)

    async def _end(self) -> None:
        async with self._writing:
            if self._open or not self._recorded:
                return
            self._recorded = False
            try:
                await self._pictures.end_opening(self._job)
            except StoreError as error:
                # It counts as a death if the process now ends; one is not enough to matter.
                logger.warning("opening not cleared", extra={"job": self._job.id, "code": error.code})
