"""The gateway session that a process leaves to the next one: Discord then tells that one what was said in between."""

import asyncio
import hashlib
import json
import logging
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from adapters.discord.settings import NAME
from bot.clock import Clock
from bot.file_lock import try_lock

T = TypeVar("T")

logger = logging.getLogger(__name__)

FILE = "discord-session.json"
LIFE_SECONDS = 180.0
"""The age up to which a session is worth a try. Discord keeps one for "a short time" and says itself when that is over."""
TOUCH_SECONDS = 30.0
"""How often it is written even if nothing happens in it, so that its age tells when its process ended."""
MOST_BYTES = 4096
HOST = re.compile(r"[a-z0-9.-]+\.discord\.gg")
"""The token is sent there: a file is not believed to name any other."""


@dataclass(frozen=True, kw_only=True)
class Session:
    """`host` is where Discord wants it resumed, `sequence` the last of its events that was heard."""

    id: str
    host: str
    sequence: int


def session_key(token: str, intents: int) -> str:
    """Whose session it is and what it hears of: resumed, it keeps the intents that it was opened with."""
    return hashlib.sha256(f"{token}:{intents}".encode()).hexdigest()


def encode(session: Session, *, key: str, at: float) -> bytes:
    """One line, in which nothing secret stands: a session is of no use without the token."""
    fields = {"session": session.id, "host": session.host, "sequence": session.sequence, "key": key, "at": at}
    return json.dumps(fields).encode() + b"\n"


def decode(content: bytes, *, key: str, now: float) -> Session | None:
    """None where there is nothing to go on with: no session, a damaged one, another bot's, or one that is too old."""
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
    """One living process owns it. Whatever fails here costs the session, never the bot."""

    def __init__(self, path: Path, key: str, clock: Clock) -> None:
        self._path = path
        self._key = key
        self._clock = clock
        self._descriptor: int | None = None
        self._kept: tuple[Session, float] | None = None
        self._broken = False

    async def take(self) -> Session | None:
        """Own it, if nobody does: the session that its last owner left, where that can be gone on with."""
        content = await self._apart(self._read, b"")
        return decode(content, key=self._key, now=self._clock.now())

    async def keep(self, session: Session) -> None:
        """Write where the session stands, if that is news. What another process owned is ours once it is gone."""
        now = self._clock.now()
        if self._kept is not None and self._kept[0] == session and now - self._kept[1] < TOUCH_SECONDS:
            return
        if await self._apart(lambda: self._write(session, now), otherwise=False):
            self._kept = (session, now)

    async def leave(self, session: Session | None) -> bool:
        """Give it up, with where the session stands, if that is known. False if it was not ours: nobody will go on."""
        if self._descriptor is None:
            return False
        if session is not None:
            now = self._clock.now()
            await self._apart(lambda: self._write(session, now), otherwise=False)
        os.close(self._descriptor)
        self._descriptor = None
        return True

    async def _apart(self, work: Callable[[], T], otherwise: T) -> T:
        """In a thread. Whoever is cancelled meanwhile waits for its end, so that no two of them meet."""
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
        descriptor = self._own()
        return b"" if descriptor is None else os.pread(descriptor, MOST_BYTES, 0)

    def _write(self, session: Session, now: float) -> bool:
        """In place, by one call: a process that is killed leaves either line, and the lock stays on the file that is read.

        What a longer line leaves behind the new one is not read.
        """
        descriptor = self._own()
        if descriptor is None:
            return False
        os.pwrite(descriptor, encode(session, key=self._key, at=now), 0)
        return True

    def _own(self) -> int | None:
        if self._descriptor is None:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
            ours = False
            try:
                ours = try_lock(descriptor)
            finally:
                if not ours:
                    os.close(descriptor)
            self._descriptor = descriptor if ours else None
        return self._descriptor
