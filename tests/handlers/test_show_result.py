"""A finished set once more, for whoever presses: by the ways of the press, and remembered."""

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
from tests.fakes.jobs import ADA, in_state, origin
from tests.fakes.memory_store import MemoryStore
from tests.fakes.pictures import stored_picture
from tests.fakes.platform import CAPABILITIES, FakePlatform

CLOSED = DeliveryError(DeliveryCode.NOT_INVITED, retryable=False)
AWAY = DeliveryError(DeliveryCode.UNAVAILABLE, retryable=True)
EARLIER = "An earlier set of images could not be posted and is still waiting for you."

DISCORD = PlatformName("discord")


class ForgetfulStore(MemoryStore):
    """Takes no note of a message, and answers no question about a member."""

    forgets = False

    async def record_result(self, job: Job, message: MessageId, *, platform: PlatformName, pictures: object) -> None:
        raise StoreError(StoreCode.FENCED)

    async def undelivered(self, user: UserId) -> Job | None:
        if self.forgets:
            raise StoreError(StoreCode.BUSY)
        return await super().undelivered(user)


@dataclass
class AnswersHarness:
    """Someone who answers, and a set that reached nobody."""

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


async def open_harness(folder: Path, processor: ImageProcessor, store: MemoryStore) -> AnswersHarness:
    blobs, words, clock = Blobs(folder), Words(), FakeClock()
    platform = FakePlatform(limits=replace(CAPABILITIES, ways=(Way.CONVERSATION, Way.DIRECT)))
    job = await in_state(store, JobState.DELIVERING)
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
        woken=lambda _: None,
    )
    return AnswersHarness(store, platform, handlers, job)


@pytest.fixture
async def harness(tmp_path: Path) -> AsyncIterator[AnswersHarness]:
    async with ImageProcessor() as processor:
        opened = await open_harness(tmp_path, processor, MemoryStore())
        await opened.store.move(opened.job, Move(to=JobState.DONE), now=300.0)
        yield opened


@pytest.mark.parametrize(
    "command", [Inquiry(name="quota"), Inquiry(name="models"), Inquiry(name="help")], ids=lambda command: command.name
)
async def test_whatever_is_asked_the_set_that_waits_is_spoken_of(harness: AnswersHarness, command: Inquiry) -> None:
    """With a button; when it was shown, no more."""
    waiting = await harness.ask(command)
    await harness.press()
    shown = await harness.ask(command)

    assert EARLIER in (waiting.note or "")
    assert [(button.label, button.action.job) for button in waiting.buttons] == [("Show result", harness.job.id)]
    assert (EARLIER in (shown.note or ""), shown.buttons) == (False, ())


async def test_a_place_that_is_closed_is_gone_around(harness: AnswersHarness) -> None:
    """A button may be pressed where the bot may not post: the set goes by the next way, and that is remembered."""
    harness.platform.troubles = [CLOSED]

    await harness.press()

    assert (harness.platform.ways, await harness.way()) == ([Way.DIRECT], Way.DIRECT)


@pytest.mark.parametrize("troubles", [[CLOSED, CLOSED], [AWAY]], ids=["closed", "away"])
async def test_what_could_not_be_shown_still_waits(harness: AnswersHarness, troubles: list[DeliveryError]) -> None:
    """The member reads why, and is reminded again; a platform that is away is not gone around."""
    harness.platform.troubles = troubles

    with pytest.raises(DeliveryError):
        await harness.press()

    assert (harness.platform.ways, await harness.way(), harness.platform.troubles) == ([], None, [])
    assert EARLIER in ((await harness.ask(Inquiry(name="help"))).note or "")


async def test_a_store_that_cannot_hides_nothing(tmp_path: Path) -> None:
    """What was shown is shown though nobody could write it down, and questions are answered without the reminder."""
    async with ImageProcessor() as processor:
        store = ForgetfulStore()
        harness = await open_harness(tmp_path, processor, store)
        await store.move(harness.job, Move(to=JobState.DONE), now=300.0)
        await harness.press()
        store.forgets = True

        assert (harness.platform.ways, (await harness.ask(Inquiry(name="help"))).buttons) == ([Way.CONVERSATION], ())


async def test_only_the_requester_is_shown_a_result(harness: AnswersHarness) -> None:
    """Others are refused, and nothing is posted."""
    with pytest.raises(RefusedError) as refused:
        await harness.press(UserId("discord:bob"))

    assert (refused.value.refusal, harness.platform.ways) == (RefusalCode.NOT_YOURS, [])
