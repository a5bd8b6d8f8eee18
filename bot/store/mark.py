"""The mark of a copy: a database that bears it was taken from another one, which may have gone on since."""

from bot.ids import JobId
from bot.store.connection import Database
from bot.store.queries import Queries


class Mark:
    def __init__(self, database: Database, queries: Queries) -> None:
        self._database = database
        self._queries = queries

    async def put(self, *, now: float) -> None:
        await self._database.write(self._queries.mark_backup, {"now": now})

    async def stands(self) -> bool:
        row = await self._database.row(self._queries.is_backup, {})
        return row is not None and bool(row["marked"])

    async def release(self) -> list[JobId]:
        """The jobs that were open when the copy was taken, whoever held them in the original; any may be claimed now."""
        return [JobId(row["id"]) for row in await self._database.write(self._queries.release_copied, {})]

    async def remove(self) -> None:
        await self._database.write(self._queries.drop_marks, {})
