"""The messages of a finished set: files are made to fit, ways of delivery are tried in order, messages are recorded."""

import logging
from collections.abc import Awaitable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

from bot.chat import delivery_plan
from bot.chat.capabilities import Capabilities, Way
from bot.chat.chat_platform import ChatPlatform, Posted, ResultMessage
from bot.chat.reply import Picture, Reply
from bot.clock import Clock
from bot.commands.command import Origin
from bot.errors import DeliveryCode, DeliveryError, RefusalCode, RefusedError, StoreError, UpstreamError, UpstreamKind
from bot.ids import BlobId, MessageId, PlatformName
from bot.images.processor import ImageProcessor
from bot.images.values import Encoded
from bot.jobs.facts import count_missing, job_facts
from bot.jobs.job import Job
from bot.jobs.picture import PictureRow
from bot.jobs.ports import BlobStore
from bot.jobs.stores import JobStore, MessageIndex, PictureStore
from bot.jobs.turns import Turns
from bot.pipeline.openings import MOST_DEATHS, Openings
from bot.presentation import render
from bot.values import dataclass
from bot.wording.words import Words

logger = logging.getLogger(__name__)

SAME_WAY_S = 600.0
"""How long a way that certainly posted nothing is retried before the next way is used."""
MENTION_AFTER_S = 20.0
"""The result mentions a member who has waited longer than this."""
FALLBACK_FILE_BYTES = 8_000_000
"""A size that every platform accepts, used for a file that a platform refuses although it is within the stated limit."""
SUFFIXES = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/webp": "webp",
    "image/gif": "gif",
    "image/heic": "heic",
    "image/avif": "avif",
    "image/bmp": "bmp",
    "image/tiff": "tiff",
}
"""By media type; every type that `bot/images` recognises."""


@dataclass(frozen=True, kw_only=True)
class PostingOutcome:
    """Where the result was posted, or whether a later attempt makes sense."""

    posted: Posted | None = None
    retry: bool = False


@dataclass(frozen=True, kw_only=True)
class _Present:
    """The stored pictures whose files are on the disk, and undamaged."""

    rows: Sequence[PictureRow]
    paths: Mapping[BlobId, Path]


@dataclass(frozen=True, kw_only=True)
class _Message:
    """One message of a set."""

    job: Job
    origin: Origin
    rows: Sequence[PictureRow]
    paths: Mapping[BlobId, Path]
    total: int
    last_number: int
    part: int
    parts: int
    missing: int
    way: Way
    repost: bool


