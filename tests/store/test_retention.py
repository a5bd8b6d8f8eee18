"""What is forgotten by itself, and what never is: on the real store."""

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
from bot.requests.references import of_blob
from bot.store import BLOBS, Store, open_store
from bot.store.blobs import Blobs, Files
from bot.store.retention import BATCH, DAY_S, MIN_AGE_S, UNREFERENCED_S, Retention, select_oldest
from bot.store.sqlite.history import EndedJob
from tests.fakes.clock import FakeClock
from tests.fakes.jobs import accepted_job, new_job
from tests.fakes.platform import NAME
from tests.fakes.stores import all_stores

NOW = 1_700_000_000.0
SIZE = 1_000_000
NOTHING = RetentionSettings()
J0, J1, J2, J3 = (JobId(f"j{number}") for number in range(4))


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_store(tmp_path) as opened:
        yield opened


def retention(store: Store, settings: RetentionSettings, *, now: float = NOW) -> Retention:
    return Retention(history=store.history, blobs=store.blobs, clock=FakeClock(now), settings=settings)


async def with_picture(store: Store, job: Job, content: bytes, *, at: float) -> Job:
    """A megabyte, by its row; the file is as old as it says."""
    blob = await store.blobs.put(content)
    os.utime(store.blobs.path(blob), (at, at))
    await all_stores(store).put_picture(job, PictureRow(index=0, state="stored", blob=blob, size_bytes=SIZE))
    return job


async def notified(store: Store, name: str, *, days_ago: float, content: bytes | None = None) -> Job:
    """A set that was made, posted and told so many days ago."""
    at = NOW - days_ago * DAY_S
    job = await with_picture(store, await accepted_job(all_stores(store), name), content or name.encode(), at=at)
    await all_stores(store).record_result(job, MessageId(f"m-{name}"), platform=NAME, pictures=[0])
    job = await all_stores(store).move(job, Move(to=JobState.FAILED, settle=1), now=at)
    return await all_stores(store).set_notified(job, now=at)


async def left(store: Store) -> set[str]:
    return {job for job in (J0, J1, J2, J3) if await all_stores(store).load(job) is not None}


async def test_by_default_nothing_is_forgotten(store: Store) -> None:
    """However old, a set keeps its row and its pictures."""
    await notified(store, "j0", days_ago=5000)
    await retention(store, NOTHING).sweep()
    assert await left(store) == {"j0"}
    assert (await store.blobs.measure()).count == 1


async def test_by_age(store: Store) -> None:
    """What was told longer ago goes with prompt, pictures, messages and events; the books stay."""
    await notified(store, "j0", days_ago=30.1)
    await notified(store, "j1", days_ago=29.9)
    books = await store.ledger.accounts()

    await retention(store, RetentionSettings(days=30)).sweep()

    assert await left(store) == {"j1"}
    assert await all_stores(store).pictures_of_message(NAME, MessageId("m-j0")) is None
    assert await all_stores(store).pictures_of_message(NAME, MessageId("m-j1")) == (J1, (0,))
    assert await all_stores(store).job_of_event(new_job("j0").events[0]) is None
    assert (await all_stores(store).pictures(J0), await all_stores(store).references(J0)) == ((), ())
    assert (await store.blobs.measure()).count == 1
    assert await store.ledger.accounts() == books


async def test_what_is_open_or_not_told_is_never_forgotten(store: Store) -> None:
    """However old, and however full the disk."""
    old = NOW - 400 * DAY_S
    await with_picture(store, await accepted_job(all_stores(store), "j0"), b"open", at=old)
    ended = await with_picture(store, await accepted_job(all_stores(store), "j1"), b"untold", at=old)
    await all_stores(store).move(ended, Move(to=JobState.FAILED), now=old)

    await retention(store, RetentionSettings(days=1, gigabytes=0.000_1)).sweep()

    assert await left(store) == {"j0", "j1"}
    assert (await store.blobs.measure()).count == 2
    assert await store.history.delete([J0, J1]) == 0


