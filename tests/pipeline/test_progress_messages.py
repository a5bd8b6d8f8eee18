"""One writer a progress message."""

import asyncio

from bot.chat.chat_platform import ProgressUpdate
from bot.commands.command import Generate, Origin
from bot.errors import DeliveryCode, DeliveryError, UpstreamError, UpstreamKind
from bot.ids import EventId, GatewayName, JobId, MessageId, ModelName, UserId
from bot.jobs.events import Failed, PictureArrived, Received, Submitted
from bot.jobs.facts import facts_of
from bot.jobs.job import Job, NewJob
from bot.pipeline.progress_messages import ProgressMessages
from bot.wording.words import Words
from tests.fakes.clock import FakeClock
from tests.fakes.memory_store import MemoryStore
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

    async def show_progress(self, update: ProgressUpdate) -> MessageId:
        if self.failures:
            self.failures -= 1
            raise DeliveryError(DeliveryCode.UNAVAILABLE, retryable=True)
        return await super().show_progress(update)


async def claimed_job(store: MemoryStore) -> Job:
    origin = Origin(
        platform=NAME,
        workspace=None,
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
    store, clock, platform = MemoryStore(), MovingClock(), FakePlatform()
    progress_messages = ProgressMessages({NAME: platform}, store, store, Words(), clock)
    job = await claimed_job(store)

    progress_messages.announce(job, Received(facts=facts_of(job)))
    await settle()
    progress_messages.announce(job, Submitted(facts=facts_of(job), model=MODEL, gateway=GATEWAY))
    progress_messages.announce(job, PictureArrived(facts=facts_of(job), arrived=1))
    await settle()
    clock.gate.set()
    await settle()

    written = [reply.text for reply in platform.progress[MessageId(f"progress-{job.id}")]]
    assert written == ["Getting started…", "1 of 1 image ready…"]
    assert clock.pauses == [3.0]


async def test_the_last_word_overtakes_what_was_pending() -> None:
    """An end is written at once, and nothing is written after it."""
    store, clock, platform = MemoryStore(), MovingClock(), FakePlatform()
    progress_messages = ProgressMessages({NAME: platform}, store, store, Words(), clock)
    job = await claimed_job(store)
    progress_messages.announce(job, Received(facts=facts_of(job)))
    await settle()
    progress_messages.announce(job, Submitted(facts=facts_of(job), model=MODEL, gateway=GATEWAY))

    await progress_messages.conclude(job, Failed(facts=facts_of(job), error=FAILED))
    clock.gate.set()
    await settle()

    written = [reply.text for reply in platform.progress[MessageId(f"progress-{job.id}")]]
    assert len(written) == 2
    assert written[-1].startswith("The content filter rejected the prompt")


async def test_the_message_is_remembered_for_the_next_process() -> None:
    """A progress message made here is edited there."""
    store, platform = MemoryStore(), FakePlatform()
    progress_messages = ProgressMessages({NAME: platform}, store, store, Words(), FakeClock())
    job = await claimed_job(store)

    progress_messages.announce(job, Received(facts=facts_of(job)))
    await settle()

    loaded = await store.load(job.id)
    assert loaded is not None
    assert loaded.progress_message == MessageId(f"progress-{job.id}")


async def test_a_message_of_an_earlier_process_is_replaced_once() -> None:
    """The first word of the later one may go into a new message; if that is lost too, only the last word does."""
    store, clock, platform = MemoryStore(), MovingClock(), FakePlatform()
    clock.gate.set()
    old, new = MessageId("old"), MessageId("progress-0123456789ab")
    job = await claimed_job(store)
    await store.set_progress_message(job, old)
    known = await store.load(job.id)
    assert known is not None
    platform.lost.add(old)
    progress_messages = ProgressMessages({NAME: platform}, store, store, Words(), clock)

    assert not progress_messages.follows(known)
    progress_messages.announce(known, Received(facts=facts_of(job)))
    await settle()
    platform.lost.add(new)
    progress_messages.announce(known, PictureArrived(facts=facts_of(job), arrived=1))
    await settle()
    assert (progress_messages.follows(known), [*platform.progress]) == (True, [new])
    assert await progress_messages.conclude(known, Failed(facts=facts_of(job), error=FAILED))

    loaded = await store.load(job.id)
    assert loaded is not None
    assert [*platform.progress] == [new, loaded.progress_message]


async def test_a_word_that_could_not_be_said_is_said_a_moment_later() -> None:
    """A process that begins is not connected yet: it goes on trying for a minute."""
    store, clock, platform = MemoryStore(), MovingClock(), FlakyPlatform()
    clock.gate.set()
    progress_messages = ProgressMessages({NAME: platform}, store, store, Words(), clock)
    job = await claimed_job(store)

    platform.failures = 2
    progress_messages.announce(job, Received(facts=facts_of(job)))
    for _ in range(20):
        await settle()
    platform.failures = 100
    progress_messages.announce(job, Submitted(facts=facts_of(job), model=MODEL, gateway=GATEWAY))
    for _ in range(20):
        await settle()

    written = [reply.text for reply in platform.progress[MessageId(f"progress-{job.id}")]]
    assert (written, 100 - platform.failures) == (["Getting started…"], 8)
    assert clock.pauses == [0.5, 1.0, 3.0, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0]


async def test_an_end_that_could_not_be_shown_says_so() -> None:
    """Whoever asked to tell it knows whether to come again."""
    store, platform = MemoryStore(), FlakyPlatform()
    platform.failures = 1
    job = await claimed_job(store)
    progress_messages = ProgressMessages({NAME: platform}, store, store, Words(), FakeClock())
    event = Failed(facts=facts_of(job), error=FAILED)

    assert not await progress_messages.conclude(job, event)
    assert await progress_messages.conclude(job, event)
    assert platform.last_progress().text.startswith("The content filter rejected the prompt")


async def test_a_word_that_waited_is_not_said_once_another_process_goes_on() -> None:
    """While it waited for its pace the job was taken over, and may have ended: the old word would stand for ever."""
    store, clock, platform = MemoryStore(), MovingClock(), FakePlatform()
    progress_messages = ProgressMessages({NAME: platform}, store, store, Words(), clock)
    job = await claimed_job(store)
    progress_messages.announce(job, Received(facts=facts_of(job)))
    await settle()
    progress_messages.announce(job, Submitted(facts=facts_of(job), model=MODEL, gateway=GATEWAY))
    await settle()
    await store.free(job)
    assert await store.claim(job.id, owner="another", now=0.0, lease_s=60.0) is not None
    clock.gate.set()
    await settle()

    written = [reply.text for reply in platform.progress[MessageId(f"progress-{job.id}")]]
    assert (written, progress_messages.follows(job)) == (["Getting started…"], False)


async def test_a_lost_job_is_forgotten() -> None:
    """Its next owner tells the rest; back with us, its message is the one that its row knows."""
    store, clock, platform = MemoryStore(), MovingClock(), FakePlatform()
    progress_messages = ProgressMessages({NAME: platform}, store, store, Words(), clock)
    job = await claimed_job(store)
    progress_messages.announce(job, Received(facts=facts_of(job)))
    await settle()
    progress_messages.announce(job, Submitted(facts=facts_of(job), model=MODEL, gateway=GATEWAY))
    await store.set_progress_message(job, MessageId("theirs"))

    progress_messages.forget(job.id)
    progress_messages.forget(JobId("never heard of"))
    clock.gate.set()
    await settle()
    back = await store.load(job.id)
    assert back is not None
    await progress_messages.conclude(back, Failed(facts=facts_of(job), error=FAILED))

    assert [len(written) for written in platform.progress.values()] == [1, 1]
    assert platform.progress[MessageId("theirs")][0].text.startswith("The content filter rejected the prompt")


async def test_before_a_claim_is_given_back_all_is_said() -> None:
    """What waits for its pace is said at once, and the message stays known to the process that may go on."""
    store, clock, platform = MemoryStore(), MovingClock(), FakePlatform()
    progress_messages = ProgressMessages({NAME: platform}, store, store, Words(), clock)
    job = await claimed_job(store)
    await progress_messages.pause(job)
    progress_messages.announce(job, Received(facts=facts_of(job)))
    await settle()
    progress_messages.announce(job, Submitted(facts=facts_of(job), model=MODEL, gateway=GATEWAY))
    await settle()

    await progress_messages.pause(job)
    written = platform.progress[MessageId(f"progress-{job.id}")]
    said = [reply.text for reply in written]
    clock.gate.set()
    await settle()

    assert said == ["Getting started…", "Generating your image with Seedream 4.5…"]
    assert ([reply.text for reply in written], progress_messages.follows(job)) == (said, True)
