"""Which processes on this data folder are alive: each holds a lock that the kernel drops with the process.

A lease alone would make the jobs of a killed process wait until it runs out; a lock that can be taken proves at once
that its owner is gone. Where files cannot be locked (not POSIX), the lease is all there is.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol

from bot.errors import StoreCode, StoreError
from bot.file_lock import try_lock


class Owners(Protocol):
    async def gone(self) -> list[str]:
        """Owners whose process has ended, told once each."""
        ...


class OwnerLocks:
    """One file an owner, locked as long as its process lives."""

    def __init__(self, folder: Path, owner: str) -> None:
        self._folder = folder
        self._owner = owner

    async def gone(self) -> list[str]:
        return await asyncio.to_thread(self._gone)

    def _gone(self) -> list[str]:
        return [path.name for path in self._folder.iterdir() if path.name != self._owner and _bury(path)]


@asynccontextmanager
async def hold_ownership(folder: Path, owner: str) -> AsyncIterator[OwnerLocks]:
    """Be alive as `owner` for the length of the block."""
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
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try_lock(descriptor)
    return descriptor


def _bury(path: Path) -> bool:
    """Take away the file of an owner that has ended; False where it lives."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        if not try_lock(descriptor):
            return False
        path.unlink(missing_ok=True)
        return True
    finally:
        os.close(descriptor)
