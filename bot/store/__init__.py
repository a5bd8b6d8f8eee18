"""The only database code: jobs and the ledger in one database, pictures in files beside it.

sqlite/         the stores on SQLite: the connection, one file per port
maintenance/    backups and inspection of a database
sql/            every statement and every migration
blobs.py        bytes on disk, named by digest
incoming.py     files on their way there
write_probe.py  whether anything can be written
unnamed.py      those that no row names yet
retention.py    deletes old jobs and files that no row refers to
file_lock.py    locks that end with their process
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.store.blobs import Blobs
from bot.store.sqlite.backup_marker import BackupMarker
from bot.store.sqlite.claims import SqliteClaimStore
from bot.store.sqlite.connection import open_database
from bot.store.sqlite.drafts import SqliteDraftStore
from bot.store.sqlite.history import History
from bot.store.sqlite.jobs import SqliteJobStore
from bot.store.sqlite.ledger import SqliteLedger
from bot.store.sqlite.messages import SqliteMessageIndex
from bot.store.sqlite.migrations import load_migrations, migrate
from bot.store.sqlite.pictures import SqlitePictureStore
from bot.store.sqlite.records import Records
from bot.store.sqlite.statements import load_statements
from bot.store.write_probe import WriteProbe

DATABASE = "seedream-bot.db"
BLOBS = "blobs"


@dataclass(frozen=True, kw_only=True)
class Store:
    records: Records
    claims: SqliteClaimStore
    jobs: SqliteJobStore
    pictures: SqlitePictureStore
    messages: SqliteMessageIndex
    drafts: SqliteDraftStore
    ledger: SqliteLedger
    blobs: Blobs
    history: History
    backup_marker: BackupMarker
    write_probe: WriteProbe

    def prepare(self) -> None:
        """Build what the first read of a job would have to wait for; safe in a thread."""
        self.records.prepare()


@asynccontextmanager
async def open_store(data_dir: Path) -> AsyncIterator[Store]:
    """The store in one folder, which is created if needed and migrated. Raises StoreError."""
    statements = await asyncio.to_thread(load_statements)
    migrations = await asyncio.to_thread(load_migrations)
    async with open_database(data_dir / DATABASE) as database:
        await migrate(database, migrations)
        records = Records()
        ledger = SqliteLedger(database, statements)
        yield Store(
            records=records,
            claims=SqliteClaimStore(database, statements, records),
            jobs=SqliteJobStore(database, statements, records, ledger),
            pictures=SqlitePictureStore(database, statements, records),
            messages=SqliteMessageIndex(database, statements, records),
            drafts=SqliteDraftStore(database, statements, records),
            ledger=ledger,
            blobs=Blobs(data_dir / BLOBS),
            history=History(database, statements),
            backup_marker=BackupMarker(database, statements),
            write_probe=WriteProbe(database, statements, data_dir),
        )
