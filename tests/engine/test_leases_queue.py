"""Queued jobs: they stay claimed and need no task, and each of them is advanced in the end."""

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
from tests.fakes.jobs import ADA, new_job
from tests.fakes.memory_store import MemoryStore
from tests.fakes.stores import AllStores

J0, J1, J2 = JobId("j0"), JobId("j1"), JobId("j2")


async def claim_as_other(store: AllStores, clock: FakeClock, job: JobId) -> Job:
    """Claim the job as another process, which takes the first one for dead."""
    claimed = await store.claim(job, owner="other", now=clock.now(), lease_s=60.0)
    assert claimed is not None
    return claimed


class TestQueue:
    async def test_first_come_first_served(self, store: AllStores, clock: FakeClock) -> None:
        """Queued jobs are advanced one after the other, in order and under their first claim."""
        jobs, worker = await receive(store, clock, 7), LimitedWorker(store, clock, blocked=True)
        async with worker.engine(store, clock) as engine:
            await wait_until(lambda: (engine.running, engine.queued) == (1, 6))
            worker.proceed.set()
            await wait_until(lambda: len(worker.advanced) == 7 and engine.running == 0)
            assert engine.queued == 0
        assert worker.claims == [(job, 1) for job in jobs]
        assert worker.max_running == 1
        assert [await load_state(store, job) for job in jobs] == [JobState.FAILED] * 7

    async def test_queued_jobs_need_no_tasks(self, clock: FakeClock) -> None:
        """Thousands of queued jobs leave only a few tasks running."""
        store = MemoryStore()
        await receive(store, clock, 3000)
        worker = LimitedWorker(store, clock, blocked=True)
        async with worker.engine(store, clock) as engine:
            await wait_until(lambda: engine.queued == 2999)
            assert len(asyncio.all_tasks()) < 5

    async def test_queued_jobs_stay_claimed(self, store: AllStores, clock: FakeClock) -> None:
        """The leases of queued jobs are renewed with those of running ones, so that no other engine claims them."""
        await receive(store, clock, 3)
        worker, other = LimitedWorker(store, clock, blocked=True), BlockableWorker(store, clock)
        async with worker.engine(store, clock) as engine:
            await wait_until(lambda: engine.queued == 2 and engine.idle)
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

    async def test_a_slot_that_is_granted_at_once_is_used(self, store: AllStores, clock: FakeClock) -> None:
        """A slot that is granted before the engine has queued the job is not lost."""
        worker = LimitedWorker(store, clock)

        async def advance(job: Job) -> Slot | None:
            queued = await worker.queue(job)
            if job.id == J0 and queued is not None:
                first.release()
            return queued

        first = worker.limiter.slot(JobId("before"), 1, ADA)
        await receive(store, clock, 1)
        async with build_engine(store, worker, clock, advance=advance) as engine:
            await wait_until(lambda: len(worker.advanced) == 1 and engine.running == 0)
        assert worker.queue_calls == [(J0, 1), (J0, 1)]


