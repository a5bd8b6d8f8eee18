"""Jobs that stand in line: claimed, but rows and no tasks, and none of them waits for ever."""

import asyncio

import pytest

from bot.errors import StoreCode, StoreError
from bot.ids import JobId
from bot.jobs.job import Job, JobState, Move
from bot.jobs.ports import Slot
from tests.fakes.clock import FakeClock
from tests.fakes.engine import (
    BlockableWorker,
    FailingStore,
    GatedReads,
    LimitedWorker,
    build_engine,
    idle_engine,
    load_state,
    receive,
    wait_until,
    wait_until_renewed,
)
from tests.fakes.jobs import new_job
from tests.fakes.memory_store import MemoryStore
from tests.fakes.stores import AllStores

J0, J1, J2 = JobId("j0"), JobId("j1"), JobId("j2")


async def taken_over(store: AllStores, clock: FakeClock, job: JobId) -> Job:
    """By a process that thinks the first one is dead."""
    claimed = await store.claim(job, owner="other", now=clock.now(), lease_s=60.0)
    assert claimed is not None
    return claimed


class TestStandingInLine:
    async def test_first_come_first_served(self, store: AllStores, clock: FakeClock) -> None:
        """Each is called when the one before it is done, under the claim it came with."""
        jobs, worker = await receive(store, clock, 7), LimitedWorker(store, clock, blocked=True)
        async with worker.engine(store, clock) as engine:
            await wait_until(lambda: (engine.running, engine.queued) == (1, 6))
            worker.proceed.set()
            await wait_until(lambda: len(worker.advanced) == 7 and engine.running == 0)
            assert engine.queued == 0
        assert worker.claims == [(job, 1) for job in jobs]
        assert worker.max_running == 1
        assert [await load_state(store, job) for job in jobs] == [JobState.FAILED] * 7

    async def test_thousands_are_no_tasks(self, clock: FakeClock) -> None:
        """What waits for its turn is a name in a line."""
        store = MemoryStore()
        await receive(store, clock, 3000)
        worker = LimitedWorker(store, clock, blocked=True)
        async with worker.engine(store, clock) as engine:
            await wait_until(lambda: engine.queued == 2999)
            assert len(asyncio.all_tasks()) < 5

    async def test_nobody_else_takes_them(self, store: AllStores, clock: FakeClock) -> None:
        """Their leases are renewed with those of the jobs that run."""
        await receive(store, clock, 3)
        worker, other = LimitedWorker(store, clock, blocked=True), BlockableWorker(store, clock)
        async with worker.engine(store, clock) as engine:
            await wait_until(lambda: engine.queued == 2)
            for _ in range(6):
                clock.advance(20.0)
                engine.wake()
                await wait_until_renewed(store, clock)
            async with idle_engine(build_engine(store, other, clock, owner="b"), store, clock, other):
                pass
            worker.proceed.set()
            await wait_until(lambda: len(worker.advanced) == 3 and engine.running == 0)
        assert [job.id for job in other.advanced] == ["first"]
        assert worker.claims == [(J0, 1), (J1, 1), (J2, 1)]

    async def test_a_turn_that_comes_at_once_is_taken_at_once(self, store: AllStores, clock: FakeClock) -> None:
        """The one before it may be done between the asking and the waiting."""
        worker = LimitedWorker(store, clock)

        async def advance(job: Job) -> Slot | None:
            queued = await worker.queue(job)
            if job.id == J0 and queued is not None:
                first.release()
            return queued

        first = worker.limiter.slot(JobId("before"), 1)
        await receive(store, clock, 1)
        async with build_engine(store, worker, clock, advance=advance) as engine:
            await wait_until(lambda: len(worker.advanced) == 1 and engine.running == 0)
        assert worker.queue_calls == [(J0, 1), (J0, 1)]


