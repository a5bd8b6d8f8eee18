"""One gateway's limits: calls at once and pictures a minute."""

import asyncio

import pytest

from bot.ids import JobId, UserId
from bot.jobs.queues.slot_queue import QueuedSlot
from bot.upstream.limiter import GatewayLimiter
from tests.fakes.clock import FakeClock
from tests.fakes.jobs import ADA

START = 1_700_000_000.0
BOB = UserId("discord:bob")


def request_slots(limiter: GatewayLimiter, images: list[int]) -> list[QueuedSlot]:
    """Request a slot for each job, in order; `images` holds their numbers of pictures."""
    return [limiter.slot(JobId(f"j{number}"), count, ADA) for number, count in enumerate(images)]


def numbers_granted(slots: list[QueuedSlot]) -> list[int]:
    return [number for number, slot in enumerate(slots) if slot.granted]


async def wait_granted(slot: QueuedSlot) -> None:
    """Until the turn has come."""
    called = asyncio.Event()
    slot.when_granted(lambda _: called.set())
    await asyncio.wait_for(called.wait(), 60)


async def grant_times(limiter: GatewayLimiter, clock: FakeClock, images: list[int]) -> list[float]:
    """Run the jobs one after another; return when each slot was granted, in seconds from the start."""
    times = []
    for slot in request_slots(limiter, images):
        await wait_granted(slot)
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
        # A set over the limit is granted alone.
        (4, [15, 1], [0.0, 60.0]),
        (4, [1, 15, 1], [0.0, 60.0, 120.0]),
    ],
)
async def test_pictures_per_minute(limit: int | None, images: list[int], times: list[float]) -> None:
    """No sixty seconds hold more pictures than the limit."""
    clock = FakeClock(START)

    assert await grant_times(GatewayLimiter(clock, at_once=1, images_per_minute=limit), clock, images) == times


async def test_the_window_slides() -> None:
    """Room returns picture by picture, not at the full minute."""
    clock = FakeClock(START)
    limiter = GatewayLimiter(clock, at_once=1, images_per_minute=2)
    limiter.slot(JobId("first"), 1, ADA).release()
    clock.advance(30.0)

    assert await grant_times(limiter, clock, [1, 1, 1]) == [30.0, 60.0, 90.0]


@pytest.mark.parametrize("jump_s", [-24 * 3600.0, 24 * 3600.0])
async def test_a_clock_that_is_set_changes_no_minute(jump_s: float) -> None:
    """A minute is sixty seconds that pass, whatever the clock says meanwhile."""
    clock = FakeClock(START)
    limiter = GatewayLimiter(clock, at_once=1, images_per_minute=2)
    limiter.slot(JobId("first"), 2, ADA).release()
    clock.jump(jump_s)
    before = clock.monotonic()
    slot = limiter.slot(JobId("second"), 1, ADA)
    await wait_granted(slot)

    assert clock.monotonic() - before == 60.0


def test_calls_at_once() -> None:
    """Slots are granted in order, and no more than `at_once` are held together."""
    slots = request_slots(GatewayLimiter(FakeClock(), at_once=2), [1] * 6)
    order: list[JobId] = []
    for slot in slots:
        slot.when_granted(order.append)

    granted_counts = []
    for slot in slots:
        granted_counts.append(len(order))
        slot.release()

    assert order == [f"j{number}" for number in range(6)]
    assert granted_counts == [2, 3, 4, 5, 6, 6]


async def test_a_small_set_does_not_overtake_a_large_one() -> None:
    """Both wait where the minute has room for the second in the queue but not for the first."""
    clock = FakeClock(START)
    limiter = GatewayLimiter(clock, at_once=3, images_per_minute=4)
    slots = request_slots(limiter, [3, 2, 1])
    assert numbers_granted(slots) == [0]

    await wait_granted(slots[1])

    assert (numbers_granted(slots), clock.now() - START) == ([0, 1, 2], 60.0)


async def test_a_job_that_leaves_the_queue_does_not_block_it() -> None:
    """The next job may fit into the minute where the first did not."""
    slots = request_slots(GatewayLimiter(FakeClock(START), at_once=3, images_per_minute=4), [3, 2, 1])

    slots[1].release()

    assert numbers_granted(slots) == [0, 2]


async def test_an_empty_queue_has_no_timer() -> None:
    """The task that waits for room in the minute ends with the last waiting job."""
    slots = request_slots(GatewayLimiter(FakeClock(START), at_once=3, images_per_minute=4), [4, 2])
    assert len(asyncio.all_tasks()) == 2

    slots[1].release()
    await asyncio.sleep(0)

    assert len(asyncio.all_tasks()) == 1


@pytest.mark.parametrize("released", [[0], [1, 0], [0, 0], [1, 1, 0], [0, 1]])
def test_a_second_release_has_no_effect(released: list[int]) -> None:
    """Waiting or granted, in any order: each slot frees one place at most."""
    slots = request_slots(GatewayLimiter(FakeClock(), at_once=1), [1] * 4)

    for number in released:
        slots[number].release()

    next_granted = 1 if released in ([0], [0, 0]) else 2
    assert [number for number in numbers_granted(slots) if number not in released] == [next_granted]


def test_a_job_has_one_slot() -> None:
    """A second request returns the slot that the job has; after a release it is the last in the queue."""
    limiter = GatewayLimiter(FakeClock(), at_once=1)
    first, second, third = request_slots(limiter, [1] * 3)
    assert limiter.slot(second.job, 1, ADA) is second
    assert limiter.slot(first.job, 1, ADA) is first

    second.release()
    again = limiter.slot(second.job, 1, ADA)
    first.release()
    second.release()
    assert (third.granted, again.granted) == (True, False)

    third.release()
    assert again.granted


def test_a_slot_calls_back_once() -> None:
    """When it is granted, or at once where it already is."""
    early, late = request_slots(GatewayLimiter(FakeClock(), at_once=1), [1] * 2)
    called: list[JobId] = []

    early.when_granted(called.append)
    late.when_granted(called.append)
    assert called == ["j0"]

    early.release()
    late.release()
    assert called == ["j0", "j1"]


def test_members_take_turns() -> None:
    """Who asks for one picture waits for one call of each other member, and not for all that came before."""
    limiter = GatewayLimiter(FakeClock(), at_once=1)
    slots = [limiter.slot(JobId(f"a{number}"), 15, ADA) for number in range(4)]
    slots.append(limiter.slot(JobId("b0"), 1, BOB))
    order: list[JobId] = []
    for slot in slots:
        slot.when_granted(order.append)

    for job in ("a0", "a1", "b0", "a2"):
        limiter.slot(JobId(job), 1, ADA).release()

    assert order == ["a0", "a1", "b0", "a2", "a3"]


def test_calls_of_one_member_at_once() -> None:
    """What is free beyond a member's limit is left to others."""
    limiter = GatewayLimiter(FakeClock(), at_once=4)
    slots = [limiter.slot(JobId(f"a{number}"), 1, ADA, at_once=2) for number in range(4)]
    other = limiter.slot(JobId("b0"), 1, BOB, at_once=2)
    assert (numbers_granted(slots), other.granted) == ([0, 1], True)

    slots[0].release()

    assert numbers_granted(slots) == [0, 1, 2]
