"""One writer a progress message."""

import asyncio

from bot.announcer import Announcer
from bot.command import Generate, Origin
from bot.errors import DeliveryCode, DeliveryError, UpstreamError, UpstreamKind
from bot.ids import ConversationId, EventId, GatewayName, JobId, MessageId, ModelName, UserId
from bot.job import Job, NewJob
from bot.presentation.reply import Reply
from bot.progress import Failed, PictureArrived, Received, Submitted
from bot.receipts import facts_of
from bot.wording.words import Words
from tests.fakes.clock import FakeClock
from tests.fakes.memory_store import MemoryJobStore
from tests.fakes.platform import NAME, FakePlatform

MODEL, GATEWAY = ModelName("4.5"), GatewayName("ark")
FAILED = UpstreamError(UpstreamKind.POLICY_TEXT, certain=True, gateway="ark", model="4.5")


class MovingClock(FakeClock):
    """Waits until the test lets time pass."""

    def __init__(self) -> None:
        super().__init__()
        self.pauses: list[float] = []
        self.gate = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        await self.gate.wait()
        self.advance(seconds)


class FlakyPlatform(FakePlatform):
    """Fails to edit a given number of times."""

    failures = 0

    async def show_progress(self, origin: Origin, reply: Reply, *, job: JobId, message: MessageId | None) -> MessageId:
        if self.failures:
            self.failures -= 1
            raise DeliveryError(DeliveryCode.UNAVAILABLE, retryable=True)
        return await super().show_progress(origin, reply, job=job, message=message)


async def claimed_job(store: MemoryJobStore) -> Job:
    origin = Origin(
        platform=NAME,
        workspace=None,
        conversation=ConversationId("c"),
        user=UserId("fake:1"),
        received_at=0.0,
    )
    new = NewJob(
        id=JobId("0123456789ab"), events=(EventId("e"),), origin=origin, command=Generate(verb="imagine", prompt="a fox")
    )
    await store.receive(new, now=0.0)
    job = await store.claim(new.id, owner="test", now=0.0, lease_s=60.0)
    assert job is not None
    return job


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_events_between_two_writes_are_coalesced() -> None:
    """The first is shown at once, of the rest only the newest, a pace later."""
    store, clock, platform = MemoryJobStore(), MovingClock(), FakePlatform()
    announcer = Announcer({NAME: platform}, store, Words(), clock)
    job = await claimed_job(store)

    announcer.announce(job, Received(facts=facts_of(job)))
    await settle()
    announcer.announce(job, Submitted(facts=facts_of(job), model=MODEL, gateway=GATEWAY))
    announcer.announce(job, PictureArrived(facts=facts_of(job), arrived=1))
    await settle()
    clock.gate.set()
    await settle()

    written = [reply.text for reply in platform.progress[MessageId(f"progress-{job.id}")]]
    assert written == ["Got it. Setting things up …", "1 of 1 ready …"]
    assert clock.pauses == [3.0]


async def test_the_last_word_overtakes_what_was_pending() -> None:
    """An end is written at once, and nothing is written after it."""
    store, clock, platform = MemoryJobStore(), MovingClock(), FakePlatform()
    announcer = Announcer({NAME: platform}, store, Words(), clock)
    job = await claimed_job(store)
    announcer.announce(job, Received(facts=facts_of(job)))
    await settle()
    announcer.announce(job, Submitted(facts=facts_of(job), model=MODEL, gateway=GATEWAY))

    await announcer.conclude(job, Failed(facts=facts_of(job), error=FAILED))
    clock.gate.set()
    await settle()

    written = [reply.text for reply in platform.progress[MessageId(f"progress-{job.id}")]]
    assert len(written) == 2
    assert written[-1].startswith("The prompt was refused")


async def test_the_message_is_remembered_for_the_next_process() -> None:
    """A progress message made here is edited there."""
    store, platform = MemoryJobStore(), FakePlatform()
    announcer = Announcer({NAME: platform}, store, Words(), FakeClock())
    job = await claimed_job(store)

    announcer.announce(job, Received(facts=facts_of(job)))
    await settle()

    loaded = await store.load(job.id)
    assert loaded is not None
    assert loaded.progress_message == MessageId(f"progress-{job.id}")


async def test_an_end_that_could_not_be_shown_says_so() -> None:
    """Whoever asked to tell it knows whether to come again."""
    store, platform = MemoryJobStore(), FlakyPlatform()
    platform.failures = 1
    job = await claimed_job(store)
    announcer = Announcer({NAME: platform}, store, Words(), FakeClock())
    event = Failed(facts=facts_of(job), error=FAILED)

    assert not await announcer.conclude(job, event)
    assert await announcer.conclude(job, event)
    assert platform.last_progress().text.startswith("The prompt was refused")


async def test_a_lost_job_is_forgotten() -> None:
    """Its next owner tells the rest; back with us, its message is the one that its row knows."""
    store, clock, platform = MemoryJobStore(), MovingClock(), FakePlatform()
    announcer = Announcer({NAME: platform}, store, Words(), clock)
    job = await claimed_job(store)
    announcer.announce(job, Received(facts=facts_of(job)))
    await settle()
    announcer.announce(job, Submitted(facts=facts_of(job), model=MODEL, gateway=GATEWAY))
    await store.set_progress_message(job, MessageId("theirs"))

    announcer.forget(job.id)
    announcer.forget(JobId("never heard of"))
    clock.gate.set()
    await settle()
    back = await store.load(job.id)
    assert back is not None
    await announcer.conclude(back, Failed(facts=facts_of(job), error=FAILED))

    assert [len(written) for written in platform.progress.values()] == [1, 1]
    assert platform.progress[MessageId("theirs")][0].text.startswith("The prompt was refused")
