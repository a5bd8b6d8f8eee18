"""The order in which jobs have their references fetched and checked."""

from bot.clock import Clock
from bot.ids import JobId, UserId
from bot.jobs.queues.slot_queue import QueuedSlot, SlotQueue

MINUTE_S = 60.0
PIXELS_PER_MINUTE = 400_000_000
"""Pixels of references that are decoded for one member: more than a set of the largest photographs has."""


class PixelDebts:
    """The decoded pixels of each member, of which a minute pays off `per_minute`."""

    def __init__(self, per_minute: int = PIXELS_PER_MINUTE) -> None:
        self._per_minute = per_minute
        self._debts: dict[UserId, tuple[float, float]] = {}
        """Pixels, and when that was."""

    def add(self, user: UserId, pixels: int, *, now: float) -> None:
        left = {other: (self._left(other, now), now) for other in self._debts}
        left[user] = (left.get(user, (0.0, now))[0] + pixels, now)
        self._debts = {other: debt for other, debt in left.items() if debt[0] > 0}

    def wait_s(self, user: UserId, *, now: float) -> float:
        """Seconds until no more than the pixels of one minute are left."""
        return max(0.0, (self._left(user, now) - self._per_minute) * MINUTE_S / self._per_minute)

    def _left(self, user: UserId, now: float) -> float:
        pixels, at = self._debts.get(user, (0.0, now))
        # Where the clock was set back, no time has passed.
        return max(0.0, pixels - max(0.0, now - at) * self._per_minute / MINUTE_S)


class IntakeQueue(SlotQueue):
    """One job of each member at a time, and the pixels a minute of each. Members do not wait for each other.

    A job that is over the limit is finished; the member's next one waits for what it was over. Without a job that was accepted,
    at most the references of one request of each member are on the disk: 14 files of 10 MB.
    """

    def __init__(self, clock: Clock, *, pixels_per_minute: int = PIXELS_PER_MINUTE) -> None:
        super().__init__(clock)
        self._debts = PixelDebts(pixels_per_minute)

    def slot(self, job: JobId, user: UserId) -> QueuedSlot:
        """The slot that the job has or waits for."""
        return self._join(job, user, 1, each=1)

    def count(self, user: UserId, pixels: int) -> None:
        """So many pixels were decoded for a member."""
        self._debts.add(user, pixels, now=self._clock.monotonic())

    def _next(self) -> tuple[QueuedSlot | None, float]:
        now, waits = self._clock.monotonic(), []
        for user, slot in self._queue.candidates():
            wait_s = self._debts.wait_s(user, now=now)
            if not wait_s:
                return slot, 0.0
            waits.append(wait_s)
        return None, min(waits, default=0.0)
