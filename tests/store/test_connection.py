"""Transactions that nothing can leave half done, and sqlite3's errors as ours."""

import asyncio
import sqlite3
import stat
import threading
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from bot.errors import StoreCode, StoreError
from bot.store.sqlite.connection import Database, Transaction, open_database, store_error, translate_errors

INSERT = "INSERT INTO note (text) VALUES (:text)"
BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "test.db"


@pytest.fixture
async def database(path: Path) -> AsyncIterator[Database]:
    async with open_database(path, busy_timeout_s=0.05) as opened:
        await write(opened, "CREATE TABLE note (text TEXT NOT NULL) STRICT")
        yield opened


async def write(database: Database, sql: str, text: str = "") -> None:
    async def work(transaction: Transaction) -> None:
        await transaction.rows(sql, {"text": text})

    await database.transaction(work)


async def notes(database: Database) -> list[str]:
    return [row["text"] for row in await database.rows("SELECT text FROM note ORDER BY rowid", {})]


def connection_threads() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if "_connection_worker_thread" in thread.name}


def write_shopping_list(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"not a database: milk, eggs, bread" * 20)


async def alive(threads: set[threading.Thread]) -> set[threading.Thread]:
    """Those that do not end by themselves."""
    for thread in threads:
        await asyncio.to_thread(thread.join, 5)
    return {thread for thread in threads if thread.is_alive()}


def every_error(kind: type[sqlite3.Error]) -> list[type[sqlite3.Error]]:
    return [kind, *(deeper for child in kind.__subclasses__() for deeper in every_error(child))]


class TestTranslation:
    @pytest.mark.parametrize("code", range(1, 27))
    def test_every_result_code_has_a_store_code(self, code: int) -> None:
        """SQLite's primary error codes are 1 to 26; what is neither busy nor full is broken."""
        error = sqlite3.OperationalError("said SQLite")
        error.sqlite_errorcode = code
        expected = StoreCode.BUSY if code in BUSY else StoreCode.FULL if code == sqlite3.SQLITE_FULL else StoreCode.BROKEN
        assert store_error(error).store is expected

    @pytest.mark.parametrize(
        ("code", "expected"),
        [
            (sqlite3.SQLITE_BUSY_SNAPSHOT, StoreCode.BUSY),
            (sqlite3.SQLITE_BUSY_RECOVERY, StoreCode.BUSY),
            (sqlite3.SQLITE_LOCKED_SHAREDCACHE, StoreCode.BUSY),
            (sqlite3.SQLITE_IOERR_FSYNC, StoreCode.BROKEN),
            (sqlite3.SQLITE_CONSTRAINT_UNIQUE, StoreCode.BROKEN),
        ],
    )
    def test_extended_codes_count_as_their_primary_one(self, code: int, expected: StoreCode) -> None:
        """The low byte of an extended code is the primary code."""
        error = sqlite3.OperationalError("said SQLite")
        error.sqlite_errorcode = code
        assert store_error(error).store is expected

    @pytest.mark.parametrize("kind", every_error(sqlite3.Error))
    def test_no_exception_of_the_library_gets_through(self, kind: type[sqlite3.Error]) -> None:
        """Even one without a code, which the Python module raises by itself."""
        with pytest.raises(StoreError) as caught, translate_errors():
            raise kind("said the module")
        assert (caught.value.store, caught.value.detail) == (StoreCode.BROKEN, f"{kind.__name__}: said the module")


