"""Whose job a message is about, and which pictures whoever goes on from it means: on the real store."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.app import open_bot
from bot.commands.command import StoredPicture
from bot.commands.interpretation import MessageJob
from bot.config.settings import Settings
from bot.ids import BlobId, EventId, JobId, MessageId
from bot.jobs.job import JobState, Move
from bot.jobs.picture import PictureRow
from bot.store import Store, open_store
from tests.fakes.clock import FakeClock
from tests.fakes.jobs import ADA, claimed, new_job
from tests.fakes.platform import NAME, FakePlatform

J0 = JobId("j0")


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_store(tmp_path) as opened:
        yield opened


def stored(index: int) -> PictureRow:
    return PictureRow(
        index=index,
        state="stored",
        blob=BlobId("ab" * 32),
        media_type="image/png",
        width=1,
        height=1,
        size_bytes=1,
    )


async def test_what_a_message_is_about(store: Store, tmp_path: Path) -> None:
    """A result shows some of a job's pictures, the message that asked stands for all of them, any other for nothing."""
    await store.jobs.receive(new_job("j0", event=f"{NAME}:asked"), now=100.0)
    job = await store.jobs.claim(J0, owner="a", now=100.0, lease_s=60.0)
    assert job is not None
    for index in (0, 1):
        await store.jobs.put_picture(job, stored(index))
    await store.jobs.record_result(job, MessageId("shown"), platform=NAME, pictures=[1])
    await store.jobs.move(job, Move(to=JobState.FAILED), now=100.0)
    async with open_bot(Settings(data_dir=tmp_path), [FakePlatform()], FakeClock()) as bot:
        first, second = StoredPicture(job=J0, number=1), StoredPicture(job=J0, number=2)
        assert await bot.job_of_message(NAME, MessageId("shown")) == MessageJob(requester=ADA, pictures=(second,))
        assert await bot.job_of_message(NAME, MessageId("asked")) == MessageJob(requester=ADA, pictures=(first, second))
        assert await bot.job_of_message(NAME, MessageId("other")) is None


async def test_the_same_event_of_another_platform_is_another(store: Store) -> None:
    """An event's id begins with its platform."""
    await claimed(store.jobs)
    assert await store.jobs.job_of_event(EventId("elsewhere:asked")) is None
