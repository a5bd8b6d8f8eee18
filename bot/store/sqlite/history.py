"""Ended jobs: the size of their files, and their deletion."""

import asyncio
import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence

from bot.ids import BlobId, JobId
from bot.store.sqlite.database.connection import Database
from bot.store.sqlite.database.statements import Statements
from bot.values import dataclass


@dataclass(frozen=True, kw_only=True)
class EndedJob:
    """A job that has ended and whose member was notified."""

    id: JobId
    size_bytes: int
    """Of its pictures and references; another job may refer to the same files."""


class History:
    def __init__(self, database: Database, statements: Statements) -> None:
        self._database = database
        self._statements = statements

    async def ended(self, *, before: float) -> tuple[EndedJob, ...]:
        """Jobs that were notified before that time, the oldest first."""
        rows = await self._database.rows(self._statements.notified_jobs, {"before": before})
        return tuple(EndedJob(id=JobId(row["id"]), size_bytes=row["size_bytes"]) for row in rows)

    async def delete(self, jobs: Sequence[JobId]) -> int:
        """Delete jobs in one transaction, with their pictures, references, messages and events; returns how many.

        The ledger is kept, and so is a job that was not notified.
        """
        return len(await self._database.write(self._statements.delete_jobs, {"jobs": json.dumps(jobs)}))

    async def delete_failed_references(self, *, before: float) -> frozenset[BlobId]:
        """Delete the references of jobs that ended without pictures and were notified before that time; returns their blobs."""
        rows = await self._database.write(self._statements.delete_failed_references, {"before": before})
        return frozenset(BlobId(row["value"]) for row in rows if row["form"] == "bytes")

    async def blobs(self, jobs: Sequence[JobId]) -> frozenset[BlobId]:
        """The blobs of these jobs; other jobs may refer to some of them."""
        rows = await self._database.rows(self._statements.blobs_of_jobs, {"jobs": json.dumps(jobs)})
        return frozenset(BlobId(row["blob"]) for row in rows)

    async def referenced_blobs(self) -> Mapping[BlobId, int]:
        """Every blob that a row refers to, with its size."""
        # A thread counts them, because there may be a hundred thousand.
        return await asyncio.to_thread(blobs_of, await self._database.rows(self._statements.referenced_blobs, {}))


def blobs_of(rows: Iterable[sqlite3.Row]) -> Mapping[BlobId, int]:
    """The sizes in rows of `referenced_blobs`; 0 if the size is unknown."""
    sizes: dict[BlobId, int] = {}
    for blob, size in rows:
        sizes[BlobId(blob)] = max(sizes.get(BlobId(blob), 0), size or 0)
    return sizes
