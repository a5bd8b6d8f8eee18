"""What an engine does when work or database fail, and when it has to stop."""

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


class TestTrouble:
    async def test_an_error_nobody_foresaw_postpones_the_job_alone(
        self,
        store: AllStores,
        clock: FakeClock,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        """It is logged with its job, tried again later and later, and the others go on."""
        worker = BlockableWorker(store, clock)
        tries: asyncio.Queue[float] = asyncio.Queue()

        async def advance(job: Job) -> None:
            if job.id == J1:
                return await worker.advance(job)
            tries.put_nowait(clock.now() - 1000.0)
            raise LookupError("said the worker")

        await receive(store, clock, 2)
        async with LeaseEngine(store, store, advance, clock, owner="a", poll_s=LONG_POLL_S) as engine:
            assert await asyncio.wait_for(tries.get(), 10) == 0.0
            for pause_s, expected in ((5.0, 5.0), (10.0, 15.0)):
                for passed_s in (pause_s - 1.0, 1.0):
                    await wait_until_idle(engine, store, clock)
                    clock.advance(passed_s)
                    engine.wake()
                assert await asyncio.wait_for(tries.get(), 10) == expected
            await wait_until_idle(engine, store, clock)
        assert await load_state(store, J1) is JobState.FAILED
        failures = [record for record in caplog.records if record.message == "advance_failed"]
        assert [(vars(record)["job"], record.exc_info is not None) for record in failures] == [(J0, True)] * 3

    async def test_a_busy_database_is_waited_for(self, store: AllStores, clock: FakeClock) -> None:
        """The job is not to blame: no attempt is counted."""
        worker, busy = BlockableWorker(store, clock), [StoreError(StoreCode.BUSY), StoreError(StoreCode.FULL)]

        async def advance(job: Job) -> None:
            if busy:
                raise busy.pop()
            await worker.advance(job)

        await receive(store, clock, 1)
        async with LeaseEngine(store, store, advance, clock, owner="a", poll_s=0.01) as engine:
            await wait_until(lambda: bool(worker.advanced) and engine.running == 0)
        assert [(job.epoch, job.attempts) for job in worker.advanced] == [(3, 0)]

    async def test_a_claim_is_given_back_when_the_store_can_again(self, clock: FakeClock) -> None:
        """A store that is busy just then is asked once more."""
        store = FailingStore()
        store.release_errors = [StoreError(StoreCode.BUSY), StoreError(StoreCode.FULL)]
        worker = BlockableWorker(store, clock)
        await receive(store, clock, 1)
        async with build_engine(store, worker, clock, poll_s=0.01) as engine:
            await wait_until(lambda: bool(worker.advanced) and engine.running == 0)
        assert store.release_errors == []

    async def test_the_engine_outlives_every_error_of_the_store(
        self,
        clock: FakeClock,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        """Known or not, it is logged, and the next look finds the job."""
        store = FailingStore()
        store.due_errors = [RuntimeError("said the store"), StoreError(StoreCode.FULL), StoreError(StoreCode.BROKEN)]
        worker = BlockableWorker(store, clock)
        await receive(store, clock, 1)
        async with build_engine(store, worker, clock, poll_s=0.01) as engine:
            await wait_until(lambda: bool(worker.advanced) and engine.running == 0)
        assert [record.message for record in caplog.records] == ["store_unavailable", "store_unavailable", "engine_failed"]

    async def test_a_cancellation_from_within_does_not_come_back_at_once(self, store: AllStores, clock: FakeClock) -> None:
        """Something inside the work was cancelled, not the work: the job waits like after any error."""
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
    async def test_running_work_has_its_grace(self, store: AllStores, clock: FakeClock) -> None:
        """What ends in time ends well; what was not begun stays in the database."""
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

    async def test_without_grace_the_claim_is_given_back(self, store: AllStores, clock: FakeClock) -> None:
        """The work is cancelled, and the job is due at once, not when a lease is over."""
        await receive(store, clock, 2)
        worker = BlockableWorker(store, clock, blocked=True)
        async with build_engine(store, worker, clock) as engine:
            await wait_until(lambda: engine.running == 2)
            await engine.stop(grace_s=0.0)
            assert engine.running == 0
        assert sorted(worker.cancelled) == [J0, J1]
        assert await store.due(now=clock.now(), limit=9) == [J0, J1]

    async def test_a_restart_picks_up(self, store: AllStores, clock: FakeClock) -> None:
        """What the first process left, the second ends under a higher epoch."""
        await receive(store, clock, 2)
        first, second = BlockableWorker(store, clock, blocked=True), BlockableWorker(store, clock)
        async with build_engine(store, first, clock, owner="a") as engine:
            await wait_until(lambda: engine.running == 2)
        async with build_engine(store, second, clock, owner="b") as engine:
            await wait_until(lambda: len(second.advanced) == 2 and engine.running == 0)
        assert sorted(second.claims) == [(J0, 2), (J1, 2)]

    async def test_a_claim_under_way_is_given_back(self, clock: FakeClock) -> None:
        """A stop between asking for a job and getting it starts no work."""
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

    async def test_a_cancelled_run_gives_its_claims_back(self, store: AllStores, clock: FakeClock) -> None:
        """Whoever runs the engine may simply be cancelled."""
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

    async def test_stopping_twice_or_before_the_start_is_harmless(self, store: AllStores, clock: FakeClock) -> None:
        """A second signal finds nothing to do, and a stopped engine starts nothing."""
        await receive(store, clock, 1)
        worker = BlockableWorker(store, clock)
        engine = build_engine(store, worker, clock)
        await engine.stop(grace_s=1.0)
        await engine.stop(grace_s=1.0)
        await engine.run()
        assert worker.advanced == []
