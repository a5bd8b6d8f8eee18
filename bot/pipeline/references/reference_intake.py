"""The references that a command names: found, then fetched, checked, cleaned and stored. This does not move the job."""

import logging
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, assert_never

from bot.chat.capabilities import Capabilities
from bot.chat.chat_platform import ChatPlatform
from bot.commands.command import Attachment, DraftPictures, MessagePictures, Origin, ReferenceSource, StoredPicture
from bot.errors import VARIANT, DeliveryError, RefusalCode, RefusedError, StoreCode, StoreError, refuse_together
from bot.ids import BlobId, JobId, MessageId, PlatformName
from bot.jobs.job import Job
from bot.jobs.permission import may_use
from bot.jobs.picture import PictureRow
from bot.jobs.queues.turns import Turns
from bot.pipeline.context import JobContext
from bot.pipeline.openings import MOST_DEATHS, Openings
from bot.requests.checks import fault_of_attachment
from bot.requests.references import UPLOAD_BYTES, Reference, add_number, blob_reference
from bot.values import dataclass

if TYPE_CHECKING:
    # Pillow is imported when the first picture comes.
    from bot.images.values import PreparedReference

logger = logging.getLogger(__name__)

MAX_CONCURRENT_FILES = 8
"""Files that are fetched and checked at the same time: each may take 20 MB of memory."""
STORED_BYTES = 64 * 1024 * 1024
"""The size limit of a picture that a gateway made."""
NAMED_WITH_OTHERS = frozenset({RefusalCode.JOB_UNKNOWN, RefusalCode.REF_NOT_IN_SET})
"""Refusals of one reference, which the other references' may join."""
MOST_WITH_FAULT_S = 60.0
"""After so long, an intake that will be refused opens no more files to name their faults too."""
REFUSED_PIXELS = 36_000_000
"""What a file counts that was refused: it may have been decoded to its end."""


@dataclass(frozen=True, kw_only=True)
class StoredFile:
    """A picture of an earlier job, on our disk. `hidden`: it was posted behind a click."""

    blob: BlobId
    hidden: bool = False


@dataclass(frozen=True, kw_only=True)
class UnusableFile:
    """A reference that is refused before it is opened; it counts like any other."""

    fault: RefusedError


Source = Attachment | StoredFile | UnusableFile
"""One file that becomes a reference, or cannot."""


def is_hidden(source: Source) -> bool:
    """Whether a reference was posted behind a click."""
    return not isinstance(source, UnusableFile) and source.hidden


class ReferenceUnavailableError(Exception):
    """A platform cannot deliver these references at the moment."""

    def __init__(self, *numbers: int) -> None:
        super().__init__(*numbers)
        self.numbers = numbers

    @property
    def refusal(self) -> RefusedError:
        """What the member is told where no later attempt is made."""
        return refuse_together([RefusedError(RefusalCode.REF_GONE, number=number) for number in self.numbers])


class IntakeInterruptedError(Exception):
    """The process is stopping; the next one begins again."""


