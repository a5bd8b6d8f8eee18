"""All store ports on dictionaries; the contract tests in `tests/store` compare it with the stores on SQLite."""

import copy
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from bot.catalog.health import UnusableModel
from bot.chat.capabilities import Way
from bot.errors import VARIANT, RefusalCode, RefusedError, StoreCode, StoreError
from bot.ids import EventId, GatewayName, JobId, MessageId, ModelName, PlatformName, UserId
from bot.jobs.billing import total
from bot.jobs.call import Call, CallMove, CallState, plan_calls, require_move
from bot.jobs.deadlines import LONGEST_LEASE_S
from bot.jobs.draft import MOST_DRAFTS, Draft
from bot.jobs.job import CANCELLABLE, ENDS, MOVES, Job, JobState, Move, NewJob, state_by_calls
from bot.jobs.memory import KEPT_S, MOST_KEPT, LastPicture
from bot.jobs.picture import PictureRow
from bot.jobs.question import Question, QuestionAnswer, check_answer
from bot.jobs.stores import Claim, Workload, never
from bot.requests.quote import Quote
from bot.requests.references import Reference
from bot.requests.request import Request
from bot.wallet.budget import BudgetWindow, check_budget
from bot.wallet.ledger import Demand, Hold, Spend, Usage, check_demand, check_hold
from tests.fakes.stores import AllStores

Value = TypeVar("Value")
DRAFT_MAX_AGE_S = 24 * 60 * 60.0


@dataclass
class _Row:
    """A job and the columns that only the store uses."""

    job: Job
    references: tuple[Reference, ...]
    owner: str | None = None
    lease_until: float = 0.0
    not_before: float = 0.0
    state_since: float = 0.0
    opening: int | None = None
    written_at: float = 0.0
    set_aside: bool = False


@dataclass
class _Account:
    """A hold and how it was closed."""

    hold: Hold
    held_at: float
    settled: int | None = None
    uncertain: int = 0
    billed: int | None = None


