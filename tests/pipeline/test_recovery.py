"""A restored backup: jobs that were open when it was taken are ended before the engine starts."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from bot.app import open_bot
from bot.config.settings import Settings
from bot.errors import UpstreamKind
from bot.ids import BlobId, JobId
from bot.jobs.call import CallMove, CallState
from bot.jobs.failure import JobFailure
from bot.jobs.job import Job, JobState, Move
from bot.jobs.picture import PictureRow
from bot.store import DATABASE, Store, open_store
from bot.store.maintenance.backup import back_up
from bot.store.maintenance.inspection import LedgerFaults, audit
from bot.wallet.ledger import Hold, Spend
from tests.fakes.clock import FakeClock
from tests.fakes.jobs import ADA, PATH_TO, TODAY, Step, claimed_job, quote_of, request, take_steps
from tests.fakes.platform import FakePlatform
from tests.fakes.stores import all_stores

NOW = 1_700_000_000.0
ANNOUNCED = PictureRow(index=0, state="announced", address="https://gateway.example/0")
STORED = PictureRow(index=0, state="stored", blob=BlobId("ab" * 32), media_type="image/png", width=1, height=1, size_bytes=1)
MISSING = PictureRow(index=0, state="missing", error=UpstreamKind.POLICY_OUTPUT)
LOST = PictureRow(index=0, state="missing", error=UpstreamKind.DOWNLOAD)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_store(tmp_path / "original") as opened:
        yield opened


async def open_job(store: Store, name: str, state: Step, *pictures: PictureRow, task: bool = False) -> Job:
    """A job of two pictures in this state, claimed by a worker of the original, with these rows of pictures."""
    job = await claimed_job(all_stores(store), name, now=NOW)
    if state is JobState.RECEIVED:
        return job
    job = await all_stores(store).accept(
        job,
        request=request(count=2),
        quote=quote_of(request(count=2)),
        hold=Hold(user=ADA, window=TODAY, images=2, granted=1000, renews_at=0.0),
        now=NOW,
    )
    for following in PATH_TO[state]:
        job = await take_steps(all_stores(store), job, following, now=NOW)
    if task and job.call(1).state is CallState.RUNNING:
        changed = {"task": "t"}
        await store.jobs._database.write("UPDATE call SET task = :task", changed)
    for picture in pictures:
        await all_stores(store).put_picture(job, picture)
    return job


async def restore(original: Path, folder: Path) -> FakePlatform:
    """Restore a backup of the original into the folder, and start and stop the bot on it; returns its platform."""
    await back_up(original, folder, now=lambda: NOW + 1)
    platform = FakePlatform()
    await start(folder, platform)
    return platform


async def start(folder: Path, platform: FakePlatform) -> None:
    settings = Settings(data_dir=folder)
    async with open_bot(settings, [platform], FakeClock(NOW + 2)) as bot:
        await bot.start()


CASES: dict[str, tuple[Step, tuple[PictureRow, ...], JobState, int, int | None]] = {
    "received": (JobState.RECEIVED, (), JobState.FAILED, 0, None),
    "accepted": (JobState.ACCEPTED, (), JobState.FAILED, 0, None),
    "submitting": (CallState.SUBMITTING, (), JobState.UNCERTAIN, 0, 2),
    "running": (JobState.RUNNING, (), JobState.UNCERTAIN, 0, 2),
    "announced": (JobState.RUNNING, (ANNOUNCED,), JobState.UNCERTAIN, 0, 2),
    "with a picture": (JobState.RUNNING, (STORED,), JobState.DONE, 1, 2),
    "to be fetched": (CallState.COLLECTING, (ANNOUNCED,), JobState.FAILED, 0, 1),
    "fetched": (CallState.COLLECTING, (STORED,), JobState.DONE, 1, 1),
    "withheld": (CallState.COLLECTING, (MISSING,), JobState.REFUSED, 0, None),
    "lost": (CallState.COLLECTING, (LOST,), JobState.FAILED, 0, 1),
}
"""The state of the job, its pictures, its final state, the images settled of two, and the images booked."""


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("task", [False, True], ids=["", "task"])
async def test_every_open_job_is_ended(store: Store, tmp_path: Path, case: str, task: bool) -> None:
    """An open job is ended with its hold closed and without notification; a gateway's task is not resumed."""
    state, pictures, end, settled, spent = CASES[case]
    await open_job(store, "j0", state, *pictures, task=task)
    folder = tmp_path / "data"

    platform = await restore(tmp_path / "original", folder)

    assert (platform.progress, platform.posted, platform.declined) == ({}, {}, [])
    async with open_store(folder) as opened:
        job = await all_stores(opened).load(JobId("j0"))
        assert job is not None
        assert (job.state, job.notified, job.way) == (end, True, None)
        usage = await all_stores(opened).usage(ADA, TODAY)
        assert (usage.settled, usage.held) == (settled, 0)
        assert not await opened.backup_marker.is_set()
    assert booked_images(folder) == spent
    assert await audit(folder / DATABASE) == LedgerFaults(overdrawn_members=(), open_holds=(), wrong_charges=())


