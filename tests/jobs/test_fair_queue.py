"""Members take turns, whoever came first and however much they want."""

import asyncio

import pytest

from bot.ids import UserId
from bot.jobs.queues.fair_queue import FairQueue
from bot.jobs.queues.turns import Turns

ADA, BOB, CLEO = UserId("discord:ada"), UserId("discord:bob"), UserId("slack:cleo")


def queue_of(*items: tuple[UserId, str], at_once: int | None = None, each: int | None = None) -> FairQueue[str]:
    queue: FairQueue[str] = FairQueue(at_once=at_once)
    for user, item in items:
        queue.add(user, item, each=each)
    return queue


def serve_all(queue: FairQueue[str]) -> list[str]:
    """Serve until the limits are reached."""
    served = []
    while (item := queue.serve_next()) is not None:
        served.append(item)
    return served


def test_members_take_turns() -> None:
    """A member who asks for one thing waits for one of each other member, and not for all that came before."""
    queue = queue_of(*((ADA, f"a{number}") for number in range(4)), (BOB, "b0"), (CLEO, "c0"), (BOB, "b1"))

    assert serve_all(queue) == ["a0", "b0", "c0", "a1", "b1", "a2", "a3"]


def test_who_comes_later_has_the_next_turn_but_those_of_others() -> None:
    """Coming back at once gives no second turn before others."""
    queue = queue_of((ADA, "a0"), (ADA, "a1"), (ADA, "a2"))
    assert queue.serve_next() == "a0"
    queue.add(BOB, "b0")
    queue.add(ADA, "a3")

    assert serve_all(queue) == ["a1", "b0", "a2", "a3"]


def test_no_more_than_the_limits_are_served_together() -> None:
    """What is finished lets the next in, in the order of turns."""
    queue = queue_of((ADA, "a0"), (ADA, "a1"), (BOB, "b0"), (BOB, "b1"), at_once=3, each=1)
    assert serve_all(queue) == ["a0", "b0"]
    queue.add(CLEO, "c0", each=1)
    assert serve_all(queue) == ["c0"]

    queue.remove(BOB, "b0")
    assert serve_all(queue) == ["b1"]
    queue.remove(ADA, "a0")
    assert serve_all(queue) == ["a1"]


def test_what_waits_can_leave() -> None:
    """It has no turn, frees none, and leaving twice does no harm."""
    queue = queue_of((ADA, "a0"), (ADA, "a1"), (BOB, "b0"), at_once=1)
    assert queue.serve_next() == "a0"
    for item in ("a1", "a1", "never came"):
        queue.remove(ADA, item)
    assert queue.serve_next() is None

    for _ in range(2):
        queue.remove(ADA, "a0")
    assert serve_all(queue) == ["b0"]
    assert not queue


async def run_turns(turns: Turns, wanted: list[UserId]) -> tuple[list[UserId], int]:
    """Take a turn for each member at once; returns the order in which they came, and the most of them together."""
    order: list[UserId] = []
    together = most = 0

    async def take(user: UserId) -> None:
        nonlocal together, most
        async with turns.turn(user):
            order.append(user)
            together += 1
            most = max(most, together)
            await asyncio.sleep(0)
            together -= 1

    await asyncio.gather(*map(take, wanted))
    return order, most


@pytest.mark.parametrize(
    ("at_once", "each", "order", "most"),
    [
        (1, None, [ADA, ADA, BOB, CLEO, ADA, ADA], 1),
        (2, None, [ADA, ADA, ADA, BOB, CLEO, ADA], 2),
        (2, 1, [ADA, BOB, ADA, CLEO, ADA, ADA], 2),
        (None, 1, [ADA, BOB, CLEO, ADA, ADA, ADA], 3),
    ],
)
async def test_turns(at_once: int | None, each: int | None, order: list[UserId], most: int) -> None:
    """The first are served as they come; of those who wait, each member in turn."""
    assert await run_turns(Turns(at_once=at_once, each=each), [ADA, ADA, ADA, ADA, BOB, CLEO]) == (order, most)


async def test_a_cancelled_turn_is_passed_on() -> None:
    """Whether it is waited for or had."""
    turns = Turns(at_once=1)
    entered = asyncio.Event()

    async def hold() -> None:
        async with turns.turn(ADA):
            entered.set()
            await asyncio.Event().wait()

    holder, waiter = asyncio.create_task(hold()), asyncio.create_task(hold())
    await entered.wait()
    waiter.cancel()
    await asyncio.wait({waiter})
    holder.cancel()
    await asyncio.wait({holder})

    assert await run_turns(turns, [BOB]) == ([BOB], 1)
