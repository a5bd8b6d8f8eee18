"""Work that waits for the writer at the same moment shares one commit, and only the commit: never a failure, never a half."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.errors import StoreError
from bot.store.sqlite.connection import MAX_GROUP, Database, Transaction, open_database

INSERT = "INSERT INTO note (text) VALUES (:text)"
Work = Callable[[Transaction], Awaitable[str]]


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


def noting(text: str, *, twice: bool = False) -> Work:
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
class Held:
    """Work that stands in the middle of the transaction until it is let go."""

    text: str
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    let_go: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, transaction: Transaction) -> str:
        await transaction.rows(INSERT, {"text": self.text})
        self.begun.set()
        await self.let_go.wait()
        return self.text


def together(database: Database, *works: Work) -> list[asyncio.Task[str]]:
    return [asyncio.create_task(database.transaction(work)) for work in works]


async def outcomes(tasks: list[asyncio.Task[str]]) -> list[str]:
    """What each caller heard, in order."""
    heard = await asyncio.gather(*tasks, return_exceptions=True)
    return [one.store.value if isinstance(one, StoreError) else str(one) for one in heard]


async def test_nobody_hears_before_the_commit_that_all_share(database: Database) -> None:
    """While the last of them still works, the first has no answer and no reader sees a row."""
    last = Held("last")
    tasks = together(database, noting("first"), noting("second"), last)
    await last.begun.wait()
    early = ([task.done() for task in tasks], await notes(database))
    last.let_go.set()

    assert early == ([False, False, False], [])
    assert await outcomes(tasks) == ["first", "second", "last"]
    assert await notes(database) == ["first", "second", "last"]


@pytest.mark.parametrize("place", [0, 1, 2])
async def test_a_unit_that_fails_is_undone_alone(database: Database, place: int) -> None:
    """Wherever it stands, its neighbours are kept and hear nothing of it."""
    works = [noting("one", twice=True), noting("two", twice=True)]
    works.insert(place, failing("bad"))

    heard = await outcomes(together(database, *works))

    expected = ["one", "two"]
    expected.insert(place, "said bad")
    assert heard == expected
    assert await notes(database) == ["one", "one", "two", "two"]


@pytest.mark.parametrize("place", [0, 1, 2])
async def test_a_lone_statement_that_fails_is_undone_alone(database: Database, place: int) -> None:
    """SQLite undoes the statement; the transaction around it goes on."""
    texts: list[str] = ["one", "two"]
    statements = [f"INSERT INTO note (text) SELECT '{text}'" for text in texts]
    statements.insert(place, "INSERT INTO note (text) SELECT 'half' UNION ALL SELECT NULL")

    heard = await asyncio.gather(*(database.write(statement, {}) for statement in statements), return_exceptions=True)

    assert [index for index, one in enumerate(heard) if isinstance(one, StoreError)] == [place]
    assert await notes(database) == texts


async def test_a_unit_sees_what_its_neighbours_wrote(database: Database) -> None:
    """The same event twice in one group is still one job."""

    async def once(transaction: Transaction) -> str:
        if await transaction.row("SELECT 1 FROM note WHERE text = 'once'", {}) is not None:
            return "known"
        await transaction.rows(INSERT, {"text": "once"})
        return "new"

    assert await outcomes(together(database, once, once, once)) == ["new", "known", "known"]
    assert await notes(database) == ["once"]


@pytest.mark.parametrize("begun", [True, False])
async def test_one_caller_of_a_group_is_cancelled(database: Database, begun: bool) -> None:
    """Where its work had begun it is kept whole, else nothing of it is written; the others never notice."""
    holder = Held("holder")
    works: list[Work] = [noting("kept"), holder] if begun else [holder, noting("given up")]
    tasks = together(database, *works, noting("other"))
    await holder.begun.wait()
    tasks[0 if begun else 1].cancel()
    holder.let_go.set()

    heard = await asyncio.gather(*tasks, return_exceptions=True)

    assert [type(one) for one in heard].count(asyncio.CancelledError) == 1
    assert await notes(database) == (["kept", "holder", "other"] if begun else ["holder", "other"])


@pytest.fixture
async def bound(database: Database) -> Database:
    """A table whose orphans SQLite notices at the commit and not before."""
    await database.write("CREATE TABLE parent (id TEXT PRIMARY KEY) STRICT", {})
    await database.write("CREATE TABLE child (parent TEXT REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED) STRICT", {})
    return database


async def orphan(transaction: Transaction) -> str:
    await transaction.rows("INSERT INTO child VALUES ('nobody')", {})
    return "orphan"


async def test_a_commit_that_fails_keeps_nothing_and_everybody_hears(bound: Database) -> None:
    """Those who had failed by themselves too: what they failed on may have been a neighbour's row that is gone again."""
    tasks = together(bound, noting("one"), orphan, failing("bad"), noting("two"))

    assert await outcomes(tasks) == ["broken"] * 4
    assert await notes(bound) == []
    errors = [task.exception() for task in tasks]
    assert len({id(error) for error in errors}) == len(errors)
    assert await outcomes(together(bound, noting("later"))) == ["later"]
    assert await notes(bound) == ["later"]


