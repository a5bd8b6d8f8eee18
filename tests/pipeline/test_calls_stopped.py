"""A member who stops a job of several calls: what is not made yet ends at once and free, what is paid for still comes."""

from pathlib import Path

from bot.engine.leases import LeaseEngine
from bot.errors import UpstreamError, UpstreamKind
from bot.ids import JobId, UserId
from bot.images.processor import ImageProcessor
from bot.jobs.call import CallState as C
from bot.jobs.job import Job, JobState
from bot.upstream.contract import Completed, PictureReady, Started
from tests.fakes.engine import wait_until
from tests.fakes.pictures import picture
from tests.fakes.several_calls import SplittingStore, StandingClock, UnhurriedGateway, build_split
from tests.fakes.upstream import Script
from tests.fakes.worker import OVERLOADED, USER, WorkerHarness, imagine
from tests.pipeline.test_calls_apart import calls_of, start

GONE = UpstreamError(UpstreamKind.DOWNLOAD, certain=True, retryable=True)


class StoppedMeanwhile(SplittingStore):
    """The member stops a job after it was read, before whoever has read it does anything."""

    stops = False

    async def load(self, job: JobId) -> Job | None:
        read = await super().load(job)
        if self.stops:
            self.stops = False
            await self.cancel(job, USER, now=0.0)
        return read


def answer(colour: str, *, unasked: int = 0) -> Script:
    more = [PictureReady(index=1 + number, address="white") for number in range(unasked)]
    return [Started(), PictureReady(index=0, address=colour), *more, Completed(billed=1 + unasked)]


async def stop(harness: WorkerHarness, job: JobId) -> None:
    await harness.store.cancel(job, USER, now=harness.clock.now())


async def test_what_is_planned_ends_and_what_is_made_is_delivered(processor: ImageProcessor, tmp_path: Path) -> None:
    """Only what came is settled; an unasked picture beside it is free; the receipt says what was stopped."""
    gateway = UnhurriedGateway([answer("red"), answer("green", unasked=1)], held=True)
    harness, limiter = build_split(processor, tmp_path, gateway, at_once=2)
    job_id, advancing = await start(harness, 6)
    await wait_until(lambda: len(gateway.asked) == 2)
    await stop(harness, job_id)
    gateway.gates[0].set()
    gateway.gates[1].set()
    assert await advancing is None
    job = await harness.load(job_id)
    assert (job.state, calls_of(job)) == (JobState.DONE, [C.ANSWERED] * 2 + [C.CANCELLED] * 4)
    assert (len(gateway.asked), await harness.store.settled(job_id), limiter.place(job_id)) == (2, 2, None)
    assert "You stopped 4 more, free of charge." in (harness.platform.last_result().note or "")
    assert "missing" not in (harness.platform.last_result().text or "")


async def test_a_call_that_is_put_back_after_the_stop_is_not_made_again(processor: ImageProcessor, tmp_path: Path) -> None:
    """If that was the only one, nothing was charged."""
    gateway = UnhurriedGateway([[OVERLOADED]], held=True)
    harness, limiter = build_split(processor, tmp_path, gateway, at_once=1)
    job_id, advancing = await start(harness, 3)
    await wait_until(lambda: len(gateway.asked) == 1)
    await stop(harness, job_id)
    gateway.gates[0].set()
    assert await advancing is None
    job = await harness.load(job_id)
    assert (job.state, calls_of(job), job.notified) == (JobState.CANCELLED, [C.CANCELLED] * 3, True)
    assert (await harness.store.settled(job_id), limiter.place(job_id)) == (0, None)


async def test_a_stop_during_the_first_step_of_a_call_keeps_it_from_being_made(processor: ImageProcessor, tmp_path: Path) -> None:
    """Whoever has claimed the job still knows the call as planned: its own record is refused, and its siblings go on."""
    gateway, store = UnhurriedGateway([answer("red"), answer("green")], held=True), StoppedMeanwhile()
    harness, _ = build_split(processor, tmp_path, gateway, at_once=1, store=store)
    job_id, advancing = await start(harness, 2)
    await wait_until(lambda: len(gateway.asked) == 1)
    store.stops = True
    gateway.gates[0].set()
    gateway.gates[1].set()
    assert await advancing is None
    job = await harness.load(job_id)
    assert (job.state, calls_of(job), len(gateway.asked)) == (JobState.DONE, [C.ANSWERED, C.CANCELLED], 1)


async def test_a_job_that_only_waits_in_line_ends_at_once(processor: ImageProcessor, tmp_path: Path) -> None:
    """Its place goes to the next one, and what has come is delivered."""
    clock, gateway = StandingClock(), UnhurriedGateway([answer("red")])
    harness, limiter = build_split(processor, tmp_path, gateway, at_once=1, clock=clock)
    harness.downloads.pictures["red"] = [GONE, GONE, picture("red")]
    store, worker = harness.store, harness.worker
    job_id = await harness.receive(imagine(2))
    first = limiter.slot(JobId("first"), 1, UserId("discord:first"))
    async with LeaseEngine(store, store, worker.advance, clock, owner="a", poll_s=0.01) as engine:
        await wait_until(lambda: engine.queued == 1)
        other = limiter.slot(JobId("other"), 1, UserId("discord:other"))
        first.release()

        async def collecting() -> bool:
            return calls_of(await harness.load(job_id)) == [C.COLLECTING, C.PLANNED] and engine.queued == 1

        await wait_until(collecting)
        await stop(harness, job_id)
        engine.wake(job_id)

        async def done() -> bool:
            clock.advance(5.0)
            return (await harness.load(job_id)).notified

        await wait_until(done)
        assert (other.granted, limiter.place(job_id)) == (True, None)
    job = await harness.load(job_id)
    assert (job.state, calls_of(job), len(gateway.asked)) == (JobState.DONE, [C.ANSWERED, C.CANCELLED], 1)
    assert await harness.store.settled(job_id) == 1
