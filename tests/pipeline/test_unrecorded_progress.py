"""Between a progress message and its record anything may end: the job still has one message, and nothing is left of another."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from bot.chat.capabilities import Way
from bot.chat.chat_platform import Ping, ProgressUpdate, RefusalNotice
from bot.errors import DeliveryCode, DeliveryError, RefusalCode, RefusedError, StoreCode, StoreError
from bot.ids import JobId, MessageId
from bot.jobs.events import Declined, Delivered, Receipt, Received, RunningEvent, Submitted
from bot.jobs.facts import job_facts
from bot.jobs.job import Job
from bot.pipeline.progress_messages import PING_AFTER_S, ProgressMessages
from bot.wording.words import Words
from tests.fakes.clock import FakeClock
from tests.fakes.memory_store import MemoryStore
from tests.fakes.platform import CAPABILITIES, NAME, FakePlatform
from tests.pipeline.test_progress_messages import GATEWAY, MODEL, GatedClock, claimed_job, let_tasks_run

POSTED = MessageId("progress-0123456789ab")
THEIRS = MessageId("theirs")
RECEIPT = Receipt(
    model=MODEL,
    gateway=GATEWAY,
    seconds=9.0,
    delivered=1,
    withheld=(),
    cost=None,
    estimated=False,
    left_today=None,
)


@dataclass
class GatedPlatform(FakePlatform):
    """Notes every update. What it posts stands at once, and its answer comes once `gate` is set; `lost`: it never comes."""

    updates: list[ProgressUpdate] = field(default_factory=list)
    notices: list[RefusalNotice] = field(default_factory=list)
    closed: list[ProgressUpdate] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    lost_answers: int = 0

    async def show_progress(self, update: ProgressUpdate) -> MessageId:
        self.updates.append(update)
        known = update.perhaps_begun and update.message is None and POSTED in self.progress
        message = await super().show_progress(replace(update, message=POSTED) if known else update)
        await self.gate.wait()
        if self.lost_answers:
            self.lost_answers -= 1
            raise DeliveryError(DeliveryCode.UNAVAILABLE, retryable=True, certain=False)
        return message

    async def decline(self, notice: RefusalNotice) -> None:
        self.notices.append(notice)

    async def close_progress(self, update: ProgressUpdate, *, way: Way) -> None:
        self.closed.append(update)


class FullDisk(MemoryStore):
    """Takes no writes of messages while it is full."""

    full = False

    async def set_progress_message(self, job: Job, message: MessageId) -> None:
        if self.full:
            raise StoreError(StoreCode.BUSY, detail="no space left on device")
        await super().set_progress_message(job, message)


@dataclass
class Process:
    """One process of the bot."""

    store: MemoryStore = field(default_factory=MemoryStore)
    platform: GatedPlatform = field(default_factory=GatedPlatform)
    clock: FakeClock = field(default_factory=FakeClock)

    def __post_init__(self) -> None:
        self.shown = ProgressMessages({NAME: self.platform}, self.store, self.store, Words(), self.clock)

    def show(self, job: Job, event: Callable[[Job], RunningEvent] | None = None) -> None:
        self.shown.show(job, event(job) if event is not None else Received(facts=job_facts(job)))

    async def claim(self, job: JobId, *, after: Job | None = None) -> Job:
        """Claim a job, after another claim was given up."""
        if after is not None:
            await self.store.release(after)
        claimed = await self.store.claim(job, owner="another", now=0.0, lease_s=60.0)
        assert claimed is not None
        return claimed

    @property
    def posted(self) -> list[MessageId]:
        return [*self.platform.progress]


def submitted(job: Job) -> RunningEvent:
    return Submitted(facts=job_facts(job), model=MODEL, gateway=GATEWAY)


@pytest.fixture
def process() -> Process:
    return Process()


async def test_a_first_claim_looks_for_nothing(process: Process) -> None:
    """Nobody else can have posted anything."""
    process.platform.gate.set()
    job = await claimed_job(process.store)
    process.show(job)
    await let_tasks_run()
    assert [update.perhaps_begun for update in process.platform.updates] == [False]
    assert not (await process.shown.hand_over(job)).perhaps_begun


async def test_a_later_claim_looks_for_a_message_everywhere(process: Process) -> None:
    """Whoever had the job before may have died after the post: to show, to decline, to hand over, to close and to mention."""
    process.platform.gate.set()
    job = await claimed_job(process.store)
    job = await process.claim(job.id, after=job)
    await process.shown.finish(job, Declined(facts=job_facts(job), error=RefusedError(RefusalCode.PROMPT_EMPTY)))
    process.show(job)
    await let_tasks_run()
    assert (await process.shown.hand_over(job)).perhaps_begun
    await process.shown.close(replace(job, way=Way.CONVERSATION), Delivered(facts=job_facts(job), receipt=RECEIPT))
    platform = process.platform
    assert [notice.perhaps_begun for notice in platform.notices] == [True]
    assert [update.perhaps_begun for update in (*platform.updates, *platform.closed)] == [True, True]


async def test_a_later_claim_looks_for_a_mention(process: Process) -> None:
    """Once is enough."""
    process.platform.limits = replace(CAPABILITIES, one_message=True)
    job = await claimed_job(process.store)
    job = await process.claim(job.id, after=job)
    await process.store.set_progress_message(job, POSTED)
    await process.store.record_result(job, POSTED, platform=NAME, pictures=(0,), way=Way.CONVERSATION)
    ended = replace(job, progress_message=POSTED, way=Way.CONVERSATION, ended_at=PING_AFTER_S + 1.0)
    await process.shown.close(ended, Delivered(facts=job_facts(job), receipt=RECEIPT))
    pings: list[Ping] = process.platform.pings
    assert [ping.perhaps_sent for ping in pings] == [True]


@pytest.mark.parametrize(
    ("theirs", "notified", "taken_back"),
    [(None, False, []), (POSTED, False, []), (THEIRS, False, [POSTED]), (None, True, [POSTED]), (POSTED, True, [])],
)
async def test_the_claim_is_lost_while_the_message_is_posted(
    process: Process, theirs: MessageId | None, taken_back: list[MessageId], *, notified: bool
) -> None:
    """It goes if the other process shows another message or has ended; else that finds it, because it looks for it."""
    job = await claimed_job(process.store)
    process.show(job)
    await let_tasks_run()
    other = await process.claim(job.id, after=job)
    if theirs is not None:
        await process.store.set_progress_message(other, theirs)
    if notified:
        await process.store.set_notified(other, now=1.0)
    process.platform.gate.set()
    await let_tasks_run()
    row = await process.store.load(job.id)
    assert row is not None
    assert (process.posted, process.platform.taken_back, row.progress_message) == ([POSTED], taken_back, theirs)


async def test_a_dropped_writer_that_is_still_sending(process: Process) -> None:
    """The next claim of this process waits for it and goes on with its message; a second one is not posted."""
    job = await claimed_job(process.store)
    process.show(job)
    await let_tasks_run()
    again = await process.claim(job.id, after=job)
    process.shown.drop(job.id)
    process.show(again, submitted)
    await let_tasks_run()
    assert len(process.platform.updates) == 1
    process.platform.gate.set()
    await let_tasks_run()
    assert (process.posted, process.platform.taken_back) == ([POSTED], [])
    assert process.platform.last_progress().text == "Generating your image with Seedream 4.5…"
    row = await process.store.load(job.id)
    assert row is not None
    assert row.progress_message == POSTED


@pytest.mark.parametrize("ending", ["finish", "hand_over", "show_first"])
async def test_the_end_waits_for_a_dropped_writer(process: Process, ending: str) -> None:
    """Whatever is next: a message that arrives after it would stay."""
    job = await claimed_job(process.store)
    process.show(job)
    await let_tasks_run()
    again = await process.claim(job.id, after=job)
    process.shown.drop(job.id)
    declined = Declined(facts=job_facts(job), error=RefusedError(RefusalCode.PROMPT_EMPTY))
    steps: dict[str, Callable[[], Coroutine[Any, Any, object]]] = {
        "finish": lambda: process.shown.finish(again, declined),
        "hand_over": lambda: process.shown.hand_over(again),
        "show_first": lambda: process.shown.show_first(again, Received(facts=job_facts(again))),
    }
    doing = asyncio.create_task(steps[ending]())
    await let_tasks_run()
    assert (doing.done(), process.platform.notices, len(process.platform.updates)) == (False, [], 1)
    process.platform.gate.set()
    await doing
    assert process.posted == [POSTED]


async def test_a_full_disk(process: Process) -> None:
    """The message is edited all the same, and recorded once that is possible."""
    process = Process(store=FullDisk())
    process.platform.gate.set()
    job = await claimed_job(process.store)
    for full, event, recorded in [(True, None, None), (True, submitted, None), (False, submitted, POSTED)]:
        process.store.full = full  # type: ignore[attr-defined]
        process.clock.advance(10.0)
        process.show(job, event)
        await let_tasks_run()
        row = await process.store.load(job.id)
        assert row is not None
        assert (process.posted, row.progress_message) == ([POSTED], recorded)
    assert (await process.store.pictures_of_message(NAME, POSTED)) == (job.id, ())


async def test_a_full_disk_and_then_another_process(process: Process) -> None:
    """It looks for the message that is recorded nowhere, and records it."""
    process = Process(store=FullDisk())
    process.platform.gate.set()
    job = await claimed_job(process.store)
    process.store.full = True  # type: ignore[attr-defined]
    process.show(job)
    await let_tasks_run()
    process.store.full = False  # type: ignore[attr-defined]
    next_process = Process(store=process.store, platform=process.platform)
    next_process.show(await next_process.claim(job.id, after=job), submitted)
    await let_tasks_run()
    row = await process.store.load(job.id)
    assert row is not None
    assert (process.posted, row.progress_message) == ([POSTED], POSTED)


@pytest.mark.parametrize("first", [False, True])
async def test_an_answer_that_is_lost(process: Process, *, first: bool) -> None:
    """The message may stand: the next try looks for it."""
    process.platform.gate.set()
    process.platform.lost_answers = 1
    job = await claimed_job(process.store)
    if first:
        assert await process.shown.show_first(job, Received(facts=job_facts(job)))
        process.show(job, submitted)
    else:
        process.show(job)
    await let_tasks_run()
    assert [update.perhaps_begun for update in process.platform.updates] == [False, True]
    assert process.posted == [POSTED]


async def test_a_write_that_a_stopping_process_cuts_off(process: Process) -> None:
    """It waits for a while, then another process has the job, looks for what was posted and leaves one message."""
    job = await claimed_job(process.store)
    process.show(job)
    await let_tasks_run()
    (writer,) = [task for task in asyncio.all_tasks() if "_write_pending" in repr(task.get_coro())]
    writer.cancel()
    await let_tasks_run()
    next_process = Process(store=process.store, platform=process.platform, clock=GatedClock())
    next_process.show(await next_process.claim(job.id, after=job), submitted)
    process.platform.gate.set()
    await let_tasks_run()
    assert process.posted == [POSTED]
