"""All store ports on dictionaries; the contract tests in `tests/store` compare it with the stores on SQLite."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TypeVar

from bot.chat.capabilities import Way
from bot.errors import VARIANT, RefusalCode, RefusedError, StoreCode, StoreError
from bot.ids import EventId, JobId, MessageId, PlatformName, UserId
from bot.jobs.draft import MOST_DRAFTS, Draft
from bot.jobs.job import ENDS, MOVES, Job, JobState, Move, NewJob
from bot.jobs.picture import PictureRow
from bot.jobs.stores import Claim, Workload, never
from bot.requests.references import Reference
from bot.requests.request import Request
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


@dataclass
class _Account:
    """A hold and how it was closed."""

    hold: Hold
    settled: int | None = None
    uncertain: int = 0


class MemoryStore(AllStores):
    """No method awaits anything, so each is one transaction."""

    def __init__(self) -> None:
        self.spends: dict[JobId, Spend] = {}
        self._rows: dict[JobId, _Row] = {}
        self._events: dict[EventId, JobId] = {}
        self._pictures: dict[JobId, dict[int, PictureRow]] = {}
        self._accounts: dict[JobId, _Account] = {}
        self._messages: dict[tuple[PlatformName, MessageId], tuple[JobId, tuple[int, ...]]] = {}
        self._ways: dict[tuple[PlatformName, MessageId], Way | None] = {}
        self._drafts: dict[JobId, tuple[Draft, float]] = {}

    async def receive(self, job: NewJob, *, now: float, too_late: Callable[[], bool] = never) -> bool:
        if too_late():
            raise StoreError(StoreCode.BUSY)
        if any(event in self._events for event in job.events):
            return False
        if job.demand is not None:
            await self._check(job.demand)
        if job.repeats is not None and job.repeats not in self._rows:
            raise RefusedError(RefusalCode.JOB_UNKNOWN, value=job.repeats, **{VARIANT: "pressed"})
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
        self._rows[job.id] = _Row(job=received, references=job.references, state_since=now)
        return True

    async def claim(self, job: JobId, *, owner: str, now: float, lease_s: float) -> Job | None:
        row = self._rows.get(job)
        if row is None or not _is_due(row, now):
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

    async def due(self, *, now: float, limit: int) -> list[JobId]:
        jobs = sorted((row.job.created_at, row.job.id) for row in self._rows.values() if _is_due(row, now))
        return [job for _, job in jobs[:limit]]

    async def overdue(self, deadlines: Mapping[JobState, float], *, now: float, limit: int) -> list[JobId]:
        rows = [row for row in self._rows.values() if not row.job.notified and row.state_since + deadlines[row.job.state] < now]
        return [job for _, job in sorted((row.job.created_at, row.job.id) for row in rows)[:limit]]

    async def seize(self, job: JobId, *, owner: str, now: float, lease_s: float) -> Job | None:
        row = self._rows.get(job)
        if row is None or row.job.notified:
            return None
        row.owner, row.lease_until, row.not_before = owner, now + lease_s, 0.0
        row.job = _next_epoch(row)
        return row.job

    async def next_due(self) -> float | None:
        times = (row.not_before for row in self._rows.values() if not row.job.notified and row.owner is None)
        return min(times, default=None)

    async def load(self, job: JobId) -> Job | None:
        row = self._rows.get(job)
        return row.job if row is not None else None

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
        row = self._row_to_move(job, JobState.ACCEPTED)
        check_hold(hold, await self.usage(hold.user, hold.window))
        self._accounts[job.id] = _Account(hold=hold)
        row.references = request.references
        row.not_before, row.state_since = 0.0, now
        row.job = replace(
            row.job,
            state=JobState.ACCEPTED,
            request=request,
            unit_price=unit_price,
            currency=currency,
            attempts=0,
            deaths=0,
            suspect=None,
        )
        return row.job

    async def move(self, job: Job, move: Move, *, now: float) -> Job:
        row = self._row_to_move(job, move.to)
        old, row.state_since = row.job, now
        row.job = replace(
            old,
            state=move.to,
            attempts=_coalesce(move.attempts, old.attempts),
            task=_coalesce(move.task, old.task),
            billed=_coalesce(move.billed, old.billed),
            uncertain=_coalesce(move.uncertain, old.uncertain),
            error=_coalesce(move.error, old.error),
            way=_coalesce(move.way, old.way),
            posting_since=now if move.begins_posting and old.posting_since is None else old.posting_since,
            ended_at=now if move.to in ENDS else None,
            submitted_at=now if move.to is JobState.SUBMITTING else old.submitted_at,
        )
        if move.not_before is not None:
            row.not_before = move.not_before
        self._settle(job.id, move)
        if move.spend is not None:
            self.spends.setdefault(job.id, move.spend)
        return row.job

    async def set_notified(self, job: Job, *, now: float) -> Job:
        row = self._claimed_row(job)
        row.job = replace(row.job, notified=True)
        return row.job

    async def postpone(self, job: Job, *, not_before: float, now: float) -> Job:
        row = self._claimed_row(job)
        row.not_before = not_before
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
        self._drafts = {name: kept for name, kept in self._drafts.items() if kept[1] >= now - DRAFT_MAX_AGE_S}
        self._drafts[draft.id] = (draft, now)
        own = [(saved_at, name) for name, (kept, saved_at) in self._drafts.items() if kept.user == draft.user]
        for _, name in sorted(own)[:-MOST_DRAFTS]:
            del self._drafts[name]

    async def draft(self, draft: JobId) -> Draft | None:
        kept = self._drafts.get(draft)
        return kept[0] if kept is not None else None

    def _accounts_of(self, user: UserId, window: str) -> list[_Account]:
        return [account for account in self._accounts.values() if (account.hold.user, account.hold.window) == (user, window)]

    def _settle(self, job: JobId, move: Move) -> None:
        account = self._accounts.get(job)
        if move.settle is None or account is None or account.settled is not None:
            return
        hold = account.hold
        released = max(0, hold.images - move.settle)
        if move.uncertain_limit is not None:
            others = sum(account.uncertain for account in self._accounts_of(hold.user, hold.window))
            released = account.uncertain = max(0, min(released, move.uncertain_limit - others))
        account.settled = hold.images - released

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


def _coalesce(new: Value | None, old: Value) -> Value:
    return old if new is None else new


def _is_due(row: _Row, now: float) -> bool:
    return not row.job.notified and row.lease_until <= now and row.not_before <= now
