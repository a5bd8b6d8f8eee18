"""A file on its way into the blobs: on disk from the first bytes, and hashed as they arrive."""

import hashlib
import os
import shutil
import tempfile
from pathlib import Path
from threading import Lock
from typing import IO

from bot.files import make_folder

WRITE_BYTES = 256 * 1024
"""What is in memory of a file that arrives."""


class IncomingFile:
    """An unfinished file in a folder. Raises OSError. A thread whose caller was cancelled may still be at work during `delete`."""

    def __init__(self, folder: Path, *, suffix: str) -> None:
        self._folder = folder
        self._suffix = suffix
        self._lock = Lock()
        self._file: IO[bytes] | None = None
        self._path = folder
        self._deleted = False
        self._digest = hashlib.sha256()
        self._pieces: list[bytes] = []
        self._pieces_size = 0
        self._written = 0
        self.size_bytes = 0

    def take(self, chunk: bytes) -> bool:
        """Append bytes; True once there are enough for a `flush`."""
        self._pieces.append(chunk)
        self._pieces_size += len(chunk)
        self.size_bytes += len(chunk)
        return self._pieces_size >= WRITE_BYTES

    def flush(self) -> None:
        """Write what is still in memory. May be repeated after an error."""
        with self._lock:
            self._flush(self._opened())

    def read(self) -> bytes:
        self.flush()
        return self._path.read_bytes()

    def sync(self) -> str:
        """Make the content durable; returns its digest."""
        with self._lock:
            file = self._opened()
            self._flush(file)
            os.fsync(file.fileno())
            return self._digest.hexdigest()

    def link(self, path: Path) -> None:
        """Give the file another name; on a file system without links, give that to a copy."""
        try:
            path.hardlink_to(self._path)
        except FileExistsError:
            return
        except OSError:
            copy = path.with_name(self._path.name)
            try:
                shutil.copyfile(self._path, copy)
                copy.replace(path)
            finally:
                copy.unlink(missing_ok=True)

    def delete(self) -> None:
        with self._lock:
            self._deleted = True
            if self._file is not None:
                self._file.close()
                self._path.unlink(missing_ok=True)

    def _opened(self) -> IO[bytes]:
        if self._deleted:
            raise FileNotFoundError("the file was deleted")
        if self._file is None:
            make_folder(self._folder)
            # Only its owner can read it.
            descriptor, name = tempfile.mkstemp(prefix=".", suffix=self._suffix, dir=self._folder)
            self._path = Path(name)
            self._file = os.fdopen(descriptor, "wb", buffering=0)
        return self._file

    def _flush(self, file: IO[bytes]) -> None:
        while self._pieces:
            left = memoryview(self._pieces[0])
            file.seek(self._written)
            while left:
                left = left[file.write(left) :]
            piece = self._pieces.pop(0)
            self._digest.update(piece)
            self._written += len(piece)
        self._pieces_size = 0
