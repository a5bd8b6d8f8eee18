"""Downloads of the finished pictures, each as soon as it is announced: a gateway's address expires, our copy does not."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace

from bot.clock import Clock
from bot.errors import StoreError, UpstreamError, UpstreamKind
from bot.ids import BlobId
from bot.images.processor import ImageProcessor, identify
from bot.images.values import Measured
from bot.jobs.events import Collected, FetchDelayed, PictureArrived
from bot.jobs.facts import job_facts, require_request
from bot.jobs.job import Job
from bot.jobs.picture import PictureRow
from bot.jobs.ports import BlobStore
from bot.jobs.queues.turns import Turns
from bot.jobs.stores import PictureStore
from bot.pipeline.context import GatewayPort, JobContext, write_persistently
from bot.pipeline.openings import MOST_DEATHS, Openings
from bot.pipeline.settle import Settlement
from bot.upstream.contract import Downloads

logger = logging.getLogger(__name__)

ADDRESS_TRIES = 5
"""How often an address is tried that answers with anything but a picture."""
REST_TIMEOUT_S = 600.0
"""How long the rest of a set is awaited once some of its pictures have arrived."""
ALL_TIMEOUT_S = 20 * 3600.0
"""How long a set is awaited of which no picture has arrived: the official API deletes its files after 24 hours."""
CANCEL_TIMEOUT_S = 5.0
"""How long a cancellation waits for announced addresses to be written."""


class Collection:
    """The pictures of one job. Rows are written as they change, however long the store is busy.

    `on_stored` is called with the number of pictures on our disk, each time there is one more.
    """

    def __init__(
        self,
        job: Job,
        *,
        pictures: PictureStore,
        blobs: BlobStore,
        processor: ImageProcessor,
        downloads: Downloads,
        turns: Turns,
        clock: Clock,
        on_stored: Callable[[int], None],
    ) -> None:
        self._job = job
        self._pictures = pictures
        self._blobs = blobs
        self._processor = processor
        self._downloads = downloads
        self._turns = turns
        self._clock = clock
        self._on_stored = on_stored
        self._writes: list[asyncio.Task[None]] = []
        self._fetches: list[asyncio.Task[None]] = []
        self._stored_count = 0
        self._openings = Openings(job, pictures, clock)

    async def add(self, index: int, *, address: str | None, data: bytes | None) -> None:
        """Start to write the picture's row, and to download the picture after that. With `data`, store it now.

        The rows of one answer are started together, so they share one commit.
        """
        row = PictureRow(index=index, state="announced", address=address)
        if data is None:
            write = asyncio.create_task(self._put_row(row))
            self._writes.append(write)
            self._fetches.append(asyncio.create_task(self._fetch_after(write, row)))
            return
        try:
            await self._store(row, data)
        except UpstreamError as error:
            self._log_failure(row, error)
            await self.record_missing(index, UpstreamKind.DOWNLOAD)

    async def record_missing(self, index: int, kind: UpstreamKind) -> None:
        await self._put_row(PictureRow(index=index, state="missing", error=kind))

    async def wait(self) -> None:
        """Wait for every row and download that was started. Raises StoreError for a row that cannot be written.

        A picture whose download failed stays `announced`; `fetch_remaining` tries it again.
        """
        try:
            if self._writes:
                await asyncio.wait(self._writes)
            for write in self._writes:
                write.result()
            if self._fetches:
                await asyncio.wait(self._fetches)
        except BaseException:
            await self.cancel()
            raise
        self._writes.clear()
        self._fetches.clear()

    async def cancel(self) -> None:
        """Cancel the downloads. Announced addresses are still written, unless the store takes too long."""
        if self._writes:
            await asyncio.wait(self._writes, timeout=CANCEL_TIMEOUT_S)
        for task in (*self._writes, *self._fetches):
            task.cancel()
        await asyncio.gather(*self._writes, *self._fetches, return_exceptions=True)
        self._writes.clear()
        self._fetches.clear()

    async def fetch_remaining(self, *, should_give_up: Callable[[UpstreamError], bool]) -> bool:
        """Fetch the pictures that are only announced; True when none is left.

        A picture becomes `missing` if `should_give_up` is True for its error: the gateway made it, but it cannot be fetched.
        """
        rows = await self._pictures.pictures(self._job.id)
        self._stored_count = sum(row.state == "stored" for row in rows)
        announced = [row for row in rows if row.state == "announced"]
        results = await asyncio.gather(*(self._fetch(row, should_give_up) for row in announced), return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result
        return all(results)

    async def _fetch_after(self, write: asyncio.Task[None], row: PictureRow) -> None:
        await asyncio.wait({write})
        if write.cancelled() or write.exception() is not None:
            return
        try:
            await self._fetch(row, lambda _: False)
        except StoreError as error:
            logger.warning("picture not recorded", extra={"job": self._job.id, "code": error.code, "detail": error.detail})

    async def _fetch(self, row: PictureRow, should_give_up: Callable[[UpstreamError], bool]) -> bool:
        """True once the picture is stored or missing."""
        if row.address is None:
            await self.record_missing(row.index, UpstreamKind.AMBIGUOUS)
            return True
        try:
            async with self._turns.turn(self._job.origin.user), self._blobs.incoming() as incoming:
                await self._downloads.fetch(row.address, incoming.write)
                async with incoming.content() as content:
                    measured = await self._measure(row, content, identify(content))
                await self._record(row, measured, incoming.size_bytes, incoming.keep)
        except UpstreamError as error:
            self._log_failure(row, error)
            if not should_give_up(error):
                return False
            await self.record_missing(row.index, UpstreamKind.DOWNLOAD)
        except StoreError as error:
            # A disk that is full while the bytes arrive may have room when they are fetched again.
            if not error.retryable:
                raise
            self._log_failure(row, error)
            return False
        return True

    async def _store(self, row: PictureRow, content: bytes) -> None:
        measured = await self._measure(row, content, identify(content))
        await self._record(row, measured, len(content), lambda: self._blobs.put(content))

    async def _record(self, row: PictureRow, measured: Measured, size_bytes: int, put: Callable[[], Awaitable[BlobId]]) -> None:
        stored = replace(
            row,
            state="stored",
            address=None,
            media_type=measured.media_type,
            width=measured.width,
            height=measured.height,
            size_bytes=size_bytes,
        )

        async def write() -> None:
            # The blob is put at every attempt: retention deletes files that no row names, and the disk may be full for longer.
            await self._pictures.put_picture(self._job, replace(stored, blob=await put()))

        await write_persistently(write, self._clock)
        self._stored_count += 1
        self._on_stored(self._stored_count)

    async def _measure(self, row: PictureRow, content: bytes, known: Measured | None) -> Measured:
        """What is `known` without opening the file, if opening this job's pictures has ended too many processes."""
        if known is not None and self._job.deaths >= MOST_DEATHS:
            logger.warning("picture not opened", extra={"job": self._job.id, "picture": row.index + 1})
            return known
        async with self._openings.opening(row.index + 1):
            return await self._processor.measure(content)

    async def _put_row(self, row: PictureRow) -> None:
        await write_persistently(lambda: self._pictures.put_picture(self._job, row), self._clock)

    def _log_failure(self, row: PictureRow, error: UpstreamError | StoreError) -> None:
        logger.warning(
            "picture not fetched",
            extra={"job": self._job.id, "picture": row.index + 1, "code": error.code, "detail": error.detail},
        )


