"""Migrations bring every earlier database to the present schema."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.errors import StoreCode, StoreError
from bot.ids import JobId
from bot.jobs.question import QuestionAnswer
from bot.store import DATABASE, open_store
from bot.store.sqlite.database.connection import Parameters, open_database
from bot.store.sqlite.database.migrations import Migration, load_migrations, migrate, split_statements


def read_version(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])


def read_schema(path: Path) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT name, sql FROM sqlite_schema ORDER BY name").fetchall()


def test_a_script_is_split_into_statements() -> None:
    """A comment stays with the statement after it, and the statements within a trigger do not end it."""
    script = "-- why\nCREATE TABLE a (\n  b TEXT\n);\n\nCREATE TRIGGER t AFTER INSERT ON a BEGIN\n  DELETE FROM a;\nEND;\n"
    assert split_statements(script) == (
        "-- why\nCREATE TABLE a (\n  b TEXT\n);",
        "CREATE TRIGGER t AFTER INSERT ON a BEGIN\n  DELETE FROM a;\nEND;",
    )


async def test_a_new_database_gets_every_migration(tmp_path: Path) -> None:
    """The version of a new database is the number of the last migration."""
    async with open_store(tmp_path):
        pass
    assert read_version(tmp_path / DATABASE) == len(load_migrations())


@pytest.mark.parametrize("applied", range(len(load_migrations())))
async def test_an_older_database_gets_the_missing_migrations(tmp_path: Path, applied: int) -> None:
    """A database of any earlier version has the schema of a new one after it is opened."""
    old, new = tmp_path / "old", tmp_path / "new"
    async with open_database(old / DATABASE) as database:
        await migrate(database, load_migrations()[:applied])
    for folder in (old, new):
        async with open_store(folder):
            pass
    assert read_schema(old / DATABASE) == read_schema(new / DATABASE)


async def test_a_newer_database_is_not_changed(tmp_path: Path) -> None:
    """Opening a database of a later program raises NEWER with both versions, and changes nothing."""
    async with open_store(tmp_path):
        pass
    with closing(sqlite3.connect(tmp_path / DATABASE)) as connection:
        connection.execute("PRAGMA user_version = 999")
    with pytest.raises(StoreError) as caught:
        async with open_store(tmp_path):
            pytest.fail("it opened")
    latest = len(load_migrations())
    assert caught.value.store is StoreCode.NEWER
    assert caught.value.detail == f"the database has version 999, this program knows versions up to {latest}"
    assert read_version(tmp_path / DATABASE) == 999


async def test_a_failed_migration_is_rolled_back(tmp_path: Path) -> None:
    """A migration that fails leaves the database at the version before it."""
    path = tmp_path / DATABASE
    good = Migration(number=1, statements=("CREATE TABLE a (b TEXT)",))
    bad = Migration(number=2, statements=("CREATE TABLE c (d TEXT)", "CREATE TABLE a (b TEXT)"))
    async with open_database(path) as database:
        with pytest.raises(StoreError):
            await migrate(database, [good, bad])
    assert (read_version(path), [name for name, _ in read_schema(path)]) == (1, ["a"])


async def test_several_processes_can_open_a_new_database_at_once(tmp_path: Path) -> None:
    """Each migration is applied once, although three stores are opened at the same time."""

    async def opened() -> None:
        async with open_store(tmp_path):
            pass

    await asyncio.gather(opened(), opened(), opened())
    assert read_version(tmp_path / DATABASE) == len(load_migrations())


async def test_budgets_count_what_earlier_versions_booked(tmp_path: Path) -> None:
    """An ended hold counts what the operator was billed, and an open one what it holds."""
    migrations = load_migrations()
    adding = next(one.number for one in migrations if any("ADD COLUMN billed" in statement for statement in one.statements))
    holds = [("open", 4, 0, 0, None), ("done", 4, 3, 1, 9.0), ("free", 2, 0, 2, 9.0)]
    async with open_database(tmp_path / DATABASE) as database:
        await migrate(database, migrations[: adding - 1])
        for job, images, settled, released, closed_at in holds:
            row: Parameters = {"job": job, "images": images, "settled": settled, "released": released, "closed_at": closed_at}
            columns = "job, member, quota_window, granted, images, settled, released, held_at, closed_at"
            values = ":job, 'discord:ada', 'day:2026-11-20', 20, :images, :settled, :released, 5.0, :closed_at"
            await database.write(f"INSERT INTO hold ({columns}) VALUES ({values})", row)
        spend = "INSERT INTO spend (job, member, images, estimated, spent_at) VALUES ('done', 'discord:ada', 5, 0, 9.0)"
        await database.write(spend, {})

    async with open_store(tmp_path) as store:
        assert await store.ledger.charged_since(5.0) == 4 + 5
        assert await store.ledger.charged_since(6.0) == 0


async def test_a_form_that_an_earlier_version_opened_can_be_submitted(tmp_path: Path) -> None:
    """Its draft has nothing that was filled in before."""
    migrations = load_migrations()
    adding = next(one.number for one in migrations if any("ADD COLUMN uploads" in statement for statement in one.statements))
    async with open_database(tmp_path / DATABASE) as database:
        await migrate(database, migrations[: adding - 1])
        columns = "id, member, attachments, message, platform, saved_at"
        draft = f"INSERT INTO draft ({columns}) VALUES ('0123456789ab', 'discord:ada', '[]', 'm', 'discord', 5.0)"
        await database.write(draft, {})

    async with open_store(tmp_path) as store:
        kept = await store.drafts.draft(JobId("0123456789ab"))
        assert kept is not None
        assert (kept.verb, kept.message, kept.fields, kept.uploads) == ("edit", "m", {}, ())


async def test_a_question_that_an_earlier_version_asked_is_answered_by_its_button(tmp_path: Path) -> None:
    """It is not known where it was asked, so words are no answer to it."""
    migrations = load_migrations()
    adding = next(one.number for one in migrations if any("ADD COLUMN place" in statement for statement in one.statements))
    async with open_database(tmp_path / DATABASE) as database:
        await migrate(database, migrations[: adding - 1])
        columns = "id, kind, asked_of, choices, asked_at, expires_at"
        values = """'0123456789ab', 'repeat', 'discord:ada', '["again","cancel"]', 5.0, 500.0"""
        await database.write(f"INSERT INTO question ({columns}) VALUES ({values})", {})

    async with open_store(tmp_path) as store:
        kept = await store.questions.question(JobId("0123456789ab"))
        assert kept is not None
        assert (kept.place, kept.choices) == (None, ("again", "cancel"))
        await store.questions.answer(QuestionAnswer(question=kept.id, user=kept.asked_of, choice="cancel"), now=6.0)


async def test_pictures_that_an_earlier_version_kept_are_no_layers(tmp_path: Path) -> None:
    """Nothing is known of their places, also where they were made by taking a picture apart."""
    migrations = load_migrations()
    adding = next(one.number for one in migrations if any("ADD COLUMN layer_z" in statement for statement in one.statements))
    async with open_database(tmp_path / DATABASE) as database:
        await migrate(database, migrations[: adding - 1])
        await database.write("PRAGMA foreign_keys = OFF", {})
        kept = "INSERT INTO picture (job, call, position, state, blob) VALUES ('0123456789ab', 1, 0, 'stored', 'ab')"
        await database.write(kept, {})

    async with open_store(tmp_path) as store:
        (picture,) = await store.pictures.pictures(JobId("0123456789ab"))
        assert (picture.blob, picture.layer) == ("ab", None)
