"""The messages of a finished set: files are made to fit, ways of delivery are tried in order, messages are recorded."""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace

from bot.chat import delivery_plan
from bot.chat.capabilities import Capabilities, Way
from bot.chat.chat_platform import ChatPlatform, Posted, ResultMessage
from bot.chat.reply import Picture, Reply
from bot.clock import Clock
from bot.commands.command import Origin
from bot.errors import DeliveryCode, DeliveryError, RefusalCode, RefusedError, StoreError, UpstreamKind
from bot.ids import MessageId, PlatformName
from bot.images.processor import ImageProcessor
from bot.jobs.events import JobFacts, Receipt
from bot.jobs.facts import count_missing, doubt_of, job_facts
from bot.jobs.job import Job
from bot.jobs.picture import PictureRow
from bot.jobs.ports import BlobStore
from bot.jobs.stores import JobStore, MessageIndex, PictureStore
from bot.pipeline.job_message import layer_plan
from bot.pipeline.job_message.layer_files import LayerFileMaker, LayerFiles, LayersPart
from bot.pipeline.job_message.picture_files import PictureFiles, PresentPictures, in_messages
from bot.pipeline.job_message.progress_sender import KnownMessage
from bot.presentation import render
from bot.values import dataclass
from bot.wording.words import Words

logger = logging.getLogger(__name__)

SAME_WAY_S = 600.0
"""How long a way that certainly posted nothing is retried before the next way is used."""
MENTION_AFTER_S = 20.0
"""The result mentions a member who has waited longer than this, where it is a new message."""
NO_MESSAGE = KnownMessage()
ORIGINALS_PART = 101
"""Originals are posted as parts from this number, beside those of any set."""
FALLBACK_FILE_BYTES = 8_000_000
"""A size that every platform accepts, used for a file that a platform refuses although it is within the stated limit."""


@dataclass(frozen=True, kw_only=True)
class PostingOutcome:
    """Where the result was posted, or whether a later attempt makes sense."""

    posted: Posted | None = None
    retry: bool = False


@dataclass(frozen=True, kw_only=True)
class Closing:
    """What the result says besides its pictures: the receipt, and an earlier set of the member that still waits."""

    receipt: Receipt | None = None
    waiting: JobFacts | None = None


@dataclass(frozen=True, kw_only=True)
class _Attempt:
    """`tried_since`: when the first attempt began, if this one is not the first. `repost`: on demand, and no step of the job."""

    tried_since: float | None = None
    closing: Closing
    progress: KnownMessage = NO_MESSAGE
    repost: bool = False


