"""Progress messages: one writer a job paces the edits and always writes the final event."""

import asyncio
from dataclasses import replace

import pytest

from bot.chat.chat_platform import ProgressUpdate
from bot.commands.command import Generate, Origin
from bot.errors import DeliveryCode, DeliveryError, StoreCode, StoreError, UpstreamError, UpstreamKind
from bot.ids import EventId, GatewayName, JobId, MessageId, ModelName, UserId
from bot.jobs.events import Accepted, Failed, PictureArrived, Received, Submitted
from bot.jobs.facts import job_facts
from bot.jobs.job import Job, NewJob
from bot.pipeline.progress_messages import ProgressMessages
from bot.wording.words import Words
from tests.fakes.clock import FakeClock
from tests.fakes.memory_store import MemoryStore
from tests.fakes.platform import CAPABILITIES, NAME, FakePlatform

MODEL, GATEWAY = ModelName("4.5"), GatewayName("ark")
FAILED = UpstreamError(UpstreamKind.POLICY_TEXT, certain=True, gateway="ark", model="4.5")


class GatedClock(FakeClock):
    """Sleeps until `gate` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.sleeps: list[float] = []
        self.gate = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        await self.gate.wait()
        self.advance(seconds)


class FlakyPlatform(FakePlatform):
    """Fails to show progress `failures` times."""

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


async def let_tasks_run() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_only_the_latest_of_pending_events_is_written() -> None:
    """The first event is shown at once, and of those after it only the latest, when the pace allows."""
    store, clock, platform = MemoryStore(), GatedClock(), FakePlatform()
    progress_messages = ProgressMessages({NAME: platform}, store, store, Words(), clock)
    job = await claimed_job(store)

    progress_messages.show(job, Received(facts=job_facts(job)))
    await let_tasks_run()
    progress_messages.show(job, Submitted(facts=job_facts(job), model=MODEL, gateway=GATEWAY))
    progress_messages.show(job, PictureArrived(facts=job_facts(job), arrived=1))
    await let_tasks_run()
    clock.gate.set()
    await let_tasks_run()

    written = [reply.text for reply in platform.progress[MessageId(f"progress-{job.id}")]]
    assert written == ["Getting started…", "1 of 1 image ready…"]
    assert clock.sleeps == [3.0]


async def test_the_final_event_replaces_a_pending_one() -> None:
    """The final event is written at once, and nothing is written after it."""
    store, clock, platform = MemoryStore(), GatedClock(), FakePlatform()
    progress_messages = ProgressMessages({NAME: platform}, store, store, Words(), clock)
    job = await claimed_job(store)
    progress_messages.show(job, Received(facts=job_facts(job)))
    await let_tasks_run()
    progress_messages.show(job, Submitted(facts=job_facts(job), model=MODEL, gateway=GATEWAY))

    await progress_messages.finish(job, Failed(facts=job_facts(job), error=FAILED))
    clock.gate.set()
    await let_tasks_run()

    written = [reply.text for reply in platform.progress[MessageId(f"progress-{job.id}")]]
    assert len(written) == 2
    assert written[-1].startswith("The content filter rejected the prompt")


async def test_the_id_of_the_message_is_stored() -> None:
    """The id of a new progress message is stored, so that the next process edits the same message."""
    store, platform = MemoryStore(), FakePlatform()
    progress_messages = ProgressMessages({NAME: platform}, store, store, Words(), FakeClock())
    job = await claimed_job(store)

    progress_messages.show(job, Received(facts=job_facts(job)))
    await let_tasks_run()

    loaded = await store.load(job.id)
    assert loaded is not None
    assert loaded.progress_message == MessageId(f"progress-{job.id}")


async def test_a_lost_message_of_an_earlier_process_is_replaced_once() -> None:
    """The first event replaces the lost message of an earlier process; after that, only the final event replaces a lost one."""
    store, clock, platform = MemoryStore(), GatedClock(), FakePlatform()
    clock.gate.set()
    old, new = MessageId("old"), MessageId("progress-0123456789ab")
    job = await claimed_job(store)
    await store.set_progress_message(job, old)
    loaded_job = await store.load(job.id)
    assert loaded_job is not None
    platform.lost.add(old)
    progress_messages = ProgressMessages({NAME: platform}, store, store, Words(), clock)

    assert not progress_messages.has_shown(loaded_job)
    progress_messages.show(loaded_job, Received(facts=job_facts(job)))
    await let_tasks_run()
    platform.lost.add(new)
    progress_messages.show(loaded_job, PictureArrived(facts=job_facts(job), arrived=1))
    await let_tasks_run()
    assert (progress_messages.has_shown(loaded_job), [*platform.progress]) == (True, [new])
    assert await progress_messages.finish(loaded_job, Failed(facts=job_facts(job), error=FAILED))

    loaded = await store.load(job.id)
    assert loaded is not None
    assert [*platform.progress] == [new, loaded.progress_message]


async def test_a_failed_write_is_retried_for_a_minute() -> None:
    """A write that fails because the platform is unavailable is retried for about a minute."""
    store, clock, platform = MemoryStore(), GatedClock(), FlakyPlatform()
    clock.gate.set()
    progress_messages = ProgressMessages({NAME: platform}, store, store, Words(), clock)
    job = await claimed_job(store)

    platform.failures = 2
    progress_messages.show(job, Received(facts=job_facts(job)))
    for _ in range(20):
        await let_tasks_run()
    platform.failures = 100
    progress_messages.show(job, Submitted(facts=job_facts(job), model=MODEL, gateway=GATEWAY))
    for _ in range(20):
        await let_tasks_run()

    written = [reply.text for reply in platform.progress[MessageId(f"progress-{job.id}")]]
    assert (written, 100 - platform.failures) == (["Getting started…"], 8)
    assert clock.sleeps == [0.5, 1.0, 3.0, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0]


async def test_finish_returns_whether_the_event_was_shown() -> None:
    """`finish` returns False if the final event was not shown and a retry makes sense."""
    store, platform = MemoryStore(), FlakyPlatform()
    platform.failures = 1
    job = await claimed_job(store)
    progress_messages = ProgressMessages({NAME: platform}, store, store, Words(), FakeClock())
    event = Failed(facts=job_facts(job), error=FAILED)

    assert not await progress_messages.finish(job, event)
    assert await progress_messages.finish(job, event)
    assert platform.last_progress().text.startswith("The content filter rejected the prompt")


async def test_a_pending_event_is_dropped_if_another_process_claims_the_job() -> None:
    """An event that waits for its pace is not written once another process has claimed the job, and may have ended it."""
    store, clock, platform = MemoryStore(), GatedClock(), FakePlatform()
    progress_messages = ProgressMessages({NAME: platform}, store, store, Words(), clock)
    job = await claimed_job(store)
    progress_messages.show(job, Received(facts=job_facts(job)))
    await let_tasks_run()
    progress_messages.show(job, Submitted(facts=job_facts(job), model=MODEL, gateway=GATEWAY))
    await let_tasks_run()
    await store.release(job)
    assert await store.claim(job.id, owner="another", now=0.0, lease_s=60.0) is not None
    clock.gate.set()
    await let_tasks_run()

    written = [reply.text for reply in platform.progress[MessageId(f"progress-{job.id}")]]
    assert (written, progress_messages.has_shown(job)) == (["Getting started…"], False)


async def test_drop_discards_the_message_of_a_lost_claim() -> None:
    """After `drop` nothing pending is written, and a later claim uses the message that is stored in the row."""
    store, clock, platform = MemoryStore(), GatedClock(), FakePlatform()
    progress_messages = ProgressMessages({NAME: platform}, store, store, Words(), clock)
    job = await claimed_job(store)
    progress_messages.show(job, Received(facts=job_facts(job)))
    await let_tasks_run()
    progress_messages.show(job, Submitted(facts=job_facts(job), model=MODEL, gateway=GATEWAY))
    await store.set_progress_message(job, MessageId("theirs"))

    progress_messages.drop(job.id)
    progress_messages.drop(JobId("unknown"))
    clock.gate.set()
    await let_tasks_run()
    reclaimed = await store.load(job.id)
    assert reclaimed is not None
    await progress_messages.finish(reclaimed, Failed(facts=job_facts(job), error=FAILED))

    assert [len(written) for written in platform.progress.values()] == [1, 1]
    assert platform.progress[MessageId("theirs")][0].text.startswith("The content filter rejected the prompt")


async def test_flush_writes_the_pending_event() -> None:
    """`flush` writes the pending event at once, nothing is written after it, and the message is still known."""
    store, clock, platform = MemoryStore(), GatedClock(), FakePlatform()
    progress_messages = ProgressMessages({NAME: platform}, store, store, Words(), clock)
    job = await claimed_job(store)
    await progress_messages.flush(job)
    progress_messages.show(job, Received(facts=job_facts(job)))
    await let_tasks_run()
    progress_messages.show(job, Submitted(facts=job_facts(job), model=MODEL, gateway=GATEWAY))
    await let_tasks_run()

    await progress_messages.flush(job)
    written = platform.progress[MessageId(f"progress-{job.id}")]
    flushed = [reply.text for reply in written]
    clock.gate.set()
    await let_tasks_run()

    assert flushed == ["Getting started…", "Generating your image with Seedream 4.5…"]
    assert ([reply.text for reply in written], progress_messages.has_shown(job)) == (flushed, True)


class HeldPlatform(FakePlatform):
    """Shows progress once `gate` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = asyncio.Event()

    async def show_progress(self, update: ProgressUpdate) -> MessageId:
        await self.gate.wait()
        return await super().show_progress(update)


