"""Addresses on their way into rows, pictures on their way onto the disk."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.errors import StoreCode, StoreError
from bot.images.processor import ImageProcessor
from bot.jobs.job import Job, JobState
from bot.jobs.picture import PictureRow
from bot.pipeline.collect import Collection
from bot.store import open_store
from bot.store.blobs import Blobs
from tests.fakes.clock import FakeClock
from tests.fakes.jobs import job_in_state
from tests.fakes.memory_store import MemoryStore
from tests.fakes.pictures import picture
from tests.fakes.stores import all_stores

ADDRESSES = ("a", "b", "c", "d")


class SlowStore(MemoryStore):
    """Takes a row when it is let; `refusal` is what it then says instead."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[int] = []
        self.let = asyncio.Event()
        self.refusal: StoreError | None = None

    async def put_picture(self, job: Job, picture: PictureRow) -> None:
        self.asked.append(picture.index)
        await self.let.wait()
        if self.refusal is not None:
            raise self.refusal
        await super().put_picture(job, picture)


class SweptStore(MemoryStore):
    """Its disk is full for so long that the file, which no row names, is swept meanwhile."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        self._full = True

    async def put_picture(self, job: Job, picture: PictureRow) -> None:
        if picture.blob is not None and self._full:
            self._full = False
            Blobs(self._folder).path(picture.blob).unlink()
            raise StoreError(StoreCode.FULL)
        await super().put_picture(job, picture)


@dataclass
class GatedDownloads:
    """Every address leads to the same picture, once it is opened."""

    fetched: list[str] = field(default_factory=list)
    opened: asyncio.Event = field(default_factory=asyncio.Event)

    async def fetch(self, address: str) -> bytes:
        self.fetched.append(address)
        await self.opened.wait()
        return picture()


async def collecting(
    store: MemoryStore, downloads: GatedDownloads, processor: ImageProcessor, folder: Path
) -> tuple[Job, Collection]:
    job = await job_in_state(store, JobState.RUNNING)
    collection = Collection(
        job,
        pictures=store,
        blobs=Blobs(folder),
        processor=processor,
        downloads=downloads,
        at_once=asyncio.Semaphore(4),
        clock=FakeClock(),
        on_stored=lambda _: None,
    )
    for index, address in enumerate(ADDRESSES):
        await collection.add(index, address=address, data=None)
    return job, collection


async def settled() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_the_rows_of_one_answer_are_begun_together(processor: ImageProcessor, tmp_path: Path) -> None:
    """None waits for another, and no picture is fetched before its address stands in its row."""
    store, downloads = SlowStore(), GatedDownloads()
    job, collection = await collecting(store, downloads, processor, tmp_path)
    await settled()
    early = (list(store.asked), list(downloads.fetched))
    store.let.set()
    downloads.opened.set()
    await collection.wait()

    assert early == ([0, 1, 2, 3], [])
    assert downloads.fetched == list(ADDRESSES)
    assert [row.state for row in await store.pictures(job.id)] == ["stored"] * 4


async def test_a_row_that_cannot_be_written_is_not_passed_over(processor: ImageProcessor, tmp_path: Path) -> None:
    """Who waits for the set hears of it, and nothing is fetched for a row that is somebody else's by now."""
    store, downloads = SlowStore(), GatedDownloads()
    _, collection = await collecting(store, downloads, processor, tmp_path)
    store.refusal = StoreError(StoreCode.FENCED)
    store.let.set()

    with pytest.raises(StoreError) as raised:
        await collection.wait()

    assert (raised.value.store, downloads.fetched) == (StoreCode.FENCED, [])


async def test_addresses_that_were_heard_outlive_a_cancelled_call(processor: ImageProcessor, tmp_path: Path) -> None:
    """The downloads are given up, the rows are written for whoever goes on with the job."""
    store, downloads = SlowStore(), GatedDownloads()
    job, collection = await collecting(store, downloads, processor, tmp_path)
    cancelling = asyncio.create_task(collection.cancel())
    await settled()
    store.let.set()
    await cancelling

    rows = await store.pictures(job.id)
    assert [(row.state, row.address) for row in rows] == [("announced", address) for address in ADDRESSES]


async def test_bytes_outlive_a_sweep_while_their_row_cannot_be_written(processor: ImageProcessor, tmp_path: Path) -> None:
    """They were paid for: each try to write the row puts them again."""
    store, downloads = SweptStore(tmp_path), GatedDownloads()
    downloads.opened.set()
    job, collection = await collecting(store, downloads, processor, tmp_path)
    await collection.wait()

    blobs = {row.blob for row in await store.pictures(job.id)}
    assert None not in blobs
    assert [await Blobs(tmp_path).read(blob) for blob in blobs if blob is not None] == [picture()]


async def test_a_real_store_takes_them_too(processor: ImageProcessor, tmp_path: Path) -> None:
    """Announced and then stored, in this order, whatever shares a commit."""
    downloads = GatedDownloads()
    downloads.opened.set()
    async with open_store(tmp_path / "data") as store:
        job = await job_in_state(all_stores(store), JobState.RUNNING)
        collection = Collection(
            job,
            pictures=all_stores(store),
            blobs=store.blobs,
            processor=processor,
            downloads=downloads,
            at_once=asyncio.Semaphore(4),
            clock=FakeClock(),
            on_stored=lambda _: None,
        )
        for index, address in enumerate(ADDRESSES):
            await collection.add(index, address=address, data=None)
        await collection.wait()
        assert [(row.state, row.address) for row in await all_stores(store).pictures(job.id)] == [("stored", None)] * 4
