"""A finished set to the member: files made to fit, ways tried in order, where it stands remembered."""

import logging
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from bot.chat import delivery_plan
from bot.chat.capabilities import Capabilities, Way
from bot.chat.chat_platform import ChatPlatform, Posted
from bot.chat.reply import Picture, Reply
from bot.clock import Clock
from bot.commands.command import Origin
from bot.errors import DeliveryCode, DeliveryError, RefusalCode, RefusedError, StoreError, UpstreamError
from bot.ids import MessageId, PlatformName
from bot.images.processor import ImageProcessor
from bot.jobs.facts import facts_of, missing_of
from bot.jobs.job import Job
from bot.jobs.picture import PictureRow
from bot.jobs.store import JobStore
from bot.presentation import render
from bot.store.blobs import Blobs
from bot.wording.words import Words

if TYPE_CHECKING:
    # Pillow is imported when the first picture comes.
    from bot.images.fit import Fitted

logger = logging.getLogger(__name__)

ONE_WAY_S = 600.0
"""How long a way that certainly showed nothing is tried before the next one."""
MENTION_AFTER_S = 20.0
"""A member who waited longer than this is called back."""
SHRUNK_BYTES = 8_000_000
"""What every platform has always taken, for a file refused against its own stated limit."""
SUFFIXES = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp", "image/gif": "gif"}


@dataclass(frozen=True, kw_only=True)
class PostingOutcome:
    """Where the result stands, or whether trying again later makes sense."""

    posted: Posted | None = None
    retry: bool = False


@dataclass(frozen=True, kw_only=True)
class _Message:
    """One message of a set."""

    job: Job
    origin: Origin
    rows: list[PictureRow]
    total: int
    of: int
    part: int
    parts: int
    missing: int
    way: Way


