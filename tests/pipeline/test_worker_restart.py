"""The progress that a later process shows for a job that an earlier one left."""

import asyncio
from pathlib import Path

from bot.errors import UpstreamError, UpstreamKind
from bot.ids import GatewayName, JobId, MessageId
from bot.images.processor import ImageProcessor
from bot.upstream.contract import Completed, PictureReady
from tests.fakes.jobs import ADA
from tests.fakes.pictures import picture
from tests.fakes.upstream import Script
from tests.fakes.worker import OVERLOADED, build_harness, imagine


async def test_a_queued_job_shows_its_progress_after_a_restart(processor: ImageProcessor, tmp_path: Path) -> None:
    """After a restart, a queued job shows at once that it waits, since its message has not changed for a while."""
    harness = build_harness(
        processor, tmp_path, [OVERLOADED], [PictureReady(index=0, address="a"), Completed()], pictures={"a": [picture()]}
    )
    job_id = await harness.receive(imagine())
    await harness.advance_once(job_id)
    harness.clock.advance(60.0)
    later = build_harness(processor, tmp_path, store=harness.store)
    later.clock.advance(60.0)
    job = await later.store.claim(job_id, owner="later", now=later.clock.now(), lease_s=30.0)
    assert job is not None
    occupied = later.worker._context.gateways[GatewayName("ark")].limiter.slot(JobId("another"), 1, ADA)
    assert occupied.granted
    assert await later.worker.advance(job) is not None
    for _ in range(20):
        await asyncio.sleep(0)
    assert later.platform.last_progress().text == "Queued: 1 image with Seedream 4.5. It is number 1 in line."


async def test_a_job_with_delayed_downloads_shows_its_progress_after_a_restart(processor: ImageProcessor, tmp_path: Path) -> None:
    """After a restart, a job shows the pictures that have arrived, and then that the others are delayed."""
    unavailable = UpstreamError(UpstreamKind.DOWNLOAD, certain=False, retryable=True)
    script: Script = [PictureReady(index=0, address="a"), PictureReady(index=1, address="b"), Completed(billed=2)]
    harness = build_harness(processor, tmp_path, script, pictures={"a": [picture()], "b": [unavailable]})
    job_id = await harness.receive(imagine(2))
    await harness.advance_once(job_id)
    later = build_harness(processor, tmp_path, pictures={"b": [unavailable, picture()]}, store=harness.store)
    later.clock.advance(60.0)

    await later.advance_to_end(job_id)

    written = [reply.text for reply in later.platform.progress[MessageId(f"progress-{job_id}")]]
    assert [text.partition(";")[0] for text in written[:2]] == ["1 of 2 images ready…", "1 image is ready"]
    assert later.platform.last_result().text.partition(" s: ")[2].startswith("2 images with")


async def test_one_process_shows_no_progress_twice(processor: ImageProcessor, tmp_path: Path) -> None:
    """A job that waits several times within one process shows every event only once."""
    unavailable = UpstreamError(UpstreamKind.DOWNLOAD, certain=False, retryable=True)
    script: Script = [PictureReady(index=0, address="a"), Completed(billed=1)]
    harness = build_harness(processor, tmp_path, [OVERLOADED], script, pictures={"a": [unavailable, unavailable, picture()]})

    job = await harness.advance_to_end(await harness.receive(imagine()))

    written = [reply.text for reply in harness.platform.progress[MessageId(f"progress-{job.id}")]]
    assert len(set(written)) == len(written)
