"""A backup is complete and consistent, and it replaces the earlier backup in one step."""

import os
import resource
import sqlite3
import stat
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from bot.errors import StoreCode, StoreError
from bot.ids import BlobId, JobId
from bot.jobs.job import Job, JobState, Move
from bot.jobs.picture import PictureRow
from bot.requests.references import Reference, blob_reference
from bot.store import BLOBS, DATABASE, Store, open_store
from bot.store.maintenance.backup import UNFINISHED, Backup, TargetProblem, _locked, back_up, target_problem
from bot.store.sqlite.database.connection import open_database
from bot.store.sqlite.database.migrations import load_migrations, migrate
from tests.fakes.jobs import claimed_job, hold, job_in_state, new_job, request
from tests.fakes.stores import all_stores

KEY = "signing.key"
FOX, OWL, REFERENCE = b"a red fox in snow", b"an owl", b"what it goes by"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "backup"


@pytest.fixture
async def store(data: Path) -> AsyncIterator[Store]:
    async with open_store(data) as opened:
        yield opened


async def put_picture(store: Store, job: Job, content: bytes, *, index: int = 0, size: int | None = None) -> BlobId:
    blob = await store.blobs.put(content)
    size_bytes = len(content) if size is None else size
    await all_stores(store).put_picture(job, PictureRow(index=index, state="stored", blob=blob, size_bytes=size_bytes))
    return blob


async def save(data: Path, target: Path) -> Backup:
    return await back_up(data, target, now=lambda: 500.0, beside=(KEY,))


def rows_of(folder: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(folder / DATABASE)) as connection, connection:
        return connection.execute(sql).fetchall()


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def modes(folder: Path) -> tuple[set[int], set[int]]:
    """The modes of the files, and those of the folders."""
    entries = [(path.is_dir(), stat.S_IMODE(path.stat().st_mode)) for path in (folder, *folder.rglob("*"))]
    return {mode for is_folder, mode in entries if not is_folder}, {mode for is_folder, mode in entries if is_folder}


def version_of(folder: Path) -> object:
    return rows_of(folder, "PRAGMA user_version")[0][0]


async def test_a_backup_is_a_complete_data_folder(store: Store, data: Path, target: Path) -> None:
    """A backup of an open store has its jobs, ledger, pictures and references, readable by their owner only."""
    (data / KEY).write_bytes(b"k" * 32)
    (data / "owners").mkdir()
    job = await job_in_state(all_stores(store), JobState.DONE)
    blob = await put_picture(store, job, FOX)
    held = blob_reference(await store.blobs.put(REFERENCE), media_type="image/png", width=1, height=1, size_bytes=len(REFERENCE))
    await all_stores(store).receive(new_job("j1", references=(held, Reference(form="url", value="https://x.example"))), now=103.0)
    await store.blobs.put(b"what no row names")

    backup = await save(data, target)

    database = (target / DATABASE).stat().st_size
    assert backup == Backup(jobs=2, pictures=2, size_bytes=len(FOX) + len(REFERENCE) + 32 + database, missing=0)
    kept = contents(target)
    assert sorted(kept) == sorted([DATABASE, KEY, *(f"{BLOBS}/{name[:2]}/{name[2:]}" for name in (blob, held.value))])
    assert kept[KEY] == b"k" * 32
    assert rows_of(target, "SELECT taken_at FROM backup") == [(500.0,)]
    assert rows_of(data, "SELECT taken_at FROM backup") == []
    assert modes(target) == ({0o600}, {0o700})
    async with open_store(target) as opened:
        assert await all_stores(opened).load(job.id) == job
        assert await all_stores(opened).references(JobId("j1")) == await all_stores(store).references(JobId("j1"))
        assert await opened.ledger.accounts() == await store.ledger.accounts()
        assert await opened.blobs.read(blob) == FOX


async def test_the_next_backup_copies_only_what_is_new(store: Store, data: Path, target: Path) -> None:
    """Existing files are kept, damaged ones are copied again, and files that no row refers to are deleted."""
    job = await job_in_state(all_stores(store), JobState.DONE)
    fox, owl = await put_picture(store, job, FOX), await put_picture(store, job, OWL, index=1)
    await save(data, target)
    kept = target / BLOBS / fox[:2] / fox[2:]
    (target / BLOBS / owl[:2] / owl[2:]).write_bytes(b"half")
    before = kept.stat()
    other = await put_picture(store, await claimed_job(all_stores(store), "j1"), b"another")

    backup = await save(data, target)

    assert backup.size_bytes == len(OWL) + len(b"another") + (target / DATABASE).stat().st_size
    assert (kept.stat().st_ino, kept.stat().st_mtime) == (before.st_ino, before.st_mtime)
    assert (target / BLOBS / owl[:2] / owl[2:]).read_bytes() == OWL
    await all_stores(store).set_notified(job, now=104.0)
    await store.history.delete([job.id])
    await save(data, target)
    assert sorted(contents(target)) == sorted([DATABASE, f"{BLOBS}/{other[:2]}/{other[2:]}"])


