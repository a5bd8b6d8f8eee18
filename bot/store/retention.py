"""Deletes ended jobs that exceed the operator's retention settings, and files that no row refers to."""

import asyncio
import logging
from collections.abc import Sequence

from bot.clock import Clock
from bot.config.settings import RetentionSettings
from bot.errors import StoreError
from bot.ids import JobId
from bot.store.blobs import Blobs
from bot.store.sqlite.history import EndedJob, History

logger = logging.getLogger(__name__)

SWEEP_INTERVAL_S = 3600.0
BATCH = 200
"""Jobs deleted in one transaction, so that other writers do not wait for long."""
DAY_S = 24 * 3600.0
GIGABYTE = 10**9
MIN_AGE_S = 3600.0
"""A job is kept this long in any case: its event may be delivered again and would then create a second job."""
FAILED_REFERENCES_S = 3600.0
"""The references of a job without pictures are kept this long for a repetition, which fetches them anew after that. Such a job
costs its member nothing, so they would pile up."""
UNREFERENCED_S = 3600.0
"""A file is kept this long without a row that refers to it, because the file is written first."""


class Retention:
    def __init__(self, *, history: History, blobs: Blobs, clock: Clock, settings: RetentionSettings) -> None:
        self._history = history
        self._blobs = blobs
        self._clock = clock
        self._settings = settings

    async def run(self) -> None:
        """Sweep at once, then every hour of real time, until this is cancelled. Errors are logged, and the next sweep retries."""
        while True:
            try:
                await self.sweep()
            except StoreError as error:
                logger.warning("not swept", extra={"code": error.code, "detail": error.detail})
            except Exception:
                logger.exception("not swept")
            await asyncio.sleep(SWEEP_INTERVAL_S)

    async def sweep(self) -> None:
        """Delete the jobs that exceed the settings and the references of failed ones, then every file that no row refers to."""
        jobs = 0
        if self._settings.days is not None:
            jobs += await self._delete_older(self._settings.days * DAY_S)
        if self._settings.gigabytes is not None:
            jobs += await self._make_room(self._settings.gigabytes * GIGABYTE)
        await self._history.delete_failed_references(before=self._clock.now() - FAILED_REFERENCES_S)
        before = self._clock.now() - UNREFERENCED_S
        swept = await self._blobs.sweep(await self._history.referenced_blobs(), before=before)
        if jobs or swept.count:
            logger.info("swept", extra={"jobs": jobs, "files": swept.count, "bytes": swept.size_bytes})

    async def _delete_older(self, age_s: float) -> int:
        ended = await self._history.ended(before=self._clock.now() - age_s)
        return await self._delete([job.id for job in ended])

    async def _make_room(self, max_bytes: float) -> int:
        """Delete the oldest jobs until the files fit. Jobs may share files, so the total is computed again each time."""
        deleted = 0
        while (excess := sum((await self._history.referenced_blobs()).values()) - max_bytes) > 0:
            chosen = select_oldest(await self._history.ended(before=self._clock.now() - MIN_AGE_S), excess)
            if not chosen:
                break
            deleted += await self._delete(chosen)
        return deleted

    async def _delete(self, jobs: Sequence[JobId]) -> int:
        return sum([await self._history.delete(jobs[start : start + BATCH]) for start in range(0, len(jobs), BATCH)])


def select_oldest(ended: Sequence[EndedJob], excess: float) -> list[JobId]:
    """The first jobs whose files together have at least `excess` bytes; jobs without files are skipped."""
    chosen = []
    for job in ended:
        if excess <= 0:
            break
        if job.size_bytes:
            chosen.append(job.id)
            excess -= job.size_bytes
    return chosen
