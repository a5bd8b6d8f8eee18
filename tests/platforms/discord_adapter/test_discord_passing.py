"""A question in a channel goes when it is answered, or after two minutes."""

import asyncio
from typing import cast

from adapters.discord.address import MessageLocation
from adapters.discord.outbound.passing import STANDS_SECONDS, PassingQuestions
from adapters.discord.outbound.sender import Sender
from bot.errors import DeliveryCode, DeliveryError
from bot.ids import UserId
from tests.fakes.clock import FakeClock

ADA = UserId("discord:ada")
HERE = MessageLocation(channel=1, message=2)


class Deletions:
    """The part of a sender that deletes messages."""

    def __init__(self, fails: DeliveryCode | None = None) -> None:
        self.fails = fails
        self.deleted: list[tuple[int, int]] = []

    async def delete(self, channel: int, message: int) -> None:
        self.deleted.append((channel, message))
        if self.fails is not None:
            raise DeliveryError(self.fails, retryable=False)


def questions(deletions: Deletions, clock: FakeClock) -> PassingQuestions:
    return PassingQuestions(cast("Sender", deletions), clock)


async def test_one_that_nobody_answers_goes_after_two_minutes() -> None:
    """As soon as they have passed."""
    deletions, clock = Deletions(), FakeClock()
    begun = clock.now()
    questions(deletions, clock).note(HERE, ADA, stays=False)
    await asyncio.sleep(0)
    assert (clock.now() - begun, deletions.deleted) == (STANDS_SECONDS, [])
    await settle()
    assert deletions.deleted == [(1, 2)]


async def test_one_that_is_answered_goes_at_once() -> None:
    """Also one that an earlier process posted, and where it cannot be deleted nothing fails."""
    for fails in (None, DeliveryCode.GONE, DeliveryCode.FORBIDDEN):
        deletions = Deletions(fails)
        await questions(deletions, FakeClock()).take_away(HERE)
        assert deletions.deleted == [(1, 2)]


async def test_one_that_is_answered_in_words_goes_at_once() -> None:
    """The newest of this member in this channel, once; one that only the member reads stands until then."""
    deletions, clock = Deletions(), FakeClock()
    asked = questions(deletions, clock)
    asked.note(MessageLocation(channel=1, message=1), ADA, stays=True)
    asked.note(HERE, ADA, stays=True)
    await settle()
    assert deletions.deleted == []
    await asked.take_away_latest(1, UserId("discord:bob"))
    await asked.take_away_latest(7, ADA)
    await asked.take_away_latest(1, ADA)
    await asked.take_away_latest(1, ADA)
    assert deletions.deleted == [(1, 2)]


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)
