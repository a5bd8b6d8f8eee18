"""Slack's rate limits: calls of one kind wait in one line, so that none of them finds the limit out by itself.

slack_sdk's handler for rate limits repeats one call after its own pause. It knows of no other call, so a hundred calls that
are refused together come back together.
"""

import asyncio
import heapq
import itertools
from collections.abc import Mapping
from contextlib import suppress
from enum import IntEnum

from bot.clock import Clock
from bot.values import dataclass

IDLE_LINES = 1000
"""The most lines that are kept although nobody waits in them."""


class Urgency(IntEnum):
    """Who goes first: what stays and what a member waits for, then progress."""

    LASTING = 0
    PROGRESS = 1


@dataclass(frozen=True, kw_only=True)
class Rate:
    """`burst` calls at once, then `per_minute` (Slack, "Rate limits"); with `by_channel`, in each channel."""

    burst: int
    per_minute: int
    by_channel: bool = False


TIER_3 = Rate(burst=25, per_minute=50)
TIER_4 = Rate(burst=50, per_minute=100)
RATES: Mapping[str, Rate] = {
    # "One message per second per channel, short bursts are allowed".
    "chat.postMessage": Rate(burst=3, per_minute=60, by_channel=True),
    "chat.postEphemeral": TIER_4,
    "chat.update": TIER_3,
    "chat.delete": TIER_3,
    "conversations.history": TIER_3,
    "conversations.open": TIER_3,
    "conversations.replies": TIER_3,
    "files.completeUploadExternal": TIER_4,
    "files.delete": TIER_3,
    "files.getUploadURLExternal": TIER_4,
    "files.info": TIER_4,
}
"""The methods that wait in lines. Calls that cannot wait, such as opening a form, are not among them."""


class Pacing:
    """The lines of one workspace."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lines: dict[tuple[str, str], _Line] = {}

    async def turn(self, method: str, channel: str, urgency: Urgency = Urgency.LASTING) -> None:
        """Wait for the turn of one call."""
        line = self._line(method, channel)
        if line is not None:
            await line.turn(urgency)

    def take_free_turn(self, method: str, channel: str) -> bool:
        """Take a turn that is free now; False if there is none."""
        line = self._line(method, channel)
        return line is None or line.take()

    def pause(self, method: str, channel: str, seconds: float) -> None:
        """Slack refused a call: all of its line wait."""
        line = self._line(method, channel)
        if line is not None:
            line.pause(seconds)

    def _line(self, method: str, channel: str) -> "_Line | None":
        rate = RATES.get(method)
        if rate is None:
            return None
        key = (method, channel if rate.by_channel else "")
        line = self._lines.pop(key, None) or _Line(rate, self._clock)
        while len(self._lines) >= IDLE_LINES and (idle := next((k for k, kept in self._lines.items() if kept.idle), None)):
            del self._lines[idle]
        self._lines[key] = line
        return line


class _Line:
    """A bucket of turns that fills with time, and those who wait for one, the most urgent first."""

    def __init__(self, rate: Rate, clock: Clock) -> None:
        self._rate = rate
        self._clock = clock
        self._turns = float(rate.burst)
        self._filled_at = clock.monotonic()
        self._pause_s = self._pausing_s = 0.0
        self._waiting: list[tuple[Urgency, int, asyncio.Future[None]]] = []
        self._numbers = itertools.count()
        self._serving: asyncio.Task[None] | None = None

    @property
    def idle(self) -> bool:
        """Whether nothing is lost if it is forgotten."""
        self._fill()
        return self._serving is None and self._turns >= self._rate.burst

    def take(self) -> bool:
        """Take a turn at once, past nobody who waits."""
        if self._serving is not None:
            return False
        self._fill()
        if self._turns < 1:
            return False
        self._turns -= 1
        return True

    async def turn(self, urgency: Urgency) -> None:
        if self.take():
            return
        served: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (urgency, next(self._numbers), served))
        self._serve()
        try:
            await served
        except asyncio.CancelledError:
            if served.done() and not served.cancelled():
                self._turns += 1
            raise

    def pause(self, seconds: float) -> None:
        """Let nobody pass for so long; then one after another, because the bucket is empty."""
        if seconds <= self._pausing_s:
            # Calls that were under way together are refused together.
            return
        self._turns = 0.0
        self._pause_s = max(self._pause_s, seconds)
        self._serve()

    def _serve(self) -> None:
        if self._serving is None:
            self._serving = asyncio.create_task(self._serve_all())

    async def _serve_all(self) -> None:
        try:
            while self._pause_s or self._waiting:
                if self._pause_s:
                    self._pausing_s, self._pause_s = self._pause_s, 0.0
                    await self._clock.sleep(self._pausing_s)
                    # At its end Slack takes one call.
                    self._turns, self._filled_at, self._pausing_s = 1.0, self._clock.monotonic(), 0.0
                    continue
                self._fill()
                if self._turns < 1:
                    await self._clock.sleep((1 - self._turns) * 60 / self._rate.per_minute)
                    continue
                _, _, served = heapq.heappop(self._waiting)
                with suppress(asyncio.InvalidStateError):
                    served.set_result(None)
                    self._turns -= 1
        finally:
            self._serving, self._pausing_s = None, 0.0

    def _fill(self) -> None:
        now = self._clock.monotonic()
        passed = now - self._filled_at
        self._turns = min(float(self._rate.burst), self._turns + passed * self._rate.per_minute / 60)
        self._filled_at = now
