"""How much one gateway is asked at a time."""

import asyncio

import pytest

from bot.upstream.health import Turns
from tests.fakes.clock import FakeClock

START = 1_700_000_000.0


async def asked(turns: Turns, clock: FakeClock, images: list[int]) -> list[float]:
    """When each call was let in, one after the other, in seconds from the start."""
    times = []
    for count in images:
        async with turns.turn(count):
            times.append(clock.now() - START)
    return times


@pytest.mark.parametrize(
    ("limit", "images", "times"),
    [
        (None, [15] * 20, [0.0] * 20),
        (4, [1, 1, 1, 1], [0.0] * 4),
        (4, [4, 1], [0.0, 60.0]),
        (4, [3, 2, 2, 1], [0.0, 60.0, 60.0, 120.0]),
        # A set over the limit goes alone rather than never.
        (4, [15, 1], [0.0, 60.0]),
        (4, [1, 15, 1], [0.0, 60.0, 120.0]),
    ],
)
async def test_pictures_per_minute(limit: int | None, images: list[int], times: list[float]) -> None:
    """Any sixty seconds hold no more than the limit."""
    clock = FakeClock(START)

    assert await asked(Turns(clock, at_once=1, images_per_minute=limit), clock, images) == times


async def test_the_window_slides() -> None:
    """Room comes back picture by picture, not at the full minute."""
    clock = FakeClock(START)
    turns = Turns(clock, at_once=1, images_per_minute=2)
    async with turns.turn(1):
        clock.advance(30.0)

    assert await asked(turns, clock, [1, 1, 1]) == [30.0, 60.0, 90.0]


async def test_calls_at_once() -> None:
    """No more run together than were said, and all of them get their turn in order."""
    clock = FakeClock(START)
    turns = Turns(clock, at_once=2, images_per_minute=100)
    running, most, order = 0, 0, []

    async def call(number: int) -> None:
        nonlocal running, most
        async with turns.turn(1):
            order.append(number)
            running += 1
            most = max(most, running)
            await asyncio.sleep(0)
            running -= 1

    await asyncio.gather(*map(call, range(6)))

    assert (most, order) == (2, list(range(6)))


async def test_whoever_is_cancelled_leaves_no_gap() -> None:
    """A turn that is given up while it waits holds nothing."""
    clock = FakeClock(START)
    turns = Turns(clock, at_once=1)
    async with turns.turn(1):
        waiting = asyncio.create_task(asked(turns, clock, [1]))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    assert await asked(turns, clock, [1]) == [0.0]
