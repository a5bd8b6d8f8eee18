"""One job with references of each member at a time, and the pixels a minute of each."""

import asyncio

import pytest

from bot.ids import JobId, UserId
from bot.jobs.queues.slot_queue import QueuedSlot
from bot.pipeline.references.intake_queue import IntakeQueue, PixelDebts
from tests.fakes.clock import FakeClock

ADA, BOB = UserId("discord:ada"), UserId("discord:bob")


async def wait_granted(slot: QueuedSlot) -> None:
    called = asyncio.Event()
    slot.when_granted(lambda _: called.set())
    await asyncio.wait_for(called.wait(), 60)


async def test_a_member_waits_for_nobody_else() -> None:
    """A member's second job waits for the first; another member's begins at once."""
    queue = IntakeQueue(FakeClock())
    first, second, other = queue.slot(JobId("a0"), ADA), queue.slot(JobId("a1"), ADA), queue.slot(JobId("b0"), BOB)
    assert [slot.granted for slot in (first, second, other)] == [True, False, True]
    assert queue.slot(JobId("a1"), ADA) is second

    first.release()

    assert second.granted


async def test_who_had_too_many_pixels_decoded_waits_alone() -> None:
    """The member's next job begins when the rest of the pixels is paid off; others' do not wait."""
    clock = FakeClock()
    queue, start = IntakeQueue(clock, pixels_per_minute=100), clock.now()
    queue.slot(JobId("a0"), ADA).release()
    queue.count(ADA, 90)
    queue.count(ADA, 160)

    waiting, other = queue.slot(JobId("a1"), ADA), queue.slot(JobId("b0"), BOB)
    assert (waiting.granted, other.granted) == (False, True)
    await wait_granted(waiting)

    assert clock.now() - start == 90.0


async def test_a_job_that_leaves_leaves_no_timer() -> None:
    """A queue in which nobody waits has nothing to look at again."""
    queue = IntakeQueue(FakeClock(), pixels_per_minute=100)
    queue.count(ADA, 1000)
    queue.slot(JobId("a0"), ADA).release()
    await asyncio.sleep(0)

    assert len(asyncio.all_tasks()) == 1


@pytest.mark.parametrize(
    ("pixels", "later", "wait_s"),
    [(100, 0.0, 0.0), (160, 0.0, 36.0), (160, 30.0, 6.0), (160, 36.0, 0.0), (160, 1e6, 0.0), (160, -86400.0, 36.0)],
)
def test_debts_are_paid_off_with_time(pixels: int, later: float, wait_s: float) -> None:
    """A minute's worth is free; a clock that is set back neither pays nor adds anything."""
    debts = PixelDebts(per_minute=100)
    debts.add(ADA, pixels, now=1000.0)

    assert debts.wait_s(ADA, now=1000.0 + later) == pytest.approx(wait_s)
    assert debts.wait_s(BOB, now=1000.0 + later) == 0.0


def test_paid_debts_are_forgotten() -> None:
    """What is kept does not grow with the members who have ever been here."""
    debts = PixelDebts(per_minute=60)
    for number in range(100):
        debts.add(UserId(f"member {number}"), 60, now=float(number * 61))

    assert len(debts._debts) == 1
