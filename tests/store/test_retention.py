"""Retention deletes old jobs and unreferenced files, and nothing else; on the real store."""

import asyncio
import os
from collections.abc import AsyncIterator, Container
from pathlib import Path

import pytest

from bot.config.settings import RetentionSettings
from bot.errors import StoreCode, StoreError
from bot.ids import BlobId, JobId, MessageId
from bot.jobs.job import Job, JobState, Move
from bot.jobs.picture import PictureRow
from bot.requests.references import blob_reference
from bot.store import BLOBS, Store, open_store
from bot.store.blobs import Blobs
from bot.store.retention import (
    BATCH,
    DAY_S,
    FAILED_REFERENCES_S,
    MIN_AGE_S,
    QUARANTINE_DAYS,
    UNREFERENCED_S,
    Retention,
    select_oldest,
)
from bot.store.sqlite.history import EndedJob
from bot.store.sweeping import Swept
from tests.fakes.clock import FakeClock
from tests.fakes.jobs import PATH_TO, accepted_job, hold, new_job, request, take_steps
from tests.fakes.platform import NAME
from tests.fakes.stores import all_stores

NOW = 1_700_000_000.0
SIZE = 1_000_000
UNLIMITED = RetentionSettings()
J0, J1, J2, J3 = (JobId(f"j{number}") for number in range(4))


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_store(tmp_path) as opened:
        yield opened


def retention(store: Store, settings: RetentionSettings, *, now: float = NOW) -> Retention:
    return Retention(history=store.history, blobs=store.blobs, clock=FakeClock(now), settings=settings)


async def put_picture(store: Store, job: Job, content: bytes, *, at: float) -> Job:
    """Give the job a picture of one megabyte, according to its row, whose file was last put at that time."""
    blob = await store.blobs.put(content)
    os.utime(store.blobs.path(blob), (at, at))
    await all_stores(store).put_picture(job, PictureRow(index=0, state="stored", blob=blob, size_bytes=SIZE))
    return job


async def notified_job(store: Store, name: str, *, days_ago: float, content: bytes | None = None) -> Job:
    """A job with a posted picture that ended and was notified so many days ago."""
    at = NOW - days_ago * DAY_S
    job = await put_picture(store, await accepted_job(all_stores(store), name), content or name.encode(), at=at)
    await all_stores(store).record_result(job, MessageId(f"m-{name}"), platform=NAME, pictures=[0])
    job = await all_stores(store).move(job, Move(to=JobState.FAILED, settle=1), now=at)
    return await all_stores(store).set_notified(job, now=at)


async def kept_jobs(store: Store) -> set[str]:
    return {job for job in (J0, J1, J2, J3) if await all_stores(store).load(job) is not None}


async def test_by_default_nothing_is_deleted(store: Store) -> None:
    """Without retention settings, an old job keeps its row and its pictures."""
    await notified_job(store, "j0", days_ago=5000)
    await retention(store, UNLIMITED).sweep()
    assert await kept_jobs(store) == {"j0"}
    assert (await store.blobs.measure()).count == 1


async def test_old_jobs_are_deleted(store: Store) -> None:
    """Jobs notified before the limit are deleted with their pictures, messages and events; the ledger is kept."""
    await notified_job(store, "j0", days_ago=30.1)
    await notified_job(store, "j1", days_ago=29.9)
    accounts = await store.ledger.accounts()

    await retention(store, RetentionSettings(days=30)).sweep()

    assert await kept_jobs(store) == {"j1"}
    assert await all_stores(store).pictures_of_message(NAME, MessageId("m-j0")) is None
    assert await all_stores(store).pictures_of_message(NAME, MessageId("m-j1")) == (J1, (0,))
    assert await all_stores(store).job_of_event(new_job("j0").events[0]) is None
    assert (await all_stores(store).pictures(J0), await all_stores(store).references(J0)) == ((), ())
    assert (await store.blobs.measure()).count == 1
    assert await store.ledger.accounts() == accounts


async def test_open_and_unnotified_jobs_are_never_deleted(store: Store) -> None:
    """Open jobs and jobs that were not notified are kept, in spite of their age and size."""
    old = NOW - 400 * DAY_S
    await put_picture(store, await accepted_job(all_stores(store), "j0"), b"open", at=old)
    ended = await put_picture(store, await accepted_job(all_stores(store), "j1"), b"not notified", at=old)
    await all_stores(store).move(ended, Move(to=JobState.FAILED), now=old)

    await retention(store, RetentionSettings(days=1, gigabytes=0.000_1)).sweep()

    assert await kept_jobs(store) == {"j0", "j1"}
    assert (await store.blobs.measure()).count == 2
    assert await store.history.delete([J0, J1]) == 0


