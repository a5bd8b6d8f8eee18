"""Calls of one job whose ways part: ends at the same moment, lost claims, deadlines, and a restored backup."""

import asyncio
from pathlib import Path

import pytest

from bot.errors import StoreCode, StoreError
from bot.ids import BlobId, JobId
from bot.images.processor import ImageProcessor
from bot.jobs.call import Call, CallMove, CallState
from bot.jobs.deadlines import CALL_DEADLINES, DEADLINES
from bot.jobs.job import Job, JobState, Move
from bot.jobs.picture import PictureRow
from bot.jobs.ports import Slot
from bot.upstream.contract import Completed, PictureReady, Started, Write
from bot.wallet.ledger import Usage
from tests.fakes.engine import wait_until
from tests.fakes.jobs import ADA
from tests.fakes.pictures import picture
from tests.fakes.several_calls import SplittingStore, StandingClock, UnhurriedGateway, build_split
from tests.fakes.upstream import Script, ScriptedDownloads
from tests.fakes.worker import OVERLOADED, WorkerHarness, build_harness, imagine

C = CallState
PAINTED: Script = [Started(), PictureReady(index=0, address="red"), Completed(billed=1)]


class MeetingStore(SplittingStore):
    """The ends of two calls are written at the same moment: neither knows of the other. `ends`: whether each ended the job."""

    def __init__(self) -> None:
        super().__init__()
        self.ends: list[bool] = []
        self.both = asyncio.Event()

    async def move_call(self, job: Job, call: Call, move: CallMove, *, now: float, then: Move | None = None) -> Job:
        if move.to is C.ANSWERED:
            self.ends.append(then is not None)
            if len(self.ends) == 2:
                self.both.set()
            await self.both.wait()
        return await super().move_call(job, call, move, now=now, then=then)


async def start(harness: WorkerHarness, count: int) -> tuple[JobId, "asyncio.Task[Slot | None]"]:
    job_id = await harness.receive(imagine(count))
    claimed = await harness.store.claim(job_id, owner="test", now=harness.clock.now(), lease_s=30.0)
    assert claimed is not None
    return job_id, asyncio.create_task(harness.worker.advance(claimed))


def calls_of(job: Job) -> list[CallState]:
    return [call.state for call in job.calls]


async def test_two_ends_at_the_same_moment(processor: ImageProcessor, tmp_path: Path) -> None:
    """Neither is the last one; the job is settled after both, once."""
    store = MeetingStore()
    gateway = UnhurriedGateway([PAINTED, PAINTED])
    harness, _ = build_split(processor, tmp_path, gateway, store=store)

    job = await harness.advance_to_end(await harness.receive(imagine(2)))

    assert (job.state, store.ends) == (JobState.DONE, [False, False])
    assert await harness.usage() == Usage(settled=2, held=0)


async def test_a_lost_claim_pays_for_nothing_twice(processor: ImageProcessor, tmp_path: Path) -> None:
    """What its calls still answer is refused; the new owner finds them uncertain, and every slot is free again."""
    gateway = UnhurriedGateway([PAINTED] * 3, held=True)
    harness, limiter = build_split(processor, tmp_path, gateway, at_once=2)
    job_id, advancing = await start(harness, 3)
    await wait_until(lambda: len(gateway.asked) == 2)
    seized = await harness.store.seize(job_id, owner="other", now=harness.clock.now(), lease_s=60.0)
    assert seized is not None
    for gate in gateway.gates:
        gate.set()
    with pytest.raises(StoreError) as caught:
        await advancing
    assert caught.value.store is StoreCode.FENCED
    assert all(limiter.slot(JobId(f"next {number}"), 1, ADA).granted for number in range(2))
    for number in range(2):
        limiter.slot(JobId(f"next {number}"), 1, ADA).release()

    await harness.worker.advance(await harness.load(job_id))

    job = await harness.load(job_id)
    assert (job.state, calls_of(job), len(gateway.asked)) == (JobState.DONE, [C.UNCERTAIN, C.UNCERTAIN, C.ANSWERED], 3)


