"""From a recorded command to a request: references fetched, taken in, numbered, and a gateway chosen. Moves nothing."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.catalog.profiles import GatewayProfile
from bot.chat_platform import ChatPlatform
from bot.command import Attachment, DraftPictures, Generate, MessagePictures, Origin, ReferenceSource, StoredPicture
from bot.config.settings import Defaults
from bot.errors import DeliveryError, RefusalCode, RefusedError
from bot.ids import JobId, MessageId, PlatformName
from bot.images.formats.table import NAMES
from bot.images.intake import UPLOAD_BYTES
from bot.images.studio import Studio
from bot.job import Job, JobStore, PictureRow
from bot.references import Reference, of_blob
from bot.request import Ask
from bot.routing import Candidate, rank
from bot.store.blobs import Blobs

PREPARED_AT_ONCE = 8
"""Jobs whose files are fetched and looked at together: each may hold twenty megabytes a file."""
STORED_BYTES = 64 * 1024 * 1024
"""The largest picture a gateway may have made for us."""
UNSEEN = Reference(form="bytes", value="")
"""A reference nobody has looked at yet: it counts, and is not judged otherwise."""


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What the operator configured that a request depends on."""

    profiles: tuple[GatewayProfile, ...]
    defaults: Defaults


def ask_of(command: Generate, references: Sequence[Reference]) -> Ask:
    return Ask(
        prompt=command.prompt,
        options=command.options,
        references=tuple(references),
        references_required=command.verb == "edit",
    )


def check(command: Generate, rules: Rules) -> tuple[Candidate, ...]:
    """Everything that can be judged before a picture is fetched; raises RefusedError. Pure and instant.

    Pictures of a replied message may be our own, whose originals need no fetching: those are judged later.
    """
    numbers = [_count(source) for source in command.references]
    ranked = rank(ask_of(command, [UNSEEN] * sum(numbers)), rules.profiles, rules.defaults)
    for position, source in enumerate(command.references):
        if isinstance(source, Attachment):
            _check_attachment(source, sum(numbers[: position + 1]))
    return ranked


def _count(source: ReferenceSource) -> int:
    """How many references a source brings, as far as that is known before anything is fetched."""
    match source:
        case MessagePictures(attachments=attachments):
            return len(attachments)
        case Attachment() | StoredPicture() | DraftPictures():
            return 1


def _check_attachment(attachment: Attachment, number: int) -> None:
    """What the platform itself says of a file is enough to refuse it; the bytes are judged later."""
    claimed = attachment.media_type or ""
    if claimed and not claimed.startswith("image/") and claimed != "application/octet-stream":
        raise RefusedError(
            RefusalCode.REF_BAD_FORMAT,
            number=number,
            found=claimed.partition(";")[0],
            allowed=NAMES,
        )
    if attachment.size_bytes is not None and attachment.size_bytes > UPLOAD_BYTES:
        raise RefusedError(RefusalCode.REF_TOO_BIG, number=number, limit=UPLOAD_BYTES // (1024 * 1024))


class HeldUpError(Exception):
    """A platform would not hand reference `number` over just now."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class Preparation:
    """Fetches what a job's command names and builds its request."""

    def __init__(
        self,
        *,
        store: JobStore,
        blobs: Blobs,
        studio: Studio,
        platforms: Mapping[PlatformName, ChatPlatform],
        rules: Rules,
    ) -> None:
        self._store = store
        self._blobs = blobs
        self._studio = studio
        self._platforms = platforms
        self._rules = rules
        self._at_once = asyncio.Semaphore(PREPARED_AT_ONCE)

    async def prepare(self, job: Job) -> Candidate:
        """The first-ranked request. Raises RefusedError, or HeldUpError where a later try may work."""
        async with self._at_once:
            references = await self._store.references(job.id) or await self._take(job)
        return rank(ask_of(job.command, references), self._rules.profiles, self._rules.defaults)[0]

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
        ours = await self._store.pictures_of_message(origin.platform, message) if message is not None else None
        if ours is not None:
            job, indices = ours
            return await self._stored(job, indices, origin, first)
        return [await self._fetch(attachment, origin, first + offset) for offset, attachment in enumerate(attachments)]

    async def _of_draft(self, draft_id: JobId, origin: Origin, first: int) -> list[Reference]:
        draft = await self._store.draft(draft_id)
        if draft is None:
            raise RefusedError(RefusalCode.FORM_EXPIRED)
        if draft.user != origin.user:
            raise RefusedError(RefusalCode.NOT_YOURS)
        return await self._of_message(draft.message, draft.references, origin, first)

    async def _stored(self, job_id: JobId, indices: Sequence[int], origin: Origin, first: int) -> list[Reference]:
        """Pictures of an earlier job: a member's own anywhere, others' public ones in the same workspace."""
        job = await self._store.load(job_id)
        unknown = RefusedError(RefusalCode.JOB_UNKNOWN, value=job_id)
        if job is None or not _may_use(job, origin):
            raise unknown
        rows = {row.index: row for row in await self._store.pictures(job_id)}
        found: list[Reference] = []
        for index in indices or sorted(rows):
            row = rows.get(index)
            if row is None or row.blob is None or row.media_type is None:
                raise RefusedError(RefusalCode.REF_NOT_IN_SET, value=index + 1, limit=_stored_count(rows.values()))
            content = await self._blobs.read(row.blob)
            found.append(await self._take_in(content, first + len(found), most_bytes=STORED_BYTES))
        return found

    async def _fetch(self, attachment: Attachment, origin: Origin, number: int) -> Reference:
        _check_attachment(attachment, number)
        try:
            content = await self._platforms[origin.platform].fetch(attachment, most_bytes=UPLOAD_BYTES)
        except RefusedError as error:
            raise _numbered(error, number) from error
        except DeliveryError as error:
            raise HeldUpError(number) from error
        return await self._take_in(content, number, most_bytes=UPLOAD_BYTES)

    async def _take_in(self, content: bytes, number: int, *, most_bytes: int) -> Reference:
        try:
            taken = await self._studio.take_in(content, most_bytes=most_bytes)
        except RefusedError as error:
            raise _numbered(error, number) from error
        blob = await self._blobs.put(taken.content)
        return of_blob(
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
