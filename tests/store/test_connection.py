"""Transactions are atomic, and sqlite3's errors become StoreErrors."""

import asyncio
import resource
import sqlite3
import stat
import threading
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from bot.errors import StoreCode, StoreError
from bot.store.sqlite.database.connection import Database, Transaction, open_database, store_error, translate_errors

WAIT_S = 60.0
INSERT = "INSERT INTO note (text) VALUES (:text)"
PASSING_CODES = {
    **dict.fromkeys((sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL), StoreCode.BUSY),
    sqlite3.SQLITE_FULL: StoreCode.FULL,
    **dict.fromkeys(
        (
            sqlite3.SQLITE_IOERR,
            sqlite3.SQLITE_CANTOPEN,
            sqlite3.SQLITE_NOMEM,
            sqlite3.SQLITE_PERM,
            sqlite3.SQLITE_READONLY,
        ),
        StoreCode.UNAVAILABLE,
    ),
}


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


async def still_alive(threads: set[threading.Thread]) -> set[threading.Thread]:
    """The threads that have not ended after five seconds."""
    for thread in threads:
        await asyncio.to_thread(thread.join, 5)
    return {thread for thread in threads if thread.is_alive()}


def error_types(kind: type[sqlite3.Error]) -> list[type[sqlite3.Error]]:
    return [kind, *(subtype for child in kind.__subclasses__() for subtype in error_types(child))]


class TestTranslation:
    @pytest.mark.parametrize("code", range(1, 27))
    def test_every_result_code_has_a_store_code(self, code: int) -> None:
        """SQLite's primary error codes are 1 to 26; a code is BROKEN unless it means something that may pass."""
        error = sqlite3.OperationalError("said SQLite")
        error.sqlite_errorcode = code
        assert store_error(error).store is PASSING_CODES.get(code, StoreCode.BROKEN)

    @pytest.mark.parametrize(
        ("code", "expected"),
        [
            (sqlite3.SQLITE_BUSY_SNAPSHOT, StoreCode.BUSY),
            (sqlite3.SQLITE_BUSY_RECOVERY, StoreCode.BUSY),
            (sqlite3.SQLITE_LOCKED_SHAREDCACHE, StoreCode.BUSY),
            (sqlite3.SQLITE_IOERR_FSYNC, StoreCode.UNAVAILABLE),
            (sqlite3.SQLITE_IOERR_WRITE, StoreCode.UNAVAILABLE),
            (sqlite3.SQLITE_CANTOPEN_ISDIR, StoreCode.UNAVAILABLE),
            (sqlite3.SQLITE_CORRUPT_INDEX, StoreCode.BROKEN),
            (sqlite3.SQLITE_IOERR_CORRUPTFS, StoreCode.BROKEN),
            (sqlite3.SQLITE_READONLY_DBMOVED, StoreCode.BROKEN),
            (sqlite3.SQLITE_CONSTRAINT_UNIQUE, StoreCode.BROKEN),
        ],
    )
    def test_extended_codes_are_translated_as_their_primary_code(self, code: int, expected: StoreCode) -> None:
        """The low byte of an extended code is the primary code, which decides; two kinds of damage are exceptions."""
        error = sqlite3.OperationalError("said SQLite")
        error.sqlite_errorcode = code
        assert store_error(error).store is expected

    @pytest.mark.parametrize("kind", error_types(sqlite3.Error))
    def test_every_exception_of_the_library_is_translated(self, kind: type[sqlite3.Error]) -> None:
        """An exception without a result code, which the Python module itself raises, is BROKEN."""
        with pytest.raises(StoreError) as caught, translate_errors():
            raise kind("said the module")
        assert (caught.value.store, caught.value.detail) == (StoreCode.BROKEN, f"{kind.__name__}: said the module")


