"""Which processes on this data folder are alive: each holds a file lock, which the kernel releases when the process ends.

With leases alone, the jobs of a killed process would wait until their leases expire, and a clock that jumps would end the leases
of a living one. A lock that can be taken proves that its owner has ended; one that cannot, that it lives. Where files cannot be
locked (not POSIX), only the leases remain.
"""

import asyncio
import logging
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol

from bot.clock import Clock
from bot.errors import StoreCode, StoreError
from bot.files import make_folder, try_lock
from bot.jobs.stores import ClaimStore
from bot.values import dataclass

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class OtherOwners:
    """The owners beside one's own. Of an owner that is in neither set nothing is known: its leases count."""

    living: frozenset[str] = frozenset()
    ended: frozenset[str] = frozenset()


class Owners(Protocol):
    async def others(self) -> OtherOwners:
        """The other owners, each ended one until `forget`. Raises StoreError."""
        ...

    async def forget(self, owner: str) -> None:
        """Forget an owner that has ended, once its claims are released."""
        ...


class OwnerLocks(Owners):
    """One file per owner, locked while its process lives."""

    def __init__(self, folder: Path, owner: str) -> None:
        self._folder = folder
        self._owner = owner
        self._unreadable: set[str] = set()
        self._forgotten: set[str] = set()

    async def others(self) -> OtherOwners:
        return await asyncio.to_thread(self._others)

    async def forget(self, owner: str) -> None:
        self._forgotten.add(owner)
        try:
            await asyncio.to_thread((self._folder / owner).unlink, missing_ok=True)
        except OSError as error:
            logger.warning("owner not removed", extra={"owner": owner, "detail": error.strerror})

    def _others(self) -> OtherOwners:
        try:
            names = {path.name for path in self._folder.iterdir() if not path.name.startswith(".")}
        except OSError as error:
            raise StoreError(StoreCode.UNAVAILABLE, detail=f"{self._folder}: {error.strerror}") from error
        alive = {name: self._is_alive(name) for name in names - {self._owner} - self._forgotten}
        return OtherOwners(
            living=frozenset(name for name, is_alive in alive.items() if is_alive),
            ended=frozenset(name for name, is_alive in alive.items() if is_alive is False),
        )

    def _is_alive(self, name: str) -> bool | None:
        """None if that cannot be known, as for an entry that cannot be opened: it stops nothing else."""
        if sys.platform == "win32":
            return None
        try:
            descriptor = os.open(self._folder / name, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
            try:
                return not try_lock(descriptor)
            finally:
                os.close(descriptor)
        except FileNotFoundError:
            return None
        except OSError as error:
            if name not in self._unreadable:
                self._unreadable.add(name)
                logger.warning("owner not read", extra={"owner": name, "detail": error.strerror})
            return None


class Neighbours:
    """The other owners on the same store, looked at every `every_s` seconds; `living` as of the last look."""

    def __init__(self, owners: Owners | None, claims: ClaimStore, clock: Clock, *, every_s: float) -> None:
        self._owners = owners
        self._claims = claims
        self._clock = clock
        self._every_s = every_s
        self._look_at = clock.monotonic()
        self.living: frozenset[str] = frozenset()

    def look_soon(self) -> None:
        self._look_at = self._clock.monotonic()

    async def look(self) -> None:
        """Look who lives, and release the claims of processes that have ended: their jobs do not wait for the leases.

        A failure is only logged: it must not keep jobs from being claimed.
        """
        at = self._clock.monotonic()
        if self._owners is None or at < self._look_at:
            return
        self._look_at = at + self._every_s
        try:
            others = await self._owners.others()
            self.living = others.living
            for owner in others.ended:
                await self._claims.release_owner(owner)
                await self._owners.forget(owner)
        except StoreError as error:
            logger.warning("owners not checked", extra={"code": error.code, "detail": error.detail})


@asynccontextmanager
async def hold_ownership(folder: Path, owner: str) -> AsyncIterator[OwnerLocks]:
    """Hold the lock of `owner` within the block. Raises StoreError."""
    path = folder / owner
    try:
        descriptor = await asyncio.to_thread(_open_locked, path)
    except OSError as error:
        raise StoreError(StoreCode.BROKEN, detail=f"{path}: {error.strerror}") from error
    try:
        yield OwnerLocks(folder, owner)
    finally:
        path.unlink(missing_ok=True)
        os.close(descriptor)


def _open_locked(path: Path) -> int:
    make_folder(path.parent)
    # It gets its name once it is locked: nobody finds it without its lock and takes its owner for dead.
    unnamed = path.with_name(f".{path.name}")
    descriptor = os.open(unnamed, os.O_RDWR | os.O_CREAT, 0o600)
    try_lock(descriptor)
    unnamed.rename(path)
    return descriptor
