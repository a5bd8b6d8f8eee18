"""A queue for slots: what waits is an entry here, not a task."""

import asyncio
from collections.abc import Callable

from bot.clock import Clock
from bot.ids import JobId, UserId
from bot.jobs.ports import Slot
from bot.jobs.queues.fair_queue import FairQueue

SlotKey = tuple[int, int]
"""The number of a call and the epoch of the claim that makes it; (0, 0) where a job has one slot."""
WHOLE_JOB: SlotKey = (0, 0)


class QueuedSlot(Slot):
    """A place in a queue for one job, or one call of it, and, once it is granted, its permission, until `release`."""

    __slots__ = ("_call", "_queue", "granted", "images", "job", "key", "user")

    def __init__(self, queue: "SlotQueue", job: JobId, key: SlotKey, user: UserId, images: int) -> None:
        self.job = job
        self.key = key
        self.user = user
        self.images = images
        self.granted = False
        self._queue = queue
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
        self._queue.release_slot(self)


class SlotQueue:
    """Grants slots to members in turn. A subclass says how long a slot has to wait beyond that."""

    def __init__(self, clock: Clock, *, at_once: int | None = None) -> None:
        self._clock = clock
        self._queue: FairQueue[QueuedSlot] = FairQueue(at_once=at_once)
        self._slots: dict[JobId, dict[SlotKey, QueuedSlot]] = {}
        self._later: asyncio.Task[None] | None = None
        self._later_at = 0.0

    def place(self, job: JobId) -> int | None:
        """The present place of the job's first slot that waits, from 1; None if none does."""
        waiting = next((slot for slot in self._slots.get(job, {}).values() if not slot.granted), None)
        return None if waiting is None else self._queue.place(waiting.user, waiting)

    def release_slot(self, slot: QueuedSlot) -> None:
        of_job = self._slots.get(slot.job, {})
        if of_job.get(slot.key) is slot:
            del of_job[slot.key]
            if not of_job:
                del self._slots[slot.job]
            self._queue.remove(slot.user, slot)
        self._grant()

    def _next(self) -> tuple[QueuedSlot | None, float]:
        """The slot to be granted now, or None and how many seconds later to look again; 0: when a slot is released."""
        raise NotImplementedError

    def _on_grant(self, slot: QueuedSlot) -> None:
        """Called before the job is."""

    def _join(self, job: JobId, user: UserId, images: int, *, each: int | None, key: SlotKey = WHOLE_JOB) -> QueuedSlot:
        """The slot that there is, granted or waiting, else a new one at the end of its member's queue.

        `each`: for how many jobs this member may have slots together.
        """
        known = self._slots.get(job, {}).get(key)
        if known is not None:
            return known
        slot = self._slots.setdefault(job, {})[key] = QueuedSlot(self, job, key, user, images)
        self._queue.add(user, slot, each=each, group=job)
        self._grant()
        return slot

    def _grant(self) -> None:
        """Grant every slot that the limits allow; where only time is missing, look again when it has passed."""
        wait_s = 0.0
        while self._queue:
            slot, wait_s = self._next()
            if slot is None:
                break
            self._queue.serve(slot.user, slot)
            self._on_grant(slot)
            slot.grant()
        self._look_again(wait_s if self._queue else None)

    def _look_again(self, wait_s: float | None) -> None:
        """Look again in so many seconds (0: keep what was planned); None: nothing waits."""
        due = None if wait_s is None else self._clock.monotonic() + wait_s
        if self._later is not None and (due is None or (wait_s and due < self._later_at)):
            self._later.cancel()
            self._later = None
        if wait_s and due is not None and self._later is None:
            self._later_at = due
            self._later = asyncio.create_task(self._grant_later(wait_s))

    async def _grant_later(self, wait_s: float) -> None:
        await self._clock.sleep(wait_s)
        self._later = None
        self._grant()
