"""One connection that writes, one that reads, and transactions that a cancelled caller cannot leave half done."""

import asyncio
import logging
import os
import sqlite3
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import aiosqlite

from bot.errors import StoreCode, StoreError
from bot.files import make_folder

Value = str | int | float | None
Parameters = Mapping[str, Value]
Result = TypeVar("Result")

BUSY_TIMEOUT_S = 5.0
"""How long a statement waits for the lock of another process before the database is busy."""
BUSY_RETRY_S = 0.02
MAX_GROUP = 32
"""The most units of work that share one commit: the first of them waits for the last."""

_CODES = {
    sqlite3.SQLITE_BUSY: StoreCode.BUSY,
    sqlite3.SQLITE_LOCKED: StoreCode.BUSY,
    sqlite3.SQLITE_PROTOCOL: StoreCode.BUSY,
    sqlite3.SQLITE_FULL: StoreCode.FULL,
    sqlite3.SQLITE_IOERR: StoreCode.UNAVAILABLE,
    sqlite3.SQLITE_CANTOPEN: StoreCode.UNAVAILABLE,
    sqlite3.SQLITE_NOMEM: StoreCode.UNAVAILABLE,
    sqlite3.SQLITE_PERM: StoreCode.UNAVAILABLE,
    sqlite3.SQLITE_READONLY: StoreCode.UNAVAILABLE,
}
"""By primary result code; every other one does not pass by itself: SQLITE_CORRUPT, SQLITE_NOTADB, or a mistake of ours."""
_LASTING = frozenset({sqlite3.SQLITE_IOERR_CORRUPTFS, sqlite3.SQLITE_READONLY_DBMOVED})
"""Extended codes that do not pass, unlike their primary codes."""


def store_error(error: sqlite3.Error) -> StoreError:
    """Translate by SQLite's primary result code (the low byte); an error of the Python module itself has none."""
    code: int = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    found = StoreCode.BROKEN if code in _LASTING else _CODES.get(code & 0xFF, StoreCode.BROKEN)
    return StoreError(found, detail=f"{type(error).__name__}: {error}")


@contextmanager
def translate_errors() -> Iterator[None]:
    """Translate sqlite3's exceptions to StoreError; no other code does."""
    try:
        yield
    except sqlite3.Error as error:
        raise store_error(error) from error


class Transaction:
    """The statements of one transaction, for code that runs in the writer's thread: nothing in it waits for the event loop."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    async def rows(self, sql: str, parameters: Parameters) -> list[sqlite3.Row]:
        with translate_errors():
            return self._connection.execute(sql, parameters).fetchall()

    async def row(self, sql: str, parameters: Parameters) -> sqlite3.Row | None:
        rows = await self.rows(sql, parameters)
        return rows[0] if rows else None

    async def execute_many(self, sql: str, many: Iterable[Parameters]) -> None:
        """Execute one statement with each set of parameters."""
        with translate_errors():
            self._connection.executemany(sql, many)


Work = Callable[[Transaction], Coroutine[Any, Any, Result]]
"""Reads and writes in one transaction. It may await only the statements of its transaction."""


def _run(work: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine that never suspends. Raises StoreError if it does: it would wait for the event loop in another thread."""
    try:
        work.send(None)
    except StopIteration as done:
        result: Result = done.value
        return result
    work.close()
    raise StoreError(StoreCode.BROKEN, detail="a unit of work may await only its statements")


class _Unit:
    """A unit of work that waits for the writer or is in the current transaction, with the future of its caller."""

    def __init__(self, work: Work[Any], *, single: bool) -> None:
        self.work = work
        self.single = single
        """A single statement, which SQLite itself rolls back if it fails."""
        self.done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.started = False
        """From then on it is executed, even if its caller is cancelled."""
        self.result: object = None
        self.error: Exception | None = None

    @property
    def abandoned(self) -> bool:
        return self.done.cancelled() and not self.started

    def resolve(self) -> None:
        """Pass the result or the error to the caller, unless it was cancelled."""
        if self.done.done():
            return
        if self.error is not None:
            self.done.set_exception(self.error)
        else:
            self.done.set_result(self.result)