async def test_busy_reaches_all_who_waited_for_it(database: Database, path: Path) -> None:
    """One busy timeout for all of them, and nothing of theirs is kept."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        began = asyncio.get_running_loop().time()
        heard = await outcomes(together(database, *(noting(str(number)) for number in range(MAX_GROUP + 8))))
        waited = asyncio.get_running_loop().time() - began

    assert heard == ["busy"] * (MAX_GROUP + 8)
    assert waited < 0.05 * MAX_GROUP
    assert await outcomes(together(database, noting("now"))) == ["now"]
    assert await notes(database) == ["now"]


@pytest.mark.parametrize("place", [0, 1, 2])
async def test_a_full_disk_leaves_nobody_half_done(database: Database, place: int) -> None:
    """Each unit is kept whole and told so, or hears that the disk is full and is not kept at all."""
    works = [noting("one", twice=True), noting("two", twice=True)]
    works.insert(place, noting("x" * 1_000_000))
    await database.write("PRAGMA max_page_count = 8", {})

    heard = await outcomes(together(database, *works))

    kept = await notes(database)
    assert heard[place] == "full"
    assert set(heard) <= {"one", "two", "full"}
    assert kept == [text for text in heard if text != "full" for _ in range(2)]
    await database.write("PRAGMA max_page_count = 100000", {})
    assert await outcomes(together(database, noting("room again"))) == ["room again"]


async def test_everybody_comes_to_their_turn_in_order(database: Database) -> None:
    """However many come after, a group has an end: the first hears before the last has begun."""
    count = 3 * MAX_GROUP
    begun: list[int] = []
    heard_at: list[int] = []

    def counted(number: int) -> Work:
        async def work(transaction: Transaction) -> str:
            begun.append(number)
            return await noting(str(number))(transaction)

        return work

    async def ask(number: int) -> None:
        await database.transaction(counted(number))
        heard_at.append(len(begun))

    await asyncio.gather(*(ask(number) for number in range(count)))

    assert begun == list(range(count))
    assert heard_at[0] <= MAX_GROUP + 1
    assert await notes(database) == [str(number) for number in range(count)]


async def test_those_who_come_late_join_the_transaction_under_way(database: Database) -> None:
    """They need no commit of their own."""
    holder = Held("holder")
    tasks = together(database, holder)
    await holder.begun.wait()
    late = Held("late")
    tasks += together(database, late)
    holder.let_go.set()
    await late.begun.wait()
    early = [task.done() for task in tasks]
    late.let_go.set()

    assert (early, await outcomes(tasks)) == ([False, False], ["holder", "late"])


async def test_closing_carries_out_what_waits(path: Path) -> None:
    """What stood in the queue is written and told; what comes after is refused."""
    async with open_database(path) as database:
        await database.write("CREATE TABLE note (text TEXT NOT NULL) STRICT", {})
        holder = Held("holder")
        tasks = together(database, holder, failing("bad"), *(noting(str(number)) for number in range(MAX_GROUP)))
        await holder.begun.wait()
        closing_down = asyncio.create_task(database.drain())
        await asyncio.sleep(0)
        too_late = together(database, noting("too late"))
        await asyncio.wait(too_late)
        early = (closing_down.done(), await outcomes(too_late))
        holder.let_go.set()
        await closing_down
        heard = await outcomes(tasks)
    written = [str(number) for number in range(MAX_GROUP)]
    assert early == (False, ["broken"])
    assert heard == ["holder", "said bad", *written]
    async with open_database(path) as database:
        assert await notes(database) == ["holder", *written]


@pytest.mark.parametrize("steps", range(12))
async def test_a_writer_that_is_cut_short_leaves_nobody_waiting(database: Database, steps: int) -> None:
    """Its own callers hear so, and all or nothing of theirs is kept; those behind them are served by the next."""
    before, texts = asyncio.all_tasks(), ["one", "two", "three"]
    tasks = together(database, *(noting(text, twice=True) for text in texts))
    for _ in range(steps):
        await asyncio.sleep(0.0001)
    for task in asyncio.all_tasks() - before - set(tasks):
        task.cancel()

    heard = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 5)

    cut = sum(isinstance(one, asyncio.CancelledError) for one in heard)
    assert heard[cut:] == texts[cut:]
    kept = await notes(database)
    assert kept in [[text for text in those for _ in range(2)] for those in (texts, texts[cut:])]
    assert await outcomes(together(database, noting("next"))) == ["next"]


async def test_a_failure_that_is_swallowed_does_not_pass_for_a_commit(database: Database) -> None:
    """Work that goes on after its transaction has ended is not told that it was kept, nor are its neighbours."""

    async def swallowing(transaction: Transaction) -> str:
        await transaction.rows("ROLLBACK", {})
        return "swallowed"

    assert await outcomes(together(database, noting("one"), swallowing)) == ["broken", "broken"]
    assert await notes(database) == []
