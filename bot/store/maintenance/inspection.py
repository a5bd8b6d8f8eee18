"""Inspects a database without changing it, whether or not the program runs."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from bot.catalog.health import UnusableModel
from bot.errors import StoreCode, StoreError
from bot.ids import JobId, UserId
from bot.store.identity import WRITE_AHEAD_SUFFIX
from bot.store.sqlite.database.connection import translate_errors
from bot.store.sqlite.database.migrations import load_migrations
from bot.store.sqlite.database.statements import load_statements
from bot.store.sqlite.gateway_health import read_mark
from bot.values import dataclass


@dataclass(frozen=True, kw_only=True)
class SchemaVersion:
    """`current`: migrations applied to the database. `latest`: migrations that this program has."""

    current: int
    latest: int


@dataclass(frozen=True, kw_only=True)
class LedgerFaults:
    """Inconsistencies of the ledger; all are empty if it is correct."""

    overdrawn_members: tuple[UserId, ...]
    """Members who hold or have used more in a window than any grant allowed."""
    open_holds: tuple[JobId, ...]
    """Ended jobs whose hold is still open."""
    wrong_charges: tuple[JobId, ...]
    """Jobs of which budgets count something else than what the operator was billed."""


async def inspect(path: Path) -> SchemaVersion | None:
    """The schema version of the database; None if there is no database. Raises StoreError."""
    try:
        return await asyncio.to_thread(_inspect, path)
    except OSError as error:
        raise StoreError(StoreCode.BROKEN, detail=f"{path}: {error.strerror}") from error


async def audit(path: Path) -> LedgerFaults:
    """Check the ledger of a database with this program's schema. Raises StoreError."""
    return await asyncio.to_thread(_audit, path)


async def set_aside(path: Path) -> tuple[JobId, ...]:
    """The jobs of a database with this program's schema that were set aside, because their rows cannot be read. Raises StoreError."""
    return await asyncio.to_thread(_set_aside, path)


async def charged_since(path: Path, since: float) -> int:
    """What budgets count of the jobs accepted since then, in a database with this program's schema. Raises StoreError."""
    return await asyncio.to_thread(_charged_since, path, since)


async def unusable_models(path: Path, now: float) -> tuple[UnusableModel, ...]:
    """What gateways say they do not have; nothing without a database of this program's schema. Raises StoreError."""
    shape = await inspect(path)
    if shape is None or shape.current != shape.latest:
        return ()
    return await asyncio.to_thread(_unusable_models, path, now)


@contextmanager
def open_read_only(path: Path, *, in_use: bool | None = None) -> Iterator[sqlite3.Connection]:
    """A read-only connection; `in_use`: the result of `is_in_use`, if already known. Raises StoreError."""
    # Without a log, the file itself has all the data; opened as immutable, it gets no side files.
    in_use = is_in_use(path) if in_use is None else in_use
    address = f"{path.absolute().as_uri()}?{'mode=ro' if in_use else 'immutable=1'}"
    with translate_errors(), closing(sqlite3.connect(address, uri=True)) as connection:
        yield connection


def is_in_use(path: Path) -> bool:
    """Whether the database has a write-ahead log: a process has it open, or was killed."""
    return path.with_name(path.name + WRITE_AHEAD_SUFFIX).exists()


def _inspect(path: Path) -> SchemaVersion | None:
    if not path.exists():
        return None
    with open_read_only(path) as connection:
        version = int(connection.execute("PRAGMA user_version").fetchone()[0])
        # The pragma reads only the header of the file; this statement fails for a damaged database.
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    return SchemaVersion(current=version, latest=len(load_migrations()))


def _set_aside(path: Path) -> tuple[JobId, ...]:
    with open_read_only(path) as connection:
        return tuple(JobId(job) for (job,) in connection.execute(load_statements().set_aside_jobs))


def _audit(path: Path) -> LedgerFaults:
    statements = load_statements()
    with open_read_only(path) as connection:
        overdrawn = connection.execute(statements.overdrawn_accounts).fetchall()
        open_holds = connection.execute(statements.open_holds_of_ended_jobs).fetchall()
        wrong_charges = connection.execute(statements.wrong_charges).fetchall()
    return LedgerFaults(
        overdrawn_members=tuple(dict.fromkeys(UserId(member) for member, _ in overdrawn)),
        open_holds=tuple(JobId(job) for (job,) in open_holds),
        wrong_charges=tuple(JobId(job) for (job,) in wrong_charges),
    )


def _charged_since(path: Path, since: float) -> int:
    with open_read_only(path) as connection:
        charged: int = connection.execute(load_statements().charged_since, {"since": since}).fetchone()[0]
    return charged


def _unusable_models(path: Path, now: float) -> tuple[UnusableModel, ...]:
    with open_read_only(path) as connection:
        connection.row_factory = sqlite3.Row
        return tuple(map(read_mark, connection.execute(load_statements().unusable_models, {"now": now})))
