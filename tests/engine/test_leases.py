"""The engine advances jobs that are due, and takes over the jobs of dead processes."""

import asyncio

import pytest

from bot.clock import SystemClock
from bot.engine.leases import LeaseEngine
from bot.ids import JobId
from bot.jobs.job import Job, JobState
from tests.fakes.clock import FakeClock
from tests.fakes.engine import (
    LONG_POLL_S,
    BlockableWorker,
    build_engine,
    idle_engine,
    load_state,
    receive,
    wait_until,
    wait_until_idle,
    wait_until_renewed,
)
from tests.fakes.jobs import new_job
from tests.fakes.memory_store import MemoryStore
from tests.fakes.stores import AllStores

J0, J1 = JobId("j0"), JobId("j1")


class TestAdvancing:
    async def test_due_jobs_are_advanced_once(self, store: AllStores, clock: FakeClock) -> None:
        """Jobs from before the start are advanced to their end and released, and are not advanced again."""
        jobs, worker = await receive(store, clock, 5), BlockableWorker(store, clock)
        async with build_engine(store, worker, clock) as engine:
            await wait_until(lambda: len(worker.advanced) == 5 and engine.running == 0)
            engine.wake()
            clock.advance(1000.0)
            engine.wake()
        assert sorted(worker.claims) == [(job, 1) for job in jobs]
        assert [await load_state(store, job) for job in jobs] == [JobState.FAILED] * 5

    @pytest.mark.parametrize("named", [True, False])
    async def test_wake_starts_new_work_without_delay(self, store: AllStores, clock: FakeClock, *, named: bool) -> None:
        """A new job is advanced before the next poll, whether or not `wake` names it."""
        worker = BlockableWorker(store, clock)
        engine = build_engine(store, worker, clock)
        async with idle_engine(engine, store, clock, worker):
            await store.receive(new_job("j0"), now=clock.now())
            engine.wake(J0 if named else None)
            await wait_until(lambda: len(worker.advanced) == 2)
        assert worker.advanced[1].id == J0

    async def test_many_jobs_run_concurrently(self, clock: FakeClock) -> None:
        """A thousand jobs that wait for their gateways all run at the same time."""
        store = MemoryStore()
        await receive(store, clock, 1000)
        worker = BlockableWorker(store, clock, blocked=True)
        async with build_engine(store, worker, clock, workers=5000) as engine:
            await wait_until(lambda: engine.running == 1000)
            worker.proceed.set()
            await wait_until(lambda: engine.running == 0)
        assert (len(worker.advanced), worker.max_running) == (1000, 1000)

    async def test_the_number_of_workers_is_limited(self, store: AllStores, clock: FakeClock) -> None:
        """With two workers, the next job starts when one ends, and every job is advanced."""
        jobs, worker = await receive(store, clock, 7), BlockableWorker(store, clock)
        async with build_engine(store, worker, clock, workers=2) as engine:
            await wait_until(lambda: len(worker.advanced) == 7 and engine.running == 0)
        assert sorted(job.id for job in worker.advanced) == jobs
        assert worker.max_running <= 2

    async def test_a_postponed_job_is_advanced_when_it_is_due(self, store: AllStores, clock: FakeClock) -> None:
        """A postponed job is advanced at `not_before`, with one more attempt counted."""
        seen: asyncio.Queue[tuple[float, int]] = asyncio.Queue()

        async def advance(job: Job) -> None:
            seen.put_nowait((clock.now(), job.attempts))
            await store.postpone(job, not_before=clock.now() + 30.0, now=clock.now())

        await receive(store, clock, 1)
        async with LeaseEngine(store, store, advance, clock, owner="a", poll_s=LONG_POLL_S) as engine:
            for expected in ((1000.0, 0), (1030.0, 1), (1060.0, 2)):
                assert await asyncio.wait_for(seen.get(), 60) == expected
                for _ in range(2):
                    await wait_until_idle(engine, store, clock)
                    clock.advance(15.0)
                    engine.wake()

    async def test_the_engine_wakes_when_the_next_job_is_due(self, store: AllStores) -> None:
        """The engine waits until the next due time in the store, not until the next poll."""
        clock = SystemClock()
        worker = BlockableWorker(store, clock)
        engine = build_engine(store, worker, clock)
        async with idle_engine(engine, store, clock, worker):
            await store.receive(new_job("j0"), now=clock.now())
            job = await store.claim(J0, owner="other", now=clock.now(), lease_s=60.0)
            assert job is not None
            await store.release(await store.postpone(job, not_before=clock.now() + 0.05, now=clock.now()))
            engine.wake()
            await wait_until(lambda: len(worker.advanced) == 2)
        assert worker.claims[1] == (J0, 2)


