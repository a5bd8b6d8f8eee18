"""Time, as an argument."""

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    def now(self) -> float:
        """Seconds since 1970, UTC: stored in rows and compared with the platforms' timestamps. It may be set, so it may jump."""
        ...

    def monotonic(self) -> float:
        """Seconds since some moment: for durations within this process. It never jumps."""
        ...

    async def sleep(self, seconds: float) -> None: ...


class SystemClock(Clock):
    def now(self) -> float:
        return time.time()

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
