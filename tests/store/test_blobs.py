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
from bot.store.blobs import MOST_IN_MEMORY, Blobs, Files, _delete_if_older, disk_error

FOX = b"a red fox in snow"
NAME = BlobId(hashlib.sha256(FOX).hexdigest())


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


async def test_reading_a_missing_blob_names_its_path(blobs: Blobs) -> None:
    """The error of a missing blob names its path; where the whole folder is missing, the blob may come back with it."""
    with pytest.raises(StoreError) as caught:
        await blobs.read(NAME)
    assert caught.value.store is StoreCode.BROKEN
    await blobs.put(b"another")
    with pytest.raises(StoreError) as caught:
        await blobs.read(NAME)
    assert caught.value.store is StoreCode.MISSING
    assert str(blobs.path(NAME)) in caught.value.detail


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (errno.ENOSPC, StoreCode.FULL),
        (errno.EDQUOT, StoreCode.FULL),
        (errno.EIO, StoreCode.BROKEN),
        (errno.EACCES, StoreCode.BROKEN),
    ],
)
def test_disk_errors_become_store_errors(number: int, expected: StoreCode) -> None:
    """A full disk and a used-up disk quota are FULL, any other error is BROKEN."""
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
    assert caught.value.store is StoreCode.BROKEN
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

    assert swept == Files(count=2, size_bytes=0)
    assert names(folder) == kept
    assert await blobs.sweep({BlobId("aa" + "1" * 62)}, before=1000.0) == Files(count=0, size_bytes=0)


async def test_a_sweep_counts_deleted_files(blobs: Blobs, tmp_path: Path) -> None:
    """A sweep returns the number and size of the files it deleted; zero if the folder does not exist."""
    assert (await blobs.measure(), await blobs.sweep((), before=inf)) == (Files(count=0, size_bytes=0),) * 2
    for content in (FOX, b"an owl"):
        await blobs.put(content)
    held = Files(count=2, size_bytes=len(FOX) + len(b"an owl"))
    assert await blobs.measure() == held
    assert await blobs.sweep((), before=inf) == held
    assert names(tmp_path / "blobs") == set()


async def test_a_repeated_put_renews_the_age(blobs: Blobs) -> None:
    """A file that is put again is not swept, since its row may not exist yet."""
    make_file(blobs.path(await blobs.put(FOX)), 10.0)
    await blobs.put(FOX)
    await blobs.sweep((), before=1000.0)
    assert await blobs.read(NAME) == FOX


async def test_a_file_that_is_put_during_a_sweep_stays(blobs: Blobs, tmp_path: Path) -> None:
    """A file that was put again after the sweep chose it is moved back."""
    path = blobs.path(await blobs.put(FOX))
    assert _delete_if_older(path, before=1000.0) is None
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


async def test_missing_blobs(blobs: Blobs, tmp_path: Path) -> None:
    """Those without a file are named; where the whole folder is not there, none is missing."""
    assert await blobs.missing([]) == frozenset()
    with pytest.raises(StoreError) as caught:
        await blobs.missing([NAME])
    assert caught.value.store is StoreCode.BROKEN
    another = await blobs.put(b"another")

    assert await blobs.missing([NAME, another]) == {NAME}


class OvertakenBlobs(Blobs):
    """Another process creates the file at the moment at which this one is about to."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._another_process = Blobs(folder)

    def _write(self, path: Path, content: bytes) -> int | None:
        self._another_process._put(content)
        return super()._write(path, content)


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
