"""What the stores on SQLite share: they execute a statement, and refuse a write under an out-of-date claim."""

import logging
import sqlite3
from collections.abc import Sequence

from bot.errors import StoreCode, StoreError
from bot.ids import JobId
from bot.jobs.job import Job
from bot.store.sqlite.database.connection import Database, Parameters, Value
from bot.store.sqlite.database.records import Records
from bot.store.sqlite.database.statements import Statements

logger = logging.getLogger(__name__)


class SqliteRows:
    def __init__(self, database: Database, statements: Statements, records: Records) -> None:
        self._database = database
        self._statements = statements
        self._records = records

    async def _write(self, sql: str, parameters: Parameters) -> list[sqlite3.Row]:
        """Execute one statement as a transaction; returns its rows."""
        return await self._database.write(sql, parameters)

    async def _write_claimed(self, sql: str, job: Job, **parameters: Value) -> sqlite3.Row:
        """Execute one statement that changes a row only if the job's epoch is current. Raises StoreError FENCED."""
        return require_claim(job, await self._write(sql, {"job": job.id, "epoch": job.epoch, **parameters}))

    async def _set_aside(self, job: JobId, reason: str) -> None:
        await self._write(self._statements.set_aside_job, {"job": job})
        logger.error("job set aside", extra={"job": job, "detail": reason})


def require_claim(job: Job, rows: Sequence[sqlite3.Row]) -> sqlite3.Row:
    """The changed row. Raises StoreError FENCED if there is none, because the job's claim is out of date."""
    if not rows:
        raise StoreError(StoreCode.FENCED, detail=f"job {job.id} is no longer {job.state} at epoch {job.epoch}")
    return rows[0]
