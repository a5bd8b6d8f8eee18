"""A paid call that provably never left this machine costs nothing and is made later; any other is uncertain."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.errors import StoreCode, StoreError, UpstreamError, UpstreamKind
from bot.ids import JobId
from bot.images.processor import ImageProcessor
from bot.jobs.call import Call, CallMove, CallState
from bot.jobs.job import Job, JobState, Move
from bot.jobs.picture import PictureRow
from bot.pipeline.calls.submit import PUT_BACK_TRIES
from bot.upstream.contract import Completed, PictureReady
from bot.wallet.ledger import Usage
from tests.fakes.memory_store import MemoryStore
from tests.fakes.pictures import picture
from tests.fakes.upstream import Script, ScriptedUpstream
from tests.fakes.worker import AMBIGUOUS, OVERLOADED, WorkerHarness, build_harness, imagine

PAINTED: Script = [PictureReady(index=0, address="a"), Completed(billed=1)]


async def do_nothing() -> None:
    return


@dataclass
class HinderedUpstream(ScriptedUpstream):
    """Awaits `hindrance` once before anything of a call is sent."""

    hindrance: Callable[[], Awaitable[None]] = do_nothing

    async def before_sending(self) -> None:
        hindrance, self.hindrance = self.hindrance, do_nothing
        await hindrance()


class HinderedStore(MemoryStore):
    """Fails as often as told: `moves` by the state that is moved to, and `reads` of pictures. `stalls`: after that commit."""

    def __init__(self) -> None:
        super().__init__()
        self.moves: dict[CallState, list[StoreError]] = {}
        self.reads: list[StoreError] = []
        self.stalls: CallState | None = None
        self.stalled = asyncio.Event()

    async def move_call(self, job: Job, call: Call, move: CallMove, *, now: float, then: Move | None = None) -> Job:
        if errors := self.moves.get(move.to):
            raise errors.pop()
        moved = await super().move_call(job, call, move, now=now, then=then)
        if move.to is self.stalls:
            self.stalled.set()
            await asyncio.Event().wait()
        return moved

    async def pictures(self, job: JobId) -> tuple[PictureRow, ...]:
        if self.reads:
            raise self.reads.pop()
        return await super().pictures(job)


def harness_of(
    processor: ImageProcessor, folder: Path, *scripts: Script, store: MemoryStore | None = None
) -> tuple[WorkerHarness, HinderedUpstream]:
    upstream = HinderedUpstream(list(scripts))
    return build_harness(processor, folder, upstream=upstream, store=store, pictures={"a": [picture()]}), upstream


async def advance_until_cancelled(harness: WorkerHarness, job_id: JobId, reached: asyncio.Event) -> None:
    """Claim and advance the job, and cancel that at the moment."""
    claimed = await harness.store.claim(job_id, owner="test", now=harness.clock.now(), lease_s=30.0)
    assert claimed is not None
    advancing = asyncio.create_task(harness.worker.advance(claimed))
    await asyncio.wait_for(reached.wait(), 60)
    harness.stopping.set()
    advancing.cancel()
    await asyncio.wait({advancing})
    assert advancing.cancelled()
    await harness.store.release(await harness.load(job_id))


async def assert_waiting_free_of_charge(harness: WorkerHarness, job_id: JobId) -> None:
    """The job waits with its hold as if nothing had happened, and is then paid for once."""
    job = await harness.load(job_id)
    assert (job.state, job.attempts, harness.upstream.asked) == (JobState.ACCEPTED, 0, [])
    assert (await harness.usage(), harness.store.spends) == (Usage(settled=0, held=1), {})
    harness.stopping.clear()
    ended = await harness.advance_to_end(job_id)
    assert (ended.state, len(harness.upstream.asked)) == (JobState.DONE, 1)


async def test_a_stop_before_the_call_leaves_costs_nothing(processor: ImageProcessor, tmp_path: Path) -> None:
    """A process that stops while it connects puts the job back: the next one makes the call."""
    harness, upstream = harness_of(processor, tmp_path, PAINTED)
    connecting = asyncio.Event()

    async def connect() -> None:
        connecting.set()
        await asyncio.Event().wait()

    upstream.hindrance = connect
    job_id = await harness.receive(imagine())
    await advance_until_cancelled(harness, job_id, connecting)
    await assert_waiting_free_of_charge(harness, job_id)


async def test_a_stop_during_the_commit_costs_nothing(processor: ImageProcessor, tmp_path: Path) -> None:
    """The commit of `submitting` is completed although its caller is cancelled; nothing was sent yet."""
    store = HinderedStore()
    harness, _ = harness_of(processor, tmp_path, PAINTED, store=store)
    store.stalls = CallState.SUBMITTING
    job_id = await harness.receive(imagine())
    await advance_until_cancelled(harness, job_id, store.stalled)
    store.stalls = None
    await assert_waiting_free_of_charge(harness, job_id)


async def test_a_failing_store_between_commit_and_call_costs_nothing(processor: ImageProcessor, tmp_path: Path) -> None:
    """An error of the store after the commit puts the job back, however long the store is busy."""
    store = HinderedStore()
    harness, _ = harness_of(processor, tmp_path, PAINTED, store=store)
    job_id = await harness.receive(imagine())
    store.reads = [StoreError(StoreCode.UNAVAILABLE)]
    store.moves[CallState.PLANNED] = [StoreError(StoreCode.BUSY) for _ in range(3 * PUT_BACK_TRIES)]

    with pytest.raises(StoreError, match="unavailable"):
        await harness.advance_once(job_id)

    await harness.store.release(await harness.load(job_id))
    await assert_waiting_free_of_charge(harness, job_id)


async def test_a_commit_that_failed_is_not_taken_back(processor: ImageProcessor, tmp_path: Path) -> None:
    """A job whose move to `submitting` was rolled back stays as it was."""
    store = HinderedStore()
    harness, _ = harness_of(processor, tmp_path, PAINTED, store=store)
    job_id = await harness.receive(imagine())
    store.moves[CallState.SUBMITTING] = [StoreError(StoreCode.FULL)]

    with pytest.raises(StoreError, match="full"):
        await harness.advance_once(job_id)

    await harness.store.release(await harness.load(job_id))
    await assert_waiting_free_of_charge(harness, job_id)


async def test_a_stop_does_not_wait_for_a_store_that_stays_busy(processor: ImageProcessor, tmp_path: Path) -> None:
    """Then the job stays in `submitting`, where the next process finds it uncertain: the safe side."""
    store = HinderedStore()
    harness, upstream = harness_of(processor, tmp_path, PAINTED, store=store)
    store.moves[CallState.PLANNED] = [StoreError(StoreCode.BUSY) for _ in range(PUT_BACK_TRIES + 1)]
    connecting = asyncio.Event()

    async def connect() -> None:
        connecting.set()
        await asyncio.Event().wait()

    upstream.hindrance = connect
    job_id = await harness.receive(imagine())
    await advance_until_cancelled(harness, job_id, connecting)

    assert len(store.moves[CallState.PLANNED]) == 1
    harness.stopping.clear()
    assert ((await harness.advance_to_end(job_id)).state, upstream.asked) == (JobState.UNCERTAIN, [])


async def test_an_uncertain_failure_before_the_call_leaves_is_certain(processor: ImageProcessor, tmp_path: Path) -> None:
    """The time limit of a whole call may end while it still connects: that is retried, and costs nothing."""
    harness, upstream = harness_of(processor, tmp_path, PAINTED)

    async def fail() -> None:
        raise UpstreamError(UpstreamKind.AMBIGUOUS, certain=False, detail="TimeoutError")

    upstream.hindrance = fail
    job_id = await harness.receive(imagine())
    await harness.advance_once(job_id)
    waiting = await harness.load(job_id)

    assert (waiting.state, waiting.call(1).attempts, upstream.asked) == (JobState.ACCEPTED, 1, [])
    harness.clock.advance(60.0)
    assert (await harness.advance_to_end(job_id)).state is JobState.DONE


async def test_what_may_have_left_stays_uncertain(processor: ImageProcessor, tmp_path: Path) -> None:
    """Once a byte may have left, no failure is taken for a call that was not made."""
    harness, _ = harness_of(processor, tmp_path, [AMBIGUOUS])

    job = await harness.advance_to_end(await harness.receive(imagine()))

    assert (job.state, len(harness.upstream.asked)) == (JobState.UNCERTAIN, 1)


async def test_a_certain_failure_is_recorded_persistently(processor: ImageProcessor, tmp_path: Path) -> None:
    """A gateway was too busy, and so is the database: the job still goes back, and is not taken for paid."""
    store = HinderedStore()
    harness, _ = harness_of(processor, tmp_path, [OVERLOADED], PAINTED, store=store)
    store.moves[CallState.PLANNED] = [StoreError(StoreCode.UNAVAILABLE) for _ in range(5)]
    job = await harness.advance_to_end(await harness.receive(imagine()))

    assert (job.state, len(harness.upstream.asked), store.moves[CallState.PLANNED]) == (JobState.DONE, 2, [])
