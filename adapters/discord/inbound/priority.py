"""Acknowledgements go before all other work of the event loop: Discord waits three seconds for each, in a burst too."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress

LONGEST_WAIT_SECONDS = 0.1
"""How long other work waits for the acknowledgements that are open. Some may be slow on Discord's side."""


class AcknowledgementsFirst:
    """Knows which interactions still wait for their first response."""

    def __init__(self) -> None:
        self._open = 0
        self._none_open = asyncio.Event()
        self._none_open.set()
        self._line = asyncio.Lock()

    @contextmanager
    def acknowledging(self) -> Iterator[None]:
        """An interaction waits for its first response in this block."""
        self._open += 1
        self._none_open.clear()
        try:
            yield
        finally:
            self._open -= 1
            if not self._open:
                self._none_open.set()

    async def others_turn(self) -> None:
        """Wait until no acknowledgement is open, or for too long. Those who wait pass one after another."""
        if not self._open and not self._line.locked():
            return
        deadline = asyncio.get_running_loop().time() + LONGEST_WAIT_SECONDS
        async with self._line:
            with suppress(TimeoutError):
                async with asyncio.timeout_at(deadline):
                    await self._none_open.wait()
