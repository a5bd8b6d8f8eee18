"""Bytes on disk, named by their SHA-256: written whole or not at all."""

import asyncio
import errno
import hashlib
import os
import re
import tempfile
from collections.abc import Callable, Container
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bot.errors import StoreCode, StoreError
from bot.ids import BlobId

_NAME = re.compile(r"[0-9a-f]{64}")
_FOLDER = re.compile(r"[0-9a-f]{2}")
_UNFINISHED = ".part"
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


@dataclass(frozen=True, kw_only=True)
class Files:
    count: int
    size_bytes: int


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

    async def sweep(self, named: Container[BlobId], *, before: float) -> Files:
        """Take away files that are not `named`, and leftovers of a crash, that nobody has put since `before`.

        `named` has to be read after the moment `before` was chosen by, and whoever puts a file names it within that time.
        """
        sizes: list[int] = []
        for folder in await asyncio.to_thread(self._folders):
            sizes += await asyncio.to_thread(self._sweep, folder, named, before)
        return Files(count=len(sizes), size_bytes=sum(sizes))

    async def measure(self) -> Files:
        """All that there is. Raises StoreError."""
        return await asyncio.to_thread(self._measure)

    def path(self, blob: BlobId) -> Path:
        """Where a blob is or would be. Raises ValueError for what is no digest: it must not lead out of the folder."""
        if _NAME.fullmatch(blob) is None:
            raise ValueError(f"not a blob id: {blob[:80]!r}")
        return self._folder / blob[:2] / blob[2:]

    def _put(self, content: bytes) -> BlobId:
        blob = BlobId(hashlib.sha256(content).hexdigest())
        path = self.path(blob)
        try:
            try:
                # Renews the age of a file that stands: nobody has to name it yet.
                os.utime(path)
            except (FileNotFoundError, NotADirectoryError):
                self._write(path, content)
        except OSError as error:
            raise disk_error(error) from error
        return blob

    def _write(self, path: Path, content: bytes) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # mkstemp makes the file for its owner alone; the same file system makes the rename atomic.
        descriptor, name = tempfile.mkstemp(prefix=".", suffix=_UNFINISHED, dir=path.parent)
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

    def _folders(self) -> list[Path]:
        try:
            return sorted(path for path in self._folder.iterdir() if _FOLDER.fullmatch(path.name))
        except FileNotFoundError:
            return []
        except OSError as error:
            raise disk_error(error) from error

    def _measure(self) -> Files:
        try:
            sizes = [entry.stat().st_size for folder in self._folders() for entry in os.scandir(folder)]
        except OSError as error:
            raise disk_error(error) from error
        return Files(count=len(sizes), size_bytes=sum(sizes))

    def _sweep(self, folder: Path, named: Container[BlobId], before: float) -> list[int]:
        """The sizes of the files that were taken away."""
        sizes = []
        try:
            for path in list(folder.iterdir()):
                if not _is_leftover(path) and (_NAME.fullmatch(_name(path)) is None or _name(path) in named):
                    continue
                # Another process may sweep the same folder, or finish the file.
                with suppress(FileNotFoundError):
                    if path.stat().st_mtime < before and (size := _take_away(path, before)) is not None:
                        sizes.append(size)
        except OSError as error:
            raise disk_error(error) from error
        return sizes

    def _read(self, path: Path) -> bytes:
        try:
            return path.read_bytes()
        except OSError as error:
            raise disk_error(error) from error


def _name(path: Path) -> BlobId:
    return BlobId(path.parent.name + path.name)


def _is_leftover(path: Path) -> bool:
    return path.name.startswith(".") and path.name.endswith(_UNFINISHED)


def _take_away(path: Path, before: float) -> int | None:
    """The size of a file that is gone now; None for one that was put again in the last moment, and stays.

    A put that still finds the file renews its age, which is looked at again once nobody can find it; a later put finds
    none and writes its own. Either way the bytes stand when it returns, whichever process it is in.
    """
    aside = path if _is_leftover(path) else path.with_name(f".{path.name}{_UNFINISHED}")
    path.rename(aside)
    found = aside.stat()
    if found.st_mtime >= before:
        aside.replace(path)
        return None
    aside.unlink()
    return found.st_size


def disk_error(error: OSError) -> StoreError:
    code = StoreCode.FULL if error.errno in _FULL else StoreCode.BROKEN
    return StoreError(code, detail=f"{error.filename or 'the disk'}: {error.strerror}")
