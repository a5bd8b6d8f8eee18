"""Which message shows which pictures, on SQLite."""

from collections.abc import Sequence

from bot.ids import JobId, MessageId, PlatformName
from bot.jobs.job import Job
from bot.jobs.stores import MessageIndex
from bot.store.sqlite.rows import SqliteRows


class SqliteMessageIndex(SqliteRows, MessageIndex):
    """The rows of messages."""

    async def record_result(self, job: Job, message: MessageId, *, platform: PlatformName, pictures: Sequence[int]) -> None:
        """Record that a message shows these pictures (indices from 0) of the job."""
        shown = self._records.positions.dump(tuple(pictures))
        await self._write_claimed(self._statements.record_result, job, message=message, platform=platform, pictures=shown)

    async def posted_pictures(self, job: JobId) -> frozenset[int]:
        """The indices of the job's pictures that a message already shows."""
        rows = await self._database.rows(self._statements.messages_of_job, {"job": job})
        return frozenset(index for row in rows for index in self._records.positions.load(row["pictures"]))

    async def pictures_of_message(self, platform: PlatformName, message: MessageId) -> tuple[JobId, tuple[int, ...]] | None:
        row = await self._database.row(self._statements.pictures_of_message, {"platform": platform, "message": message})
        return (JobId(row["job"]), self._records.positions.load(row["pictures"])) if row is not None else None
