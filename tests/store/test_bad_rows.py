"""One row that cannot be read is set aside, and the rows beside it are used as if it were not there."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from bot.engine.leases import LeaseEngine
from bot.errors import StoreCode, StoreError
from bot.ids import JobId
from bot.jobs.deadlines import DEADLINES
from bot.jobs.job import JobState
from bot.store import DATABASE, open_store
from bot.store.maintenance.inspection import set_aside
from tests.fakes.clock import FakeClock
from tests.fakes.engine import LONG_POLL_S, BlockableWorker, receive, wait_until
from tests.fakes.jobs import ADA, new_job
from tests.fakes.stores import SqliteStore, all_stores, open_sqlite_store
from tests.store.test_undelivered import job_with_picture

DAMAGE = {
    "not JSON": "origin = '{'",
    "another shape": "command = '[]'",
    "an unknown state": "state = 'dreaming'",
    "not UTF-8": "command = CAST(x'7bff7d' AS TEXT)",
    "an unknown failure": 'error = \'{"code": "mood"}\'',
}
J0, J1 = JobId("j0"), JobId("j1")


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    async with open_sqlite_store(tmp_path) as opened:
        yield opened


def damage(folder: Path, change: str, job: JobId = J0) -> None:
    with closing(sqlite3.connect(folder / DATABASE)) as connection, connection:
        connection.execute(f"UPDATE job SET {change} WHERE id = ?", (job,))


@pytest.mark.parametrize("change", DAMAGE.values(), ids=DAMAGE)
async def test_an_unreadable_row_is_set_aside(
    store: SqliteStore, tmp_path: Path, caplog: pytest.LogCaptureFixture, change: str
) -> None:
    """Whoever claims or seizes it gets nothing, once; then it is neither due nor overdue, and an operator finds it."""
    clock = FakeClock()
    await receive(store, clock, 2)
    damage(tmp_path, change)

    assert await store.due(now=clock.now(), limit=9) == [J0, J1]
    assert await store.claim(J0, owner="a", now=clock.now(), lease_s=60.0) is None
    assert await store.due(now=clock.now(), limit=9) == [J1]
    assert await store.overdue(dict.fromkeys(JobState, -1.0), {}, now=clock.now(), limit=9) == [J1]
    assert await store.seize(J0, owner="a", now=clock.now(), lease_s=60.0) is None
    assert await store.claim(J1, owner="a", now=clock.now(), lease_s=60.0) is not None
    assert (await store.next_due(), (await store.workload()).waiting) == (None, 1)
    assert await set_aside(tmp_path / DATABASE) == (J0,)
    (record,) = caplog.records
    assert (record.message, vars(record)["job"]) == ("job set aside", J0)
    with pytest.raises(StoreError) as caught:
        await store.load(J0)
    assert (caught.value.store, "fox" in caught.value.detail) == (StoreCode.BROKEN, False)


async def test_a_set_aside_job_is_tried_again_at_the_next_start(tmp_path: Path) -> None:
    """Another version of the program may be able to read it."""
    clock = FakeClock()
    async with open_store(tmp_path) as opened:
        await receive(all_stores(opened), clock, 1)
        await opened.claims.set_aside(J0, reason="a test")
        assert await opened.claims.due(now=clock.now(), limit=9) == []
    async with open_store(tmp_path) as opened:
        assert await opened.claims.due(now=clock.now(), limit=9) == [J0]


async def test_overdue_jobs_behind_an_unreadable_row_are_reaped(store: SqliteStore, tmp_path: Path) -> None:
    """The engine ends the healthy ones, and takes up new work."""
    clock = FakeClock()
    jobs = await receive(store, clock, 3)
    damage(tmp_path, DAMAGE["not JSON"])
    clock.advance(DEADLINES[JobState.RECEIVED] + 1.0)
    worker, expired = BlockableWorker(store, clock), BlockableWorker(store, clock)
    engine = LeaseEngine(store, store, worker.advance, clock, owner="a", poll_s=LONG_POLL_S, expire=expired.advance)
    async with engine:
        await wait_until(lambda: len(expired.advanced) == 2)
        await store.receive(new_job("j9"), now=clock.now())
        engine.wake()
        await wait_until(lambda: len(worker.advanced) == 1)
    assert sorted(job.id for job in expired.advanced) == jobs[1:]


async def test_an_older_undelivered_set_is_found_behind_an_unreadable_one(store: SqliteStore, tmp_path: Path) -> None:
    """The newest set that can be read is shown."""
    older = await job_with_picture(store, "j0", at=200.0)
    await job_with_picture(store, "j1", at=300.0)
    damage(tmp_path, DAMAGE["not JSON"], J1)

    assert await store.undelivered(ADA) == older
