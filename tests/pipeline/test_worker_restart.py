"""What a later process says of a job that an earlier one left."""

import asyncio
from pathlib import Path

from bot.errors import UpstreamError, UpstreamKind
from bot.ids import GatewayName, JobId, MessageId
from bot.images.processor import ImageProcessor
from bot.upstream.contract import Completed, PictureReady
from tests.fakes.pictures import picture
from tests.fakes.upstream import Script
from tests.fakes.worker import OVERLOADED, build, imagine


async def test_a_job_in_line_says_so_after_a_restart(processor: ImageProcessor, tmp_path: Path) -> None:
    """It may have to wait for its turn, and its message has stood still since the earlier process."""
    harness = build(
        processor, tmp_path, [OVERLOADED], [PictureReady(index=0, address="a"), Completed()], pictures={"a": [picture()]}
    )
    job_id = await harness.receive(imagine())
    await harness.step(job_id)
    harness.clock.advance(60.0)
    later = build(processor, tmp_path, store=harness.store)
    later.clock.advance(60.0)
    job = await later.store.claim(job_id, owner="later", now=later.clock.now(), lease_s=30.0)
    assert job is not None
    taken = later.worker._context.gateways[GatewayName("ark")].limiter.slot(JobId("another"), 1)
    assert taken.granted
    assert await later.worker.advance(job) is not None
    for _ in range(20):
        await asyncio.sleep(0)
    assert later.platform.last_progress().text == "Queued: 1 image with Seedream 4.5."


async def test_a_job_that_is_being_fetched_says_so_after_a_restart(processor: ImageProcessor, tmp_path: Path) -> None:
    """One of two is here, and the other cannot be had just now: the later process tells both."""
    away = UpstreamError(UpstreamKind.DOWNLOAD, certain=False, retryable=True)
    script: Script = [PictureReady(index=0, address="a"), PictureReady(index=1, address="b"), Completed(billed=2)]
    harness = build(processor, tmp_path, script, pictures={"a": [picture()], "b": [away]})
    job_id = await harness.receive(imagine(2))
    await harness.step(job_id)
    later = build(processor, tmp_path, pictures={"b": [away, picture()]}, store=harness.store)
    later.clock.advance(60.0)

    await later.advance(job_id)

    written = [reply.text for reply in later.platform.progress[MessageId(f"progress-{job_id}")]]
    assert [text.partition(";")[0] for text in written[:2]] == ["1 of 2 images ready…", "1 image is ready"]
    assert written[-1].partition(" s: ")[2].startswith("2 images with")


async def test_a_job_that_one_process_carries_says_nothing_twice(processor: ImageProcessor, tmp_path: Path) -> None:
    """Nothing has to be caught up with, however often it had to wait."""
    away = UpstreamError(UpstreamKind.DOWNLOAD, certain=False, retryable=True)
    script: Script = [PictureReady(index=0, address="a"), Completed(billed=1)]
    harness = build(processor, tmp_path, [OVERLOADED], script, pictures={"a": [away, away, picture()]})

    job = await harness.advance(await harness.receive(imagine()))

    written = [reply.text for reply in harness.platform.progress[MessageId(f"progress-{job.id}")]]
    assert len(set(written)) == len(written)
