"""Claims on SQLite: every method is one statement."""

from collections.abc import Mapping, Sequence

from bot.ids import JobId
from bot.jobs.job import Job, JobState
from bot.jobs.stores import Claim, ClaimStore
from bot.store.sqlite.connection import Parameters
from bot.store.sqlite.rows import SqliteRows


class SqliteClaimStore(SqliteRows, ClaimStore):
    """Leases and epochs, in the rows of the jobs."""

    async def claim(self, job: JobId, *, owner: str, now: float, lease_s: float) -> Job | None:
        """Claim a live job: its epoch rises by one. None if it has an owner, is not due, or is finished and notified."""
        row = await self._write(self._statements.claim_job, {"job": job, "owner": owner, "now": now, "until": now + lease_s})
        return self._records.job(row[0]) if row else None

    async def renew(self, jobs: Sequence[JobId], *, owner: str, until: float) -> None:
        """Extend the leases of the jobs that the owner still holds."""
        listed = self._records.jobs.dump(tuple(jobs))
        await self._write(self._statements.renew_leases, {"jobs": listed, "owner": owner, "until": until})

    async def release(self, job: Job) -> None:
        """Release the claim: the job is due again at its `not_before`."""
        await self._write_claimed(self._statements.release_claim, job)

    async def release_many(self, claims: Sequence[Claim]) -> None:
        """Release many claims at once. A claim that another process has taken over is left alone."""
        await self._write(self._statements.release_claims, {"claims": self._records.claims.dump(tuple(claims))})

    async def release_owner(self, owner: str) -> None:
        """Release every claim of an owner whose process has ended."""
        await self._write(self._statements.release_owner, {"owner": owner})

    async def due(self, *, now: float, limit: int) -> list[JobId]:
        """Live jobs without an owner that are due, oldest first."""
        rows = await self._database.rows(self._statements.due_jobs, {"now": now, "limit": limit})
        return [JobId(row["id"]) for row in rows]

    async def overdue(self, deadlines: Mapping[JobState, float], *, now: float, limit: int) -> list[JobId]:
        """Live jobs, claimed or not, that have been in their state for longer than its deadline in seconds, oldest first."""
        parameters: Parameters = {"deadlines": self._records.deadlines.dump(dict(deadlines)), "now": now, "limit": limit}
        rows = await self._database.rows(self._statements.overdue_jobs, parameters)
        return [JobId(row["id"]) for row in rows]

    async def seize(self, job: JobId, *, owner: str, now: float, lease_s: float) -> Job | None:
        """Claim a live job even if it has an owner, whose later writes are then refused. None if it is finished and notified."""
        rows = await self._write(self._statements.seize_job, {"job": job, "owner": owner, "until": now + lease_s})
        return self._records.job(rows[0]) if rows else None

    async def next_due(self) -> float | None:
        """When the next job without an owner becomes due; None if there is none."""
        rows = await self._database.rows(self._statements.next_due, {})
        due: float | None = rows[0]["due"]
        return due
