"""A worker whose hands a test ties, stores that stumble, and what to wait for while an engine works."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

from bot.clock import Clock
from bot.engine.leases import LeaseEngine
from bot.ids import JobId
from bot.jobs.job import Job, JobState, Move
from bot.jobs.ports import Slot
from bot.jobs.stores import Claim
from bot.upstream.limiter import GatewayLimiter
from tests.fakes.clock import FakeClock
from tests.fakes.jobs import new_job
from tests.fakes.memory_store import MemoryStore
from tests.fakes.stores import EveryStore

NEVER_S = 3600.0
"""A poll interval that no test waits for: what happens, happens because somebody woke the engine."""


class StubWorker:
    """A worker whose hands are tied until `open`: it notes each claim it is given, then ends the job."""

    def __init__(self, store: EveryStore, clock: Clock, *, open_at_once: bool = True) -> None:
        self.given: list[Job] = []
        self.together: set[JobId] = set()
        self.most_together = 0
        self.cancelled: list[JobId] = []
        self.open = asyncio.Event()
        self._store = store
        self._clock = clock
        if open_at_once:
            self.open.set()

    async def advance(self, job: Job) -> None:
        assert job.id not in self.together
        self.given.append(job)
        self.together.add(job.id)
        self.most_together = max(self.most_together, len(self.together))
        try:
            await self.open.wait()
            ended = await self._store.move(job, Move(to=JobState.FAILED), now=self._clock.now())
            await self._store.set_notified(ended, now=self._clock.now())
        except asyncio.CancelledError:
            self.cancelled.append(job.id)
            raise
        finally:
            self.together.discard(job.id)

    @property
    def epochs(self) -> list[tuple[JobId, int]]:
        return [(job.id, job.epoch) for job in self.given]


class LimitedWorker(StubWorker):
    """A worker who carries one job at a time; whoever comes meanwhile stands in line."""

    def __init__(self, store: EveryStore, clock: Clock, *, open_at_once: bool = True) -> None:
        super().__init__(store, clock, open_at_once=open_at_once)
        self.limiter = GatewayLimiter(clock, at_once=1)
        self.asked: list[tuple[JobId, int]] = []
        self.lost: list[JobId] = []

    async def queue(self, job: Job) -> Slot | None:
        self.asked.append((job.id, job.epoch))
        slot = self.limiter.slot(job.id, 1)
        if not slot.granted:
            return slot
        try:
            await self.advance(job)
        finally:
            slot.release()
        return None

    def engine(self, store: EveryStore, clock: Clock, *, owner: str = "a", poll_s: float = NEVER_S) -> LeaseEngine:
        return LeaseEngine(store, store, self.queue, clock, owner=owner, poll_s=poll_s, lost=self.lost.append)


class BusyStore(MemoryStore):
    """Raises what it is told to, once each, before it looks for due jobs, reads one, or gives claims back."""

    def __init__(self) -> None:
        super().__init__()
        self.before_due: list[Exception] = []
        self.before_load: list[Exception] = []
        self.before_release: list[Exception] = []
        self.before_free: list[Exception] = []

    async def due(self, *, now: float, most: int) -> list[JobId]:
        if self.before_due:
            raise self.before_due.pop()
        return await super().due(now=now, most=most)

    async def load(self, job: JobId) -> Job | None:
        if self.before_load:
            raise self.before_load.pop()
        return await super().load(job)

    async def release(self, claims: Sequence[Claim]) -> None:
        if self.before_release:
            raise self.before_release.pop()
        await super().release(claims)

    async def free(self, job: Job) -> None:
        if self.before_free:
            raise self.before_free.pop()
        await super().free(job)


class SlowClaims(MemoryStore):
    """Claims at once, but says so only when told to."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = asyncio.Event()
        self.answer = asyncio.Event()

    async def claim(self, job: JobId, *, owner: str, now: float, lease_s: float) -> Job | None:
        claim = await super().claim(job, owner=owner, now=now, lease_s=lease_s)
        self.asked.set()
        await self.answer.wait()
        return claim


class SlowReads(SlowClaims):
    """Reads a job only when told to as well."""

    def __init__(self) -> None:
        super().__init__()
        self.reading = asyncio.Event()
        self.read = asyncio.Event()

    async def load(self, job: JobId) -> Job | None:
        self.reading.set()
        await self.read.wait()
        return await super().load(job)


def engine_of(
    store: EveryStore,
    worker: StubWorker,
    clock: Clock,
    *,
    owner: str = "a",
    workers: int = 100,
    poll_s: float = NEVER_S,
    advance: Callable[[Job], Awaitable[Slot | None]] | None = None,
) -> LeaseEngine:
    """`advance`: what to do instead of handing the job to the bench at once."""
    return LeaseEngine(store, store, advance or worker.advance, clock, owner=owner, workers=workers, poll_s=poll_s)


async def until(condition: Callable[[], bool | Awaitable[bool]]) -> None:
    """Let the engine work until this holds: a test that cannot pass fails after ten seconds."""
    async with asyncio.timeout(10):
        while True:
            holds = condition()
            if holds if isinstance(holds, bool) else await holds:
                return
            await asyncio.sleep(0.001)


async def state_of(store: EveryStore, job: JobId) -> JobState:
    loaded = await store.load(job)
    assert loaded is not None
    return loaded.state


async def receive(store: EveryStore, clock: Clock, count: int) -> list[JobId]:
    jobs = [JobId(f"j{number}") for number in range(count)]
    for job in jobs:
        await store.receive(new_job(job), now=clock.now())
    return jobs


async def renewed(store: EveryStore, clock: FakeClock) -> None:
    """Until no lease ends within the next forty seconds."""

    async def none_ends() -> bool:
        return not await store.due(now=clock.now() + 40.0, most=1)

    await until(none_ends)


async def rested(engine: LeaseEngine, store: EveryStore, clock: Clock) -> None:
    """Until nothing runs and nothing is due."""

    async def nothing_to_do() -> bool:
        return not engine.running and not await store.due(now=clock.now(), most=1)

    await until(nothing_to_do)


@asynccontextmanager
async def idle(engine: LeaseEngine, store: EveryStore, clock: Clock, worker: StubWorker) -> AsyncIterator[None]:
    """The engine runs, has looked around once and sleeps: a first job has come and gone."""
    await store.receive(new_job("first"), now=clock.now())
    async with engine:
        await until(lambda: "first" in [job.id for job in worker.given])
        await rested(engine, store, clock)
        yield