class TestLeases:
    async def test_two_engines_share_the_work(self, store: AllStores, clock: FakeClock) -> None:
        """Of two engines on one store, exactly one advances each job."""
        jobs, worker = await receive(store, clock, 40), BlockableWorker(store, clock)
        async with build_engine(store, worker, clock, owner="a") as a, build_engine(store, worker, clock, owner="b") as b:
            await wait_until(lambda: len(worker.advanced) == 40 and a.running == b.running == 0)
        assert sorted(worker.claims) == sorted((job, 1) for job in jobs)

    @pytest.mark.parametrize(("waited_s", "epoch"), [(59.0, 1), (60.0, 2)])
    async def test_a_claim_of_a_dead_process_expires(
        self,
        store: AllStores,
        clock: FakeClock,
        *,
        waited_s: float,
        epoch: int,
    ) -> None:
        """A job that a killed process has claimed is claimed again when its lease expires, and not before."""
        worker = BlockableWorker(store, clock)
        await receive(store, clock, 1)
        await store.claim(J0, owner="dead", now=clock.now(), lease_s=60.0)
        clock.advance(waited_s)
        async with idle_engine(build_engine(store, worker, clock), store, clock, worker):
            pass
        loaded = await store.load(J0)
        assert loaded is not None
        assert loaded.epoch == epoch

    async def test_a_worker_whose_lease_expired_is_fenced(self, store: AllStores, clock: FakeClock) -> None:
        """The write of a worker whose lease has expired is refused, and its engine continues with other jobs."""
        await receive(store, clock, 1)
        paused, quick = BlockableWorker(store, clock, blocked=True), BlockableWorker(store, clock)
        async with build_engine(store, paused, clock, owner="a") as a:
            await wait_until(lambda: len(paused.advanced) == 1 and a.idle)
            clock.advance(61.0)
            async with build_engine(store, quick, clock, owner="b") as b:
                await wait_until(lambda: len(quick.advanced) == 1 and b.running == 0)
            ended = await store.load(J0)
            paused.proceed.set()
            await wait_until(lambda: a.running == 0)
            assert await store.load(J0) == ended
            await store.receive(new_job("j1"), now=clock.now())
            a.wake(J1)
            await wait_until(lambda: len(paused.advanced) == 2 and a.running == 0)
        assert (paused.claims, quick.claims) == ([(J0, 1), (J1, 1)], [(J0, 2)])

    async def test_leases_of_running_work_are_renewed(self, store: AllStores, clock: FakeClock) -> None:
        """A job that runs for longer than a lease stays claimed."""
        await receive(store, clock, 2)
        slow, other = BlockableWorker(store, clock, blocked=True), BlockableWorker(store, clock)
        async with build_engine(store, slow, clock, owner="a") as a:
            await wait_until(lambda: a.running == 2 and a.idle)
            for _ in range(6):
                clock.advance(20.0)
                a.wake()
                await wait_until_renewed(store, clock)
            async with idle_engine(build_engine(store, other, clock, owner="b"), store, clock, other):
                pass
            slow.proceed.set()
            await wait_until(lambda: a.running == 0)
        assert [await load_state(store, job) for job in (J0, J1)] == [JobState.FAILED] * 2
        assert [job.id for job in other.advanced] == ["first"]

    async def test_leases_are_renewed_while_the_engine_stops(self, store: AllStores, clock: FakeClock) -> None:
        """A job that still runs during the grace period stays claimed."""
        await receive(store, clock, 1)
        slow = BlockableWorker(store, clock, blocked=True)
        async with build_engine(store, slow, clock, owner="a") as a:
            await wait_until(lambda: a.running == 1 and a.idle)
            stopping = asyncio.create_task(a.stop(grace_s=10.0))
            await asyncio.sleep(0)
            clock.advance(50.0)
            a.wake()
            await wait_until_renewed(store, clock)
            slow.proceed.set()
            await stopping
        assert await load_state(store, J0) is JobState.FAILED
