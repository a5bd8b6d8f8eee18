"""Downloads of a call's pictures, each as soon as it is announced: a gateway's address expires, our copy does not."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace

from bot.catalog.sizes import Pixels
from bot.clock import Clock
from bot.errors import StoreError, UpstreamError, UpstreamKind
from bot.ids import BlobId
from bot.images.processor import ImageProcessor, identify
from bot.images.values import Measured
from bot.jobs.call import Call
from bot.jobs.events import FetchDelayed, PictureArrived
from bot.jobs.facts import job_facts, require_request
from bot.jobs.job import Job
from bot.jobs.picture import Layer, PictureRow
from bot.jobs.ports import BlobStore
from bot.jobs.queues.turns import Turns
from bot.jobs.stores import PictureStore
from bot.pipeline.calls.answer_places import AnswerPlaces
from bot.pipeline.calls.job_run import JobRun
from bot.pipeline.context import MAX_RETRY_DELAY_S, GatewayPort, JobContext, write_persistently
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
    """The pictures of one call. Rows are written as they change, however long the store is busy.

    `on_stored` is called each time there is one more picture on our disk.
    """

    def __init__(  # noqa: PLR0913 - the ports that it works with
        self,
        job: Job,
        call: Call,
        *,
        pictures: PictureStore,
        blobs: BlobStore,
        processor: ImageProcessor,
        downloads: Downloads,
        turns: Turns,
        clock: Clock,
        openings: Openings,
        on_stored: Callable[[], None],
    ) -> None:
        self._job = job
        self._call = call
        self._places = AnswerPlaces(call, require_request(job).count)
        self._pictures = pictures
        self._blobs = blobs
        self._processor = processor
        self._downloads = downloads
        self._turns = turns
        self._clock = clock
        self._on_stored = on_stored
        self._writes: list[asyncio.Task[None]] = []
        self._fetches: list[asyncio.Task[None]] = []
        self._openings = openings

    def place(self, index: int) -> int | None:
        """Where the answer's picture `index` stands among those of the job; None if the answer has more than have a place."""
        return self._places.place(index)

    async def add(
        self,
        index: int,
        *,
        address: str | None,
        data: bytes | None,
        size: Pixels | None = None,
        layer: Layer | None = None,
    ) -> None:
        """Start to write the row of the answer's picture `index`, and to download it after that. With `data`, store it now.

        The rows of one answer are started together, so they share one commit. `size`, as the gateway says, counts until the
        picture is measured, and for its price if it never is.
        """
        place = self.place(index)
        if place is None:
            return
        said = replace(self._row(place, address=address), layer=layer)
        row = said if size is None else replace(said, width=size.width, height=size.height)
        if data is None:
            write = asyncio.create_task(self._put_row(row))
            self._writes.append(write)
            self._fetches.append(asyncio.create_task(self._fetch_after(write, row)))
            return
        try:
            await self._store(row, data)
        except UpstreamError as error:
            self._log_failure(row, error)
            await self._record_missing(row, UpstreamKind.DOWNLOAD)

    async def record_missing(self, index: int, kind: UpstreamKind) -> None:
        """The answer's picture `index` was not made, or cannot be fetched."""
        place = self._places.place_missing(index)
        if place is not None:
            await self._record_missing(self._row(place), kind)

    def _row(self, place: int, *, address: str | None = None) -> PictureRow:
        return PictureRow(index=place, call=self._call.number, state="announced", address=address)

    async def _record_missing(self, row: PictureRow, kind: UpstreamKind) -> None:
        await self._put_row(replace(row, state="missing", address=None, error=kind))

    async def written(self) -> bool:
        """Wait for every row that was started; whether pictures are still being downloaded. Raises StoreError."""
        try:
            if self._writes:
                await asyncio.wait(self._writes)
            for write in self._writes:
                write.result()
        except BaseException:
            await self.cancel()
            raise
        return any(not fetch.done() for fetch in self._fetches)

    async def wait(self) -> None:
        """Wait for every row and download that was started. Raises StoreError for a row that cannot be written.

        A picture whose download failed stays `announced`; `fetch_remaining` tries it again.
        """
        await self.written()
        try:
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
        announced = [row for row in rows if row.call == self._call.number and row.state == "announced"]
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
            await self._record_missing(row, UpstreamKind.AMBIGUOUS)
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
            await self._record_missing(row, UpstreamKind.DOWNLOAD)
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
        self._on_stored()

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
            extra={
                "job": self._job.id,
                "call": self._call.number,
                "picture": row.index + 1,
                "code": error.code,
                "detail": error.detail,
            },
        )


def build_collection(run: JobRun, call: Call, port: GatewayPort, context: JobContext) -> Collection:
    """A collection that shows its progress, with that of the job's other calls, to the member."""
    context.processor.expect_result()
    facts = job_facts(run.job)

    def show_arrived() -> None:
        run.arrived += 1
        if run.arrived >= facts.count and context.progress_messages.becomes_result(run.job):
            # The result follows at once.
            return
        context.progress_messages.show(run.job, PictureArrived(facts=facts, arrived=run.arrived))

    return Collection(
        run.job,
        call,
        pictures=context.pictures,
        blobs=context.blobs,
        processor=context.processor,
        downloads=port.downloads,
        turns=context.downloads,
        clock=context.clock,
        openings=run.openings,
        on_stored=show_arrived,
    )


class CollectCall:
    """Fetches the pictures of a call that are only announced, and then ends it by what is stored."""

    def __init__(self, context: JobContext, settlement: Settlement) -> None:
        self._context = context
        self._settlement = settlement

    async def run(self, run: JobRun, call: Call, port: GatewayPort | None) -> None:
        context = self._context
        rows = await context.pictures.pictures(run.job.id)
        if port is not None and any(row.state == "announced" for row in rows if row.call == call.number):
            some_arrived = any(row.state == "stored" for row in rows)
            complete = await build_collection(run, call, port, context).fetch_remaining(
                should_give_up=lambda error: self._should_give_up(run.job, call, error, some_arrived=some_arrived),
            )
            rows = await context.pictures.pictures(run.job.id)
            if not complete:
                arrived = sum(row.state == "stored" for row in rows)
                context.progress_messages.show(run.job, FetchDelayed(facts=job_facts(run.job), arrived=arrived))
                now = context.clock.now()
                not_before = now + context.retry_delay(call.attempts, MAX_RETRY_DELAY_S)
                run.take(await context.calls.postpone_call(run.job, call, not_before=not_before, now=now), call.number)
                return
        run.take(await self._settlement.finish_call(run.job, call, rows), call.number)

    def _should_give_up(self, job: Job, call: Call, error: UpstreamError, *, some_arrived: bool) -> bool:
        """Whether to stop fetching a picture: soon if the gateway refuses it, late if the gateway is unavailable."""
        since = call.submitted_at if call.submitted_at is not None else job.created_at
        if not error.retryable and call.attempts + 1 >= ADDRESS_TRIES:
            return True
        return self._context.waited_long_enough(call, since, REST_TIMEOUT_S if some_arrived else ALL_TIMEOUT_S)