class ReferenceIntake:
    """Fetches the references of a job's command. `count` is called with the pixels that were decoded for the job."""

    def __init__(
        self,
        context: JobContext,
        platforms: Mapping[PlatformName, ChatPlatform],
        count: Callable[[Job, int], None],
    ) -> None:
        self._jobs = context.jobs
        self._pictures = context.pictures
        self._messages = context.messages
        self._drafts = context.drafts
        self._blobs = context.blobs
        self._processor = context.processor
        self._clock = context.clock
        self._stopping = context.stopping
        self._platforms = platforms
        self._count = count
        self._turns = Turns(at_once=MAX_CONCURRENT_FILES, each=1)

    def capabilities(self, job: Job) -> Capabilities:
        """What the platform can do where the job was asked for."""
        return self._platforms[job.origin.platform].capabilities(job.origin)

    async def sources(self, job: Job) -> tuple[Source, ...]:
        """The files that a command names; nothing is fetched. Raises RefusedError."""
        found: list[Source] = []
        for source in job.command.references:
            try:
                found += await self._find(source, job.origin)
            except RefusedError as error:
                if error.refusal not in NAMED_WITH_OTHERS:
                    raise
                found.append(UnusableFile(fault=error))
        return tuple(_checked(file, number) for number, file in enumerate(found, start=1))

    @asynccontextmanager
    async def taken_in(self, job: Job, sources: Sequence[Source]) -> AsyncIterator[tuple[Reference, ...]]:
        """The references on our disk: for good unless they, or the job in the block, are refused.

        Raises RefusedError, IntakeInterruptedError, or ReferenceUnavailableError if a later attempt may succeed.
        """
        if job.deaths >= MOST_DEATHS:
            raise RefusedError(RefusalCode.REF_CRASHES, number=job.suspect or 1)
        blobs: list[BlobId] = []
        try:
            references = await self._take_in_all(job, sources, blobs)
        except BaseException:
            await self._blobs.discard(blobs)
            raise
        try:
            yield tuple(references)
        except RefusedError:
            await self._blobs.discard(blobs)
            raise
        except BaseException:
            # A transaction that was interrupted may have been committed: rows may name them.
            self._blobs.keep(blobs)
            raise
        self._blobs.keep(blobs)

    async def _take_in_all(self, job: Job, sources: Sequence[Source], blobs: list[BlobId]) -> list[Reference]:
        """Every reference, or one refusal that names all that cannot be used."""
        references: list[Reference] = []
        faults: list[RefusedError] = []
        unavailable: list[int] = []
        until = self._clock.monotonic() + MOST_WITH_FAULT_S
        for number, source in enumerate(sources, start=1):
            if isinstance(source, UnusableFile):
                faults.append(source.fault)
                continue
            if (faults or unavailable) and self._clock.monotonic() >= until:
                break
            try:
                references.append(await self._take_in(job, source, number, blobs))
            except RefusedError as error:
                faults.append(error)
            except ReferenceUnavailableError as error:
                unavailable += error.numbers
                faults.append(error.refusal)
        if len(faults) > len(unavailable):
            raise refuse_together(faults)
        if unavailable:
            raise ReferenceUnavailableError(*unavailable)
        return references

    async def _find(self, source: ReferenceSource, origin: Origin) -> Sequence[Source]:
        match source:
            case StoredPicture(job=job, number=number):
                return await self._of_job(job, [number - 1], origin)
            case Attachment():
                return (source,)
            case MessagePictures(message=message, attachments=attachments):
                return await self._of_message(message, attachments, origin)
            case DraftPictures(draft=draft):
                return await self._of_draft(draft, origin)

    async def _of_message(self, message: MessageId | None, attachments: Sequence[Attachment], origin: Origin) -> Sequence[Source]:
        shown = await self._messages.pictures_of_message(origin.platform, message) if message is not None else None
        if shown is None:
            return attachments
        job, indices = shown
        return await self._of_job(job, indices, origin)

    async def _of_draft(self, draft_id: JobId, origin: Origin) -> Sequence[Source]:
        draft = await self._drafts.draft(draft_id)
        if draft is None:
            raise RefusedError(RefusalCode.FORM_EXPIRED)
        if draft.user != origin.user:
            raise RefusedError(RefusalCode.NOT_YOURS)
        return [*await self._of_message(draft.message, draft.references, origin), *draft.uploads]

    async def _of_job(self, job_id: JobId, indices: Sequence[int], origin: Origin) -> Sequence[Source]:
        """Pictures of an earlier job."""
        job = await self._jobs.load(job_id)
        if job is None or not may_use(job, origin, self._platforms[origin.platform]):
            raise RefusedError(RefusalCode.JOB_UNKNOWN, value=job_id)
        rows = {row.index: row for row in await self._pictures.pictures(job_id)}
        found: list[Source] = []
        for index in indices or sorted(rows):
            row = rows.get(index)
            if row is None or row.blob is None or row.media_type is None:
                raise RefusedError(RefusalCode.REF_NOT_IN_SET, value=index + 1, limit=_stored_count(rows.values()))
            found.append(StoredFile(blob=row.blob, hidden=job.is_hidden))
        return found

    async def _take_in(self, job: Job, source: Attachment | StoredFile, number: int, blobs: list[BlobId]) -> Reference:
        """One reference, when it is the member's turn; its blob is added to `blobs` as soon as it is stored."""
        async with self._turns.turn(job.origin.user):
            if self._stopping():
                raise IntakeInterruptedError
            cleaned = await self._clean(job, source, number)
            blob = await self._blobs.put_unnamed(cleaned.content)
        blobs.append(blob)
        return blob_reference(
            blob,
            media_type=cleaned.media_type,
            width=cleaned.width,
            height=cleaned.height,
            size_bytes=len(cleaned.content),
            alpha=cleaned.alpha,
        )

    async def _clean(self, job: Job, source: Attachment | StoredFile, number: int) -> "PreparedReference":
        name, options = "", job.command.options
        plain = options.layers is True or options.background == "transparent"
        match source:
            case Attachment(name=name):
                content, most_bytes = await self._fetch(source, job.origin, number), UPLOAD_BYTES
            case StoredFile(blob=blob):
                content, most_bytes = await self._read(blob, number), STORED_BYTES
            case _:
                assert_never(source)
        try:
            async with Openings(job, self._pictures, self._clock).opening(number):
                cleaned = await self._processor.prepare_reference(content, most_bytes=most_bytes, plain=plain)
        except RefusedError as error:
            self._count(job, REFUSED_PIXELS)
            raise add_number(error, number, name=name) from error
        self._count(job, cleaned.width * cleaned.height)
        return cleaned

    async def _fetch(self, attachment: Attachment, origin: Origin, number: int) -> bytes:
        try:
            return await self._platforms[origin.platform].fetch(attachment, most_bytes=UPLOAD_BYTES)
        except RefusedError as error:
            raise add_number(error, number) from error
        except DeliveryError as error:
            raise ReferenceUnavailableError(number) from error

    async def _read(self, blob: BlobId, number: int) -> bytes:
        try:
            return await self._blobs.read(blob)
        except StoreError as error:
            if error.store is not StoreCode.MISSING:
                raise
            logger.error("reference lost", extra={"detail": error.detail})  # noqa: TRY400  # no traceback: it is known where
            raise RefusedError(RefusalCode.REF_GONE, number=number, **{VARIANT: "stored"}) from error


def _stored_count(rows: Iterable[PictureRow]) -> int:
    return sum(row.blob is not None for row in rows)


def _checked(source: Source, number: int) -> Source:
    """The same file, unless the platform says that it is no picture, or too large."""
    fault = fault_of_attachment(source, number) if isinstance(source, Attachment) else None
    return source if fault is None else UnusableFile(fault=fault)
