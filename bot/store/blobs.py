"""Bytes on disk, named by their SHA-256: written whole or not at all."""

import asyncio
import errno
import hashlib
import os
import re
import tempfile
from collections.abc import Callable
from pathlib import Path

from bot.errors import StoreCode, StoreError
from bot.ids import BlobId

_NAME = re.compile(r"[0-9a-f]{64}")
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


def sync_folder(folder: Path) -> None:
    """A rename is durable once its folder is; Windows opens no folders and needs none of it."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class Blobs:
    """Files below one folder, at `aa/bbcc…` for the digest `aabbcc…`. All disk work is off the event loop."""

    def __init__(self, folder: Path, *, sync: Callable[[Path], None] = sync_folder) -> None:
        self._folder = folder
        self._sync = sync
        self._durable: set[str] = set()
        """Names of the folders within, once this process has synced their own entries."""

    async def put(self, content: bytes) -> BlobId:
        """Keep bytes; when this returns, a power cut does not lose them. The same bytes are kept once."""
        return await asyncio.to_thread(self._put, content)

    async def read(self, blob: BlobId) -> bytes:
        """Raises StoreError BROKEN for a blob that is not there."""
        return await asyncio.to_thread(self._read, self.path(blob))

    def path(self, blob: BlobId) -> Path:
        """Where a blob is or would be. Raises ValueError for what is no digest: it must not lead out of the folder."""
        if _NAME.fullmatch(blob) is None:
            raise ValueError(f"not a blob id: {blob[:80]!r}")
        return self._folder / blob[:2] / blob[2:]

    def _put(self, content: bytes) -> BlobId:
        blob = BlobId(hashlib.sha256(content).hexdigest())
        path = self.path(blob)
        try:
            if not path.exists():
                self._write(path, content)
        except OSError as error:
            raise _store_error(error) from error
        return blob

    def _write(self, path: Path, content: bytes) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # mkstemp makes the file for its owner alone; the same file system makes the rename atomic.
        descriptor, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=path.parent)
        unfinished = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(path)
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise
        self._sync(path.parent)
        # A folder that merely exists may have been made by a thread, or a process, that never came to sync it.
        if path.parent.name not in self._durable:
            self._sync(self._folder)
            self._durable.add(path.parent.name)

    def _read(self, path: Path) -> bytes:
        try:
            return path.read_bytes()
        except OSError as error:
            raise _store_error(error) from error


def _store_error(error: OSError) -> StoreError:
    code = StoreCode.FULL if error.errno in _FULL else StoreCode.BROKEN
    return StoreError(code, detail=f"{error.filename}: {error.strerror}")
