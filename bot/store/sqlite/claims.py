"""Claims on SQLite: one method, one statement."""

from collections.abc import Mapping, Sequence

from bot.ids import JobId
from bot.jobs.job import Job, JobState
from bot.jobs.stores import Claim, ClaimStore
from bot.store.sqlite.connection import Parameters
from bot.store.sqlite.rows import SqliteRows


class SqliteClaimStore(SqliteRows, ClaimStore):
    """Leases and epochs of jobs."""

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
