"""What is forgotten by itself: sets that the operator wants kept no longer, and files that belong to nothing."""

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

EVERY_S = 3600.0
BATCH = 200
"""Jobs of one transaction: whoever else wants to write waits no longer than that takes."""
DAY_S = 24 * 3600.0
GIGABYTE = 10**9
SETTLED_S = 3600.0
"""For so long a set stays whatever the disk holds: its event may be brought again, and would be a second job."""
UNNAMED_S = 3600.0
"""A file is written before the row that names it."""


class Retention:
    def __init__(self, *, history: History, blobs: Blobs, clock: Clock, settings: RetentionSettings) -> None:
        self._history = history
        self._blobs = blobs
        self._clock = clock
        self._settings = settings

    async def run(self) -> None:
        """Until this is cancelled: at once, then every hour of real time. What goes wrong is logged and tried again."""
        while True:
            try:
                await self.sweep()
            except StoreError as error:
                logger.warning("not swept", extra={"code": error.code, "detail": error.detail})
            except Exception:
                logger.exception("not swept")
            await asyncio.sleep(EVERY_S)

    async def sweep(self) -> None:
        """Forget what the settings say, then take away every file that nobody names any more."""
        jobs = 0
        if self._settings.days is not None:
            jobs += await self._forget_older(self._settings.days * DAY_S)
        if self._settings.gigabytes is not None:
            jobs += await self._make_room(self._settings.gigabytes * GIGABYTE)
        before = self._clock.now() - UNNAMED_S
        swept = await self._blobs.sweep(await self._history.named(), before=before)
        if jobs or swept.count:
            logger.info("swept", extra={"jobs": jobs, "files": swept.count, "bytes": swept.size_bytes})

    async def _forget_older(self, age_s: float) -> int:
        ended = await self._history.ended(before=self._clock.now() - age_s)
        return await self._forget([job.id for job in ended])

    async def _make_room(self, most: float) -> int:
        """Forget the oldest until what is named fits. Sets may share files, so it is counted again until it does."""
        forgotten = 0
        while (over := sum((await self._history.named()).values()) - most) > 0:
            chosen = oldest(await self._history.ended(before=self._clock.now() - SETTLED_S), over)
            if not chosen:
                break
            forgotten += await self._forget(chosen)
        return forgotten

    async def _forget(self, jobs: Sequence[JobId]) -> int:
        return sum([await self._history.forget(jobs[start : start + BATCH]) for start in range(0, len(jobs), BATCH)])


def oldest(ended: Sequence[EndedJob], over: float) -> list[JobId]:
    """The first of these that hold together as many bytes as are too many; those that hold none make no room."""
    chosen = []
    for job in ended:
        if over <= 0:
            break
        if job.size_bytes:
            chosen.append(job.id)
            over -= job.size_bytes
    return chosen
