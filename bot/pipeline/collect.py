"""Finished pictures onto our disk, each the moment it is announced: a gateway's address expires, our copy does not."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace

from bot.clock import Clock
from bot.errors import StoreError, UpstreamError, UpstreamKind
from bot.images.processor import ImageProcessor
from bot.jobs.events import Collected, FetchDelayed, PictureArrived
from bot.jobs.facts import facts_of, request_of
from bot.jobs.job import Job
from bot.jobs.picture import PictureRow
from bot.jobs.ports import BlobStore
from bot.jobs.stores import PictureStore
from bot.pipeline.context import Downloads, GatewayPort, JobContext, write_persistently
from bot.pipeline.settle import Settlement

logger = logging.getLogger(__name__)

ADDRESS_TRIES = 5
"""Looks at an address that answers with anything but a picture."""
COLLECT_REST_S = 600.0
"""How long a set that has begun to arrive waits for its rest."""
COLLECT_ALL_S = 20 * 3600.0
"""How long the only pictures are tried for: the official API keeps them a day (`facts/upstreams.md` 3.6)."""
LAST_WRITES_S = 5.0
"""How long addresses may take to be written when everything else is given up."""


class Collection:
    """One job's pictures. Rows are written as they change, however long the store is busy; `arrived` counts those ours."""

    def __init__(
        self,
        job: Job,
        *,
        pictures: PictureStore,
        blobs: BlobStore,
        processor: ImageProcessor,
        downloads: Downloads,
        at_once: asyncio.Semaphore,
        clock: Clock,
        arrived: Callable[[int], None],
    ) -> None:
        self._job = job
        self._pictures = pictures
        self._blobs = blobs
        self._processor = processor
        self._downloads = downloads
        self._at_once = at_once
        self._clock = clock
        self._arrived = arrived
        self._rows: list[asyncio.Task[None]] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._stored = 0

    async def announce(self, index: int, *, address: str | None, data: bytes | None) -> None:
        """Begin at once to write the picture's row, and to fetch the picture when that is done.

        The rows of one answer are begun in the same moment and so share one commit.
        """
        row = PictureRow(index=index, state="announced", address=address)
        if data is None:
            written = asyncio.create_task(self._write(row))
            self._rows.append(written)
            self._tasks.append(asyncio.create_task(self._fetch_written(written, row)))
            return
        try:
            await self._keep(row, data)
        except UpstreamError as error:
            self._log_failure(row, error)
            await self.miss(index, UpstreamKind.DOWNLOAD)

    async def miss(self, index: int, kind: UpstreamKind) -> None:
        await self._write(PictureRow(index=index, state="missing", error=kind))

    async def settle(self) -> None:
        """Wait for every row and download that has begun; raises StoreError for a row that cannot be written.

        A picture whose download failed stays `announced`, for `finish` to try again.
        """
        try:
            if self._rows:
                await asyncio.wait(self._rows)
            for written in self._rows:
                written.result()
            if self._tasks:
                await asyncio.wait(self._tasks)
        except BaseException:
            await self.cancel()
            raise
        self._rows.clear()
        self._tasks.clear()

    async def cancel(self) -> None:
        """Give the downloads up; addresses that were heard are written all the same, if the store takes them soon."""
        if self._rows:
            await asyncio.wait(self._rows, timeout=LAST_WRITES_S)
        for task in (*self._rows, *self._tasks):
            task.cancel()
        await asyncio.gather(*self._rows, *self._tasks, return_exceptions=True)
        self._rows.clear()
        self._tasks.clear()

    async def finish(self, *, gives_up: Callable[[UpstreamError], bool]) -> bool:
        """Fetch what is still only announced; True when nothing is left to fetch.

        A picture that `gives_up` says not to wait for becomes `missing`: it was made, but is not to be had.
        """
        rows = await self._pictures.pictures(self._job.id)
        self._stored = sum(row.state == "stored" for row in rows)
        waiting = [row for row in rows if row.state == "announced"]
        outcomes = await asyncio.gather(*(self._fetch(row, gives_up) for row in waiting), return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome
        return all(outcomes)

    async def _fetch_written(self, written: asyncio.Task[None], row: PictureRow) -> None:
        await asyncio.wait({written})
        if written.cancelled() or written.exception() is not None:
            return
        try:
            await self._fetch(row, lambda _: False)
        except StoreError as error:
            logger.warning("picture not recorded", extra={"job": self._job.id, "code": error.code, "detail": error.detail})

    async def _fetch(self, row: PictureRow, gives_up: Callable[[UpstreamError], bool]) -> bool:
        """True when the row has reached its end."""
        if row.address is None:
            await self.miss(row.index, UpstreamKind.AMBIGUOUS)
            return True
        try:
            async with self._at_once:
                await self._keep(row, await self._downloads.fetch(row.address))
        except UpstreamError as error:
            self._log_failure(row, error)
            if not gives_up(error):
                return False
            await self.miss(row.index, UpstreamKind.DOWNLOAD)
        return True

    async def _keep(self, row: PictureRow, content: bytes) -> None:
        measured = await self._processor.measure(content)
        stored = replace(
            row,
            state="stored",
            address=None,
            media_type=measured.media_type,
            width=measured.width,
            height=measured.height,
            size_bytes=len(content),
        )

        async def keep() -> None:
            # Put with every try: bytes that no row names yet are swept in time, and a disk may be full for longer.
            blob = await self._blobs.put(content)
            await self._pictures.put_picture(self._job, replace(stored, blob=blob))

        await write_persistently(keep, self._clock)
        self._stored += 1
        self._arrived(self._stored)

    async def _write(self, row: PictureRow) -> None:
        await write_persistently(lambda: self._pictures.put_picture(self._job, row), self._clock)

    def _log_failure(self, row: PictureRow, error: UpstreamError) -> None:
        logger.warning(
            "picture not fetched",
            extra={"job": self._job.id, "picture": row.index + 1, "code": error.code, "detail": error.detail},
        )


def collection_of(job: Job, port: GatewayPort, context: JobContext) -> Collection:
    """The job's pictures on their way to our disk."""

    def arrived(count: int) -> None:
        context.progress_messages.announce(job, PictureArrived(facts=facts_of(job), arrived=count))

    return Collection(
        job,
        pictures=context.pictures,
        blobs=context.blobs,
        processor=context.processor,
        downloads=port.downloads,
        at_once=context.downloads_at_once,
        clock=context.clock,
        arrived=arrived,
    )


class CollectStep:
    """`collecting → delivering`: what is still only announced is fetched, then the job is settled by what we have."""

    def __init__(self, context: JobContext, settlement: Settlement) -> None:
        self._context = context
        self._settlement = settlement

    async def run(self, job: Job) -> Job | None:
        context = self._context
        port = context.gateways.get(request_of(job).gateway)
        rows = await context.pictures.pictures(job.id)
        if port is not None and any(row.state == "announced" for row in rows):
            begun = any(row.state == "stored" for row in rows)
            collection = collection_of(job, port, context)
            complete = await collection.finish(gives_up=lambda error: self._gives_up(job, error, begun=begun))
            rows = await context.pictures.pictures(job.id)
            if not complete:
                arrived = sum(row.state == "stored" for row in rows)
                context.progress_messages.announce(job, FetchDelayed(facts=facts_of(job), arrived=arrived))
                await context.postpone(job)
                return None
        stored = sum(row.state == "stored" for row in rows)
        if not stored:
            return await self._settlement.end_empty(job, rows)
        job = await context.move_persistently(job, self._settlement.settling(job, rows))
        context.progress_messages.announce(job, Collected(facts=facts_of(job), arrived=stored))
        return job

    def _gives_up(self, job: Job, error: UpstreamError, *, begun: bool) -> bool:
        """Whether a picture that could not be fetched is let go: soon where the gateway says no, late where it is away."""
        since = job.submitted_at if job.submitted_at is not None else job.created_at
        waited = self._context.clock.now() - since
        if not error.retryable and job.attempts + 1 >= ADDRESS_TRIES:
            return True
        return waited > (COLLECT_REST_S if begun else COLLECT_ALL_S)
