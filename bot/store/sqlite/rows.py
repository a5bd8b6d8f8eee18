"""What every store on SQLite does: bind a statement, run it, and refuse a write under an older claim."""

import sqlite3
from collections.abc import Sequence

from bot.errors import StoreCode, StoreError
from bot.jobs.job import Job
from bot.store.sqlite.connection import Database, Parameters, Value
from bot.store.sqlite.records import Records
from bot.store.sqlite.statements import Statements


class SqliteRows:
    def __init__(self, database: Database, statements: Statements, records: Records) -> None:
        self._database = database
        self._statements = statements
        self._records = records

    async def _write(self, sql: str, parameters: Parameters) -> list[sqlite3.Row]:
        """One statement, a transaction by itself; the rows it returns."""
        return await self._database.write(sql, parameters)

    async def _write_own(self, sql: str, job: Job, **parameters: Value) -> sqlite3.Row:
        """One statement that touches a row only under the job's epoch."""
        return owned(job, await self._write(sql, {"job": job.id, "epoch": job.epoch, **parameters}))


def owned(job: Job, rows: Sequence[sqlite3.Row]) -> sqlite3.Row:
    if not rows:
        raise StoreError(StoreCode.FENCED, detail=f"job {job.id} is no longer {job.state} at epoch {job.epoch}")
    return rows[0]
