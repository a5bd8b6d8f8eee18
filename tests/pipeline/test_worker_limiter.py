"""Jobs that wait for a gateway's turn, and the turn that always goes on to the next."""

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
from tests.fakes.engine import NEVER_S, until
from tests.fakes.pictures import picture
from tests.fakes.upstream import Script
from tests.fakes.worker import WorkerHarness, build, imagine

ONE: Script = [PictureReady(index=0, address="a"), Completed(billed=1)]
BEFORE = JobId("before")


@pytest.fixture
def limiter() -> GatewayLimiter:
    return GatewayLimiter(FakeClock(), at_once=1)


async def claimed(harness: WorkerHarness, job_id: JobId) -> Job:
    job = await harness.store.claim(job_id, owner="test", now=harness.clock.now(), lease_s=30.0)
    assert job is not None
    return job


async def test_a_job_waits_for_its_turn_as_a_row(processor: ImageProcessor, tmp_path: Path, limiter: GatewayLimiter) -> None:
    """The member is told that it stands in line; called, it goes on from its row and its message."""
    harness = build(processor, tmp_path, ONE, pictures={"a": [picture()]}, limiter=limiter)
    before = limiter.slot(BEFORE, 1)
    job_id = await harness.receive(imagine())

    slot = await harness.worker.advance(await claimed(harness, job_id))

    assert slot is limiter.slot(job_id, 1)
    assert ((await harness.load(job_id)).state, harness.upstream.asked) == (JobState.ACCEPTED, [])
    await until(lambda: "Queued: " in harness.platform.last_progress().text)

    before.release()
    assert await harness.worker.advance(await harness.load(job_id)) is None

    assert ((await harness.load(job_id)).state, len(harness.platform.progress)) == (JobState.DONE, 1)


@pytest.mark.parametrize(
    "script",
    [
        ONE,
        [UpstreamError(UpstreamKind.OVERLOAD, certain=True, retryable=True)],
        [UpstreamError(UpstreamKind.POLICY_TEXT, certain=True)],
        [UpstreamError(UpstreamKind.AMBIGUOUS, certain=False)],
        [LookupError("said the upstream")],
    ],
)
async def test_however_a_call_ends_the_next_one_has_its_turn(
    processor: ImageProcessor,
    tmp_path: Path,
    limiter: GatewayLimiter,
    script: Script,
) -> None:
    """Pictures, a refusal that is certain or not, or something nobody foresaw."""
    harness = build(processor, tmp_path, script, pictures={"a": [picture()]}, limiter=limiter)
    job = await claimed(harness, await harness.receive(imagine()))

    await asyncio.gather(harness.worker.advance(job), return_exceptions=True)

    assert len(harness.upstream.asked) == 1
    assert limiter.slot(BEFORE, 1).granted


async def test_a_stop_before_the_call_gives_the_turn_back(
    processor: ImageProcessor, tmp_path: Path, limiter: GatewayLimiter
) -> None:
    """The job stays as it is, and so does the gateway."""
    harness = build(processor, tmp_path, ONE, limiter=limiter)
    before = limiter.slot(BEFORE, 1)
    job_id = await harness.receive(imagine())
    await harness.worker.advance(await claimed(harness, job_id))
    harness.stopping.set()
    before.release()

    assert await harness.worker.advance(await harness.load(job_id)) is None

    limiter.slot(job_id, 1).release()
    assert ((await harness.load(job_id)).state, harness.upstream.asked) == (JobState.ACCEPTED, [])


async def test_a_claim_lost_in_line_makes_no_call(processor: ImageProcessor, tmp_path: Path, limiter: GatewayLimiter) -> None:
    """Another process has the job now: nothing is asked of the gateway, and the turn goes on."""
    harness = build(processor, tmp_path, ONE, limiter=limiter)
    before = limiter.slot(BEFORE, 1)
    job_id = await harness.receive(imagine())
    await harness.worker.advance(await claimed(harness, job_id))
    stale = await harness.load(job_id)
    harness.clock.advance(31.0)
    await claimed(harness, job_id)
    before.release()

    with pytest.raises(StoreError):
        await harness.worker.advance(stale)

    assert harness.upstream.asked == []
    assert limiter.slot(BEFORE, 1).granted


async def test_a_reference_that_cannot_be_handed_over_gives_the_turn_back(
    processor: ImageProcessor, tmp_path: Path, limiter: GatewayLimiter
) -> None:
    """Nothing was asked of the gateway: the next job need not wait for this one's second try."""
    harness = build(processor, tmp_path, ONE, limiter=limiter)
    harness.platform.files = {"one": picture()}
    job_id = await harness.receive(Generate(verb="edit", prompt="merge", references=(Attachment(address="one", name="one"),)))
    before = limiter.slot(BEFORE, 1)
    await harness.worker.advance(await claimed(harness, job_id))
    await asyncio.to_thread(shutil.rmtree, tmp_path)
    before.release()

    with pytest.raises(StoreError):
        await harness.worker.advance(await harness.load(job_id))

    assert harness.upstream.asked == []
    assert limiter.slot(BEFORE, 1).granted


async def test_many_jobs_share_one_turn(processor: ImageProcessor, tmp_path: Path, limiter: GatewayLimiter) -> None:
    """Each is called once, and all are delivered."""
    harness = build(processor, tmp_path, *[ONE] * 6, pictures={"a": [picture()]}, limiter=limiter)
    jobs = [await harness.receive(imagine()) for _ in range(6)]

    async with LeaseEngine(
        harness.store, harness.store, harness.worker.advance, harness.clock, owner="a", poll_s=NEVER_S
    ) as engine:

        async def all_told() -> bool:
            return all([(await harness.load(job)).notified for job in jobs])

        await until(all_told)
        await until(lambda: engine.running == engine.parked == 0)

    assert [(await harness.load(job)).state for job in jobs] == [JobState.DONE] * 6
    assert (len(harness.upstream.asked), len(harness.platform.posted)) == (6, 6)
