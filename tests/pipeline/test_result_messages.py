"""Result messages: earlier attempts, and the messages that are recorded for the pictures."""

import asyncio
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from bot.chat.capabilities import Way
from bot.chat.chat_platform import Posted, ResultMessage
from bot.errors import DeliveryCode, DeliveryError
from bot.ids import MessageId, PlatformName, UserId
from bot.images.processor import ImageProcessor
from bot.jobs.job import JobState
from bot.pipeline.result_messages import ResultMessages
from bot.store.blobs import Blobs
from bot.wording.words import Words
from tests.fakes.clock import FakeClock
from tests.fakes.jobs import PATH_TO, accepted_job, job_in_state, take_steps
from tests.fakes.memory_store import MemoryStore
from tests.fakes.pictures import stored_picture
from tests.fakes.platform import CAPABILITIES, FakePlatform

DISCORD = PlatformName("discord")
UNAVAILABLE = DeliveryError(DeliveryCode.UNAVAILABLE, retryable=True)


@dataclass
class ThreadedPlatform(FakePlatform):
    """A platform with threads that records `tried_since` of each call."""

    tried_since_values: list[float | None] = field(default_factory=list)

    async def post(self, result: ResultMessage) -> Posted:
        self.tried_since_values.append(result.tried_since)
        posted = await super().post(result)
        return replace(posted, thread=MessageId("the thread"))


async def test_later_attempts_search_for_the_first(tmp_path: Path) -> None:
    """Every attempt after the first passes the time of the first; the message and its thread both lead to the pictures."""
    platform = ThreadedPlatform(troubles=[UNAVAILABLE, UNAVAILABLE])
    store, blobs, clock = MemoryStore(), Blobs(tmp_path), FakeClock()
    started_at = clock.now()
    job = await job_in_state(store, JobState.DELIVERING)
    await store.put_picture(job, await stored_picture(blobs))
    async with ImageProcessor() as processor:
        result_messages = ResultMessages(
            jobs=store,
            pictures=store,
            messages=store,
            blobs=blobs,
            processor=processor,
            platforms={DISCORD: platform},
            words=Words(),
            clock=clock,
        )
        for delay_s in (0.0, 60.0, 100.0):
            clock.advance(delay_s)
            loaded = await store.load(job.id)
            assert loaded is not None
            outcome = await result_messages.post(loaded)
    assert (platform.tried_since_values, outcome.retry) == ([None, started_at, started_at], False)
    for message in (f"result-{job.id}-1", "the thread"):
        assert await store.pictures_of_message(DISCORD, MessageId(message)) == (job.id, (0,))


async def test_a_direct_message_does_not_mention_the_bot(tmp_path: Path) -> None:
    """The note of a set in a direct message asks for a plain reply, without a mention of the bot."""
    closed = DeliveryError(DeliveryCode.NOT_INVITED, retryable=False)
    platform = FakePlatform(limits=replace(CAPABILITIES, reply_names_bot=True), troubles=[closed])
    store, blobs = MemoryStore(), Blobs(tmp_path)
    job = await job_in_state(store, JobState.DELIVERING)
    async with ImageProcessor() as processor:
        result_messages = ResultMessages(
            jobs=store,
            pictures=store,
            messages=store,
            blobs=blobs,
            processor=processor,
            platforms={DISCORD: platform},
            words=Words(),
            clock=FakeClock(),
        )
        await store.put_picture(job, await stored_picture(blobs))
        await result_messages.post(job)
    assert platform.ways == [Way.DIRECT]
    assert platform.posted[job.id, 1].note == "ID j0\nReply to this message to make changes."


class CountingProcessor(ImageProcessor):
    """Re-encodes nothing, and records for which files it was asked, and how many at once: it waits until so many are there."""

    def __init__(self, together: int) -> None:
        super().__init__()
        self._all_there = asyncio.Barrier(max(1, together))
        self.asked: list[Path] = []
        self.together = self.most = 0

    async def fit(self, path: Path, *, most_bytes: int, media_types: frozenset[str]) -> None:
        self.asked.append(path)
        self.together += 1
        self.most = max(self.most, self.together)
        await self._all_there.wait()
        for _ in range(100):
            await asyncio.sleep(0)
        self.together -= 1


@pytest.mark.parametrize(
    ("file_bytes", "users", "asked", "most"),
    [(10_000_000, 1, 0, 0), (10, 1, 3, 1), (10, 3, 3, 3)],
    ids=["files that fit", "sets of one member", "sets of three members"],
)
async def test_files_are_fitted_one_of_each_member_at_a_time(
    tmp_path: Path, file_bytes: int, users: int, asked: int, most: int
) -> None:
    """What fits already waits for nothing; otherwise nobody waits for more than one file of anybody else."""
    platform = FakePlatform(limits=replace(CAPABILITIES, file_bytes=file_bytes))
    store, blobs = MemoryStore(), Blobs(tmp_path)
    async with CountingProcessor(most) as processor:
        result_messages = ResultMessages(
            jobs=store,
            pictures=store,
            messages=store,
            blobs=blobs,
            processor=processor,
            platforms={DISCORD: platform},
            words=Words(),
            clock=FakeClock(),
        )
        jobs = []
        for number in range(3):
            job = await accepted_job(store, f"j{number}", user=UserId(f"discord:{number % users}"))
            job = await take_steps(store, job, *PATH_TO[JobState.DELIVERING], now=1.0)
            await store.put_picture(job, await stored_picture(blobs))
            jobs.append(job)
        await asyncio.gather(*(result_messages.post(job) for job in jobs))

    assert (len(processor.asked), processor.most, len(platform.posted)) == (asked, most, 3)
