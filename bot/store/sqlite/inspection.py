"""A look at a database without changing it: for whoever asks before the program starts, or while it runs."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.errors import StoreCode, StoreError
from bot.ids import JobId, UserId
from bot.store.sqlite.connection import translated
from bot.store.sqlite.migrations import load_migrations
from bot.store.sqlite.statements import load_statements

WRITE_AHEAD_SUFFIX = "-wal"


@dataclass(frozen=True, kw_only=True)
class Shape:
    """`version`: steps the database has taken. `known`: steps this program knows."""

    version: int
    known: int


@dataclass(frozen=True, kw_only=True)
class Faults:
    """What is wrong with the books; nothing, where they are right."""

    overdrawn: tuple[UserId, ...]
    """Members who were given more in a window than any grant allowed."""
    forgotten: tuple[JobId, ...]
    """Jobs that ended and left their hold open."""


async def inspect(path: Path) -> Shape | None:
    """The shape of the database; None where there is none. Raises StoreError."""
    try:
        return await asyncio.to_thread(_inspect, path)
    except OSError as error:
        raise StoreError(StoreCode.BROKEN, detail=f"{path}: {error.strerror}") from error


async def audit(path: Path) -> Faults:
    """The books of a database of this program's shape. Raises StoreError."""
    return await asyncio.to_thread(_audit, path)


@contextmanager
def reading(path: Path, *, logged: bool | None = None) -> Iterator[sqlite3.Connection]:
    """A connection that changes nothing; `logged`: whether a log stands beside the database. Raises StoreError."""
    # Without a log beside it all is in the file itself; opened as unchanging, it leaves no side files of ours behind.
    logged = is_in_use(path) if logged is None else logged
    address = f"{path.absolute().as_uri()}?{'mode=ro' if logged else 'immutable=1'}"
    with translated(), closing(sqlite3.connect(address, uri=True)) as connection:
        yield connection


def is_in_use(path: Path) -> bool:
    """Whether a log stands beside the database: some process has it open, or was killed."""
    return path.with_name(path.name + WRITE_AHEAD_SUFFIX).exists()


def _inspect(path: Path) -> Shape | None:
    if not path.exists():
        return None
    with reading(path) as connection:
        version = int(connection.execute("PRAGMA user_version").fetchone()[0])
        # The first of these reads only the head of the file; this one needs a database that can be read.
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    return Shape(version=version, known=len(load_migrations()))


def _audit(path: Path) -> Faults:
    statements = load_statements()
    with reading(path) as connection:
        overdrawn = connection.execute(statements.overdrawn_accounts).fetchall()
        forgotten = connection.execute(statements.forgotten_holds).fetchall()
    return Faults(
        overdrawn=tuple(dict.fromkeys(UserId(member) for member, _ in overdrawn)),
        forgotten=tuple(JobId(job) for (job,) in forgotten),
    )