@dataclass(frozen=True, kw_only=True)
class _Message:
    """One message of a set."""

    job: Job
    origin: Origin
    rows: Sequence[PictureRow]
    present: PresentPictures
    total: int
    last_number: int
    part: int
    parts: int
    missing: int
    way: Way
    attempt: _Attempt
    progress: KnownMessage


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
        self._files = PictureFiles(pictures=pictures, blobs=blobs, processor=processor, words=words, clock=clock)
        self._layers = LayerFileMaker(self._files, pictures=pictures, blobs=blobs, processor=processor, words=words, clock=clock)
        self._platforms = platforms
        self._words = words
        self._clock = clock

    async def post(
        self,
        job: Job,
        *,
        first_attempt: bool = False,
        closing: Callable[[], Awaitable[Closing]] | None = None,
        progress: KnownMessage = NO_MESSAGE,
    ) -> PostingOutcome:
        """Post a job's set once, by the first way that works.

        `first_attempt`: the set has certainly not been posted yet, so the platform is not searched for it. `progress` is the
        job's progress message, which becomes the result where the platform can do that.
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
        attempt = _Attempt(tried_since=tried_since, closing=Closing() if closing is None else await closing(), progress=progress)
        for way in delivery_plan.plan(capabilities, job.origin, now=now, private=job_facts(job).private):
            try:
                posted = await self._post(job, job.origin, way, capabilities, present, attempt)
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
        present = await self._files.present(job, await self._pictures.pictures(job.id))
        if not present.rows:
            raise RefusedError(RefusalCode.NOTHING_TO_SHOW)
        capabilities = self._platforms[origin.platform].capabilities(origin)
        ways = delivery_plan.plan(capabilities, origin, now=self._clock.now(), private=job_facts(job).private)
        attempt = _Attempt(closing=Closing(), repost=True)
        # The response comes first: it appears where the member pressed the button.
        for number, way in enumerate(sorted(ways, key=lambda way: way is not Way.RESPONSE), start=1):
            try:
                posted = await self._post(job, origin, way, capabilities, present, attempt)
            except DeliveryError as error:
                _log_failure(job, way, error)
                if error.retryable or number == len(ways):
                    raise
            else:
                await self._write_if_possible(job, self._jobs.set_shown(job.id, posted.way))
                return

    async def show_originals(self, job: Job, origin: Origin) -> None:
        """Post to the member alone what was made smaller to fit, as it came. Raises RefusedError or DeliveryError."""
        present = await self._files.present(job, await self._pictures.pictures(job.id))
        platform, asked_on = self._platforms[origin.platform], self._platforms[job.origin.platform]
        here = platform.capabilities(origin)
        originals = await self._files.originals(job, present, asked_on.capabilities(job.origin), here)
        pictures = {row.index: picture for row, picture in originals}
        ways = delivery_plan.plan(here, origin, now=self._clock.now(), private=True)
        for part, rows in enumerate(in_messages([row for row, _ in originals], here), start=ORIGINALS_PART):
            reply = render.originals([pictures[row.index] for row in rows], self._words)
            for number, way in enumerate(ways, start=1):
                message = ResultMessage(origin=origin, reply=reply, job=job.id, part=part, way=way, tried_since=None)
                try:
                    await platform.post(message)
                    break
                except DeliveryError as error:
                    _log_failure(job, way, error)
                    if error.retryable or number == len(ways):
                        raise

    async def _post(
        self,
        job: Job,
        origin: Origin,
        way: Way,
        capabilities: Capabilities,
        present: PresentPictures,
        attempt: _Attempt,
    ) -> Posted:
        """Post the set in as few messages as the platform allows. Unless it is a repost, messages already posted are skipped."""
        all_rows = await self._pictures.pictures(job.id)
        apart = layer_plan.is_apart(job, present.rows)
        if apart:
            present = replace(present, rows=tuple(layer_plan.rearmost_first(present.rows)))
        rows = present.rows
        parts = layer_plan.in_messages(rows, capabilities) if apart else in_messages(rows, capabilities)
        already_posted: Mapping[int, Way | None] = {} if attempt.repost else await self._messages.posted_pictures(job.id)
        # Where an earlier process posted everything and recorded no end, the receipt still says by which way.
        posted = Posted(message=MessageId(""), way=next((known for known in already_posted.values() if known), way))
        for part, chunk in enumerate(parts, start=1):
            if all(row.index in already_posted for row in chunk):
                continue
            message = _Message(
                job=job,
                origin=origin,
                rows=chunk,
                present=present,
                total=len(rows),
                last_number=max(row.index + 1 for row in rows),
                part=part,
                parts=len(parts),
                missing=count_missing(job, all_rows),
                way=way,
                attempt=attempt,
                progress=attempt.progress if part == 1 and capabilities.one_message else NO_MESSAGE,
            )
            posted = await self._send(message, capabilities)
            record = self._record(job, origin, posted, [row.index for row in chunk])
            await (self._write_if_possible(job, record) if attempt.repost else record)
        return posted

    async def _record_lost(self, job: Job) -> PresentPictures:
        """Record that lost pictures are missing, so that the member is told; returns those that are left."""
        all_rows = await self._pictures.pictures(job.id)
        present = await self._files.present(job, all_rows)
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

    async def _send(self, message: _Message, capabilities: Capabilities) -> Posted:
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
                        tried_since=message.attempt.tried_since,
                        message=message.progress.message,
                        perhaps_begun=message.progress.perhaps_begun,
                    )
                )
            except DeliveryError as error:
                if error.delivery is not DeliveryCode.TOO_LARGE or number == len(limits):
                    raise
        raise AssertionError("every limit was tried")

    async def _reply(self, message: _Message, capabilities: Capabilities) -> Reply:
        layers = await self._layer_files(message, capabilities)
        files = await self._picture_files(message, capabilities) if layers is None else layers.fitted
        pictures = tuple(file for _, file in files) if layers is None else layers.pictures
        shrunk = tuple(
            render.Shrunk(number=row.index + 1, size_bytes=row.size_bytes, posted_bytes=file.size_bytes)
            for row, file in files
            if row.size_bytes is not None and file.size_bytes < row.size_bytes
        )
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
                uncertain=doubt_of(message.job) is not None,
                receipt=message.attempt.closing.receipt,
                waiting=message.attempt.closing.waiting,
                shrunk=shrunk,
                layers=None if layers is None else layers.shown,
            ),
            mention=waited_long and message.part == 1 and message.progress.message is None,
            # A reply in a direct message needs no mention of the bot.
            capabilities=replace(capabilities, reply_names_bot=False) if message.way is Way.DIRECT else capabilities,
        )

    async def _layer_files(self, message: _Message, capabilities: Capabilities) -> LayerFiles | None:
        """None for pictures that are not layers."""
        if not layer_plan.is_apart(message.job, message.present.rows):
            return None
        part = LayersPart(
            job=message.job,
            rows=message.rows,
            present=message.present,
            first=message.part == 1,
            claimed=not message.attempt.repost,
        )
        return await self._layers.files(part, capabilities)

    async def _picture_files(self, message: _Message, capabilities: Capabilities) -> Sequence[tuple[PictureRow, Picture]]:
        return [
            (
                row,
                await self._files.file(
                    message.job,
                    row,
                    message.present,
                    capabilities,
                    last_number=message.last_number,
                    claimed=not message.attempt.repost,
                ),
            )
            for row in message.rows
        ]


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
