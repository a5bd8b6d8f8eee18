"""Bytes on disk, named by their SHA-256, each file written completely or not at all, and checked when it is read."""

import asyncio
import errno
import hashlib
import logging
import os
import re
from collections.abc import Callable, Container, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from math import inf
from pathlib import Path

from bot.errors import StoreCode, StoreError
from bot.files import make_folder, sync_folder, write_unfinished
from bot.ids import BlobId
from bot.jobs.ports import BlobStore

logger = logging.getLogger(__name__)

QUARANTINE = "quarantine"
"""The folder, among those of the blobs, of files that no row names but that may belong to rows that were lost."""
_NAME = re.compile(r"[0-9a-f]{64}")
_FOLDER = re.compile(r"[0-9a-f]{2}")
_UNFINISHED = ".part"
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_LASTING = frozenset({errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ELOOP, errno.ENAMETOOLONG})
"""Errors of a path that is wrong; whatever else a disk reports may pass."""


@dataclass(frozen=True, kw_only=True)
class Files:
    count: int
    size_bytes: int


@dataclass(frozen=True, kw_only=True)
class Swept:
    deleted: Files
    quarantined: Files


class Blobs(BlobStore):
    """Files below one folder: the digest `aabbcc…` is at `aa/bbcc…`. All disk access runs in threads."""

    def __init__(self, folder: Path, *, sync: Callable[[Path], None] = sync_folder) -> None:
        self._folder = folder
        self._quarantine = folder / QUARANTINE
        self._sync = sync
        self._durable: set[str] = set()
        """Names of the subfolders whose directory entries this process has synced."""

    async def put(self, content: bytes) -> BlobId:
        """Store bytes so that they survive a power cut once this returns. Equal bytes are stored once."""
        return await asyncio.to_thread(self._put, content)

    async def read(self, blob: BlobId) -> bytes:
        """The bytes, checked against their name. Raises StoreError MISSING for a blob that is not there or is damaged."""
        return await asyncio.to_thread(self._read, blob)

    async def locate(self, blob: BlobId) -> Path:
        """The file, for posting, after its bytes were checked. Raises StoreError MISSING like `read`."""
        return await asyncio.to_thread(self._locate, blob)

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
            for size, gone in await asyncio.to_thread(self._sweep, folder, referenced, before, may_delete):
                (deleted if gone else quarantined).append(size)
        return Swept(deleted=_files(deleted), quarantined=_files(quarantined))

    async def sweep_quarantine(self, referenced: Container[BlobId], *, before: float) -> Files:
        """Put back what a row names after all, and delete what has been there since before `before`."""
        return await asyncio.to_thread(self._sweep_quarantine, referenced, before)

    async def measure(self) -> Files:
        """The number and total size of all files outside the quarantine. Raises StoreError."""
        return await asyncio.to_thread(lambda: self._measure(self._folders()))

    async def measure_quarantine(self) -> Files:
        """The number and total size of the files in quarantine. Raises StoreError."""
        return await asyncio.to_thread(self._measure, [self._quarantine])

    async def is_empty(self) -> bool:
        """Whether there is no file at all, not even in quarantine. Raises StoreError."""
        return not (await self.measure()).count and not (await self.measure_quarantine()).count

    def path(self, blob: BlobId) -> Path:
        """The path of a blob. Raises ValueError for an invalid digest, which could lead out of the folder."""
        if _NAME.fullmatch(blob) is None:
            raise ValueError(f"not a blob id: {blob[:80]!r}")
        return self._folder / blob[:2] / blob[2:]

    def _put(self, content: bytes) -> BlobId:
        blob = BlobId(hashlib.sha256(content).hexdigest())
        path = self.path(blob)
        try:
            with suppress(FileNotFoundError, NotADirectoryError):
                # Renew the age of an existing file, since no row may refer to it yet.
                os.utime(path)
                if _is_whole(path, blob):
                    return blob
            self._write(path, content)
        except OSError as error:
            raise disk_error(error) from error
        return blob

    def _write(self, path: Path, content: bytes) -> None:
        make_folder(path.parent)
        # Within one file system the rename is atomic.
        unfinished = write_unfinished(path.parent, content, suffix=_UNFINISHED)
        try:
            unfinished.replace(path)
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise
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

    def _measure(self, folders: list[Path]) -> Files:
        sizes: list[int] = []
        try:
            for folder in folders:
                # The bot may delete files or folders in the meantime.
                with suppress(FileNotFoundError):
                    for entry in os.scandir(folder):
                        with suppress(FileNotFoundError):
                            sizes.append(entry.stat().st_size)
        except OSError as error:
            raise disk_error(error) from error
        return _files(sizes)

    def _sweep(
        self,
        folder: Path,
        referenced: Container[BlobId],
        before: float,
        may_delete: Callable[[BlobId, float], bool],
    ) -> list[tuple[int, bool]]:
        """Sweep one subfolder; returns the size of each file, and whether it was deleted. One bad file stops no other."""
        swept = []
        for path in _entries(folder):
            blob = _blob_id(path)
            if not _is_leftover(path) and (_NAME.fullmatch(blob) is None or blob in referenced):
                continue
            try:
                put_at = path.stat().st_mtime
                if put_at >= before:
                    continue
                goes = _is_leftover(path) or may_delete(blob, put_at)
                size = _remove_if_older(path, before, to=None if goes else self._place_in_quarantine(blob))
            except FileNotFoundError:
                # Another process may sweep the same folder, or complete the file.
                continue
            except OSError as error:
                _log_skipped(error)
                continue
            if size is not None:
                swept.append((size, goes))
        return swept

    def _place_in_quarantine(self, blob: BlobId) -> Path:
        make_folder(self._quarantine)
        return self._quarantine / blob

    def _sweep_quarantine(self, referenced: Container[BlobId], before: float) -> Files:
        sizes = []
        for path in _entries(self._quarantine):
            if _NAME.fullmatch(path.name) is None:
                continue
            try:
                status = path.stat()
                if path.name in referenced:
                    path.replace(self.path(BlobId(path.name)))
                elif status.st_mtime < before:
                    path.unlink()
                    sizes.append(status.st_size)
            except OSError as error:
                _log_skipped(error)
        return _files(sizes)

    def _read(self, blob: BlobId) -> bytes:
        for path in (self.path(blob), self._quarantine / blob):
            with suppress(FileNotFoundError), _read_errors():
                content = path.read_bytes()
                if hashlib.sha256(content).hexdigest() == blob:
                    return content
                _log_damaged(blob)
        raise _missing(blob)

    def _locate(self, blob: BlobId) -> Path:
        for path in (self.path(blob), self._quarantine / blob):
            with suppress(FileNotFoundError), _read_errors():
                if _digest(path) == blob:
                    return path
                _log_damaged(blob)
        raise _missing(blob)


