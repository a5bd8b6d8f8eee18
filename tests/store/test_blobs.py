"""Bytes on disk: named by their digest, complete or absent, and durable."""

import asyncio
import errno
import hashlib
import os
import resource
import stat
from itertools import islice
from math import inf
from pathlib import Path

import pytest

from bot.errors import StoreCode, StoreError
from bot.ids import BlobId
from bot.store.blobs import MOST_IN_MEMORY, QUARANTINE, Blobs
from bot.store.disk_errors import disk_error
from bot.store.sweeping import Files, Swept, remove_if_older

FOX = b"a red fox in snow"
NAME = BlobId(hashlib.sha256(FOX).hexdigest())
NONE = Files(count=0, size_bytes=0)


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return Blobs(tmp_path / "blobs")


async def test_bytes_come_back(blobs: Blobs) -> None:
    """The id of a blob is its digest, and reading it returns the same bytes."""
    assert await blobs.put(FOX) == NAME
    assert await blobs.read(NAME) == FOX


async def test_the_path_is_made_from_the_digest(blobs: Blobs, tmp_path: Path) -> None:
    """The first two characters of the digest name the folder, the rest names the file."""
    await blobs.put(FOX)
    assert blobs.path(NAME) == tmp_path / "blobs" / NAME[:2] / NAME[2:]
    assert blobs.path(NAME).read_bytes() == FOX


async def test_equal_bytes_are_stored_once(blobs: Blobs, tmp_path: Path) -> None:
    """Concurrent puts of the same bytes leave one file and no unfinished one."""
    assert set(await asyncio.gather(*(blobs.put(FOX) for _ in range(10)))) == {NAME}
    assert [file for file in (tmp_path / "blobs").rglob("*") if file.is_file()] == [blobs.path(NAME)]


async def test_the_folders_of_a_file_are_synced(tmp_path: Path) -> None:
    """A put syncs the file's folder each time, and the parent folder once per process, even if the folder existed."""
    folder, synced = tmp_path / "blobs", list[Path]()
    (folder / NAME[:2]).mkdir(parents=True)
    blobs = Blobs(folder, sync=synced.append)
    neighbours = (content for content in (f"{number}".encode() for number in range(5000)) if _folder_of(content) == NAME[:2])

    for content in (FOX, *islice(neighbours, 2)):
        await blobs.put(content)

    own = folder / NAME[:2]
    assert synced == [own, folder, own, own]


def _folder_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:2]


async def test_files_are_private(blobs: Blobs) -> None:
    """Files have mode 0600 and folders 0700."""
    path = blobs.path(await blobs.put(FOX))
    assert (stat.S_IMODE(path.stat().st_mode), stat.S_IMODE(path.parent.stat().st_mode)) == (0o600, 0o700)


@pytest.mark.parametrize("blob", ["", "../../etc/passwd", "AB" * 32, "ab" * 31, "ab" * 32 + "\n", "/" + "a" * 63])
def test_only_a_digest_has_a_path(blobs: Blobs, blob: str) -> None:
    """An invalid digest raises ValueError, so that it cannot lead out of the folder."""
    with pytest.raises(ValueError, match="not a blob id"):
        blobs.path(BlobId(blob))


async def test_a_missing_folder_has_lost_nothing(blobs: Blobs) -> None:
    """Where the folder of all is missing, as before a disk is mounted, the blob may come back with it."""
    for use in (blobs.read, blobs.locate):
        with pytest.raises(StoreError) as caught:
            await use(NAME)
        assert caught.value.store is StoreCode.BROKEN


@pytest.mark.parametrize("content", [None, b"", FOX[:-1], b"A red fox in snow"])
async def test_a_missing_or_damaged_blob_is_never_used(blobs: Blobs, content: bytes | None) -> None:
    """A blob that is not there, or whose bytes are not those of its name, is missing; its error names it."""
    path = blobs.path(await blobs.put(FOX))
    path.unlink() if content is None else path.write_bytes(content)

    for use in (blobs.read, blobs.locate):
        with pytest.raises(StoreError) as caught:
            await use(NAME)
        assert (caught.value.store, caught.value.retryable) == (StoreCode.MISSING, False)
        assert NAME in caught.value.detail


async def test_a_blob_is_located(blobs: Blobs) -> None:
    """A whole blob is posted from its file."""
    assert await blobs.locate(await blobs.put(FOX)) == blobs.path(NAME)


async def test_a_put_replaces_a_damaged_file(blobs: Blobs) -> None:
    """Equal bytes are stored once only while the stored ones are whole."""
    blobs.path(await blobs.put(FOX)).write_bytes(b"A red fox in snow")

    await blobs.put(FOX)

    assert await blobs.read(NAME) == FOX


