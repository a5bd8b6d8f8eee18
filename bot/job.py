"""A job: one durable unit of paid work, its states, and the store it needs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Literal, Protocol

from bot.capabilities import Way
from bot.command import Attachment, Generate, Origin
from bot.errors import UpstreamKind
from bot.ids import BlobId, EventId, JobId, MessageId, PlatformName, TaskId, UserId
from bot.references import Reference
from bot.request import Request
from bot.trouble import Trouble


class JobState(StrEnum):
    RECEIVED = "received"
    """Recorded; its references are being fetched and checked. No hold."""
    ACCEPTED = "accepted"
    """References on disk, request built, images held; waits for the gateway's turn."""
    SUBMITTING = "submitting"
    """Written before the paid call: found here after a crash, it may have been charged."""
    RUNNING = "running"
    """The gateway has taken it."""
    COLLECTING = "collecting"
    """The gateway has finished; the last pictures are being downloaded."""
    DELIVERING = "delivering"
    """Settled; the pictures are ours; the member has to get them."""
    DONE = "done"
    REFUSED = "refused"
    """A gateway's content rules."""
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    """No answer came, nothing arrived, and it may have been charged."""


MOVES: dict[JobState, frozenset[JobState]] = {
    JobState.RECEIVED: frozenset({JobState.ACCEPTED, JobState.FAILED}),
    JobState.ACCEPTED: frozenset({JobState.SUBMITTING, JobState.FAILED}),
    JobState.SUBMITTING: frozenset(
        {
            JobState.ACCEPTED,
            JobState.RUNNING,
            JobState.COLLECTING,
            JobState.REFUSED,
            JobState.FAILED,
            JobState.UNCERTAIN,
        },
    ),
    JobState.RUNNING: frozenset({JobState.COLLECTING, JobState.REFUSED, JobState.FAILED, JobState.UNCERTAIN}),
    JobState.COLLECTING: frozenset({JobState.DELIVERING, JobState.REFUSED, JobState.FAILED, JobState.UNCERTAIN}),
    JobState.DELIVERING: frozenset({JobState.DONE}),
    JobState.DONE: frozenset(),
    JobState.REFUSED: frozenset(),
    JobState.FAILED: frozenset(),
    JobState.UNCERTAIN: frozenset(),
}
ENDS = frozenset(state for state, targets in MOVES.items() if not targets)


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """One row. `epoch` is the claim it was read under: a write of an older claim is refused."""

    id: JobId
    state: JobState
    epoch: int
    origin: Origin
    command: Generate
    created_at: float
    attempts: int
    """Tries of the present state that failed certainly."""
    request: Request | None = None
    unit_price: Decimal | None = None
    currency: str | None = None
    task: TaskId | None = None
    submitted_at: float | None = None
    billed: int | None = None
    uncertain: bool = False
    """The answer was cut: what came is delivered, the rest may have been charged."""
    error: Trouble | None = None
    ended_at: float | None = None
    told: bool = False
    """The member has read how it ended, or nothing is left to tell it by."""
    way: Way | None = None
    """By which way the result went out; None for a job that is done: it waits behind its button."""
    progress_message: MessageId | None = None
    posting_since: float | None = None
    """When the first try to post the result began."""


@dataclass(frozen=True, kw_only=True)
class PictureRow:
    """One picture of a job, `index` from 0. The address stands here only until the bytes are on our disk."""

    index: int
    state: Literal["announced", "stored", "missing"]
    address: str | None = None
    blob: BlobId | None = None
    media_type: str | None = None
    width: int | None = None
    height: int | None = None
    size_bytes: int | None = None
    error: UpstreamKind | None = None

    @property
    def was_made(self) -> bool:
        """The gateway made it, whether or not we could fetch it."""
        return self.state != "missing" or self.error is UpstreamKind.DOWNLOAD


@dataclass(frozen=True, kw_only=True)
class NewJob:
    """What `received` records."""

    id: JobId
    events: tuple[EventId, ...]
    origin: Origin
    command: Generate
    references: tuple[Reference, ...] = ()
    """References already on our disk (a repeated job's); `command.references` are then fetched no more."""


@dataclass(frozen=True, kw_only=True)
class Hold:
    """Images of one member reserved for one job in one window."""

    user: UserId
    window: str
    """`day:2026-11-20`, in the operator's time zone."""
    images: int
    granted: int
    """What the member's tier grants in this window."""


@dataclass(frozen=True, kw_only=True)
class Usage:
    """A member's window: granted - settled - held = left."""

    settled: int
    held: int


@dataclass(frozen=True, kw_only=True)
class Spend:
    """What the operator was billed for one job. `amount` None: nobody configured a price. `estimated`: nobody told us."""

    images: int
    amount: Decimal | None
    currency: str | None
    estimated: bool


@dataclass(frozen=True, kw_only=True)
class Move:
    """A change of state and what is written with it, in one transaction.

    `settle`: images of the hold that became final, the rest is given back; 0 gives all back; None leaves the hold.
    `begins_posting`: the first try to post follows at once; an earlier one's time stays.
    """

    to: JobState
    not_before: float | None = None
    attempts: int | None = None
    task: TaskId | None = None
    billed: int | None = None
    uncertain: bool | None = None
    error: Trouble | None = None
    way: Way | None = None
    begins_posting: bool = False
    settle: int | None = None
    spend: Spend | None = None


@dataclass(frozen=True, kw_only=True)
class Draft:
    """The pictures a form was opened on, until it is submitted."""

    id: JobId
    user: UserId
    references: tuple[Attachment, ...]
    message: MessageId | None
    platform: PlatformName


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
        """Record a job; False if one of its events is already known.

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

    async def set_told(self, job: Job, *, now: float) -> Job:
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

    async def pictures_of_message(self, platform: PlatformName, message: MessageId) -> tuple[JobId, tuple[int, ...]] | None: ...

    async def job_of_event(self, event: EventId) -> JobId | None:
        """The job that something a member did has become."""
        ...

    async def usage(self, user: UserId, window: str) -> Usage: ...

    async def workload(self) -> Workload: ...

    async def save_draft(self, draft: Draft, *, now: float) -> None: ...

    async def draft(self, draft: JobId) -> Draft | None: ...