class ClosedStore(MemoryStore):
    """Its reads fail once it is closed."""

    closed: StoreCode | None = None

    async def load(self, job: JobId) -> Job | None:
        if self.closed is not None:
            raise StoreError(self.closed, detail="the store is closed")
        return await super().load(job)


async def test_stop_awaits_a_write_under_way() -> None:
    """`stop` returns once the write under way has ended, before the claim can be released."""
    store, platform = MemoryStore(), HeldPlatform()
    progress_messages = ProgressMessages({NAME: platform}, store, store, Words(), FakeClock())
    job = await claimed_job(store)
    progress_messages.show(job, Received(facts=job_facts(job)))
    await let_tasks_run()

    stopping = asyncio.create_task(progress_messages.stop())
    await let_tasks_run()
    assert (stopping.done(), platform.progress) == (False, {})
    platform.gate.set()
    await stopping

    assert [reply.text for reply in platform.progress[MessageId(f"progress-{job.id}")]] == ["Getting started…"]


async def test_after_stop_only_flushed_and_final_events_are_written() -> None:
    """An event that waits for its pace is not written after `stop`, unless the step that holds the claim flushes it."""
    store, clock, platform = MemoryStore(), GatedClock(), FakePlatform()
    progress_messages = ProgressMessages({NAME: platform}, store, store, Words(), clock)
    job = await claimed_job(store)
    progress_messages.show(job, Received(facts=job_facts(job)))
    await let_tasks_run()
    progress_messages.show(job, Submitted(facts=job_facts(job), model=MODEL, gateway=GATEWAY))
    await let_tasks_run()

    await progress_messages.stop()
    progress_messages.show(job, PictureArrived(facts=job_facts(job), arrived=1))
    clock.gate.set()
    await let_tasks_run()
    written = platform.progress[MessageId(f"progress-{job.id}")]
    assert [reply.text for reply in written] == ["Getting started…"]

    await progress_messages.flush(job)
    assert [reply.text for reply in written] == ["Getting started…", "1 of 1 image ready…"]


