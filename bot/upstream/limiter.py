"""How many paid calls a gateway gets at once, and how many pictures a minute."""

from collections import deque

from bot.clock import Clock
from bot.ids import JobId, UserId
from bot.jobs.ports import CallLimiter
from bot.jobs.queues.slot_queue import QueuedSlot, SlotQueue

WINDOW_S = 60.0


class GatewayLimiter(SlotQueue, CallLimiter):
    """Limits paid calls at once and pictures a minute together; members take turns.

    A minute is any sixty seconds: the gateway's own minute may begin at any time.
    """

    def __init__(self, clock: Clock, *, at_once: int, images_per_minute: int | None = None) -> None:
        super().__init__(clock, at_once=at_once)
        self._images_per_minute = images_per_minute
        self._recent: deque[tuple[float, int]] = deque()

    def slot(
        self, job: JobId, images: int, user: UserId, *, call: int = 1, epoch: int = 0, at_once: int | None = None
    ) -> QueuedSlot:
        """The slot for a call for so many pictures. `at_once`: for how many jobs this member may have slots together."""
        return self._join(job, user, images, each=at_once, key=(call, epoch))

    def _next(self) -> tuple[QueuedSlot | None, float]:
        """Where the minute has no room for the next, nobody overtakes it: a large set would never be served."""
        _, slot = next(self._queue.candidates(), (None, None))
        wait_s = 0.0 if slot is None else self._until_room(slot.images)
        return (None, wait_s) if wait_s > 0 else (slot, 0.0)

    def _on_grant(self, slot: QueuedSlot) -> None:
        if self._images_per_minute is not None:
            self._recent.append((self._clock.monotonic(), slot.images))

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