async def test_the_oldest_jobs_make_room(store: Store) -> None:
    """Above the size limit, only as many of the oldest jobs as needed are deleted."""
    for number, days_ago in enumerate((4, 2, 3, 1)):
        await notified_job(store, f"j{number}", days_ago=days_ago)

    await retention(store, RetentionSettings(gigabytes=0.002)).sweep()

    assert await kept_jobs(store) == {"j1", "j3"}
    assert (await store.blobs.measure()).count == 2


async def test_shared_files_are_counted_once(store: Store) -> None:
    """Deleting one of two jobs that share a file makes no room, so both are deleted."""
    for number, days_ago in enumerate((4, 3, 2)):
        await notified_job(store, f"j{number}", days_ago=days_ago, content=b"the same" if number < 2 else b"another")

    await retention(store, RetentionSettings(gigabytes=0.002)).sweep()
    assert await kept_jobs(store) == {"j0", "j1", "j2"}

    await retention(store, RetentionSettings(gigabytes=0.001)).sweep()
    assert await kept_jobs(store) == {"j2"}


async def test_a_job_of_the_last_hour_is_kept_above_the_size_limit(store: Store) -> None:
    """A job is kept for an hour in any case, because its event may be delivered again."""
    await notified_job(store, "j0", days_ago=0)
    limit = RetentionSettings(gigabytes=0.000_1)
    await retention(store, limit, now=NOW + MIN_AGE_S - 1).sweep()
    assert await kept_jobs(store) == {"j0"}
    await retention(store, limit, now=NOW + MIN_AGE_S + 1).sweep()
    assert await kept_jobs(store) == set()


async def test_a_file_that_another_job_refers_to_is_kept(store: Store) -> None:
    """A picture of a deleted job stays on the disk while it is a reference of another job."""
    first = await notified_job(store, "j0", days_ago=9)
    (row,) = await all_stores(store).pictures(first.id)
    assert row.blob is not None
    held = blob_reference(row.blob, media_type="image/png", width=1, height=1, size_bytes=SIZE)
    await all_stores(store).receive(new_job("j1", references=(held,)), now=NOW)

    await retention(store, RetentionSettings(days=1)).sweep()

    assert await kept_jobs(store) == {"j1"}
    assert await store.blobs.read(row.blob) == b"j0"


@pytest.mark.parametrize(
    ("state", "kept"), [(JobState.FAILED, 0), (JobState.REFUSED, 0), (JobState.UNCERTAIN, 0), (JobState.DONE, 1)]
)
async def test_references_of_jobs_without_pictures_are_kept_for_an_hour(store: Store, state: JobState, kept: int) -> None:
    """They cost their member nothing and would pile up; a set keeps its references as long as itself."""
    blob = await store.blobs.put(b"a reference")
    os.utime(store.blobs.path(blob), (NOW - DAY_S, NOW - DAY_S))
    reference = blob_reference(blob, media_type="image/png", width=1, height=1, size_bytes=SIZE)
    await all_stores(store).receive(new_job("j0", references=(reference,)), now=NOW)
    job = await all_stores(store).claim(J0, owner="a", now=NOW, lease_s=60.0)
    assert job is not None
    job = await all_stores(store).accept(job, request=request(references=(reference,)), quote=None, hold=hold(), now=NOW)
    job = await take_steps(all_stores(store), job, *PATH_TO[state], now=NOW)
    await all_stores(store).set_notified(job, now=NOW)

    await retention(store, UNLIMITED, now=NOW + FAILED_REFERENCES_S).sweep()
    assert (await store.blobs.measure()).count == 1
    await retention(store, UNLIMITED, now=NOW + FAILED_REFERENCES_S + 1).sweep()
    assert (await store.blobs.measure()).count == len(await all_stores(store).references(J0)) == kept


async def test_unreferenced_files_are_deleted_after_an_hour(store: Store, tmp_path: Path) -> None:
    """A file without a row is deleted after an hour, whatever the settings, because a file is written before its row."""
    blob = await store.blobs.put(b"a crash came before the row")
    leftover = tmp_path / BLOBS / blob[:2] / ".half.part"
    leftover.touch()
    for path in (store.blobs.path(blob), leftover):
        os.utime(path, (NOW, NOW))

    clock = FakeClock(NOW)
    running = Retention(history=store.history, blobs=store.blobs, clock=clock, settings=UNLIMITED)
    clock.advance(UNREFERENCED_S)
    await running.sweep()
    assert (await store.blobs.measure()).count == 2
    clock.advance(1)
    await running.sweep()
    assert await store.blobs.is_empty()


