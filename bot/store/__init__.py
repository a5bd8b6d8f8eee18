"""The only aiosqlite: jobs and books in one database file, pictures beside it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.store.blobs import Blobs
from bot.store.connection import open_database
from bot.store.history import History
from bot.store.job_store import SqliteJobStore
from bot.store.ledger import Ledger
from bot.store.mark import Mark
from bot.store.migrations import load_migrations, migrate
from bot.store.queries import load_queries

DATABASE = "seedream-bot.db"
BLOBS = "blobs"


@dataclass(frozen=True, kw_only=True)
class Store:
    jobs: SqliteJobStore
    ledger: Ledger
    blobs: Blobs
    history: History
    mark: Mark


@asynccontextmanager
async def open_store(data_dir: Path) -> AsyncIterator[Store]:
    """The store in one folder, made if it is not there, its shape brought up to date. Raises StoreError."""
    queries = await asyncio.to_thread(load_queries)
    migrations = await asyncio.to_thread(load_migrations)
    async with open_database(data_dir / DATABASE) as database:
        await migrate(database, migrations)
        ledger = Ledger(database, queries)
        yield Store(
            jobs=SqliteJobStore(database, queries, ledger),
            ledger=ledger,
            blobs=Blobs(data_dir / BLOBS),
            history=History(database, queries),
            mark=Mark(database, queries),
        )