class TestTransaction:
    async def test_a_transaction_that_raises_is_rolled_back(self, database: Database) -> None:
        """The caller gets the error of its work unchanged, and nothing of the transaction is kept."""

        async def work(transaction: Transaction) -> None:
            await transaction.rows(INSERT, {"text": "half"})
            raise LookupError("said the work")

        with pytest.raises(LookupError, match="said the work"):
            await database.transaction(work)
        await write(database, INSERT, "whole")
        assert await notes(database) == ["whole"]

    async def test_the_transaction_of_a_cancelled_caller_is_completed(self, database: Database) -> None:
        """A transaction that has started is completed although its caller is cancelled, and the next one waits for it."""
        started, proceed = threading.Event(), threading.Event()

        async def work(transaction: Transaction) -> None:
            await transaction.rows(INSERT, {"text": "first half"})
            started.set()
            assert proceed.wait(WAIT_S)
            await transaction.rows(INSERT, {"text": "second half"})

        caller = asyncio.create_task(database.transaction(work))
        assert await asyncio.to_thread(started.wait, WAIT_S)
        caller.cancel()
        with pytest.raises(asyncio.CancelledError):
            await caller
        next_write = asyncio.create_task(write(database, INSERT, "next"))
        await asyncio.sleep(0)
        assert await notes(database) == []
        proceed.set()
        await next_write
        assert await notes(database) == ["first half", "second half", "next"]

    async def test_a_caller_cancelled_while_waiting_writes_nothing(self, database: Database) -> None:
        """A caller that is cancelled before its transaction starts writes nothing, and the next transaction runs."""
        started, proceed = threading.Event(), threading.Event()

        async def block(transaction: Transaction) -> None:
            started.set()
            assert proceed.wait(WAIT_S)

        holder = asyncio.create_task(database.transaction(block))
        assert await asyncio.to_thread(started.wait, WAIT_S)
        waiting = asyncio.create_task(write(database, INSERT, "cancelled"))
        next_write = asyncio.create_task(write(database, INSERT, "next"))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        proceed.set()
        await asyncio.gather(holder, next_write)
        assert await notes(database) == ["next"]

    @pytest.mark.parametrize("steps", range(14))
    async def test_a_cancelled_writer_leaves_no_transaction_open(self, database: Database, steps: int) -> None:
        """If the writer's task is cancelled at any step, all or nothing is kept, and the next transaction can start."""

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

    async def test_transactions_never_interleave(self, database: Database) -> None:
        """Twenty tasks that read and write do not lose an update."""
        await write(database, INSERT, "0")

        async def add_one(transaction: Transaction) -> None:
            row = await transaction.row("SELECT text FROM note", {})
            assert row is not None
            await transaction.rows("UPDATE note SET text = :text", {"text": str(int(row["text"]) + 1)})

        await asyncio.gather(*(database.transaction(add_one) for _ in range(20)))
        assert await notes(database) == ["20"]

    async def test_reads_see_committed_rows_only(self, database: Database) -> None:
        """A read does not wait for an open transaction and does not see its rows."""
        started, proceed = threading.Event(), threading.Event()

        async def work(transaction: Transaction) -> None:
            await transaction.rows(INSERT, {"text": "mine"})
            started.set()
            assert proceed.wait(WAIT_S)

        writing = asyncio.create_task(database.transaction(work))
        assert await asyncio.to_thread(started.wait, WAIT_S)
        seen = await notes(database)
        proceed.set()
        await writing
        assert (seen, await notes(database)) == ([], ["mine"])

    async def test_work_may_wait_only_for_its_statements(self, database: Database) -> None:
        """Work that waits for anything else fails at once and keeps nothing: the event loop is in another thread."""

        async def work(transaction: Transaction) -> None:
            await transaction.rows(INSERT, {"text": "half"})
            await asyncio.sleep(0)

        with pytest.raises(StoreError) as caught:
            await database.transaction(work)
        assert (caught.value.store, caught.value.retryable) == (StoreCode.BROKEN, False)
        await write(database, INSERT, "next")
        assert await notes(database) == ["next"]

    async def test_the_reader_cannot_write(self, database: Database) -> None:
        """SQLite itself refuses a write on the reader's connection."""
        with pytest.raises(StoreError) as caught:
            await database.rows(INSERT, {"text": "by the back door"})
        assert (caught.value.store, await notes(database)) == (StoreCode.UNAVAILABLE, [])

    async def test_another_process_makes_the_database_busy(self, database: Database, path: Path) -> None:
        """BUSY is retryable, and the retry succeeds once the other process has released its lock."""
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreError) as caught:
                await write(database, INSERT, "too early")
            assert (caught.value.store, caught.value.retryable) == (StoreCode.BUSY, True)
        await write(database, INSERT, "now")
        assert await notes(database) == ["now"]

    async def test_a_full_disk_rolls_the_transaction_back(self, database: Database) -> None:
        """A full disk rolls back the whole transaction, and the same work succeeds once there is space."""

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

    async def test_a_passing_error_of_the_disk_passes(self, database: Database) -> None:
        """A write that the disk refuses is UNAVAILABLE and keeps nothing; the same write succeeds once the disk takes it."""

        async def work(transaction: Transaction) -> None:
            await transaction.rows(INSERT, {"text": "small"})
            await transaction.rows(INSERT, {"text": "x" * 1_000_000})

        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
        try:
            for write_all in (database.transaction(work), database.write(INSERT, {"text": "x" * 1_000_000})):
                with pytest.raises(StoreError) as caught:
                    await write_all
                assert (caught.value.store, caught.value.retryable) == (StoreCode.UNAVAILABLE, True)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert await notes(database) == []
        await database.transaction(work)
        assert [len(text) for text in await notes(database)] == [5, 1_000_000]

    async def test_strict_tables_and_foreign_keys_are_on(self, database: Database) -> None:
        """A value of the wrong type and a row without its parent are refused."""
        await write(database, "CREATE TABLE parent (id TEXT PRIMARY KEY) STRICT")
        await write(database, "CREATE TABLE child (parent TEXT REFERENCES parent (id), age INTEGER) STRICT")
        for statement in ("INSERT INTO child VALUES ('nobody', 3)", "INSERT INTO child VALUES (NULL, 'three')"):
            with pytest.raises(StoreError) as caught:
                await write(database, statement)
            assert caught.value.store is StoreCode.BROKEN


