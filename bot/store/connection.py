"""One writer, one reader, and transactions that a cancelled caller cannot leave half done."""

import asyncio
import logging
import os
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Iterator, Mapping
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


class Database:
    """Transactions one after another on the writer, reads beside them on the reader."""

    def __init__(self, writer: aiosqlite.Connection, reader: aiosqlite.Connection) -> None:
        self._writer = writer
        self._reader = reader
        self._turn = asyncio.Lock()
        self._transaction: asyncio.Task[object] | None = None
        self._closed = False

    async def transaction(self, work: Callable[[Transaction], Awaitable[Result]]) -> Result:
        """Carry out `work` between BEGIN IMMEDIATE and COMMIT; if it raises, nothing of it is kept.

        A caller that is cancelled while it waits for its turn has written nothing; later, the transaction ends by itself.
        """
        return await self._in_turn(lambda: self._carry_out(work))

    async def write(self, sql: str, parameters: Parameters) -> list[sqlite3.Row]:
        """One statement, which SQLite makes a transaction by itself: one hop to the thread, where `transaction` takes three."""
        return await self._in_turn(lambda: self._state(sql, parameters))

    async def _in_turn(self, begin: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
        await self._turn.acquire()
        if self._closed:
            self._turn.release()
            raise StoreError(StoreCode.BROKEN, detail="the store is closed")
        task = asyncio.create_task(begin())
        # The task, not its caller, gives the turn on: the caller may be gone before the thread has finished.
        task.add_done_callback(lambda _: self._turn.release())
        # The loop itself holds tasks weakly.
        self._transaction = task
        return await asyncio.shield(task)

    async def _carry_out(self, work: Callable[[Transaction], Awaitable[Result]]) -> Result:
        try:
            with translated():
                await self._writer.execute_fetchall("BEGIN IMMEDIATE")
            result = await work(Transaction(self._writer))
            with translated():
                await self._writer.commit()
        except BaseException:
            # Queued behind whatever the thread still does, and harmless where no transaction is open. Even a cancelled
            # loop must not leave one: the next BEGIN would fail for ever.
            with suppress(sqlite3.Error):
                await self._writer.rollback()
            raise
        return result

    async def _state(self, sql: str, parameters: Parameters) -> list[sqlite3.Row]:
        with translated():
            return list(await self._writer.execute_fetchall(sql, parameters))

    async def rows(self, sql: str, parameters: Parameters) -> list[sqlite3.Row]:
        """Read what is committed."""
        if self._closed:
            raise StoreError(StoreCode.BROKEN, detail="the store is closed")
        with translated():
            return list(await self._reader.execute_fetchall(sql, parameters))

    async def row(self, sql: str, parameters: Parameters) -> sqlite3.Row | None:
        rows = await self.rows(sql, parameters)
        return rows[0] if rows else None

    async def drain(self) -> None:
        """Let the transaction under way end and begin no other."""
        async with self._turn:
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
