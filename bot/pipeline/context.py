"""What every step of a job works with."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from bot.clock import Clock
from bot.errors import StoreError
from bot.ids import GatewayName
from bot.images.processor import ImageProcessor
from bot.jobs.facts import so_far
from bot.jobs.job import Job, Move
from bot.jobs.ports import BlobStore, CallLimiter
from bot.jobs.stores import DraftStore, JobStore, MessageIndex, PictureStore
from bot.pipeline.progress_messages import ProgressMessages
from bot.upstream.contract import Upstream
from bot.wallet.ledger import QuotaLedger

logger = logging.getLogger(__name__)

Result = TypeVar("Result")
LONGEST_PAUSE_S = 300.0
WRITE_PAUSE_S = 1.0


class Downloads(Protocol):
    """Results of one gateway; raises UpstreamError."""

    async def fetch(self, address: str) -> bytes: ...


@dataclass(frozen=True, kw_only=True)
class GatewayPort:
    """A configured gateway as the worker uses it: its wire, its result downloads, its turns for paid calls."""

    upstream: Upstream
    downloads: Downloads
    limiter: CallLimiter


@dataclass(frozen=True, kw_only=True)
class JobContext:
    """What the worker works with."""

    jobs: JobStore
    pictures: PictureStore
    messages: MessageIndex
    drafts: DraftStore
    ledger: QuotaLedger
    blobs: BlobStore
    processor: ImageProcessor
    clock: Clock
    gateways: Mapping[GatewayName, GatewayPort]
    progress_messages: ProgressMessages
    downloads_at_once: asyncio.Semaphore
    stopping: Callable[[], bool]
    """A stop was asked for: what has not begun to cost stays for the next process."""
    jitter: random.Random = field(default_factory=random.Random)

    async def move_persistently(self, job: Job, move: Move) -> Job:
        """From the paid call on, a move waits for a busy database: what it says has been paid for."""
        return await write_persistently(lambda: self.jobs.move(job, move, now=self.clock.now()), self.clock)

    async def catch_up(self, job: Job) -> None:
        """A job that an earlier process left says at once how far it is: its message has stood still since."""
        if not self.progress_messages.follows(job):
            self.progress_messages.announce(job, so_far(job, await self.pictures.pictures(job.id)))

    async def postpone(self, job: Job) -> None:
        now = self.clock.now()
        await self.jobs.postpone(job, not_before=now + self.pause(job.attempts, LONGEST_PAUSE_S), now=now)

    def pause(self, attempts: int, longest: float) -> float:
        """Two seconds, doubled each time, with jitter so that many do not come back at once."""
        return min(longest, 2.0 ** (min(attempts, 20) + 1)) * self.jitter.uniform(0.75, 1.25)


async def write_persistently(write: Callable[[], Awaitable[Result]], clock: Clock) -> Result:
    """Repeat a write until the store takes it; whatever waiting cannot mend is raised.

    For writes that must not be given up for a busy database or a full disk: something has been paid for.
    """
    while True:
        try:
            return await write()
        except StoreError as error:
            if not error.retryable:
                raise
            logger.warning("waiting for the store", extra={"code": error.code, "detail": error.detail})
            await clock.sleep(WRITE_PAUSE_S)
