"""The store of jobs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from bot.chat.capabilities import Way
from bot.ids import EventId, JobId, MessageId, PlatformName, UserId
from bot.jobs.draft import Draft
from bot.jobs.job import Job, JobState, Move, NewJob
from bot.jobs.picture import PictureRow
from bot.requests.references import Reference
from bot.requests.request import Request
from bot.wallet.ledger import Hold, Usage


def never() -> bool:
    return False


@dataclass(frozen=True, kw_only=True)
class Workload:
    """Jobs that have not ended. `oldest_at` is when the oldest of them came, in seconds since 1970."""

    waiting: int
    running: int
    oldest_at: float | None


Claim = tuple[JobId, int]
"""A job and the epoch it is held under."""


class JobStore(Protocol):
    """Every write is one transaction; those that take a job are refused (StoreError FENCED) under an older epoch."""

    async def receive(self, job: NewJob, *, now: float, too_late: Callable[[], bool] = never) -> bool:
        """Record a job; False if one of its events is already known. Raises RefusedError JOB_UNKNOWN where `repeats` is gone.

        `too_late` is asked when the database is ours at last: where it says so, nothing is kept (StoreError BUSY).
        """
        ...

    async def claim(self, job: JobId, *, owner: str, now: float, lease_s: float) -> Job | None:
        """Take a live job that nobody holds: its epoch rises by one. None if it has ended and was told, or is held."""
        ...

    async def renew(self, jobs: Sequence[JobId], *, owner: str, until: float) -> None: ...

    async def free(self, job: Job) -> None:
        """Give the claim back: the job is due again when its `not_before` says so."""
        ...

    async def release(self, claims: Sequence[Claim]) -> None:
        """Give many claims back at once; those that somebody else has taken since stay theirs."""
        ...

    async def disown(self, owner: str) -> None:
        """Give back every claim of an owner whose process has ended."""
        ...

    async def due(self, *, now: float, most: int) -> list[JobId]:
        """Jobs that have not ended, or whose end was not told, that nobody holds and whose time has come, oldest first."""
        ...

    async def overdue(self, deadlines: Mapping[JobState, float], *, now: float, most: int) -> list[JobId]:
        """Live jobs, whoever holds them, that are in their state longer than these seconds, oldest first."""
        ...

    async def seize(self, job: JobId, *, owner: str, now: float, lease_s: float) -> Job | None:
        """Take a live job from whoever holds it: what they write from now on is refused. None if it has ended and was told."""
        ...

    async def next_due(self) -> float | None:
        """When the next job that nobody holds becomes due; None if there is none."""
        ...

    async def load(self, job: JobId) -> Job | None: ...

    async def accept(
        self,
        job: Job,
        *,
        request: Request,
        unit_price: Decimal | None,
        currency: str | None,
        hold: Hold,
        now: float,
    ) -> Job:
        """`received → accepted` with the hold and the references. Raises RefusedError QUOTA_EXCEEDED (left, granted)."""
        ...

    async def move(self, job: Job, move: Move, *, now: float) -> Job: ...

    async def set_notified(self, job: Job, *, now: float) -> Job:
        """The member knows how it ended: the job is never due again."""
        ...

    async def postpone(self, job: Job, *, not_before: float, now: float) -> Job:
        """Stay in this state, one attempt more, due again at `not_before`."""
        ...

    async def references(self, job: JobId) -> tuple[Reference, ...]: ...

    async def pictures(self, job: JobId) -> tuple[PictureRow, ...]: ...

    async def put_picture(self, job: Job, picture: PictureRow) -> None:
        """Insert or replace one picture's row."""
        ...

    async def set_progress_message(self, job: Job, message: MessageId) -> None: ...

    async def set_posting_since(self, job: Job, *, now: float) -> Job: ...

    async def record_result(self, job: Job, message: MessageId, *, platform: PlatformName, pictures: Sequence[int]) -> None:
        """Remember that a message shows these pictures (indices from 0) of the job: a reply to it finds them."""
        ...

    async def posted_pictures(self, job: JobId) -> frozenset[int]:
        """Indices of the job's pictures that stand in some message already."""
        ...

    async def undelivered(self, user: UserId) -> Job | None:
        """The member's newest finished set that reached them by no way and is still on our disk."""
        ...

    async def set_shown(self, job: JobId, way: Way) -> None:
        """Such a set was shown to its member after all. It has ended, so no claim guards the write; a way it has stays."""
        ...

    async def pictures_of_message(self, platform: PlatformName, message: MessageId) -> tuple[JobId, tuple[int, ...]] | None: ...

    async def job_of_event(self, event: EventId) -> JobId | None:
        """The job that something a member did has become."""
        ...

    async def settled(self, job: JobId) -> int:
        """How many images of a job's hold became final."""
        ...

    async def usage(self, user: UserId, window: str) -> Usage: ...

    async def workload(self) -> Workload: ...

    async def save_draft(self, draft: Draft, *, now: float) -> None: ...

    async def draft(self, draft: JobId) -> Draft | None: ...
