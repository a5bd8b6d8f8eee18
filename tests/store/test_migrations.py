"""The database's shape, step by step."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.errors import StoreCode, StoreError
from bot.store import DATABASE, open_store
from bot.store.sqlite.connection import open_database
from bot.store.sqlite.migrations import Migration, load_migrations, migrate, split_statements


def version_of(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])


def shape_of(path: Path) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT name, sql FROM sqlite_schema ORDER BY name").fetchall()


def test_a_script_is_split_where_its_statements_end() -> None:
    """Comments stay with what follows; a trigger's inner statements end nothing."""
    script = "-- why\nCREATE TABLE a (\n  b TEXT\n);\n\nCREATE TRIGGER t AFTER INSERT ON a BEGIN\n  DELETE FROM a;\nEND;\n"
    assert split_statements(script) == (
        "-- why\nCREATE TABLE a (\n  b TEXT\n);",
        "CREATE TRIGGER t AFTER INSERT ON a BEGIN\n  DELETE FROM a;\nEND;",
    )


async def test_a_new_database_takes_every_step(tmp_path: Path) -> None:
    """After opening, the version is the number of the last step."""
    async with open_store(tmp_path):
        pass
    assert version_of(tmp_path / DATABASE) == len(load_migrations())


@pytest.mark.parametrize("taken", range(len(load_migrations())))
async def test_an_older_database_takes_the_missing_steps(tmp_path: Path, taken: int) -> None:
    """Whatever version it stopped at, it ends in the same shape as a new one."""
    old, new = tmp_path / "old", tmp_path / "new"
    async with open_database(old / DATABASE) as database:
        await migrate(database, load_migrations()[:taken])
    for folder in (old, new):
        async with open_store(folder):
            pass
    assert shape_of(old / DATABASE) == shape_of(new / DATABASE)


async def test_a_newer_database_is_left_alone(tmp_path: Path) -> None:
    """An older program names both versions and changes nothing."""
    async with open_store(tmp_path):
        pass
    with closing(sqlite3.connect(tmp_path / DATABASE)) as connection:
        connection.execute("PRAGMA user_version = 999")
    with pytest.raises(StoreError) as caught:
        async with open_store(tmp_path):
            pytest.fail("it opened")
    known = len(load_migrations())
    assert caught.value.store is StoreCode.NEWER
    assert caught.value.detail == f"the database has version 999, this program knows versions up to {known}"
    assert version_of(tmp_path / DATABASE) == 999


async def test_a_step_that_fails_is_undone(tmp_path: Path) -> None:
    """Half a step is never kept: the next start finds the version before it."""
    path = tmp_path / DATABASE
    good = Migration(number=1, statements=("CREATE TABLE a (b TEXT)",))
    bad = Migration(number=2, statements=("CREATE TABLE c (d TEXT)", "CREATE TABLE a (b TEXT)"))
    async with open_database(path) as database:
        with pytest.raises(StoreError):
            await migrate(database, [good, bad])
    assert (version_of(path), [name for name, _ in shape_of(path)]) == (1, ["a"])


async def test_two_programs_may_open_a_new_database_at_once(tmp_path: Path) -> None:
    """Each step is taken by one of them."""

    async def opened() -> None:
        async with open_store(tmp_path):
            pass

    await asyncio.gather(opened(), opened(), opened())
    assert version_of(tmp_path / DATABASE) == len(load_migrations())
