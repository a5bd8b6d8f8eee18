"""Claims on SQLite: every method is one statement."""

import json
import sqlite3
from collections.abc import Collection, Mapping, Sequence

from bot.errors import StoreError
from bot.ids import JobId
from bot.jobs.call import CallState
from bot.jobs.deadlines import LONGEST_LEASE_S
from bot.jobs.job import Job, JobState
from bot.jobs.stores import Claim, ClaimStore
from bot.store.sqlite.database.connection import Parameters
from bot.store.sqlite.database.rows import SqliteRows


class SqliteClaimStore(SqliteRows, ClaimStore):
    """Leases and epochs, in the rows of the jobs."""

    async def claim(self, job: JobId, *, owner: str, now: float, lease_s: float, living: Collection[str] = ()) -> Job | None:
        """Claim a live job: its epoch rises by one. None if it has an owner, is not due, is finished and notified, or set aside."""
        claim: Parameters = {"job": job, "owner": owner, "until": now + lease_s, **self._free(now, living)}
        return await self._readable(await self._write(self._statements.claim_job, claim))

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

    async def due(self, *, now: float, limit: int, living: Collection[str] = ()) -> list[JobId]:
        """Live jobs without an owner that are due, oldest first."""
        rows = await self._database.rows(self._statements.due_jobs, {"limit": limit, **self._free(now, living)})
        return [JobId(row["id"]) for row in rows]

    async def overdue(
        self,
        deadlines: Mapping[JobState, float],
        calls: Mapping[CallState, float],
        *,
        now: float,
        limit: int,
        living: Collection[str] = (),
    ) -> list[JobId]:
        """Live jobs that, or a call of which, have been in their state for longer than its deadline; none of a living owner."""
        parameters: Parameters = {
            "deadlines": self._records.deadlines.dump(dict(deadlines)),
            "calls": self._records.call_deadlines.dump(dict(calls)),
            "living": json.dumps(list(living)),
            "now": now,
            "limit": limit,
        }
        rows = await self._database.rows(self._statements.overdue_jobs, parameters)
        return [JobId(row["id"]) for row in rows]

    async def seize(self, job: JobId, *, owner: str, now: float, lease_s: float) -> Job | None:
        """Claim a live job even if it has an owner, whose later writes are then refused. None if it is finished and notified."""
        rows = await self._write(self._statements.seize_job, {"job": job, "owner": owner, "until": now + lease_s})
        return await self._readable(rows)

    async def next_due(self) -> float | None:
        """When the next job without an owner becomes due; None if there is none."""
        rows = await self._database.rows(self._statements.next_due, {})
        due: float | None = rows[0]["due"]
        return due

    async def set_aside(self, job: JobId, *, reason: str) -> None:
        """Do nothing more with a job until the next start. The operator sees it in the log, once, and in `doctor`."""
        await self._set_aside(job, reason)

    async def _readable(self, rows: Sequence[sqlite3.Row]) -> Job | None:
        """The job of a claimed row. None if there is none, or if it cannot be read: it is then set aside, and stops no other."""
        if not rows:
            return None
        try:
            return self._records.job(rows[0])
        except StoreError as error:
            await self._set_aside(JobId(rows[0]["id"]), error.detail)
            return None

    def _free(self, now: float, living: Collection[str]) -> Parameters:
        return {"now": now, "latest_lease": now + LONGEST_LEASE_S, "living": json.dumps(list(living))}