class _Group:
    """Units that share one transaction, which runs in the writer's thread. A failed unit is rolled back alone."""

    def __init__(self, units: Sequence[_Unit]) -> None:
        self._units = units
        self.begun = 0
        """How many units were begun: if the transaction is lost, the last of them is at fault, and the later ones can run again."""

    def run(self, connection: sqlite3.Connection) -> None:
        """If this raises, nothing of the group is kept."""
        transaction = Transaction(connection)
        alone = len(self._units) == 1
        if alone and self._units[0].single:
            # In SQLite a single statement is its own transaction.
            self._run_unit(connection, transaction, self._units[0], savepoint=False)
            return
        _execute(connection, "BEGIN IMMEDIATE")
        for unit in self._units:
            # To roll the only unit back is to roll back everything.
            self._run_unit(connection, transaction, unit, savepoint=not alone and not unit.single)
        if not connection.in_transaction:
            raise StoreError(StoreCode.BROKEN, detail="the transaction ended before its commit")
        _execute(connection, "COMMIT")

    def _run_unit(self, connection: sqlite3.Connection, transaction: Transaction, unit: _Unit, *, savepoint: bool) -> None:
        """Run one unit. Raises its error only if the whole transaction is lost."""
        self.begun += 1
        try:
            if savepoint:
                _execute(connection, "SAVEPOINT unit")
            unit.result = _run(unit.work(transaction))
        except Exception as error:
            # SQLite itself ends the transaction after some errors, for example if the disk is full.
            if not (savepoint or unit.single) or not connection.in_transaction:
                raise
            unit.error = error
            if savepoint:
                _execute(connection, "ROLLBACK TO unit")
        if savepoint:
            _execute(connection, "RELEASE unit")


def _execute(connection: sqlite3.Connection, sql: str) -> None:
    with translate_errors():
        connection.execute(sql)


class _Writer:
    """Group commit: units that wait at the same time share one transaction, and their callers get results after its commit.

    That includes failures: a unit may find a quota used up by another unit of the group whose commit then fails. A whole group is
    one hop to the connection's thread: each hop costs more than a statement.
    """

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection
        self._waiting: deque[_Unit] = deque()
        self._writing: asyncio.Task[None] | None = None
        self._closed = False

    async def execute(self, work: Work[Result], *, single: bool = False) -> Result:
        if self._closed:
            raise _closed()
        unit = _Unit(work, single=single)
        self._waiting.append(unit)
        if self._writing is None:
            unit.started = True
            self._start_writing()
        result: Result = await unit.done
        return result

    async def drain(self) -> None:
        """Execute the units that are already waiting, and accept no more."""
        self._closed = True
        while self._writing is not None:
            await asyncio.wait({self._writing})

    def _start_writing(self) -> None:
        # A separate task writes, because a caller may be cancelled before the thread has finished.
        self._writing = asyncio.create_task(self._write())
        self._writing.add_done_callback(self._end_writing)

    def _end_writing(self, writing: asyncio.Task[None]) -> None:
        self._writing = None
        if writing.cancelled():
            for unit in self._waiting:
                unit.started = False
        # It was cancelled, or a unit arrived after its last check.
        if self._waiting:
            self._start_writing()

    async def _write(self) -> None:
        while units := self._next_units(MAX_GROUP):
            group = _Group(units)
            try:
                # The library has a hop for each kind of statement, but none for a function of ours.
                await self._connection._execute(group.run, self._connection._conn)  # type: ignore[no-untyped-call]  # noqa: SLF001
            except BaseException as error:
                if not group.begun:
                    # BEGIN failed: it fails for all units waiting now; otherwise each would wait for the busy timeout in turn.
                    units += self._next_units(len(self._waiting))
                elif isinstance(error, Exception):
                    self._waiting.extendleft(reversed(units[group.begun :]))
                    del units[group.begun :]
                await self._roll_back(units, error)
                if not isinstance(error, Exception):
                    raise
            for unit in units:
                unit.resolve()

    def _next_units(self, most: int) -> list[_Unit]:
        """The units to run next; abandoned ones are removed."""
        units: list[_Unit] = []
        while self._waiting and len(units) < most:
            unit = self._waiting.popleft()
            if not unit.abandoned:
                unit.started = True
                units.append(unit)
        return units

    async def _roll_back(self, units: Sequence[_Unit], error: BaseException) -> None:
        try:
            # This waits for the thread's current work, and does no harm if no transaction is open. A cancelled task must
            # not leave one open either: every later BEGIN would fail.
            with suppress(sqlite3.Error):
                await self._connection.rollback()
        finally:
            for unit in units:
                if isinstance(error, Exception):
                    unit.error = error if unit is units[-1] else _for_rest_of_group(error)
                else:
                    # The thread may already have committed: the outcome is unknown.
                    unit.done.cancel()


