"""A job: one durable unit of paid work, its states, and the store it needs."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from bot.chat.capabilities import Way
from bot.commands.command import Generate, Origin
from bot.ids import EventId, JobId, MessageId, TaskId
from bot.jobs.failure import JobFailure
from bot.requests.references import Reference
from bot.requests.request import Request
from bot.wallet.ledger import Spend


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
    error: JobFailure | None = None
    ended_at: float | None = None
    notified: bool = False
    """The member has read how it ended, or nothing is left to tell it by."""
    way: Way | None = None
    """By which way the result went out; None for a job that is done: it waits behind its button."""
    progress_message: MessageId | None = None
    posting_since: float | None = None
    """When the first try to post the result began."""


@dataclass(frozen=True, kw_only=True)
class NewJob:
    """What `received` records."""

    id: JobId
    events: tuple[EventId, ...]
    origin: Origin
    command: Generate
    references: tuple[Reference, ...] = ()
    """References already on our disk (a repeated job's); `command.references` are then fetched no more."""
    repeats: JobId | None = None
    """The job whose references those are: once it is forgotten, nothing keeps them on the disk."""


@dataclass(frozen=True, kw_only=True)
class Move:
    """A change of state and what is written with it, in one transaction.

    `settle`: images of the hold that became final, the rest is given back; 0 gives all back; None leaves the hold.
    `uncertain_limit`: the rest may have been charged, so it is given back only as long as no more than this many of the
    member's images were in that window, and is final beyond; None: the rest was certainly not charged.
    `begins_posting`: the first try to post follows at once; an earlier one's time stays.
    """

    to: JobState
    not_before: float | None = None
    attempts: int | None = None
    task: TaskId | None = None
    billed: int | None = None
    uncertain: bool | None = None
    error: JobFailure | None = None
    way: Way | None = None
    begins_posting: bool = False
    settle: int | None = None
    uncertain_limit: int | None = None
    spend: Spend | None = None
