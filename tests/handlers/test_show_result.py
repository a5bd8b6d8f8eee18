"""*Show result* posts a finished set again, by the ways of the press, and records the way."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.chat.capabilities import Way
from bot.chat.reply import Reply
from bot.commands.command import Arrival, Inquiry, ShowResult
from bot.config.settings import Defaults
from bot.errors import DeliveryCode, DeliveryError, RefusalCode, RefusedError, StoreCode, StoreError
from bot.handlers.binding import Handlers
from bot.ids import EventId, MessageId, PlatformName, UserId
from bot.images.processor import ImageProcessor
from bot.jobs.job import Job, JobState, Move
from bot.pipeline.result_messages import ResultMessages
from bot.requests.checks import RequestRules
from bot.store.blobs import Blobs
from bot.wallet.admission import Admission
from bot.wording.words import Words
from tests.fakes.clock import FakeClock
from tests.fakes.dialects import gateway
from tests.fakes.handlers import bind_handlers
from tests.fakes.jobs import ADA, job_in_state, origin
from tests.fakes.memory_store import MemoryStore
from tests.fakes.pictures import stored_picture
from tests.fakes.platform import CAPABILITIES, FakePlatform

CLOSED = DeliveryError(DeliveryCode.NOT_INVITED, retryable=False)
UNAVAILABLE = DeliveryError(DeliveryCode.UNAVAILABLE, retryable=True)
EARLIER = "An earlier set of images could not be posted and is still waiting for you."

DISCORD = PlatformName("discord")


class FailingStore(MemoryStore):
    """Cannot record a message, and raises BUSY from `undelivered` if `busy` is set."""

    busy = False

    async def record_result(
        self, job: Job, message: MessageId, *, platform: PlatformName, pictures: object, way: Way | None = None
    ) -> None:
        raise StoreError(StoreCode.FENCED)

    async def undelivered(self, user: UserId) -> Job | None:
        if self.busy:
            raise StoreError(StoreCode.BUSY)
        return await super().undelivered(user)


@dataclass
class HandlersHarness:
    """All handlers, and a job whose set could not be delivered."""

    store: MemoryStore
    platform: FakePlatform
    handlers: Handlers
    job: Job

    async def ask(self, command: Inquiry) -> Reply:
        reply = await self.handlers.handle(Arrival(events=(EventId("e"),), origin=origin(), command=command))
        assert reply is not None
        return reply

    async def press(self, user: UserId = ADA) -> None:
        command = ShowResult(job=self.job.id)
        await self.handlers.handle(Arrival(events=(EventId("p"),), origin=origin(user), command=command))

    async def way(self) -> Way | None:
        job = await self.store.load(self.job.id)
        assert job is not None
        return job.way


async def open_harness(folder: Path, processor: ImageProcessor, store: MemoryStore) -> HandlersHarness:
    blobs, words, clock = Blobs(folder), Words(), FakeClock()
    platform = FakePlatform(limits=replace(CAPABILITIES, ways=(Way.CONVERSATION, Way.DIRECT)))
    job = await job_in_state(store, JobState.DELIVERING)
    await store.put_picture(job, await stored_picture(blobs))
    result_messages = ResultMessages(
        jobs=store,
        pictures=store,
        messages=store,
        blobs=blobs,
        processor=processor,
        platforms={DISCORD: platform},
        words=words,
        clock=clock,
    )
    profiles = (gateway("ark_intl"),)
    handlers = bind_handlers(
        store,
        clock,
        admission=Admission((), ZoneInfo("UTC")),
        result_messages=result_messages,
        platforms={DISCORD: platform},
        profiles=profiles,
        rules=RequestRules(profiles=profiles, defaults=Defaults()),
        on_recorded=lambda _: None,
    )
    return HandlersHarness(store, platform, handlers, job)


@pytest.fixture
async def harness(tmp_path: Path) -> AsyncIterator[HandlersHarness]:
    async with ImageProcessor() as processor:
        opened = await open_harness(tmp_path, processor, MemoryStore())
        await opened.store.move(opened.job, Move(to=JobState.DONE), now=300.0)
        yield opened


@pytest.mark.parametrize(
    "command", [Inquiry(name="quota"), Inquiry(name="models"), Inquiry(name="help")], ids=lambda command: command.name
)
async def test_every_reply_mentions_an_undelivered_set(harness: HandlersHarness, command: Inquiry) -> None:
    """A reply to any inquiry mentions an undelivered set with a button, until the set was shown."""
    waiting = await harness.ask(command)
    await harness.press()
    shown = await harness.ask(command)

    assert EARLIER in (waiting.note or "")
    assert [(button.label, button.action.job) for button in waiting.buttons] == [("Show result", harness.job.id)]
    assert (EARLIER in (shown.note or ""), shown.buttons) == (False, ())


async def test_a_closed_conversation_is_replaced_by_the_next_way(harness: HandlersHarness) -> None:
    """If the bot cannot post where the button was pressed, the set is posted by the next way, which is recorded."""
    harness.platform.troubles = [CLOSED]

    await harness.press()

    assert (harness.platform.ways, await harness.way()) == ([Way.DIRECT], Way.DIRECT)


@pytest.mark.parametrize("troubles", [[CLOSED, CLOSED], [UNAVAILABLE]], ids=["closed", "away"])
async def test_a_set_that_could_not_be_shown_is_still_undelivered(
    harness: HandlersHarness, troubles: list[DeliveryError]
) -> None:
    """If a set cannot be shown, the error is raised and later replies mention it; no other way bypasses an unavailable platform."""
    harness.platform.troubles = troubles

    with pytest.raises(DeliveryError):
        await harness.press()

    assert (harness.platform.ways, await harness.way(), harness.platform.troubles) == ([], None, [])
    assert EARLIER in ((await harness.ask(Inquiry(name="help"))).note or "")


async def test_a_failing_store_does_not_prevent_an_answer(tmp_path: Path) -> None:
    """A set is shown although its message cannot be recorded, and an inquiry is answered without the reminder."""
    async with ImageProcessor() as processor:
        store = FailingStore()
        harness = await open_harness(tmp_path, processor, store)
        await store.move(harness.job, Move(to=JobState.DONE), now=300.0)
        await harness.press()
        store.busy = True

        assert (harness.platform.ways, (await harness.ask(Inquiry(name="help"))).buttons) == ([Way.CONVERSATION], ())


async def test_only_the_requester_is_shown_a_result(harness: HandlersHarness) -> None:
    """Another member is refused with NOT_YOURS, and nothing is posted."""
    with pytest.raises(RefusedError) as refused:
        await harness.press(UserId("discord:bob"))

    assert (refused.value.refusal, harness.platform.ways) == (RefusalCode.NOT_YOURS, [])