async def test_what_an_earlier_process_wrote_is_quarantined_for_days(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    """A file that no row names may belong to rows that were lost before this start: it is kept for days, and told once."""
    blob = await store.blobs.put(b"its row was in a log that is gone")
    os.utime(store.blobs.path(blob), (NOW - DAY_S, NOW - DAY_S))
    await retention(store, UNLIMITED).sweep()

    assert ((await store.blobs.measure()).count, (await store.blobs.measure_quarantine()).count) == (0, 1)
    assert await store.blobs.read(blob) == b"its row was in a log that is gone"
    assert [record.getMessage() for record in caplog.records] == ["quarantined"]
    moved_at = (await store.blobs.locate(blob)).stat().st_mtime
    await retention(store, UNLIMITED, now=moved_at + QUARANTINE_DAYS * DAY_S).sweep()
    assert (await store.blobs.measure_quarantine()).count == 1
    await retention(store, UNLIMITED, now=moved_at + QUARANTINE_DAYS * DAY_S + 1).sweep()
    assert await store.blobs.is_empty()


async def test_a_clock_that_jumps_forward_deletes_nothing(store: Store) -> None:
    """Sets and files grow old by the time that passes."""
    await notified_job(store, "j0", days_ago=1)
    clock = FakeClock(NOW)
    running = Retention(history=store.history, blobs=store.blobs, clock=clock, settings=RetentionSettings(days=30))
    clock.jump(365 * DAY_S)
    await running.sweep()
    assert await kept_jobs(store) == {"j0"}

    clock.advance(29 * DAY_S + 1)
    await running.sweep()
    assert await kept_jobs(store) == set()


async def test_files_of_deleted_jobs_are_not_quarantined(store: Store) -> None:
    """What retention deletes is gone at once, however long ago it was written: the disk is needed."""
    await notified_job(store, "j0", days_ago=30)
    await retention(store, RetentionSettings(days=1)).sweep()
    assert await store.blobs.is_empty()


async def test_many_jobs_are_deleted_in_batches(store: Store) -> None:
    """More jobs than fit into one transaction are all deleted."""
    for number in range(BATCH + 5):
        job = await accepted_job(all_stores(store), f"many-{number}", granted=1000)
        job = await all_stores(store).move(job, Move(to=JobState.FAILED, settle=0), now=NOW)
        await all_stores(store).set_notified(job, now=NOW)

    await retention(store, RetentionSettings(days=1), now=NOW + 2 * DAY_S).sweep()

    assert await store.history.ended(before=NOW + 1) == ()


class BrokenBlobs(Blobs):
    """A disk that cannot be read."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.sweep_started = asyncio.Event()

    async def sweep(
        self,
        referenced: Container[BlobId],
        *,
        before: float,
        known_since: float = 0.0,
        forgotten: Container[BlobId] = frozenset(),
    ) -> Swept:
        self.sweep_started.set()
        raise StoreError(StoreCode.BROKEN, detail="said the disk")


async def test_a_failed_sweep_is_logged_and_repeated(store: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A sweep that fails is logged, and retention continues."""
    blobs = BrokenBlobs(tmp_path / BLOBS)
    failing = Retention(history=store.history, blobs=blobs, clock=FakeClock(NOW), settings=UNLIMITED)
    running = asyncio.create_task(failing.run())
    await blobs.sweep_started.wait()
    await asyncio.sleep(0)
    assert [record.getMessage() for record in caplog.records] == ["not swept"]
    assert not running.done()
    running.cancel()
    await asyncio.wait({running})


@pytest.mark.parametrize(
    ("excess", "chosen"),
    [(0, []), (1, ["a"]), (5, ["a"]), (6, ["a", "c"]), (1000, ["a", "c"])],
)
def test_select_oldest(excess: float, chosen: list[str]) -> None:
    """The oldest jobs are selected until their files reach the excess; jobs without files are skipped."""
    sizes = {"a": 5, "b": 0, "c": 5}
    assert select_oldest([EndedJob(id=JobId(name), size_bytes=size) for name, size in sizes.items()], excess) == chosen
