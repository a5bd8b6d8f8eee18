"""Calls of jobs on SQLite: every method is one transaction."""

import json

from bot.jobs.call import Call, CallMove, CallState, require_move
from bot.jobs.job import Job, Move
from bot.jobs.stores import CallStore
from bot.store.sqlite.database.connection import Database, Parameters, Transaction, Value
from bot.store.sqlite.database.records import Records, money_columns
from bot.store.sqlite.database.rows import SqliteRows, require_claim
from bot.store.sqlite.database.statements import Statements
from bot.store.sqlite.job_moves import SqliteJobMoves
from bot.store.sqlite.ledger import SqliteLedger


class SqliteCallStore(SqliteRows, CallStore):
    """The rows of calls."""

    def __init__(self, database: Database, statements: Statements, records: Records, ledger: SqliteLedger) -> None:
        super().__init__(database, statements, records)
        self._ledger = ledger
        self._job_moves = SqliteJobMoves(database, statements, records, ledger)

    async def move_call(self, job: Job, call: Call, move: CallMove, *, now: float, then: Move | None = None) -> Job:
        """Change a call's state and book what it was billed, in one transaction; with `then`, the job moves in the same."""
        require_move(call, move.to)
        changes = {**self._changes(move, now=now), "job": job.id, "epoch": job.epoch, "number": call.number}

        async def work(transaction: Transaction) -> Job:
            rows = await transaction.rows(self._statements.move_call, {**changes, "from": call.state.value})
            moved = job.with_call(self._records.moved_call(call, require_claim(job, rows)))
            if move.missing is not None:
                await transaction.rows(self._statements.add_missing, _missing(call, move.missing.value))
            if move.spend is not None:
                await self._ledger.spend(transaction, job, call, move.spend, now=now)
            if CallState.PLANNED in {call.state, move.to}:
                await self._follow_calls(transaction, moved, now=now)
            return moved if then is None else await self._job_moves.move_in(transaction, moved, then, now=now)

        return await self._database.transaction(work)

    async def postpone_call(self, job: Job, call: Call, *, not_before: float, now: float) -> Job:
        """Keep the call's state, count one more attempt, and try it again at `not_before`."""
        later: Parameters = {
            "job": job.id,
            "epoch": job.epoch,
            "number": call.number,
            "not_before": not_before,
            "now": now,
        }

        async def work(transaction: Transaction) -> Job:
            row = require_claim(job, await transaction.rows(self._statements.postpone_call, later))
            await self._follow_calls(transaction, job, now=now)
            return job.with_call(self._records.moved_call(call, row))

        return await self._database.transaction(work)

    async def defer(self, job: Job, *, now: float) -> None:
        """Make the job due when the first of its open calls may be tried."""
        await self._write_claimed(self._statements.follow_calls, job, now=now)

    async def _follow_calls(self, transaction: Transaction, job: Job, *, now: float) -> None:
        claim: Parameters = {"job": job.id, "epoch": job.epoch, "now": now}
        require_claim(job, await transaction.rows(self._statements.follow_calls, claim))

    def _changes(self, move: CallMove, *, now: float) -> dict[str, Value]:
        billed, cost, billed_by = move.billed, move.cost, move.billed_by
        if move.spend is not None:
            billed, cost, billed_by = move.spend.images, move.spend.cost, move.spend.billed_by
        amount, currency = money_columns(cost)
        return {
            "to": move.to.value,
            "not_before": move.not_before,
            "attempts": move.attempts,
            "task": move.task,
            "submitted_at": now if move.to is CallState.SUBMITTING else None,
            "billed": billed,
            "billed_references": move.billed_references,
            "cost": amount,
            "currency": currency,
            "billed_by": billed_by,
            "error": self._records.failure.dump(move.error) if move.error is not None else None,
            "now": now,
        }


def _missing(call: Call, kind: str) -> Parameters:
    return {"job": call.job, "call": call.number, "error": kind, "positions": json.dumps(list(call.positions))}
