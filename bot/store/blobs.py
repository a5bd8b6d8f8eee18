"""Bytes on disk, named by their SHA-256, each file written completely or not at all."""

import asyncio
import errno
import hashlib
import os
import re
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Container, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from bot.errors import StoreCode, StoreError
from bot.ids import BlobId
from bot.jobs.ports import BlobStore, IncomingBlob
from bot.store.incoming import IncomingFile
from bot.store.unnamed import Put, UnnamedBlobs

Result = TypeVar("Result")
_NAME = re.compile(r"[0-9a-f]{64}")
_FOLDER = re.compile(r"[0-9a-f]{2}")
_UNFINISHED = ".part"
MOST_IN_MEMORY = 2
"""How many incoming files are read into memory at once."""
_INCOMING = "00"
"""The subfolder where files arrive; the sweep deletes those that a crash left."""
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


def sync_folder(folder: Path) -> None:
    """Make a rename in this folder durable. Windows cannot open folders and does not need it."""
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


class Blobs(BlobStore):
    """Files below one folder: the digest `aabbcc…` is at `aa/bbcc…`. All disk access runs in threads."""

    def __init__(self, folder: Path, *, sync: Callable[[Path], None] = sync_folder) -> None:
        self._folder = folder
        self._sync = sync
        self._durable: set[str] = set()
        """Names of the subfolders whose directory entries this process has synced."""
        self._unnamed = UnnamedBlobs(self._put_in_thread, _digest, self.path)
        self.in_memory = asyncio.Semaphore(MOST_IN_MEMORY)

    @asynccontextmanager
    async def incoming(self) -> AsyncIterator[IncomingBlob]:
        """Bytes that arrive now, written as they come; those that are not kept are deleted at the end."""
        incoming = _Incoming(self, IncomingFile(self._folder / _INCOMING, suffix=_UNFINISHED))
        try:
            yield incoming
        finally:
            await asyncio.to_thread(incoming.file.delete)

    def keep_file(self, file: IncomingFile) -> BlobId:
        """Store a complete file under its digest, so that it survives a power cut. Raises OSError."""
        blob = BlobId(file.sync())
        path = self.path(blob)
        try:
            _renew(path)
        except (FileNotFoundError, NotADirectoryError):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            file.link(path)
            self._make_durable(path)
        return blob

    async def put(self, content: bytes) -> BlobId:
        """Store bytes so that they survive a power cut once this returns. Equal bytes are stored once."""
        return (await self._put_in_thread(content)).blob

    async def put_unnamed(self, content: bytes) -> BlobId:
        """Like `put`, for bytes that no row may ever name: `keep` or `discard` follows, once for each call."""
        return await self._unnamed.put(content)

    def keep(self, blobs: Iterable[BlobId]) -> None:
        """A row names these blobs now."""
        self._unnamed.keep(blobs)

    async def discard(self, blobs: Iterable[BlobId]) -> None:
        """No row came to name these blobs: delete those that nobody else has put, in this process or another."""
        await self._unnamed.discard(blobs)

    async def read(self, blob: BlobId) -> bytes:
        """Raises StoreError MISSING for a blob that does not exist, BROKEN if the folder of all is not there."""
        return await asyncio.to_thread(self._read, self.path(blob))

    async def missing(self, blobs: Iterable[BlobId]) -> frozenset[BlobId]:
        """Those of the blobs that are not on the disk. Raises StoreError BROKEN if the folder of all is not there."""
        paths = {blob: self.path(blob) for blob in blobs}
        return await asyncio.to_thread(self._missing, paths)

    async def locate(self, blob: BlobId) -> Path:
        """The blob's file. Raises StoreError like `read`."""
        return await asyncio.to_thread(self._locate, self.path(blob))

    async def sweep(self, referenced: Container[BlobId], *, before: float) -> Files:
        """Delete files last put before `before` that are not `referenced`, and the leftovers of a crash.

        `before` must lie so far back that every file put until then has its row by now, and `referenced` must be read after it
        was chosen.
        """
        sizes: list[int] = []
        for folder in await asyncio.to_thread(self._folders):
            sizes += await asyncio.to_thread(self._sweep, folder, referenced, before)
        return Files(count=len(sizes), size_bytes=sum(sizes))

    async def measure(self) -> Files:
        """The number and total size of all files. Raises StoreError."""
        return await asyncio.to_thread(self._measure)

    def path(self, blob: BlobId) -> Path:
        """The path of a blob. Raises ValueError for an invalid digest, which could lead out of the folder."""
        if _NAME.fullmatch(blob) is None:
            raise ValueError(f"not a blob id: {blob[:80]!r}")
        return self._folder / blob[:2] / blob[2:]

    async def _put_in_thread(self, content: bytes) -> Put:
        return await asyncio.to_thread(self._put, content)

    def _put(self, content: bytes) -> Put:
        blob = _digest(content)
        path = self.path(blob)
        try:
            while True:
                with suppress(FileNotFoundError, NotADirectoryError):
                    # Renew the age of an existing file, since no row may refer to it yet.
                    _renew(path)
                    return Put(blob=blob, created_at=None)
                with suppress(_CreatedByOthersError):
                    return Put(blob=blob, created_at=self._write(path, content))
        except OSError as error:
            raise disk_error(error) from error

    def _write(self, path: Path, content: bytes) -> int | None:
        """Write a new file; returns its time in nanoseconds, None if it may have replaced another."""
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # mkstemp creates a file that only its owner can read; within one file system the link or rename is atomic.
        descriptor, name = tempfile.mkstemp(prefix=".", suffix=_UNFINISHED, dir=path.parent)
        unfinished = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            _renew(unfinished)
            written_at = unfinished.stat().st_mtime_ns
            created = _link(unfinished, path)
        finally:
            unfinished.unlink(missing_ok=True)
        self._make_durable(path)
        return written_at if created else None

    def _make_durable(self, path: Path) -> None:
        """Make the name of a new file survive a power cut."""
        self._sync(path.parent)
        # An existing folder may have been created by a thread or a process that was stopped before it could sync it.
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

    def _sweep(self, folder: Path, referenced: Container[BlobId], before: float) -> list[int]:
        """Delete files of one subfolder; returns their sizes."""
        sizes = []
        try:
            for path in list(folder.iterdir()):
                if not _is_leftover(path) and (_NAME.fullmatch(_blob_id(path)) is None or _blob_id(path) in referenced):
                    continue
                # Another process may sweep the same folder, or complete the file.
                with suppress(FileNotFoundError):
                    if path.stat().st_mtime < before and (size := _delete_if_older(path, before)) is not None:
                        sizes.append(size)
        except OSError as error:
            raise disk_error(error) from error
        return sizes

    def _missing(self, paths: Mapping[BlobId, Path]) -> frozenset[BlobId]:
        try:
            found = frozenset(blob for blob, path in paths.items() if not path.exists())
            if found:
                # A disk that is not mounted has lost nothing.
                self._folder.stat()
        except OSError as error:
            raise disk_error(error) from error
        return found

    def _locate(self, path: Path) -> Path:
        with self._translated_errors(path):
            path.stat()
        return path

    def _read(self, path: Path) -> bytes:
        with self._translated_errors(path):
            return path.read_bytes()

    @contextmanager
    def _translated_errors(self, path: Path) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError as error:
            code = StoreCode.MISSING if self._folder.exists() else StoreCode.BROKEN
            raise StoreError(code, detail=f"{path}: {error.strerror}") from error
        except OSError as error:
            raise disk_error(error) from error