class MemoryStore(AllStores):
    """No method awaits anything, so each is one transaction."""

    def __init__(self) -> None:
        self.call_spends: dict[tuple[JobId, int], Spend] = {}
        self._rows: dict[JobId, _Row] = {}
        self._events: dict[EventId, JobId] = {}
        self._pictures: dict[JobId, dict[int, PictureRow]] = {}
        self._accounts: dict[JobId, _Account] = {}
        self._messages: dict[tuple[PlatformName, MessageId], tuple[JobId, tuple[int, ...]]] = {}
        self._ways: dict[tuple[PlatformName, MessageId], Way | None] = {}
        self._drafts: dict[JobId, tuple[Draft, float]] = {}
        self._questions: dict[JobId, Question] = {}
        self._last: list[LastPicture] = []
        self._alerts: set[tuple[str, int, int]] = set()
        self._unusable: dict[tuple[GatewayName, ModelName], UnusableModel] = {}

    async def receive(self, job: NewJob, *, now: float, too_late: Callable[[], bool] = never) -> bool:
        if too_late():
            raise StoreError(StoreCode.BUSY)
        if any(event in self._events for event in job.events):
            return False
        # Only a job that cancels another changes something that may have to be taken back.
        before = copy.deepcopy((self._rows, self._accounts)) if job.cancels is not None else None
        try:
            await self._admit(job, now=now)
        except RefusedError:
            self._rows, self._accounts = before or (self._rows, self._accounts)
            raise
        self._events.update(dict.fromkeys(job.events, job.id))
        received = Job(
            id=job.id,
            state=JobState.RECEIVED,
            epoch=0,
            origin=job.origin,
            command=job.command,
            created_at=now,
            attempts=0,
        )
        if job.place is not None:
            await self.remember(LastPicture(place=job.place, user=job.origin.user, at=job.origin.received_at, job=job.id))
        self._rows[job.id] = _Row(job=received, references=job.references, state_since=now, written_at=now)
        if job.cancels is None and too_late():
            del self._rows[job.id]
            self._events = {event: known for event, known in self._events.items() if known != job.id}
            if job.answers is not None:
                answered = self._questions[job.answers.question]
                self._questions[answered.id] = replace(answered, answer=None)
            raise StoreError(StoreCode.BUSY)
        return True

    async def _admit(self, job: NewJob, *, now: float) -> None:
        """What else is written with a job. Raises RefusedError, after which some of it has to be taken back."""
        if job.cancels is not None:
            self._cancel(job.cancels, job.origin.user, now=now)
        if job.demand is not None:
            await self._check(job.demand)
        if job.repeats is not None and job.repeats not in self._rows:
            raise RefusedError(RefusalCode.JOB_UNKNOWN, value=job.repeats, **{VARIANT: "pressed"})
        if job.answers is not None:
            await self.answer(job.answers, now=now)

    async def cancel(self, job: JobId, user: UserId, *, now: float) -> None:
        row = self._rows.get(job)
        planned = row is not None and any(call.state is CallState.PLANNED for call in row.job.calls)
        if row is None or row.job.origin.user != user or row.job.state is not JobState.RUNNING or not planned:
            self._cancel(job, user, now=now)
            return
        row.job = replace(row.job, calls=tuple(_cancelled(call, now) for call in row.job.calls))
        if not any(call.state in {CallState.SUBMITTING, CallState.RUNNING} for call in row.job.calls):
            row.owner, row.lease_until, row.not_before, row.opening, row.written_at = None, 0.0, 0.0, None, now
            row.job = replace(row.job, epoch=row.job.epoch + 1)

    def _cancel(self, job: JobId, user: UserId, *, now: float) -> None:
        row = self._rows.get(job)
        if row is None or row.job.origin.user != user or row.job.state not in CANCELLABLE:
            raise RefusedError(RefusalCode.ALREADY_SUBMITTED)
        row.owner, row.lease_until, row.not_before, row.opening, row.state_since = None, 0.0, 0.0, None, now
        calls = tuple(_cancelled(call, now) for call in row.job.calls)
        row.job = replace(row.job, state=JobState.CANCELLED, epoch=row.job.epoch + 1, attempts=0, ended_at=now, calls=calls)
        self._settle(row.job.id, Move(to=JobState.CANCELLED, settle=0))

    async def remember(self, last: LastPicture) -> None:
        self._last = [known for known in self._last if known.at >= last.at - KEPT_S]
        if last not in self._last:
            self._last.append(last)
        for surplus in self._remembered(last.place, last.user)[MOST_KEPT:]:
            self._last.remove(surplus)

    async def last_pictures(self, place: str, user: UserId) -> tuple[LastPicture, ...]:
        return tuple(last for last in self._remembered(place, user) if last.job is None or last.job in self._rows)

    def _remembered(self, place: str, user: UserId) -> list[LastPicture]:
        here = [last for last in self._last if (last.place, last.user) == (place, user)]
        return sorted(here, key=lambda last: last.at)[::-1]

    async def claim(self, job: JobId, *, owner: str, now: float, lease_s: float, living: Collection[str] = ()) -> Job | None:
        row = self._rows.get(job)
        if row is None or not _is_due(row, now, living):
            return None
        row.owner, row.lease_until = owner, now + lease_s
        row.job = _next_epoch(row)
        return row.job

    async def renew(self, jobs: Sequence[JobId], *, owner: str, until: float) -> None:
        for job in jobs:
            row = self._rows.get(job)
            if row is not None and row.owner == owner:
                row.lease_until = until

    async def release(self, job: Job) -> None:
        row = self._claimed_row(job)
        row.owner, row.lease_until = None, 0.0

    async def release_many(self, claims: Sequence[Claim]) -> None:
        for job, epoch in claims:
            row = self._rows.get(job)
            if row is not None and row.job.epoch == epoch:
                row.owner, row.lease_until = None, 0.0

    async def release_owner(self, owner: str) -> None:
        for row in self._rows.values():
            if row.owner == owner:
                row.owner, row.lease_until = None, 0.0

    async def due(self, *, now: float, limit: int, living: Collection[str] = ()) -> list[JobId]:
        jobs = sorted((row.job.created_at, row.job.id) for row in self._rows.values() if _is_due(row, now, living))
        return [job for _, job in jobs[:limit]]

    async def overdue(
        self,
        deadlines: Mapping[JobState, float],
        calls: Mapping[CallState, float],
        *,
        now: float,
        limit: int,
        living: Collection[str] = (),
    ) -> list[JobId]:
        rows = [
            row
            for row in self._rows.values()
            if _is_live(row) and (row.state_since + deadlines[row.job.state] < now or _has_only_late_calls(row.job, calls, now))
        ]
        rows = [row for row in rows if row.owner not in living]
        return [job for _, job in sorted((row.job.created_at, row.job.id) for row in rows)[:limit]]

    async def seize(self, job: JobId, *, owner: str, now: float, lease_s: float) -> Job | None:
        row = self._rows.get(job)
        if row is None or not _is_live(row):
            return None
        row.owner, row.lease_until, row.not_before = owner, now + lease_s, 0.0
        row.job = _next_epoch(row)
        return row.job

    async def next_due(self) -> float | None:
        times = (row.not_before for row in self._rows.values() if _is_live(row) and row.owner is None)
        return min(times, default=None)

    async def set_aside(self, job: JobId, *, reason: str) -> None:
        row = self._rows[job]
        row.set_aside, row.owner, row.lease_until = True, None, 0.0

    async def load(self, job: JobId) -> Job | None:
        row = self._rows.get(job)
        return row.job if row is not None else None

    async def accept(
        self,
        job: Job,
        *,
        request: Request,
        quote: Quote | None,
        hold: Hold,
        now: float,
    ) -> Job:
        row = self._row_to_move(job, JobState.ACCEPTED)
        check_hold(hold, await self.usage(hold.user, hold.window))
        for window in hold.budgets:
            check_budget(window, await self.charged_since(window.since), hold.images)
        self._accounts[job.id] = _Account(hold=hold, held_at=now)
        row.references = request.references
        row.not_before, row.state_since, row.written_at = 0.0, now, now
        row.job = replace(
            row.job,
            state=JobState.ACCEPTED,
            request=request,
            calls=plan_calls(job.id, request, quote, now=now),
            attempts=0,
            deaths=0,
            suspect=None,
        )
        return row.job

    async def move(self, job: Job, move: Move, *, now: float) -> Job:
        row = self._row_to_move(job, move.to)
        old, row.state_since, row.written_at = row.job, now, now
        row.job = replace(
            old,
            state=move.to,
            attempts=_coalesce(move.attempts, old.attempts),
            error=_coalesce(move.error, old.error),
            way=_coalesce(move.way, old.way),
            posting_since=now if move.begins_posting and old.posting_since is None else old.posting_since,
            ended_at=now if move.to in ENDS else None,
            calls=tuple(_cancelled(call, now) for call in old.calls) if move.to in ENDS else old.calls,
        )
        self._settle(job.id, move)
        return row.job

    async def move_call(self, job: Job, call: Call, move: CallMove, *, now: float, then: Move | None = None) -> Job:
        require_move(call, move.to)
        row = self._claimed_row(job)
        if row.job.call(call.number).state is not call.state:
            raise StoreError(StoreCode.FENCED, detail=f"call {call.number} is no longer {call.state}")
        if then is not None and then.to not in MOVES[row.job.with_call(_moved(call, move, now)).state]:
            raise ValueError(f"a job that is {job.state} cannot become {then.to}")
        before = row.job.state
        row.job = row.job.with_call(_moved(row.job.call(call.number), move, now))
        if before is not row.job.state:
            row.state_since = now
        if move.missing is not None:
            pictures = self._pictures.setdefault(job.id, {})
            for index in call.positions:
                pictures.setdefault(index, PictureRow(index=index, call=call.number, state="missing", error=move.missing))
        if move.spend is not None:
            self.call_spends.setdefault((job.id, call.number), move.spend)
        if CallState.PLANNED in {call.state, move.to}:
            self._follow_calls(row, now=now)
        return row.job if then is None else await self.move(row.job, then, now=now)

    async def postpone_call(self, job: Job, call: Call, *, not_before: float, now: float) -> Job:
        row = self._claimed_row(job)
        known = row.job.call(call.number)
        row.job = row.job.with_call(replace(known, attempts=known.attempts + 1, not_before=not_before, updated_at=now))
        self._follow_calls(row, now=now)
        return row.job

    async def defer(self, job: Job, *, now: float) -> None:
        self._follow_calls(self._claimed_row(job), now=now)

    def _follow_calls(self, row: _Row, *, now: float) -> None:
        if row.job.state not in {JobState.ACCEPTED, JobState.RUNNING}:
            raise StoreError(StoreCode.FENCED, detail=f"job {row.job.id} has ended")
        calls = row.job.calls
        at_gateway = any(call.state in {CallState.SUBMITTING, CallState.RUNNING} for call in calls)
        waiting = [call.not_before for call in calls if call.state in {CallState.PLANNED, CallState.COLLECTING}]
        row.not_before = 0.0 if at_gateway else min(waiting, default=0.0)
        row.written_at = now
        row.job = replace(row.job, state=state_by_calls(row.job.state, calls))

    @property
    def spends(self) -> dict[JobId, Spend]:
        """What was booked for each job, all its calls together."""
        booked: dict[JobId, list[Spend]] = {}
        for (job, _), spend in self.call_spends.items():
            booked.setdefault(job, []).append(spend)
        return {job: total(spends, None) for job, spends in booked.items()}

    async def set_notified(self, job: Job, *, now: float) -> Job:
        row = self._claimed_row(job)
        row.job = replace(row.job, notified=True)
        return row.job

    async def postpone(self, job: Job, *, not_before: float, now: float) -> Job:
        row = self._claimed_row(job)
        row.not_before, row.written_at = not_before, now
        row.job = replace(row.job, attempts=row.job.attempts + 1)
        return row.job

    async def references(self, job: JobId) -> tuple[Reference, ...]:
        row = self._rows.get(job)
        return row.references if row is not None else ()

    async def pictures(self, job: JobId) -> tuple[PictureRow, ...]:
        pictures = self._pictures.get(job, {})
        return tuple(pictures[index] for index in sorted(pictures))

    async def put_picture(self, job: Job, picture: PictureRow) -> None:
        self._claimed_row(job)
        self._pictures.setdefault(job.id, {})[picture.index] = picture

    async def begin_opening(self, job: Job, number: int) -> None:
        self._claimed_row(job).opening = number

    async def end_opening(self, job: Job) -> None:
        self._claimed_row(job).opening = None

    async def set_progress_message(self, job: Job, message: MessageId) -> None:
        row = self._claimed_row(job)
        row.job = replace(row.job, progress_message=message)

    async def set_posting_since(self, job: Job, *, now: float) -> Job:
        row = self._claimed_row(job)
        if row.job.posting_since is None:
            row.job = replace(row.job, posting_since=now)
        return row.job

    async def record_result(
        self,
        job: Job,
        message: MessageId,
        *,
        platform: PlatformName,
        pictures: Sequence[int],
        way: Way | None = None,
    ) -> None:
        self._claimed_row(job)
        self._messages[platform, message] = (job.id, tuple(pictures))
        self._ways[platform, message] = way

    async def posted_pictures(self, job: JobId) -> Mapping[int, Way | None]:
        return {index: self._ways[key] for key, (owner, shown) in self._messages.items() if owner == job for index in shown}

    async def undelivered(self, user: UserId) -> Job | None:
        done = [
            row.job
            for job, row in self._rows.items()
            if job in self._accounts and self._accounts[job].hold.user == user
            if row.job.state is JobState.DONE and row.job.way is None
            if any(picture.blob is not None for picture in self._pictures.get(job, {}).values())
        ]
        return max(done, key=lambda job: (job.ended_at or 0.0, job.id), default=None)

    async def set_shown(self, job: JobId, way: Way) -> None:
        row = self._rows.get(job)
        if row is not None and row.job.state is JobState.DONE and row.job.way is None:
            row.job = replace(row.job, way=way)

    async def pictures_of_message(self, platform: PlatformName, message: MessageId) -> tuple[JobId, tuple[int, ...]] | None:
        return self._messages.get((platform, message))

    async def job_of_event(self, event: EventId) -> JobId | None:
        return self._events.get(event)

    async def settled(self, job: JobId) -> int:
        account = self._accounts.get(job)
        return (account.settled or 0) if account is not None else 0

    async def usage(self, user: UserId, window: str) -> Usage:
        accounts = self._accounts_of(user, window)
        return Usage(
            settled=sum(account.settled for account in accounts if account.settled is not None),
            held=sum(account.hold.images for account in accounts if account.settled is None),
        )

    async def workload(self) -> Workload:
        live = [row.job for row in self._rows.values() if row.job.ended_at is None]
        waiting = sum(job.state in {JobState.RECEIVED, JobState.ACCEPTED} for job in live)
        return Workload(
            waiting=waiting,
            running=len(live) - waiting,
            oldest_at=min((job.created_at for job in live), default=None),
        )

    async def save_draft(self, draft: Draft, *, now: float) -> None:
        self._drafts = {
            name: kept
            for name, kept in self._drafts.items()
            if kept[1] >= now - DRAFT_MAX_AGE_S and (kept[0].expires_at or now + 1) > now
        }
        self._drafts[draft.id] = (draft, now)
        own = [(saved_at, name) for name, (kept, saved_at) in self._drafts.items() if kept.user == draft.user]
        for _, name in sorted(own)[:-MOST_DRAFTS]:
            del self._drafts[name]

    async def draft(self, draft: JobId) -> Draft | None:
        kept = self._drafts.get(draft)
        return kept[0] if kept is not None else None

    async def ask(self, question: Question, *, now: float) -> Question:
        for known in self._questions.values():
            same = question == replace(known, id=question.id, expires_at=question.expires_at)
            if same and known.answer is None and known.expires_at > now:
                return known
        self._questions[question.id] = question
        return question

    async def question(self, question: JobId) -> Question | None:
        return self._questions.get(question)

    async def open_question(self, place: str, user: UserId, *, now: float) -> Question | None:
        found = [one for one in self._questions.values() if (one.place, one.asked_of, one.answer) == (place, user, None)]
        return max((one for one in found if one.expires_at > now), key=lambda one: (one.asked_at, one.id), default=None)

    async def answer(self, answer: QuestionAnswer, *, now: float) -> None:
        question = check_answer(self._questions.get(answer.question), answer, now=now)
        self._questions[question.id] = replace(question, answer=answer.choice)

    async def charged_since(self, since: float) -> int:
        recent = [account for account in self._accounts.values() if account.held_at >= since]
        return sum(account.hold.images if account.billed is None else account.billed for account in recent)

    async def note_alert(self, window: BudgetWindow, percent: int, *, now: float) -> bool:
        alert = (window.name, window.pictures, percent)
        known = alert in self._alerts
        self._alerts.add(alert)
        return not known

    async def mark_unusable(self, mark: UnusableModel) -> bool:
        earlier = self._unusable.get((mark.gateway, mark.model))
        if earlier is not None and earlier.holds(mark.since) and earlier.reason == mark.reason:
            return False
        self._unusable[mark.gateway, mark.model] = mark
        return True

    async def clear_unusable(self, gateway: GatewayName, model: ModelName) -> bool:
        return self._unusable.pop((gateway, model), None) is not None

    async def unusable_models(self, *, now: float) -> tuple[UnusableModel, ...]:
        return tuple(mark for _, mark in sorted(self._unusable.items()) if mark.holds(now))

    def _accounts_of(self, user: UserId, window: str) -> list[_Account]:
        return [account for account in self._accounts.values() if (account.hold.user, account.hold.window) == (user, window)]

    def _settle(self, job: JobId, move: Move) -> None:
        account = self._accounts.get(job)
        if move.settle is None or account is None or account.settled is not None:
            return
        hold = account.hold
        rest = max(0, hold.images - move.settle)
        doubtful = min(move.doubtful, rest)
        others = sum(account.uncertain for account in self._accounts_of(hold.user, hold.window))
        account.uncertain = max(0, min(doubtful, move.uncertain_limit - others))
        account.settled = hold.images - (rest - doubtful) - account.uncertain
        account.billed = sum(spend.images for (owner, _), spend in self.call_spends.items() if owner == job)

    async def _check(self, demand: Demand) -> None:
        user = demand.hold.user
        open_jobs = sum(row.job.origin.user == user and row.job.ended_at is None for row in self._rows.values())
        check_demand(demand, await self.usage(user, demand.hold.window), open_jobs=open_jobs)

    def _claimed_row(self, job: Job) -> _Row:
        row = self._rows.get(job.id)
        if row is None or row.job.epoch != job.epoch:
            raise StoreError(StoreCode.FENCED, detail=f"job {job.id} is no longer at epoch {job.epoch}")
        return row

    def _row_to_move(self, job: Job, to: JobState) -> _Row:
        if to not in MOVES[job.state]:
            raise ValueError(f"a job that is {job.state} cannot become {to}")
        row = self._claimed_row(job)
        if row.job.state is not job.state:
            raise StoreError(StoreCode.FENCED, detail=f"job {job.id} is no longer {job.state}")
        return row


