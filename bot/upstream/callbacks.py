"""A gateway calls us when a task has ended. It signs nothing, so nothing it says is believed: a call only makes us ask at once."""

import asyncio
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from bot.clock import Clock


class Waiting:
    """One task's way of being called for; `address` is what the gateway is told."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.called = asyncio.Event()

    async def pause(self, clock: Clock, seconds: float) -> None:
        """So long, or until the gateway calls: each call ends one pause."""
        sleeping = asyncio.ensure_future(clock.sleep(seconds))
        hearing = asyncio.ensure_future(self.called.wait())
        try:
            await asyncio.wait({sleeping, hearing}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeping.cancel()
            hearing.cancel()
            await asyncio.gather(sleeping, hearing, return_exceptions=True)
        self.called.clear()


class Callbacks:
    """Who may be called for now, by a mark nobody can guess. After a restart nobody is: polling goes on by itself."""

    def __init__(self, address: str) -> None:
        """`address` is ours as gateways reach it, with `{token}` at its end."""
        self._address = address
        self._waiting: dict[str, Waiting] = {}

    @contextmanager
    def waiting(self) -> Iterator[Waiting]:
        token = secrets.token_urlsafe(24)
        waiting = self._waiting[token] = Waiting(self._address.format(token=token))
        try:
            yield waiting
        finally:
            del self._waiting[token]

    def hear(self, path: str) -> bool:
        """A call came; False if it is for nobody."""
        waiting = self._waiting.get(path.rpartition("/")[2])
        if waiting is None:
            return False
        waiting.called.set()
        return True
