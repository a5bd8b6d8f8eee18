"""The ledger on SQLite: images held, settled and released for members, and money spent by the operator."""

import sqlite3

from bot.ids import JobId, UserId
from bot.jobs.call import Call
from bot.jobs.job import Job
from bot.store.sqlite.database.connection import Database, Parameters, Transaction
from bot.store.sqlite.database.records import money_columns
from bot.store.sqlite.database.statements import Statements
from bot.values import dataclass
from bot.wallet.budget import BudgetBooks, BudgetWindow, check_budget
from bot.wallet.ledger import Demand, Hold, QuotaLedger, Spend, Usage, check_demand, check_hold


@dataclass(frozen=True, kw_only=True)
class Account:
    """The quota of one member in one window."""

    user: UserId
    window: str
    granted: int
    """As of the latest hold: a member's tier may change within a window."""
    usage: Usage

    @property
    def left(self) -> int:
        return self.usage.left(self.granted)


class SqliteLedger(QuotaLedger, BudgetBooks):
    """The rows of the ledger. Writes take the transaction of the job's move."""

    def __init__(self, database: Database, statements: Statements) -> None:
        self._database = database
        self._statements = statements

    async def check(self, transaction: Transaction, demand: Demand) -> None:
        """Raises RefusedError QUOTA_EXCEEDED (left, granted, asked), JOBS_OPEN (value, limit). Nothing is held."""
        account: Parameters = {"member": demand.hold.user, "quota_window": demand.hold.window}
        row = (await transaction.rows(self._statements.standing, account))[0]
        check_demand(demand, _usage(row), open_jobs=row["open_jobs"])

    async def hold(self, transaction: Transaction, job: JobId, hold: Hold, *, now: float) -> None:
        """Hold images for a job. Raises RefusedError QUOTA_EXCEEDED (left, granted, asked), BUDGET_REACHED."""
        account: Parameters = {"member": hold.user, "quota_window": hold.window}
        check_hold(hold, _usage((await transaction.rows(self._statements.usage, account))[0]))
        for window in hold.budgets:
            charged = (await transaction.rows(self._statements.charged_since, {"since": window.since}))[0]["charged"]
            check_budget(window, charged, hold.images)
        row: Parameters = {**account, "job": job, "granted": hold.granted, "images": hold.images, "now": now}
        await transaction.rows(self._statements.add_hold, row)

    async def settle(
        self,
        transaction: Transaction,
        job: JobId,
        images: int,
        *,
        doubtful: int = 0,
        uncertain_limit: int = 0,
        now: float,
    ) -> None:
        """Close a job's open hold: `images`, at most what it holds, become final; the rest is released.

        Of the rest, `doubtful` images are released only while the member's uncertain images of that window are within
        `uncertain_limit`. Budgets count from now on what was booked for the job's calls.
        """
        closing: Parameters = {"job": job, "images": images, "now": now}
        if not doubtful:
            await transaction.rows(self._statements.close_hold, closing)
        else:
            await transaction.rows(
                self._statements.close_uncertain_hold, {**closing, "doubtful": doubtful, "uncertain_limit": uncertain_limit}
            )

    async def spend(self, transaction: Transaction, job: Job, call: Call, spend: Spend, *, now: float) -> None:
        """Book what the operator was billed for a call, once: a repeat changes nothing."""
        amount, currency = money_columns(spend.cost)
        row: Parameters = {
            "job": job.id,
            "call": call.number,
            "member": job.origin.user,
            "workspace": job.origin.workspace,
            "gateway": call.gateway,
            "model": call.model,
            "images": spend.images,
            "amount": amount,
            "currency": currency,
            "billed_by": spend.billed_by,
            "now": now,
        }
        await transaction.rows(self._statements.add_spend, row)

    async def settled(self, job: JobId) -> int:
        """How many images of a job's hold are final."""
        row = await self._database.row(self._statements.settled, {"job": job})
        return row["settled"] if row is not None else 0

    async def charged_since(self, since: float) -> int:
        """The pictures of all jobs that were accepted since then, with those that are reserved and uncertain."""
        charged: int = (await self._database.rows(self._statements.charged_since, {"since": since}))[0]["charged"]
        return charged

    async def note_alert(self, window: BudgetWindow, percent: int, *, now: float) -> bool:
        """Record that the operator is told; False if that was done before, in any process."""
        alert: Parameters = {"budget_window": window.name, "pictures": window.pictures, "percent": percent, "now": now}
        return bool(await self._database.write(self._statements.note_alert, alert))

    async def usage(self, user: UserId, window: str) -> Usage:
        return _usage((await self._database.rows(self._statements.usage, {"member": user, "quota_window": window}))[0])

    async def accounts(self) -> tuple[Account, ...]:
        """All members and windows that have ever had a hold."""
        return tuple(
            Account(
                user=UserId(row["member"]),
                window=row["quota_window"],
                granted=row["granted"],
                usage=_usage(row),
            )
            for row in await self._database.rows(self._statements.accounts, {})
        )

    async def overdrawn(self) -> tuple[tuple[UserId, str], ...]:
        """Members and windows with more images than any grant allowed; empty if the ledger is correct."""
        rows = await self._database.rows(self._statements.overdrawn_accounts, {})
        return tuple((UserId(row["member"]), row["quota_window"]) for row in rows)

    async def open_holds(self) -> tuple[JobId, ...]:
        """Ended jobs whose hold is still open; empty if the ledger is correct."""
        return tuple(JobId(row["job"]) for row in await self._database.rows(self._statements.open_holds_of_ended_jobs, {}))


def _usage(row: sqlite3.Row) -> Usage:
    return Usage(settled=row["settled"], held=row["held"])
