"""A call: one paid request of a job to one gateway, its states and its moves."""

from enum import StrEnum

from bot.catalog.price import PriceSchedule
from bot.errors import UpstreamKind
from bot.ids import GatewayName, JobId, ModelName, TaskId
from bot.jobs.failure import JobFailure
from bot.money import Money
from bot.requests.quote import Quote
from bot.requests.request import MOST_UNASKED, Request
from bot.values import dataclass
from bot.wallet.ledger import BilledBy, Spend

ROUNDING_S = 0.001
"""A database may keep fifteen digits of a time."""


class CallState(StrEnum):
    PLANNED = "planned"
    """It waits for a slot of its gateway, or until it may be tried again. Nothing has been paid for."""
    SUBMITTING = "submitting"
    """Written before the request leaves: a call that is found here after a crash may have been charged."""
    RUNNING = "running"
    """The gateway has accepted the request."""
    COLLECTING = "collecting"
    """The gateway has finished; the last pictures are being downloaded."""
    ANSWERED = "answered"
    """The answer was complete; each of its pictures is on our disk or missing."""
    FAILED = "failed"
    REFUSED = "refused"
    """Refused by the gateway's content rules."""
    UNCERTAIN = "uncertain"
    """The answer was incomplete: what arrived is delivered, the rest may have been charged."""
    CANCELLED = "cancelled"
    """Its job ended before it was made."""


CALL_MOVES: dict[CallState, frozenset[CallState]] = {
    CallState.PLANNED: frozenset({CallState.SUBMITTING, CallState.FAILED, CallState.CANCELLED}),
    CallState.SUBMITTING: frozenset(
        {
            CallState.PLANNED,
            CallState.RUNNING,
            CallState.COLLECTING,
            CallState.ANSWERED,
            CallState.FAILED,
            CallState.REFUSED,
            CallState.UNCERTAIN,
        },
    ),
    CallState.RUNNING: frozenset(
        {CallState.COLLECTING, CallState.ANSWERED, CallState.FAILED, CallState.REFUSED, CallState.UNCERTAIN}
    ),
    CallState.COLLECTING: frozenset({CallState.ANSWERED, CallState.FAILED, CallState.REFUSED, CallState.UNCERTAIN}),
    CallState.ANSWERED: frozenset(),
    CallState.FAILED: frozenset(),
    CallState.REFUSED: frozenset(),
    CallState.UNCERTAIN: frozenset(),
    CallState.CANCELLED: frozenset(),
}
CALL_ENDS = frozenset(state for state, targets in CALL_MOVES.items() if not targets)


@dataclass(frozen=True, kw_only=True)
class Call:
    """One row. `number` counts from 1 within the job; `first` is the position of its first picture."""

    job: JobId
    number: int
    state: CallState
    state_since: float
    updated_at: float
    gateway: GatewayName
    model: ModelName
    first: int
    wants: int
    """How many pictures it asks for."""
    attempts: int = 0
    """Failed attempts in the present state; a call that was put back keeps those before."""
    not_before: float = 0.0
    task: TaskId | None = None
    submitted_at: float | None = None
    quoted: Money | None = None
    """The most that it can cost."""
    schedule: PriceSchedule | None = None
    """The prices of the quote: they are booked even if the configuration has changed since."""
    billed: int | None = None
    """Pictures that the gateway said it billed, or that were booked in the end."""
    billed_references: int | None = None
    """References that the gateway said it billed."""
    cost: Money | None = None
    billed_by: BilledBy | None = None
    """Who says what was billed; None until somebody does."""
    error: JobFailure | None = None
    """Why it ended without pictures, or what was seen of an incomplete answer."""

    @property
    def is_over(self) -> bool:
        return self.state in CALL_ENDS

    @property
    def is_doubtful(self) -> bool:
        """Whether its answer was incomplete, so that what is missing of it may have been charged."""
        return self.state is CallState.UNCERTAIN or (self.state is CallState.COLLECTING and self.error is not None)

    @property
    def positions(self) -> range:
        """The places of the pictures that were asked for among those of the job, from 0."""
        return range(self.first, self.first + self.wants)

    def places(self, count: int) -> tuple[int, ...]:
        """The places of all pictures of its answer in a job of `count`: unasked ones come after all that were asked for."""
        unasked = count + MOST_UNASKED * (self.number - 1)
        return (*self.positions, *range(unasked, unasked + MOST_UNASKED))

    def is_due(self, now: float) -> bool:
        """Whether it may be tried now. What was written later than now was written before the clock was set back."""
        return self.not_before <= now + ROUNDING_S or self.updated_at > now + ROUNDING_S


@dataclass(frozen=True, kw_only=True)
class CallMove:
    """A change of a call's state and what is written with it, in one transaction.

    `billed`, `billed_references`, `cost` and `billed_by` are what an answer says; `spend` is booked, and then replaces them.
    `missing`: why the pictures have not come for which there is no row yet; their rows are written.
    """

    to: CallState
    not_before: float | None = None
    attempts: int | None = None
    task: TaskId | None = None
    billed: int | None = None
    billed_references: int | None = None
    cost: Money | None = None
    billed_by: BilledBy | None = None
    error: JobFailure | None = None
    spend: Spend | None = None
    missing: UpstreamKind | None = None


def plan_calls(job: JobId, request: Request, quote: Quote | None, *, now: float) -> tuple[Call, ...]:
    """The calls of an accepted request, with the places of their pictures."""
    calls: list[Call] = []
    first = 0
    for number, wants in enumerate(request.calls, 1):
        calls.append(
            Call(
                job=job,
                number=number,
                state=CallState.PLANNED,
                state_since=now,
                updated_at=now,
                gateway=request.gateway,
                model=request.model,
                first=first,
                wants=wants,
                quoted=None if quote is None else quote.calls[number - 1],
                schedule=None if quote is None else quote.schedule,
            )
        )
        first += wants
    return tuple(calls)


def require_move(call: Call, to: CallState) -> None:
    """Raises ValueError for a move that CALL_MOVES does not allow."""
    if to not in CALL_MOVES[call.state]:
        raise ValueError(f"a call that is {call.state} cannot become {to}")
