"""The first attempt to post a set, and what later attempts assume about it."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.chat.capabilities import Way
from bot.chat.chat_platform import Posted, ResultMessage
from bot.errors import DeliveryCode, DeliveryError
from bot.images.processor import ImageProcessor
from bot.jobs.job import Job, JobState, Move
from bot.upstream.contract import Completed, PictureReady
from tests.fakes.memory_store import MemoryStore
from tests.fakes.pictures import picture
from tests.fakes.upstream import Script
from tests.fakes.worker import FailingProgressPlatform, WorkerHarness, build_harness, imagine

UNAVAILABLE = DeliveryError(DeliveryCode.UNAVAILABLE, retryable=True)


@dataclass
class RecordingPlatform(FailingProgressPlatform):
    """Records `tried_since` of every attempt, and `posting_since` of the row at that time."""

    store: MemoryStore = field(default_factory=MemoryStore)
    attempts: list[tuple[float | None, float | None]] = field(default_factory=list)
    dies: bool = False

    async def post(self, result: ResultMessage) -> Posted:
        row = await self.store.load(result.job)
        assert row is not None
        self.attempts.append((result.tried_since, row.posting_since))
        if self.dies:
            raise KeyboardInterrupt
        return await super().post(result)


def build_recording_harness(processor: ImageProcessor, folder: Path) -> tuple[WorkerHarness, RecordingPlatform]:
    platform = RecordingPlatform()
    script: Script = [PictureReady(index=0, address="a"), Completed(billed=1)]
    return build_harness(
        processor, folder, script, pictures={"a": [picture()]}, store=platform.store, platform=platform
    ), platform


class DyingStore(MemoryStore):
    """The process dies before the end of a delivered job is recorded."""

    dies = True

    async def move(self, job: Job, move: Move, *, now: float) -> Job:
        if move.to is JobState.DONE and self.dies:
            raise KeyboardInterrupt
        return await super().move(job, move, now=now)


async def test_the_way_of_a_posted_set_survives_a_crash(processor: ImageProcessor, tmp_path: Path) -> None:
    """A set that went by direct message is not called posted in the channel by the next process, for which that is open again."""
    store = DyingStore()
    platform = RecordingPlatform(store=store, troubles=[DeliveryError(DeliveryCode.FORBIDDEN, retryable=False)])
    script: Script = [PictureReady(index=0, address="a"), Completed(billed=1)]
    harness = build_harness(processor, tmp_path, script, pictures={"a": [picture()]}, store=store, platform=platform)
    job_id = await harness.receive(imagine())
    with pytest.raises(KeyboardInterrupt):
        await harness.advance_once(job_id)
    store.dies = False
    harness.clock.advance(60.0)

    job = await harness.advance_to_end(job_id)

    assert (job.way, platform.ways) == (Way.DIRECT, [Way.DIRECT])
    assert "by direct message" in platform.last_progress().text


async def test_the_first_attempt_is_recorded_before_it_is_made(processor: ImageProcessor, tmp_path: Path) -> None:
    """The row has the time of the first attempt before it is made, and that attempt does not search for an earlier one."""
    harness, platform = build_recording_harness(processor, tmp_path)

    job = await harness.advance_to_end(await harness.receive(imagine()))

    assert (job.state, platform.attempts) == (JobState.DONE, [(None, job.posting_since)])
    assert job.posting_since is not None


async def test_the_second_attempt_searches_for_the_first(processor: ImageProcessor, tmp_path: Path) -> None:
    """After a failed attempt the set may have been posted, so the second one searches for it."""
    harness, platform = build_recording_harness(processor, tmp_path)
    platform.troubles = [UNAVAILABLE]

    job = await harness.advance_to_end(await harness.receive(imagine()))

    assert (job.state, platform.attempts) == (JobState.DONE, [(None, job.posting_since), (job.posting_since, job.posting_since)])
    assert job.posting_since is not None


async def test_a_later_process_searches_for_an_earlier_attempt(processor: ImageProcessor, tmp_path: Path) -> None:
    """A process that finds a job in DELIVERING searches for the set, which an earlier process may have posted."""
    harness, platform = build_recording_harness(processor, tmp_path)
    job_id = await harness.receive(imagine())
    platform.dies = True
    with pytest.raises(KeyboardInterrupt):
        await harness.advance_once(job_id)
    platform.dies = False
    harness.clock.advance(60.0)

    job = await harness.advance_to_end(job_id)

    assert (job.state, platform.attempts) == (JobState.DONE, [(None, job.posting_since), (job.posting_since, job.posting_since)])
    assert job.posting_since is not None
