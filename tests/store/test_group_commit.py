"""Group commit: waiting units share one commit, but a unit that fails does not affect the others."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bot.errors import StoreError
from bot.store.sqlite.database.connection import MAX_GROUP, Database, Transaction, open_database

INSERT = "INSERT INTO note (text) VALUES (:text)"
Work = Callable[[Transaction], Coroutine[Any, Any, str]]
WAIT_S = 60.0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "test.db"


@pytest.fixture
async def database(path: Path) -> AsyncIterator[Database]:
    async with open_database(path, busy_timeout_s=0.05) as opened:
        await opened.write("CREATE TABLE note (text TEXT NOT NULL) STRICT", {})
        yield opened


async def notes(database: Database) -> list[str]:
    return [row["text"] for row in await database.rows("SELECT text FROM note ORDER BY rowid", {})]


def insert(text: str, *, twice: bool = False) -> Work:
    async def work(transaction: Transaction) -> str:
        for _ in range(2 if twice else 1):
            await transaction.rows(INSERT, {"text": text})
        return text

    return work


def failing(text: str) -> Work:
    async def work(transaction: Transaction) -> str:
        await transaction.rows(INSERT, {"text": text})
        raise LookupError(f"said {text}")

    return work


@dataclass
class Blocking:
    """Work that blocks in the middle of its transaction until `proceed` is set."""

    text: str
    started: threading.Event = field(default_factory=threading.Event)
    proceed: threading.Event = field(default_factory=threading.Event)

    async def __call__(self, transaction: Transaction) -> str:
        await transaction.rows(INSERT, {"text": self.text})
        self.started.set()
        assert self.proceed.wait(WAIT_S)
        return self.text


def start_all(database: Database, *works: Work) -> list[asyncio.Task[str]]:
    return [asyncio.create_task(database.transaction(work)) for work in works]


async def outcomes(tasks: list[asyncio.Task[str]]) -> list[str]:
    """The result or the error of each caller, in order."""
    results = await asyncio.gather(*tasks, return_exceptions=True)
    return [result.store.value if isinstance(result, StoreError) else str(result) for result in results]


async def test_callers_get_results_after_the_shared_commit(database: Database) -> None:
    """While the last unit still runs, the first caller has no result and no reader sees a row."""
    last = Blocking("last")
    tasks = start_all(database, insert("first"), insert("second"), last)
    assert await asyncio.to_thread(last.started.wait, WAIT_S)
    early = ([task.done() for task in tasks], await notes(database))
    last.proceed.set()

    assert early == ([False, False, False], [])
    assert await outcomes(tasks) == ["first", "second", "last"]
    assert await notes(database) == ["first", "second", "last"]


@pytest.mark.parametrize("place", [0, 1, 2])
async def test_only_the_failed_unit_is_rolled_back(database: Database, place: int) -> None:
    """A unit that fails, at any position in its group, is rolled back alone, and the other units are kept."""
    works = [insert("one", twice=True), insert("two", twice=True)]
    works.insert(place, failing("bad"))

    results = await outcomes(start_all(database, *works))

    expected = ["one", "two"]
    expected.insert(place, "said bad")
    assert results == expected
    assert await notes(database) == ["one", "one", "two", "two"]


@pytest.mark.parametrize("place", [0, 1, 2])
async def test_only_the_failed_statement_is_rolled_back(database: Database, place: int) -> None:
    """SQLite rolls back a single statement that fails, and the rest of the group is kept."""
    texts: list[str] = ["one", "two"]
    statements = [f"INSERT INTO note (text) SELECT '{text}'" for text in texts]
    statements.insert(place, "INSERT INTO note (text) SELECT 'half' UNION ALL SELECT NULL")

    results = await asyncio.gather(*(database.write(statement, {}) for statement in statements), return_exceptions=True)

    assert [index for index, result in enumerate(results) if isinstance(result, StoreError)] == [place]
    assert await notes(database) == texts


async def test_a_unit_sees_the_rows_of_earlier_units(database: Database) -> None:
    """Two deliveries of one event in the same group create one job."""

    async def insert_once(transaction: Transaction) -> str:
        if await transaction.row("SELECT 1 FROM note WHERE text = 'once'", {}) is not None:
            return "known"
        await transaction.rows(INSERT, {"text": "once"})
        return "new"

    assert await outcomes(start_all(database, insert_once, insert_once, insert_once)) == ["new", "known", "known"]
    assert await notes(database) == ["once"]


@pytest.mark.parametrize("started", [True, False])
async def test_a_cancelled_caller_does_not_affect_its_group(database: Database, started: bool) -> None:
    """The unit of a cancelled caller is kept if it had started, and otherwise not run; the others are kept."""
    holder = Blocking("holder")
    tasks = start_all(database, *([insert("kept"), holder] if started else [holder]))
    assert await asyncio.to_thread(holder.started.wait, WAIT_S)
    tasks += start_all(database, *([] if started else [insert("cancelled")]), insert("other"))
    await asyncio.sleep(0)
    tasks[0 if started else 1].cancel()
    holder.proceed.set()

    results = await asyncio.gather(*tasks, return_exceptions=True)

    assert [type(result) for result in results].count(asyncio.CancelledError) == 1
    assert await notes(database) == (["kept", "holder", "other"] if started else ["holder", "other"])


@pytest.fixture
async def deferred_key(database: Database) -> Database:
    """A database with a foreign key that SQLite checks only at the commit."""
    await database.write("CREATE TABLE parent (id TEXT PRIMARY KEY) STRICT", {})
    await database.write("CREATE TABLE child (parent TEXT REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED) STRICT", {})
    return database


async def insert_orphan(transaction: Transaction) -> str:
    await transaction.rows("INSERT INTO child VALUES ('nobody')", {})
    return "orphan"


async def test_a_failed_commit_fails_every_unit(deferred_key: Database) -> None:
    """If the commit fails, nothing is kept and every caller gets its own error, even one whose unit had failed before."""
    tasks = start_all(deferred_key, insert("one"), insert_orphan, failing("bad"), insert("two"))

    assert await outcomes(tasks) == ["broken"] * 4
    assert await notes(deferred_key) == []
    errors = [task.exception() for task in tasks]
    assert len({id(error) for error in errors}) == len(errors)
    assert await outcomes(start_all(deferred_key, insert("later"))) == ["later"]
    assert await notes(deferred_key) == ["later"]


async def test_a_busy_database_fails_all_waiting_units(database: Database, path: Path) -> None:
    """All waiting units fail after one busy timeout, and nothing of them is kept."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        began = asyncio.get_running_loop().time()
        results = await outcomes(start_all(database, *(insert(str(number)) for number in range(MAX_GROUP + 8))))
        waited = asyncio.get_running_loop().time() - began

    assert results == ["busy"] * (MAX_GROUP + 8)
    assert waited < 0.05 * MAX_GROUP
    assert await outcomes(start_all(database, insert("now"))) == ["now"]
    assert await notes(database) == ["now"]


