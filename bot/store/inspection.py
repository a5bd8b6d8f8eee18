"""A look at a database without changing it: for whoever asks before the program starts, or while it runs."""

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from bot.errors import StoreCode, StoreError
from bot.store.connection import translated
from bot.store.migrations import load_migrations

WRITE_AHEAD_SUFFIX = "-wal"


@dataclass(frozen=True, kw_only=True)
class Shape:
    """`version`: steps the database has taken. `known`: steps this program knows."""

    version: int
    known: int


async def inspect(path: Path) -> Shape | None:
    """The shape of the database; None where there is none. Raises StoreError."""
    try:
        return await asyncio.to_thread(_inspect, path)
    except OSError as error:
        raise StoreError(StoreCode.BROKEN, detail=f"{path}: {error.strerror}") from error


def _inspect(path: Path) -> Shape | None:
    with translated():
        if not path.exists():
            return None
        # Without a log beside it all is in the file itself; opened as unchanging, it leaves no side files of ours behind.
        logged = path.with_name(path.name + WRITE_AHEAD_SUFFIX).exists()
        address = f"{path.absolute().as_uri()}?{'mode=ro' if logged else 'immutable=1'}"
        with closing(sqlite3.connect(address, uri=True)) as connection:
            version = int(connection.execute("PRAGMA user_version").fetchone()[0])
            # The first of these reads only the head of the file; this one needs a database that can be read.
            connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    return Shape(version=version, known=len(load_migrations()))