async def test_an_unreadable_blob_is_not_missing(blobs: Blobs) -> None:
    """What keeps a file from being read is not proof that it is gone."""
    blobs.path(NAME).mkdir(parents=True)

    for use in (blobs.read, blobs.locate):
        with pytest.raises(StoreError, match="broken"):
            await use(NAME)


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (errno.ENOSPC, StoreCode.FULL),
        (errno.EDQUOT, StoreCode.FULL),
        (errno.EIO, StoreCode.UNAVAILABLE),
        (errno.EROFS, StoreCode.UNAVAILABLE),
        (errno.EMFILE, StoreCode.UNAVAILABLE),
        (errno.EACCES, StoreCode.UNAVAILABLE),
        (errno.ENOTDIR, StoreCode.BROKEN),
        (errno.ENAMETOOLONG, StoreCode.BROKEN),
    ],
)
def test_disk_errors_become_store_errors(number: int, expected: StoreCode) -> None:
    """A full disk and a used-up disk quota are FULL, a wrong path is BROKEN, and any other error may pass."""
    assert disk_error(OSError(number, "said the disk", "somewhere")).store is expected


async def test_a_failed_write_leaves_no_file(blobs: Blobs, tmp_path: Path) -> None:
    """A write that fails halfway raises StoreError and leaves no part of the file."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))
    try:
        with pytest.raises(StoreError) as caught:
            await blobs.put(b"x" * 100_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert caught.value.store is StoreCode.UNAVAILABLE
    assert [file for file in (tmp_path / "blobs").rglob("*") if file.is_file()] == []


async def test_a_folder_that_cannot_be_created_is_named(tmp_path: Path) -> None:
    """The error names the path that could not be created."""
    folder = tmp_path / "blobs"
    folder.touch()
    with pytest.raises(StoreError) as caught:
        await Blobs(folder).put(FOX)
    assert caught.value.store is StoreCode.BROKEN
    assert str(folder) in caught.value.detail


def make_file(path: Path, at: float) -> Path:
    """Create a file that was last put at that time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    os.utime(path, (at, at))
    return path


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


async def test_a_sweep_deletes_old_unreferenced_files(blobs: Blobs, tmp_path: Path) -> None:
    """Referenced files, recent files and foreign files stay; old unreferenced files and leftovers are deleted."""
    folder = tmp_path / "blobs"
    kept = {"aa/" + "1" * 62, "aa/" + "2" * 62, "aa/.young.part", "aa/note.txt", "README", "lost+found/" + "4" * 62}
    for name, at in zip(sorted(kept), (0.0, 1000.0, 10.0, 1000.0, 0.0, 0.0), strict=True):
        make_file(folder / name, at)
    for name in ("aa/" + "1" * 62, "aa/" + "3" * 62, "bb/.old.part"):
        make_file(folder / name, 10.0)

    swept = await blobs.sweep({BlobId("aa" + "1" * 62)}, before=1000.0)

    assert swept == Swept(deleted=Files(count=2, size_bytes=0), quarantined=NONE)
    assert names(folder) == kept
    assert await blobs.sweep({BlobId("aa" + "1" * 62)}, before=1000.0) == Swept(deleted=NONE, quarantined=NONE)


async def test_a_sweep_counts_deleted_files(blobs: Blobs, tmp_path: Path) -> None:
    """A sweep returns the number and size of the files it deleted; zero if the folder does not exist."""
    assert (await blobs.measure(), (await blobs.sweep((), before=inf)).deleted) == (NONE, NONE)
    for content in (FOX, b"an owl"):
        await blobs.put(content)
    held = Files(count=2, size_bytes=len(FOX) + len(b"an owl"))
    assert await blobs.measure() == held
    assert (await blobs.sweep((), before=inf)).deleted == held
    assert names(tmp_path / "blobs") == set()


async def test_what_may_belong_to_a_lost_row_is_quarantined(blobs: Blobs, tmp_path: Path) -> None:
    """A file from before `known_since` is moved, unless it was forgotten on purpose; a later one is deleted."""
    old, young, forgotten = [await blobs.put(content) for content in (FOX, b"an owl", b"an elk")]
    for blob, at in ((old, 10.0), (forgotten, 10.0), (young, 500.0)):
        os.utime(blobs.path(blob), (at, at))

    swept = await blobs.sweep((), before=1000.0, known_since=500.0, forgotten={forgotten})

    assert (swept.deleted.count, swept.quarantined) == (2, Files(count=1, size_bytes=len(FOX)))
    assert names(tmp_path / "blobs") == {f"{QUARANTINE}/{NAME}"}
    assert (await blobs.measure(), await blobs.measure_quarantine()) == (NONE, swept.quarantined)


