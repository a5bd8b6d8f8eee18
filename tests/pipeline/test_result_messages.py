"""A set on its way: when an earlier try is looked for, and under which names the pictures are found again."""

from dataclasses import dataclass, field, replace
from pathlib import Path

from bot.chat.capabilities import Way
from bot.chat.chat_platform import Posted, ResultMessage
from bot.errors import DeliveryCode, DeliveryError
from bot.ids import MessageId, PlatformName
from bot.images.processor import ImageProcessor
from bot.jobs.job import JobState
from bot.pipeline.result_messages import ResultMessages
from bot.store.blobs import Blobs
from bot.wording.words import Words
from tests.fakes.clock import FakeClock
from tests.fakes.jobs import in_state
from tests.fakes.memory_store import MemoryStore
from tests.fakes.pictures import stored_picture
from tests.fakes.platform import CAPABILITIES, FakePlatform

DISCORD = PlatformName("discord")
LATER = DeliveryError(DeliveryCode.UNAVAILABLE, retryable=True)


@dataclass
class ThreadedPlatform(FakePlatform):
    """Has threads, and remembers since when it was to look for an earlier try."""

    looked: list[float | None] = field(default_factory=list)

    async def post(self, result: ResultMessage) -> Posted:
        self.looked.append(result.tried_since)
        posted = await super().post(result)
        return replace(posted, thread=MessageId("the thread"))


async def test_an_earlier_try_is_looked_for(tmp_path: Path) -> None:
    """At every try but the first, since the first; the pictures are found again under every name of their message."""
    platform = ThreadedPlatform(troubles=[LATER, LATER])
    store, blobs, clock = MemoryStore(), Blobs(tmp_path), FakeClock()
    began = clock.now()
    job = await in_state(store, JobState.DELIVERING)
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
        for pause in (0.0, 60.0, 100.0):
            clock.advance(pause)
            known = await store.load(job.id)
            assert known is not None
            outcome = await result_messages.post(known)
    assert (platform.looked, outcome.retry) == ([None, began, began], False)
    for message in (f"result-{job.id}-1", "the thread"):
        assert await store.pictures_of_message(DISCORD, MessageId(message)) == (job.id, (0,))


async def test_in_direct_messages_nobody_has_to_be_named(tmp_path: Path) -> None:
    """A set that could not be posted where it was asked is gone on from by a plain reply."""
    closed = DeliveryError(DeliveryCode.NOT_INVITED, retryable=False)
    platform = FakePlatform(limits=replace(CAPABILITIES, reply_names_bot=True), troubles=[closed])
    store, blobs = MemoryStore(), Blobs(tmp_path)
    job = await in_state(store, JobState.DELIVERING)
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
    assert platform.posted[job.id, 1].note == "Reply to this message to make changes."