class _CreatedByOthersError(Exception):
    """Another thread or process has created the file in the meantime."""


def _link(unfinished: Path, path: Path) -> bool:
    """Give a complete file its name. False where the disk cannot tell whether there was another; raises if there was."""
    try:
        os.link(unfinished, path)
    except FileExistsError as error:
        raise _CreatedByOthersError from error
    except OSError:
        # A disk without hard links.
        unfinished.replace(path)
        return False
    return True


def _digest(content: bytes) -> BlobId:
    return BlobId(hashlib.sha256(content).hexdigest())


def _renew(path: Path) -> None:
    """Set the time of a file to now. The kernel's own clock is too coarse to tell two puts apart."""
    os.utime(path, ns=(now := time.time_ns(), now))


class _Incoming(IncomingBlob):
    def __init__(self, blobs: Blobs, file: IncomingFile) -> None:
        self._blobs = blobs
        self.file = file

    @property
    def size_bytes(self) -> int:
        return self.file.size_bytes

    async def write(self, chunk: bytes) -> None:
        if self.file.take(chunk):
            await self._in_thread(self.file.flush)

    @asynccontextmanager
    async def content(self) -> AsyncIterator[bytes]:
        async with self._blobs.in_memory:
            yield await self._in_thread(self.file.read)

    async def keep(self) -> BlobId:
        return await self._in_thread(lambda: self._blobs.keep_file(self.file))

    async def _in_thread(self, work: Callable[[], Result]) -> Result:
        try:
            return await asyncio.to_thread(work)
        except OSError as error:
            raise disk_error(error) from error


def _blob_id(path: Path) -> BlobId:
    return BlobId(path.parent.name + path.name)


def _is_leftover(path: Path) -> bool:
    return path.name.startswith(".") and path.name.endswith(_UNFINISHED)


def _delete_if_older(path: Path, before: float) -> int | None:
    """Delete a file last put before `before`; returns its size. None if the file was put again in the meantime and stays.

    The file is renamed first, and its age is checked again under the new name. A concurrent put, in any process, either
    renewed the age before the rename, or finds no file and writes a new one: the bytes exist when it returns.
    """
    aside = path if _is_leftover(path) else path.with_name(f".{path.name}{_UNFINISHED}")
    path.rename(aside)
    status = aside.stat()
    if status.st_mtime >= before:
        aside.replace(path)
        return None
    aside.unlink()
    return status.st_size


def disk_error(error: OSError) -> StoreError:
    code = StoreCode.FULL if error.errno in _FULL else StoreCode.BROKEN
    return StoreError(code, detail=f"{error.filename or 'the disk'}: {error.strerror}")