class TestTransaction:
    async def test_what_raises_is_undone(self, database: Database) -> None:
        """An error of the work itself comes back as it is, and nothing is kept."""

        async def work(transaction: Transaction) -> None:
            await transaction.rows(INSERT, {"text": "half"})
            raise LookupError("said the work")

        with pytest.raises(LookupError, match="said the work"):
            await database.transaction(work)
        await write(database, INSERT, "whole")
        assert await notes(database) == ["whole"]

    async def test_a_cancelled_caller_leaves_a_whole_transaction(self, database: Database) -> None:
        """Once begun it ends by itself, and the next one waits for that."""
        begun, go_on = asyncio.Event(), asyncio.Event()

        async def work(transaction: Transaction) -> None:
            await transaction.rows(INSERT, {"text": "first half"})
            begun.set()
            await go_on.wait()
            await transaction.rows(INSERT, {"text": "second half"})

        caller = asyncio.create_task(database.transaction(work))
        await begun.wait()
        caller.cancel()
        with pytest.raises(asyncio.CancelledError):
            await caller
        following = asyncio.create_task(write(database, INSERT, "next"))
        await asyncio.sleep(0)
        assert await notes(database) == []
        go_on.set()
        await following
        assert await notes(database) == ["first half", "second half", "next"]

    async def test_a_caller_cancelled_before_its_turn_writes_nothing(self, database: Database) -> None:
        """Waiting is given up at once, and the turn goes to the next."""
        begun, go_on = asyncio.Event(), asyncio.Event()

        async def long(transaction: Transaction) -> None:
            begun.set()
            await go_on.wait()

        holder = asyncio.create_task(database.transaction(long))
        await begun.wait()
        waiting = asyncio.create_task(write(database, INSERT, "given up"))
        following = asyncio.create_task(write(database, INSERT, "next"))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        go_on.set()
        await asyncio.gather(holder, following)
        assert await notes(database) == ["next"]

    @pytest.mark.parametrize("steps", range(14))
    async def test_a_loop_that_shuts_down_leaves_no_transaction_open(self, database: Database, steps: int) -> None:
        """Wherever the transaction's own task is cancelled, all or nothing is kept and the next one can begin."""

        async def work(transaction: Transaction) -> None:
            for text in ("one", "two"):
                await transaction.rows(INSERT, {"text": text})

        before = asyncio.all_tasks()
        caller = asyncio.create_task(database.transaction(work))
        for _ in range(steps):
            await asyncio.sleep(0.0001)
        for task in asyncio.all_tasks() - before:
            task.cancel()
        await asyncio.wait([caller])
        await write(database, INSERT, "next")
        assert await notes(database) in (["next"], ["one", "two", "next"])

    async def test_two_transactions_never_interleave(self, database: Database) -> None:
        """Twenty tasks that read, wait and write lose no update."""
        await write(database, INSERT, "0")

        async def add_one(transaction: Transaction) -> None:
            row = await transaction.row("SELECT text FROM note", {})
            assert row is not None
            await asyncio.sleep(0)
            await transaction.rows("UPDATE note SET text = :text", {"text": str(int(row["text"]) + 1)})

        await asyncio.gather(*(database.transaction(add_one) for _ in range(20)))
        assert await notes(database) == ["20"]

    async def test_reads_see_what_is_committed_and_nothing_else(self, database: Database) -> None:
        """The reader stands beside an open transaction without waiting for it."""

        async def work(transaction: Transaction) -> list[str]:
            await transaction.rows(INSERT, {"text": "mine"})
            return await notes(database)

        assert await database.transaction(work) == []
        assert await notes(database) == ["mine"]

    async def test_the_reader_cannot_write(self, database: Database) -> None:
        """A statement that slipped into the wrong method is refused by SQLite itself."""
        with pytest.raises(StoreError) as caught:
            await database.rows(INSERT, {"text": "by the back door"})
        assert caught.value.store is StoreCode.BROKEN

    async def test_another_writer_makes_it_busy_for_a_while(self, database: Database, path: Path) -> None:
        """Busy is worth another try, and that succeeds when the other is gone."""
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreError) as caught:
                await write(database, INSERT, "too early")
            assert (caught.value.store, caught.value.retryable) == (StoreCode.BUSY, True)
        await write(database, INSERT, "now")
        assert await notes(database) == ["now"]

    async def test_a_full_disk_keeps_nothing_of_the_transaction(self, database: Database) -> None:
        """The first half is undone too, and once there is room the same works."""

        async def work(transaction: Transaction) -> None:
            await transaction.rows(INSERT, {"text": "small"})
            await transaction.rows(INSERT, {"text": "x" * 1_000_000})

        await write(database, "PRAGMA max_page_count = 8")
        with pytest.raises(StoreError) as caught:
            await database.transaction(work)
        assert (caught.value.store, caught.value.retryable) == (StoreCode.FULL, True)
        assert await notes(database) == []
        await write(database, "PRAGMA max_page_count = 100000")
        await database.transaction(work)
        assert [len(text) for text in await notes(database)] == [5, 1_000_000]

    async def test_strict_tables_and_foreign_keys_are_on(self, database: Database) -> None:
        """A wrong type or a row without its parent is refused, not stored."""
        await write(database, "CREATE TABLE parent (id TEXT PRIMARY KEY) STRICT")
        await write(database, "CREATE TABLE child (parent TEXT REFERENCES parent (id), age INTEGER) STRICT")
        for statement in ("INSERT INTO child VALUES ('nobody', 3)", "INSERT INTO child VALUES (NULL, 'three')"):
            with pytest.raises(StoreError) as caught:
                await write(database, statement)
            assert caught.value.store is StoreCode.BROKEN


