"""Which message shows which pictures, on SQLite."""

from collections.abc import Mapping, Sequence

from bot.chat.capabilities import Way
from bot.ids import JobId, MessageId, PlatformName
from bot.jobs.job import Job
from bot.jobs.stores import MessageIndex
from bot.store.sqlite.database.rows import SqliteRows


class SqliteMessageIndex(SqliteRows, MessageIndex):
    """The rows of messages."""

    async def record_result(
        self,
        job: Job,
        message: MessageId,
        *,
        platform: PlatformName,
        pictures: Sequence[int],
        way: Way | None = None,
    ) -> None:
        """Record that a message shows these pictures (indices from 0) of the job, and the way by which it was posted."""
        fields = {"platform": platform, "pictures": self._records.positions.dump(tuple(pictures)), "way": way}
        await self._write_claimed(self._statements.record_result, job, message=message, **fields)

    async def posted_pictures(self, job: JobId) -> Mapping[int, Way | None]:
        """The job's pictures (indices from 0) that a message already shows, each with the way by which it was posted."""
        rows = await self._database.rows(self._statements.messages_of_job, {"job": job})
        return {
            index: Way(row["way"]) if row["way"] is not None else None
            for row in rows
            for index in self._records.positions.load(row["pictures"])
        }

    async def pictures_of_message(self, platform: PlatformName, message: MessageId) -> tuple[JobId, tuple[int, ...]] | None:
        row = await self._database.row(self._statements.pictures_of_message, {"platform": platform, "message": message})
        return (JobId(row["job"]), self._records.positions.load(row["pictures"])) if row is not None else None
