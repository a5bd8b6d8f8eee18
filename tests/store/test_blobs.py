"""Bytes on disk: named by what they are, whole or absent, durable."""

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
from bot.store.blobs import Blobs, Files, _delete_if_older, disk_error

FOX = b"a red fox in snow"
NAME = BlobId(hashlib.sha256(FOX).hexdigest())


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return Blobs(tmp_path / "blobs")


async def test_bytes_come_back(blobs: Blobs) -> None:
    """The id is the digest, and reading gives the same bytes."""
    assert await blobs.put(FOX) == NAME
    assert await blobs.read(NAME) == FOX


async def test_the_path_is_spread_by_the_digest(blobs: Blobs, tmp_path: Path) -> None:
    """Two characters a folder, the rest the file."""
    await blobs.put(FOX)
    assert blobs.path(NAME) == tmp_path / "blobs" / NAME[:2] / NAME[2:]
    assert blobs.path(NAME).read_bytes() == FOX


async def test_the_same_bytes_are_kept_once(blobs: Blobs, tmp_path: Path) -> None:
    """Many may put the same picture at the same moment; one file and no leftover stands."""
    assert set(await asyncio.gather(*(blobs.put(FOX) for _ in range(10)))) == {NAME}
    assert [file for file in (tmp_path / "blobs").rglob("*") if file.is_file()] == [blobs.path(NAME)]


async def test_what_leads_to_a_file_is_synced_with_it(tmp_path: Path) -> None:
    """The file's own folder every time; the one above it until this process has synced that entry, whoever made it."""
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


async def test_files_are_their_owners_alone(blobs: Blobs) -> None:
    """Pictures are private: 0600 in folders of 0700."""
    path = blobs.path(await blobs.put(FOX))
    assert (stat.S_IMODE(path.stat().st_mode), stat.S_IMODE(path.parent.stat().st_mode)) == (0o600, 0o700)


@pytest.mark.parametrize("blob", ["", "../../etc/passwd", "AB" * 32, "ab" * 31, "ab" * 32 + "\n", "/" + "a" * 63])
def test_only_a_digest_has_a_path(blobs: Blobs, blob: str) -> None:
    """Nothing that came from outside leads out of the folder."""
    with pytest.raises(ValueError, match="not a blob id"):
        blobs.path(BlobId(blob))


async def test_a_blob_that_is_gone_is_broken(blobs: Blobs) -> None:
    """Missing bytes are the store's fault, with the path in the detail."""
    with pytest.raises(StoreError) as caught:
        await blobs.read(NAME)
    assert caught.value.store is StoreCode.BROKEN
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
def test_errors_of_the_disk_are_ours(number: int, expected: StoreCode) -> None:
    """No room, by space or by quota, is full; the rest is broken."""
    assert disk_error(OSError(number, "said the disk", "somewhere")).store is expected


async def test_a_write_that_fails_leaves_nothing(blobs: Blobs, tmp_path: Path) -> None:
    """The system takes half of the bytes and no more: the error is ours and no part of the picture stays."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))
    try:
        with pytest.raises(StoreError) as caught:
            await blobs.put(b"x" * 100_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert caught.value.store is StoreCode.BROKEN
    assert [file for file in (tmp_path / "blobs").rglob("*") if file.is_file()] == []


async def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    """The operator reads which path was the trouble."""
    folder = tmp_path / "blobs"
    folder.touch()
    with pytest.raises(StoreError) as caught:
        await Blobs(folder).put(FOX)
    assert caught.value.store is StoreCode.BROKEN
    assert str(folder) in caught.value.detail


def aged(path: Path, at: float) -> Path:
    """A file that was last put at that time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    os.utime(path, (at, at))
    return path


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


async def test_a_sweep_takes_what_is_old_and_nobodys(blobs: Blobs, tmp_path: Path) -> None:
    """A named file stays however old, a young one stays unnamed; leftovers go, and what is not ours is not looked at."""
    folder = tmp_path / "blobs"
    kept = {"aa/" + "1" * 62, "aa/" + "2" * 62, "aa/.young.part", "aa/note.txt", "README", "lost+found/" + "4" * 62}
    for name, at in zip(sorted(kept), (0.0, 1000.0, 10.0, 1000.0, 0.0, 0.0), strict=True):
        aged(folder / name, at)
    for name in ("aa/" + "1" * 62, "aa/" + "3" * 62, "bb/.old.part"):
        aged(folder / name, 10.0)

    swept = await blobs.sweep({BlobId("aa" + "1" * 62)}, before=1000.0)

    assert swept == Files(count=2, size_bytes=0)
    assert names(folder) == kept
    assert await blobs.sweep({BlobId("aa" + "1" * 62)}, before=1000.0) == Files(count=0, size_bytes=0)


async def test_a_sweep_counts_what_went(blobs: Blobs, tmp_path: Path) -> None:
    """Files and bytes, as the measuring before it has them; where there is no folder yet there is nothing."""
    assert (await blobs.measure(), await blobs.sweep((), before=inf)) == (Files(count=0, size_bytes=0),) * 2
    for content in (FOX, b"an owl"):
        await blobs.put(content)
    held = Files(count=2, size_bytes=len(FOX) + len(b"an owl"))
    assert await blobs.measure() == held
    assert await blobs.sweep((), before=inf) == held
    assert names(tmp_path / "blobs") == set()


async def test_bytes_that_are_put_again_are_young_again(blobs: Blobs) -> None:
    """Whoever puts them has not named them yet."""
    aged(blobs.path(await blobs.put(FOX)), 10.0)
    await blobs.put(FOX)
    await blobs.sweep((), before=1000.0)
    assert await blobs.read(NAME) == FOX


async def test_bytes_that_are_put_again_in_the_last_moment_stay(blobs: Blobs, tmp_path: Path) -> None:
    """The sweep had found the file old, and finds it young when it has it in its hands."""
    path = blobs.path(await blobs.put(FOX))
    assert _delete_if_older(path, before=1000.0) is None
    assert names(tmp_path / "blobs") == {f"{NAME[:2]}/{NAME[2:]}"}


async def test_putting_and_sweeping_at_once_loses_nothing(blobs: Blobs) -> None:
    """Whatever the order, the bytes stand when their put has returned."""
    for _ in range(50):
        aged(blobs.path(await blobs.put(FOX)), 10.0)
        await asyncio.gather(blobs.sweep((), before=1000.0), blobs.put(FOX), blobs.sweep((), before=1000.0))
        assert await blobs.read(NAME) == FOX