async def test_only_the_call_that_is_late_expires(processor: ImageProcessor, tmp_path: Path) -> None:
    """Nobody wants a picture, or a bill, for a request from yesterday; what was made is delivered."""
    gateway = UnhurriedGateway([PAINTED, [OVERLOADED]])
    harness, _ = build_split(processor, tmp_path, gateway, clock=StandingClock())
    job_id = await harness.receive(imagine(2))
    await harness.advance_once(job_id)
    assert calls_of(await harness.load(job_id)) == [C.ANSWERED, C.PLANNED]
    harness.clock.advance(CALL_DEADLINES[C.PLANNED] + 1)
    (overdue,) = await harness.store.overdue(DEADLINES, CALL_DEADLINES, now=harness.clock.now(), limit=9)
    seized = await harness.store.seize(overdue, owner="reaper", now=harness.clock.now(), lease_s=60.0)
    assert seized is not None

    await harness.worker.expire(seized)

    job = await harness.load(job_id)
    assert (job.state, calls_of(job), len(gateway.asked)) == (JobState.DONE, [C.ANSWERED, C.FAILED], 2)
    assert "Image 2: not generated in time." in (harness.platform.last_result().note or "")
    assert await harness.store.settled(job_id) == 1


async def test_the_job_of_a_restored_backup_ends_call_by_call(processor: ImageProcessor, tmp_path: Path) -> None:
    """What is on the disk is kept, what was at the gateway is uncertain, and what was planned is never made."""
    gateway = UnhurriedGateway([])
    harness, _ = build_split(processor, tmp_path, gateway)
    store = harness.store
    job_id = await harness.receive(imagine(4))
    harness.stopping.set()
    job = await store.claim(job_id, owner="original", now=harness.clock.now(), lease_s=30.0)
    assert job is not None
    prepared = await harness.worker._steps[JobState.RECEIVED](job)
    assert isinstance(prepared, Job)
    job, now = prepared, harness.clock.now()
    for number in (1, 2, 3):
        job = await store.move_call(job, job.call(number), CallMove(to=C.SUBMITTING), now=now)
    stored = PictureRow(index=0, call=1, state="stored", blob=BlobId("ab" * 32), media_type="image/png", size_bytes=1)
    await store.put_picture(job, stored)
    job = await store.move_call(job, job.call(1), CallMove(to=C.COLLECTING, billed=1, billed_by="counts"), now=now)

    while not job.notified:
        job = await harness.worker._settlement.abandon(job)

    assert (job.state, calls_of(job)) == (JobState.DONE, [C.ANSWERED, C.UNCERTAIN, C.UNCERTAIN, C.FAILED])
    booked = {number: spend.billed_by for (_, number), spend in store.call_spends.items()}
    assert booked == {1: "counts", 2: "estimate", 3: "estimate"}
    assert (await harness.usage(), gateway.asked) == (Usage(settled=1, held=0), [])


class HeldDownloads(ScriptedDownloads):
    """Nothing arrives before the gate is open."""

    def __init__(self) -> None:
        super().__init__({"red": [picture("red")]})
        self.gate = asyncio.Event()

    async def fetch(self, address: str, write: Write) -> None:
        await self.gate.wait()
        await super().fetch(address, write)


async def test_a_crash_while_a_complete_answer_is_downloaded_leaves_nothing_uncertain(
    processor: ImageProcessor, tmp_path: Path
) -> None:
    """What the answer says is recorded before its pictures are here: the next process fetches them, and books what was billed."""
    downloads = HeldDownloads()
    harness = build_harness(processor, tmp_path, PAINTED, downloads=downloads)
    job_id, advancing = await start(harness, 1)

    async def is_collecting() -> bool:
        return calls_of(await harness.load(job_id)) == [C.COLLECTING]

    await wait_until(is_collecting)
    advancing.cancel()
    await asyncio.wait({advancing})
    downloads.gate.set()
    harness.clock.advance(60.0)

    job = await harness.advance_to_end(job_id)

    assert (job.state, calls_of(job), len(harness.upstream.asked)) == (JobState.DONE, [C.ANSWERED], 1)
    assert (job.call(1).billed_by, harness.store.spends[job_id].images) == ("counts", 1)