class TestOneStatement:
    """A single statement is a transaction by itself, and must not become part of another one."""

    async def test_it_is_independent_of_the_open_transaction(self, database: Database) -> None:
        """A statement is kept although the transaction before it is rolled back."""
        started, proceed = threading.Event(), threading.Event()

        async def work(transaction: Transaction) -> None:
            await transaction.rows(INSERT, {"text": "undone"})
            started.set()
            assert proceed.wait(WAIT_S)
            raise LookupError("said the work")

        holder = asyncio.create_task(database.transaction(work))
        assert await asyncio.to_thread(started.wait, WAIT_S)
        alone = asyncio.create_task(database.write(f"{INSERT} RETURNING text", {"text": "alone"}))
        await asyncio.sleep(0)
        proceed.set()
        with pytest.raises(LookupError):
            await holder
        assert [row["text"] for row in await alone] == ["alone"]
        assert await notes(database) == ["alone"]

    async def test_it_is_atomic(self, database: Database) -> None:
        """A statement that fails at its last row keeps none of its rows."""
        with pytest.raises(StoreError) as caught:
            await database.write("INSERT INTO note (text) SELECT 'first' UNION ALL SELECT NULL", {})
        assert caught.value.store is StoreCode.BROKEN
        assert await notes(database) == []

    async def test_the_statement_of_a_cancelled_caller_is_completed(self, database: Database) -> None:
        """A statement that has started is completed although its caller is cancelled, and the next one can start."""
        caller = asyncio.create_task(database.write(INSERT, {"text": "whole"}))
        await asyncio.sleep(0)
        caller.cancel()
        with pytest.raises(asyncio.CancelledError):
            await caller
        await database.write(INSERT, {"text": "next"})
        assert await notes(database) == ["whole", "next"]

    async def test_busy_and_full_are_distinguished(self, database: Database, path: Path) -> None:
        """A locked database is BUSY and a full disk is FULL for a single statement too."""
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
    async def test_the_file_is_durable_and_private(self, database: Database, path: Path) -> None:
        """The database uses WAL with a sync at every commit; its folder has mode 0700, its files 0600."""

        async def work(transaction: Transaction) -> list[object]:
            names = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
            return [(await transaction.rows(f"PRAGMA {name}", {}))[0][0] for name in names]

        assert await database.transaction(work) == ["wal", 2, 1, 50]
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        assert {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()} == {0o600}

    async def test_threads_end_with_the_block(self, path: Path) -> None:
        """Both connection threads end with the block; a thread that is left would keep the process from exiting."""
        before = connection_threads()
        async with open_database(path) as database:
            await write(database, "CREATE TABLE note (text TEXT)")
            threads = connection_threads() - before
        assert len(threads) == 2
        assert not await still_alive(threads)
        for call in (database.rows("SELECT 1", {}), write(database, INSERT)):
            with pytest.raises(StoreError) as caught:
                await call
            assert (caught.value.store, caught.value.detail) == (StoreCode.BROKEN, "the store is closed")

    async def test_closing_waits_for_the_open_transaction(self, path: Path) -> None:
        """Closing the database completes the transaction of a cancelled caller."""
        async with open_database(path) as database:
            await write(database, "CREATE TABLE note (text TEXT)")
            caller = asyncio.create_task(write(database, INSERT, "kept"))
            await asyncio.sleep(0)
            caller.cancel()
        async with open_database(path) as database:
            assert await notes(database) == ["kept"]

    async def test_threads_end_when_opening_fails(self, path: Path) -> None:
        """Opening a file that is not a database raises BROKEN and leaves no thread."""
        before = connection_threads()
        write_shopping_list(path)
        with pytest.raises(StoreError) as caught:
            async with open_database(path):
                pytest.fail("it opened")
        threads = connection_threads() - before
        assert caught.value.store is StoreCode.BROKEN
        assert not await still_alive(threads)

    async def test_a_folder_that_cannot_be_created_is_named(self, tmp_path: Path) -> None:
        """The error names the path that could not be created."""
        (tmp_path / "data").write_text("a file stands here")
        with pytest.raises(StoreError) as caught:
            async with open_database(tmp_path / "data" / "test.db"):
                pytest.fail("it opened")
        assert caught.value.store is StoreCode.BROKEN
        assert str(tmp_path / "data") in caught.value.detail

    async def test_statements_are_never_logged(self, path: Path, caplog: pytest.LogCaptureFixture) -> None:
        """Even at debug level, text that members typed does not appear in the log."""
        caplog.set_level("DEBUG")
        async with open_database(path) as database:
            await write(database, "CREATE TABLE note (text TEXT)")
            await write(database, INSERT, "a secret wish")
        assert "a secret wish" not in caplog.text
