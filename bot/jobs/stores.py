"""The ports of a job's storage, each declared for its users. The databases behind them are in `bot/store`.

Every write is one transaction. A write that takes a Job is refused (StoreError FENCED) under an older epoch.
"""

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
from bot.wallet.ledger import Hold

Claim = tuple[JobId, int]
"""A job and the epoch it is held under."""


def never() -> bool:
    return False


@dataclass(frozen=True, kw_only=True)
class Workload:
    """Jobs that have not ended. `oldest_at` is when the oldest of them came, in seconds since 1970."""

    waiting: int
    running: int
    oldest_at: float | None


class ClaimStore(Protocol):
    """Which process advances which job, for the engine."""

    async def claim(self, job: JobId, *, owner: str, now: float, lease_s: float) -> Job | None:
        """Take a live job that has no owner: its epoch rises by one. None if it has ended and was notified, or is held."""
        ...

    async def renew(self, jobs: Sequence[JobId], *, owner: str, until: float) -> None:
        """Extend the leases of those jobs that are still the owner's."""
        ...

    async def free(self, job: Job) -> None:
        """Give the claim back: the job is due again when its `not_before` says so."""
        ...

    async def release(self, claims: Sequence[Claim]) -> None:
        """Give many claims back at once. Claims that another process has taken over since stay with it."""
        ...

    async def disown(self, owner: str) -> None:
        """Give back every claim of an owner whose process has ended."""
        ...

    async def due(self, *, now: float, most: int) -> list[JobId]:
        """Live jobs without an owner whose time has come, oldest first."""
        ...

    async def overdue(self, deadlines: Mapping[JobState, float], *, now: float, most: int) -> list[JobId]:
        """Live jobs, held or not, that have been in their state for longer than these seconds, oldest first."""
        ...

    async def seize(self, job: JobId, *, owner: str, now: float, lease_s: float) -> Job | None:
        """Take a live job from its holder, whose later writes are refused. None if it has ended and was notified."""
        ...

    async def next_due(self) -> float | None:
        """When the next job without an owner becomes due; None if there is none."""
        ...


class JobStore(Protocol):
    """Jobs and their moves, for the handlers and the pipeline."""

    async def receive(self, job: NewJob, *, now: float, too_late: Callable[[], bool] = never) -> bool:
        """Record a job; False if one of its events is already known. Raises RefusedError JOB_UNKNOWN if `repeats` is gone.

        `too_late` is asked once the transaction has begun: if it says so, nothing is kept (StoreError BUSY).
        """
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
        """`received → accepted` with the hold and the references. Raises RefusedError QUOTA_EXCEEDED (left, granted, asked)."""
        ...

    async def move(self, job: Job, move: Move, *, now: float) -> Job:
        """Change the state, and the books with it. Raises ValueError for a move that no job may make."""
        ...

    async def set_notified(self, job: Job, *, now: float) -> Job:
        """The member knows how the job ended: it is never due again."""
        ...

    async def postpone(self, job: Job, *, not_before: float, now: float) -> Job:
        """Stay in this state, with one attempt more, due again at `not_before`."""
        ...

    async def references(self, job: JobId) -> tuple[Reference, ...]: ...

    async def set_progress_message(self, job: Job, message: MessageId) -> None: ...

    async def set_posting_since(self, job: Job, *, now: float) -> Job:
        """When the first try to post the result began; a later call keeps the first time."""
        ...

    async def undelivered(self, user: UserId) -> Job | None:
        """The member's newest finished set that was delivered by no way and is still on our disk."""
        ...

    async def set_shown(self, job: JobId, way: Way) -> None:
        """Such a set was shown to its member after all. It has ended, so no claim guards the write; an earlier way is kept."""
        ...

    async def job_of_event(self, event: EventId) -> JobId | None:
        """The job that a member's action has become."""
        ...

    async def workload(self) -> Workload: ...


class PictureStore(Protocol):
    """The pictures of a job."""

    async def pictures(self, job: JobId) -> tuple[PictureRow, ...]: ...

    async def put_picture(self, job: Job, picture: PictureRow) -> None:
        """Insert or replace one picture's row."""
        ...


class MessageIndex(Protocol):
    """Which message shows which pictures, so that a reply to it finds them."""

    async def record_result(self, job: Job, message: MessageId, *, platform: PlatformName, pictures: Sequence[int]) -> None:
        """Remember that a message shows these pictures (indices from 0) of the job."""
        ...

    async def posted_pictures(self, job: JobId) -> frozenset[int]:
        """Indices of the job's pictures that some message shows already."""
        ...

    async def pictures_of_message(self, platform: PlatformName, message: MessageId) -> tuple[JobId, tuple[int, ...]] | None: ...


class DraftStore(Protocol):
    """Pictures that a form was opened on, until it is submitted."""

    async def save_draft(self, draft: Draft, *, now: float) -> None:
        """Keep a draft, and drop drafts whose forms are too old to be submitted."""
        ...

    async def draft(self, draft: JobId) -> Draft | None: ...
