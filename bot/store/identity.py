"""Whether a database is the one that its data folder was last used with: a lost one, or an older copy, is no fresh start."""

import asyncio
import json
from dataclasses import asdict
from pathlib import Path

from bot.files import write_unfinished
from bot.store.blobs import Blobs
from bot.store.disk_errors import disk_error
from bot.store.sqlite.database.connection import Database
from bot.store.sqlite.database.statements import Statements
from bot.values import dataclass

FILE = "data-folder.json"
WRITE_AHEAD_SUFFIX = "-wal"


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Of a database. `starts`: how often a process has opened it."""

    id: str
    starts: int

    def precedes(self, known: "Identity") -> bool:
        """Whether this database is another one than the one that is known, or a copy from before its last start."""
        return self.id != known.id or self.starts < known.starts


async def was_used(path: Path, blobs: Blobs) -> bool:
    """Whether something of an earlier database is beside this path: its log, its identity or its blobs. Raises StoreError."""
    beside = (path.with_name(path.name + WRITE_AHEAD_SUFFIX), path.with_name(FILE))
    return any(_has_content(file) for file in beside) or not await blobs.is_empty()


async def adopt(folder: Path, database: Database, statements: Statements) -> bool:
    """Count a start, in the database and then in the folder. False if the folder was last used with a later state of it.

    The folder is written last: it never knows more than the database that it was used with. Raises StoreError.
    """
    known = await asyncio.to_thread(_read, folder)
    (row,) = await database.write(statements.count_start, {"known": known.starts if known is not None else 0})
    before = Identity(id=row["id"], starts=row["before"])
    await asyncio.to_thread(_write, folder, Identity(id=row["id"], starts=row["starts"]))
    return known is None or not before.precedes(known)


def _has_content(path: Path) -> bool:
    try:
        return path.stat().st_size > 0
    except OSError:
        return False


def _read(folder: Path) -> Identity | None:
    """None if there is none, or one that cannot be read."""
    try:
        match json.loads(folder.joinpath(FILE).read_bytes()):
            case {"id": str(known), "starts": int(starts)}:
                return Identity(id=known, starts=starts)
    except (OSError, ValueError):
        pass
    return None


def _write(folder: Path, identity: Identity) -> None:
    try:
        # Not synced: what a power cut leaves of it is at worst an earlier identity or none, and both adopt the database.
        write_unfinished(folder, json.dumps(asdict(identity)).encode() + b"\n", durable=False).replace(folder / FILE)
    except OSError as error:
        raise disk_error(error) from error
