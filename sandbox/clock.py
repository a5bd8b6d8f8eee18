"""The clock of the fake servers, which `/clock` moves forward."""

import asyncio
import time

_POLL_S = 0.05


class SandboxClock:
    """Wall time in seconds since 1970 plus what `/clock` added. The bot does not see it."""

    def __init__(self) -> None:
        self._offset = 0.0

    def now(self) -> float:
        return time.time() + self._offset

    def advance(self, seconds: float) -> None:
        self._offset += seconds

    async def sleep_until(self, due: float) -> None:
        """Wait until this clock, which may jump, reaches `due`."""
        while (left := due - self.now()) > 0:  # noqa: ASYNC110  # `advance` wakes nothing
            await asyncio.sleep(min(left, _POLL_S))