class TestTrouble:
    """Whatever becomes of a job in line, the next one gets its turn."""

    async def test_a_job_that_was_taken_over_is_passed_by(self, store: AllStores, clock: FakeClock) -> None:
        """Who slept longer than the leases finds that out when its job is called, and says so."""
        await receive(store, clock, 3)
        worker = LimitedWorker(store, clock, blocked=True)
        async with worker.engine(store, clock) as engine:
            await wait_until(lambda: engine.queued == 2)
            clock.advance(61.0)
            await taken_over(store, clock, J1)
            worker.proceed.set()
            await wait_until(lambda: len(worker.advanced) == 2 and engine.running == engine.queued == 0)
        assert [job.id for job in worker.advanced] == [J0, J2]
        assert worker.lost_claims == [J1]

    async def test_a_job_that_came_back_stands_in_line_once(self, store: AllStores, clock: FakeClock) -> None:
        """Taken over, given back and claimed anew by us: its old place is gone, its new one is served."""
        await receive(store, clock, 3)
        worker = LimitedWorker(store, clock, blocked=True)
        async with worker.engine(store, clock) as engine:
            await wait_until(lambda: engine.queued == 2)
            clock.advance(61.0)
            await store.release(await taken_over(store, clock, J1))
            engine.wake()
            await wait_until(lambda: worker.queue_calls[-1] == (J1, 3) and engine.queued == 2)
            worker.proceed.set()
            await wait_until(lambda: len(worker.advanced) == 3 and engine.running == engine.queued == 0)
        assert worker.claims == [(J0, 1), (J2, 1), (J1, 3)]

    async def test_a_job_that_ended_elsewhere_is_not_called(self, store: AllStores, clock: FakeClock) -> None:
        """Another process took it over and brought it to its end: nothing is left of its place."""
        await receive(store, clock, 2)
        worker = LimitedWorker(store, clock, blocked=True)
        async with worker.engine(store, clock) as engine:
            await wait_until(lambda: engine.queued == 1)
            clock.advance(61.0)
            ended = await store.move(await taken_over(store, clock, J1), Move(to=JobState.FAILED), now=clock.now())
            await store.release(await store.set_notified(ended, now=clock.now()))
            worker.proceed.set()
            await wait_until(lambda: engine.running == engine.queued == 0)
            await store.receive(new_job("j2"), now=clock.now())
            engine.wake(J2)
            await wait_until(lambda: len(worker.advanced) == 2)
        assert [job.id for job in worker.advanced] == [J0, J2]

    async def test_a_busy_database_does_not_cost_the_place(self, clock: FakeClock) -> None:
        """The row of the job that is called is asked for until it can be read."""
        store = FailingStore()
        await receive(store, clock, 3)
        worker = LimitedWorker(store, clock, blocked=True)
        async with worker.engine(store, clock, poll_s=0.01) as engine:
            await wait_until(lambda: engine.queued == 2)
            store.load_errors = [StoreError(StoreCode.BUSY), StoreError(StoreCode.FULL)]
            worker.proceed.set()
            await wait_until(lambda: len(worker.advanced) == 3 and engine.running == 0)
        assert worker.claims == [(J0, 1), (J1, 1), (J2, 1)]

    @pytest.mark.parametrize("error", [StoreError(StoreCode.BROKEN), LookupError("said the store")])
    async def test_a_row_that_cannot_be_read_is_given_back(self, clock: FakeClock, error: Exception) -> None:
        """The job is claimed anew; meanwhile the next one has its turn."""
        store = FailingStore()
        await receive(store, clock, 3)
        worker = LimitedWorker(store, clock, blocked=True)
        async with worker.engine(store, clock) as engine:
            await wait_until(lambda: engine.queued == 2)
            store.load_errors = [error]
            worker.proceed.set()
            await wait_until(lambda: len(worker.advanced) == 3 and engine.running == engine.queued == 0)
        assert worker.claims == [(J0, 1), (J2, 1), (J1, 2)]

    async def test_a_job_that_does_not_take_its_turn_gives_it_away(self, store: AllStores, clock: FakeClock) -> None:
        """It was called and needs it no more, or stumbles before it is there."""
        worker = LimitedWorker(store, clock, blocked=True)

        async def advance(job: Job) -> Slot | None:
            if job.id == J1 and (J1, 1) in worker.queue_calls:
                worker.queue_calls.append((J1, 0))
                raise LookupError("said the worker")
            return await worker.queue(job)

        await receive(store, clock, 3)
        async with build_engine(store, worker, clock, advance=advance) as engine:
            await wait_until(lambda: engine.queued == 2)
            worker.proceed.set()
            await wait_until(lambda: len(worker.advanced) == 2 and engine.running == engine.queued == 0)
            assert await store.next_due() == clock.now() + 5.0
        assert [job.id for job in worker.advanced] == [J0, J2]

    async def test_a_job_is_called_while_it_is_claimed_anew(self, clock: FakeClock) -> None:
        """It is advanced once, under the newest claim."""
        store = GatedReads()
        store.claim_gate.set()
        await receive(store, clock, 2)
        worker = LimitedWorker(store, clock, blocked=True)
        async with worker.engine(store, clock) as engine:
            await wait_until(lambda: engine.queued == 1)
            clock.advance(61.0)
            await store.release(await taken_over(store, clock, J1))
            store.claim_gate.clear()
            store.claim_started.clear()
            engine.wake()
            await store.claim_started.wait()
            worker.proceed.set()
            await store.load_started.wait()
            store.claim_gate.set()

            async def given_back() -> bool:
                return await store.due(now=clock.now(), limit=9) == [J1]

            await wait_until(given_back)
            store.load_gate.set()
            await wait_until(lambda: len(worker.advanced) == 2 and engine.running == 0)
        assert worker.claims == [(J0, 1), (J1, 4)]
        assert worker.lost_claims == [J1]


