"""Jobs that are too long in one state are taken from whoever holds them, and brought to an end."""

import asyncio
from collections.abc import Mapping

import pytest

from bot.engine.leases import REAP_INTERVAL_S, LeaseEngine
from bot.ids import JobId
from bot.jobs.deadlines import DEADLINES
from bot.jobs.job import ENDS, Job, JobState, Move
from bot.jobs.ports import Slot
from bot.upstream.limiter import GatewayLimiter
from tests.fakes.clock import FakeClock
from tests.fakes.engine import LONG_POLL_S, BlockableWorker, load_state, receive, wait_until
from tests.fakes.memory_store import MemoryStore
from tests.fakes.stores import AllStores

HOUR_S = 3600.0
OLD_S = DEADLINES[JobState.RECEIVED] + 1.0


class Undertaker(BlockableWorker):
    """Carries what is given to it for its age at once, whatever its hands are tied by otherwise."""

    def __init__(self, store: AllStores, clock: FakeClock) -> None:
        super().__init__(store, clock, blocked=True)
        self.expired: list[tuple[JobId, int]] = []
        self.limiter = GatewayLimiter(clock, at_once=1)

    async def queue(self, job: Job) -> Slot | None:
        return self.limiter.slot(job.id, 1)

    async def expire(self, job: Job) -> None:
        self.expired.append((job.id, job.epoch))
        ended = await self._store.move(job, Move(to=JobState.FAILED), now=self._clock.now())
        await self._store.set_notified(ended, now=self._clock.now())


class CountingStore(MemoryStore):
    """Counts how often it is asked for what is old, and for what is due."""

    def __init__(self) -> None:
        super().__init__()
        self.looks = 0
        self.passes = 0

    async def overdue(self, deadlines: Mapping[JobState, float], *, now: float, limit: int) -> list[JobId]:
        self.looks += 1
        return await super().overdue(deadlines, now=now, limit=limit)

    async def due(self, *, now: float, limit: int) -> list[JobId]:
        self.passes += 1
        return await super().due(now=now, limit=limit)


def build_engine(store: AllStores, worker: Undertaker, clock: FakeClock, *, queued: bool = False) -> LeaseEngine:
    carry = worker.queue if queued else worker.advance
    return LeaseEngine(store, store, carry, clock, owner="a", poll_s=LONG_POLL_S, expire=worker.expire)


async def test_every_state_has_a_deadline() -> None:
    """And none ends a job that its own waits would have ended: those are shorter."""
    assert set(DEADLINES) == set(JobState)
    assert DEADLINES[JobState.SUBMITTING] > 2100.0
    assert DEADLINES[JobState.COLLECTING] > 20 * HOUR_S
    assert all(DEADLINES[state] > 24 * HOUR_S for state in {JobState.DELIVERING, *ENDS})


async def test_what_is_old_at_the_start_is_not_begun(store: AllStores, clock: FakeClock) -> None:
    """It was left by a process long ago: it comes to its end before anything is advanced."""
    (job,) = await receive(store, clock, 1)
    clock.advance(OLD_S)
    worker = Undertaker(store, clock)
    async with build_engine(store, worker, clock):
        await wait_until(lambda: worker.expired == [(job, 1)])
    assert (worker.advanced, await load_state(store, job)) == ([], JobState.FAILED)


async def test_a_run_that_hangs_is_ended(store: AllStores, clock: FakeClock) -> None:
    """Its task is cancelled, its claim is void, and the job comes to its end."""
    (job,) = await receive(store, clock, 1)
    worker = Undertaker(store, clock)
    async with build_engine(store, worker, clock) as engine:
        await wait_until(lambda: len(worker.advanced) == 1)
        clock.advance(OLD_S)
        engine.wake()
        await wait_until(lambda: len(worker.expired) == 1)
        await wait_until(lambda: engine.running == 0)
    assert (worker.cancelled, await load_state(store, job)) == ([job], JobState.FAILED)
    assert worker.expired[0][1] > worker.advanced[0].epoch


async def test_a_job_in_line_gives_its_place_up(store: AllStores, clock: FakeClock) -> None:
    """Whoever stands behind it is called in its place."""
    first, second = await receive(store, clock, 2)
    worker = Undertaker(store, clock)
    taken = worker.limiter.slot(JobId("another"), 1)
    async with build_engine(store, worker, clock, queued=True) as engine:
        await wait_until(lambda: engine.queued == 2)
        clock.advance(OLD_S)
        engine.wake()
        await wait_until(lambda: len(worker.expired) == 2)
        late = worker.limiter.slot(JobId("late"), 1)
        taken.release()
        assert late.granted
    assert {job for job, _ in worker.expired} == {first, second}


async def test_a_job_of_another_process_is_taken_from_it(store: AllStores, clock: FakeClock) -> None:
    """It may hang, or be asleep: what it writes afterwards is refused."""
    (job,) = await receive(store, clock, 1)
    held = await store.claim(job, owner="asleep", now=clock.now(), lease_s=10 * HOUR_S)
    assert held is not None
    clock.advance(OLD_S)
    worker = Undertaker(store, clock)
    async with build_engine(store, worker, clock):
        await wait_until(lambda: worker.expired == [(job, held.epoch + 1)])
    assert await load_state(store, job) is JobState.FAILED


@pytest.mark.parametrize(("later_s", "looks"), [(REAP_INTERVAL_S - 1.0, 1), (REAP_INTERVAL_S, 2)])
async def test_ages_are_looked_at_now_and_then(clock: FakeClock, later_s: float, looks: int) -> None:
    """Not at every pass: nothing hangs for a minute."""
    store = CountingStore()
    worker = Undertaker(store, clock)
    async with build_engine(store, worker, clock) as engine:
        await wait_until(lambda: store.looks == 1)
        clock.advance(later_s)
        engine.wake()
        await wait_until(lambda: store.passes >= 2)
        await asyncio.sleep(0)
    assert store.looks == looks