class TestFailure:
    """Whatever happens to a queued job, its slot goes to the next one."""

    async def test_a_job_that_was_taken_over_is_skipped(self, store: AllStores, clock: FakeClock) -> None:
        """An engine whose lease has expired notices when the slot is granted, and reports the lost claim."""
        await receive(store, clock, 3)
        worker = LimitedWorker(store, clock, blocked=True)
        async with worker.engine(store, clock) as engine:
            await wait_until(lambda: engine.queued == 2 and engine.idle)
            clock.advance(61.0)
            await claim_as_other(store, clock, J1)
            worker.proceed.set()
            await wait_until(lambda: len(worker.advanced) == 2 and engine.running == engine.queued == 0)
        assert [job.id for job in worker.advanced] == [J0, J2]
        assert worker.lost_claims == [J1]

    async def test_a_job_that_is_claimed_again_is_queued_once(self, store: AllStores, clock: FakeClock) -> None:
        """A job that was taken over, released and claimed again loses its old place in the queue and gets a new one."""
        await receive(store, clock, 3)
        worker = LimitedWorker(store, clock, blocked=True)
        async with worker.engine(store, clock) as engine:
            await wait_until(lambda: engine.queued == 2 and engine.idle)
            clock.advance(61.0)
            await store.release(await claim_as_other(store, clock, J1))
            engine.wake()
            await wait_until(lambda: worker.queue_calls[-1] == (J1, 3) and engine.queued == 2)
            worker.proceed.set()
            await wait_until(lambda: len(worker.advanced) == 3 and engine.running == engine.queued == 0)
        assert worker.claims == [(J0, 1), (J2, 1), (J1, 3)]

    async def test_a_job_that_another_process_ended_is_skipped(self, store: AllStores, clock: FakeClock) -> None:
        """A queued job that another process has ended gives its slot to the next job."""
        await receive(store, clock, 2)
        worker = LimitedWorker(store, clock, blocked=True)
        async with worker.engine(store, clock) as engine:
            await wait_until(lambda: engine.queued == 1 and engine.idle)
            clock.advance(61.0)
            ended = await store.move(await claim_as_other(store, clock, J1), Move(to=JobState.FAILED), now=clock.now())
            await store.release(await store.set_notified(ended, now=clock.now()))
            worker.proceed.set()
            await wait_until(lambda: engine.running == engine.queued == 0)
            await store.receive(new_job("j2"), now=clock.now())
            engine.wake(J2)
            await wait_until(lambda: len(worker.advanced) == 2)
        assert [job.id for job in worker.advanced] == [J0, J2]

    async def test_a_busy_database_keeps_the_place_in_the_queue(self, clock: FakeClock) -> None:
        """When the slot is granted, reading the job's row is retried while the database is busy."""
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
    async def test_a_job_that_cannot_be_read_is_released(self, clock: FakeClock, error: Exception) -> None:
        """A job whose row cannot be read is claimed again later, and the next job gets the slot."""
        store = FailingStore()
        await receive(store, clock, 3)
        worker = LimitedWorker(store, clock, blocked=True)
        async with worker.engine(store, clock) as engine:
            await wait_until(lambda: engine.queued == 2)
            store.load_errors = [error]
            worker.proceed.set()
            await wait_until(lambda: len(worker.advanced) == 3 and engine.running == engine.queued == 0)
        assert worker.claims == [(J0, 1), (J2, 1), (J1, 2)]

    async def test_a_job_that_fails_before_using_its_slot_passes_it_on(self, store: AllStores, clock: FakeClock) -> None:
        """If `advance` raises before it takes the granted slot, the slot goes to the next job."""
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

    async def test_a_slot_is_granted_while_the_job_is_claimed_again(self, clock: FakeClock) -> None:
        """A job whose slot is granted during a new claim is advanced once, under the newest claim."""
        store = GatedReads()
        store.claim_gate.set()
        await receive(store, clock, 2)
        worker = LimitedWorker(store, clock, blocked=True)
        async with worker.engine(store, clock) as engine:
            await wait_until(lambda: engine.queued == 1 and engine.idle)
            clock.advance(61.0)
            await store.release(await claim_as_other(store, clock, J1))
            store.claim_gate.clear()
            store.claim_started.clear()
            engine.wake()
            await store.claim_started.wait()
            worker.proceed.set()
            await store.load_started.wait()
            store.claim_gate.set()

            async def released() -> bool:
                return await store.due(now=clock.now(), limit=9) == [J1]

            await wait_until(released)
            store.load_gate.set()
            await wait_until(lambda: len(worker.advanced) == 2 and engine.running == 0)
        assert worker.claims == [(J0, 1), (J1, 4)]
        assert worker.lost_claims == [J1]


class TestStopping:
    async def test_queued_jobs_are_released_at_once(self, store: AllStores, clock: FakeClock) -> None:
        """Another process may claim the queued jobs while the running one still has its grace period."""
        await receive(store, clock, 3)
        worker = LimitedWorker(store, clock, blocked=True)
        async with worker.engine(store, clock) as engine:
            await wait_until(lambda: engine.queued == 2)
            stopping = asyncio.create_task(engine.stop(grace_s=10.0))

            async def released() -> bool:
                return await store.due(now=clock.now(), limit=9) == [J1, J2]

            await wait_until(released)
            assert (engine.running, engine.queued) == (1, 0)
            worker.proceed.set()
            await stopping
        assert worker.claims == [(J0, 1)]
        assert await load_state(store, J0) is JobState.FAILED

    async def test_a_job_that_is_queued_while_the_engine_stops_is_released(self, store: AllStores, clock: FakeClock) -> None:
        """A job whose `advance` returns a slot after `stop` was called is released like the others."""
        worker, started, proceed = LimitedWorker(store, clock, blocked=True), asyncio.Event(), asyncio.Event()

        async def advance(job: Job) -> Slot | None:
            if job.id == J1:
                started.set()
                await proceed.wait()
            return await worker.queue(job)

        await receive(store, clock, 2)
        async with build_engine(store, worker, clock, advance=advance) as engine:
            await started.wait()
            stopping = asyncio.create_task(engine.stop(grace_s=10.0))
            await asyncio.sleep(0)
            proceed.set()
            await wait_until(lambda: engine.running == 1)
            assert await store.due(now=clock.now(), limit=9) == [J1]
            worker.proceed.set()
            await stopping
        assert worker.claims == [(J0, 1)]

    async def test_a_cancelled_run_releases_queued_jobs(self, store: AllStores, clock: FakeClock) -> None:
        """Cancelling `run` releases running and queued jobs."""
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

    async def test_a_restart_keeps_the_order_of_the_queue(self, store: AllStores, clock: FakeClock) -> None:
        """The queue itself is not stored: the next process advances its jobs in the order they were received."""
        for number in range(4):
            clock.advance(1.0)
            await store.receive(new_job(f"j{number}"), now=clock.now())
        first, second = LimitedWorker(store, clock, blocked=True), LimitedWorker(store, clock)
        async with first.engine(store, clock) as engine:
            await wait_until(lambda: engine.queued == 3)
        async with second.engine(store, clock, owner="b") as engine:
            await wait_until(lambda: len(second.advanced) == 4 and engine.running == 0)
        assert [job.id for job in second.advanced] == ["j0", "j1", "j2", "j3"]

    async def test_an_unavailable_store_does_not_delay_the_stop(
        self,
        clock: FakeClock,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        """If queued jobs cannot be released, the engine stops and their leases expire."""
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
