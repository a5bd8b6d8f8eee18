"""What one call of a job waits for keeps none of the others from going on, and never ends one that is paid for."""

from pathlib import Path

from bot.engine.leases import REAP_INTERVAL_S, LeaseEngine
from bot.errors import UpstreamError, UpstreamKind
from bot.ids import JobId, UserId
from bot.images.processor import ImageProcessor
from bot.jobs.call import CallState as C
from bot.upstream.contract import Completed, PictureReady, Started
from tests.fakes.engine import wait_until
from tests.fakes.pictures import picture
from tests.fakes.several_calls import StandingClock, UnhurriedGateway, build_split
from tests.fakes.upstream import Script
from tests.fakes.worker import OVERLOADED, WorkerHarness, imagine
from tests.pipeline.test_calls_apart import calls_of

GONE = UpstreamError(UpstreamKind.DOWNLOAD, certain=True, retryable=True)
DAY_S = 24 * 3600.0


def answer(colour: str) -> Script:
    return [Started(), PictureReady(index=0, address=colour), Completed(billed=1)]


def engine_of(harness: WorkerHarness) -> LeaseEngine:
    store, worker = harness.store, harness.worker
    return LeaseEngine(store, store, worker.advance, harness.clock, owner="a", poll_s=0.01, expire=worker.expire)


async def test_a_picture_is_fetched_again_while_another_call_waits_in_line(processor: ImageProcessor, tmp_path: Path) -> None:
    """Its address does not live for ever, and the line may be long; the call that waits keeps its place."""
    clock, gateway = StandingClock(), UnhurriedGateway([answer("red"), answer("blue")])
    harness, limiter = build_split(processor, tmp_path, gateway, at_once=1, clock=clock)
    harness.downloads.pictures["red"] = [GONE, GONE, picture("red")]
    job = await harness.receive(imagine(2))
    first = limiter.slot(JobId("first"), 1, UserId("discord:first"))
    async with engine_of(harness) as engine:
        await wait_until(lambda: engine.queued == 1)
        # Another member's call takes the only slot as soon as the first call has answered.
        other = limiter.slot(JobId("other"), 1, UserId("discord:other"))
        last = limiter.slot(JobId("last"), 1, UserId("discord:last"))
        first.release()

        async def collecting() -> bool:
            return calls_of(await harness.load(job))[0] is C.COLLECTING and engine.queued == 1

        async def fetched() -> bool:
            clock.advance(5.0)
            return calls_of(await harness.load(job)) == [C.ANSWERED, C.PLANNED] and engine.queued == 1

        await wait_until(collecting)
        await wait_until(fetched)
        other.release()
        last.release()

        async def done() -> bool:
            return (await harness.load(job)).notified

        await wait_until(done)
    assert calls_of(await harness.load(job)) == [C.ANSWERED, C.ANSWERED]


async def test_a_call_that_was_put_back_is_tried_again_while_another_waits_in_line(
    processor: ImageProcessor, tmp_path: Path
) -> None:
    """It joins the line as soon as it is due, not once the other has been served."""
    clock, gateway = StandingClock(), UnhurriedGateway([[OVERLOADED], answer("red"), answer("blue")])
    harness, limiter = build_split(processor, tmp_path, gateway, at_once=1, clock=clock)
    job = await harness.receive(imagine(2))
    first = limiter.slot(JobId("first"), 1, UserId("discord:first"))
    async with engine_of(harness) as engine:
        await wait_until(lambda: engine.queued == 1)
        other = limiter.slot(JobId("other"), 1, UserId("discord:other"))
        first.release()

        async def put_back() -> bool:
            return (await harness.load(job)).call(1).attempts == 1 and engine.queued == 1

        def in_line() -> bool:
            clock.advance(5.0)
            return len(limiter._slots[job]) == 2

        await wait_until(put_back)
        assert len(limiter._slots[job]) == 1
        await wait_until(in_line)
        other.release()

        async def done() -> bool:
            return (await harness.load(job)).notified

        await wait_until(done)
    assert calls_of(await harness.load(job)) == [C.ANSWERED, C.ANSWERED]


async def test_a_call_that_waited_too_long_ends_without_the_paid_one_beside_it(processor: ImageProcessor, tmp_path: Path) -> None:
    """The call at the gateway was made a moment ago: it is read to its end, and its picture arrives."""
    clock, gateway = StandingClock(), UnhurriedGateway([answer("red"), answer("blue")], held=True)
    harness, limiter = build_split(processor, tmp_path, gateway, at_once=1, clock=clock)
    job = await harness.receive(imagine(2))
    first = limiter.slot(JobId("first"), 1, UserId("discord:first"))
    async with engine_of(harness) as engine:
        await wait_until(lambda: engine.queued == 1)
        clock.advance(DAY_S - 100.0)
        first.release()
        await wait_until(lambda: len(gateway.asked) == 1)

        for _ in range(5):
            clock.advance(REAP_INTERVAL_S)
            engine.wake()
            await wait_until(lambda: engine.idle)
            assert calls_of(await harness.load(job))[0] is not C.UNCERTAIN

        async def done() -> bool:
            return (await harness.load(job)).notified

        gateway.gates[0].set()
        await wait_until(done)
    assert calls_of(await harness.load(job)) == [C.ANSWERED, C.FAILED]
    assert (len(gateway.asked), await harness.store.settled(job)) == (1, 1)


async def test_a_clock_that_jumps_ends_no_call_that_waits_beside_another(processor: ImageProcessor, tmp_path: Path) -> None:
    """What the clock has jumped over since the claim is no waiting time."""
    clock, gateway = StandingClock(), UnhurriedGateway([answer("red"), answer("blue")], held=True)
    harness, _ = build_split(processor, tmp_path, gateway, at_once=1, clock=clock)
    job = await harness.receive(imagine(2))
    async with engine_of(harness):
        await wait_until(lambda: len(gateway.asked) == 1)
        clock.jump(2 * DAY_S)
        clock.advance(REAP_INTERVAL_S)
        for gate in gateway.gates:
            gate.set()

        async def done() -> bool:
            return (await harness.load(job)).notified

        await wait_until(done)
    assert calls_of(await harness.load(job)) == [C.ANSWERED, C.ANSWERED]
