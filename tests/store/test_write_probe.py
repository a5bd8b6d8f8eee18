"""The probe of the health report really writes, and finds out what keeps it from writing."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.errors import StoreCode, StoreError
from bot.store import DATABASE
from bot.store.sqlite.database.connection import open_database
from bot.store.sqlite.database.statements import load_statements
from bot.store.write_probe import WriteProbe


def files(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_size for path in folder.iterdir()}


async def test_it_writes_a_page_and_leaves_nothing_else(tmp_path: Path) -> None:
    """Each check appends to the log of the database; no file and no row is left behind."""
    async with open_database(tmp_path / DATABASE) as database:
        probe = WriteProbe(database, load_statements(), tmp_path)
        await probe.check()
        first = files(tmp_path)
        await probe.check()
        second = files(tmp_path)
        changed = {name for name in second if second[name] != first.get(name)}
        assert changed == {f"{DATABASE}-wal"}
        assert first.keys() == second.keys() == {DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm"}


async def test_a_lock_is_found(tmp_path: Path) -> None:
    """Another program that holds the write lock leaves the database readable and makes it unwritable."""
    async with open_database(tmp_path / DATABASE, busy_timeout_s=0.05) as database:
        probe = WriteProbe(database, load_statements(), tmp_path)
        with closing(sqlite3.connect(tmp_path / DATABASE, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreError) as raised:
                await probe.check()
            other.execute("ROLLBACK")
        assert raised.value.store is StoreCode.BUSY
        await probe.check()


async def test_a_folder_that_is_gone_is_found(tmp_path: Path) -> None:
    """The database's open file can still be written then, but no picture can be stored."""
    async with open_database(tmp_path / DATABASE) as database:
        probe = WriteProbe(database, load_statements(), tmp_path / "gone")
        with pytest.raises(StoreError):
            await probe.check()
