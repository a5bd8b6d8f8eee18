"""Finished pictures onto our disk, each the moment it is announced: a gateway's address expires, our copy does not."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from bot.errors import UpstreamError, UpstreamKind
from bot.images.studio import Studio
from bot.job import Job, JobStore, PictureRow
from bot.store.blobs import Blobs

logger = logging.getLogger(__name__)


class Downloads(Protocol):
    """Results of one gateway; raises UpstreamError."""

    async def fetch(self, address: str) -> bytes: ...


class Collection:
    """One job's pictures. Rows are written as they change; `arrived` is told of each picture that is ours."""

    def __init__(
        self,
        job: Job,
        *,
        store: JobStore,
        blobs: Blobs,
        studio: Studio,
        downloads: Downloads,
        arrived: Callable[[int], None],
    ) -> None:
        self._job = job
        self._store = store
        self._blobs = blobs
        self._studio = studio
        self._downloads = downloads
        self._arrived = arrived
        self._tasks: set[asyncio.Task[None]] = set()
        self._stored = 0

    async def announce(self, index: int, *, address: str | None, data: bytes | None) -> None:
        """Write the picture's row and begin to fetch it in the background."""
        row = PictureRow(index=index, state="announced", address=address)
        await self._store.put_picture(self._job, row)
        if data is not None:
            await self._keep(row, data)
        else:
            self._tasks.add(asyncio.create_task(self._fetch_quietly(row)))

    async def miss(self, index: int, kind: UpstreamKind) -> None:
        await self._store.put_picture(self._job, PictureRow(index=index, state="missing", error=kind))

    async def settle(self) -> None:
        """Wait for every download that has begun. One that failed stays `announced`, for `finish` to try again."""
        if self._tasks:
            await asyncio.wait(self._tasks)
        self._tasks.clear()

    async def cancel(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()

    async def finish(self, *, last_try: bool) -> bool:
        """Fetch what is still only announced; True when nothing is left to fetch.

        On the last try a picture that cannot be fetched becomes `missing`: it was made, but not by us to be had.
        """
        rows = await self._store.pictures(self._job.id)
        self._stored = sum(row.state == "stored" for row in rows)
        waiting = [row for row in rows if row.state == "announced"]
        outcomes = await asyncio.gather(*(self._fetch(row, give_up=last_try) for row in waiting))
        return all(outcomes)

    async def _fetch_quietly(self, row: PictureRow) -> None:
        await self._fetch(row, give_up=False)

    async def _fetch(self, row: PictureRow, *, give_up: bool) -> bool:
        """True when the row has reached its end."""
        if row.address is None:
            await self.miss(row.index, UpstreamKind.AMBIGUOUS)
            return True
        try:
            await self._keep(row, await self._downloads.fetch(row.address))
        except UpstreamError as error:
            logger.warning(
                "picture not fetched",
                extra={"job": self._job.id, "picture": row.index + 1, "code": error.code, "detail": error.detail},
            )
            if error.retryable and not give_up:
                return False
            await self.miss(row.index, UpstreamKind.DOWNLOAD)
        return True

    async def _keep(self, row: PictureRow, content: bytes) -> None:
        measured = await self._studio.measure(content)
        stored = replace(
            row,
            state="stored",
            address=None,
            blob=await self._blobs.put(content),
            media_type=measured.media_type,
            width=measured.width,
            height=measured.height,
            size_bytes=len(content),
        )
        await self._store.put_picture(self._job, stored)
        self._stored += 1
        self._arrived(self._stored)
