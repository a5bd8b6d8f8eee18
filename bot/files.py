"""Files and folders for this program alone, whatever its umask: created, made durable, and locked."""

import asyncio
import contextlib
import os
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

POLL_S = 0.01


def make_folder(path: Path) -> None:
    """Create a folder and its missing parents, each for its owner alone: `mkdir(parents=True)` gives the mode only to the last."""
    for folder in (*reversed(path.parents), path):
        if not folder.exists():
            folder.mkdir(mode=0o700, exist_ok=True)


def sync_folder(folder: Path) -> None:
    """Make a rename in this folder durable. Windows cannot open folders and does not need it."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_unfinished(folder: Path, content: bytes, *, prefix: str = ".", suffix: str = "", durable: bool = True) -> Path:
    """A new file with a name of its own, synced if `durable`, for the caller to rename or to link; it is gone if this fails."""
    descriptor, name = tempfile.mkstemp(prefix=prefix, suffix=suffix, dir=folder)
    unfinished = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            if durable:
                file.flush()
                os.fsync(file.fileno())
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    return unfinished


@asynccontextmanager
async def alone_in(folder: Path) -> AsyncIterator[None]:
    """Keep other processes out of the same block for a folder that exists; waits for them. Without locks it keeps out nobody."""
    if sys.platform == "win32":
        yield
        return
    descriptor = await asyncio.to_thread(os.open, folder, os.O_RDONLY)
    try:
        # A file system may have no locks.
        with contextlib.suppress(OSError):
            while not try_lock(descriptor):  # noqa: ASYNC110  # another process holds it
                await asyncio.sleep(POLL_S)
        yield
    finally:
        os.close(descriptor)


if sys.platform == "win32":

    def try_lock(descriptor: int) -> bool:
        """Always False: Windows has no such lock."""
        return descriptor < 0

else:
    import fcntl

    def try_lock(descriptor: int) -> bool:
        """Lock the file, until the process ends. False if another process holds it. Raises OSError if the file system has no locks."""
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        return False
