"""A job: one durable unit of paid work, its states and its moves."""

from enum import StrEnum

from bot.chat.capabilities import Way
from bot.commands.command import Generate, Origin
from bot.ids import EventId, JobId, MessageId, TaskId
from bot.jobs.failure import JobFailure
from bot.jobs.question import QuestionAnswer
from bot.money import Money
from bot.requests.references import Reference
from bot.requests.request import Request
from bot.values import dataclass
from bot.wallet.ledger import Demand, Spend


class JobState(StrEnum):
    RECEIVED = "received"
    """Recorded; its references are being fetched and checked. Nothing is held yet."""
    ACCEPTED = "accepted"
    """The references are on disk, the request is built and the images are held; the job waits for a slot of its gateway."""
    SUBMITTING = "submitting"
    """Written before the paid call: a job that is found here after a crash may have been charged."""
    RUNNING = "running"
    """The gateway has accepted the call."""
    COLLECTING = "collecting"
    """The gateway has finished; the last pictures are being downloaded."""
    DELIVERING = "delivering"
    """Settled, with the pictures on our disk; they have to be posted."""
    DONE = "done"
    REFUSED = "refused"
    """Refused by a gateway's content rules."""
    FAILED = "failed"
    CANCELLED = "cancelled"
    """The member ended it before the paid call."""
    UNCERTAIN = "uncertain"
    """No picture arrived, and the call may have been charged."""


MOVES: dict[JobState, frozenset[JobState]] = {
    JobState.RECEIVED: frozenset({JobState.ACCEPTED, JobState.FAILED, JobState.CANCELLED}),
    JobState.ACCEPTED: frozenset({JobState.SUBMITTING, JobState.FAILED, JobState.CANCELLED}),
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
    JobState.CANCELLED: frozenset(),
    JobState.UNCERTAIN: frozenset(),
}
ENDS = frozenset(state for state, targets in MOVES.items() if not targets)
CANCELLABLE = frozenset(state for state, targets in MOVES.items() if JobState.CANCELLED in targets)
"""Nothing has been paid for yet."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """One row. `epoch` identifies the claim: the store refuses a write under an older one."""

    id: JobId
    state: JobState
    epoch: int
    origin: Origin
    command: Generate
    created_at: float
    attempts: int
    """Failed attempts in the present state."""
    request: Request | None = None
    unit_price: Money | None = None
    task: TaskId | None = None
    submitted_at: float | None = None
    billed: int | None = None
    uncertain: bool = False
    """The answer was incomplete: what arrived is delivered, the rest may have been charged."""
    error: JobFailure | None = None
    ended_at: float | None = None
    notified: bool = False
    """The member was shown how the job ended, or the bot has stopped trying to show it."""
    way: Way | None = None
    """How the result was delivered. None for a job that is done: a button shows its pictures."""
    progress_message: MessageId | None = None
    posting_since: float | None = None
    """When the first attempt to post the result began."""
    deaths: int = 0
    """How often a process ended while it opened a picture of this job: a reference before it was accepted, a result after."""
    suspect: int | None = None
    """The number, from 1, of the picture that was open when a process last ended."""

    @property
    def is_hidden(self) -> bool:
        """Whether its pictures are shown only after a click."""
        return self.command.options.spoiler is True or (self.request is not None and self.request.hidden)


@dataclass(frozen=True, kw_only=True)
class NewJob:
    """What is recorded when a command is received."""

    id: JobId
    events: tuple[EventId, ...]
    origin: Origin
    command: Generate
    references: tuple[Reference, ...] = ()
    """References that are already on our disk, those of a repeated job; `command.references` are then not fetched."""
    demand: Demand | None = None
    """What the member asks for and may have, checked as the job is recorded; None: not checked."""
    repeats: JobId | None = None
    """The job whose references those are. If it has been deleted, retention may have deleted the files."""
    answers: QuestionAnswer | None = None
    """The answer to a question that this job carries out."""
    cancels: JobId | None = None
    """A job that ends as cancelled when this one is recorded. If it was submitted, neither happens."""
    place: str | None = None
    """Where this is the member's last picture from now on."""


@dataclass(frozen=True, kw_only=True)
class Move:
    """A change of state and what is written with it, in one transaction.

    `settle`: how many images of the hold become final; the rest is released. None leaves the hold open.
    `uncertain_limit`: set if the rest may have been charged. Then at most this many uncertain images of the member are
    released in one window; any more become final.
    `begins_posting`: the first attempt to post follows at once; the time of an earlier attempt is kept.
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
