"""A backup of the data folder, taken while the bot runs: the database as one file, and every blob that its rows refer to."""

import asyncio
import os
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from enum import StrEnum
from math import inf
from pathlib import Path

from bot.errors import StoreCode, StoreError
from bot.files import make_folder, sync_folder, write_unfinished
from bot.ids import BlobId
from bot.store import BLOBS, DATABASE
from bot.store.blobs import Blobs
from bot.store.disk_errors import disk_error
from bot.store.maintenance.inspection import is_in_use, open_read_only
from bot.store.sqlite.backup_marker import BackupMarker
from bot.store.sqlite.database.connection import open_database, translate_errors
from bot.store.sqlite.database.migrations import load_migrations, migrate
from bot.store.sqlite.database.statements import load_statements
from bot.store.sqlite.history import blobs_of
from bot.values import dataclass

MAX_SNAPSHOTS = 3
"""Retention may delete a blob after the database was copied; another snapshot then no longer refers to it."""
UNFINISHED = f"{DATABASE}.part"
SIDE_FILES = ("-wal", "-shm", "-journal")


class TargetProblem(StrEnum):
    """Why a folder cannot hold a backup."""

    OVERLAPPING = "overlapping"
    """It is the data folder, or one contains the other."""
    FOREIGN = "foreign"
    """It contains something else."""
    NO_FOLDER = "no_folder"


@dataclass(frozen=True, kw_only=True)
class Backup:
    """The result of a backup. `size_bytes`: how much was copied. `missing`: blobs missing or damaged in the data folder."""

    jobs: int
    pictures: int
    size_bytes: int
    missing: int


@dataclass(frozen=True, kw_only=True)
class _Snapshot:
    jobs: int
    blobs: Mapping[BlobId, int]


async def back_up(data_dir: Path, target: Path, *, now: Callable[[], float], beside: Iterable[str] = ()) -> Backup:
    """Update the backup in the target folder. It remains the earlier backup until the last step. Raises StoreError.

    `beside`: other files of the data folder to copy, if they exist.
    """
    source, destination = Blobs(data_dir / BLOBS), Blobs(target / BLOBS)
    with _exclusive_target(target):
        size_bytes = missing = 0
        for _ in range(MAX_SNAPSHOTS):
            snapshot = await _take_snapshot(data_dir / DATABASE, target / UNFINISHED, now)
            await asyncio.to_thread(_check_room, snapshot.blobs, destination, target)
            copied = [await _copy_blob(blob, size, source, destination) for blob, size in snapshot.blobs.items()]
            size_bytes += sum(size for size in copied if size is not None)
            missing = copied.count(None)
            if not missing:
                break
        size_bytes += await asyncio.to_thread(_finish, data_dir, target, tuple(beside))
        await destination.sweep(snapshot.blobs, before=inf)
    return Backup(jobs=snapshot.jobs, pictures=len(snapshot.blobs) - missing, size_bytes=size_bytes, missing=missing)


def target_problem(data_dir: Path, target: Path, *, beside: Iterable[str] = ()) -> TargetProblem | None:
    """Why the target cannot hold a backup of the data folder; None for a new or empty folder or an earlier backup."""
    data_dir, target = data_dir.resolve(), target.resolve()
    if data_dir == target or data_dir in target.parents or target in data_dir.parents:
        return TargetProblem.OVERLAPPING
    if not target.exists():
        return None
    if not target.is_dir():
        return TargetProblem.NO_FOLDER
    names = {path.name for path in target.iterdir()}
    if DATABASE in names:
        return None if _is_backup(target / DATABASE) else TargetProblem.FOREIGN
    # A first backup that was interrupted has left no database.
    ours = {BLOBS, *beside}
    return None if all(name in ours or name.startswith(UNFINISHED) for name in names) else TargetProblem.FOREIGN


def _is_backup(path: Path) -> bool:
    try:
        with open_read_only(path) as connection:
            return bool(connection.execute(load_statements().is_backup).fetchone()[0])
    except StoreError:
        return False


async def _take_snapshot(source: Path, part: Path, now: Callable[[], float]) -> _Snapshot:
    """A consistent copy of the database in one file, migrated to the current schema and marked as a backup."""
    await asyncio.to_thread(_copy_database, source, part)
    statements = load_statements()
    async with open_database(part) as database:
        await migrate(database, load_migrations())
        await BackupMarker(database, statements).set(now=now())
        blobs = blobs_of(await database.rows(statements.referenced_blobs, {}))
        (count,) = await database.rows(statements.count_jobs, {})
    await asyncio.to_thread(_seal, part)
    return _Snapshot(jobs=count["jobs"], blobs=blobs)


