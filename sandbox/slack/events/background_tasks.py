"""Tasks that continue after a request was answered, and wait by the sandbox's clock."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from sandbox.clock import SandboxClock

_POLL_S = 0.05


class BackgroundTasks:
    """Keeps background tasks until they end or the fake closes."""

    def __init__(self, clock: SandboxClock) -> None:
        self._clock = clock
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def sleep_until(self, due: float) -> None:
        """Wait until the sandbox's clock, which may jump, reaches `due`."""
        while (left := due - self._clock.now()) > 0:  # noqa: ASYNC110 - the clock can be moved without telling anybody
            await asyncio.sleep(min(left, _POLL_S))

    async def close(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
