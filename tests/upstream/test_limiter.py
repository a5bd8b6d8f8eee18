"""How much one gateway is asked at a time."""

import asyncio

import pytest

from bot.ids import JobId
from bot.upstream.limiter import GatewayLimiter, GatewaySlot
from tests.fakes.clock import FakeClock

START = 1_700_000_000.0


def line(limiter: GatewayLimiter, images: list[int]) -> list[GatewaySlot]:
    """The turns of as many jobs, which asked in this order."""
    return [limiter.slot(JobId(f"j{number}"), count) for number, count in enumerate(images)]


def granted(limiter: list[GatewaySlot]) -> list[int]:
    return [number for number, slot in enumerate(limiter) if slot.granted]


async def come(slot: GatewaySlot) -> None:
    """Until the turn has come."""
    called = asyncio.Event()
    slot.when_granted(lambda _: called.set())
    await asyncio.wait_for(called.wait(), 10)


async def asked(limiter: GatewayLimiter, clock: FakeClock, images: list[int]) -> list[float]:
    """When each call was let in, one after the other, in seconds from the start."""
    times = []
    for slot in line(limiter, images):
        await come(slot)
        times.append(clock.now() - START)
        slot.release()
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

    assert await asked(GatewayLimiter(clock, at_once=1, images_per_minute=limit), clock, images) == times


async def test_the_window_slides() -> None:
    """Room comes back picture by picture, not at the full minute."""
    clock = FakeClock(START)
    limiter = GatewayLimiter(clock, at_once=1, images_per_minute=2)
    limiter.slot(JobId("first"), 1).release()
    clock.advance(30.0)

    assert await asked(limiter, clock, [1, 1, 1]) == [30.0, 60.0, 90.0]


def test_calls_at_once() -> None:
    """No more run together than were said, and all of them get their turn in order."""
    waiting = line(GatewayLimiter(FakeClock(), at_once=2), [1] * 6)
    order: list[JobId] = []
    for slot in waiting:
        slot.when_granted(order.append)

    so_far = []
    for slot in waiting:
        so_far.append(len(order))
        slot.release()

    assert order == [f"j{number}" for number in range(6)]
    assert so_far == [2, 3, 4, 5, 6, 6]


async def test_nobody_overtakes_a_larger_set() -> None:
    """Where the minute has room for the second in line but not for the first, both wait."""
    clock = FakeClock(START)
    limiter = GatewayLimiter(clock, at_once=3, images_per_minute=4)
    waiting = line(limiter, [3, 2, 1])
    assert granted(waiting) == [0]

    await come(waiting[1])

    assert (granted(waiting), clock.now() - START) == ([0, 1, 2], 60.0)


async def test_whoever_goes_away_holds_nobody_up() -> None:
    """The first in line leaves while the minute is full: the next one may still fit into it."""
    waiting = line(GatewayLimiter(FakeClock(START), at_once=3, images_per_minute=4), [3, 2, 1])

    waiting[1].release()

    assert granted(waiting) == [0, 2]


async def test_an_empty_line_waits_for_nothing() -> None:
    """What looked out for room in the minute ends with the last who waited for it."""
    waiting = line(GatewayLimiter(FakeClock(START), at_once=3, images_per_minute=4), [4, 2])
    assert len(asyncio.all_tasks()) == 2

    waiting[1].release()
    await asyncio.sleep(0)

    assert len(asyncio.all_tasks()) == 1


@pytest.mark.parametrize("leaves", [[0], [1, 0], [0, 0], [1, 1, 0], [0, 1]])
def test_a_turn_is_given_back_once(leaves: list[int]) -> None:
    """From the line or from the counter, in any order, once or twice: one turn is one turn."""
    waiting = line(GatewayLimiter(FakeClock(), at_once=1), [1] * 4)

    for number in leaves:
        waiting[number].release()

    ahead = 1 if leaves in ([0], [0, 0]) else 2
    assert [number for number in granted(waiting) if number not in leaves] == [ahead]


def test_a_job_has_one_turn() -> None:
    """Whoever asks again keeps the place; whoever has left stands behind all others."""
    limiter = GatewayLimiter(FakeClock(), at_once=1)
    first, second, third = line(limiter, [1] * 3)
    assert limiter.slot(second.job, 1) is second
    assert limiter.slot(first.job, 1) is first

    second.release()
    again = limiter.slot(second.job, 1)
    first.release()
    second.release()
    assert (third.granted, again.granted) == (True, False)

    third.release()
    assert again.granted


def test_a_job_is_called_once() -> None:
    """When its turn comes, or at once where it has come already."""
    early, late = line(GatewayLimiter(FakeClock(), at_once=1), [1] * 2)
    called: list[JobId] = []

    early.when_granted(called.append)
    late.when_granted(called.append)
    assert called == ["j0"]

    early.release()
    late.release()
    assert called == ["j0", "j1"]