async def test_an_older_database_is_migrated_in_the_backup_only(data: Path, target: Path) -> None:
    """The data folder stays byte-identical, and no file is left in it."""
    async with open_database(data / DATABASE) as database:
        await migrate(database, load_migrations()[:3])
    before = contents(data)

    await save(data, target)

    assert contents(data) == before
    assert (version_of(data), version_of(target)) == (3, len(load_migrations()))


async def test_commits_in_the_write_ahead_log_are_copied(store: Store, data: Path, target: Path) -> None:
    """The last commits of a running or killed bot exist only in the write-ahead log, and the backup has them."""
    await all_stores(store).receive(new_job(), now=100.0)
    assert (data / f"{DATABASE}-wal").stat().st_size > 0

    assert (await save(data, target)).jobs == 1


async def test_a_newer_database_is_refused(store: Store, data: Path, target: Path) -> None:
    """A database of a later program raises NEWER, and the earlier backup is kept."""
    await save(data, target)
    before = contents(target)
    rows_of(data, "PRAGMA user_version = 999")

    with pytest.raises(StoreError) as caught:
        await save(data, target)

    assert caught.value.store is StoreCode.NEWER
    assert contents(target) == before


async def test_missing_and_damaged_pictures_are_counted(store: Store, data: Path, target: Path) -> None:
    """Pictures that are missing or damaged in the data folder are counted, and the others are saved."""
    job = await job_in_state(all_stores(store), JobState.DONE)
    missing, damaged = await put_picture(store, job, FOX), await put_picture(store, job, OWL, index=1)
    await put_picture(store, job, b"whole", index=2)
    store.blobs.path(missing).unlink()
    store.blobs.path(damaged).write_bytes(b"an elk")

    backup = await save(data, target)

    assert (backup.pictures, backup.missing) == (1, 2)
    assert len(contents(target)) == 2


async def test_one_bad_picture_stops_no_backup(store: Store, data: Path, target: Path) -> None:
    """A row that names no blob, and a file that cannot be read, are counted as missing; the others are saved."""
    job = await job_in_state(all_stores(store), JobState.DONE)
    unreadable = await put_picture(store, job, FOX)
    await put_picture(store, job, b"whole", index=1)
    await all_stores(store).put_picture(job, PictureRow(index=2, state="stored", blob=BlobId("../../etc"), size_bytes=1))
    store.blobs.path(unreadable).unlink()
    store.blobs.path(unreadable).mkdir()

    backup = await save(data, target)

    assert (backup.pictures, backup.missing) == (1, 2)


async def test_a_new_target_is_private_whatever_the_umask(store: Store, data: Path, tmp_path: Path) -> None:
    """All folders that a backup creates on its way are for their owner alone."""
    await put_picture(store, await job_in_state(all_stores(store), JobState.DONE), FOX)
    earlier = os.umask(0)
    try:
        await save(data, tmp_path / "backups" / "today")
    finally:
        os.umask(earlier)

    assert modes(tmp_path / "backups") == ({0o600}, {0o700})


async def test_a_job_deleted_during_the_backup_is_not_missing(store: Store, data: Path, target: Path) -> None:
    """If retention deletes a job after the database was copied, a second snapshot no longer refers to its files."""
    job = await job_in_state(all_stores(store), JobState.DONE)
    blob = await put_picture(store, job, FOX)
    snapshots: list[float] = []

    def now() -> float:
        """Called after the database was copied."""
        snapshots.append(500.0)
        for table in ("picture", "job"):
            rows_of(data, f"DELETE FROM {table}")
        store.blobs.path(blob).unlink(missing_ok=True)
        return 500.0

    backup = await back_up(data, target, now=now)

    assert (backup.jobs, backup.pictures, backup.missing, len(snapshots)) == (0, 0, 0, 2)


async def test_a_full_disk_is_noticed_before_anything_is_copied(store: Store, data: Path, target: Path) -> None:
    """A backup that does not fit on the disk raises FULL, and the target is unchanged."""
    job = await job_in_state(all_stores(store), JobState.DONE)
    await put_picture(store, job, FOX)
    await save(data, target)
    before = contents(target)
    await put_picture(store, job, OWL, index=1, size=10**18)

    with pytest.raises(StoreError) as caught:
        await save(data, target)

    assert caught.value.store is StoreCode.FULL
    assert contents(target) == before


