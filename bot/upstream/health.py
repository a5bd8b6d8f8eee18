"""How much one gateway is asked at a time; the breaker for one that only fails belongs here as well."""

import asyncio
from collections import deque
from collections.abc import Callable

from bot.clock import Clock
from bot.ids import JobId

WINDOW_S = 60.0


class Turn:
    """A job's place in a gateway's line and, once it is granted, its leave for one paid call. It is the job's until `leave`."""

    __slots__ = ("_call", "_turns", "granted", "images", "job")

    def __init__(self, turns: "Turns", job: JobId, images: int) -> None:
        self.job = job
        self.images = images
        self.granted = False
        self._turns = turns
        self._call: Callable[[JobId], None] | None = None

    def when_granted(self, call: Callable[[JobId], None]) -> None:
        """Have the job called once, when its turn comes or at once where it has come. `call` starts a task and nothing more."""
        if self.granted:
            call(self.job)
        else:
            self._call = call

    def grant(self) -> None:
        self.granted = True
        call, self._call = self._call, None
        if call is not None:
            call(self.job)

    def leave(self) -> None:
        """Give the turn to the next, or the place in the line up. Harmless when it is done already."""
        self._turns.take_back(self)


class Turns:
    """Paid calls at once and pictures per minute, held together; first come, first served.

    Who waits is a name in a line, not a task. A minute is any sixty seconds, not one of the clock's: the gateway counts from
    its own.
    """

    def __init__(self, clock: Clock, *, at_once: int, images_per_minute: int | None = None) -> None:
        self._clock = clock
        self._at_once = at_once
        self._images_per_minute = images_per_minute
        self._line: dict[JobId, Turn] = {}
        self._granted: dict[JobId, Turn] = {}
        self._asked: deque[tuple[float, int]] = deque()
        self._later: asyncio.Task[None] | None = None

    def turn(self, job: JobId, images: int) -> Turn:
        """The turn for a call for so many pictures: the one the job has or waits for, else a new one behind all others."""
        known = self._granted.get(job) or self._line.get(job)
        if known is not None:
            return known
        turn = self._line[job] = Turn(self, job, images)
        self._grant()
        return turn

    def take_back(self, turn: Turn) -> None:
        for kept in (self._line, self._granted):
            if kept.get(turn.job) is turn:
                del kept[turn.job]
        self._grant()

    def _grant(self) -> None:
        """Let in whoever may be let in now; where only the minute is full, look again when there is room."""
        wait_s = 0.0
        while self._line and len(self._granted) < self._at_once:
            job, turn = next(iter(self._line.items()))
            wait_s = self._until_room(turn.images)
            if wait_s > 0:
                break
            del self._line[job]
            self._granted[job] = turn
            if self._images_per_minute is not None:
                self._asked.append((self._clock.now(), turn.images))
            turn.grant()
        if wait_s > 0 and self._later is None:
            self._later = asyncio.create_task(self._grant_later(wait_s))
        if not self._line and self._later is not None:
            self._later.cancel()
            self._later = None

    async def _grant_later(self, wait_s: float) -> None:
        await self._clock.sleep(wait_s)
        self._later = None
        self._grant()

    def _until_room(self, images: int) -> float:
        """Seconds until the minute's oldest call no longer counts; 0 where there is room. A set over the limit goes alone."""
        if self._images_per_minute is None:
            return 0.0
        now = self._clock.now()
        while self._asked and self._asked[0][0] <= now - WINDOW_S:
            self._asked.popleft()
        if not self._asked or sum(count for _, count in self._asked) + images <= self._images_per_minute:
            return 0.0
        return self._asked[0][0] + WINDOW_S - now
