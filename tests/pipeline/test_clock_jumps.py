"""A clock that jumps forward ends no step at its first failure: paid pictures are still fetched, posted and told."""

from pathlib import Path

from bot.errors import DeliveryCode, DeliveryError, UpstreamError, UpstreamKind
from bot.images.processor import ImageProcessor
from bot.jobs.job import JobState
from bot.pipeline.context import LEAST_TRIES
from bot.upstream.contract import Completed, PictureReady
from tests.fakes.pictures import picture
from tests.fakes.upstream import Script
from tests.fakes.worker import build_harness, imagine

UNREACHABLE = UpstreamError(UpstreamKind.DOWNLOAD, certain=False, retryable=True)
UNAVAILABLE = DeliveryError(DeliveryCode.UNAVAILABLE, retryable=True)
LONG_S = 3 * 24 * 3600.0


async def test_a_picture_is_still_fetched(processor: ImageProcessor, tmp_path: Path) -> None:
    """The machine slept for days; the picture comes at the fourth try after that."""
    script: Script = [PictureReady(index=0, address="a"), PictureReady(index=1, address="b"), Completed(billed=2)]
    pictures: dict[str, list[bytes | UpstreamError]] = {"a": [picture()], "b": [*[UNREACHABLE] * (LEAST_TRIES - 1), picture()]}
    harness = build_harness(processor, tmp_path, script, pictures=pictures)
    job_id = await harness.receive(imagine(2))
    await harness.advance_once(job_id)
    harness.clock.jump(LONG_S)

    job = await harness.advance_to_end(job_id)

    assert (job.state, len(harness.platform.posted[job.id, 1].pictures)) == (JobState.DONE, 2)


async def test_a_result_is_still_posted(processor: ImageProcessor, tmp_path: Path) -> None:
    """The platform was unavailable while the clock jumped over all the time that posting is tried."""
    script: Script = [PictureReady(index=0, address="a"), Completed(billed=1)]
    harness = build_harness(processor, tmp_path, script, pictures={"a": [picture()]})
    harness.platform.troubles = [UNAVAILABLE] * (LEAST_TRIES - 2)
    job_id = await harness.receive(imagine())
    await harness.advance_once(job_id)
    harness.clock.jump(LONG_S)

    job = await harness.advance_to_end(job_id)

    assert (job.state, job.way is not None, len(harness.platform.posted)) == (JobState.DONE, True, 1)
