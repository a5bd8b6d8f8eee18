"""How much one gateway is asked at a time; the breaker for one that only fails belongs here as well."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.clock import Clock

WINDOW_S = 60.0


class Turns:
    """Paid calls at once and pictures per minute, held together; first come, first served.

    A minute is any sixty seconds, not one of the clock's: the gateway counts from its own.
    """

    def __init__(self, clock: Clock, *, at_once: int, images_per_minute: int | None = None) -> None:
        self._clock = clock
        self._slots = asyncio.Semaphore(at_once)
        self._images_per_minute = images_per_minute
        self._asked: deque[tuple[float, int]] = deque()
        self._door = asyncio.Lock()

    @asynccontextmanager
    async def turn(self, images: int) -> AsyncIterator[None]:
        """Wait until a call for so many pictures may be made, and hold its place while it runs."""
        async with self._slots:
            if self._images_per_minute is not None:
                async with self._door:
                    await self._wait_for_room(images, self._images_per_minute)
                    self._asked.append((self._clock.now(), images))
            yield

    async def _wait_for_room(self, images: int, limit: int) -> None:
        """A set larger than the limit goes alone rather than never."""
        while True:
            now = self._clock.now()
            while self._asked and self._asked[0][0] <= now - WINDOW_S:
                self._asked.popleft()
            if not self._asked or sum(count for _, count in self._asked) + images <= limit:
                return
            await self._clock.sleep(self._asked[0][0] + WINDOW_S - now)
