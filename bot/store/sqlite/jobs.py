"""Jobs on SQLite: every method is one transaction, most are one statement."""

import asyncio
import json
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import replace

from bot.chat.capabilities import Way
from bot.errors import VARIANT, RefusalCode, RefusedError, StoreCode, StoreError
from bot.ids import EventId, JobId, MessageId, UserId
from bot.jobs.call import Call, plan_calls
from bot.jobs.job import CANCELLABLE, Job, JobState, Move, NewJob
from bot.jobs.memory import LastPicture
from bot.jobs.stores import JobStore, Workload, never
from bot.requests.quote import Quote
from bot.requests.references import Reference
from bot.requests.request import Request
from bot.store.sqlite.database.connection import Database, Parameters, Transaction
from bot.store.sqlite.database.records import Records, reference_columns, reference_of
from bot.store.sqlite.database.rows import SqliteRows, require_claim
from bot.store.sqlite.database.statements import Statements
from bot.store.sqlite.job_moves import SqliteJobMoves, transition
from bot.store.sqlite.ledger import SqliteLedger
from bot.store.sqlite.memory import remember_in
from bot.store.sqlite.questions import SqliteQuestionStore
from bot.wallet.ledger import Hold

TAKE_BACK_RETRY_S = 0.05


class SqliteJobStore(SqliteRows, JobStore):
    """Jobs, their events and references."""

    def __init__(self, database: Database, statements: Statements, records: Records, ledger: SqliteLedger) -> None:
        super().__init__(database, statements, records)
        self._ledger = ledger
        self._questions = SqliteQuestionStore(database, statements, records)
        self._moves = SqliteJobMoves(database, statements, records, ledger)

    async def receive(self, job: NewJob, *, now: float, too_late: Callable[[], bool] = never) -> bool:
        """Record a job; False if one of its events is already known.

        Raises StoreError BUSY if `too_late` is True, RefusedError JOB_UNKNOWN if the repeated job was deleted,
        ALREADY_SUBMITTED if the job that it cancels cannot be cancelled any more, QUOTA_EXCEEDED or JOBS_OPEN if the member may
        not have what the job demands, and for a question that cannot be answered any more. A commit may take long too: a job that
        was recorded too late is taken back, unless it has cancelled another, or another process has already gone on with it.
        """
        row: Parameters = {
            "id": job.id,
            "state": JobState.RECEIVED.value,
            "member": job.origin.user,
            "origin": self._records.origin.dump(job.origin),
            "command": self._records.command.dump(job.command),
            "now": now,
        }

        events = self._records.events.dump(job.events)

        async def work(transaction: Transaction) -> bool:
            if too_late():
                raise StoreError(StoreCode.BUSY, detail="the write lock was acquired too late")
            if await transaction.row(self._statements.known_event, {"events": events}) is not None:
                return False
            if job.cancels is not None:
                await self._cancel(transaction, job.cancels, job.origin.user, now=now)
            if job.demand is not None:
                await self._ledger.check(transaction, job.demand)
            # In one transaction with the references: from then on this job refers to their files.
            if job.repeats is not None and await transaction.row(self._statements.load_job, {"job": job.repeats}) is None:
                raise RefusedError(RefusalCode.JOB_UNKNOWN, value=job.repeats, **{VARIANT: "pressed"})
            if job.answers is not None:
                await self._questions.answer_in(transaction, job.answers, now=now)
            await transaction.rows(self._statements.receive_job, row)
            await transaction.rows(self._statements.add_events, {"job": job.id, "events": events})
            await self._add_references(transaction, job.id, job.references)
            if job.place is not None:
                last = LastPicture(place=job.place, user=job.origin.user, at=job.origin.received_at, job=job.id)
                await remember_in(transaction, last, self._statements, self._records)
            return True

        recorded = await self._database.transaction(work)
        # One that has cancelled another stays: without it, both would be gone.
        if recorded and job.cancels is None and too_late() and await self._take_back(job):
            raise StoreError(StoreCode.BUSY, detail="the commit took too long")
        return recorded

    async def cancel(self, job: JobId, user: UserId, *, now: float) -> None:
        """End a member's job before its paid calls, or those of its calls that are not made yet, free.

        Raises RefusedError ALREADY_SUBMITTED if all of them are.
        """

        async def work(transaction: Transaction) -> None:
            whose: Parameters = {"job": job, "member": user, "now": now}
            if await transaction.rows(self._statements.stop_calls, whose):
                await transaction.rows(self._statements.free_stopped_job, {"job": job, "now": now})
            else:
                await self._cancel(transaction, job, user, now=now)

        await self._database.transaction(work)

    async def _cancel(self, transaction: Transaction, job: JobId, user: UserId, *, now: float) -> None:
        """End a member's job before its paid call and release what it holds. Raises RefusedError ALREADY_SUBMITTED."""
        states = json.dumps(sorted(CANCELLABLE))
        if not await transaction.rows(self._statements.cancel_job, {"job": job, "member": user, "states": states, "now": now}):
            raise RefusedError(RefusalCode.ALREADY_SUBMITTED)
        await transaction.rows(self._statements.cancel_calls, {"job": job, "now": now})
        await self._ledger.settle(transaction, job, 0, now=now)

    async def _take_back(self, job: NewJob) -> bool:
        """Delete a received job with its events, and reopen the question that it answered: the same event is then a new one.

        False if its references are fetched already.
        """
        taken = bool(await self._write_at_last(self._statements.take_back_job, {"job": job.id}))
        if taken and job.answers is not None:
            await self._write_at_last(self._statements.reopen_question, {"question": job.answers.question})
        return taken

    async def _write_at_last(self, sql: str, parameters: Parameters) -> list[sqlite3.Row]:
        """However often it takes: whatever keeps this write from the database keeps every process from claiming the job."""
        while True:
            try:
                return await self._write(sql, parameters)
            except StoreError as error:
                if not error.retryable:
                    raise
                await asyncio.sleep(TAKE_BACK_RETRY_S)

    async def load(self, job: JobId) -> Job | None:
        row = await self._database.row(self._statements.load_job, {"job": job})
        return self._records.job(row) if row is not None else None

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

        Raises RefusedError QUOTA_EXCEEDED, BUDGET_REACHED.
        """
        changes = {**transition(job, JobState.ACCEPTED), "request": self._records.request.dump(request), "now": now}
        calls = plan_calls(job.id, request, quote, now=now)
        schedule = self._records.schedule.dump(quote.schedule) if quote is not None else None

        async def work(transaction: Transaction) -> Job:
            row = require_claim(job, await transaction.rows(self._statements.accept_job, changes))
            await self._ledger.hold(transaction, job.id, hold, now=now)
            if row["referenced"]:
                await transaction.rows(self._statements.delete_references, {"job": job.id})
            await self._add_references(transaction, job.id, request.references)
            await transaction.execute_many(self._statements.add_call, [_planned(call, schedule, now=now) for call in calls])
            return self._records.moved(replace(job, request=request, calls=calls), row)

        return await self._database.transaction(work)

    async def move(self, job: Job, move: Move, *, now: float) -> Job:
        """Change the state and, with it, the hold. Raises ValueError for a move that MOVES does not allow."""

        async def work(transaction: Transaction) -> Job:
            return await self._moves.move_in(transaction, job, move, now=now)

        return await self._database.transaction(work)

    async def set_notified(self, job: Job, *, now: float) -> Job:
        """Record that the member was shown how the job ended: it is never due again."""
        return self._records.moved(job, await self._write_claimed(self._statements.set_notified, job, now=now))

    async def postpone(self, job: Job, *, not_before: float, now: float) -> Job:
        """Keep the state, count one more attempt, and make the job due at `not_before`."""
        row = await self._write_claimed(self._statements.postpone_job, job, not_before=not_before, now=now)
        return self._records.moved(job, row)

    async def references(self, job: JobId) -> tuple[Reference, ...]:
        rows = await self._database.rows(self._statements.load_references, {"job": job})
        return tuple(reference_of(row) for row in rows)

    async def set_progress_message(self, job: Job, message: MessageId) -> None:
        await self._write_claimed(self._statements.set_progress_message, job, message=message)

    async def set_posting_since(self, job: Job, *, now: float) -> Job:
        """Record when the first attempt to post the result began; a later call keeps the first time."""
        return self._records.moved(job, await self._write_claimed(self._statements.set_posting_since, job, now=now))

    async def undelivered(self, user: UserId) -> Job | None:
        """The member's newest finished set that could not be delivered and is still on our disk."""
        while (row := await self._database.row(self._statements.undelivered_job, {"member": user})) is not None:
            try:
                return self._records.job(row)
            except StoreError as error:
                await self._set_aside(JobId(row["id"]), error.detail)
        return None

    async def set_shown(self, job: JobId, way: Way) -> None:
        """Record that an undelivered set was shown after all; an earlier way is kept."""
        await self._write(self._statements.set_shown, {"job": job, "way": way.value})

    async def job_of_event(self, event: EventId) -> JobId | None:
        row = await self._database.row(self._statements.known_event, {"events": self._records.events.dump((event,))})
        return JobId(row["job"]) if row is not None else None

    async def workload(self) -> Workload:
        row = (await self._database.rows(self._statements.workload, {}))[0]
        return Workload(waiting=row["waiting"], running=row["running"], oldest_at=row["oldest_at"])

    async def _add_references(self, transaction: Transaction, job: JobId, references: Sequence[Reference]) -> None:
        rows = [reference_columns(job, position, reference) for position, reference in enumerate(references)]
        if rows:
            await transaction.execute_many(self._statements.add_reference, rows)


def _planned(call: Call, schedule: str | None, *, now: float) -> Parameters:
    return {
        "job": call.job,
        "number": call.number,
        "state": call.state.value,
        "gateway": call.gateway,
        "model": call.model,
        "first": call.first,
        "wants": call.wants,
        "quoted": call.quoted.micros if call.quoted is not None else None,
        "schedule": schedule,
        "now": now,
    }
