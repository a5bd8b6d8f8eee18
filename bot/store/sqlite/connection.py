"""One writer, one reader, and transactions that a cancelled caller cannot leave half done."""

import asyncio
import logging
import os
import sqlite3
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import aiosqlite

from bot.errors import StoreCode, StoreError

Value = str | int | float | None
Parameters = Mapping[str, Value]
Result = TypeVar("Result")

BUSY_TIMEOUT_S = 5.0
"""How long a statement waits for another process before the database counts as busy."""
BUSY_PAUSE_S = 0.02
MOST_TOGETHER = 32
"""Units of work that share one commit: the first of them waits for the last."""

_CODES = {
    sqlite3.SQLITE_BUSY: StoreCode.BUSY,
    sqlite3.SQLITE_LOCKED: StoreCode.BUSY,
    sqlite3.SQLITE_FULL: StoreCode.FULL,
}


def store_error(error: sqlite3.Error) -> StoreError:
    """SQLite's primary result code (the low byte) decides; an error of the Python module itself has none."""
    code: int = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    return StoreError(_CODES.get(code & 0xFF, StoreCode.BROKEN), detail=f"{type(error).__name__}: {error}")


@contextmanager
def translated() -> Iterator[None]:
    """The one place where sqlite3's exceptions become ours."""
    try:
        yield
    except sqlite3.Error as error:
        raise store_error(error) from error


class Transaction:
    """What the work of one transaction may do. Every call is one hop to the writer's thread."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection

    async def rows(self, sql: str, parameters: Parameters) -> list[sqlite3.Row]:
        with translated():
            return list(await self._connection.execute_fetchall(sql, parameters))

    async def row(self, sql: str, parameters: Parameters) -> sqlite3.Row | None:
        rows = await self.rows(sql, parameters)
        return rows[0] if rows else None

    async def each(self, sql: str, many: Iterable[Parameters]) -> None:
        """The same statement for every set of parameters."""
        with translated():
            await self._connection.executemany(sql, many)


class _Unit:
    """Work that waits for the writer or is in the transaction under way, and whoever waits for it."""

    def __init__(self, work: Callable[[Transaction], Awaitable[object]], *, single: bool) -> None:
        self.work = work
        self.single = single
        """One statement, which SQLite itself undoes where it fails."""
        self.done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.begun = False
        """From then on it is carried out, whether or not its caller still waits."""
        self._result: object = None
        self._error: Exception | None = None

    @property
    def given_up(self) -> bool:
        return self.done.cancelled() and not self.begun

    def succeed(self, result: object) -> None:
        self._result = result

    def fail(self, error: Exception) -> None:
        self._error = error

    def resolve(self) -> None:
        """Say what came of it; a caller that was cancelled meanwhile does not hear it."""
        if self.done.done():
            return
        if self._error is not None:
            self.done.set_exception(self._error)
        else:
            self.done.set_result(self._result)


class _Writer:
    """Whatever waits shares one transaction and its commit, and nobody hears anything before that.

    Not even a failure: a quota may have been used up by a neighbour whose hold the commit then fails to keep.
    """

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection
        self._transaction = Transaction(connection)
        self._waiting: deque[_Unit] = deque()
        self._writing: asyncio.Task[None] | None = None
        self._closed = False

    async def carry_out(self, work: Callable[[Transaction], Awaitable[Result]], *, single: bool = False) -> Result:
        if self._closed:
            raise _closed()
        unit = _Unit(work, single=single)
        self._waiting.append(unit)
        if self._writing is None:
            unit.begun = True
            self._begin_writing()
        result: Result = await unit.done
        return result

    async def drain(self) -> None:
        """Carry out what waits already, and take nothing more."""
        self._closed = True
        while self._writing is not None:
            await asyncio.wait({self._writing})

    def _begin_writing(self) -> None:
        # A task of its own writes: the callers may be gone before the thread has finished.
        self._writing = asyncio.create_task(self._write())
        self._writing.add_done_callback(self._end_writing)

    def _end_writing(self, writing: asyncio.Task[None]) -> None:
        self._writing = None
        if writing.cancelled():
            for unit in self._waiting:
                unit.begun = False
        # It was cut short, or somebody came after its last look.
        if self._foremost() is not None:
            self._begin_writing()

    def _foremost(self) -> _Unit | None:
        """The next in turn, without those whose callers went away before it was theirs."""
        while self._waiting and self._waiting[0].given_up:
            self._waiting.popleft()
        return self._waiting[0] if self._waiting else None

    async def _write(self) -> None:
        while self._foremost() is not None:
            # All who stand here share what becomes of BEGIN: one after another, each would wait the busy timeout out.
            present = len(self._waiting)
            group: list[_Unit] = []
            try:
                await self._share(group)
            except BaseException as error:
                if not group:
                    group.extend(self._waiting.popleft() for _ in range(present))
                await self._undo(group, error)
                if not isinstance(error, Exception):
                    raise
            for unit in group:
                unit.resolve()

    async def _share(self, group: list[_Unit]) -> None:
        """One transaction, joined by those who come while it lasts; where this raises, nothing of it is kept."""
        if len(self._waiting) == 1 and self._waiting[0].single:
            # SQLite makes a lone statement a transaction by itself: one hop to the thread, not three.
            await self._attempt(self._join(group), savepoint=False)
            return
        await self._state("BEGIN IMMEDIATE")
        while len(group) < MOST_TOGETHER and (unit := self._foremost()) is not None:
            # The first needs no savepoint: to undo it is to undo everything.
            await self._attempt(self._join(group), savepoint=bool(group) and not unit.single)
        if not self._connection.in_transaction:
            raise StoreError(StoreCode.BROKEN, detail="the transaction ended before its commit")
        with translated():
            await self._connection.commit()

    def _join(self, group: list[_Unit]) -> _Unit:
        unit = self._waiting.popleft()
        unit.begun = True
        group.append(unit)
        return unit

    async def _attempt(self, unit: _Unit, *, savepoint: bool) -> None:
        """Carry out one unit; raises what failed where the whole transaction is lost with it."""
        try:
            if savepoint:
                await self._state("SAVEPOINT unit")
            unit.succeed(await unit.work(self._transaction))
        except Exception as error:
            # SQLite itself ends a transaction in which, for one, the disk fills up.
            if not (savepoint or unit.single) or not self._connection.in_transaction:
                raise
            unit.fail(error)
            if savepoint:
                await self._state("ROLLBACK TO unit")
        if savepoint:
            await self._state("RELEASE unit")

    async def _undo(self, group: list[_Unit], error: BaseException) -> None:
        try:
            # Queued behind whatever the thread still does, and harmless where no transaction is open. Even a cancelled
            # loop must not leave one: the next BEGIN would fail for ever.
            with suppress(sqlite3.Error):
                await self._connection.rollback()
        finally:
            for unit in group:
                if isinstance(error, Exception):
                    unit.fail(error if unit is group[-1] else _for_neighbour(error))
                    unit.resolve()
                else:
                    # The thread may be past the commit: nobody knows what was kept.
                    unit.done.cancel()

    async def _state(self, sql: str) -> None:
        with translated():
            await self._connection.execute_fetchall(sql)


def _closed() -> StoreError:
    return StoreError(StoreCode.BROKEN, detail="the store is closed")


def _for_neighbour(error: Exception) -> StoreError:
    """What those hear who lost their work with somebody else's: nothing of it was kept."""
    if isinstance(error, StoreError):
        return StoreError(error.store, detail=error.detail)
    return StoreError(StoreCode.BUSY, detail="the shared transaction failed")


