"""The engine when work or the database fails, and when it stops."""

import asyncio

import pytest

from bot.engine.leases import LeaseEngine
from bot.errors import StoreCode, StoreError
from bot.ids import JobId
from bot.jobs.job import Job, JobState
from tests.fakes.clock import FakeClock
from tests.fakes.engine import (
    LONG_POLL_S,
    BlockableWorker,
    FailingStore,
    GatedClaims,
    build_engine,
    load_state,
    receive,
    wait_until,
    wait_until_idle,
)
from tests.fakes.stores import AllStores

J0, J1 = JobId("j0"), JobId("j1")


class TestFailure:
    async def test_an_unexpected_error_postpones_only_its_job(
        self,
        store: AllStores,
        clock: FakeClock,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        """An unexpected error is logged, and its job is retried with growing delays while others are advanced."""
        worker = BlockableWorker(store, clock)
        tries: asyncio.Queue[float] = asyncio.Queue()

        async def advance(job: Job) -> None:
            if job.id == J1:
                return await worker.advance(job)
            tries.put_nowait(clock.now() - 1000.0)
            raise LookupError("said the worker")

        await receive(store, clock, 2)
        async with LeaseEngine(store, store, advance, clock, owner="a", poll_s=LONG_POLL_S) as engine:
            assert await asyncio.wait_for(tries.get(), 60) == 0.0
            for delay_s, expected in ((5.0, 5.0), (10.0, 15.0)):
                for waited_s in (delay_s - 1.0, 1.0):
                    await wait_until_idle(engine, store, clock)
                    clock.advance(waited_s)
                    engine.wake()
                assert await asyncio.wait_for(tries.get(), 60) == expected
            await wait_until_idle(engine, store, clock)
        assert await load_state(store, J1) is JobState.FAILED
        failures = [record for record in caplog.records if record.message == "advance_failed"]
        assert [(vars(record)["job"], record.exc_info is not None) for record in failures] == [(J0, True)] * 3

    async def test_a_busy_database_counts_as_no_attempt(self, store: AllStores, clock: FakeClock) -> None:
        """A job whose work fails because the database is busy is advanced again, without another attempt counted."""
        worker, busy = BlockableWorker(store, clock), [StoreError(StoreCode.BUSY), StoreError(StoreCode.FULL)]

        async def advance(job: Job) -> None:
            if busy:
                raise busy.pop()
            await worker.advance(job)

        await receive(store, clock, 1)
        async with LeaseEngine(store, store, advance, clock, owner="a", poll_s=0.01) as engine:
            await wait_until(lambda: bool(worker.advanced) and engine.running == 0)
        assert [(job.epoch, job.attempts) for job in worker.advanced] == [(3, 0)]

    async def test_a_claim_is_released_once_the_store_is_available(self, clock: FakeClock) -> None:
        """Releasing a claim is retried while the store is busy."""
        store = FailingStore()
        store.release_errors = [StoreError(StoreCode.BUSY), StoreError(StoreCode.FULL)]
        worker = BlockableWorker(store, clock)
        await receive(store, clock, 1)
        async with build_engine(store, worker, clock, poll_s=0.01) as engine:
            await wait_until(lambda: bool(worker.advanced) and engine.running == 0)
        assert store.release_errors == []

    async def test_no_error_of_the_store_ends_the_engine(
        self,
        clock: FakeClock,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        """Expected and unexpected errors of the store are logged, and the job is advanced afterwards."""
        store = FailingStore()
        store.due_errors = [RuntimeError("said the store"), StoreError(StoreCode.FULL), StoreError(StoreCode.BROKEN)]
        worker = BlockableWorker(store, clock)
        await receive(store, clock, 1)
        async with build_engine(store, worker, clock, poll_s=0.01) as engine:
            await wait_until(lambda: bool(worker.advanced) and engine.running == 0)
        assert [record.message for record in caplog.records] == ["store_unavailable", "store_unavailable", "engine_failed"]

    async def test_a_cancellation_within_the_work_postpones_the_job(self, store: AllStores, clock: FakeClock) -> None:
        """If something inside the work is cancelled, the job is postponed as after any error."""
        advanced: list[Job] = []

        async def advance(job: Job) -> None:
            advanced.append(job)
            inner = asyncio.create_task(asyncio.sleep(LONG_POLL_S))
            inner.cancel()
            await inner

        await receive(store, clock, 1)
        async with LeaseEngine(store, store, advance, clock, owner="a", poll_s=LONG_POLL_S) as engine:
            await wait_until(lambda: bool(advanced))
            await wait_until_idle(engine, store, clock)
            assert await store.next_due() == 1005.0
        assert len(advanced) == 1


class TestStopping:
    async def test_running_work_may_end_within_the_grace_period(self, store: AllStores, clock: FakeClock) -> None:
        """Work that ends within the grace period is not cancelled, and jobs that were not claimed stay due."""
        jobs = await receive(store, clock, 3)
        worker = BlockableWorker(store, clock, blocked=True)
        async with build_engine(store, worker, clock, workers=1) as engine:
            await wait_until(lambda: engine.running == 1)
            stopping = asyncio.create_task(engine.stop(grace_s=10.0))
            await asyncio.sleep(0)
            worker.proceed.set()
            await stopping
        assert (worker.claims, worker.cancelled) == ([(J0, 1)], [])
        assert await store.due(now=clock.now(), limit=9) == jobs[1:]

    async def test_without_a_grace_period_claims_are_released(self, store: AllStores, clock: FakeClock) -> None:
        """Without a grace period the work is cancelled and its jobs are due at once."""
        await receive(store, clock, 2)
        worker = BlockableWorker(store, clock, blocked=True)
        async with build_engine(store, worker, clock) as engine:
            await wait_until(lambda: engine.running == 2)
            await engine.stop(grace_s=0.0)
            assert engine.running == 0
        assert sorted(worker.cancelled) == [J0, J1]
        assert await store.due(now=clock.now(), limit=9) == [J0, J1]

    async def test_a_restart_continues_the_jobs(self, store: AllStores, clock: FakeClock) -> None:
        """The next process ends the jobs that the first one left, under a higher epoch."""
        await receive(store, clock, 2)
        first, second = BlockableWorker(store, clock, blocked=True), BlockableWorker(store, clock)
        async with build_engine(store, first, clock, owner="a") as engine:
            await wait_until(lambda: engine.running == 2)
        async with build_engine(store, second, clock, owner="b") as engine:
            await wait_until(lambda: len(second.advanced) == 2 and engine.running == 0)
        assert sorted(second.claims) == [(J0, 2), (J1, 2)]

    async def test_a_claim_that_returns_after_the_stop_is_released(self, clock: FakeClock) -> None:
        """If the engine is stopped while it claims a job, it releases the claim and starts no work."""
        store = GatedClaims()
        worker = BlockableWorker(store, clock)
        await receive(store, clock, 1)
        async with build_engine(store, worker, clock) as engine:
            await store.claim_started.wait()
            stopping = asyncio.create_task(engine.stop(grace_s=0.0))
            await asyncio.sleep(0)
            store.claim_gate.set()
            await stopping
        assert worker.advanced == []
        assert await store.due(now=clock.now(), limit=9) == [J0]

    async def test_a_cancelled_run_releases_its_claims(self, store: AllStores, clock: FakeClock) -> None:
        """Cancelling `run` cancels the work and releases its claims."""
        await receive(store, clock, 1)
        worker = BlockableWorker(store, clock, blocked=True)
        engine = build_engine(store, worker, clock)
        run = asyncio.create_task(engine.run())
        await wait_until(lambda: engine.running == 1)
        run.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run
        assert (engine.running, worker.cancelled) == (0, [J0])
        assert await store.due(now=clock.now(), limit=9) == [J0]

    async def test_stopping_twice_or_before_the_start_does_no_harm(self, store: AllStores, clock: FakeClock) -> None:
        """A second `stop` has no effect, and a stopped engine claims nothing."""
        await receive(store, clock, 1)
        worker = BlockableWorker(store, clock)
        engine = build_engine(store, worker, clock)
        await engine.stop(grace_s=1.0)
        await engine.stop(grace_s=1.0)
        await engine.run()
        assert worker.advanced == []
