"""The gateway session that a process leaves to the next one, so that Discord replays to it the events in between."""

import asyncio
import hashlib
import json
import logging
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from adapters.discord.settings import NAME
from bot.clock import Clock
from bot.files import make_folder, try_lock
from bot.values import dataclass

T = TypeVar("T")

logger = logging.getLogger(__name__)

FILE = "discord-session.json"
LIFE_SECONDS = 180.0
"""The age up to which resuming a session is tried. Discord keeps one for "a short time", and says so when that is over."""
TOUCH_SECONDS = 30.0
"""How often it is written without events, so that its age shows when its process ended."""
FIRST_SEQUENCE = 1
"""The number of a session's first event, which opens it."""
REPLAYED = "replayed"
"""Among an interaction's extras: it comes from a resumed session, perhaps for the second time."""
MOST_BYTES = 4096
HOST = re.compile(r"[a-z0-9.-]+\.discord\.gg")
"""The token is sent there: no other host that a file names is trusted."""


@dataclass(frozen=True, kw_only=True)
class Session:
    """`host` is where Discord wants it resumed, `sequence` the last of its events that was handled."""

    id: str
    host: str
    sequence: int


def session_key(token: str, intents: int) -> str:
    """Which bot and intents it belongs to: a resumed session keeps the intents that it was opened with."""
    return hashlib.sha256(f"{token}:{intents}".encode()).hexdigest()


def encode(session: Session, *, key: str, at: float) -> bytes:
    """One line without any secret: a session is of no use without the token."""
    fields = {"session": session.id, "host": session.host, "sequence": session.sequence, "key": key, "at": at}
    return json.dumps(fields).encode() + b"\n"


def decode(content: bytes, *, key: str, now: float) -> Session | None:
    """None if there is nothing to resume: the session is missing, damaged, too old or from another bot."""
    try:
        match json.loads(content.partition(b"\n")[0]):
            case {
                "session": str(known),
                "host": str(host),
                "sequence": int(sequence),
                "key": str(whose),
                "at": int() | float() as at,
            }:
                usable = whose == key and abs(now - at) < LIFE_SECONDS and HOST.fullmatch(host)
                return Session(id=known, host=host, sequence=sequence) if usable else None
            case _:
                return None
    except ValueError:
        return None


class SessionFile:
    """Owned by one living process at a time. A failure here costs the session, never the bot."""

    def __init__(self, path: Path, key: str, clock: Clock) -> None:
        self._path = path
        self._key = key
        self._clock = clock
        self._descriptor: int | None = None
        self._saved: tuple[Session, float] | None = None
        """When, by the monotonic clock."""
        self._writing = asyncio.Lock()
        self._broken = False

    async def acquire(self) -> Session | None:
        """Own the file if no other process does; the session that its last owner left, if that can be resumed."""
        content = await self._in_thread(self._read, b"")
        return decode(content, key=self._key, now=self._clock.now())

    async def save(self, session: Session) -> None:
        """Write the session if it has changed. Takes over the file if the process that owned it has ended."""
        async with self._writing:
            now, since = self._clock.now(), self._clock.monotonic()
            if self._saved is not None and self._saved[0] == session and since - self._saved[1] < TOUCH_SECONDS:
                return
            if await self._in_thread(lambda: self._write(session, now), otherwise=False):
                self._saved = (session, since)

    async def release(self, session: Session | None) -> bool:
        """Write the session, if known, and release the file. False if this process does not own the file: then no process resumes it."""
        if self._descriptor is None:
            return False
        if session is not None:
            now = self._clock.now()
            await self._in_thread(lambda: self._write(session, now), otherwise=False)
        os.close(self._descriptor)
        self._descriptor = None
        return True

    async def _in_thread(self, work: Callable[[], T], otherwise: T) -> T:
        """A cancelled caller still waits for the end, so that no two writes run at the same time."""
        working = asyncio.create_task(asyncio.to_thread(self._attempt, work, otherwise))
        try:
            return await asyncio.shield(working)
        finally:
            await asyncio.wait({working})

    def _attempt(self, work: Callable[[], T], otherwise: T) -> T:
        if self._broken:
            return otherwise
        try:
            return work()
        except OSError as error:
            self._broken = True
            logger.warning("session not kept", extra={"platform": NAME, "detail": str(error)})
            return otherwise

    def _read(self) -> bytes:
        descriptor = self._lock()
        return b"" if descriptor is None else os.pread(descriptor, MOST_BYTES, 0)

    def _write(self, session: Session, now: float) -> bool:
        """In place, by one call: a process that is killed leaves the old line or the new one, and the lock stays on the file.

        What remains of a longer line behind the new one is not read.
        """
        descriptor = self._lock()
        if descriptor is None:
            return False
        os.pwrite(descriptor, encode(session, key=self._key, at=now), 0)
        return True

    def _lock(self) -> int | None:
        if self._descriptor is None:
            # On the very first start this may come before the store creates its folder.
            make_folder(self._path.parent)
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
            ours = False
            try:
                ours = try_lock(descriptor)
            finally:
                if not ours:
                    os.close(descriptor)
            self._descriptor = descriptor if ours else None
        return self._descriptor
