"""A database put back from a backup: whatever was open when it was taken ends before the engine sees it."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest

from bot.app import open_bot
from bot.config.settings import Settings
from bot.errors import UpstreamKind
from bot.ids import BlobId, JobId, TaskId
from bot.jobs.failure import JobFailure
from bot.jobs.job import Job, JobState, Move
from bot.jobs.picture import PictureRow
from bot.store import DATABASE, Store, open_store
from bot.store.sqlite.backup import back_up
from bot.store.sqlite.inspection import Faults, audit
from bot.wallet.ledger import Hold, Spend
from tests.fakes.clock import FakeClock
from tests.fakes.jobs import ADA, SHORTEST_WAY, TODAY, claimed, request
from tests.fakes.platform import FakePlatform

NOW = 1_700_000_000.0
ANNOUNCED = PictureRow(index=0, state="announced", address="https://gateway.example/0")
STORED = PictureRow(index=0, state="stored", blob=BlobId("ab" * 32), media_type="image/png", width=1, height=1, size_bytes=1)
MISSING = PictureRow(index=0, state="missing", error=UpstreamKind.POLICY_OUTPUT)
LOST = PictureRow(index=0, state="missing", error=UpstreamKind.DOWNLOAD)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_store(tmp_path / "original") as opened:
        yield opened


async def on_its_way(store: Store, name: str, state: JobState, *pictures: PictureRow, task: bool = False) -> Job:
    """A job of two pictures, held by a worker of the original, with so much of it there."""
    job = await claimed(store.jobs, name, now=NOW)
    if state is JobState.RECEIVED:
        return job
    job = await store.jobs.accept(
        job,
        request=request(count=2),
        unit_price=Decimal("0.04"),
        currency="USD",
        hold=Hold(user=ADA, window=TODAY, images=2, granted=1000),
        now=NOW,
    )
    for following in SHORTEST_WAY[state]:
        job = await store.jobs.move(job, Move(to=following, task=TaskId("t") if task else None), now=NOW)
    for picture in pictures:
        await store.jobs.put_picture(job, picture)
    return job


async def restored(original: Path, folder: Path) -> FakePlatform:
    """The backup in the data folder's place, and the bot started on it and stopped; what its platform was told."""
    await back_up(original, folder, now=lambda: NOW + 1)
    platform = FakePlatform()
    await start(folder, platform)
    return platform


async def start(folder: Path, platform: FakePlatform) -> None:
    settings = Settings(data_dir=folder)
    async with open_bot(settings, [platform], FakeClock(NOW + 2)) as bot:
        await bot.start()


CASES: dict[str, tuple[JobState, tuple[PictureRow, ...], JobState, int, int | None]] = {
    "not begun": (JobState.RECEIVED, (), JobState.FAILED, 0, None),
    "waiting": (JobState.ACCEPTED, (), JobState.FAILED, 0, None),
    "in the call": (JobState.SUBMITTING, (), JobState.UNCERTAIN, 0, 2),
    "running": (JobState.RUNNING, (), JobState.UNCERTAIN, 0, 2),
    "announced": (JobState.RUNNING, (ANNOUNCED,), JobState.UNCERTAIN, 0, 2),
    "with a picture": (JobState.RUNNING, (STORED,), JobState.DONE, 1, 2),
    "to be fetched": (JobState.COLLECTING, (ANNOUNCED,), JobState.FAILED, 0, 1),
    "fetched": (JobState.COLLECTING, (STORED,), JobState.DONE, 1, 1),
    "withheld": (JobState.COLLECTING, (MISSING,), JobState.REFUSED, 0, None),
    "lost": (JobState.COLLECTING, (LOST,), JobState.FAILED, 0, 1),
}
"""Where it stood, its pictures, how it ends, what is settled of two, and what is booked."""


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("task", [False, True], ids=["", "task"])
async def test_every_open_job_ends_where_it_stands(store: Store, tmp_path: Path, case: str, task: bool) -> None:
    """Honestly, silently, and with its books closed; a task is not asked about, for the original has done so."""
    state, pictures, end, settled, spent = CASES[case]
    await on_its_way(store, "j0", state, *pictures, task=task)
    folder = tmp_path / "data"

    platform = await restored(tmp_path / "original", folder)

    assert (platform.progress, platform.posted, platform.declined) == ({}, {}, [])
    async with open_store(folder) as opened:
        job = await opened.jobs.load(JobId("j0"))
        assert job is not None
        assert (job.state, job.notified, job.way) == (end, True, None)
        usage = await opened.jobs.usage(ADA, TODAY)
        assert (usage.settled, usage.held) == (settled, 0)
        assert not await opened.backup_marker.stands()
    assert booked(folder) == spent
    assert await audit(folder / DATABASE) == Faults(overdrawn=(), forgotten=())