@pytest.mark.parametrize("place", [0, 1, 2])
async def test_a_full_disk_leaves_no_unit_half_done(database: Database, place: int) -> None:
    """Each unit is either kept completely or fails with FULL and is not kept at all."""
    works = [insert("one", twice=True), insert("two", twice=True)]
    works.insert(place, insert("x" * 1_000_000))
    await database.write("PRAGMA max_page_count = 8", {})

    results = await outcomes(start_all(database, *works))

    kept = await notes(database)
    assert results[place] == "full"
    assert set(results) <= {"one", "two", "full"}
    assert kept == [text for text in results if text != "full" for _ in range(2)]
    await database.write("PRAGMA max_page_count = 100000", {})
    assert await outcomes(start_all(database, insert("room again"))) == ["room again"]


async def test_units_run_in_order_in_groups_of_limited_size(database: Database) -> None:
    """A group has a maximum size: the first caller has its result before the third group starts."""
    count = 3 * MAX_GROUP
    started: list[int] = []
    started_at_result: list[int] = []

    def record_start(number: int) -> Work:
        async def work(transaction: Transaction) -> str:
            started.append(number)
            return await insert(str(number))(transaction)

        return work

    async def run(number: int) -> None:
        await database.transaction(record_start(number))
        started_at_result.append(len(started))

    await asyncio.gather(*(run(number) for number in range(count)))

    assert started == list(range(count))
    assert started_at_result[0] <= 2 * MAX_GROUP
    assert await notes(database) == [str(number) for number in range(count)]


