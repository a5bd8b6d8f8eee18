"""Claims of an engine whose jobs are queued: they have no task, and go on when their slot is granted or their time has come."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from bot.ids import JobId
from bot.jobs.ports import Slot
from bot.jobs.stores import Claim


class QueuedClaim(NamedTuple):
    """A claim and the slot that its job is queued for; the job itself is in its row."""

    epoch: int
    slot: Slot


class QueuedClaims:
    """`start` is called with a job that goes on; if it returns False, the job stays queued."""

    def __init__(self, start: Callable[[JobId, QueuedClaim], bool]) -> None:
        self._start = start
        self._claims: dict[JobId, QueuedClaim] = {}
        self._times: dict[JobId, float] = {}
        """When the jobs go on that do not only wait for a grant."""

    def __len__(self) -> int:
        return len(self._claims)

    def __iter__(self) -> Iterator[JobId]:
        return iter(self._claims)

    @property
    def next_due(self) -> float | None:
        """When the first job goes on without a grant; None if none does."""
        return min(self._times.values(), default=None)

    def add(self, job: JobId, claim: QueuedClaim) -> None:
        self._claims[job] = claim
        if claim.slot.until is not None:
            self._times[job] = claim.slot.until
        claim.slot.when_granted(self._resume)

    def resume_due(self, now: float) -> None:
        """Let the jobs go on whose time has come. They keep their places in the queues of their slots."""
        for job in [job for job, at in self._times.items() if at <= now]:
            self._resume(job)

    def drop(self, job: JobId) -> None:
        """Forget a claim, and pass its slot on, if there is one."""
        claim = self._claims.pop(job, None)
        self._times.pop(job, None)
        if claim is not None:
            claim.slot.release()

    def drop_all(self) -> list[Claim]:
        """Forget every claim, and pass their slots on."""
        claims, self._claims, self._times = self._claims, {}, {}
        for claim in claims.values():
            claim.slot.release()
        return [(job, claim.epoch) for job, claim in claims.items()]

    def _resume(self, job: JobId) -> None:
        """A job that goes on already finds its slot granted."""
        claim = self._claims.get(job)
        if claim is not None and self._start(job, claim):
            del self._claims[job]
            self._times.pop(job, None)
