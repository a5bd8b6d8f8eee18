"""How many paid calls a gateway gets at once, and how many pictures a minute."""

import asyncio
from collections import deque
from collections.abc import Callable

from bot.clock import Clock
from bot.ids import JobId
from bot.jobs.ports import CallLimiter, Slot

WINDOW_S = 60.0


class GatewaySlot(Slot):
    """A job's place in a gateway's queue and, once it is granted, the permission for one paid call, until `release`."""

    __slots__ = ("_call", "_limiter", "granted", "images", "job")

    def __init__(self, limiter: "GatewayLimiter", job: JobId, images: int) -> None:
        self.job = job
        self.images = images
        self.granted = False
        self._limiter = limiter
        self._call: Callable[[JobId], None] | None = None

    def when_granted(self, call: Callable[[JobId], None]) -> None:
        """Call back once, when the slot is granted, or at once if it is already. `call` starts a task and nothing more."""
        if self.granted:
            call(self.job)
        else:
            self._call = call

    def grant(self) -> None:
        self.granted = True
        call, self._call = self._call, None
        if call is not None:
            call(self.job)

    def release(self) -> None:
        """Pass the permission on, or leave the queue. Harmless the second time."""
        self._limiter.release_slot(self)


class GatewayLimiter(CallLimiter):
    """Limits paid calls at once and pictures a minute together; first come, first served.

    A waiting job is an entry in a queue, not a task. A minute is any sixty seconds: the gateway's own minute may begin at any
    time.
    """

    def __init__(self, clock: Clock, *, at_once: int, images_per_minute: int | None = None) -> None:
        self._clock = clock
        self._at_once = at_once
        self._images_per_minute = images_per_minute
        self._waiting: dict[JobId, GatewaySlot] = {}
        self._granted: dict[JobId, GatewaySlot] = {}
        self._recent: deque[tuple[float, int]] = deque()
        self._later: asyncio.Task[None] | None = None

    def slot(self, job: JobId, images: int) -> GatewaySlot:
        """The slot for a call for so many pictures: the one that the job has or waits for, else a new one at the end of the queue."""
        known = self._granted.get(job) or self._waiting.get(job)
        if known is not None:
            return known
        slot = self._waiting[job] = GatewaySlot(self, job, images)
        self._grant_next()
        return slot

    def release_slot(self, slot: GatewaySlot) -> None:
        for kept in (self._waiting, self._granted):
            if kept.get(slot.job) is slot:
                del kept[slot.job]
        self._grant_next()

    def _grant_next(self) -> None:
        """Grant every slot that the limits allow; where only the minute is full, look again when there is room."""
        wait_s = 0.0
        while self._waiting and len(self._granted) < self._at_once:
            job, slot = next(iter(self._waiting.items()))
            wait_s = self._until_room(slot.images)
            if wait_s > 0:
                break
            del self._waiting[job]
            self._granted[job] = slot
            if self._images_per_minute is not None:
                self._recent.append((self._clock.monotonic(), slot.images))
            slot.grant()
        if wait_s > 0 and self._later is None:
            self._later = asyncio.create_task(self._grant_later(wait_s))
        if not self._waiting and self._later is not None:
            self._later.cancel()
            self._later = None

    async def _grant_later(self, wait_s: float) -> None:
        await self._clock.sleep(wait_s)
        self._later = None
        self._grant_next()

    def _until_room(self, images: int) -> float:
        """Seconds until the oldest call of the minute no longer counts; 0 if there is room. A set above the limit runs alone."""
        if self._images_per_minute is None:
            return 0.0
        now = self._clock.monotonic()
        while self._recent and self._recent[0][0] <= now - WINDOW_S:
            self._recent.popleft()
        if not self._recent or sum(count for _, count in self._recent) + images <= self._images_per_minute:
            return 0.0
        return self._recent[0][0] + WINDOW_S - now
