"""The only database code: jobs and the ledger in one database, pictures in files beside it.

sqlite/         the stores on SQLite: the connection, one file per port
maintenance/    backups and inspection of a database
sql/            every statement and every migration
blobs.py        bytes on disk, named by digest
incoming.py     files on their way there
unnamed.py      those that no row names yet
sweeping.py     deletes those that no row names
disk_errors.py  errors of the disk, as StoreError
write_probe.py  whether anything can be written
identity.py     notices a lost database, or an older copy of it
retention.py    deletes old jobs and files that no row refers to
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from bot.errors import StoreCode, StoreError
from bot.files import alone_in, make_folder
from bot.store.blobs import Blobs
from bot.store.disk_errors import disk_errors
from bot.store.identity import adopt, was_used
from bot.store.sqlite.backup_marker import BackupMarker
from bot.store.sqlite.calls import SqliteCallStore
from bot.store.sqlite.claims import SqliteClaimStore
from bot.store.sqlite.database.connection import Database, open_database
from bot.store.sqlite.database.migrations import load_migrations, migrate, schema_version
from bot.store.sqlite.database.records import Records
from bot.store.sqlite.database.statements import Statements, load_statements
from bot.store.sqlite.drafts import SqliteDraftStore
from bot.store.sqlite.gateway_health import SqliteGatewayHealth
from bot.store.sqlite.history import History
from bot.store.sqlite.jobs import SqliteJobStore
from bot.store.sqlite.ledger import SqliteLedger
from bot.store.sqlite.memory import SqlitePictureMemory
from bot.store.sqlite.messages import SqliteMessageIndex
from bot.store.sqlite.pictures import SqlitePictureStore
from bot.store.sqlite.questions import SqliteQuestionStore
from bot.store.write_probe import WriteProbe
from bot.values import dataclass

logger = logging.getLogger(__name__)

DATABASE = "seedream-bot.db"
BLOBS = "blobs"


@dataclass(frozen=True, kw_only=True)
class Store:
    records: Records
    claims: SqliteClaimStore
    jobs: SqliteJobStore
    calls: SqliteCallStore
    pictures: SqlitePictureStore
    messages: SqliteMessageIndex
    drafts: SqliteDraftStore
    questions: SqliteQuestionStore
    memory: SqlitePictureMemory
    ledger: SqliteLedger
    gateway_health: SqliteGatewayHealth
    blobs: Blobs
    history: History
    backup_marker: BackupMarker
    write_probe: WriteProbe

    def prepare(self) -> None:
        """Build what the first read of a job would have to wait for; safe in a thread."""
        self.records.prepare()


@asynccontextmanager
async def open_store(data_dir: Path, *, fresh: bool = False) -> AsyncIterator[Store]:
    """The store in one folder, which is created if needed and migrated. Raises StoreError.

    `fresh`: begin with an empty database even where the one of an earlier start is lost (StoreError LOST).
    """
    statements = await asyncio.to_thread(load_statements)
    blobs = Blobs(data_dir / BLOBS)
    async with AsyncExitStack() as stack:
        with disk_errors():
            await asyncio.to_thread(make_folder, data_dir)
            # Or a database that another process is just creating would be taken for one that is lost.
            alone = await stack.enter_async_context(AsyncExitStack())
            await alone.enter_async_context(alone_in(data_dir))
        database = await stack.enter_async_context(_open_own(data_dir, blobs, statements, fresh=fresh))
        await alone.aclose()
        records = Records()
        ledger = SqliteLedger(database, statements)
        yield Store(
            records=records,
            claims=SqliteClaimStore(database, statements, records),
            jobs=SqliteJobStore(database, statements, records, ledger),
            calls=SqliteCallStore(database, statements, records, ledger),
            pictures=SqlitePictureStore(database, statements, records),
            messages=SqliteMessageIndex(database, statements, records),
            drafts=SqliteDraftStore(database, statements, records),
            questions=SqliteQuestionStore(database, statements, records),
            memory=SqlitePictureMemory(database, statements, records),
            ledger=ledger,
            gateway_health=SqliteGatewayHealth(database, statements, records),
            blobs=blobs,
            history=History(database, statements),
            backup_marker=BackupMarker(database, statements),
            write_probe=WriteProbe(database, statements, data_dir),
        )


@asynccontextmanager
async def _open_own(data_dir: Path, blobs: Blobs, statements: Statements, *, fresh: bool) -> AsyncIterator[Database]:
    """The folder's database, migrated and known to be its own. Raises StoreError."""
    migrations = await asyncio.to_thread(load_migrations)
    path = data_dir / DATABASE
    if not fresh and await asyncio.to_thread(_is_empty, path):
        # Before it is opened: SQLite would delete the log of a database that is missing.
        await _refuse_if_used(path, blobs)
    async with open_database(path) as database:
        begins = await schema_version(database) == 0
        if begins and not fresh:
            await _refuse_if_used(path, blobs)
        await migrate(database, migrations)
        if not await adopt(data_dir, database, statements) and not begins:
            await _treat_as_copy(BackupMarker(database, statements))
        await database.write(statements.readmit_jobs, {})
        yield database


def _is_empty(path: Path) -> bool:
    try:
        return path.stat().st_size == 0
    except FileNotFoundError:
        return True
    except OSError:
        # Opening it says why.
        return False


async def _refuse_if_used(path: Path, blobs: Blobs) -> None:
    """Raise StoreError LOST unless this is a new data folder."""
    if await was_used(path, blobs):
        raise StoreError(StoreCode.LOST, detail=f"{path} is missing or empty")


async def _treat_as_copy(marker: BackupMarker) -> None:
    """Another database than before, or an older state: what it takes for open may have been paid for and delivered since."""
    if not await marker.is_set():
        logger.warning("not the database of the last start")
        await marker.set(now=0.0)
