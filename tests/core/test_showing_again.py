"""A finished set once more, for whoever presses: by the ways of the press, and remembered."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.admission import Admission
from bot.capabilities import Way
from bot.command import Arrival, ShowHelp, ShowModels, ShowQuota, ShowResult
from bot.errors import DeliveryCode, DeliveryError, StoreCode, StoreError
from bot.handlers.answers import Answering
from bot.ids import EventId, MessageId, PlatformName, UserId
from bot.images.studio import Studio
from bot.job import Job, JobState, Move
from bot.posting import Posting
from bot.presentation.reply import Reply
from bot.store.blobs import Blobs
from bot.wording.words import Words
from tests.core.test_posting import DISCORD, stored_picture
from tests.fakes.clock import FakeClock
from tests.fakes.dialects import gateway
from tests.fakes.jobs import in_state, origin
from tests.fakes.memory_store import MemoryJobStore
from tests.fakes.platform import CAPABILITIES, FakePlatform

CLOSED = DeliveryError(DeliveryCode.NOT_INVITED, retryable=False)
AWAY = DeliveryError(DeliveryCode.UNAVAILABLE, retryable=True)
EARLIER = "An earlier set of yours could not be posted: it is ready."


class ForgetfulStore(MemoryJobStore):
    """Takes no note of a message, and answers no question about a member."""

    forgets = False

    async def record_result(self, job: Job, message: MessageId, *, platform: PlatformName, pictures: object) -> None:
        raise StoreError(StoreCode.FENCED)

    async def undelivered(self, user: UserId) -> Job | None:
        if self.forgets:
            raise StoreError(StoreCode.BUSY)
        return await super().undelivered(user)


@dataclass
class House:
    """Someone who answers, and a set that reached nobody."""

    store: MemoryJobStore
    platform: FakePlatform
    answering: Answering
    job: Job

    async def ask(self, command: ShowQuota | ShowModels | ShowHelp) -> Reply:
        arrival = Arrival(events=(EventId("e"),), origin=origin(), command=command)
        match command:
            case ShowQuota():
                return await self.answering.show_quota(arrival, command)
            case ShowModels():
                return await self.answering.show_models(arrival, command)
            case ShowHelp():
                return await self.answering.show_help(arrival, command)

    async def press(self) -> None:
        command = ShowResult(job=self.job.id)
        await self.answering.show_result(Arrival(events=(EventId("p"),), origin=origin(), command=command), command)

    async def way(self) -> Way | None:
        job = await self.store.load(self.job.id)
        assert job is not None
        return job.way


async def open_house(folder: Path, studio: Studio, store: MemoryJobStore) -> House:
    blobs, words, clock = Blobs(folder), Words(), FakeClock()
    platform = FakePlatform(limits=replace(CAPABILITIES, ways=(Way.CONVERSATION, Way.DIRECT)))
    job = await in_state(store, JobState.DELIVERING)
    await store.put_picture(job, await stored_picture(blobs))
    posting = Posting(store=store, blobs=blobs, studio=studio, platforms={DISCORD: platform}, words=words, clock=clock)
    answering = Answering(
        store=store,
        clock=clock,
        admission=Admission((), ZoneInfo("UTC")),
        posting=posting,
        platforms={DISCORD: platform},
        profiles=[gateway("ark_intl")],
        words=words,
    )
    return House(store, platform, answering, job)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with Studio() as studio:
        opened = await open_house(tmp_path, studio, MemoryJobStore())
        await opened.store.move(opened.job, Move(to=JobState.DONE), now=300.0)
        yield opened


@pytest.mark.parametrize("command", [ShowQuota(), ShowModels(), ShowHelp()], ids=lambda command: type(command).__name__)
async def test_whatever_is_asked_the_set_that_waits_is_spoken_of(
    house: House, command: ShowQuota | ShowModels | ShowHelp
) -> None:
    """With a button; when it was shown, no more."""
    waiting = await house.ask(command)
    await house.press()
    shown = await house.ask(command)

    assert EARLIER in (waiting.note or "")
    assert [(button.label, button.action.job) for button in waiting.buttons] == [("Show result", house.job.id)]
    assert (EARLIER in (shown.note or ""), shown.buttons) == (False, ())


async def test_a_place_that_is_closed_is_gone_around(house: House) -> None:
    """A button may be pressed where the bot may not post: the set goes by the next way, and that is remembered."""
    house.platform.troubles = [CLOSED]

    await house.press()

    assert (house.platform.ways, await house.way()) == ([Way.DIRECT], Way.DIRECT)


@pytest.mark.parametrize("troubles", [[CLOSED, CLOSED], [AWAY]], ids=["closed", "away"])
async def test_what_could_not_be_shown_still_waits(house: House, troubles: list[DeliveryError]) -> None:
    """The member reads why, and is reminded again; a platform that is away is not gone around."""
    house.platform.troubles = troubles

    with pytest.raises(DeliveryError):
        await house.press()

    assert (house.platform.ways, await house.way(), house.platform.troubles) == ([], None, [])
    assert EARLIER in ((await house.ask(ShowHelp())).note or "")


async def test_a_store_that_cannot_hides_nothing(tmp_path: Path) -> None:
    """What was shown is shown though nobody could write it down, and questions are answered without the reminder."""
    async with Studio() as studio:
        store = ForgetfulStore()
        house = await open_house(tmp_path, studio, store)
        await store.move(house.job, Move(to=JobState.DONE), now=300.0)
        await house.press()
        store.forgets = True

        assert (house.platform.ways, (await house.ask(ShowHelp())).buttons) == ([Way.CONVERSATION], ())
