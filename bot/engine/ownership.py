"""Which processes on this data folder are alive: each holds a file lock, which the kernel releases when the process ends.

With leases alone, the jobs of a killed process would wait until their leases expire. A lock that can be taken proves at once
that its owner has ended. Where files cannot be locked (not POSIX), only the leases remain.
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
    async def ended(self) -> list[str]:
        """Owners whose process has ended; each is returned once."""
        ...


class OwnerLocks(Owners):
    """One file per owner, locked while its process lives."""

    def __init__(self, folder: Path, owner: str) -> None:
        self._folder = folder
        self._owner = owner

    async def ended(self) -> list[str]:
        return await asyncio.to_thread(self._ended)

    def _ended(self) -> list[str]:
        return [path.name for path in self._folder.iterdir() if path.name != self._owner and _remove_if_ended(path)]


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
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try_lock(descriptor)
    return descriptor


def _remove_if_ended(path: Path) -> bool:
    """Remove the file of an owner whose process has ended; False if the process is alive."""
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
