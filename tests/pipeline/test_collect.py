"""The collection writes addresses to rows and downloads the pictures."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.errors import StoreCode, StoreError
from bot.images.processor import ImageProcessor
from bot.jobs.job import Job, JobState
from bot.jobs.picture import PictureRow
from bot.jobs.ports import IncomingBlob
from bot.jobs.queues.turns import Turns
from bot.pipeline.calls.collect import Collection
from bot.pipeline.openings import Openings
from bot.store import open_store
from bot.store.blobs import Blobs
from bot.upstream.contract import Downloads, Write
from bot.upstream.download import DownloadLimits, ResultDownloader
from tests.fakes.clock import FakeClock
from tests.fakes.jobs import job_in_state
from tests.fakes.memory_store import MemoryStore
from tests.fakes.pictures import picture
from tests.fakes.stores import all_stores
from tests.fakes.wire import opened, says

ADDRESSES = ("a", "b", "c", "d")


class GatedStore(MemoryStore):
    """Writes a picture's row once `gate` is set, or raises `error`."""

    def __init__(self) -> None:
        super().__init__()
        self.put_calls: list[int] = []
        self.gate = asyncio.Event()
        self.error: StoreError | None = None

    async def put_picture(self, job: Job, picture: PictureRow) -> None:
        self.put_calls.append(picture.index)
        await self.gate.wait()
        if self.error is not None:
            raise self.error
        await super().put_picture(job, picture)


class SweptStore(MemoryStore):
    """Fails once with FULL, and the file, which no row refers to, is swept in the meantime."""

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
class GatedDownloads(Downloads):
    """Returns the same picture for every address, once `gate` is set."""

    fetched: list[str] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    async def fetch(self, address: str, write: Write) -> None:
        self.fetched.append(address)
        await self.gate.wait()
        await write(picture())


def ignore() -> None:
    return


async def start_collection(
    store: MemoryStore, downloads: GatedDownloads, processor: ImageProcessor, folder: Path
) -> tuple[Job, Collection]:
    job = await job_in_state(store, JobState.RUNNING)
    collection = Collection(
        job,
        job.call(1),
        pictures=store,
        openings=Openings(job, store, FakeClock()),
        blobs=Blobs(folder),
        processor=processor,
        downloads=downloads,
        turns=Turns(at_once=4),
        clock=FakeClock(),
        on_stored=ignore,
    )
    for index, address in enumerate(ADDRESSES):
        await collection.add(index, address=address, data=None)
    return job, collection


SERVED_AFTER_S = 0.5
"""Four turns take longer than one download may; one turn leaves a second for a busy machine."""


@dataclass
class SlowGateway:
    """Serves a picture after a while, and counts how many are under way."""

    together: int = 0
    most: int = 0

    async def __call__(self, writer: asyncio.StreamWriter) -> None:
        self.together += 1
        self.most = max(self.most, self.together)
        await asyncio.sleep(SERVED_AFTER_S)
        self.together -= 1
        await says(picture(), content_type="image/png")(writer)


async def let_tasks_run() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_the_rows_of_one_answer_are_written_together(processor: ImageProcessor, tmp_path: Path) -> None:
    """All rows are written at the same time, and no picture is fetched before its row is written."""
    store, downloads = GatedStore(), GatedDownloads()
    job, collection = await start_collection(store, downloads, processor, tmp_path)
    await let_tasks_run()
    early = (list(store.put_calls), list(downloads.fetched))
    store.gate.set()
    downloads.gate.set()
    await collection.wait()

    assert early == ([0, 1, 2, 3], [])
    assert sorted(downloads.fetched) == list(ADDRESSES)
    assert [row.state for row in await store.pictures(job.id)] == ["stored"] * 4


async def test_a_row_that_cannot_be_written_raises(processor: ImageProcessor, tmp_path: Path) -> None:
    """A fenced write is raised by `wait`, and no picture is fetched for it."""
    store, downloads = GatedStore(), GatedDownloads()
    _, collection = await start_collection(store, downloads, processor, tmp_path)
    store.error = StoreError(StoreCode.FENCED)
    store.gate.set()

    with pytest.raises(StoreError) as raised:
        await collection.wait()

    assert (raised.value.store, downloads.fetched) == (StoreCode.FENCED, [])


