"""A backup: whole, of one moment, and the earlier one until it is the new one."""

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
from bot.requests.references import Reference, of_blob
from bot.store import BLOBS, DATABASE, Store, open_store
from bot.store.sqlite.backup import UNFINISHED, Backup, TargetProblem, _locked, back_up, target_problem
from bot.store.sqlite.connection import open_database
from bot.store.sqlite.migrations import load_migrations, migrate
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


async def with_picture(store: Store, job: Job, content: bytes, *, index: int = 0, size: int | None = None) -> BlobId:
    blob = await store.blobs.put(content)
    size_bytes = len(content) if size is None else size
    await all_stores(store).put_picture(job, PictureRow(index=index, state="stored", blob=blob, size_bytes=size_bytes))
    return blob


async def saved(data: Path, target: Path) -> Backup:
    return await back_up(data, target, now=lambda: 500.0, beside=(KEY,))


def rows_of(folder: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(folder / DATABASE)) as connection, connection:
        return connection.execute(sql).fetchall()


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def modes(folder: Path) -> tuple[set[int], set[int]]:
    """Of the files, and of the folders."""
    found = [(path.is_dir(), stat.S_IMODE(path.stat().st_mode)) for path in (folder, *folder.rglob("*"))]
    return {mode for is_folder, mode in found if not is_folder}, {mode for is_folder, mode in found if is_folder}


def version_of(folder: Path) -> object:
    return rows_of(folder, "PRAGMA user_version")[0][0]


async def test_a_backup_is_a_data_folder(store: Store, data: Path, target: Path) -> None:
    """Beside an open store: jobs, books, pictures and references, one database file, the owner's alone."""
    (data / KEY).write_bytes(b"k" * 32)
    (data / "owners").mkdir()
    job = await job_in_state(all_stores(store), JobState.DONE)
    blob = await with_picture(store, job, FOX)
    held = of_blob(await store.blobs.put(REFERENCE), media_type="image/png", width=1, height=1, size_bytes=len(REFERENCE))
    await all_stores(store).receive(new_job("j1", references=(held, Reference(form="url", value="https://x.example"))), now=103.0)
    await store.blobs.put(b"what no row names")

    made = await saved(data, target)

    database = (target / DATABASE).stat().st_size
    assert made == Backup(jobs=2, pictures=2, size_bytes=len(FOX) + len(REFERENCE) + 32 + database, missing=0)
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


async def test_the_next_one_copies_what_is_new(store: Store, data: Path, target: Path) -> None:
    """Files that stand are left alone, a damaged one is mended, those that no row names any more go."""
    job = await job_in_state(all_stores(store), JobState.DONE)
    fox, owl = await with_picture(store, job, FOX), await with_picture(store, job, OWL, index=1)
    await saved(data, target)
    kept = target / BLOBS / fox[:2] / fox[2:]
    (target / BLOBS / owl[:2] / owl[2:]).write_bytes(b"half")
    before = kept.stat()
    other = await with_picture(store, await claimed_job(all_stores(store), "j1"), b"another")

    made = await saved(data, target)

    assert made.size_bytes == len(OWL) + len(b"another") + (target / DATABASE).stat().st_size
    assert (kept.stat().st_ino, kept.stat().st_mtime) == (before.st_ino, before.st_mtime)
    assert (target / BLOBS / owl[:2] / owl[2:]).read_bytes() == OWL
    await all_stores(store).set_notified(job, now=104.0)
    await store.history.delete([job.id])
    await saved(data, target)
    assert sorted(contents(target)) == sorted([DATABASE, f"{BLOBS}/{other[:2]}/{other[2:]}"])


async def test_an_older_database_is_brought_up_in_the_copy_alone(data: Path, target: Path) -> None:
    """The source stays as it is, to the byte, and nothing is left beside it."""
    async with open_database(data / DATABASE) as database:
        await migrate(database, load_migrations()[:3])
    before = contents(data)

    await saved(data, target)

    assert contents(data) == before
    assert (version_of(data), version_of(target)) == (3, len(load_migrations()))


async def test_what_stands_in_the_log_alone_is_copied(store: Store, data: Path, target: Path) -> None:
    """What a running bot, or a killed one, has committed last is in no other file."""
    await all_stores(store).receive(new_job(), now=100.0)
    assert (data / f"{DATABASE}-wal").stat().st_size > 0

    assert (await saved(data, target)).jobs == 1


async def test_a_newer_database_is_refused(store: Store, data: Path, target: Path) -> None:
    """With the line that the program itself says, and the earlier backup stays."""
    await saved(data, target)
    before = contents(target)
    rows_of(data, "PRAGMA user_version = 999")

    with pytest.raises(StoreError) as caught:
        await saved(data, target)

    assert caught.value.store is StoreCode.NEWER
    assert contents(target) == before


async def test_a_picture_that_is_gone_or_damaged_is_counted(store: Store, data: Path, target: Path) -> None:
    """The rest is saved all the same."""
    job = await job_in_state(all_stores(store), JobState.DONE)
    gone, damaged = await with_picture(store, job, FOX), await with_picture(store, job, OWL, index=1)
    await with_picture(store, job, b"whole", index=2)
    store.blobs.path(gone).unlink()
    store.blobs.path(damaged).write_bytes(b"an elk")

    made = await saved(data, target)

    assert (made.pictures, made.missing) == (1, 2)
    assert len(contents(target)) == 2


