"""What the steps of a job share."""

import logging
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import field
from typing import TypeVar

from bot.clock import Clock
from bot.errors import StoreError
from bot.ids import GatewayName
from bot.images.processor import ImageProcessor
from bot.jobs.call import Call, CallMove
from bot.jobs.facts import current_progress
from bot.jobs.job import Job, JobState, Move
from bot.jobs.ports import BlobStore, CallLimiter
from bot.jobs.queues.turns import Turns
from bot.jobs.stores import CallStore, DraftStore, JobStore, MessageIndex, PictureStore
from bot.pipeline.model_marks import ModelMarks
from bot.pipeline.progress_messages import ProgressMessages
from bot.upstream.contract import Downloads, Upstream
from bot.values import dataclass
from bot.wallet.ledger import QuotaLedger

logger = logging.getLogger(__name__)

Result = TypeVar("Result")
MAX_RETRY_DELAY_S = 300.0
LEAST_TRIES = 5
WRITE_RETRY_S = 1.0


@dataclass(frozen=True, kw_only=True)
class GatewayPort:
    """A configured gateway as the steps use it: its calls, the downloads of its results, and the limiter of its paid calls."""

    upstream: Upstream
    downloads: Downloads
    limiter: CallLimiter


@dataclass(frozen=True, kw_only=True)
class JobContext:
    """The ports and values that every step uses."""

    jobs: JobStore
    calls: CallStore
    pictures: PictureStore
    messages: MessageIndex
    drafts: DraftStore
    ledger: QuotaLedger
    blobs: BlobStore
    processor: ImageProcessor
    clock: Clock
    gateways: Mapping[GatewayName, GatewayPort]
    marks: ModelMarks
    progress_messages: ProgressMessages
    downloads: Turns
    """Downloads of results, across all gateways."""
    stopping: Callable[[], bool]
    """Whether the process is stopping: a job that has not been paid for is then left to the next process."""
    jitter: random.Random = field(default_factory=random.Random)

    async def move_persistently(self, job: Job, move: Move) -> Job:
        """Move a job, and wait for a busy database: from the paid call on, the move records something paid for."""
        return await write_persistently(lambda: self.jobs.move(job, move, now=self.clock.now()), self.clock)

    async def move_call_persistently(self, job: Job, call: Call, move: CallMove, *, then: Move | None = None) -> Job:
        """Move a call, and its job with `then`; wait for a busy database like `move_persistently`."""
        return await write_persistently(
            lambda: self.calls.move_call(job, call, move, now=self.clock.now(), then=then), self.clock
        )

    def waited_long_enough(self, tried: Job | Call, since: float, limit_s: float) -> bool:
        """Whether a step was retried for `limit_s` seconds, and often: a clock that jumps ends nothing at the first failure."""
        return self.clock.now() - since > limit_s and tried.attempts + 1 >= LEAST_TRIES

    async def show_current_progress(self, job: Job) -> None:
        """Show how far a job has come that an earlier process left: its message has not changed since."""
        if job.state is JobState.DELIVERING and self.progress_messages.becomes_result(job):
            # Perhaps it says already how the job ended.
            return
        if not self.progress_messages.has_shown(job):
            self.progress_messages.show(job, current_progress(job, await self.pictures.pictures(job.id)))

    async def postpone(self, job: Job) -> None:
        now = self.clock.now()
        await self.jobs.postpone(job, not_before=now + self.retry_delay(job.attempts, MAX_RETRY_DELAY_S), now=now)

    def retry_delay(self, attempts: int, max_delay_s: float) -> float:
        """Exponential backoff from two seconds, with jitter so that many jobs do not retry at the same moment."""
        return min(max_delay_s, 2.0 ** (min(attempts, 20) + 1)) * self.jitter.uniform(0.75, 1.25)


async def write_persistently(write: Callable[[], Awaitable[Result]], clock: Clock) -> Result:
    """Repeat a write until it succeeds. Raises a StoreError that is not retryable.

    For writes that a busy database or a full disk must not prevent, because they record something paid for.
    """
    while True:
        try:
            return await write()
        except StoreError as error:
            if not error.retryable:
                raise
            logger.warning("waiting for the store", extra={"code": error.code, "detail": error.detail})
            await clock.sleep(WRITE_RETRY_S)
