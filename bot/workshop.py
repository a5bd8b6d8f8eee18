"""What the worker works with."""

import asyncio
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from bot.admission import Admission
from bot.announcer import Announcer
from bot.clock import Clock
from bot.collection import Collection, Downloads
from bot.endings import Endings
from bot.handover import Handover
from bot.ids import GatewayName
from bot.images.studio import Studio
from bot.job import Job, JobStore, Move
from bot.patience import patiently
from bot.posting import Posting
from bot.preparation import Preparation
from bot.progress import PictureArrived
from bot.receipts import facts_of, so_far
from bot.store.blobs import Blobs
from bot.upstream.health import Turns
from bot.upstream.outcome import Upstream

LONGEST_PAUSE_S = 300.0


@dataclass(frozen=True, kw_only=True)
class GatewayPort:
    """A configured gateway as the worker uses it: its wire, its result downloads, its turns for paid calls."""

    upstream: Upstream
    downloads: Downloads
    turns: Turns


@dataclass(frozen=True, kw_only=True)
class Workshop:
    """What the worker works with."""

    store: JobStore
    blobs: Blobs
    studio: Studio
    clock: Clock
    gateways: Mapping[GatewayName, GatewayPort]
    handover: Handover
    preparation: Preparation
    admission: Admission
    announcer: Announcer
    endings: Endings
    posting: Posting
    downloads_at_once: asyncio.Semaphore
    stopping: Callable[[], bool]
    """A stop was asked for: what has not begun to cost stays for the next process."""
    jitter: random.Random = field(default_factory=random.Random)

    async def move_patiently(self, job: Job, move: Move) -> Job:
        """From the paid call on, a move waits for a busy database: what it says has been paid for."""
        return await patiently(lambda: self.store.move(job, move, now=self.clock.now()), self.clock)

    async def catch_up(self, job: Job) -> None:
        """A job that an earlier process left says at once how far it is: its message has stood still since."""
        if not self.announcer.follows(job):
            self.announcer.announce(job, so_far(job, await self.store.pictures(job.id)))

    async def postpone(self, job: Job) -> None:
        now = self.clock.now()
        await self.store.postpone(job, not_before=now + self.pause(job.attempts, LONGEST_PAUSE_S), now=now)

    def pause(self, attempts: int, longest: float) -> float:
        """Two seconds, doubled each time, with jitter so that many do not come back at once."""
        return min(longest, 2.0 ** (min(attempts, 20) + 1)) * self.jitter.uniform(0.75, 1.25)

    def collection(self, job: Job, port: GatewayPort) -> Collection:
        """The job's pictures on their way to our disk."""

        def arrived(count: int) -> None:
            self.announcer.announce(job, PictureArrived(facts=facts_of(job), arrived=count))

        return Collection(
            job,
            store=self.store,
            blobs=self.blobs,
            studio=self.studio,
            downloads=port.downloads,
            at_once=self.downloads_at_once,
            clock=self.clock,
            arrived=arrived,
        )
