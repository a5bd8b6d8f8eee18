"""Moves of a job inside a transaction: its row, its hold, and the calls that are never made."""

from bot.jobs.call import Call, CallState
from bot.jobs.job import ENDS, MOVES, Job, JobState, Move
from bot.store.sqlite.database.connection import Database, Transaction, Value
from bot.store.sqlite.database.records import Records
from bot.store.sqlite.database.rows import SqliteRows, require_claim
from bot.store.sqlite.database.statements import Statements
from bot.store.sqlite.ledger import SqliteLedger


class SqliteJobMoves(SqliteRows):
    def __init__(self, database: Database, statements: Statements, records: Records, ledger: SqliteLedger) -> None:
        super().__init__(database, statements, records)
        self._ledger = ledger

    async def move_in(self, transaction: Transaction, job: Job, move: Move, *, now: float) -> Job:
        """Change the state and, with it, the hold. Raises ValueError for a move that MOVES does not allow."""
        changes: dict[str, Value] = {
            **transition(job, move.to),
            "attempts": move.attempts,
            "error": self._records.failure.dump(move.error) if move.error is not None else None,
            "way": move.way.value if move.way is not None else None,
            "posting_since": now if move.begins_posting else None,
            "ended_at": now if move.to in ENDS else None,
            "now": now,
        }
        moved = self._records.moved(job, require_claim(job, await transaction.rows(self._statements.move_job, changes)))
        if move.settle is not None:
            await self._ledger.settle(
                transaction, job.id, move.settle, doubtful=move.doubtful, uncertain_limit=move.uncertain_limit, now=now
            )
        if move.to in ENDS:
            for call in job.calls:
                if call.state is CallState.PLANNED:
                    moved = await self._cancel_in(transaction, moved, call, now=now)
        return moved

    async def _cancel_in(self, transaction: Transaction, job: Job, call: Call, *, now: float) -> Job:
        cancelled: dict[str, Value] = {
            "job": job.id,
            "epoch": job.epoch,
            "number": call.number,
            "from": call.state.value,
            "to": "cancelled",
        }
        rows = await transaction.rows(self._statements.move_call, {**NO_CHANGES, **cancelled, "now": now})
        return job.with_call(self._records.moved_call(call, require_claim(job, rows)))


NO_CHANGES: dict[str, Value] = dict.fromkeys(
    ("not_before", "attempts", "task", "submitted_at", "billed", "billed_references", "cost", "currency", "billed_by", "error")
)
"""The parameters of `move_call` that leave their columns unchanged."""


def transition(job: Job, to: JobState) -> dict[str, Value]:
    """The parameters of a change of state. Raises ValueError for a move that MOVES does not allow."""
    if to not in MOVES[job.state]:
        raise ValueError(f"a job that is {job.state} cannot become {to}")
    return {"job": job.id, "epoch": job.epoch, "from": job.state.value, "to": to.value}
