"""Whether anything can be written now: one page of the database and one file beside it."""

import asyncio
import os
import tempfile
from pathlib import Path

from bot.store.disk_errors import disk_error
from bot.store.sqlite.database.connection import Database
from bot.store.sqlite.database.statements import Statements

FILE_BYTES = bytes(64 * 1024)
"""SQLite writes over the space of its earlier log, so on a full disk only a file tells that there is no room for pictures."""


class WriteProbe:
    def __init__(self, database: Database, statements: Statements, folder: Path) -> None:
        self._database = database
        self._statements = statements
        self._folder = folder

    async def check(self) -> None:
        """Write both durably, and leave nothing behind. Raises StoreError."""
        await self._database.write(self._statements.probe_write, {})
        await asyncio.to_thread(self._write_file)

    def _write_file(self) -> None:
        try:
            with tempfile.TemporaryFile(dir=self._folder) as file:
                file.write(FILE_BYTES)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise disk_error(error) from error