@pytest.mark.parametrize(("code", "later"), [(StoreCode.BROKEN, []), (StoreCode.BUSY, ["Getting started…"])])
async def test_nothing_is_written_while_the_owner_is_unknown(code: StoreCode, later: list[str]) -> None:
    """A closed store does not say that the job is still ours, so nothing is written; a busy one is asked again."""
    store, clock, platform = ClosedStore(), GatedClock(), FakePlatform()
    progress_messages = ProgressMessages({NAME: platform}, store, store, Words(), clock)
    job = await claimed_job(store)
    store.closed = code
    progress_messages.show(job, Received(facts=job_facts(job)))
    await let_tasks_run()
    assert platform.progress == {}
    store.closed = None
    clock.gate.set()
    await let_tasks_run()
    assert [reply.text for replies in platform.progress.values() for reply in replies] == later


async def test_the_first_two_events_are_one_write() -> None:
    """Where the platform already shows that the bot works, a job that is accepted at once is shown by one write, not two."""
    store, clock = MemoryStore(), GatedClock()
    platform = FakePlatform(limits=replace(CAPABILITIES, response_seconds=clock.now() + 900.0))
    progress_messages = ProgressMessages({NAME: platform}, store, store, Words(), clock)
    job = await claimed_job(store)
    assert await progress_messages.show_first(job, Received(facts=job_facts(job)))
    await let_tasks_run()
    progress_messages.show(job, Submitted(facts=job_facts(job), model=MODEL, gateway=GATEWAY))
    clock.gate.set()
    await let_tasks_run()

    (written,) = platform.progress.values()
    assert [reply.text for reply in written] == ["Generating your image with Seedream 4.5…"]


