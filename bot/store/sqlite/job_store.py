"""Jobs on SQLite: one method, one transaction, mostly one statement."""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from bot.chat.capabilities import Way
from bot.errors import VARIANT, RefusalCode, RefusedError, StoreCode, StoreError
from bot.ids import EventId, JobId, MessageId, PlatformName, UserId
from bot.jobs.draft import Draft
from bot.jobs.job import ENDS, MOVES, Job, JobState, Move, NewJob
from bot.jobs.picture import PictureRow
from bot.jobs.store import Claim, Workload, never
from bot.requests.references import Reference
from bot.requests.request import Request
from bot.store.sqlite.connection import Database, Parameters, Transaction, Value
from bot.store.sqlite.ledger import Ledger
from bot.store.sqlite.records import Records, picture_columns, picture_of, reference_columns, reference_of
from bot.store.sqlite.statements import Statements
from bot.wallet.ledger import Hold, Usage

DRAFT_S = 24 * 60 * 60.0
"""How long a form may stay open."""


class SqliteJobStore:
    """`bot.job.JobStore` on SQLite."""

    def __init__(self, database: Database, statements: Statements, ledger: Ledger) -> None:
        self._database = database
        self._statements = statements
        self._ledger = ledger
        self._records = Records()

    def prepare(self) -> None:
        """Do now, in the calling thread, what the first read of a job would have to wait for."""
        self._records.prepare()

    async def receive(self, job: NewJob, *, now: float, too_late: Callable[[], bool] = never) -> bool:
        """Record a job; False if one of its events is already known.

        Raises StoreError BUSY where it is `too_late` by now, RefusedError JOB_UNKNOWN where what it repeats is forgotten.
        """
        row: Parameters = {
            "id": job.id,
            "state": JobState.RECEIVED.value,
            "origin": self._records.origin.dump(job.origin),
            "command": self._records.command.dump(job.command),
            "now": now,
        }

        events = self._records.events.dump(job.events)

        async def work(transaction: Transaction) -> bool:
            if too_late():
                raise StoreError(StoreCode.BUSY, detail="the database was ours too late")
            if await transaction.row(self._statements.known_event, {"events": events}) is not None:
                return False
            # In one transaction with the references: from here on it is this job that names their files.
            if job.repeats is not None and await transaction.row(self._statements.load_job, {"job": job.repeats}) is None:
                raise RefusedError(RefusalCode.JOB_UNKNOWN, value=job.repeats, **{VARIANT: "pressed"})
            await transaction.rows(self._statements.receive_job, row)
            await transaction.rows(self._statements.add_events, {"job": job.id, "events": events})
            await self._add_references(transaction, job.id, job.references)
            return True

        return await self._database.transaction(work)

    async def claim(self, job: JobId, *, owner: str, now: float, lease_s: float) -> Job | None:
        """Take a live job that nobody holds: its epoch rises by one. None if it has ended, is held or waits for its time."""
        row = await self._write(self._statements.claim_job, {"job": job, "owner": owner, "now": now, "until": now + lease_s})
        return self._records.job(row[0]) if row else None

    async def renew(self, jobs: Sequence[JobId], *, owner: str, until: float) -> None:
        """Lengthen the leases of those jobs that are still the owner's."""
        listed = self._records.jobs.dump(tuple(jobs))
        await self._write(self._statements.renew_leases, {"jobs": listed, "owner": owner, "until": until})

    async def free(self, job: Job) -> None:
        """Give the claim back: the job is due again when its `not_before` says so."""
        await self._write_own(self._statements.free_job, job)

    async def release(self, claims: Sequence[Claim]) -> None:
        """Give many claims back at once; those that somebody else has taken since stay theirs."""
        await self._write(self._statements.release_claims, {"claims": self._records.claims.dump(tuple(claims))})

    async def disown(self, owner: str) -> None:
        """Give back every claim of an owner whose process has ended."""
        await self._write(self._statements.disown_jobs, {"owner": owner})

    async def due(self, *, now: float, most: int) -> list[JobId]:
        """Live jobs that nobody holds and whose time has come, oldest first."""
        rows = await self._database.rows(self._statements.due_jobs, {"now": now, "most": most})
        return [JobId(row["id"]) for row in rows]

    async def overdue(self, deadlines: Mapping[JobState, float], *, now: float, most: int) -> list[JobId]:
        """Live jobs, whoever holds them, that are in their state longer than these seconds, oldest first."""
        parameters: Parameters = {"deadlines": self._records.deadlines.dump(dict(deadlines)), "now": now, "most": most}
        rows = await self._database.rows(self._statements.overdue_jobs, parameters)
        return [JobId(row["id"]) for row in rows]

    async def seize(self, job: JobId, *, owner: str, now: float, lease_s: float) -> Job | None:
        """Take a live job from whoever holds it: what they write from now on is refused. None if it has ended and was told."""
        rows = await self._write(self._statements.seize_job, {"job": job, "owner": owner, "until": now + lease_s})
        return self._records.job(rows[0]) if rows else None

    async def next_due(self) -> float | None:
        """When the next job without an owner becomes due; None if there is none."""
        rows = await self._database.rows(self._statements.next_due, {})
        due: float | None = rows[0]["due"]
        return due

    async def load(self, job: JobId) -> Job | None:
        row = await self._database.row(self._statements.load_job, {"job": job})
        return self._records.job(row) if row is not None else None

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
        changes: dict[str, Value] = {
            **_passage(job, JobState.ACCEPTED),
            "request": self._records.request.dump(request),
            "unit_price": str(unit_price) if unit_price is not None else None,
            "currency": currency,
            "now": now,
        }

        async def work(transaction: Transaction) -> Job:
            row = _own(job, await transaction.rows(self._statements.accept_job, changes))
            await self._ledger.hold(transaction, job.id, hold, now=now)
            if row["referenced"]:
                await transaction.rows(self._statements.drop_references, {"job": job.id})
            await self._add_references(transaction, job.id, request.references)
            return self._records.moved(replace(job, request=request, unit_price=unit_price, currency=currency), row)

        return await self._database.transaction(work)

    async def move(self, job: Job, move: Move, *, now: float) -> Job:
        """Change the state, and the books with it. Raises ValueError for a move that no job may make."""
        changes: dict[str, Value] = {
            **_passage(job, move.to),
            "not_before": move.not_before,
            "attempts": move.attempts,
            "task": move.task,
            "billed": move.billed,
            "uncertain": int(move.uncertain) if move.uncertain is not None else None,
            "error": self._records.trouble.dump(move.error) if move.error is not None else None,
            "way": move.way.value if move.way is not None else None,
            "posting_since": now if move.begins_posting else None,
            "submitted_at": now if move.to is JobState.SUBMITTING else None,
            "ended_at": now if move.to in ENDS else None,
            "now": now,
        }

        async def work(transaction: Transaction) -> Job:
            moved = self._records.moved(job, _own(job, await transaction.rows(self._statements.move_job, changes)))
            if move.settle is not None:
                await self._ledger.settle(transaction, job.id, move.settle, uncertain_limit=move.uncertain_limit, now=now)
            if move.spend is not None:
                await self._ledger.spend(transaction, moved, move.spend, now=now)
            return moved

        return await self._database.transaction(work)

    async def set_notified(self, job: Job, *, now: float) -> Job:
        """The member knows how it ended: the job is never due again."""
        return self._records.moved(job, await self._write_own(self._statements.notify_job, job, now=now))

    async def postpone(self, job: Job, *, not_before: float, now: float) -> Job:
        """Stay in this state, one attempt more, due again at `not_before`."""
        row = await self._write_own(self._statements.postpone_job, job, not_before=not_before, now=now)
        return self._records.moved(job, row)

    async def references(self, job: JobId) -> tuple[Reference, ...]:
        rows = await self._database.rows(self._statements.load_references, {"job": job})
        return tuple(reference_of(row) for row in rows)

    async def pictures(self, job: JobId) -> tuple[PictureRow, ...]:
        rows = await self._database.rows(self._statements.load_pictures, {"job": job})
        return tuple(picture_of(row) for row in rows)

    async def put_picture(self, job: Job, picture: PictureRow) -> None:
        """Insert or replace one picture's row."""
        await self._write_own(self._statements.put_picture, job, **picture_columns(picture))

    async def set_progress_message(self, job: Job, message: MessageId) -> None:
        await self._write_own(self._statements.set_progress_message, job, message=message)

    async def set_posting_since(self, job: Job, *, now: float) -> Job:
        """Keep the first time only."""
        return self._records.moved(job, await self._write_own(self._statements.set_posting_since, job, now=now))

    async def record_result(self, job: Job, message: MessageId, *, platform: PlatformName, pictures: Sequence[int]) -> None:
        """Remember that a message shows these pictures (indices from 0) of the job: a reply to it finds them."""
        shown = self._records.positions.dump(tuple(pictures))
        await self._write_own(self._statements.record_result, job, message=message, platform=platform, pictures=shown)

    async def posted_pictures(self, job: JobId) -> frozenset[int]:
        """Indices of the job's pictures that stand in some message already."""
        rows = await self._database.rows(self._statements.messages_of_job, {"job": job})
        return frozenset(index for row in rows for index in self._records.positions.load(row["pictures"]))

    async def undelivered(self, user: UserId) -> Job | None:
        """The member's newest finished set that reached them by no way and is still on our disk."""
        row = await self._database.row(self._statements.undelivered_job, {"member": user})
        return self._records.job(row) if row is not None else None

    async def set_shown(self, job: JobId, way: Way) -> None:
        """Such a set was shown to its member after all: the first way stays."""
        await self._write(self._statements.set_shown, {"job": job, "way": way.value})

    async def pictures_of_message(self, platform: PlatformName, message: MessageId) -> tuple[JobId, tuple[int, ...]] | None:
        row = await self._database.row(self._statements.pictures_of_message, {"platform": platform, "message": message})
        return (JobId(row["job"]), self._records.positions.load(row["pictures"])) if row is not None else None

    async def job_of_event(self, event: EventId) -> JobId | None:
        row = await self._database.row(self._statements.known_event, {"events": self._records.events.dump((event,))})
        return JobId(row["job"]) if row is not None else None

    async def settled(self, job: JobId) -> int:
        return await self._ledger.settled(job)

    async def usage(self, user: UserId, window: str) -> Usage:
        return await self._ledger.usage(user, window)

    async def workload(self) -> Workload:
        row = (await self._database.rows(self._statements.workload, {}))[0]
        return Workload(waiting=row["waiting"], running=row["running"], oldest_at=row["oldest_at"])

    async def save_draft(self, draft: Draft, *, now: float) -> None:
        """Keep a draft, and forget those whose forms nobody will submit any more."""
        row: Parameters = {
            "id": draft.id,
            "member": draft.user,
            "attachments": self._records.attachments.dump(draft.references),
            "message": draft.message,
            "platform": draft.platform,
            "now": now,
        }

        async def work(transaction: Transaction) -> None:
            await transaction.rows(self._statements.drop_drafts, {"before": now - DRAFT_S})
            await transaction.rows(self._statements.save_draft, row)

        await self._database.transaction(work)

    async def draft(self, draft: JobId) -> Draft | None:
        row = await self._database.row(self._statements.load_draft, {"draft": draft})
        return self._records.draft(row) if row is not None else None

    async def _add_references(self, transaction: Transaction, job: JobId, references: Sequence[Reference]) -> None:
        rows = [reference_columns(job, position, reference) for position, reference in enumerate(references)]
        if rows:
            await transaction.each(self._statements.add_reference, rows)

    async def _write(self, sql: str, parameters: Parameters) -> list[sqlite3.Row]:
        """One statement, a transaction by itself; the rows it returns."""
        return await self._database.write(sql, parameters)

    async def _write_own(self, sql: str, job: Job, **parameters: Value) -> sqlite3.Row:
        """One statement that touches a row only under the job's epoch."""
        return _own(job, await self._write(sql, {"job": job.id, "epoch": job.epoch, **parameters}))


def _passage(job: Job, to: JobState) -> dict[str, Value]:
    """What a change of state is bound to. Raises ValueError for a move that no job may make."""
    if to not in MOVES[job.state]:
        raise ValueError(f"a job that is {job.state} cannot become {to}")
    return {"job": job.id, "epoch": job.epoch, "from": job.state.value, "to": to.value}


def _own(job: Job, rows: Sequence[sqlite3.Row]) -> sqlite3.Row:
    if not rows:
        raise StoreError(StoreCode.FENCED, detail=f"job {job.id} is no longer {job.state} at epoch {job.epoch}")
    return rows[0]