class TestOneStatement:
    """A statement alone is a transaction: it needs no BEGIN, and may not land in somebody else's."""

    async def test_it_waits_for_the_transaction_under_way(self, database: Database) -> None:
        """What is undone beside it does not take it along."""
        begun, go_on = asyncio.Event(), asyncio.Event()

        async def work(transaction: Transaction) -> None:
            await transaction.rows(INSERT, {"text": "undone"})
            begun.set()
            await go_on.wait()
            raise LookupError("said the work")

        holder = asyncio.create_task(database.transaction(work))
        await begun.wait()
        alone = asyncio.create_task(database.write(f"{INSERT} RETURNING text", {"text": "alone"}))
        await asyncio.sleep(0)
        go_on.set()
        with pytest.raises(LookupError):
            await holder
        assert [row["text"] for row in await alone] == ["alone"]
        assert await notes(database) == ["alone"]

    async def test_all_of_it_or_nothing(self, database: Database) -> None:
        """A statement that fails at its last row keeps none of the rows before."""
        with pytest.raises(StoreError) as caught:
            await database.write("INSERT INTO note (text) SELECT 'first' UNION ALL SELECT NULL", {})
        assert caught.value.store is StoreCode.BROKEN
        assert await notes(database) == []

    async def test_a_cancelled_caller_leaves_it_whole(self, database: Database) -> None:
        """Once begun it ends by itself, and the next one can begin."""
        caller = asyncio.create_task(database.write(INSERT, {"text": "whole"}))
        await asyncio.sleep(0)
        caller.cancel()
        with pytest.raises(asyncio.CancelledError):
            await caller
        await database.write(INSERT, {"text": "next"})
        assert await notes(database) == ["whole", "next"]

    async def test_busy_and_full_are_told_apart(self, database: Database, path: Path) -> None:
        """Both are worth another try."""
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreError) as busy:
                await database.write(INSERT, {"text": "too early"})
        await database.write("PRAGMA max_page_count = 8", {})
        with pytest.raises(StoreError) as full:
            await database.write(INSERT, {"text": "x" * 1_000_000})
        assert (busy.value.store, full.value.store) == (StoreCode.BUSY, StoreCode.FULL)
        assert await notes(database) == []


class TestOpening:
    async def test_the_file_is_durable_and_its_owners_alone(self, database: Database, path: Path) -> None:
        """WAL with a sync at every commit; folder 0700, file and side files 0600."""

        async def work(transaction: Transaction) -> list[object]:
            names = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
            return [(await transaction.rows(f"PRAGMA {name}", {}))[0][0] for name in names]

        assert await database.transaction(work) == ["wal", 2, 1, 50]
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        assert {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()} == {0o600}

    async def test_threads_end_with_the_block(self, path: Path) -> None:
        """A connection thread left over would keep the process from ever exiting."""
        before = connection_threads()
        async with open_database(path) as database:
            await write(database, "CREATE TABLE note (text TEXT)")
            threads = connection_threads() - before
        assert len(threads) == 2
        assert not await alive(threads)
        for call in (database.rows("SELECT 1", {}), write(database, INSERT)):
            with pytest.raises(StoreError) as caught:
                await call
            assert (caught.value.store, caught.value.detail) == (StoreCode.BROKEN, "the store is closed")

    async def test_closing_waits_for_the_transaction_under_way(self, path: Path) -> None:
        """A caller that was cancelled has not cut its transaction, and closing does not either."""
        async with open_database(path) as database:
            await write(database, "CREATE TABLE note (text TEXT)")
            caller = asyncio.create_task(write(database, INSERT, "kept"))
            await asyncio.sleep(0)
            caller.cancel()
        async with open_database(path) as database:
            assert await notes(database) == ["kept"]

    async def test_threads_end_when_opening_fails(self, path: Path) -> None:
        """What is no database is refused, and no thread stays behind."""
        before = connection_threads()
        write_shopping_list(path)
        with pytest.raises(StoreError) as caught:
            async with open_database(path):
                pytest.fail("it opened")
        threads = connection_threads() - before
        assert caught.value.store is StoreCode.BROKEN
        assert not await alive(threads)

    async def test_a_folder_that_cannot_be_made_is_named(self, tmp_path: Path) -> None:
        """The operator reads which path was the trouble."""
        (tmp_path / "data").write_text("a file stands here")
        with pytest.raises(StoreError) as caught:
            async with open_database(tmp_path / "data" / "test.db"):
                pytest.fail("it opened")
        assert caught.value.store is StoreCode.BROKEN
        assert str(tmp_path / "data") in caught.value.detail

    async def test_statements_are_never_logged(self, path: Path, caplog: pytest.LogCaptureFixture) -> None:
        """At the most talkative level, what members typed still stays out of the log."""
        caplog.set_level("DEBUG")
        async with open_database(path) as database:
            await write(database, "CREATE TABLE note (text TEXT)")
            await write(database, INSERT, "a secret wish")
        assert "a secret wish" not in caplog.text