class ResultMessages:
    def __init__(
        self,
        *,
        store: JobStore,
        blobs: Blobs,
        processor: ImageProcessor,
        platforms: Mapping[PlatformName, ChatPlatform],
        words: Words,
        clock: Clock,
    ) -> None:
        self._store = store
        self._blobs = blobs
        self._processor = processor
        self._platforms = platforms
        self._words = words
        self._clock = clock

    async def post(self, job: Job, *, untried: bool = False) -> PostingOutcome:
        """Post a job's set once, by the first way that works. `untried`: nobody can have posted it before, so none is looked for."""
        now = self._clock.now()
        capabilities = self._platforms[job.origin.platform].capabilities(job.origin)
        tried_since = None if untried else job.posting_since
        if job.posting_since is None:
            job = await self._store.set_posting_since(job, now=now)
        retry = False
        for way in delivery_plan.plan(capabilities, job.origin, now=now, private=facts_of(job).private):
            try:
                return PostingOutcome(posted=await self._post(job, job.origin, way, capabilities, tried_since=tried_since))
            except DeliveryError as error:
                _log_failure(job, way, error)
                if error.retryable and (not error.certain or now - (job.posting_since or now) < ONE_WAY_S):
                    # No other way for a mere hiccup: the set would stand in two places.
                    return PostingOutcome(retry=True)
                retry = retry or error.retryable
        return PostingOutcome(retry=retry)

    async def show_again(self, job: Job, origin: Origin) -> None:
        """Post a finished job's set as the answer to a fresh event. Raises RefusedError or DeliveryError."""
        if not _stored(await self._store.pictures(job.id)):
            raise RefusedError(RefusalCode.NOTHING_TO_SHOW)
        capabilities = self._platforms[origin.platform].capabilities(origin)
        ways = delivery_plan.plan(capabilities, origin, now=self._clock.now(), private=facts_of(job).private)
        # The response first: it stands where the member has just pressed.
        for number, way in enumerate(sorted(ways, key=lambda way: way is not Way.RESPONSE), start=1):
            try:
                posted = await self._post(job, origin, way, capabilities, tried_since=None, everything=True)
            except DeliveryError as error:
                _log_failure(job, way, error)
                if error.retryable or number == len(ways):
                    raise
            else:
                await self._keep_in_mind(job, self._store.set_shown(job.id, posted.way))
                return

    async def _post(
        self,
        job: Job,
        origin: Origin,
        way: Way,
        capabilities: Capabilities,
        *,
        tried_since: float | None,
        everything: bool = False,
    ) -> Posted:
        """Post the set in as few messages as the platform takes; those that stand already are left out."""
        every = await self._store.pictures(job.id)
        rows = _stored(every)
        parts = [rows[start : start + capabilities.pictures] for start in range(0, len(rows), capabilities.pictures)]
        standing = frozenset[int]() if everything else await self._store.posted_pictures(job.id)
        posted = Posted(message=MessageId(""), way=way)
        for part, chunk in enumerate(parts, start=1):
            if all(row.index in standing for row in chunk):
                continue
            message = _Message(
                job=job,
                origin=origin,
                rows=chunk,
                total=len(rows),
                of=max(len(rows), rows[-1].index + 1),
                part=part,
                parts=len(parts),
                missing=missing_of(job, every),
                way=way,
            )
            posted = await self._send(message, capabilities, tried_since=tried_since)
            recorded = self._record(job, origin, posted, [row.index for row in chunk])
            await (self._keep_in_mind(job, recorded) if everything else recorded)
        return posted

    async def _record(self, job: Job, origin: Origin, posted: Posted, indices: list[int]) -> None:
        for standing_at in (posted.message, posted.thread):
            if standing_at is not None:
                await self._store.record_result(job, standing_at, platform=origin.platform, pictures=indices)

    async def _keep_in_mind(self, job: Job, write: Awaitable[None]) -> None:
        """What was shown again is not taken back because nobody could write down that it was."""
        try:
            await write
        except StoreError as error:
            logger.warning("shown again, not recorded", extra={"job": job.id, "code": error.code})

    async def _send(self, message: _Message, capabilities: Capabilities, *, tried_since: float | None) -> Posted:
        platform = self._platforms[message.origin.platform]
        limits = [capabilities]
        if capabilities.file_bytes > SHRUNK_BYTES:
            limits.append(replace(capabilities, file_bytes=SHRUNK_BYTES))
        for number, limit in enumerate(limits, start=1):
            reply = await self._reply(message, limit)
            try:
                return await platform.post(
                    message.origin,
                    reply,
                    job=message.job.id,
                    part=message.part,
                    way=message.way,
                    tried_since=tried_since,
                )
            except DeliveryError as error:
                if error.delivery is not DeliveryCode.TOO_LARGE or number == len(limits):
                    raise
        raise AssertionError("every limit was tried")

    async def _reply(self, message: _Message, capabilities: Capabilities) -> Reply:
        pictures = [await self._picture(message.job, row, message.of, capabilities) for row in message.rows]
        waited = self._clock.now() - message.job.created_at > MENTION_AFTER_S
        return render.result(
            facts_of(message.job),
            pictures,
            self._words,
            part=render.SetPart(
                total=message.total,
                first=message.part == 1,
                last=message.part == message.parts,
                answerable=message.way is not Way.RESPONSE,
                missing=message.missing,
                uncertain=message.job.uncertain,
            ),
            mention=waited and message.part == 1,
            # In direct messages nobody has to be named.
            capabilities=replace(capabilities, reply_names_bot=False) if message.way is Way.DIRECT else capabilities,
        )

    async def _picture(self, job: Job, row: PictureRow, of: int, capabilities: Capabilities) -> Picture:
        """The file as the gateway made it where it fits, else re-encoded until it does."""
        if row.blob is None or row.media_type is None or row.width is None or row.height is None:
            raise ValueError(f"picture {row.index} of job {job.id} is stored without its facts")
        path, size, media_type, width, height = (
            self._blobs.path(row.blob),
            row.size_bytes or 0,
            row.media_type,
            row.width,
            row.height,
        )
        fitted = await self._fit(job, path, capabilities)
        if fitted is not None:
            path = self._blobs.path(await self._blobs.put(fitted.content))
            size, media_type, width, height = len(fitted.content), fitted.media_type, fitted.width, fitted.height
        alt = render.alt_text(row.index + 1, of, job.command.prompt, self._words, length=capabilities.alt_length)
        return Picture(
            path=path,
            name=f"{job.id}-{row.index + 1}.{SUFFIXES[media_type]}",
            media_type=media_type,
            width=width,
            height=height,
            size_bytes=size,
            alt=alt,
            spoiler=job.command.options.spoiler is True,
        )

    async def _fit(self, job: Job, path: Path, capabilities: Capabilities) -> "Fitted | None":
        """A file that cannot be made to fit goes as it is: the platform has the last word on it."""
        try:
            return await self._processor.fit(
                path,
                most_bytes=capabilities.file_bytes,
                media_types=capabilities.picture_types,
            )
        except (UpstreamError, ValueError) as error:
            logger.warning("picture not fitted", extra={"job": job.id, "detail": str(error)})
            return None


def _stored(rows: Sequence[PictureRow]) -> list[PictureRow]:
    return [row for row in rows if row.state == "stored"]


def _log_failure(job: Job, way: Way, error: DeliveryError) -> None:
    logger.warning(
        "result not posted",
        extra={
            "job": job.id,
            "platform": job.origin.platform,
            "way": way.value,
            "code": error.code,
            "detail": error.detail,
        },
    )
