"""A copy of the data folder, taken beside the running bot: the database as one file, and every picture its rows name."""

import asyncio
import os
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from math import inf
from pathlib import Path

from bot.errors import StoreCode, StoreError
from bot.ids import BlobId
from bot.store import BLOBS, DATABASE
from bot.store.blobs import Blobs, disk_error, sync_folder
from bot.store.sqlite.backup_marker import BackupMarker
from bot.store.sqlite.connection import open_database, translated
from bot.store.sqlite.history import blobs_of
from bot.store.sqlite.inspection import is_in_use, reading
from bot.store.sqlite.migrations import load_migrations, migrate
from bot.store.sqlite.statements import load_statements

SNAPSHOTS = 3
"""A picture may be forgotten between the copy of the database and its own."""
UNFINISHED = f"{DATABASE}.part"
SIDE_FILES = ("-wal", "-shm", "-journal")


class Unfit(StrEnum):
    """Why a folder cannot hold a backup."""

    OVERLAPPING = "overlapping"
    """It is the data folder, or one of the two lies in the other."""
    FOREIGN = "foreign"
    """It holds something else."""
    NO_FOLDER = "no_folder"


@dataclass(frozen=True, kw_only=True)
class Backup:
    """What was saved. `size_bytes`: what had to be copied for it. `missing`: pictures that are gone, or damaged, at the source."""

    jobs: int
    pictures: int
    size_bytes: int
    missing: int


@dataclass(frozen=True, kw_only=True)
class _Snapshot:
    jobs: int
    named: Mapping[BlobId, int]


async def back_up(data_dir: Path, target: Path, *, now: Callable[[], float], beside: Iterable[str] = ()) -> Backup:
    """Bring the target up to what the data folder is now; until the end it stays the earlier backup. Raises StoreError.

    `beside`: files of the data folder that go with the database, where they are there.
    """
    source, kept = Blobs(data_dir / BLOBS), Blobs(target / BLOBS)
    with _at_work(target):
        size_bytes = missing = 0
        for _ in range(SNAPSHOTS):
            snapshot = await _take_snapshot(data_dir / DATABASE, target / UNFINISHED, now)
            await asyncio.to_thread(_check_room, snapshot.named, kept, target)
            copied = [await _copy(blob, size, source, kept) for blob, size in snapshot.named.items()]
            size_bytes += sum(size for size in copied if size is not None)
            missing = copied.count(None)
            if not missing:
                break
        size_bytes += await asyncio.to_thread(_finish, data_dir, target, tuple(beside))
        await kept.sweep(snapshot.named, before=inf)
    return Backup(jobs=snapshot.jobs, pictures=len(snapshot.named) - missing, size_bytes=size_bytes, missing=missing)


def unfit(data_dir: Path, target: Path, *, beside: Iterable[str] = ()) -> Unfit | None:
    """Why no backup of the data folder goes into the target; None for a new folder, an empty one, and an earlier backup."""
    data_dir, target = data_dir.resolve(), target.resolve()
    if data_dir == target or data_dir in target.parents or target in data_dir.parents:
        return Unfit.OVERLAPPING
    if not target.exists():
        return None
    if not target.is_dir():
        return Unfit.NO_FOLDER
    names = {path.name for path in target.iterdir()}
    if DATABASE in names:
        return None if _is_backup(target / DATABASE) else Unfit.FOREIGN
    # A first backup that was cut off left no database yet.
    ours = {BLOBS, *beside}
    return None if all(name in ours or name.startswith(UNFINISHED) for name in names) else Unfit.FOREIGN


def _is_backup(path: Path) -> bool:
    try:
        with reading(path) as connection:
            return bool(connection.execute(load_statements().is_backup).fetchone()[0])
    except StoreError:
        return False


async def _take_snapshot(source: Path, part: Path, now: Callable[[], float]) -> _Snapshot:
    """The database as it is at one moment, in the shape of this program and marked, alone in its file."""
    await asyncio.to_thread(_copy_database, source, part)
    statements = load_statements()
    async with open_database(part) as database:
        await migrate(database, load_migrations())
        await BackupMarker(database, statements).put(now=now())
        named = blobs_of(await database.rows(statements.named_blobs, {}))
        (counted,) = await database.rows(statements.count_jobs, {})
    await asyncio.to_thread(_seal, part)
    return _Snapshot(jobs=counted["jobs"], named=named)