@pytest.mark.parametrize("max_bytes", [2_000, 500_000], ids=["the database", "a picture"])
async def test_a_failed_write_keeps_the_earlier_backup(store: Store, data: Path, target: Path, max_bytes: int) -> None:
    """If a file cannot be written, the target keeps the earlier backup and no unfinished file."""
    job = await job_in_state(all_stores(store), JobState.DONE)
    await put_picture(store, job, FOX)
    await save(data, target)
    before = contents(target)
    await put_picture(store, job, b"x" * 600_000, index=1)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (max_bytes, hard))
    try:
        with pytest.raises(StoreError):
            await save(data, target)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert contents(target) == before


async def test_leftovers_of_an_interrupted_backup_are_replaced(store: Store, data: Path, target: Path) -> None:
    """The next backup deletes the unfinished files of an interrupted one."""
    blob = await put_picture(store, await claimed_job(all_stores(store)), FOX)
    (target / BLOBS / "aa").mkdir(parents=True)
    for name in (UNFINISHED, f"{UNFINISHED}-wal", f"{BLOBS}/aa/.half.part", f"{BLOBS}/aa/{'b' * 62}"):
        (target / name).write_bytes(b"half")

    assert target_problem(data, target) is None
    await save(data, target)

    assert sorted(contents(target)) == sorted([DATABASE, f"{BLOBS}/{blob[:2]}/{blob[2:]}"])


async def test_a_log_of_the_earlier_backup_is_deleted(store: Store, data: Path, target: Path) -> None:
    """A write-ahead log that was left next to the earlier database does not become part of the new backup."""
    await save(data, target)
    (target / f"{DATABASE}-wal").write_bytes(b"a log of another database")

    await save(data, target)

    assert sorted(contents(target)) == [DATABASE]


async def test_only_one_backup_runs_at_a_time(store: Store, data: Path, target: Path) -> None:
    """A second backup to the same folder raises BUSY."""
    await save(data, target)
    with _locked(target), pytest.raises(StoreError) as caught:
        await save(data, target)
    assert caught.value.store is StoreCode.BUSY


async def test_allowed_targets(store: Store, data: Path, target: Path, tmp_path: Path) -> None:
    """A backup may go to a new or empty folder or an earlier backup, but not to another folder, nor inside or around the data."""
    foreign, other, a_file, link, empty = (tmp_path / name for name in ("foreign", "other", "file", "link", "empty"))
    for folder in (foreign, empty):
        folder.mkdir()
    (foreign / "letter.txt").touch()
    async with open_store(other):
        pass
    a_file.touch()
    link.symlink_to(data)
    (data / "inside").mkdir()

    assert [target_problem(data, folder) for folder in (target, empty)] == [None, None]
    await save(data, target)
    (target / "note.txt").touch()
    assert target_problem(data, target) is None
    assert [target_problem(data, folder) for folder in (data, data / "inside", tmp_path, link)] == [TargetProblem.OVERLAPPING] * 4
    assert [target_problem(data, folder) for folder in (foreign, other)] == [TargetProblem.FOREIGN] * 2
    assert target_problem(data, a_file) is TargetProblem.NO_FOLDER


async def test_a_backup_in_use_is_not_a_target(store: Store, data: Path, target: Path) -> None:
    """A restored backup on which the bot has started is a data folder, and is not overwritten."""
    await save(data, target)
    async with open_store(target) as opened:
        await opened.backup_marker.remove()

    assert target_problem(data, target) is TargetProblem.FOREIGN


class TestMarker:
    async def test_jobs_from_before_the_backup_are_released(self, store: Store) -> None:
        """The marker releases open jobs that are older than the backup, even claimed ones; without it none is released."""
        job = await claimed_job(all_stores(store), "j0", now=100.0)
        await all_stores(store).accept(job, request=request(), quote=None, hold=hold(), now=101.0)
        notified = await all_stores(store).move(
            await claimed_job(all_stores(store), "j1", now=100.0), Move(to=JobState.FAILED), now=101.0
        )
        await all_stores(store).set_notified(notified, now=102.0)
        assert (await store.backup_marker.is_set(), await store.backup_marker.release_open_jobs()) == (False, [])

        await store.backup_marker.set(now=200.0)
        await claimed_job(all_stores(store), "j2", now=201.0)

        assert (await store.backup_marker.is_set(), await store.backup_marker.release_open_jobs()) == (True, [JobId("j0")])
        assert await all_stores(store).due(now=202.0, limit=9) == [JobId("j0")]
        await store.backup_marker.remove()
        assert (await store.backup_marker.is_set(), await store.backup_marker.release_open_jobs()) == (False, [])

    async def test_a_clock_that_was_set_back_omits_no_job(self, store: Store) -> None:
        """The time of the marker is never before the newest job of the backup."""
        await claimed_job(all_stores(store), "j0", now=300.0)
        await store.backup_marker.set(now=200.0)
        assert await store.backup_marker.release_open_jobs() == [JobId("j0")]
