"""When a set is posted for the first time, and what a later process takes for granted."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.chat.capabilities import Way
from bot.chat.chat_platform import Posted
from bot.chat.reply import Reply
from bot.commands.command import Origin
from bot.errors import DeliveryCode, DeliveryError
from bot.ids import JobId
from bot.images.processor import ImageProcessor
from bot.jobs.job import JobState
from bot.upstream.contract import Completed, PictureReady
from tests.fakes.memory_store import MemoryStore
from tests.fakes.pictures import picture
from tests.fakes.upstream import Script
from tests.fakes.worker import FailingProgressPlatform, WorkerHarness, build_harness, imagine

AWAY = DeliveryError(DeliveryCode.UNAVAILABLE, retryable=True)


@dataclass
class WatchedPlatform(FailingProgressPlatform):
    """Notes of every try since when it looked for an earlier one, and since when there was one by the row."""

    store: MemoryStore = field(default_factory=MemoryStore)
    tries: list[tuple[float | None, float | None]] = field(default_factory=list)
    dies: bool = False

    async def post(
        self,
        origin: Origin,
        reply: Reply,
        *,
        job: JobId,
        part: int,
        way: Way,
        tried_since: float | None,
    ) -> Posted:
        row = await self.store.load(job)
        assert row is not None
        self.tries.append((tried_since, row.posting_since))
        if self.dies:
            raise KeyboardInterrupt
        return await super().post(origin, reply, job=job, part=part, way=way, tried_since=tried_since)


def watched(processor: ImageProcessor, folder: Path) -> tuple[WorkerHarness, WatchedPlatform]:
    platform = WatchedPlatform()
    script: Script = [PictureReady(index=0, address="a"), Completed(billed=1)]
    return build_harness(
        processor, folder, script, pictures={"a": [picture()]}, store=platform.store, platform=platform
    ), platform


async def test_the_first_try_is_in_the_row_before_it_is_made(processor: ImageProcessor, tmp_path: Path) -> None:
    """It looks for no earlier one: nobody can have made it."""
    harness, platform = watched(processor, tmp_path)

    job = await harness.advance_to_end(await harness.receive(imagine()))

    assert (job.state, platform.tries) == (JobState.DONE, [(None, job.posting_since)])
    assert job.posting_since is not None


async def test_the_second_try_looks_for_the_first(processor: ImageProcessor, tmp_path: Path) -> None:
    """The platform's answer to the first was lost, so the set may stand already."""
    harness, platform = watched(processor, tmp_path)
    platform.troubles = [AWAY]

    job = await harness.advance_to_end(await harness.receive(imagine()))

    assert (job.state, platform.tries) == (JobState.DONE, [(None, job.posting_since), (job.posting_since, job.posting_since)])
    assert job.posting_since is not None


async def test_who_finds_a_job_in_delivery_looks_for_an_earlier_try(processor: ImageProcessor, tmp_path: Path) -> None:
    """The process that moved it there died: it may have posted the set or not."""
    harness, platform = watched(processor, tmp_path)
    job_id = await harness.receive(imagine())
    platform.dies = True
    with pytest.raises(KeyboardInterrupt):
        await harness.advance_once(job_id)
    platform.dies = False
    harness.clock.advance(60.0)

    job = await harness.advance_to_end(job_id)

    assert (job.state, platform.tries) == (JobState.DONE, [(None, job.posting_since), (job.posting_since, job.posting_since)])
    assert job.posting_since is not None