def _copy_database(source: Path, part: Path) -> None:
    while True:
        _tidy(part.parent)
        os.close(os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        used, before = is_in_use(source), source.stat()
        with reading(source, logged=used) as origin, closing(sqlite3.connect(part)) as copy:
            origin.backup(copy)
        after = source.stat()
        # A file that nobody uses is read without a lock; whoever has begun to since may have changed it under the copy.
        if used or (not is_in_use(source) and (before.st_mtime_ns, before.st_size) == (after.st_mtime_ns, after.st_size)):
            return


def _check_room(named: Mapping[BlobId, int], kept: Blobs, target: Path) -> None:
    """Asked before anything is copied: the disk that fills up may be the one the bot itself writes to."""
    needed = sum(size for blob, size in named.items() if not kept.path(blob).exists())
    free = shutil.disk_usage(target).free
    if needed >= free:
        raise StoreError(StoreCode.FULL, detail=f"{needed} bytes are needed in {target}, {free} are free")


def _seal(part: Path) -> None:
    """One file without a log beside it, looked through and durable."""
    with translated(), closing(sqlite3.connect(part)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        (found,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
    if found != "ok":
        raise StoreError(StoreCode.BROKEN, detail=f"the copy of the database is damaged: {found}")
    descriptor = os.open(part, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


async def _copy(blob: BlobId, size: int, source: Blobs, kept: Blobs) -> int | None:
    """How many bytes had to be copied; None where the source has not got the picture any more."""
    there = kept.path(blob)
    if there.exists():
        if size in {0, there.stat().st_size}:
            return 0
        there.unlink()
    try:
        content = await asyncio.to_thread(source.path(blob).read_bytes)
    except FileNotFoundError:
        return None
    # What is damaged has another name, and is swept at the end with all that no row names.
    return len(content) if await kept.put(content) == blob else None


def _finish(data_dir: Path, target: Path, beside: Iterable[str]) -> int:
    """The files beside the database, then the database itself: from here on the folder is the new backup."""
    size_bytes = 0
    for name in beside:
        if (data_dir / name).exists():
            size_bytes += _write(target, name, (data_dir / name).read_bytes())
    for suffix in SIDE_FILES:
        # Whoever looked at the earlier backup may have left them; they would be taken for the new one's.
        target.joinpath(DATABASE + suffix).unlink(missing_ok=True)
    part = target / UNFINISHED
    size_bytes += part.stat().st_size
    part.replace(target / DATABASE)
    sync_folder(target)
    return size_bytes


def _write(folder: Path, name: str, content: bytes) -> int:
    descriptor, made = tempfile.mkstemp(prefix=UNFINISHED, dir=folder)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    Path(made).replace(folder / name)
    return len(content)


def _tidy(target: Path) -> None:
    for path in target.glob(f"{UNFINISHED}*"):
        path.unlink()


@contextmanager
def _at_work(target: Path) -> Iterator[None]:
    """Nobody else writes a backup there meanwhile, and nothing half done stays beside the earlier one. Raises StoreError."""
    try:
        for folder in (target, target / BLOBS):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _alone(target):
            try:
                yield
            finally:
                _tidy(target)
    except OSError as error:
        raise disk_error(error) from error


if sys.platform == "win32":

    @contextmanager
    def _alone(_: Path) -> Iterator[None]:
        yield

else:
    import fcntl

    @contextmanager
    def _alone(target: Path) -> Iterator[None]:
        descriptor = os.open(target, os.O_RDONLY)
        try:
            _lock(descriptor, target)
            yield
        finally:
            os.close(descriptor)

    def _lock(descriptor: int, target: Path) -> None:
        # A disk of the network may know no locks; a backup there is better than none.
        with suppress(OSError):
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise StoreError(StoreCode.BUSY, detail=f"another backup is being written to {target}") from error