async def test_a_cancellation_still_writes_announced_addresses(processor: ImageProcessor, tmp_path: Path) -> None:
    """A cancellation cancels the downloads but writes the addresses, for the next process."""
    store, downloads = GatedStore(), GatedDownloads()
    job, collection = await start_collection(store, downloads, processor, tmp_path)
    cancelling = asyncio.create_task(collection.cancel())
    await let_tasks_run()
    store.gate.set()
    await cancelling

    rows = await store.pictures(job.id)
    assert [(row.state, row.address) for row in rows] == [("announced", address) for address in ADDRESSES]


async def test_a_swept_file_is_stored_again(processor: ImageProcessor, tmp_path: Path) -> None:
    """Each attempt to write a row puts the blob again, so that a sweep in the meantime does not lose it."""
    store, downloads = SweptStore(tmp_path), GatedDownloads()
    downloads.gate.set()
    job, collection = await start_collection(store, downloads, processor, tmp_path)
    await collection.wait()

    blobs = {row.blob for row in await store.pictures(job.id)}
    assert None not in blobs
    assert [await Blobs(tmp_path).read(blob) for blob in blobs if blob is not None] == [picture()]


class FullBlobs(Blobs):
    """A disk that is full for the first file that arrives."""

    full = True

    @asynccontextmanager
    async def incoming(self) -> AsyncIterator[IncomingBlob]:
        async with super().incoming() as incoming:
            if self.full:
                self.full = False
                raise StoreError(StoreCode.FULL)
            yield incoming


async def test_a_disk_that_fills_up_during_a_download_loses_no_picture(processor: ImageProcessor, tmp_path: Path) -> None:
    """The picture stays announced and is fetched again."""
    store, downloads = MemoryStore(), GatedDownloads()
    downloads.gate.set()
    job = await job_in_state(store, JobState.RUNNING)
    collection = Collection(
        job,
        job.call(1),
        pictures=store,
        openings=Openings(job, store, FakeClock()),
        blobs=FullBlobs(tmp_path),
        processor=processor,
        downloads=downloads,
        turns=Turns(at_once=4),
        clock=FakeClock(),
        on_stored=ignore,
    )
    await collection.add(0, address="a", data=None)
    await collection.wait()
    (first,) = await store.pictures(job.id)
    complete = await collection.fetch_remaining(should_give_up=lambda _: True)
    (second,) = await store.pictures(job.id)

    assert (first.state, complete, second.state, downloads.fetched) == ("announced", True, "stored", ["a"])


async def test_pictures_are_collected_in_the_real_store(processor: ImageProcessor, tmp_path: Path) -> None:
    """With group commits, every picture is announced first and stored afterwards."""
    downloads = GatedDownloads()
    downloads.gate.set()
    async with open_store(tmp_path / "data") as store:
        job = await job_in_state(all_stores(store), JobState.RUNNING)
        collection = Collection(
            job,
            job.call(1),
            pictures=all_stores(store),
            openings=Openings(job, all_stores(store), FakeClock()),
            blobs=store.blobs,
            processor=processor,
            downloads=downloads,
            turns=Turns(at_once=4),
            clock=FakeClock(),
            on_stored=ignore,
        )
        for index, address in enumerate(ADDRESSES):
            await collection.add(index, address=address, data=None)
        await collection.wait()
        assert [(row.state, row.address) for row in await all_stores(store).pictures(job.id)] == [("stored", None)] * 4


async def test_only_so_many_downloads_at_once(processor: ImageProcessor, tmp_path: Path) -> None:
    """Those of all jobs share the bound, and their time begins with their turn."""
    gateway, turns, stores = SlowGateway(), Turns(at_once=2), (MemoryStore(), MemoryStore())
    downloader = ResultDownloader(allow_private=True, limits=DownloadLimits(total_s=3 * SERVED_AFTER_S, connect_s=1, read_s=1))
    jobs = [await job_in_state(store, JobState.RUNNING) for store in stores]
    collections = [
        Collection(
            job,
            job.call(1),
            pictures=store,
            openings=Openings(job, store, FakeClock()),
            blobs=Blobs(tmp_path),
            processor=processor,
            downloads=downloader,
            turns=turns,
            clock=FakeClock(),
            on_stored=ignore,
        )
        for job, store in zip(jobs, stores, strict=True)
    ]
    async with opened(gateway) as wire:
        for collection in collections:
            for index in range(4):
                await collection.add(index, address=wire.url(f"/{index}.png"), data=None)
        await asyncio.gather(*(collection.wait() for collection in collections))
        await downloader.close()

    rows = [row for job, store in zip(jobs, stores, strict=True) for row in await store.pictures(job.id)]
    assert ([row.state for row in rows], gateway.most) == (["stored"] * 8, 2)
