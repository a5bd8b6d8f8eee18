"""The only aiosqlite: jobs and books in one database file, pictures beside it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.store.blobs import Blobs
from bot.store.sqlite.backup_marker import BackupMarker
from bot.store.sqlite.connection import open_database
from bot.store.sqlite.history import History
from bot.store.sqlite.job_store import SqliteJobStore
from bot.store.sqlite.ledger import Ledger
from bot.store.sqlite.migrations import load_migrations, migrate
from bot.store.sqlite.statements import load_statements

DATABASE = "seedream-bot.db"
BLOBS = "blobs"


@dataclass(frozen=True, kw_only=True)
class Store:
    jobs: SqliteJobStore
    ledger: Ledger
    blobs: Blobs
    history: History
    backup_marker: BackupMarker


@asynccontextmanager
async def open_store(data_dir: Path) -> AsyncIterator[Store]:
    """The store in one folder, made if it is not there, its shape brought up to date. Raises StoreError."""
    statements = await asyncio.to_thread(load_statements)
    migrations = await asyncio.to_thread(load_migrations)
    async with open_database(data_dir / DATABASE) as database:
        await migrate(database, migrations)
        ledger = Ledger(database, statements)
        yield Store(
            jobs=SqliteJobStore(database, statements, ledger),
            ledger=ledger,
            blobs=Blobs(data_dir / BLOBS),
            history=History(database, statements),
            backup_marker=BackupMarker(database, statements),
        )
