"""All store ports in one object, as most tests use them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol

from bot.ids import JobId, UserId
from bot.jobs.call import Call, CallMove
from bot.jobs.job import Job, Move
from bot.jobs.memory import PictureMemory
from bot.jobs.stores import (
    CallStore,
    ClaimStore,
    DraftStore,
    GatewayHealthStore,
    JobStore,
    MessageIndex,
    PictureStore,
    QuestionStore,
)
from bot.store import DATABASE, Store
from bot.store.sqlite.calls import SqliteCallStore
from bot.store.sqlite.claims import SqliteClaimStore
from bot.store.sqlite.database.connection import Database, open_database
from bot.store.sqlite.database.migrations import load_migrations, migrate
from bot.store.sqlite.database.records import Records
from bot.store.sqlite.database.statements import load_statements
from bot.store.sqlite.drafts import SqliteDraftStore
from bot.store.sqlite.gateway_health import SqliteGatewayHealth
from bot.store.sqlite.jobs import SqliteJobStore
from bot.store.sqlite.ledger import SqliteLedger
from bot.store.sqlite.memory import SqlitePictureMemory
from bot.store.sqlite.messages import SqliteMessageIndex
from bot.store.sqlite.pictures import SqlitePictureStore
from bot.store.sqlite.questions import SqliteQuestionStore
from bot.wallet.budget import BudgetBooks, BudgetWindow
from bot.wallet.ledger import QuotaLedger, Usage


class AllStores(
    ClaimStore,
    JobStore,
    CallStore,
    PictureStore,
    MessageIndex,
    DraftStore,
    QuestionStore,
    PictureMemory,
    QuotaLedger,
    BudgetBooks,
    GatewayHealthStore,
    Protocol,
):
    """All store ports."""


class SqliteStore(
    SqliteClaimStore,
    SqliteJobStore,
    SqlitePictureStore,
    SqliteMessageIndex,
    SqliteDraftStore,
    SqliteQuestionStore,
    SqlitePictureMemory,
    SqliteGatewayHealth,
    AllStores,
):
    """The product's stores on one database, with its ledger."""

    def __init__(self, database: Database) -> None:
        statements = load_statements()
        super().__init__(database, statements, Records(), SqliteLedger(database, statements))
        self._calls = SqliteCallStore(database, statements, self._records, self._ledger)

    async def move_call(self, job: Job, call: Call, move: CallMove, *, now: float, then: Move | None = None) -> Job:
        return await self._calls.move_call(job, call, move, now=now, then=then)

    async def postpone_call(self, job: Job, call: Call, *, not_before: float, now: float) -> Job:
        return await self._calls.postpone_call(job, call, not_before=not_before, now=now)

    async def defer(self, job: Job, *, now: float) -> None:
        await self._calls.defer(job, now=now)

    async def usage(self, user: UserId, window: str) -> Usage:
        return await self._ledger.usage(user, window)

    async def charged_since(self, since: float) -> int:
        return await self._ledger.charged_since(since)

    async def note_alert(self, window: BudgetWindow, percent: int, *, now: float) -> bool:
        return await self._ledger.note_alert(window, percent, now=now)

    async def settled(self, job: JobId) -> int:
        return await self._ledger.settled(job)


def all_stores(store: Store) -> SqliteStore:
    """All ports on the database of a store."""
    return SqliteStore(store.jobs._database)


@asynccontextmanager
async def open_sqlite_store(folder: Path) -> AsyncIterator[SqliteStore]:
    async with open_database(folder / DATABASE) as database:
        await migrate(database, load_migrations())
        yield SqliteStore(database)
