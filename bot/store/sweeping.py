"""Deletes blobs that no row names, or puts them into quarantine; one bad file stops no other. Runs in a thread."""

import os
import re
from collections.abc import Callable, Container
from contextlib import suppress
from pathlib import Path

from bot.files import make_folder
from bot.ids import BlobId
from bot.store.disk_errors import disk_errors, log_skipped
from bot.values import dataclass

UNFINISHED = ".part"
NAME = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, kw_only=True)
class Files:
    count: int
    size_bytes: int


@dataclass(frozen=True, kw_only=True)
class Swept:
    deleted: Files
    quarantined: Files


def files(sizes: list[int]) -> Files:
    return Files(count=len(sizes), size_bytes=sum(sizes))


def measure_folders(folders: list[Path]) -> Files:
    """Raises StoreError."""
    sizes: list[int] = []
    with disk_errors():
        for folder in folders:
            # The bot may delete files or folders in the meantime.
            with suppress(FileNotFoundError):
                for entry in os.scandir(folder):
                    with suppress(FileNotFoundError):
                        sizes.append(entry.stat().st_size)
    return files(sizes)


def sweep_folder(
    folder: Path,
    quarantine: Path,
    referenced: Container[BlobId],
    *,
    before: float,
    may_delete: Callable[[BlobId, float], bool],
) -> list[tuple[int, bool]]:
    """Sweep one subfolder; returns the size of each file, and whether it was deleted."""
    swept = []
    for path in _entries(folder):
        blob = _blob_id(path)
        if not _is_leftover(path) and (NAME.fullmatch(blob) is None or blob in referenced):
            continue
        try:
            put_at = path.stat().st_mtime
            if put_at >= before:
                continue
            goes = _is_leftover(path) or may_delete(blob, put_at)
            size = remove_if_older(path, before, to=None if goes else _place_in(quarantine, blob))
        except FileNotFoundError:
            # Another process may sweep the same folder, or complete the file.
            continue
        except OSError as error:
            log_skipped(error)
            continue
        if size is not None:
            swept.append((size, goes))
    return swept


def sweep_quarantine(
    quarantine: Path, referenced: Container[BlobId], *, before: float, path_of: Callable[[BlobId], Path]
) -> Files:
    """Put back what a row names after all, and delete what has been there since before `before`."""
    sizes = []
    for path in _entries(quarantine):
        if NAME.fullmatch(path.name) is None:
            continue
        try:
            status = path.stat()
            if path.name in referenced:
                path.replace(path_of(BlobId(path.name)))
            elif status.st_mtime < before:
                path.unlink()
                sizes.append(status.st_size)
        except OSError as error:
            log_skipped(error)
    return files(sizes)


def remove_if_older(path: Path, before: float, *, to: Path | None = None) -> int | None:
    """Delete a file last put before `before`, or move it `to` another place with the present as its age; returns its size.

    None if the file was put again in the meantime and stays. The file is renamed first, and its age is checked again under the
    new name. A concurrent put, in any process, either renewed the age before the rename, or finds no file and writes a new one:
    the bytes exist when it returns.
    """
    aside = path if _is_leftover(path) else path.with_name(f".{path.name}{UNFINISHED}")
    path.rename(aside)
    status = aside.stat()
    if status.st_mtime >= before:
        aside.replace(path)
        return None
    if to is None:
        aside.unlink()
    else:
        os.utime(aside)
        aside.replace(to)
    return status.st_size


def _place_in(quarantine: Path, blob: BlobId) -> Path:
    make_folder(quarantine)
    return quarantine / blob


def _entries(folder: Path) -> list[Path]:
    """Empty for a folder that is not there or cannot be read, which stops no other."""
    try:
        return list(folder.iterdir())
    except FileNotFoundError:
        return []
    except OSError as error:
        log_skipped(error)
        return []


def _blob_id(path: Path) -> BlobId:
    return BlobId(path.parent.name + path.name)


def _is_leftover(path: Path) -> bool:
    return path.name.startswith(".") and path.name.endswith(UNFINISHED)