class ResultMessages:
    def __init__(
        self,
        *,
        jobs: JobStore,
        pictures: PictureStore,
        messages: MessageIndex,
        blobs: BlobStore,
        processor: ImageProcessor,
        platforms: Mapping[PlatformName, ChatPlatform],
        words: Words,
        clock: Clock,
    ) -> None:
        self._jobs = jobs
        self._pictures = pictures
        self._messages = messages
        self._blobs = blobs
        self._processor = processor
        self._platforms = platforms
        self._words = words
        self._clock = clock
        self._fits = Turns(each=1)

    async def post(self, job: Job, *, first_attempt: bool = False) -> PostingOutcome:
        """Post a job's set once, by the first way that works.

        `first_attempt`: the set has certainly not been posted yet, so the platform is not searched for it.
        """
        present = await self._record_lost(job)
        if not present.rows:
            return PostingOutcome()
        now = self._clock.now()
        capabilities = self._platforms[job.origin.platform].capabilities(job.origin)
        tried_since = None if first_attempt else job.posting_since
        if job.posting_since is None:
            job = await self._jobs.set_posting_since(job, now=now)
        retry = False
        for way in delivery_plan.plan(capabilities, job.origin, now=now, private=job_facts(job).private):
            try:
                posted = await self._post(job, job.origin, way, capabilities, present, tried_since=tried_since)
                return PostingOutcome(posted=posted)
            except DeliveryError as error:
                _log_failure(job, way, error)
                if error.retryable and (not error.certain or now - (job.posting_since or now) < SAME_WAY_S):
                    # A temporary failure does not change the way: the set could be posted in two places.
                    return PostingOutcome(retry=True)
                retry = retry or error.retryable
        return PostingOutcome(retry=retry)

    async def show_again(self, job: Job, origin: Origin) -> None:
        """Post a finished set again, as the answer to a new event. Raises RefusedError or DeliveryError."""
        present = await self._present(job, await self._pictures.pictures(job.id))
        if not present.rows:
            raise RefusedError(RefusalCode.NOTHING_TO_SHOW)
        capabilities = self._platforms[origin.platform].capabilities(origin)
        ways = delivery_plan.plan(capabilities, origin, now=self._clock.now(), private=job_facts(job).private)
        # The response comes first: it appears where the member pressed the button.
        for number, way in enumerate(sorted(ways, key=lambda way: way is not Way.RESPONSE), start=1):
            try:
                posted = await self._post(job, origin, way, capabilities, present, tried_since=None, repost=True)
            except DeliveryError as error:
                _log_failure(job, way, error)
                if error.retryable or number == len(ways):
                    raise
            else:
                await self._write_if_possible(job, self._jobs.set_shown(job.id, posted.way))
                return

    async def _post(
        self,
        job: Job,
        origin: Origin,
        way: Way,
        capabilities: Capabilities,
        present: _Present,
        *,
        tried_since: float | None,
        repost: bool = False,
    ) -> Posted:
        """Post the set in as few messages as the platform allows. Unless it is a repost, messages already posted are skipped."""
        all_rows, rows = await self._pictures.pictures(job.id), present.rows
        parts = [rows[start : start + capabilities.pictures] for start in range(0, len(rows), capabilities.pictures)]
        already_posted: Mapping[int, Way | None] = {} if repost else await self._messages.posted_pictures(job.id)
        # Where an earlier process posted everything and recorded no end, the receipt still says by which way.
        posted = Posted(message=MessageId(""), way=next((known for known in already_posted.values() if known), way))
        for part, chunk in enumerate(parts, start=1):
            if all(row.index in already_posted for row in chunk):
                continue
            message = _Message(
                job=job,
                origin=origin,
                rows=chunk,
                paths=present.paths,
                total=len(rows),
                last_number=max(len(rows), rows[-1].index + 1),
                part=part,
                parts=len(parts),
                missing=count_missing(job, all_rows),
                way=way,
                repost=repost,
            )
            posted = await self._send(message, capabilities, tried_since=tried_since)
            record = self._record(job, origin, posted, [row.index for row in chunk])
            await (self._write_if_possible(job, record) if repost else record)
        return posted

    async def _present(self, job: Job, all_rows: Sequence[PictureRow]) -> _Present:
        rows = [row for row in all_rows if row.state == "stored"]
        paths = await self._blobs.locate_all(row.blob for row in rows if row.blob is not None)
        for row in rows:
            if row.blob not in paths:
                logger.error("picture lost", extra={"job": job.id, "picture": row.index + 1})
        return _Present(rows=tuple(row for row in rows if row.blob in paths), paths=paths)

    async def _record_lost(self, job: Job) -> _Present:
        """Record that lost pictures are missing, so that the member is told; returns those that are left."""
        all_rows = await self._pictures.pictures(job.id)
        present = await self._present(job, all_rows)
        for row in all_rows:
            if row.state == "stored" and row not in present.rows:
                await self._pictures.put_picture(job, replace(row, state="missing", error=UpstreamKind.LOST, blob=None))
        return present

    async def _record(self, job: Job, origin: Origin, posted: Posted, indices: list[int]) -> None:
        for message in (posted.message, posted.thread):
            if message is not None:
                await self._messages.record_result(job, message, platform=origin.platform, pictures=indices, way=posted.way)

    async def _write_if_possible(self, job: Job, write: Awaitable[None]) -> None:
        """Record a repost; a failure is only logged, because the pictures have been shown."""
        try:
            await write
        except StoreError as error:
            logger.warning("shown again, not recorded", extra={"job": job.id, "code": error.code})

    async def _send(self, message: _Message, capabilities: Capabilities, *, tried_since: float | None) -> Posted:
        platform = self._platforms[message.origin.platform]
        limits = [capabilities]
        if capabilities.file_bytes > FALLBACK_FILE_BYTES:
            limits.append(replace(capabilities, file_bytes=FALLBACK_FILE_BYTES))
        for number, limit in enumerate(limits, start=1):
            reply = await self._reply(message, limit)
            try:
                return await platform.post(
                    ResultMessage(
                        origin=message.origin,
                        reply=reply,
                        job=message.job.id,
                        part=message.part,
                        way=message.way,
                        tried_since=tried_since,
                    )
                )
            except DeliveryError as error:
                if error.delivery is not DeliveryCode.TOO_LARGE or number == len(limits):
                    raise
        raise AssertionError("every limit was tried")

    async def _reply(self, message: _Message, capabilities: Capabilities) -> Reply:
        pictures = [await self._picture(message, row, capabilities) for row in message.rows]
        waited_long = self._clock.now() - message.job.created_at > MENTION_AFTER_S
        return render.result(
            job_facts(message.job),
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
            mention=waited_long and message.part == 1,
            # A reply in a direct message needs no mention of the bot.
            capabilities=replace(capabilities, reply_names_bot=False) if message.way is Way.DIRECT else capabilities,
        )

    async def _picture(self, message: _Message, row: PictureRow, capabilities: Capabilities) -> Picture:
        """The file as the gateway made it if it fits, otherwise re-encoded until it does."""
        job = message.job
        if row.blob is None or row.media_type is None or row.size_bytes is None:
            raise ValueError(f"picture {row.index} of job {job.id} is stored without its facts")
        path, size, media_type = message.paths[row.blob], row.size_bytes, row.media_type
        width, height = row.width, row.height
        if media_type not in capabilities.picture_types or size > capabilities.file_bytes:
            fitted = await self._fit(message, row, path, capabilities)
            if fitted is not None:
                path = await self._blobs.locate(await self._blobs.put(fitted.content))
                size, media_type, width, height = len(fitted.content), fitted.media_type, fitted.width, fitted.height
        alt = render.alt_text(row.index + 1, message.last_number, job.command.prompt, self._words, length=capabilities.alt_length)
        return Picture(
            path=path,
            name=f"{job.id}-{row.index + 1}.{SUFFIXES[media_type]}",
            media_type=media_type,
            width=width,
            height=height,
            size_bytes=size,
            alt=alt,
            spoiler=job.is_hidden,
        )

    async def _fit(self, message: _Message, row: PictureRow, path: Path, capabilities: Capabilities) -> Encoded | None:
        """The re-encoded file. None if it cannot or must not be opened: the platform then decides on the original."""
        job = message.job
        if row.width is None or job.deaths >= MOST_DEATHS:
            logger.warning("picture not opened", extra={"job": job.id, "picture": row.index + 1})
            return None
        # A repost is no step of the job: nothing repeats it after a crash, and the job has no claim.
        opening = nullcontext() if message.repost else Openings(job, self._pictures, self._clock).opening(row.index + 1)
        try:
            # One of each member at a time, so that nobody waits for more than one file of anybody else.
            async with self._fits.turn(job.origin.user), opening:
                return await self._processor.fit(
                    path,
                    most_bytes=capabilities.file_bytes,
                    media_types=capabilities.picture_types,
                )
        except (UpstreamError, ValueError) as error:
            logger.warning("picture not fitted", extra={"job": job.id, "detail": str(error)})
            return None


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
