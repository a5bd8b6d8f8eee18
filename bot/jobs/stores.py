"""The ports of a job's storage, each declared for its users. The databases behind them are in `bot/store`.

Every write is one transaction. A write that takes a Job is refused (StoreError FENCED) if its epoch is out of date.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Protocol

from bot.catalog.health import UnusableModel
from bot.chat.capabilities import Way
from bot.ids import EventId, GatewayName, JobId, MessageId, ModelName, PlatformName, UserId
from bot.jobs.call import Call, CallMove, CallState
from bot.jobs.draft import Draft
from bot.jobs.job import Job, JobState, Move, NewJob
from bot.jobs.picture import PictureRow
from bot.jobs.question import Question, QuestionAnswer
from bot.requests.quote import Quote
from bot.requests.references import Reference
from bot.requests.request import Request
from bot.values import dataclass
from bot.wallet.ledger import Hold

Claim = tuple[JobId, int]
"""A job and the epoch it is held under."""


def never() -> bool:
    return False


@dataclass(frozen=True, kw_only=True)
class Workload:
    """Jobs that have not ended. `oldest_at`: when the oldest of them was received, in seconds since 1970."""

    waiting: int
    running: int
    oldest_at: float | None


class ClaimStore(Protocol):
    """Which process advances which job, for the engine."""

    async def claim(self, job: JobId, *, owner: str, now: float, lease_s: float, living: Collection[str] = ()) -> Job | None:
        """Claim a live job: its epoch rises by one. None if it has an owner, is not due, is finished and notified, or set aside.

        The leases of the `living` owners do not end, whatever the clock says. A row that cannot be read is set aside.
        """
        ...

    async def renew(self, jobs: Sequence[JobId], *, owner: str, until: float) -> None:
        """Extend the leases of the jobs that the owner still holds."""
        ...

    async def release(self, job: Job) -> None:
        """Release the claim: the job is due again at its `not_before`."""
        ...

    async def release_many(self, claims: Sequence[Claim]) -> None:
        """Release many claims at once. A claim that another process has taken over is left alone."""
        ...

    async def release_owner(self, owner: str) -> None:
        """Release every claim of an owner whose process has ended."""
        ...

    async def due(self, *, now: float, limit: int, living: Collection[str] = ()) -> list[JobId]:
        """Live jobs that `claim` would give, oldest first."""
        ...

    async def overdue(
        self,
        deadlines: Mapping[JobState, float],
        calls: Mapping[CallState, float],
        *,
        now: float,
        limit: int,
        living: Collection[str] = (),
    ) -> list[JobId]:
        """Live jobs that, or an open call of which, have been in their state for longer than its deadline in seconds.

        Oldest first; none of a living owner, and none for its calls while one is at a gateway that is not late.
        """
        ...

    async def seize(self, job: JobId, *, owner: str, now: float, lease_s: float) -> Job | None:
        """Claim a live job even if it has an owner, whose later writes are then refused. None if it is finished and notified."""
        ...

    async def next_due(self) -> float | None:
        """When the next job without an owner becomes due; None if there is none."""
        ...

    async def set_aside(self, job: JobId, *, reason: str) -> None:
        """Do nothing more with a job until the next start. The operator sees it in the log, once, and in `doctor`."""
        ...


class JobStore(Protocol):
    """Jobs and their moves, for the handlers and the pipeline."""

    async def receive(self, job: NewJob, *, now: float, too_late: Callable[[], bool] = never) -> bool:
        """Record a job; False if one of its events is already known.

        Raises RefusedError JOB_UNKNOWN if `repeats` was deleted; QUOTA_EXCEEDED (left, granted, asked) or JOBS_OPEN
        (value, limit) if the member may not have what the job demands. Nothing is held yet.

        A job that cancels another ends it in the same transaction, and is never taken back. Raises RefusedError ALREADY_SUBMITTED
        if that is too late.

        A job that answers a question answers it in the same transaction. Raises RefusedError if that is not possible.

        `too_late` is checked once the transaction has begun: if it is True, nothing is written (StoreError BUSY).
        """
        ...

    async def load(self, job: JobId) -> Job | None: ...

    async def cancel(self, job: JobId, user: UserId, *, now: float) -> None:
        """End a member's job before its paid calls, or those of its calls that are not made yet, free.

        A claim of a job of which some are at a gateway stays valid: `move_call` is then refused for the others.
        Raises RefusedError ALREADY_SUBMITTED if all of them are made.
        """
        ...

    async def accept(
        self,
        job: Job,
        *,
        request: Request,
        quote: Quote | None,
        hold: Hold,
        now: float,
    ) -> Job:
        """`received → accepted` with its planned calls, the hold and the references.

        `quote`: None if the price is unknown. Raises RefusedError QUOTA_EXCEEDED, BUDGET_REACHED.
        """
        ...

    async def move(self, job: Job, move: Move, *, now: float) -> Job:
        """Change the state and, with it, the hold; the calls of a job that ends before the first was made are cancelled.

        Raises ValueError for a move that MOVES does not allow.
        """
        ...

    async def set_notified(self, job: Job, *, now: float) -> Job:
        """Record that the member was shown how the job ended: it is never due again."""
        ...

    async def postpone(self, job: Job, *, not_before: float, now: float) -> Job:
        """Keep the state, count one more attempt, and make the job due at `not_before`."""
        ...

    async def references(self, job: JobId) -> tuple[Reference, ...]: ...

    async def set_progress_message(self, job: Job, message: MessageId) -> None: ...

    async def set_posting_since(self, job: Job, *, now: float) -> Job:
        """Record when the first attempt to post the result began; a later call keeps the first time."""
        ...

    async def undelivered(self, user: UserId) -> Job | None:
        """The member's newest finished set that could not be delivered and is still on our disk."""
        ...

    async def set_shown(self, job: JobId, way: Way) -> None:
        """Record that an undelivered set was shown after all; an earlier way is kept. An ended job needs no claim for this."""
        ...

    async def job_of_event(self, event: EventId) -> JobId | None:
        """The job that was created for a member's action."""
        ...

    async def workload(self) -> Workload: ...


