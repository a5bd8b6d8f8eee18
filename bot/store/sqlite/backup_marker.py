"""The mark of a copy: a database that bears it was taken from another one, which may have gone on since."""

from bot.ids import JobId
from bot.store.sqlite.connection import Database
from bot.store.sqlite.statements import Statements


class BackupMarker:
    def __init__(self, database: Database, statements: Statements) -> None:
        self._database = database
        self._statements = statements

    async def put(self, *, now: float) -> None:
        await self._database.write(self._statements.mark_backup, {"now": now})

    async def stands(self) -> bool:
        row = await self._database.row(self._statements.is_backup, {})
        return row is not None and bool(row["marked"])

    async def release(self) -> list[JobId]:
        """The jobs that were open when the copy was taken, whoever held them in the original; any may be claimed now."""
        return [JobId(row["id"]) for row in await self._database.write(self._statements.release_copied, {})]

    async def remove(self) -> None:
        await self._database.write(self._statements.drop_marks, {})
