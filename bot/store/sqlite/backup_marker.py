"""The marker of a backup: a database that has it is a copy of another one, which may have changed since."""

from bot.ids import JobId
from bot.store.sqlite.database.connection import Database
from bot.store.sqlite.database.statements import Statements


class BackupMarker:
    def __init__(self, database: Database, statements: Statements) -> None:
        self._database = database
        self._statements = statements

    async def set(self, *, now: float) -> None:
        await self._database.write(self._statements.mark_backup, {"now": now})

    async def is_set(self) -> bool:
        row = await self._database.row(self._statements.is_backup, {})
        return row is not None and bool(row["marked"])

    async def release_open_jobs(self) -> list[JobId]:
        """Release the claims of the jobs that were open when the copy was taken, and return these jobs."""
        return [JobId(row["id"]) for row in await self._database.write(self._statements.release_open_jobs, {})]

    async def remove(self) -> None:
        await self._database.write(self._statements.delete_marker, {})
