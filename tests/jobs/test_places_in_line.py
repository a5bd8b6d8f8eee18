"""The place of a job in a gateway's line."""

from bot.ids import JobId, UserId
from bot.upstream.limiter import GatewayLimiter
from tests.fakes.clock import FakeClock

ADA, BOB, CYD = UserId("ada"), UserId("bob"), UserId("cyd")


async def test_the_place_is_that_of_the_turn() -> None:
    """Members take turns, so one member's second job comes after the first ones of all."""
    limiter = GatewayLimiter(FakeClock(), at_once=1)
    jobs = [("a1", ADA), ("a2", ADA), ("a3", ADA), ("b1", BOB), ("c1", CYD), ("b2", BOB)]
    slots = {name: limiter.slot(JobId(name), 1, user) for name, user in jobs}
    order = []
    while waiting := [name for name in slots if not slots[name].granted]:
        places = {name: limiter.place(JobId(name)) for name in waiting}
        assert sorted(places.values(), key=str) == list(range(1, len(waiting) + 1))
        order.append(min(waiting, key=lambda name: places[name] or 0))
        running = next(name for name, slot in slots.items() if slot.granted)
        slots.pop(running).release()
        assert slots[order[-1]].granted

    assert order == ["a2", "b1", "c1", "a3", "b2"]
    assert limiter.place(JobId("a1")) is None
    assert limiter.place(JobId("unknown")) is None