async def test_later_units_share_the_next_transaction(database: Database) -> None:
    """Units that arrive while a transaction is open wait for its commit, and then share one of their own."""
    holder, first, last = Blocking("holder"), Blocking("first"), Blocking("last")
    tasks = start_all(database, holder)
    assert await asyncio.to_thread(holder.started.wait, WAIT_S)
    tasks += start_all(database, first, last)
    await asyncio.sleep(0)
    holder.proceed.set()
    assert await asyncio.to_thread(first.started.wait, WAIT_S)
    first.proceed.set()
    assert await asyncio.to_thread(last.started.wait, WAIT_S)
    early = ([task.done() for task in tasks], await notes(database))
    last.proceed.set()

    assert early == ([True, False, False], ["holder"])
    assert await outcomes(tasks) == ["holder", "first", "last"]


async def test_closing_runs_the_waiting_units(path: Path) -> None:
    """Closing runs the units that are already waiting and refuses later ones."""
    async with open_database(path) as database:
        await database.write("CREATE TABLE note (text TEXT NOT NULL) STRICT", {})
        holder = Blocking("holder")
        tasks = start_all(database, holder, failing("bad"), *(insert(str(number)) for number in range(MAX_GROUP)))
        assert await asyncio.to_thread(holder.started.wait, WAIT_S)
        closing_down = asyncio.create_task(database.drain())
        await asyncio.sleep(0)
        too_late = start_all(database, insert("too late"))
        await asyncio.wait(too_late)
        early = (closing_down.done(), await outcomes(too_late))
        holder.proceed.set()
        await closing_down
        results = await outcomes(tasks)
    written = [str(number) for number in range(MAX_GROUP)]
    assert early == (False, ["broken"])
    assert results == ["holder", "said bad", *written]
    async with open_database(path) as database:
        assert await notes(database) == ["holder", *written]


@pytest.mark.parametrize("steps", range(12))
async def test_a_cancelled_writer_leaves_no_caller_waiting(database: Database, steps: int) -> None:
    """If the writer's task is cancelled at any step, the callers of its group are cancelled and the other units are run."""
    before, texts = asyncio.all_tasks(), ["one", "two", "three"]
    tasks = start_all(database, *(insert(text, twice=True) for text in texts))
    for _ in range(steps):
        await asyncio.sleep(0.0001)
    for task in asyncio.all_tasks() - before - set(tasks):
        task.cancel()

    results = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 60)

    cancelled = sum(isinstance(result, asyncio.CancelledError) for result in results)
    assert results[cancelled:] == texts[cancelled:]
    kept = await notes(database)
    assert kept in [[text for text in group for _ in range(2)] for group in (texts, texts[cancelled:])]
    assert await outcomes(start_all(database, insert("next"))) == ["next"]


async def test_a_transaction_that_was_ended_early_fails_its_group(database: Database) -> None:
    """If a unit ends the transaction itself, neither it nor the other units of the group succeed."""

    async def roll_back(transaction: Transaction) -> str:
        await transaction.rows("ROLLBACK", {})
        return "swallowed"

    assert await outcomes(start_all(database, insert("one"), roll_back)) == ["broken", "broken"]
    assert await notes(database) == []
