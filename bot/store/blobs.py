"""Bytes on disk, named by their SHA-256, each file written completely or not at all, and checked when it is read."""

import asyncio
import hashlib
import logging
import os
import re
import time
from collections.abc import AsyncIterator, Callable, Container, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from math import inf
from pathlib import Path
from typing import TypeVar

from bot.errors import StoreCode, StoreError
from bot.files import make_folder, sync_folder, write_unfinished
from bot.ids import BlobId
from bot.jobs.ports import BlobStore, IncomingBlob
from bot.store.disk_errors import disk_errors, read_errors
from bot.store.incoming import IncomingFile
from bot.store.sweeping import NAME, UNFINISHED, Files, Swept, files, measure_folders, sweep_folder, sweep_quarantine
from bot.store.unnamed import Put, UnnamedBlobs

logger = logging.getLogger(__name__)

QUARANTINE = "quarantine"
"""The folder, among those of the blobs, of files that no row names but that may belong to rows that were lost."""
MOST_IN_MEMORY = 2
"""How many incoming files are read into memory at once."""
_FOLDER = re.compile(r"[0-9a-f]{2}")
_INCOMING = "00"
"""The subfolder where files arrive; the sweep deletes those that a crash left."""
Result = TypeVar("Result")


class Blobs(BlobStore):
    """Files below one folder: the digest `aabbcc…` is at `aa/bbcc…`. All disk access runs in threads."""

    def __init__(self, folder: Path, *, sync: Callable[[Path], None] = sync_folder) -> None:
        self._folder = folder
        self._quarantine = folder / QUARANTINE
        self._sync = sync
        self._durable: set[str] = set()
        """Names of the subfolders whose directory entries this process has synced."""
        self._unnamed = UnnamedBlobs(self._put_in_thread, _digest, self.path)
        self.in_memory = asyncio.Semaphore(MOST_IN_MEMORY)

    @asynccontextmanager
    async def incoming(self) -> AsyncIterator[IncomingBlob]:
        """Bytes that arrive now, written as they come; those that are not kept are deleted at the end."""
        incoming = _Incoming(self, IncomingFile(self._folder / _INCOMING, suffix=UNFINISHED))
        try:
            yield incoming
        finally:
            await asyncio.to_thread(incoming.file.delete)

    def keep_file(self, file: IncomingFile) -> BlobId:
        """Store a complete file under its digest, so that it survives a power cut. Raises OSError."""
        blob = BlobId(file.sync())
        path = self.path(blob)
        with suppress(FileNotFoundError, NotADirectoryError):
            _renew(path)
            if _is_whole(path, blob):
                return blob
            path.unlink()
        make_folder(path.parent)
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
        """The bytes, checked against their name. Raises StoreError MISSING for a blob that is not there or is damaged."""
        return await asyncio.to_thread(self._read, blob)

    async def locate(self, blob: BlobId) -> Path:
        """The file, for posting, after its bytes were checked. Raises StoreError MISSING like `read`."""
        return await asyncio.to_thread(self._locate, blob)

    async def locate_all(self, blobs: Iterable[BlobId]) -> Mapping[BlobId, Path]:
        """The files of those blobs that `locate` finds. Raises StoreError if the disk cannot be read."""
        return await asyncio.to_thread(self._locate_all, tuple(blobs))

    async def sweep(
        self,
        referenced: Container[BlobId],
        *,
        before: float,
        known_since: float = -inf,
        forgotten: Container[BlobId] = frozenset(),
    ) -> Swept:
        """Delete files last put before `before` that are not `referenced`, and the leftovers of a crash.

        `before` must lie so far back that every file put until then has its row by now, and `referenced` must be read after it
        was chosen. Files put before `known_since` may belong to rows that were lost: they go to the quarantine instead, unless
        they are `forgotten`, because their rows were deleted on purpose.
        """

        def may_delete(blob: BlobId, put_at: float) -> bool:
            return put_at >= known_since or blob in forgotten

        deleted: list[int] = []
        quarantined: list[int] = []
        for folder in await asyncio.to_thread(self._folders):
            swept = await asyncio.to_thread(
                sweep_folder, folder, self._quarantine, referenced, before=before, may_delete=may_delete
            )
            for size, gone in swept:
                (deleted if gone else quarantined).append(size)
        return Swept(deleted=files(deleted), quarantined=files(quarantined))

    async def sweep_quarantine(self, referenced: Container[BlobId], *, before: float) -> Files:
        """Put back what a row names after all, and delete what has been there since before `before`."""
        return await asyncio.to_thread(sweep_quarantine, self._quarantine, referenced, before=before, path_of=self.path)

    async def measure(self) -> Files:
        """The number and total size of all files outside the quarantine. Raises StoreError."""
        return await asyncio.to_thread(lambda: measure_folders(self._folders()))

    async def measure_quarantine(self) -> Files:
        """The number and total size of the files in quarantine. Raises StoreError."""
        return await asyncio.to_thread(measure_folders, [self._quarantine])

    async def is_empty(self) -> bool:
        """Whether there is no file at all, not even in quarantine. Raises StoreError."""
        return not (await self.measure()).count and not (await self.measure_quarantine()).count

    def path(self, blob: BlobId) -> Path:
        """The path of a blob. Raises ValueError for an invalid digest, which could lead out of the folder."""
        if NAME.fullmatch(blob) is None:
            raise ValueError(f"not a blob id: {blob[:80]!r}")
        return self._folder / blob[:2] / blob[2:]

    async def _put_in_thread(self, content: bytes) -> Put:
        return await asyncio.to_thread(self._put, content)

    def _put(self, content: bytes) -> Put:
        blob = _digest(content)
        path = self.path(blob)
        with disk_errors():
            while True:
                with suppress(FileNotFoundError, NotADirectoryError):
                    # Renew the age of an existing file, since no row may refer to it yet.
                    _renew(path)
                    if not _is_whole(path, blob):
                        self._write(path, content, replace=True)
                    return Put(blob=blob, created_at=None)
                with suppress(_CreatedByOthersError):
                    return Put(blob=blob, created_at=self._write(path, content))

    def _write(self, path: Path, content: bytes, *, replace: bool = False) -> int | None:
        """Write a new file; returns its time in nanoseconds, None if it may have replaced another."""
        make_folder(path.parent)
        # Within one file system the link or rename is atomic.
        unfinished = write_unfinished(path.parent, content, suffix=UNFINISHED)
        try:
            _renew(unfinished)
            written_at = unfinished.stat().st_mtime_ns
            created = _link(unfinished, path, replace=replace)
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
        with disk_errors(), suppress(FileNotFoundError):
            return sorted(path for path in self._folder.iterdir() if _FOLDER.fullmatch(path.name))
        return []

    def _read(self, blob: BlobId) -> bytes:
        for path in self._places(blob):
            with suppress(FileNotFoundError), read_errors():
                content = path.read_bytes()
                if _digest(content) == blob:
                    return content
                _log_damaged(blob)
        raise self._missing(blob)

    def _locate(self, blob: BlobId) -> Path:
        for path in self._places(blob):
            with suppress(FileNotFoundError), read_errors():
                if _digest_of_file(path) == blob:
                    return path
                _log_damaged(blob)
        raise self._missing(blob)

    def _locate_all(self, blobs: Iterable[BlobId]) -> dict[BlobId, Path]:
        found = {}
        for blob in blobs:
            try:
                found[blob] = self._locate(blob)
            except StoreError as error:
                if error.store is not StoreCode.MISSING:
                    raise
        return found

    def _places(self, blob: BlobId) -> tuple[Path, Path]:
        return self.path(blob), self._quarantine / blob

    def _missing(self, blob: BlobId) -> StoreError:
        # A disk that is not mounted has lost nothing.
        code = StoreCode.MISSING if self._folder.exists() else StoreCode.BROKEN
        return StoreError(code, detail=f"blob {blob} is not there or damaged: {self.path(blob)}")


class _CreatedByOthersError(Exception):
    """Another thread or process has created the file in the meantime."""


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
        with disk_errors():
            return await asyncio.to_thread(work)


def _link(unfinished: Path, path: Path, *, replace: bool) -> bool:
    """Give a complete file its name. False where it may have replaced another; raises if there was one that must not be."""
    if not replace:
        try:
            os.link(unfinished, path)
        except FileExistsError as error:
            raise _CreatedByOthersError from error
        except OSError:
            # A disk without hard links.
            logger.debug("no hard links", extra={"detail": str(path.parent)})
        else:
            return True
    unfinished.replace(path)
    return False


def _digest(content: bytes) -> BlobId:
    return BlobId(hashlib.sha256(content).hexdigest())


def _digest_of_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _is_whole(path: Path, blob: BlobId) -> bool:
    try:
        return _digest_of_file(path) == blob
    except OSError:
        return False


def _renew(path: Path) -> None:
    """Set the time of a file to now. The kernel's own clock is too coarse to tell two puts apart."""
    os.utime(path, ns=(now := time.time_ns(), now))


def _log_damaged(blob: BlobId) -> None:
    logger.error("blob damaged", extra={"blob": blob})
