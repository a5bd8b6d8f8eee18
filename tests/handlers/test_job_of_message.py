"""The job and the pictures that a message refers to; on the real store."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.app import open_bot
from bot.commands.command import StoredPicture
from bot.commands.pointing import MessageJob
from bot.config.settings import Settings
from bot.ids import BlobId, EventId, JobId, MessageId
from bot.jobs.job import JobState, Move
from bot.jobs.picture import PictureRow
from bot.store import Store, open_store
from tests.fakes.clock import FakeClock
from tests.fakes.jobs import ADA, claimed_job, new_job
from tests.fakes.platform import NAME, FakePlatform
from tests.fakes.stores import all_stores

J0 = JobId("j0")


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_store(tmp_path) as opened:
        yield opened


def stored_row(index: int) -> PictureRow:
    return PictureRow(
        index=index,
        state="stored",
        blob=BlobId("ab" * 32),
        media_type="image/png",
        width=1,
        height=1,
        size_bytes=1,
    )


async def test_the_job_of_a_message(store: Store, tmp_path: Path) -> None:
    """A result message refers to its pictures, the message that asked refers to all of them, and any other to none."""
    await all_stores(store).receive(new_job("j0", event=f"{NAME}:asked"), now=100.0)
    job = await all_stores(store).claim(J0, owner="a", now=100.0, lease_s=60.0)
    assert job is not None
    for index in (0, 1):
        await all_stores(store).put_picture(job, stored_row(index))
    await all_stores(store).record_result(job, MessageId("shown"), platform=NAME, pictures=[1])
    await all_stores(store).move(job, Move(to=JobState.FAILED), now=100.0)
    async with open_bot(Settings(data_dir=tmp_path), [FakePlatform()], FakeClock()) as opened:
        bot = await opened.receiver()
        first, second = StoredPicture(job=J0, number=1), StoredPicture(job=J0, number=2)
        assert await bot.job_of_message(NAME, MessageId("shown")) == MessageJob(job=first.job, requester=ADA, pictures=(second,))
        assert await bot.job_of_message(NAME, MessageId("asked")) == MessageJob(
            job=first.job, requester=ADA, pictures=(first, second)
        )
        assert await bot.job_of_message(NAME, MessageId("other")) is None


async def test_events_of_different_platforms_differ(store: Store) -> None:
    """The same message id on another platform is another event."""
    await claimed_job(all_stores(store))
    assert await all_stores(store).job_of_event(EventId("elsewhere:asked")) is None
