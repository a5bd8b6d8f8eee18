"""The engine seizes jobs that exceed the deadline of their state, and ends them."""

from collections.abc import Collection, Mapping

import pytest

from bot.engine.leases import REAP_INTERVAL_S, LeaseEngine
from bot.errors import StoreCode, StoreError
from bot.ids import JobId
from bot.jobs.call import CALL_ENDS, CallState
from bot.jobs.deadlines import CALL_DEADLINES, DEADLINES
from bot.jobs.job import ENDS, Job, JobState, Move
from bot.jobs.ports import Slot
from bot.upstream.limiter import GatewayLimiter
from tests.fakes.clock import FakeClock
from tests.fakes.engine import LONG_POLL_S, BlockableWorker, load_state, receive, wait_until
from tests.fakes.jobs import ADA, new_job
from tests.fakes.memory_store import MemoryStore
from tests.fakes.stores import AllStores

HOUR_S = 3600.0
OLD_S = DEADLINES[JobState.RECEIVED] + 1.0


class ExpiringWorker(BlockableWorker):
    """A blocked worker that ends expired jobs at once."""

    def __init__(self, store: AllStores, clock: FakeClock) -> None:
        super().__init__(store, clock, blocked=True)
        self.expired: list[tuple[JobId, int]] = []
        self.limiter = GatewayLimiter(clock, at_once=1)

    async def queue(self, job: Job) -> Slot | None:
        return self.limiter.slot(job.id, 1, ADA)

    async def expire(self, job: Job) -> None:
        self.expired.append((job.id, job.epoch))
        ended = await self._store.move(job, Move(to=JobState.FAILED), now=self._clock.now())
        await self._store.set_notified(ended, now=self._clock.now())


class CountingStore(MemoryStore):
    """Counts the calls of `overdue` and of `due`."""

    def __init__(self) -> None:
        super().__init__()
        self.overdue_calls = 0
        self.due_calls = 0

    async def overdue(
        self,
        deadlines: Mapping[JobState, float],
        calls: Mapping[CallState, float],
        *,
        now: float,
        limit: int,
        living: Collection[str] = (),
    ) -> list[JobId]:
        self.overdue_calls += 1
        return await super().overdue(deadlines, calls, now=now, limit=limit, living=living)

    async def due(self, *, now: float, limit: int, living: Collection[str] = ()) -> list[JobId]:
        self.due_calls += 1
        return await super().due(now=now, limit=limit, living=living)


class BrokenSeizing(MemoryStore):
    """Cannot seize the oldest job."""

    async def seize(self, job: JobId, *, owner: str, now: float, lease_s: float) -> Job | None:
        if job == "j0":
            raise StoreError(StoreCode.BROKEN)
        return await super().seize(job, owner=owner, now=now, lease_s=lease_s)


def build_engine(store: AllStores, worker: ExpiringWorker, clock: FakeClock, *, queued: bool = False) -> LeaseEngine:
    advance = worker.queue if queued else worker.advance
    return LeaseEngine(store, store, advance, clock, owner="a", poll_s=LONG_POLL_S, expire=worker.expire)


async def test_every_state_has_a_deadline() -> None:
    """Each deadline is longer than the longest wait within its state."""
    assert set(DEADLINES) == set(JobState)
    assert set(CALL_DEADLINES) == set(CallState) - CALL_ENDS
    assert CALL_DEADLINES[CallState.SUBMITTING] > 2100.0
    assert CALL_DEADLINES[CallState.COLLECTING] > 20 * HOUR_S
    assert DEADLINES[JobState.RUNNING] > sum(CALL_DEADLINES.values())
    assert all(DEADLINES[state] > 24 * HOUR_S for state in {JobState.DELIVERING, *ENDS})


async def test_a_job_past_its_deadline_is_not_advanced_at_the_start(store: AllStores, clock: FakeClock) -> None:
    """A job that an earlier process left long ago is ended before any job is advanced."""
    (job,) = await receive(store, clock, 1)
    clock.advance(OLD_S)
    worker = ExpiringWorker(store, clock)
    async with build_engine(store, worker, clock):
        await wait_until(lambda: worker.expired == [(job, 1)])
    assert (worker.advanced, await load_state(store, job)) == ([], JobState.FAILED)


