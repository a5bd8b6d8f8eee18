"""What a later process says of a job that an earlier one left."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.errors import UpstreamError, UpstreamKind
from bot.ids import GatewayName, JobId, MessageId
from bot.images.studio import Studio
from bot.upstream.outcome import Completed, PictureReady
from tests.core.test_worker import OVERLOADED, build, imagine, picture
from tests.fakes.upstream import Script


@pytest.fixture
async def studio() -> AsyncIterator[Studio]:
    async with Studio() as studio:
        yield studio


async def test_a_job_in_line_says_so_after_a_restart(studio: Studio, tmp_path: Path) -> None:
    """It may have to wait for its turn, and its message has stood still since the earlier process."""
    house = build(studio, tmp_path, [OVERLOADED], [PictureReady(index=0, address="a"), Completed()], pictures={"a": [picture()]})
    job_id = await house.receive(imagine())
    await house.step(job_id)
    house.clock.advance(60.0)
    later = build(studio, tmp_path, store=house.store)
    later.clock.advance(60.0)
    job = await later.store.claim(job_id, owner="later", now=later.clock.now(), lease_s=30.0)
    assert job is not None
    taken = later.worker._shop.gateways[GatewayName("ark")].turns.turn(JobId("another"), 1)
    assert taken.granted
    assert await later.worker.advance(job) is not None
    for _ in range(20):
        await asyncio.sleep(0)
    assert later.platform.last_progress().text == "In line for 4.5: one picture."


async def test_a_job_that_is_being_fetched_says_so_after_a_restart(studio: Studio, tmp_path: Path) -> None:
    """One of two is here, and the other cannot be had just now: the later process tells both."""
    away = UpstreamError(UpstreamKind.DOWNLOAD, certain=False, retryable=True)
    script: Script = [PictureReady(index=0, address="a"), PictureReady(index=1, address="b"), Completed(billed=2)]
    house = build(studio, tmp_path, script, pictures={"a": [picture()], "b": [away]})
    job_id = await house.receive(imagine(2))
    await house.step(job_id)
    later = build(studio, tmp_path, pictures={"b": [away, picture()]}, store=house.store)
    later.clock.advance(60.0)

    await later.advance(job_id)

    written = [reply.text for reply in later.platform.progress[MessageId(f"progress-{job_id}")]]
    assert [text.partition(";")[0] for text in written[:2]] == ["1 of 2 ready …", "Painted"]
    assert written[-1].startswith("2 pictures from")


async def test_a_job_that_one_process_carries_says_nothing_twice(studio: Studio, tmp_path: Path) -> None:
    """Nothing has to be caught up with, however often it had to wait."""
    away = UpstreamError(UpstreamKind.DOWNLOAD, certain=False, retryable=True)
    script: Script = [PictureReady(index=0, address="a"), Completed(billed=1)]
    house = build(studio, tmp_path, [OVERLOADED], script, pictures={"a": [away, away, picture()]})

    job = await house.advance(await house.receive(imagine()))

    written = [reply.text for reply in house.platform.progress[MessageId(f"progress-{job.id}")]]
    assert len(set(written)) == len(written)