class Database:
    """Transactions on the writer, as many as wait in one commit; reads beside them on the reader."""

    def __init__(self, writer: aiosqlite.Connection, reader: aiosqlite.Connection) -> None:
        self._writer = _Writer(writer)
        self._reader = reader
        self._closed = False

    async def transaction(self, work: Callable[[Transaction], Awaitable[Result]]) -> Result:
        """Carry out `work` whole or not at all; if it raises, nothing of it is kept. On return it is committed.

        A caller that is cancelled while it waits for its turn has written nothing; later, the transaction ends by itself.
        """
        return await self._writer.carry_out(work)

    async def write(self, sql: str, parameters: Parameters) -> list[sqlite3.Row]:
        """One statement, whole or not at all: one hop to the thread, where `transaction` takes three."""
        return await self._writer.carry_out(lambda transaction: transaction.rows(sql, parameters), single=True)

    async def rows(self, sql: str, parameters: Parameters) -> list[sqlite3.Row]:
        """Read what is committed."""
        if self._closed:
            raise _closed()
        with translated():
            return list(await self._reader.execute_fetchall(sql, parameters))

    async def row(self, sql: str, parameters: Parameters) -> sqlite3.Row | None:
        rows = await self.rows(sql, parameters)
        return rows[0] if rows else None

    async def drain(self) -> None:
        """Let what waits for the writer end, and begin nothing more."""
        await self._writer.drain()
        self._closed = True


@asynccontextmanager
async def open_database(path: Path, *, busy_timeout_s: float = BUSY_TIMEOUT_S) -> AsyncIterator[Database]:
    """Both connections to one file; their threads end with the block, however it ends."""
    # At debug level the library writes statements with their values, which hold prompts and addresses.
    logging.getLogger("aiosqlite").setLevel(logging.INFO)
    async with AsyncExitStack() as stack:
        await asyncio.to_thread(_create, path)
        with translated():
            writer = await _connect(stack, path, busy_timeout_s)
            mode = await _write_ahead(writer, busy_timeout_s)
            await writer.execute_fetchall("PRAGMA synchronous = FULL")
            reader = await _connect(stack, path, busy_timeout_s)
            await reader.execute_fetchall("PRAGMA query_only = ON")
        if mode != "wal":
            raise StoreError(StoreCode.BROKEN, detail=f"no write-ahead log is possible in {path.parent}")
        database = Database(writer, reader)
        stack.push_async_callback(database.drain)
        yield database


async def _connect(stack: AsyncExitStack, path: Path, busy_timeout_s: float) -> aiosqlite.Connection:
    # isolation_level None: sqlite3 begins no transaction by itself, so that ours are the only ones.
    connecting = aiosqlite.connect(path, isolation_level=None, timeout=busy_timeout_s)
    connection = await stack.enter_async_context(connecting)
    connection.row_factory = sqlite3.Row
    await connection.execute_fetchall("PRAGMA foreign_keys = ON")
    return connection


async def _write_ahead(connection: aiosqlite.Connection, busy_timeout_s: float) -> str:
    """Ask for the write-ahead log; the mode it is. SQLite's own busy timeout does not hold for this change."""
    for _ in range(int(busy_timeout_s / BUSY_PAUSE_S)):
        try:
            return await _journal_mode(connection)
        except sqlite3.OperationalError as error:
            if store_error(error).store is not StoreCode.BUSY:
                raise
        await asyncio.sleep(BUSY_PAUSE_S)
    return await _journal_mode(connection)


async def _journal_mode(connection: aiosqlite.Connection) -> str:
    rows = list(await connection.execute_fetchall("PRAGMA journal_mode = WAL"))
    return str(rows[0][0])


def _create(path: Path) -> None:
    """The folder and the file, for their owner alone; SQLite gives its side files the same mode."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise StoreError(StoreCode.BROKEN, detail=f"{path}: {error.strerror}") from error