async def test_by_size_the_oldest_make_room(store: Store) -> None:
    """As many as are too many, and no more."""
    for number, days_ago in enumerate((4, 2, 3, 1)):
        await notified(store, f"j{number}", days_ago=days_ago)

    await retention(store, RetentionSettings(gigabytes=0.002)).sweep()

    assert await left(store) == {"j1", "j3"}
    assert (await store.blobs.measure()).count == 2


async def test_files_that_sets_share_are_counted_once(store: Store) -> None:
    """To forget one of two that name the same file makes no room, so the other goes too."""
    for number, days_ago in enumerate((4, 3, 2)):
        await notified(store, f"j{number}", days_ago=days_ago, content=b"the same" if number < 2 else b"another")

    await retention(store, RetentionSettings(gigabytes=0.002)).sweep()
    assert await left(store) == {"j0", "j1", "j2"}

    await retention(store, RetentionSettings(gigabytes=0.001)).sweep()
    assert await left(store) == {"j2"}


async def test_a_set_of_the_last_hour_stays_on_a_full_disk(store: Store) -> None:
    """What asked for it may be delivered again, and must find it."""
    await notified(store, "j0", days_ago=0)
    most = RetentionSettings(gigabytes=0.000_1)
    await retention(store, most, now=NOW + MIN_AGE_S - 1).sweep()
    assert await left(store) == {"j0"}
    await retention(store, most, now=NOW + MIN_AGE_S + 1).sweep()
    assert await left(store) == set()


async def test_what_another_job_goes_by_stays_on_the_disk(store: Store) -> None:
    """A picture of a forgotten set that is a reference of a later one."""
    first = await notified(store, "j0", days_ago=9)
    (row,) = await all_stores(store).pictures(first.id)
    assert row.blob is not None
    held = of_blob(row.blob, media_type="image/png", width=1, height=1, size_bytes=SIZE)
    await all_stores(store).receive(new_job("j1", references=(held,)), now=NOW)

    await retention(store, RetentionSettings(days=1)).sweep()

    assert await left(store) == {"j1"}
    assert await store.blobs.read(row.blob) == b"j0"


async def test_files_that_belong_to_nothing_go_after_an_hour(store: Store, tmp_path: Path) -> None:
    """A blob is written before its row, so a young one may be somebody's; whatever the settings."""
    blob = await store.blobs.put(b"a crash came before the row")
    leftover = tmp_path / BLOBS / blob[:2] / ".half.part"
    leftover.touch()
    for path in (store.blobs.path(blob), leftover):
        os.utime(path, (NOW, NOW))

    await retention(store, NOTHING, now=NOW + UNREFERENCED_S).sweep()
    assert (await store.blobs.measure()).count == 2
    await retention(store, NOTHING, now=NOW + UNREFERENCED_S + 1).sweep()
    assert (await store.blobs.measure()).count == 0


async def test_many_go_in_several_transactions(store: Store) -> None:
    """More than one batch, all of them."""
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
        self.asked = asyncio.Event()

    async def sweep(self, referenced: Container[BlobId], *, before: float) -> Files:
        self.asked.set()
        raise StoreError(StoreCode.BROKEN, detail="said the disk")


async def test_a_sweep_that_fails_fails_nobody(store: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It is a line in the log, and the next one comes in its time."""
    blobs = BrokenBlobs(tmp_path / BLOBS)
    sweeping = Retention(history=store.history, blobs=blobs, clock=FakeClock(NOW), settings=NOTHING)
    running = asyncio.create_task(sweeping.run())
    await blobs.asked.wait()
    await asyncio.sleep(0)
    assert [record.getMessage() for record in caplog.records] == ["not swept"]
    assert not running.done()
    running.cancel()
    await asyncio.wait({running})


@pytest.mark.parametrize(
    ("over", "chosen"),
    [(0, []), (1, ["a"]), (5, ["a"]), (6, ["a", "c"]), (1000, ["a", "c"])],
)
def test_who_makes_room(over: float, chosen: list[str]) -> None:
    """The oldest first; what holds nothing is left alone."""
    sizes = {"a": 5, "b": 0, "c": 5}
    assert select_oldest([EndedJob(id=JobId(name), size_bytes=size) for name, size in sizes.items()], over) == chosen
