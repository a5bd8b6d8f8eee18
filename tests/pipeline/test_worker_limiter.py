"""Jobs are queued for a slot of their gateway, and every slot is passed on."""

import asyncio
import shutil
from pathlib import Path

import pytest

from bot.commands.command import Attachment, Generate
from bot.engine.leases import LeaseEngine
from bot.errors import StoreError, UpstreamError, UpstreamKind
from bot.ids import JobId
from bot.images.processor import ImageProcessor
from bot.jobs.job import Job, JobState
from bot.upstream.contract import Completed, PictureReady
from bot.upstream.limiter import GatewayLimiter
from tests.fakes.clock import FakeClock
from tests.fakes.engine import LONG_POLL_S, wait_until
from tests.fakes.jobs import ADA
from tests.fakes.pictures import picture
from tests.fakes.upstream import Script
from tests.fakes.worker import WorkerHarness, build_harness, imagine

ONE_PICTURE: Script = [PictureReady(index=0, address="a"), Completed(billed=1)]
OTHER = JobId("before")


@pytest.fixture
def limiter() -> GatewayLimiter:
    return GatewayLimiter(FakeClock(), at_once=1)


async def claim(harness: WorkerHarness, job_id: JobId) -> Job:
    job = await harness.store.claim(job_id, owner="test", now=harness.clock.now(), lease_s=30.0)
    assert job is not None
    return job


async def test_a_queued_job_returns_its_slot(processor: ImageProcessor, tmp_path: Path, limiter: GatewayLimiter) -> None:
    """`advance` returns the slot of a queued job, which shows that it waits; once granted, the job continues from its row."""
    harness = build_harness(processor, tmp_path, ONE_PICTURE, pictures={"a": [picture()]}, limiter=limiter)
    before = limiter.slot(OTHER, 1, ADA)
    job_id = await harness.receive(imagine())

    slot = await harness.worker.advance(await claim(harness, job_id))

    assert slot is not None
    assert (slot.granted, limiter.place(job_id)) == (False, 1)
    assert ((await harness.load(job_id)).state, harness.upstream.asked) == (JobState.ACCEPTED, [])
    await wait_until(lambda: "Queued: " in harness.platform.last_progress().text)

    before.release()
    assert slot.granted
    assert await harness.worker.advance(await harness.load(job_id)) is None

    assert ((await harness.load(job_id)).state, len(harness.platform.progress)) == (JobState.DONE, 1)


@pytest.mark.parametrize(
    "script",
    [
        ONE_PICTURE,
        [UpstreamError(UpstreamKind.OVERLOAD, certain=True, retryable=True)],
        [UpstreamError(UpstreamKind.POLICY_TEXT, certain=True)],
        [UpstreamError(UpstreamKind.AMBIGUOUS, certain=False)],
        [LookupError("said the upstream")],
    ],
)
async def test_the_slot_is_released_however_the_call_ends(
    processor: ImageProcessor,
    tmp_path: Path,
    limiter: GatewayLimiter,
    script: Script,
) -> None:
    """The slot is released after success, a certain or uncertain failure, and an unexpected error."""
    harness = build_harness(processor, tmp_path, script, pictures={"a": [picture()]}, limiter=limiter)
    job = await claim(harness, await harness.receive(imagine()))

    await asyncio.gather(harness.worker.advance(job), return_exceptions=True)

    assert len(harness.upstream.asked) == 1
    assert limiter.slot(OTHER, 1, ADA).granted


async def test_a_stop_before_the_call_releases_the_slot(
    processor: ImageProcessor, tmp_path: Path, limiter: GatewayLimiter
) -> None:
    """If the process stops before the paid call, the slot is released, and the job stays ACCEPTED."""
    harness = build_harness(processor, tmp_path, ONE_PICTURE, limiter=limiter)
    before = limiter.slot(OTHER, 1, ADA)
    job_id = await harness.receive(imagine())
    await harness.worker.advance(await claim(harness, job_id))
    harness.stopping.set()
    before.release()

    assert await harness.worker.advance(await harness.load(job_id)) is None

    limiter.slot(job_id, 1, ADA).release()
    assert ((await harness.load(job_id)).state, harness.upstream.asked) == (JobState.ACCEPTED, [])


async def test_a_claim_lost_in_the_queue_makes_no_call(
    processor: ImageProcessor, tmp_path: Path, limiter: GatewayLimiter
) -> None:
    """A queued job that another process has claimed makes no call, and its slot is released."""
    harness = build_harness(processor, tmp_path, ONE_PICTURE, limiter=limiter)
    before = limiter.slot(OTHER, 1, ADA)
    job_id = await harness.receive(imagine())
    await harness.worker.advance(await claim(harness, job_id))
    stale = await harness.load(job_id)
    harness.clock.advance(31.0)
    await claim(harness, job_id)
    before.release()

    with pytest.raises(StoreError):
        await harness.worker.advance(stale)

    assert harness.upstream.asked == []
    assert limiter.slot(OTHER, 1, ADA).granted


async def test_a_failed_reference_transfer_releases_the_slot(
    processor: ImageProcessor, tmp_path: Path, limiter: GatewayLimiter
) -> None:
    """If a reference cannot be read before the call, no call is made and the slot is released."""
    harness = build_harness(processor, tmp_path, ONE_PICTURE, limiter=limiter)
    harness.platform.files = {"one": picture()}
    job_id = await harness.receive(Generate(verb="edit", prompt="merge", references=(Attachment(address="one", name="one"),)))
    before = limiter.slot(OTHER, 1, ADA)
    await harness.worker.advance(await claim(harness, job_id))
    await asyncio.to_thread(shutil.rmtree, tmp_path)
    before.release()

    with pytest.raises(StoreError):
        await harness.worker.advance(await harness.load(job_id))

    assert harness.upstream.asked == []
    assert limiter.slot(OTHER, 1, ADA).granted


async def test_many_jobs_share_one_slot(processor: ImageProcessor, tmp_path: Path, limiter: GatewayLimiter) -> None:
    """With one slot, each of six jobs makes one call, and all are delivered."""
    harness = build_harness(processor, tmp_path, *[ONE_PICTURE] * 6, pictures={"a": [picture()]}, limiter=limiter)
    jobs = [await harness.receive(imagine()) for _ in range(6)]

    async with LeaseEngine(
        harness.store, harness.store, harness.worker.advance, harness.clock, owner="a", poll_s=LONG_POLL_S
    ) as engine:

        async def all_notified() -> bool:
            return all([(await harness.load(job)).notified for job in jobs])

        await wait_until(all_notified)
        await wait_until(lambda: engine.running == engine.queued == 0)

    assert [(await harness.load(job)).state for job in jobs] == [JobState.DONE] * 6
    assert (len(harness.upstream.asked), len(harness.platform.posted)) == (6, 6)
