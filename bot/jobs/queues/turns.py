"""Turns at work of which only so much is done at once, fair between members."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.ids import UserId
from bot.jobs.queues.fair_queue import FairQueue


class Turns:
    """At most `at_once` turns together, and `each` of one member; None: any number."""

    def __init__(self, *, at_once: int | None = None, each: int | None = None) -> None:
        self._queue: FairQueue[asyncio.Future[None]] = FairQueue(at_once=at_once)
        self._each = each

    @asynccontextmanager
    async def turn(self, user: UserId) -> AsyncIterator[None]:
        """Wait for a turn, and have it until the block ends."""
        granted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.add(user, granted, each=self._each)
        try:
            self._grant()
            await granted
            yield
        finally:
            self._queue.remove(user, granted)
            self._grant()

    def _grant(self) -> None:
        while (granted := self._queue.serve_next()) is not None:
            # One that was cancelled is removed by its own task.
            if not granted.done():
                granted.set_result(None)
