"""Jobs that are over: what they still hold on disk, and how they are forgotten."""

import asyncio
import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.ids import BlobId, JobId
from bot.store.sqlite.connection import Database
from bot.store.sqlite.statements import Statements


@dataclass(frozen=True, kw_only=True)
class EndedJob:
    """A job whose end was told."""

    id: JobId
    size_bytes: int
    """Its pictures and references; another job may name the same files."""


class History:
    def __init__(self, database: Database, statements: Statements) -> None:
        self._database = database
        self._statements = statements

    async def ended(self, *, before: float) -> tuple[EndedJob, ...]:
        """Jobs whose end was told before that time, the oldest first."""
        rows = await self._database.rows(self._statements.notified_jobs, {"before": before})
        return tuple(EndedJob(id=JobId(row["id"]), size_bytes=row["size_bytes"]) for row in rows)

    async def forget(self, jobs: Sequence[JobId]) -> int:
        """Take these jobs away in one transaction, with their pictures, references, messages and events; how many went.

        The books stay, and so does a job whose end was not told.
        """
        return len(await self._database.write(self._statements.forget_jobs, {"jobs": json.dumps(jobs)}))

    async def named(self) -> Mapping[BlobId, int]:
        """Every file that a row names, with its size."""
        # There may be a hundred thousand.
        return await asyncio.to_thread(blobs_of, await self._database.rows(self._statements.named_blobs, {}))


def blobs_of(rows: Iterable[sqlite3.Row]) -> Mapping[BlobId, int]:
    """Rows of `named_blobs`; 0: nobody noted the size."""
    sizes: dict[BlobId, int] = {}
    for blob, size in rows:
        sizes[BlobId(blob)] = max(sizes.get(BlobId(blob), 0), size or 0)
    return sizes
