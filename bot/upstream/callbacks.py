"""Callbacks: a gateway may call us when a task ends. They carry no signature, so one only makes us ask the gateway at once."""

import asyncio
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from bot.clock import Clock


class PendingCallback:
    """A callback that one task may receive; the gateway is given `address`."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.received = asyncio.Event()

    async def pause(self, clock: Clock, seconds: float) -> None:
        """Sleep, but no longer than until the next callback; each callback ends one pause."""
        sleeping = asyncio.ensure_future(clock.sleep(seconds))
        receiving = asyncio.ensure_future(self.received.wait())
        try:
            await asyncio.wait({sleeping, receiving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeping.cancel()
            receiving.cancel()
            await asyncio.gather(sleeping, receiving, return_exceptions=True)
        self.received.clear()


class Callbacks:
    """The callbacks that running tasks may receive, by unguessable token. After a restart there are none: polling is enough."""

    def __init__(self, address: str) -> None:
        """`address` is where gateways reach this bot; it ends with `{token}`."""
        self._address = address
        self._pending: dict[str, PendingCallback] = {}

    @contextmanager
    def expect(self) -> Iterator[PendingCallback]:
        token = secrets.token_urlsafe(24)
        pending = self._pending[token] = PendingCallback(self._address.format(token=token))
        try:
            yield pending
        finally:
            del self._pending[token]

    def notify(self, path: str) -> bool:
        """Wake the task that a received callback is for; False for an unknown path."""
        pending = self._pending.get(path.rpartition("/")[2])
        if pending is None:
            return False
        pending.received.set()
        return True