async def test_a_quarantined_blob_can_still_be_used(blobs: Blobs) -> None:
    """A row that comes back finds its bytes, and the next sweep puts them back; what nobody names goes after its time."""
    for content in (FOX, b"an owl"):
        make_file(blobs.path(await blobs.put(content)), 10.0)
        blobs.path(await blobs.put(content)).write_bytes(content)
        os.utime(blobs.path(await blobs.put(content)), (10.0, 10.0))
    await blobs.sweep((), before=1000.0, known_since=inf)

    assert await blobs.read(NAME) == FOX
    assert (await blobs.locate(NAME)).read_bytes() == FOX
    assert await blobs.sweep_quarantine({NAME}, before=1000.0) == NONE
    assert await blobs.sweep_quarantine({NAME}, before=inf) == Files(count=1, size_bytes=len(b"an owl"))
    assert await blobs.measure_quarantine() == NONE
    assert await blobs.locate(NAME) == blobs.path(NAME)


async def test_one_bad_file_stops_no_sweep(blobs: Blobs, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """What cannot be deleted is logged, and the files beside and behind it are swept."""
    folder = tmp_path / "blobs"
    (folder / "aa" / ("1" * 62) / "inside").mkdir(parents=True)
    os.utime(folder / "aa" / ("1" * 62), (10.0, 10.0))
    (folder / "bb").touch()
    for name in ("aa/" + "2" * 62, "cc/" + "3" * 62):
        make_file(folder / name, 10.0)

    assert (await blobs.sweep((), before=1000.0)).deleted.count == 2
    assert [record.message for record in caplog.records] == ["file skipped"] * 2


async def test_folders_are_private_whatever_the_umask(tmp_path: Path) -> None:
    """Every folder on the way has mode 0700, even if the process hides nothing by itself."""
    earlier = os.umask(0)
    try:
        await Blobs(tmp_path / "data" / "blobs").put(FOX)
    finally:
        os.umask(earlier)
    made = [path for path in (tmp_path / "data", *(tmp_path / "data").rglob("*")) if path.is_dir()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in made} == {0o700}


async def test_a_repeated_put_renews_the_age(blobs: Blobs) -> None:
    """A file that is put again is not swept, since its row may not exist yet."""
    make_file(blobs.path(await blobs.put(FOX)), 10.0)
    await blobs.put(FOX)
    await blobs.sweep((), before=1000.0)
    assert await blobs.read(NAME) == FOX


async def test_a_file_that_is_put_during_a_sweep_stays(blobs: Blobs, tmp_path: Path) -> None:
    """A file that was put again after the sweep chose it is moved back."""
    path = blobs.path(await blobs.put(FOX))
    assert remove_if_older(path, before=1000.0) is None
    assert names(tmp_path / "blobs") == {f"{NAME[:2]}/{NAME[2:]}"}


async def test_concurrent_puts_and_sweeps_lose_nothing(blobs: Blobs) -> None:
    """The bytes exist when their put has returned, in whatever order puts and sweeps run."""
    for _ in range(50):
        make_file(blobs.path(await blobs.put(FOX)), 10.0)
        await asyncio.gather(blobs.sweep((), before=1000.0), blobs.put(FOX), blobs.sweep((), before=1000.0))
        assert await blobs.read(NAME) == FOX


async def test_what_nobody_came_to_name_is_deleted(blobs: Blobs) -> None:
    """At once, with the last of those who put it."""
    for _ in range(2):
        await blobs.put_unnamed(FOX)
    await blobs.discard([NAME])
    assert await blobs.read(NAME) == FOX

    await blobs.discard([NAME])
    assert (await blobs.measure()).count == 0
    assert await blobs.put_unnamed(FOX) == NAME


@pytest.mark.parametrize("other", ["before", "between", "after"])
async def test_what_anybody_else_put_is_kept(blobs: Blobs, tmp_path: Path, other: str) -> None:
    """A row may name it, or another process may be about to write one: before, between, or after two that are given up."""
    another_process = Blobs(tmp_path / "blobs")
    for moment in ("before", "between", "after"):
        if moment == other:
            await another_process.put(FOX)
        if moment != "after":
            await blobs.put_unnamed(FOX)

    await blobs.discard([NAME, NAME])

    assert await blobs.read(NAME) == FOX


async def test_what_a_row_names_is_kept(blobs: Blobs) -> None:
    """Whoever gives it up then, or puts it again later, does not take it away."""
    await blobs.put_unnamed(FOX)
    await blobs.put_unnamed(FOX)
    blobs.keep([NAME])
    await blobs.discard([NAME])
    await blobs.put_unnamed(FOX)
    await blobs.discard([NAME])

    assert await blobs.read(NAME) == FOX


async def test_locating_several_blobs(blobs: Blobs) -> None:
    """Those without a whole file are left out; where the whole folder is not there, none is."""
    assert await blobs.locate_all([]) == {}
    with pytest.raises(StoreError) as caught:
        await blobs.locate_all([NAME])
    assert caught.value.store is StoreCode.BROKEN
    another, damaged = await blobs.put(b"another"), await blobs.put(b"damaged")
    blobs.path(damaged).write_bytes(b"other bytes")

    assert await blobs.locate_all([NAME, another, damaged]) == {another: blobs.path(another)}


class OvertakenBlobs(Blobs):
    """Another process creates the file at the moment at which this one is about to."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._another_process = Blobs(folder)

    def _write(self, path: Path, content: bytes, *, replace: bool = False) -> int | None:
        self._another_process._put(content)
        return super()._write(path, content, replace=replace)


async def test_a_file_that_another_process_created_first_is_kept(tmp_path: Path) -> None:
    """It is not replaced and not taken for one's own; nothing unfinished is left."""
    blobs = OvertakenBlobs(tmp_path / "blobs")
    await blobs.put_unnamed(FOX)
    await blobs.discard([NAME])

    assert await blobs.read(NAME) == FOX
    assert (await blobs.measure()).count == 1


async def test_bytes_are_stored_as_they_arrive(blobs: Blobs, tmp_path: Path) -> None:
    """They are on disk long before the last of them, and under their digest once they are kept."""
    chunks = [bytes([number]) * 100_000 for number in range(20)]
    async with blobs.incoming() as incoming:
        for chunk in chunks:
            await incoming.write(chunk)
        (unfinished,) = (file for file in (tmp_path / "blobs").rglob("*") if file.is_file())
        on_disk = unfinished.stat().st_size
        async with incoming.content() as read:
            blob = await incoming.keep()
        again = await incoming.keep()

    content = b"".join(chunks)
    assert on_disk >= len(content) - 400_000
    assert (read, incoming.size_bytes, again) == (content, len(content), blob)
    assert blob == await blobs.put(content)
    assert [file for file in (tmp_path / "blobs").rglob("*") if file.is_file()] == [blobs.path(blob)]


async def test_a_swept_file_is_kept_again(blobs: Blobs) -> None:
    """As long as it is arriving, its bytes are not lost."""
    async with blobs.incoming() as incoming:
        await incoming.write(FOX)
        blobs.path(await incoming.keep()).unlink()
        blob = await incoming.keep()

    assert await blobs.read(blob) == FOX


async def test_what_is_not_kept_is_deleted(blobs: Blobs, tmp_path: Path) -> None:
    """A download that fails leaves nothing."""
    async with blobs.incoming() as incoming:
        await incoming.write(FOX)

    assert [file for file in (tmp_path / "blobs").rglob("*") if file.is_file()] == []


async def test_a_write_that_failed_is_repeated(blobs: Blobs) -> None:
    """A disk that was full for a while changes no byte."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    async with blobs.incoming() as incoming:
        await incoming.write(b"x" * 100_000)
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))
        try:
            with pytest.raises(StoreError):
                await incoming.keep()
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        blob = await incoming.keep()

    assert await blobs.read(blob) == b"x" * 100_000


async def test_few_arriving_files_are_in_memory_at_once(blobs: Blobs) -> None:
    """The next one waits until one of them has been looked at."""
    reading, looked_at, last = asyncio.Barrier(MOST_IN_MEMORY + 1), asyncio.Event(), asyncio.Event()

    async def read() -> None:
        async with blobs.incoming() as incoming:
            await incoming.write(FOX)
            async with incoming.content():
                await reading.wait()
                await looked_at.wait()

    async def read_last() -> None:
        async with blobs.incoming() as incoming:
            await incoming.write(FOX)
            async with incoming.content():
                last.set()

    others = [asyncio.create_task(read()) for _ in range(MOST_IN_MEMORY)]
    await reading.wait()
    waiting = asyncio.create_task(read_last())
    for _ in range(50):
        await asyncio.to_thread(int)
    too_early = last.is_set()
    looked_at.set()
    await asyncio.gather(*others, waiting)

    assert (too_early, last.is_set()) == (False, True)
