"""Bodies of answers while they arrive: in memory while they are small, else in unnamed files, of which one is read at a time."""

import asyncio
import logging
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO

logger = logging.getLogger(__name__)

IN_MEMORY_BYTES = 1_000_000
"""What a body may take in memory while it arrives, and what is parsed at once on the event loop."""
WRITE_BYTES = 256 * 1024


class Spools:
    """Makes spools. `folder` None: the system's folder for temporary files, which may be in memory itself.

    Large bodies are read one at a time, because parsing one takes several times its size: that bounds the memory of all.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder
        self.turn = asyncio.Lock()

    def open(self) -> "Spool":
        return Spool(self)


class Spool:
    """Bytes in the order of their arrival. Close it to delete its file, which nobody else can open."""

    def __init__(self, spools: Spools) -> None:
        self._spools = spools
        self._pieces: list[bytes] = []
        self._pieces_size = 0
        self._file: IO[bytes] | None = None
        self._no_disk = False
        self.size = 0
        self.head = b""
        """The first bytes, at most those of the first write."""

    @property
    def is_large(self) -> bool:
        return self.size > IN_MEMORY_BYTES

    async def write(self, chunk: bytes) -> None:
        self.head = self.head or chunk
        self._pieces.append(chunk)
        self._pieces_size += len(chunk)
        self.size += len(chunk)
        if not self._no_disk and self._pieces_size > (IN_MEMORY_BYTES if self._file is None else WRITE_BYTES):
            await asyncio.to_thread(self._spill)

    @asynccontextmanager
    async def content(self) -> AsyncIterator[bytes]:
        """All bytes. Those of a large body are to be forgotten at the end: the next one waits for that."""
        if not self.is_large:
            yield b"".join(self._pieces)
            return
        async with self._spools.turn:
            yield await asyncio.to_thread(self._join)

    def close(self) -> None:
        self._pieces.clear()
        if self._file is not None:
            self._file.close()

    def _spill(self) -> None:
        """Move what is in memory to the file. On a disk that takes no more, everything stays in memory: it may be paid for."""
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile(dir=self._spools.folder)  # noqa: SIM115  # closed by `close`
            start = self._file.tell()
            try:
                self._file.writelines(self._pieces)
                self._file.flush()
            except OSError:
                self._file.seek(start)
                raise
        except OSError as error:
            logger.warning("answer kept in memory", extra={"detail": error.strerror})
            self._no_disk = True
            return
        self._pieces.clear()
        self._pieces_size = 0

    def _join(self) -> bytes:
        """What is in the file, and what is not yet."""
        if self._file is None:
            return b"".join(self._pieces)
        written = self.size - self._pieces_size
        self._file.seek(0)
        return b"".join((self._file.read(written), *self._pieces))
