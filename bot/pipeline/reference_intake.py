"""The reference pictures that a command names: fetched, checked, cleaned and kept on our disk. Moves nothing."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence

from bot.chat.chat_platform import ChatPlatform
from bot.commands.command import Attachment, DraftPictures, MessagePictures, Origin, ReferenceSource, StoredPicture
from bot.errors import DeliveryError, RefusalCode, RefusedError
from bot.ids import JobId, MessageId, PlatformName
from bot.jobs.job import Job
from bot.jobs.picture import PictureRow
from bot.pipeline.context import JobContext
from bot.requests.checks import check_attachment
from bot.requests.references import UPLOAD_BYTES, Reference, blob_reference

PREPARED_AT_ONCE = 8
"""Jobs whose files are fetched and looked at together: each may hold twenty megabytes a file."""
STORED_BYTES = 64 * 1024 * 1024
"""The largest picture a gateway may have made for us."""


class HeldUpError(Exception):
    """A platform would not hand reference `number` over just now."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class ReferenceIntake:
    """Fetches what a job's command names and builds its request."""

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
        self._at_once = asyncio.Semaphore(PREPARED_AT_ONCE)

    async def references(self, job: Job) -> tuple[Reference, ...]:
        """The job's references, on our disk. Raises RefusedError, or HeldUpError where a later try may work."""
        async with self._at_once:
            return await self._jobs.references(job.id) or await self._take(job)

    async def _take(self, job: Job) -> tuple[Reference, ...]:
        taken: list[Reference] = []
        for source in job.command.references:
            taken += await self._take_source(source, job.origin, first=len(taken) + 1)
        return tuple(taken)

    async def _take_source(self, source: ReferenceSource, origin: Origin, *, first: int) -> list[Reference]:
        match source:
            case StoredPicture(job=job, number=number):
                return await self._stored(job, [number - 1], origin, first)
            case Attachment():
                return [await self._fetch(source, origin, first)]
            case MessagePictures(message=message, attachments=attachments):
                return await self._of_message(message, attachments, origin, first)
            case DraftPictures(draft=draft):
                return await self._of_draft(draft, origin, first)

    async def _of_message(
        self,
        message: MessageId | None,
        attachments: Sequence[Attachment],
        origin: Origin,
        first: int,
    ) -> list[Reference]:
        ours = await self._messages.pictures_of_message(origin.platform, message) if message is not None else None
        if ours is not None:
            job, indices = ours
            return await self._stored(job, indices, origin, first)
        return [await self._fetch(attachment, origin, first + offset) for offset, attachment in enumerate(attachments)]

    async def _of_draft(self, draft_id: JobId, origin: Origin, first: int) -> list[Reference]:
        draft = await self._drafts.draft(draft_id)
        if draft is None:
            raise RefusedError(RefusalCode.FORM_EXPIRED)
        if draft.user != origin.user:
            raise RefusedError(RefusalCode.NOT_YOURS)
        return await self._of_message(draft.message, draft.references, origin, first)

    async def _stored(self, job_id: JobId, indices: Sequence[int], origin: Origin, first: int) -> list[Reference]:
        """Pictures of an earlier job: a member's own anywhere, others' public ones in the same workspace."""
        job = await self._jobs.load(job_id)
        unknown = RefusedError(RefusalCode.JOB_UNKNOWN, value=job_id)
        if job is None or not _may_use(job, origin):
            raise unknown
        rows = {row.index: row for row in await self._pictures.pictures(job_id)}
        found: list[Reference] = []
        for index in indices or sorted(rows):
            row = rows.get(index)
            if row is None or row.blob is None or row.media_type is None:
                raise RefusedError(RefusalCode.REF_NOT_IN_SET, value=index + 1, limit=_stored_count(rows.values()))
            content = await self._blobs.read(row.blob)
            found.append(await self._take_in(content, first + len(found), most_bytes=STORED_BYTES))
        return found

    async def _fetch(self, attachment: Attachment, origin: Origin, number: int) -> Reference:
        check_attachment(attachment, number)
        try:
            content = await self._platforms[origin.platform].fetch(attachment, most_bytes=UPLOAD_BYTES)
        except RefusedError as error:
            raise _numbered(error, number) from error
        except DeliveryError as error:
            raise HeldUpError(number) from error
        return await self._take_in(content, number, most_bytes=UPLOAD_BYTES)

    async def _take_in(self, content: bytes, number: int, *, most_bytes: int) -> Reference:
        try:
            taken = await self._processor.prepare_reference(content, most_bytes=most_bytes)
        except RefusedError as error:
            raise _numbered(error, number) from error
        blob = await self._blobs.put(taken.content)
        return blob_reference(
            blob,
            media_type=taken.media_type,
            width=taken.width,
            height=taken.height,
            size_bytes=len(taken.content),
        )


def _stored_count(rows: Iterable[PictureRow]) -> int:
    return sum(row.blob is not None for row in rows)


def _numbered(error: RefusedError, number: int) -> RefusedError:
    """The same refusal, naming which reference it means."""
    return RefusedError(error.refusal, nearest=error.nearest, **{**error.parameters, "number": number})


def _may_use(job: Job, origin: Origin) -> bool:
    private = job.command.options.private is True
    same_place = job.origin.platform == origin.platform and job.origin.workspace == origin.workspace
    return job.origin.user == origin.user or (not private and same_place and origin.workspace is not None)
