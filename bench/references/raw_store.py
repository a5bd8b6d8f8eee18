"""The rows of a reservation, written with nothing but sqlite3: the same tables, transactions and durability."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.jobs.job import NewJob
from bot.requests.request import Request
from bot.store import DATABASE, open_store
from bot.store.sqlite.database.records import Records
from bot.wallet.ledger import Hold

SCHEDULE = '{"currency":"USD","picture":[{"micros":35000}]}'


@dataclass(frozen=True, kw_only=True)
class Row:
    """One reservation as text, ready to be bound."""

    job: str
    event: str
    origin: str
    command: str
    request: str
    hold: Hold


class Dumper:
    """Converts values to the text that the store would write."""

    def __init__(self) -> None:
        self._records = Records()

    def __call__(self, job: NewJob, hold: Hold, request: Request) -> Row:
        return Row(
            job=job.id,
            event=job.events[0],
            origin=self._records.origin.dump(job.origin),
            command=self._records.command.dump(job.command),
            request=self._records.request.dump(request),
            hold=hold,
        )


class RawStore:
    """Each method is one transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def receive(self, row: Row, now: float) -> None:
        with self._transaction() as run:
            run.execute(
                "INSERT INTO job (id, state, origin, command, created_at, updated_at) VALUES (?, 'received', ?, ?, ?, ?)",
                (row.job, row.origin, row.command, now, now),
            )
            run.execute("INSERT INTO event (id, job) VALUES (?, ?)", (row.event, row.job))

    def claim(self, row: Row, now: float) -> None:
        with self._transaction() as run:
            run.execute("UPDATE job SET epoch = epoch + 1, owner = 'raw', lease_until = ? WHERE id = ?", (now + 60.0, row.job))

    def accept(self, row: Row, now: float) -> None:
        hold = row.hold
        with self._transaction() as run:
            run.execute(
                "UPDATE job SET state = 'accepted', request = ?, updated_at = ? WHERE id = ?",
                (row.request, now, row.job),
            )
            run.execute(
                "INSERT INTO call (job, number, state, state_since, updated_at, gateway, model, first, wants, quoted, schedule)"
                " VALUES (?, 1, 'planned', ?, ?, 'ark', '4.5', 0, ?, 35000, ?)",
                (row.job, now, now, hold.images, SCHEDULE),
            )
            usage = "SELECT sum(settled), sum(images) FROM hold WHERE member = ? AND quota_window = ?"
            run.execute(usage, (hold.user, hold.window)).fetchone()
            run.execute(
                "INSERT INTO hold (job, member, quota_window, granted, images, held_at) VALUES (?, ?, ?, ?, ?, ?)",
                (row.job, hold.user, hold.window, hold.granted, hold.images, now),
            )

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        self._connection.execute("BEGIN IMMEDIATE")
        yield self._connection
        self._connection.execute("COMMIT")


@contextmanager
def open_raw(folder: Path) -> Iterator[RawStore]:
    """Create an empty database with the store's schema."""
    asyncio.run(_make(folder))
    connection = sqlite3.connect(folder / DATABASE, isolation_level=None)
    try:
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        yield RawStore(connection)
    finally:
        connection.close()


async def _make(folder: Path) -> None:
    async with open_store(folder):
        return