def _files(sizes: list[int]) -> Files:
    return Files(count=len(sizes), size_bytes=sum(sizes))


def _entries(folder: Path) -> list[Path]:
    """Empty for a folder that is not there or cannot be read, which stops no other."""
    try:
        return list(folder.iterdir())
    except FileNotFoundError:
        return []
    except OSError as error:
        _log_skipped(error)
        return []


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _is_whole(path: Path, blob: BlobId) -> bool:
    try:
        return _digest(path) == blob
    except OSError:
        return False


def _blob_id(path: Path) -> BlobId:
    return BlobId(path.parent.name + path.name)


def _is_leftover(path: Path) -> bool:
    return path.name.startswith(".") and path.name.endswith(_UNFINISHED)


def _remove_if_older(path: Path, before: float, *, to: Path | None = None) -> int | None:
    """Delete a file last put before `before`, or move it `to` another place with the present as its age; returns its size.

    None if the file was put again in the meantime and stays. The file is renamed first, and its age is checked again under the
    new name. A concurrent put, in any process, either renewed the age before the rename, or finds no file and writes a new one:
    the bytes exist when it returns.
    """
    aside = path if _is_leftover(path) else path.with_name(f".{path.name}{_UNFINISHED}")
    path.rename(aside)
    status = aside.stat()
    if status.st_mtime >= before:
        aside.replace(path)
        return None
    if to is None:
        aside.unlink()
    else:
        os.utime(aside)
        aside.replace(to)
    return status.st_size


@contextmanager
def _read_errors() -> Iterator[None]:
    """A file that is not there is for the caller. Any other error does not pass with certainty: the job tries a few times."""
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        raise StoreError(StoreCode.BROKEN, detail=_detail(error)) from error


def _missing(blob: BlobId) -> StoreError:
    return StoreError(StoreCode.MISSING, detail=f"blob {blob}")


def _log_damaged(blob: BlobId) -> None:
    logger.error("blob damaged", extra={"blob": blob})


def _log_skipped(error: OSError) -> None:
    logger.warning("file skipped", extra={"detail": _detail(error)})


def _detail(error: OSError) -> str:
    return f"{error.filename or 'the disk'}: {error.strerror}"


@contextmanager
def disk_errors() -> Iterator[None]:
    """Translate OSError to StoreError."""
    try:
        yield
    except OSError as error:
        raise disk_error(error) from error


def disk_error(error: OSError) -> StoreError:
    if error.errno in _FULL:
        return StoreError(StoreCode.FULL, detail=_detail(error))
    return StoreError(StoreCode.BROKEN if error.errno in _LASTING else StoreCode.UNAVAILABLE, detail=_detail(error))
