"""The last pictures of each member in each place, on SQLite."""

from bot.ids import UserId
from bot.jobs.memory import KEPT_S, MOST_KEPT, LastPicture, PictureMemory
from bot.store.sqlite.database.connection import Parameters, Transaction
from bot.store.sqlite.database.records import Records
from bot.store.sqlite.database.rows import SqliteRows
from bot.store.sqlite.database.statements import Statements


class SqlitePictureMemory(SqliteRows, PictureMemory):
    """The rows of last pictures; those of jobs are written with the job."""

    async def remember(self, last: LastPicture) -> None:
        """Note files that came without words. Deletes what is older than KEPT_S, and all but the newest MOST_KEPT there."""
        await self._database.transaction(lambda transaction: remember_in(transaction, last, self._statements, self._records))

    async def last_pictures(self, place: str, user: UserId) -> tuple[LastPicture, ...]:
        """The newest first, by the time of the member's messages."""
        rows = await self._database.rows(self._statements.recent_pictures, {"place": place, "member": user})
        return tuple(self._records.last_picture(row) for row in rows)


async def remember_in(transaction: Transaction, last: LastPicture, statements: Statements, records: Records) -> None:
    row: Parameters = {
        "place": last.place,
        "member": last.user,
        "at": last.at,
        "attachments": records.attachments.dump(last.attachments) if last.job is None else None,
        "job": last.job,
    }
    await transaction.rows(statements.forget_old, {"before": last.at - KEPT_S})
    await transaction.rows(statements.remember_picture, row)
    await transaction.rows(statements.forget_older, {"place": last.place, "member": last.user, "most": MOST_KEPT})