def _next_epoch(row: _Row) -> Job:
    """The job under the next epoch."""
    opening, row.opening = row.opening, None
    job = replace(row.job, epoch=row.job.epoch + 1)
    return job if opening is None else replace(job, deaths=job.deaths + 1, suspect=opening)


def _has_only_late_calls(job: Job, deadlines: Mapping[CallState, float], now: float) -> bool:
    """Whether a call is late, and none at a gateway is not."""
    late = {call.number for call in job.open_calls if call.state_since + deadlines.get(call.state, math.inf) < now}
    at_gateway = {call.number for call in job.open_calls if call.state in {CallState.SUBMITTING, CallState.RUNNING}}
    return bool(late) and at_gateway <= late


def _cancelled(call: Call, now: float) -> Call:
    return _moved(call, CallMove(to=CallState.CANCELLED), now) if call.state is CallState.PLANNED else call


def _moved(call: Call, move: CallMove, now: float) -> Call:
    said = move.spend
    return replace(
        call,
        state=move.to,
        state_since=now,
        updated_at=now,
        attempts=_coalesce(move.attempts, call.attempts),
        not_before=_coalesce(move.not_before, call.not_before),
        task=_coalesce(move.task, call.task),
        submitted_at=now if move.to is CallState.SUBMITTING else call.submitted_at,
        billed=said.images if said is not None else _coalesce(move.billed, call.billed),
        billed_references=_coalesce(move.billed_references, call.billed_references),
        cost=_coalesce(said.cost if said is not None else move.cost, call.cost),
        billed_by=said.billed_by if said is not None else _coalesce(move.billed_by, call.billed_by),
        error=_coalesce(move.error, call.error),
    )


def _coalesce(new: Value | None, old: Value) -> Value:
    return old if new is None else new


def _is_live(row: _Row) -> bool:
    return not row.job.notified and not row.set_aside


def _is_due(row: _Row, now: float, living: Collection[str]) -> bool:
    over = not now < row.lease_until <= now + LONGEST_LEASE_S and row.owner not in living
    due = row.not_before <= now or row.written_at > now
    return _is_live(row) and due and (row.owner is None or over)