async def test_a_set_that_is_forgotten_meanwhile_is_not_missing(store: Store, data: Path, target: Path) -> None:
    """Its files went between the copy of the database and their own: another snapshot does not name them."""
    job = await job_in_state(all_stores(store), JobState.DONE)
    blob = await with_picture(store, job, FOX)
    snapshots: list[float] = []

    def now() -> float:
        """Asked when the database has been copied."""
        snapshots.append(500.0)
        for table in ("picture", "job"):
            rows_of(data, f"DELETE FROM {table}")
        store.blobs.path(blob).unlink(missing_ok=True)
        return 500.0

    made = await back_up(data, target, now=now)

    assert (made.jobs, made.pictures, made.missing, len(snapshots)) == (0, 0, 0, 2)


async def test_no_room_is_found_before_anything_is_copied(store: Store, data: Path, target: Path) -> None:
    """The disk may be the bot's own; the earlier backup stays whole and alone."""
    job = await job_in_state(all_stores(store), JobState.DONE)
    await with_picture(store, job, FOX)
    await saved(data, target)
    before = contents(target)
    await with_picture(store, job, OWL, index=1, size=10**18)

    with pytest.raises(StoreError) as caught:
        await saved(data, target)

    assert caught.value.store is StoreCode.FULL
    assert contents(target) == before


@pytest.mark.parametrize("most", [2_000, 500_000], ids=["the database", "a picture"])
async def test_a_write_that_fails_leaves_the_earlier_backup(store: Store, data: Path, target: Path, most: int) -> None:
    """The system takes no more: whatever it was, the database there is the earlier one, and nothing half done is left."""
    job = await job_in_state(all_stores(store), JobState.DONE)
    await with_picture(store, job, FOX)
    await saved(data, target)
    before = contents(target)
    await with_picture(store, job, b"x" * 600_000, index=1)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
    try:
        with pytest.raises(StoreError):
            await saved(data, target)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert contents(target) == before


async def test_leftovers_of_one_that_was_cut_off_are_in_nobodys_way(store: Store, data: Path, target: Path) -> None:
    """Half a database, half a picture: the next one takes their places."""
    blob = await with_picture(store, await claimed_job(all_stores(store)), FOX)
    (target / BLOBS / "aa").mkdir(parents=True)
    for name in (UNFINISHED, f"{UNFINISHED}-wal", f"{BLOBS}/aa/.half.part", f"{BLOBS}/aa/{'b' * 62}"):
        (target / name).write_bytes(b"half")

    assert target_problem(data, target) is None
    await saved(data, target)

    assert sorted(contents(target)) == sorted([DATABASE, f"{BLOBS}/{blob[:2]}/{blob[2:]}"])


async def test_what_lies_beside_the_earlier_database_is_not_taken_for_the_new_ones(
    store: Store, data: Path, target: Path
) -> None:
    """Somebody has looked into the backup, and left a log there."""
    await saved(data, target)
    (target / f"{DATABASE}-wal").write_bytes(b"a log of another database")

    await saved(data, target)

    assert sorted(contents(target)) == [DATABASE]


async def test_one_at_a_time(store: Store, data: Path, target: Path) -> None:
    """Two that write to one folder would spoil each other."""
    await saved(data, target)
    with _locked(target), pytest.raises(StoreError) as caught:
        await saved(data, target)
    assert caught.value.store is StoreCode.BUSY


async def test_where_a_backup_may_go(store: Store, data: Path, target: Path, tmp_path: Path) -> None:
    """A new folder, an empty one, an earlier backup; never the data folder, its own places, or anything else's."""
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
    await saved(data, target)
    (target / "note.txt").touch()
    assert target_problem(data, target) is None
    assert [target_problem(data, folder) for folder in (data, data / "inside", tmp_path, link)] == [TargetProblem.OVERLAPPING] * 4
    assert [target_problem(data, folder) for folder in (foreign, other)] == [TargetProblem.FOREIGN] * 2
    assert target_problem(data, a_file) is TargetProblem.NO_FOLDER


async def test_a_backup_that_somebody_works_on_is_none_any_more(store: Store, data: Path, target: Path) -> None:
    """Put into its place and started, it is a data folder, and not to be written over."""
    await saved(data, target)
    async with open_store(target) as opened:
        await opened.backup_marker.remove()

    assert target_problem(data, target) is TargetProblem.FOREIGN


class TestMark:
    async def test_what_came_before_the_copy_is_released(self, store: Store) -> None:
        """Whoever holds it in the original; what came since is this database's own, and without a mark all is."""
        job = await claimed_job(all_stores(store), "j0", now=100.0)
        await all_stores(store).accept(job, request=request(), unit_price=None, currency=None, hold=hold(), now=101.0)
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

    async def test_a_clock_that_went_back_leaves_no_job_out(self, store: Store) -> None:
        """Every job of the copy is older than its mark."""
        await claimed_job(all_stores(store), "j0", now=300.0)
        await store.backup_marker.set(now=200.0)
        assert await store.backup_marker.release_open_jobs() == [JobId("j0")]
