"""A job: what a member asked for, its states and its moves. What is paid for it are its calls."""

from dataclasses import replace
from enum import StrEnum

from bot.chat.capabilities import Way
from bot.commands.command import Generate, Origin
from bot.ids import EventId, JobId, MessageId
from bot.jobs.call import Call, CallState
from bot.jobs.failure import JobFailure
from bot.jobs.question import QuestionAnswer
from bot.requests.references import Reference
from bot.requests.request import Request
from bot.values import dataclass
from bot.wallet.ledger import Demand


class JobState(StrEnum):
    RECEIVED = "received"
    """Recorded; its references are being fetched and checked. Nothing is held yet."""
    ACCEPTED = "accepted"
    """The references are on disk, the request is built, its calls are planned and the images are held; no call has been made."""
    RUNNING = "running"
    """At least one of its calls has been made, or has ended."""
    DELIVERING = "delivering"
    """Settled, with the pictures on our disk; they have to be posted."""
    DONE = "done"
    REFUSED = "refused"
    """Refused by a gateway's content rules."""
    FAILED = "failed"
    CANCELLED = "cancelled"
    """The member ended it before any paid call, or none was left of one that the member stopped."""
    UNCERTAIN = "uncertain"
    """No picture arrived, and a call may have been charged."""


SETTLED = frozenset({JobState.REFUSED, JobState.FAILED, JobState.UNCERTAIN, JobState.CANCELLED})
"""How a job ends whose calls are over, without a picture."""
MOVES: dict[JobState, frozenset[JobState]] = {
    JobState.RECEIVED: frozenset({JobState.ACCEPTED, JobState.FAILED, JobState.CANCELLED}),
    JobState.ACCEPTED: frozenset({JobState.RUNNING, JobState.FAILED, JobState.CANCELLED}),
    # Back to `accepted` with its calls: only when nothing of any of them was spent.
    JobState.RUNNING: frozenset({JobState.ACCEPTED, JobState.DELIVERING, *SETTLED}),
    JobState.DELIVERING: frozenset({JobState.DONE}),
    JobState.DONE: frozenset(),
    JobState.REFUSED: frozenset(),
    JobState.FAILED: frozenset(),
    JobState.CANCELLED: frozenset(),
    JobState.UNCERTAIN: frozenset(),
}
ENDS = frozenset(state for state, targets in MOVES.items() if not targets)
CANCELLABLE = frozenset({JobState.RECEIVED, JobState.ACCEPTED})
"""Nothing has been paid for yet: the whole job ends at once. Of a running one, the planned calls do."""


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
    calls: tuple[Call, ...] = ()
    """Planned when it is accepted, in the order of their pictures."""
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

    def call(self, number: int) -> Call:
        return self.calls[number - 1]

    def with_call(self, call: Call) -> "Job":
        """The job with a call that has moved: it is `accepted` while all of them are planned, `running` from then on."""
        calls = tuple(call if known.number == call.number else known for known in self.calls)
        return replace(self, calls=calls, state=state_by_calls(self.state, calls))

    @property
    def open_calls(self) -> tuple[Call, ...]:
        return tuple(call for call in self.calls if not call.is_over)

    @property
    def is_stopped(self) -> bool:
        """Whether its member wants no more calls to be made: what is at a gateway still comes."""
        return any(call.state is CallState.CANCELLED for call in self.calls)

    @property
    def stopped_images(self) -> int:
        """How many pictures its member has stopped while others were made; 0 for a job that ended before its calls."""
        cancelled = [call.wants for call in self.calls if call.state is CallState.CANCELLED]
        return sum(cancelled) if len(cancelled) < len(self.calls) else 0

    @property
    def is_hidden(self) -> bool:
        """Whether its pictures are shown only after a click."""
        return self.command.options.spoiler is True or (self.request is not None and self.request.hidden)


def state_by_calls(state: JobState, calls: tuple[Call, ...]) -> JobState:
    """The state of a job whose calls are these, if its calls decide it at present."""
    if state not in {JobState.ACCEPTED, JobState.RUNNING}:
        return state
    return JobState.ACCEPTED if all(call.state is CallState.PLANNED for call in calls) else JobState.RUNNING


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
    `doubtful`: how many of the rest may have been charged. Of those, at most `uncertain_limit` of the member are released in one
    window; any more become final.
    `begins_posting`: the first attempt to post follows at once; the time of an earlier attempt is kept.
    """

    to: JobState
    attempts: int | None = None
    error: JobFailure | None = None
    way: Way | None = None
    begins_posting: bool = False
    settle: int | None = None
    doubtful: int = 0
    uncertain_limit: int = 0
