"""A lost database is refused, an older copy of one is treated like a backup, and a new folder is simply new."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.errors import StoreCode, StoreError
from bot.ids import BlobId
from bot.store import BLOBS, DATABASE, open_store
from bot.store.identity import FILE
from tests.fakes.jobs import claimed_job
from tests.fakes.stores import all_stores

WAL = f"{DATABASE}-wal"


async def used_folder(folder: Path) -> BlobId:
    """A data folder with one job and one blob, whose process has ended."""
    async with open_store(folder) as store:
        await claimed_job(all_stores(store))
        return await store.blobs.put(b"a kept picture")


def killed_copy(folder: Path, to: Path) -> None:
    """What a killed process leaves, which had everything in its log."""
    shutil.copytree(folder, to)


def empty_database(path: Path) -> None:
    """As a process leaves it whose log is lost: a header without any table."""
    path.unlink()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")


def truncated(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("lose", [Path.unlink, truncated, empty_database])
@pytest.mark.parametrize("left", [BLOBS, FILE])
async def test_a_lost_database_is_no_fresh_start(tmp_path: Path, lose: object, left: str) -> None:
    """Missing, truncated or empty beside kept pictures, or beside its identity alone, it is refused, and nothing is deleted."""
    assert callable(lose)
    blob = await used_folder(tmp_path)
    shutil.rmtree(tmp_path / BLOBS) if left == FILE else tmp_path.joinpath(FILE).unlink()
    lose(tmp_path / DATABASE)

    for _ in range(2):
        with pytest.raises(StoreError) as caught:
            async with open_store(tmp_path):
                pytest.fail("it opened")
        assert (caught.value.store, caught.value.retryable) == (StoreCode.LOST, False)

    async with open_store(tmp_path, fresh=True) as store:
        assert await store.history.referenced_blobs() == {}
        if left == BLOBS:
            assert await store.blobs.read(blob) == b"a kept picture"
    async with open_store(tmp_path) as store:
        assert not await store.backup_marker.is_set()


async def test_the_log_of_a_missing_database_is_kept(tmp_path: Path) -> None:
    """A log whose database is missing holds everything that is left: the refusal comes before SQLite deletes it."""
    async with open_store(tmp_path / "running") as store:
        await claimed_job(all_stores(store))
        killed_copy(tmp_path / "running", tmp_path / "killed")
    log = (tmp_path / "killed" / WAL).read_bytes()
    (tmp_path / "killed" / FILE).unlink()
    (tmp_path / "killed" / DATABASE).unlink()

    with pytest.raises(StoreError, match="lost"):
        async with open_store(tmp_path / "killed"):
            pytest.fail("it opened")

    assert ((tmp_path / "killed" / WAL).read_bytes(), len(log) > 0) == (log, True)


@pytest.mark.parametrize("fresh", [False, True])
async def test_a_new_folder_and_a_healthy_one_simply_open(tmp_path: Path, *, fresh: bool) -> None:
    """A new folder needs no option, and `fresh` takes nothing from a database that is there."""
    for starts in (1, 2, 3):
        async with open_store(tmp_path / "data", fresh=fresh) as store:
            assert not await store.backup_marker.is_set()
        assert f'"starts": {starts}' in (tmp_path / "data" / FILE).read_text("utf-8")


async def test_an_older_copy_is_treated_like_a_backup(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Its open jobs may have been paid for and delivered since it was taken; once it was adopted, it is the folder's own."""
    await used_folder(tmp_path)
    copy = (tmp_path / DATABASE).read_bytes()
    async with open_store(tmp_path):
        pass
    (tmp_path / DATABASE).write_bytes(copy)

    async with open_store(tmp_path) as store:
        marked, released = await store.backup_marker.is_set(), await store.backup_marker.release_open_jobs()
        await store.backup_marker.remove()

    assert (marked, released) == (True, ["j0"])
    assert [record.message for record in caplog.records] == ["not the database of the last start"]
    async with open_store(tmp_path) as store:
        assert not await store.backup_marker.is_set()


async def test_the_database_of_another_folder_is_treated_like_a_backup(tmp_path: Path) -> None:
    """Its bot may still run elsewhere."""
    for name in ("mine", "theirs"):
        await used_folder(tmp_path / name)
    shutil.copy(tmp_path / "theirs" / DATABASE, tmp_path / "mine" / DATABASE)

    async with open_store(tmp_path / "mine") as store:
        assert await store.backup_marker.is_set()


@pytest.mark.parametrize("content", [None, b"", b"{", b"[]", b'{"id": 7, "starts": "many"}'])
async def test_a_folder_without_a_readable_identity_adopts_its_database(tmp_path: Path, content: bytes | None) -> None:
    """Folders of earlier versions and backups have none."""
    await used_folder(tmp_path)
    (tmp_path / FILE).unlink() if content is None else (tmp_path / FILE).write_bytes(content)

    async with open_store(tmp_path) as store:
        assert not await store.backup_marker.is_set()