def booked(folder: Path) -> int | None:
    """The images that the operator's books have for the only job."""
    with closing(sqlite3.connect(folder / DATABASE)) as connection:
        row = connection.execute("SELECT images FROM spend").fetchone()
    return None if row is None else row[0]


async def test_what_was_settled_waits_behind_its_button(store: Store, tmp_path: Path) -> None:
    """A set that was being posted is the member's, and the books of its settlement stay as they are."""
    job = await on_its_way(store, "j0", JobState.COLLECTING, STORED)
    spend = Spend(images=1, amount=None, currency=None, estimated=False)
    job = await store.jobs.move(job, Move(to=JobState.DELIVERING, settle=1, spend=spend), now=NOW)
    folder = tmp_path / "data"

    platform = await restored(tmp_path / "original", folder)

    assert platform.posted == {}
    async with open_store(folder) as opened:
        shown = await opened.jobs.load(job.id)
        assert shown is not None
        assert (shown.state, shown.way, shown.notified) == (JobState.DONE, None, True)
        assert await opened.jobs.pictures(job.id) == (STORED,)
        assert await opened.ledger.accounts() == await store.ledger.accounts()


async def test_an_end_that_was_not_told_is_not_told_any_more(store: Store, tmp_path: Path) -> None:
    """The original has told it, long ago for all we know; how it ended stays as it was."""
    job = await on_its_way(store, "j0", JobState.ACCEPTED)
    trouble = JobFailure(code=UpstreamKind.BALANCE)
    await store.jobs.move(job, Move(to=JobState.FAILED, settle=0, error=trouble), now=NOW)
    folder = tmp_path / "data"

    platform = await restored(tmp_path / "original", folder)

    assert (platform.progress, platform.declined) == ({}, [])
    async with open_store(folder) as opened:
        ended = await opened.jobs.load(job.id)
        assert ended is not None
        assert (ended.state, ended.error, ended.notified) == (JobState.FAILED, trouble, True)


async def test_one_that_was_cut_off_goes_on_at_the_next_start(store: Store, tmp_path: Path) -> None:
    """A crash in the middle left one job ended and untold, one half closed, one untouched, and the mark."""
    for name in ("j0", "j1", "j2"):
        await on_its_way(store, name, JobState.RUNNING, STORED)
    folder = tmp_path / "data"
    await back_up(tmp_path / "original", folder, now=lambda: NOW + 1)
    async with open_store(folder) as opened:
        await opened.backup_marker.release()
        for name, moves in (("j0", (JobState.COLLECTING, JobState.DELIVERING, JobState.DONE)), ("j1", (JobState.COLLECTING,))):
            job = await opened.jobs.claim(JobId(name), owner="cut off", now=NOW + 1, lease_s=600.0)
            assert job is not None
            for state in moves:
                job = await opened.jobs.move(job, Move(to=state, settle=1 if state is JobState.DELIVERING else None), now=NOW)

    platform = FakePlatform()
    await start(folder, platform)

    assert platform.posted == {}
    async with open_store(folder) as opened:
        jobs = [await opened.jobs.load(JobId(name)) for name in ("j0", "j1", "j2")]
        assert [(job.state, job.notified) for job in jobs if job is not None] == [(JobState.DONE, True)] * 3
        assert (await opened.jobs.usage(ADA, TODAY)).held == 0
        assert not await opened.backup_marker.stands()


async def test_a_database_of_its_own_is_left_alone(store: Store, tmp_path: Path) -> None:
    """Without the mark an open job is the engine's, and its member hears of it."""
    await on_its_way(store, "j0", JobState.ACCEPTED)
    assert not await store.backup_marker.stands()
    await start(tmp_path / "original", FakePlatform())
    job = await store.jobs.load(JobId("j0"))
    assert job is not None
    assert not job.notified