def build_collection(job: Job, port: GatewayPort, context: JobContext, *, stored: int = 0) -> Collection:
    """A collection that shows its progress to the member; `stored` pictures came with an earlier process."""
    context.processor.expect_result()

    facts = job_facts(job)

    def show_arrived(count: int) -> None:
        if stored + count >= facts.count and context.progress_messages.becomes_result(job):
            # The result follows at once.
            return
        context.progress_messages.show(job, PictureArrived(facts=facts, arrived=stored + count))

    return Collection(
        job,
        pictures=context.pictures,
        blobs=context.blobs,
        processor=context.processor,
        downloads=port.downloads,
        turns=context.downloads,
        clock=context.clock,
        on_stored=show_arrived,
    )


class CollectStep:
    """`collecting → delivering`: fetch the pictures that are only announced, then settle the job by what is stored."""

    def __init__(self, context: JobContext, settlement: Settlement) -> None:
        self._context = context
        self._settlement = settlement

    async def run(self, job: Job) -> Job | None:
        context = self._context
        port = context.gateways.get(require_request(job).gateway)
        rows = await context.pictures.pictures(job.id)
        if port is not None and any(row.state == "announced" for row in rows):
            some_arrived = any(row.state == "stored" for row in rows)
            collection = build_collection(job, port, context)
            complete = await collection.fetch_remaining(
                should_give_up=lambda error: self._should_give_up(job, error, some_arrived=some_arrived),
            )
            rows = await context.pictures.pictures(job.id)
            if not complete:
                arrived = sum(row.state == "stored" for row in rows)
                context.progress_messages.show(job, FetchDelayed(facts=job_facts(job), arrived=arrived))
                await context.postpone(job)
                return None
        stored = sum(row.state == "stored" for row in rows)
        if not stored:
            return await self._settlement.end_without_pictures(job, rows)
        job = await context.move_persistently(job, self._settlement.settling_move(job, rows))
        if not context.progress_messages.becomes_result(job):
            context.progress_messages.show(job, Collected(facts=job_facts(job), arrived=stored))
        return job

    def _should_give_up(self, job: Job, error: UpstreamError, *, some_arrived: bool) -> bool:
        """Whether to stop fetching a picture: soon if the gateway refuses it, late if the gateway is unavailable."""
        since = job.submitted_at if job.submitted_at is not None else job.created_at
        if not error.retryable and job.attempts + 1 >= ADDRESS_TRIES:
            return True
        return self._context.waited_long_enough(job, since, REST_TIMEOUT_S if some_arrived else ALL_TIMEOUT_S)
