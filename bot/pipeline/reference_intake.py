"""The references that a command names: fetched, checked, cleaned and stored. This does not move the job."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence

from bot.chat.chat_platform import ChatPlatform
from bot.commands.command import Attachment, DraftPictures, MessagePictures, Origin, ReferenceSource, StoredPicture
from bot.errors import DeliveryError, RefusalCode, RefusedError
from bot.ids import JobId, MessageId, PlatformName
from bot.jobs.job import Job
from bot.jobs.permission import may_use
from bot.jobs.picture import PictureRow
from bot.pipeline.context import JobContext
from bot.requests.checks import check_attachment
from bot.requests.references import UPLOAD_BYTES, Reference, blob_reference

MAX_CONCURRENT_JOBS = 8
"""Jobs whose files are fetched and checked at the same time: each may hold 20 MB a file in memory."""
STORED_BYTES = 64 * 1024 * 1024
"""The size limit of a picture that a gateway made."""


class ReferenceUnavailableError(Exception):
    """A platform cannot deliver reference `number` at the moment."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class ReferenceIntake:
    """Fetches the references of a job's command."""

    def __init__(
        self,
        context: JobContext,
        platforms: Mapping[PlatformName, ChatPlatform],
    ) -> None:
        self._jobs = context.jobs
        self._pictures = context.pictures
        self._messages = context.messages
        self._drafts = context.drafts
        self._blobs = context.blobs
        self._processor = context.processor
        self._platforms = platforms
        self._at_once = asyncio.Semaphore(MAX_CONCURRENT_JOBS)

    async def references(self, job: Job) -> tuple[Reference, ...]:
        """The job's references, on our disk. Raises RefusedError, or ReferenceUnavailableError if a later attempt may succeed."""
        async with self._at_once:
            return await self._jobs.references(job.id) or await self._take_in_all(job)

    async def _take_in_all(self, job: Job) -> tuple[Reference, ...]:
        references: list[Reference] = []
        for source in job.command.references:
            references += await self._take_in_source(source, job.origin, first=len(references) + 1)
        return tuple(references)

    async def _take_in_source(self, source: ReferenceSource, origin: Origin, *, first: int) -> list[Reference]:
        match source:
            case StoredPicture(job=job, number=number):
                return await self._from_job(job, [number - 1], origin, first)
            case Attachment():
                return [await self._from_attachment(source, origin, first)]
            case MessagePictures(message=message, attachments=attachments):
                return await self._from_message(message, attachments, origin, first)
            case DraftPictures(draft=draft):
                return await self._from_draft(draft, origin, first)

    async def _from_message(
        self,
        message: MessageId | None,
        attachments: Sequence[Attachment],
        origin: Origin,
        first: int,
    ) -> list[Reference]:
        shown = await self._messages.pictures_of_message(origin.platform, message) if message is not None else None
        if shown is not None:
            job, indices = shown
            return await self._from_job(job, indices, origin, first)
        return [await self._from_attachment(attachment, origin, first + offset) for offset, attachment in enumerate(attachments)]

    async def _from_draft(self, draft_id: JobId, origin: Origin, first: int) -> list[Reference]:
        draft = await self._drafts.draft(draft_id)
        if draft is None:
            raise RefusedError(RefusalCode.FORM_EXPIRED)
        if draft.user != origin.user:
            raise RefusedError(RefusalCode.NOT_YOURS)
        return await self._from_message(draft.message, draft.references, origin, first)

    async def _from_job(self, job_id: JobId, indices: Sequence[int], origin: Origin, first: int) -> list[Reference]:
        """Pictures of an earlier job."""
        job = await self._jobs.load(job_id)
        unknown = RefusedError(RefusalCode.JOB_UNKNOWN, value=job_id)
        if job is None or not may_use(job, origin, self._platforms[origin.platform]):
            raise unknown
        rows = {row.index: row for row in await self._pictures.pictures(job_id)}
        references: list[Reference] = []
        for index in indices or sorted(rows):
            row = rows.get(index)
            if row is None or row.blob is None or row.media_type is None:
                raise RefusedError(RefusalCode.REF_NOT_IN_SET, value=index + 1, limit=_stored_count(rows.values()))
            content = await self._blobs.read(row.blob)
            references.append(await self._take_in(content, first + len(references), most_bytes=STORED_BYTES))
        return references

    async def _from_attachment(self, attachment: Attachment, origin: Origin, number: int) -> Reference:
        check_attachment(attachment, number)
        try:
            content = await self._platforms[origin.platform].fetch(attachment, most_bytes=UPLOAD_BYTES)
        except RefusedError as error:
            raise _add_number(error, number) from error
        except DeliveryError as error:
            raise ReferenceUnavailableError(number) from error
        return await self._take_in(content, number, most_bytes=UPLOAD_BYTES)

    async def _take_in(self, content: bytes, number: int, *, most_bytes: int) -> Reference:
        try:
            cleaned = await self._processor.prepare_reference(content, most_bytes=most_bytes)
        except RefusedError as error:
            raise _add_number(error, number) from error
        blob = await self._blobs.put(cleaned.content)
        return blob_reference(
            blob,
            media_type=cleaned.media_type,
            width=cleaned.width,
            height=cleaned.height,
            size_bytes=len(cleaned.content),
        )


def _stored_count(rows: Iterable[PictureRow]) -> int:
    return sum(row.blob is not None for row in rows)


def _add_number(error: RefusedError, number: int) -> RefusedError:
    """The same refusal, with the number of its reference."""
    return RefusedError(error.refusal, nearest=error.nearest, **{**error.parameters, "number": number})