def _copy_database(source: Path, part: Path) -> None:
    while True:
        _delete_unfinished(part.parent)
        os.close(os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        in_use, before = is_in_use(source), source.stat()
        with open_read_only(source, in_use=in_use) as origin, closing(sqlite3.connect(part)) as copy:
            origin.backup(copy)
        after = source.stat()
        # A database that is not in use is read without a lock; a process that has opened it since may have changed it.
        if in_use or (not is_in_use(source) and (before.st_mtime_ns, before.st_size) == (after.st_mtime_ns, after.st_size)):
            return


def _check_room(blobs: Mapping[BlobId, int], destination: Blobs, target: Path) -> None:
    """Raise StoreError FULL before anything is copied: the bot may write to the same disk."""
    needed = sum(size for blob, size in blobs.items() if _existing(blob, destination) is None)
    free = shutil.disk_usage(target).free
    if needed >= free:
        raise StoreError(StoreCode.FULL, detail=f"{needed} bytes are needed in {target}, {free} are free")


def _seal(part: Path) -> None:
    """Make the copy a single file without a log, check its integrity and sync it to disk."""
    with translate_errors(), closing(sqlite3.connect(part)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        (integrity,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
    if integrity != "ok":
        raise StoreError(StoreCode.BROKEN, detail=f"the copy of the database is damaged: {integrity}")
    descriptor = os.open(part, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


async def _copy_blob(blob: BlobId, size: int, source: Blobs, destination: Blobs) -> int | None:
    """Copy a blob if needed; returns the bytes copied. None if the source does not have it whole."""
    existing = _existing(blob, destination)
    if existing is not None and size in {0, existing}:
        return 0
    try:
        content = await source.read(blob)
    except (StoreError, ValueError):
        # One picture that is gone, damaged or unreadable, or a row that names none, costs no other.
        return None
    await destination.put(content)
    return len(content)


def _existing(blob: BlobId, destination: Blobs) -> int | None:
    """The size of a blob that an earlier backup has; None if there is none."""
    try:
        return destination.path(blob).stat().st_size
    except (FileNotFoundError, ValueError):
        return None


def _finish(data_dir: Path, target: Path, beside: Iterable[str]) -> int:
    """Copy the other files, then move the database into place: from then on the folder is the new backup."""
    size_bytes = 0
    for name in beside:
        if (data_dir / name).exists():
            size_bytes += _write(target, name, (data_dir / name).read_bytes())
    for suffix in SIDE_FILES:
        # A program that opened the earlier backup may have left them; SQLite would apply them to the new one.
        target.joinpath(DATABASE + suffix).unlink(missing_ok=True)
    part = target / UNFINISHED
    size_bytes += part.stat().st_size
    part.replace(target / DATABASE)
    sync_folder(target)
    return size_bytes


def _write(folder: Path, name: str, content: bytes) -> int:
    write_unfinished(folder, content, prefix=UNFINISHED).replace(folder / name)
    return len(content)


def _delete_unfinished(target: Path) -> None:
    for path in target.glob(f"{UNFINISHED}*"):
        path.unlink()


@contextmanager
def _exclusive_target(target: Path) -> Iterator[None]:
    """Keep other backups out of the target, and delete unfinished files at the end. Raises StoreError."""
    try:
        make_folder(target / BLOBS)
        with _locked(target):
            try:
                yield
            finally:
                _delete_unfinished(target)
    except OSError as error:
        raise disk_error(error) from error


if sys.platform == "win32":

    @contextmanager
    def _locked(_: Path) -> Iterator[None]:
        yield

else:
    import fcntl

    @contextmanager
    def _locked(target: Path) -> Iterator[None]:
        descriptor = os.open(target, os.O_RDONLY)
        try:
            _lock(descriptor, target)
            yield
        finally:
            os.close(descriptor)

    def _lock(descriptor: int, target: Path) -> None:
        # A network file system may not support locks; a backup there is better than none.
        with suppress(OSError):
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise StoreError(StoreCode.BUSY, detail=f"another backup is being written to {target}") from error