def _closed() -> StoreError:
    return StoreError(StoreCode.BROKEN, detail="the store is closed")


def _for_rest_of_group(error: Exception) -> StoreError:
    """The error for the other units of a failed group; nothing of their work was kept."""
    if isinstance(error, StoreError):
        return StoreError(error.store, detail=error.detail)
    return StoreError(StoreCode.BUSY, detail="the shared transaction failed")


class Database:
    """Transactions on the writer's connection, in group commits; concurrent reads on the reader's connection."""

    def __init__(self, writer: aiosqlite.Connection, reader: aiosqlite.Connection) -> None:
        self._writer = _Writer(writer)
        self._reader = reader
        self._closed = False

    async def transaction(self, work: Work[Result]) -> Result:
        """Execute `work` atomically: it is committed when this returns, and if it raises, nothing of it is kept.

        A caller that is cancelled before its unit starts has written nothing; after that, the transaction is completed.
        """
        return await self._writer.execute(work)

    async def write(self, sql: str, parameters: Parameters) -> list[sqlite3.Row]:
        """Execute one statement atomically."""
        return await self._writer.execute(lambda transaction: transaction.rows(sql, parameters), single=True)

    async def rows(self, sql: str, parameters: Parameters) -> list[sqlite3.Row]:
        """Read committed rows."""
        if self._closed:
            raise _closed()
        with translate_errors():
            return list(await self._reader.execute_fetchall(sql, parameters))

    async def row(self, sql: str, parameters: Parameters) -> sqlite3.Row | None:
        rows = await self.rows(sql, parameters)
        return rows[0] if rows else None

    async def drain(self) -> None:
        """Execute the waiting transactions, and accept no more."""
        await self._writer.drain()
        self._closed = True


@asynccontextmanager
async def open_database(path: Path, *, busy_timeout_s: float = BUSY_TIMEOUT_S) -> AsyncIterator[Database]:
    """Open both connections to one file; their threads end with the block in any case."""
    # At debug level the library logs statements with their values, which contain prompts and addresses.
    logging.getLogger("aiosqlite").setLevel(logging.INFO)
    async with AsyncExitStack() as stack:
        await asyncio.to_thread(_create, path)
        with translate_errors():
            writer = await _connect(stack, path, busy_timeout_s)
            mode = await _enable_write_ahead(writer, busy_timeout_s)
            await writer.execute_fetchall("PRAGMA synchronous = FULL")
            reader = await _connect(stack, path, busy_timeout_s)
            await reader.execute_fetchall("PRAGMA query_only = ON")
        if mode != "wal":
            raise StoreError(StoreCode.BROKEN, detail=f"no write-ahead log is possible in {path.parent}")
        database = Database(writer, reader)
        stack.push_async_callback(database.drain)
        yield database


async def _connect(stack: AsyncExitStack, path: Path, busy_timeout_s: float) -> aiosqlite.Connection:
    # isolation_level None: sqlite3 then starts no transactions of its own.
    connecting = aiosqlite.connect(path, isolation_level=None, timeout=busy_timeout_s)
    connection = await stack.enter_async_context(connecting)
    connection.row_factory = sqlite3.Row
    # A flipped bit must not make the rows beside it unreadable.
    connection.text_factory = _decoded
    await connection.execute_fetchall("PRAGMA foreign_keys = ON")
    return connection


def _decoded(text: bytes) -> str:
    return text.decode("utf-8", "replace")


async def _enable_write_ahead(connection: aiosqlite.Connection, busy_timeout_s: float) -> str:
    """Switch to the write-ahead log; returns the resulting mode. SQLite's busy timeout does not apply to this change."""
    for _ in range(int(busy_timeout_s / BUSY_RETRY_S)):
        try:
            return await _journal_mode(connection)
        except sqlite3.OperationalError as error:
            if store_error(error).store is not StoreCode.BUSY:
                raise
        await asyncio.sleep(BUSY_RETRY_S)
    return await _journal_mode(connection)


async def _journal_mode(connection: aiosqlite.Connection) -> str:
    rows = list(await connection.execute_fetchall("PRAGMA journal_mode = WAL"))
    return str(rows[0][0])


def _create(path: Path) -> None:
    """Create the folder and the file for their owner alone; SQLite gives its side files the same mode."""
    try:
        make_folder(path.parent)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise StoreError(StoreCode.BROKEN, detail=f"{path}: {error.strerror}") from error