async def test_a_hanging_job_is_ended(store: AllStores, clock: FakeClock) -> None:
    """The task of a job past its deadline is cancelled, and the job is seized and ended."""
    (job,) = await receive(store, clock, 1)
    worker = ExpiringWorker(store, clock)
    async with build_engine(store, worker, clock) as engine:
        await wait_until(lambda: len(worker.advanced) == 1 and engine.idle)
        clock.advance(OLD_S)
        engine.wake()
        await wait_until(lambda: len(worker.expired) == 1)
        await wait_until(lambda: engine.running == 0)
    assert (worker.cancelled, await load_state(store, job)) == ([job], JobState.FAILED)
    assert worker.expired[0][1] > worker.advanced[0].epoch


async def test_an_expired_job_leaves_the_queue(store: AllStores, clock: FakeClock) -> None:
    """When queued jobs expire, the slot goes to the next job in the queue."""
    first, second = await receive(store, clock, 2)
    worker = ExpiringWorker(store, clock)
    slot = worker.limiter.slot(JobId("another"), 1, ADA)
    async with build_engine(store, worker, clock, queued=True) as engine:
        await wait_until(lambda: engine.queued == 2 and engine.idle)
        clock.advance(OLD_S)
        engine.wake()
        await wait_until(lambda: len(worker.expired) == 2)
        late = worker.limiter.slot(JobId("late"), 1, ADA)
        slot.release()
        assert late.granted
    assert {job for job, _ in worker.expired} == {first, second}


async def test_a_job_of_another_process_is_seized(store: AllStores, clock: FakeClock) -> None:
    """A job past its deadline is seized from a process that still holds its lease."""
    (job,) = await receive(store, clock, 1)
    held = await store.claim(job, owner="asleep", now=clock.now(), lease_s=10 * HOUR_S)
    assert held is not None
    clock.advance(OLD_S)
    worker = ExpiringWorker(store, clock)
    async with build_engine(store, worker, clock):
        await wait_until(lambda: worker.expired == [(job, held.epoch + 1)])
    assert await load_state(store, job) is JobState.FAILED


@pytest.mark.parametrize(("later_s", "overdue_calls"), [(REAP_INTERVAL_S - 1.0, 1), (REAP_INTERVAL_S, 2)])
async def test_deadlines_are_checked_once_an_interval(clock: FakeClock, later_s: float, overdue_calls: int) -> None:
    """The engine checks for overdue jobs once every `REAP_INTERVAL_S`, not each time it looks for work."""
    store = CountingStore()
    worker = ExpiringWorker(store, clock)
    async with build_engine(store, worker, clock) as engine:
        await wait_until(lambda: store.overdue_calls == 1 and engine.idle)
        clock.advance(later_s)
        engine.wake()
        await wait_until(lambda: store.due_calls >= 2 and engine.idle)
    assert store.overdue_calls == overdue_calls


async def test_a_jump_of_the_clock_makes_no_running_work_overdue(store: AllStores, clock: FakeClock) -> None:
    """A machine that slept for longer than a deadline cancels no paid call; the same time, really passed, does."""
    (job,) = await receive(store, clock, 1)
    worker = ExpiringWorker(store, clock)
    async with build_engine(store, worker, clock) as engine:
        await wait_until(lambda: len(worker.advanced) == 1 and engine.idle)
        clock.jump(OLD_S)
        clock.advance(REAP_INTERVAL_S)
        await store.receive(new_job("probe"), now=clock.now())
        engine.wake()
        await wait_until(lambda: len(worker.advanced) == 2 and engine.idle)
        assert (worker.expired, worker.cancelled) == ([], [])
        clock.advance(OLD_S)
        engine.wake()
        await wait_until(lambda: len(worker.expired) == 2)
    assert job in worker.cancelled


async def test_a_job_that_cannot_be_seized_stops_no_other(clock: FakeClock, caplog: pytest.LogCaptureFixture) -> None:
    """The overdue jobs behind it are ended all the same."""
    store = BrokenSeizing()
    jobs = await receive(store, clock, 3)
    clock.advance(OLD_S)
    worker = ExpiringWorker(store, clock)
    async with build_engine(store, worker, clock):
        await wait_until(lambda: len(worker.expired) == 2)
    assert [job for job, _ in worker.expired] == jobs[1:]
    assert [vars(record)["job"] for record in caplog.records if record.message == "store_unavailable"] == [jobs[0]]