class CallStore(Protocol):
    """The calls of a job. Every job that is read has its calls; they are written under the job's claim."""

    async def move_call(self, job: Job, call: Call, move: CallMove, *, now: float, then: Move | None = None) -> Job:
        """Change a call's state and book what it was billed, in one transaction; with `then`, the job moves in the same.

        The job becomes `running` with its first call, `accepted` again where the last was put back, and due when its next
        call is, if none is with a gateway. Returns it with the call as it is now. Raises ValueError for a move that CALL_MOVES,
        or MOVES, does not allow.
        """
        ...

    async def postpone_call(self, job: Job, call: Call, *, not_before: float, now: float) -> Job:
        """Keep the call's state, count one more attempt, and try it again at `not_before`."""
        ...

    async def defer(self, job: Job, *, now: float) -> None:
        """Make the job due when the first of its open calls may be tried."""
        ...


class PictureStore(Protocol):
    """The pictures of a job."""

    async def pictures(self, job: JobId) -> tuple[PictureRow, ...]: ...

    async def put_picture(self, job: Job, picture: PictureRow) -> None:
        """Insert or replace one picture's row."""
        ...

    async def begin_opening(self, job: Job, number: int) -> None:
        """Record that foreign picture `number` (from 1) is being opened. If it still is at the next claim, that counts as a death."""
        ...

    async def end_opening(self, job: Job) -> None: ...


class MessageIndex(Protocol):
    """Which message shows which pictures, so that a reply to it finds them."""

    async def record_result(
        self,
        job: Job,
        message: MessageId,
        *,
        platform: PlatformName,
        pictures: Sequence[int],
        way: Way | None = None,
    ) -> None:
        """Record that a message shows these pictures (indices from 0) of the job, and the way by which it was posted."""
        ...

    async def posted_pictures(self, job: JobId) -> Mapping[int, Way | None]:
        """The job's pictures (indices from 0) that a message already shows, each with the way by which it was posted.

        The way is None where an older version recorded the message.
        """
        ...

    async def pictures_of_message(self, platform: PlatformName, message: MessageId) -> tuple[JobId, tuple[int, ...]] | None: ...


class DraftStore(Protocol):
    """The pictures that forms were opened with, kept until a form is submitted."""

    async def save_draft(self, draft: Draft, *, now: float) -> None:
        """Store a draft; delete those whose forms are too old to be submitted, and all but the member's newest MOST_DRAFTS."""
        ...

    async def draft(self, draft: JobId) -> Draft | None: ...


class QuestionStore(Protocol):
    """Questions to members, each answered at most once."""

    async def ask(self, question: Question, *, now: float) -> Question:
        """Record a question; one that the member was already asked and has not answered is returned instead."""
        ...

    async def question(self, question: JobId) -> Question | None: ...

    async def open_question(self, place: str, user: UserId, *, now: float) -> Question | None:
        """The newest question that the member was asked in a place and can still answer."""
        ...

    async def answer(self, answer: QuestionAnswer, *, now: float) -> None:
        """Answer a question that no job answers. Raises RefusedError if it is answered, expired, or another member's."""
        ...


class GatewayHealthStore(Protocol):
    """What gateways say of their models, for every process."""

    async def mark_unusable(self, mark: UnusableModel) -> bool:
        """Record a mark; False if an earlier one holds for the same reason, which is kept as it is."""
        ...

    async def clear_unusable(self, gateway: GatewayName, model: ModelName) -> bool:
        """Delete a mark; False if there is none."""
        ...

    async def unusable_models(self, *, now: float) -> tuple[UnusableModel, ...]:
        """The marks that hold."""
        ...