def booked_images(folder: Path) -> int | None:
    """The images of the only spend, if there is one."""
    with closing(sqlite3.connect(folder / DATABASE)) as connection:
        row = connection.execute("SELECT images FROM spend").fetchone()
    return None if row is None else row[0]


async def test_a_settled_set_is_kept_for_its_button(store: Store, tmp_path: Path) -> None:
    """A set that was being posted ends undelivered with its pictures, and its settlement is unchanged."""
    job = await open_job(store, "j0", CallState.COLLECTING, STORED)
    ended = CallMove(to=CallState.ANSWERED, spend=Spend(images=1, cost=None, billed_by="counts"))
    then = Move(to=JobState.DELIVERING, settle=1)
    job = await all_stores(store).move_call(job, job.call(1), ended, then=then, now=NOW)
    folder = tmp_path / "data"

    platform = await restore(tmp_path / "original", folder)

    assert platform.posted == {}
    async with open_store(folder) as opened:
        shown = await all_stores(opened).load(job.id)
        assert shown is not None
        assert (shown.state, shown.way, shown.notified) == (JobState.DONE, None, True)
        assert await all_stores(opened).pictures(job.id) == (STORED,)
        assert await opened.ledger.accounts() == await store.ledger.accounts()


async def test_an_ended_job_is_not_notified(store: Store, tmp_path: Path) -> None:
    """A job that had ended without notification keeps its end and is not notified, because the backup may be old."""
    job = await open_job(store, "j0", JobState.ACCEPTED)
    failure = JobFailure(code=UpstreamKind.BALANCE)
    await all_stores(store).move(job, Move(to=JobState.FAILED, settle=0, error=failure), now=NOW)
    folder = tmp_path / "data"

    platform = await restore(tmp_path / "original", folder)

    assert (platform.progress, platform.declined) == ({}, [])
    async with open_store(folder) as opened:
        ended = await all_stores(opened).load(job.id)
        assert ended is not None
        assert (ended.state, ended.error, ended.notified) == (JobState.FAILED, failure, True)


async def test_an_interrupted_recovery_is_continued(store: Store, tmp_path: Path) -> None:
    """After a crash during the recovery, the next start ends the remaining jobs and removes the marker."""
    for name in ("j0", "j1", "j2"):
        await open_job(store, name, JobState.RUNNING, STORED)
    folder = tmp_path / "data"
    await back_up(tmp_path / "original", folder, now=lambda: NOW + 1)
    async with open_store(folder) as opened:
        await opened.backup_marker.release_open_jobs()
        steps: dict[str, tuple[Step, ...]] = {
            "j0": (CallState.ANSWERED, JobState.DELIVERING, JobState.DONE),
            "j1": (CallState.COLLECTING,),
        }
        for name, moves in steps.items():
            job = await all_stores(opened).claim(JobId(name), owner="crashed", now=NOW + 1, lease_s=600.0)
            assert job is not None
            for step in moves:
                job = await (
                    all_stores(opened).move(job, Move(to=JobState.DELIVERING, settle=1), now=NOW)
                    if step is JobState.DELIVERING
                    else take_steps(all_stores(opened), job, step, now=NOW)
                )

    platform = FakePlatform()
    await start(folder, platform)

    assert platform.posted == {}
    async with open_store(folder) as opened:
        jobs = [await all_stores(opened).load(JobId(name)) for name in ("j0", "j1", "j2")]
        assert [(job.state, job.notified) for job in jobs if job is not None] == [(JobState.DONE, True)] * 3
        assert (await all_stores(opened).usage(ADA, TODAY)).held == 0
        assert not await opened.backup_marker.is_set()


async def test_a_database_without_a_marker_is_not_recovered(store: Store, tmp_path: Path) -> None:
    """Without the marker, an open job is left to the engine, which notifies its member."""
    await open_job(store, "j0", JobState.ACCEPTED)
    assert not await store.backup_marker.is_set()
    await start(tmp_path / "original", FakePlatform())
    job = await all_stores(store).load(JobId("j0"))
    assert job is not None
    assert not job.notified