class TurnedPlatform(FakePlatform):
    """Gives away turns that are free now."""

    turns = 0

    async def progress_turn(self, origin: Origin, message: MessageId | None, *, wait: bool) -> bool:
        if not wait:
            self.turns -= 1
        return wait or self.turns >= 0


class TickingClock(FakeClock):
    """Each sleep ends when a test lets it."""

    def __init__(self) -> None:
        super().__init__()
        self.ticks = asyncio.Semaphore(0)

    async def sleep(self, seconds: float) -> None:
        await self.ticks.acquire()
        self.advance(seconds)


async def test_progress_moves_while_nothing_happens() -> None:
    """The elapsed time and the place in the line are written anew where a turn is free, and only where they have changed."""
    store, clock, platform = MemoryStore(), TickingClock(), TurnedPlatform()
    places = [3, 2, 2, 1]
    progress_messages = ProgressMessages(
        {NAME: platform}, store, store, Words(), clock, place=lambda _, __: places.pop(0) if places else None
    )
    job = replace(await claimed_job(store), created_at=clock.now())
    running = asyncio.create_task(progress_messages.run())
    progress_messages.show(job, Accepted(facts=job_facts(job), model=MODEL, gateway=GATEWAY, place=4))
    await let_tasks_run()
    for turns in (1, 1, 0, 1):
        platform.turns = turns
        clock.ticks.release()
        await let_tasks_run()
    running.cancel()

    written = platform.progress[MessageId(f"progress-{job.id}")]
    assert [reply.text.partition(". ")[2] for reply in written] == [f"It is number {place} in line." for place in (4, 3, 2, 1)]
    assert [(reply.note or "").partition(" · ")[2] for reply in written] == ["", "5 s so far", "10 s so far", "20 s so far"]


async def test_what_the_platform_counts_is_not_written_anew() -> None:
    """Where it shows by itself how long ago it began, nothing is edited while nothing changes."""
    store, clock, platform = MemoryStore(), TickingClock(), TurnedPlatform(limits=replace(CAPABILITIES, counts_time=True))
    progress_messages = ProgressMessages({NAME: platform}, store, store, Words(), clock)
    job = replace(await claimed_job(store), created_at=clock.now())
    running = asyncio.create_task(progress_messages.run())
    progress_messages.show(job, Submitted(facts=job_facts(job), model=MODEL, gateway=GATEWAY))
    await let_tasks_run()
    platform.turns = 9
    for _ in range(3):
        clock.ticks.release()
        await let_tasks_run()
    running.cancel()

    (reply,) = platform.progress[MessageId(f"progress-{job.id}")]
    assert (reply.since, (reply.note or "").partition(" · ")[2]) == (job.created_at, "started")
