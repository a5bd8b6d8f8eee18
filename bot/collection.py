"""Finished pictures onto our disk, each the moment it is announced: a gateway's address expires, our copy does not."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from bot.clock import Clock
from bot.errors import StoreError, UpstreamError, UpstreamKind
from bot.images.studio import Studio
from bot.job import Job, JobStore, PictureRow
from bot.patience import patiently
from bot.store.blobs import Blobs

logger = logging.getLogger(__name__)

LAST_WRITES_S = 5.0
"""How long addresses may take to be written when everything else is given up."""


class Downloads(Protocol):
    """Results of one gateway; raises UpstreamError."""

    async def fetch(self, address: str) -> bytes: ...


class Collection:
    """One job's pictures. Rows are written as they change, however long the store is busy; `arrived` counts those ours."""

    def __init__(
        self,
        job: Job,
        *,
        store: JobStore,
        blobs: Blobs,
        studio: Studio,
        downloads: Downloads,
        at_once: asyncio.Semaphore,
        clock: Clock,
        arrived: Callable[[int], None],
    ) -> None:
        self._job = job
        self._store = store
        self._blobs = blobs
        self._studio = studio
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
        rows = await self._store.pictures(self._job.id)
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
        measured = await self._studio.measure(content)
        stored = replace(
            row,
            state="stored",
            address=None,
            blob=await patiently(lambda: self._blobs.put(content), self._clock),
            media_type=measured.media_type,
            width=measured.width,
            height=measured.height,
            size_bytes=len(content),
        )
        await self._write(stored)
        self._stored += 1
        self._arrived(self._stored)

    async def _write(self, row: PictureRow) -> None:
        await patiently(lambda: self._store.put_picture(self._job, row), self._clock)

    def _log_failure(self, row: PictureRow, error: UpstreamError) -> None:
        logger.warning(
            "picture not fetched",
            extra={"job": self._job.id, "picture": row.index + 1, "code": error.code, "detail": error.detail},
        )
