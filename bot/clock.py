"""Time, as an argument."""

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    def now(self) -> float:
        """Seconds since 1970, UTC: stored in rows and compared with the platforms' timestamps."""
        ...

    async def sleep(self, seconds: float) -> None: ...


class SystemClock(Clock):
    def now(self) -> float:
        return time.time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
