"""Pictures of jobs on SQLite."""

from bot.ids import JobId
from bot.jobs.job import Job
from bot.jobs.picture import PictureRow
from bot.jobs.stores import PictureStore
from bot.store.sqlite.database.records import picture_columns, picture_of
from bot.store.sqlite.database.rows import SqliteRows


class SqlitePictureStore(SqliteRows, PictureStore):
    """The rows of pictures."""

    async def pictures(self, job: JobId) -> tuple[PictureRow, ...]:
        rows = await self._database.rows(self._statements.load_pictures, {"job": job})
        return tuple(picture_of(row) for row in rows)

    async def put_picture(self, job: Job, picture: PictureRow) -> None:
        """Insert or replace one picture's row."""
        await self._write_claimed(self._statements.put_picture, job, **picture_columns(picture))

    async def begin_opening(self, job: Job, number: int) -> None:
        """Record that a foreign picture is being opened, until `end_opening`."""
        await self._write_claimed(self._statements.begin_opening, job, number=number)

    async def end_opening(self, job: Job) -> None:
        await self._write_claimed(self._statements.end_opening, job)
