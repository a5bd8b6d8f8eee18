"""The last picture of each member in each place, on SQLite."""

from bot.ids import UserId
from bot.jobs.memory import KEPT_S, LastPicture, PictureMemory
from bot.store.sqlite.database.connection import Parameters, Transaction
from bot.store.sqlite.database.rows import SqliteRows


class SqlitePictureMemory(SqliteRows, PictureMemory):
    """The rows of last pictures; those of jobs are written with the job."""

    async def remember(self, last: LastPicture) -> None:
        """Note files that came without words, unless something newer is known. Deletes what is older than KEPT_S."""
        row: Parameters = {
            "place": last.place,
            "member": last.user,
            "at": last.at,
            "attachments": self._records.attachments.dump(last.attachments),
        }

        async def work(transaction: Transaction) -> None:
            await transaction.rows(self._statements.forget_old, {"before": last.at - KEPT_S})
            await transaction.rows(self._statements.remember_files, row)

        await self._database.transaction(work)

    async def last_picture(self, place: str, user: UserId) -> LastPicture | None:
        row = await self._database.row(self._statements.last_picture, {"place": place, "member": user})
        return self._records.last_picture(row) if row is not None else None