class TestStopping:
    async def test_jobs_in_line_are_given_back_at_once(self, store: AllStores, clock: FakeClock) -> None:
        """Another process may take them while the job at the counter still has its grace."""
        await receive(store, clock, 3)
        worker = LimitedWorker(store, clock, blocked=True)
        async with worker.engine(store, clock) as engine:
            await wait_until(lambda: engine.queued == 2)
            stopping = asyncio.create_task(engine.stop(grace_s=10.0))

            async def given_back() -> bool:
                return await store.due(now=clock.now(), limit=9) == [J1, J2]

            await wait_until(given_back)
            assert (engine.running, engine.queued) == (1, 0)
            worker.proceed.set()
            await stopping
        assert worker.claims == [(J0, 1)]
        assert await load_state(store, J0) is JobState.FAILED

    async def test_a_line_that_is_joined_while_we_stop_is_left_again(self, store: AllStores, clock: FakeClock) -> None:
        """A job that was on its way to it when the stop came is given back like the others."""
        worker, arrived, goes_on = LimitedWorker(store, clock, blocked=True), asyncio.Event(), asyncio.Event()

        async def advance(job: Job) -> Slot | None:
            if job.id == J1:
                arrived.set()
                await goes_on.wait()
            return await worker.queue(job)

        await receive(store, clock, 2)
        async with build_engine(store, worker, clock, advance=advance) as engine:
            await arrived.wait()
            stopping = asyncio.create_task(engine.stop(grace_s=10.0))
            await asyncio.sleep(0)
            goes_on.set()
            await wait_until(lambda: engine.running == 1)
            assert await store.due(now=clock.now(), limit=9) == [J1]
            worker.proceed.set()
            await stopping
        assert worker.claims == [(J0, 1)]

    async def test_a_cancelled_run_gives_the_line_back(self, store: AllStores, clock: FakeClock) -> None:
        """Whoever runs the engine may simply be cancelled."""
        await receive(store, clock, 3)
        worker = LimitedWorker(store, clock, blocked=True)
        engine = worker.engine(store, clock)
        run = asyncio.create_task(engine.run())
        await wait_until(lambda: engine.queued == 2)
        run.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run
        assert (engine.running, engine.queued) == (0, 0)
        assert await store.due(now=clock.now(), limit=9) == [J0, J1, J2]

    async def test_a_restart_serves_the_oldest_first(self, store: AllStores, clock: FakeClock) -> None:
        """The line is in no file: the next process finds its jobs in the order they came."""
        for number in range(4):
            clock.advance(1.0)
            await store.receive(new_job(f"j{number}"), now=clock.now())
        first, second = LimitedWorker(store, clock, blocked=True), LimitedWorker(store, clock)
        async with first.engine(store, clock) as engine:
            await wait_until(lambda: engine.queued == 3)
        async with second.engine(store, clock, owner="b") as engine:
            await wait_until(lambda: len(second.advanced) == 4 and engine.running == 0)
        assert [job.id for job in second.advanced] == ["j0", "j1", "j2", "j3"]

    async def test_a_store_that_stays_away_does_not_hold_the_stop_up(
        self,
        clock: FakeClock,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        """The leases run out instead."""
        store = FailingStore()
        store.release_many_errors = [StoreError(StoreCode.BUSY)]
        await receive(store, clock, 2)
        worker = LimitedWorker(store, clock, blocked=True)
        async with worker.engine(store, clock) as engine:
            await wait_until(lambda: engine.queued == 1)
            await engine.stop(grace_s=0.0)
        assert await store.due(now=clock.now(), limit=9) == [J0]
        assert await store.due(now=clock.now() + 60.0, limit=9) == [J0, J1]
        assert "store_unavailable" in [record.message for record in caplog.records]
