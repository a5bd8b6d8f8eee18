"""Slack's rate limits: calls of one kind wait in one line, the most urgent first."""

import asyncio

from adapters.slack.outbound.pacing import RATES, Pacing, Urgency
from tests.fakes.clock import FakeClock

POST = "chat.postMessage"
BURST = RATES[POST].burst


class SteppedClock(FakeClock):
    """A sleep ends when the test has moved the clock far enough."""

    def __init__(self) -> None:
        super().__init__()
        self.moved = asyncio.Condition()

    async def sleep(self, seconds: float) -> None:
        until = self.now() + seconds
        async with self.moved:
            await self.moved.wait_for(lambda: self.now() >= until - 1e-6)

    async def move(self, seconds: float) -> None:
        for _ in range(5):
            await asyncio.sleep(0)
        self.advance(seconds)
        async with self.moved:
            self.moved.notify_all()
        for _ in range(5):
            await asyncio.sleep(0)


class Line:
    """Calls that wait in lines; `served` has their names in order."""

    def __init__(self) -> None:
        self.clock = SteppedClock()
        self.pacing = Pacing(self.clock)
        self.served: list[str] = []

    def call(
        self, name: str, *, urgency: Urgency = Urgency.PROGRESS, channel: str = "C1", method: str = POST
    ) -> asyncio.Task[None]:
        async def wait() -> None:
            await self.pacing.turn(method, channel, urgency)
            self.served.append(name)

        return asyncio.create_task(wait())


async def test_a_burst_passes_and_the_rest_one_a_second() -> None:
    """After the burst, each second lets one call pass, in the order of their arrival; other channels do not wait."""
    line = Line()
    calls = [line.call(str(number)) for number in range(BURST + 3)]
    await line.clock.move(0)
    assert line.served == ["0", "1", "2"]
    await line.clock.move(1)
    assert line.served == ["0", "1", "2", "3"]
    await line.call("elsewhere", channel="C2")
    await line.clock.move(1)
    await line.clock.move(1)
    await asyncio.gather(*calls)
    assert line.served == ["0", "1", "2", "3", "elsewhere", "4", "5"]


async def test_results_and_refusals_go_before_progress() -> None:
    """What stays passes what is only progress, although it came later."""
    line = Line()
    await asyncio.gather(*(line.call(f"burst {number}") for number in range(BURST)))
    calls = [line.call("progress"), line.call("result", urgency=Urgency.LASTING), line.call("more progress")]
    for _ in calls:
        await line.clock.move(1)
    await asyncio.gather(*calls)
    assert line.served[BURST:] == ["result", "progress", "more progress"]


async def test_all_of_a_line_heed_retry_after() -> None:
    """After a refusal nobody passes before its time is over, and then one by one; several refusals at once count as one."""
    line = Line()
    for _ in range(3):
        line.pacing.pause(POST, "C1", 7)
    calls = [line.call(str(number)) for number in range(3)]
    await line.clock.move(6)
    assert line.served == []
    await line.clock.move(1)
    assert line.served == ["0"]
    await line.clock.move(1)
    await line.clock.move(1)
    await asyncio.gather(*calls)
    assert line.served == ["0", "1", "2"]


async def test_one_who_leaves_takes_no_turn() -> None:
    """A cancelled call leaves its turn to the next one."""
    line = Line()
    await asyncio.gather(*(line.call(f"burst {number}") for number in range(BURST)))
    gone, stays = line.call("gone"), line.call("stays")
    await line.clock.move(0)
    gone.cancel()
    await line.clock.move(1)
    await stays
    assert line.served[BURST:] == ["stays"]


async def test_a_free_turn_passes_nobody_who_waits() -> None:
    """A turn that must be free now is refused while others wait, and while the bucket is empty."""
    line = Line()
    assert [line.pacing.take_free_turn(POST, "C1") for _ in range(BURST + 1)] == [True] * BURST + [False]
    waiting = line.call("waits")
    await line.clock.move(0.5)
    assert not line.pacing.take_free_turn(POST, "C1")
    await line.clock.move(1)
    await waiting


async def test_a_clock_that_is_set_back_stops_no_line() -> None:
    """Turns that were there stay there, and the line goes on."""
    line = Line()
    await line.call("before")
    line.clock.jump(-86_400)
    await line.call("after")
    assert line.served == ["before", "after"]


async def test_a_call_that_cannot_wait_has_no_line() -> None:
    """A form opens at once, however many are opened."""
    line = Line()
    await asyncio.gather(*(line.call(str(number), method="views.open") for number in range(500)))
    assert len(line.served) == 500
