"""Doubles for tests of the engine: workers that can be blocked, stores that fail or wait, and helpers that await the engine."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import asynccontextmanager

from bot.clock import Clock
from bot.engine.leases import LeaseEngine
from bot.ids import JobId
from bot.jobs.job import Job, JobState, Move
from bot.jobs.ports import Slot
from bot.jobs.stores import Claim
from bot.upstream.limiter import GatewayLimiter
from tests.fakes.clock import FakeClock
from tests.fakes.jobs import ADA, new_job
from tests.fakes.memory_store import MemoryStore
from tests.fakes.stores import AllStores

LONG_POLL_S = 3600.0
"""A poll interval longer than any test: the engine only works when it is woken."""


class BlockableWorker:
    """A worker that records each job, waits for `proceed`, and then ends the job."""

    def __init__(self, store: AllStores, clock: Clock, *, blocked: bool = False) -> None:
        self.advanced: list[Job] = []
        self.running_jobs: set[JobId] = set()
        self.max_running = 0
        self.cancelled: list[JobId] = []
        self.proceed = asyncio.Event()
        self._store = store
        self._clock = clock
        if not blocked:
            self.proceed.set()

    async def advance(self, job: Job) -> None:
        assert job.id not in self.running_jobs
        self.advanced.append(job)
        self.running_jobs.add(job.id)
        self.max_running = max(self.max_running, len(self.running_jobs))
        try:
            await self.proceed.wait()
            ended = await self._store.move(job, Move(to=JobState.FAILED), now=self._clock.now())
            await self._store.set_notified(ended, now=self._clock.now())
        except asyncio.CancelledError:
            self.cancelled.append(job.id)
            raise
        finally:
            self.running_jobs.discard(job.id)

    @property
    def claims(self) -> list[tuple[JobId, int]]:
        return [(job.id, job.epoch) for job in self.advanced]


class LimitedWorker(BlockableWorker):
    """A worker with one slot: other jobs are queued for it."""

    def __init__(self, store: AllStores, clock: Clock, *, blocked: bool = False) -> None:
        super().__init__(store, clock, blocked=blocked)
        self.limiter = GatewayLimiter(clock, at_once=1)
        self.queue_calls: list[tuple[JobId, int]] = []
        self.lost_claims: list[JobId] = []

    async def queue(self, job: Job) -> Slot | None:
        self.queue_calls.append((job.id, job.epoch))
        slot = self.limiter.slot(job.id, 1, ADA)
        if not slot.granted:
            return slot
        try:
            await self.advance(job)
        finally:
            slot.release()
        return None

    def engine(self, store: AllStores, clock: Clock, *, owner: str = "a", poll_s: float = LONG_POLL_S) -> LeaseEngine:
        return LeaseEngine(store, store, self.queue, clock, owner=owner, poll_s=poll_s, on_claim_lost=self.lost_claims.append)


class FailingStore(MemoryStore):
    """Raises each of the given errors once, in the method that its list is named after."""

    def __init__(self) -> None:
        super().__init__()
        self.due_errors: list[Exception] = []
        self.load_errors: list[Exception] = []
        self.release_many_errors: list[Exception] = []
        self.release_errors: list[Exception] = []

    async def due(self, *, now: float, limit: int, living: Collection[str] = ()) -> list[JobId]:
        if self.due_errors:
            raise self.due_errors.pop()
        return await super().due(now=now, limit=limit, living=living)

    async def load(self, job: JobId) -> Job | None:
        if self.load_errors:
            raise self.load_errors.pop()
        return await super().load(job)

    async def release_many(self, claims: Sequence[Claim]) -> None:
        if self.release_many_errors:
            raise self.release_many_errors.pop()
        await super().release_many(claims)

    async def release(self, job: Job) -> None:
        if self.release_errors:
            raise self.release_errors.pop()
        await super().release(job)


class GatedClaims(MemoryStore):
    """Claims at once, but returns the claim only once `claim_gate` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.claim_started = asyncio.Event()
        self.claim_gate = asyncio.Event()

    async def claim(self, job: JobId, *, owner: str, now: float, lease_s: float, living: Collection[str] = ()) -> Job | None:
        claim = await super().claim(job, owner=owner, now=now, lease_s=lease_s, living=living)
        self.claim_started.set()
        await self.claim_gate.wait()
        return claim


class GatedReads(GatedClaims):
    """Also reads a job only once `load_gate` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.load_started = asyncio.Event()
        self.load_gate = asyncio.Event()

    async def load(self, job: JobId) -> Job | None:
        self.load_started.set()
        await self.load_gate.wait()
        return await super().load(job)


def build_engine(
    store: AllStores,
    worker: BlockableWorker,
    clock: Clock,
    *,
    owner: str = "a",
    workers: int = 100,
    poll_s: float = LONG_POLL_S,
    advance: Callable[[Job], Awaitable[Slot | None]] | None = None,
) -> LeaseEngine:
    """`advance` replaces the method of the worker."""
    return LeaseEngine(store, store, advance or worker.advance, clock, owner=owner, workers=workers, poll_s=poll_s)


async def wait_until(condition: Callable[[], bool | Awaitable[bool]]) -> None:
    """Wait until the condition is true; fails after a minute."""
    async with asyncio.timeout(60):
        while True:
            result = condition()
            if result if isinstance(result, bool) else await result:
                return
            await asyncio.sleep(0.001)


async def load_state(store: AllStores, job: JobId) -> JobState:
    loaded = await store.load(job)
    assert loaded is not None
    return loaded.state


async def receive(store: AllStores, clock: Clock, count: int) -> list[JobId]:
    jobs = [JobId(f"j{number}") for number in range(count)]
    for job in jobs:
        await store.receive(new_job(job), now=clock.now())
    return jobs


async def wait_until_renewed(store: AllStores, clock: FakeClock) -> None:
    """Wait until no lease expires within the next forty seconds."""

    async def none_expires() -> bool:
        return not await store.due(now=clock.now() + 40.0, limit=1)

    await wait_until(none_expires)


async def wait_until_idle(engine: LeaseEngine, store: AllStores, clock: Clock) -> None:
    """Wait until no job runs, none is due, and the engine waits."""

    async def nothing_to_do() -> bool:
        return engine.idle and not engine.running and not await store.due(now=clock.now(), limit=1)

    await wait_until(nothing_to_do)


@asynccontextmanager
async def idle_engine(engine: LeaseEngine, store: AllStores, clock: Clock, worker: BlockableWorker) -> AsyncIterator[None]:
    """Run the engine, which has advanced a first job and now waits for `wake`."""
    await store.receive(new_job("first"), now=clock.now())
    async with engine:
        await wait_until(lambda: "first" in [job.id for job in worker.advanced])
        await wait_until_idle(engine, store, clock)
        yield
