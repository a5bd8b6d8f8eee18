"""When a set is posted for the first time, and what a later process takes for granted."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.capabilities import Way
from bot.chat_platform import Posted
from bot.command import Origin
from bot.errors import DeliveryCode, DeliveryError
from bot.ids import JobId
from bot.images.studio import Studio
from bot.job import JobState
from bot.presentation.reply import Reply
from bot.upstream.outcome import Completed, PictureReady
from tests.core.test_worker import DeafPlatform, House, build, imagine, picture
from tests.fakes.memory_store import MemoryJobStore
from tests.fakes.upstream import Script

AWAY = DeliveryError(DeliveryCode.UNAVAILABLE, retryable=True)


@dataclass
class WatchedPlatform(DeafPlatform):
    """Notes of every try since when it looked for an earlier one, and since when there was one by the row."""

    store: MemoryJobStore = field(default_factory=MemoryJobStore)
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


@pytest.fixture
async def studio() -> AsyncIterator[Studio]:
    async with Studio() as studio:
        yield studio


def watched(studio: Studio, folder: Path) -> tuple[House, WatchedPlatform]:
    platform = WatchedPlatform()
    script: Script = [PictureReady(index=0, address="a"), Completed(billed=1)]
    return build(studio, folder, script, pictures={"a": [picture()]}, store=platform.store, platform=platform), platform


async def test_the_first_try_is_in_the_row_before_it_is_made(studio: Studio, tmp_path: Path) -> None:
    """It looks for no earlier one: nobody can have made it."""
    house, platform = watched(studio, tmp_path)

    job = await house.advance(await house.receive(imagine()))

    assert (job.state, platform.tries) == (JobState.DONE, [(None, job.posting_since)])
    assert job.posting_since is not None


async def test_the_second_try_looks_for_the_first(studio: Studio, tmp_path: Path) -> None:
    """The platform's answer to the first was lost, so the set may stand already."""
    house, platform = watched(studio, tmp_path)
    platform.troubles = [AWAY]

    job = await house.advance(await house.receive(imagine()))

    assert (job.state, platform.tries) == (JobState.DONE, [(None, job.posting_since), (job.posting_since, job.posting_since)])
    assert job.posting_since is not None


async def test_who_finds_a_job_in_delivery_looks_for_an_earlier_try(studio: Studio, tmp_path: Path) -> None:
    """The process that moved it there died: it may have posted the set or not."""
    house, platform = watched(studio, tmp_path)
    job_id = await house.receive(imagine())
    platform.dies = True
    with pytest.raises(KeyboardInterrupt):
        await house.step(job_id)
    platform.dies = False
    house.clock.advance(60.0)

    job = await house.advance(job_id)

    assert (job.state, platform.tries) == (JobState.DONE, [(None, job.posting_since), (job.posting_since, job.posting_since)])
    assert job.posting_since is not None
