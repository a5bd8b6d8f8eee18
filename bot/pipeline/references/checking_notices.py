"""Tells a member that a request is being checked, where others read too: the member alone, so that a refusal takes nothing back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.clock import Clock
from bot.ids import JobId
from bot.jobs.job import Job
from bot.pipeline.progress_messages import ProgressMessages

NOTICE_S = 1.0
"""Most requests are checked within this, and their progress is the first thing shown."""
MOST_REMEMBERED = 2000


class CheckingNotices:
    def __init__(self, progress_messages: ProgressMessages, clock: Clock) -> None:
        self._progress_messages = progress_messages
        self._clock = clock
        self._told: dict[JobId, None] = {}

    @asynccontextmanager
    async def while_checking(self, job: Job) -> AsyncIterator[None]:
        """Tell the member if what happens inside takes longer than a moment."""
        telling = asyncio.create_task(self._tell_later(job))
        try:
            yield
        finally:
            telling.cancel()
            await asyncio.wait({telling})

    async def tell(self, job: Job) -> None:
        """Tell the member now, once."""
        if job.id in self._told:
            return
        while len(self._told) >= MOST_REMEMBERED:
            del self._told[next(iter(self._told))]
        self._told[job.id] = None
        await self._progress_messages.show_taken(job)

    async def _tell_later(self, job: Job) -> None:
        await self._clock.sleep(NOTICE_S)
        await self.tell(job)
        seconds = self._progress_messages.taken_seconds(job)
        while seconds is not None:
            await self._clock.sleep(seconds)
            await self._progress_messages.show_taken(job)
