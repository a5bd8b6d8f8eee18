"""What the bot stands on: its folder, its database, the clock, and the address at which it listens and is reached."""

import asyncio
import errno
import json
import os
import secrets
import shutil
import ssl
import tempfile
from collections.abc import Sequence
from pathlib import Path

from adapters.checkup.finding import Finding, FindingCode, fault, fine, warning
from adapters.shared.http_client import CONNECTION_FAILURES, Answer, Session, open_session
from bot.config.settings import Listen, RetentionSettings, Settings
from bot.errors import ConfigurationError, StoreError
from bot.store import BLOBS, DATABASE
from bot.store.blobs import Blobs, Files
from bot.store.maintenance.inspection import audit, inspect
from bot.web.contract import WebAnswer, WebRequest
from bot.web.health import ROUTE as HEALTH
from bot.web.server import WebServer
from bot.web.signing import ROUTE as REFERENCES

CALL_SECONDS = 10.0
KNOCK_SECONDS = 2.0
MIB = 1024 * 1024
GB = 10**9
LEAST_FREE = 200 * MIB
"""A set of fifteen pictures at 4K, and the database's own writing."""
PLENTY_FREE = 1024 * MIB
CLOCK_OFF_S = 30.0
CLOCK_WRONG_S = 300.0
"""Slack's signatures and everything else that is signed with a time are refused beyond this."""
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # what a server binds to, and where it is then reached
PROBE_BYTES = b"\0" * 4096


async def check_data(data_dir: Path, retention: RetentionSettings) -> list[Finding]:
    """The folder, what it holds, the database in it, and its books."""
    return [
        await check_folder(data_dir),
        *await check_pictures(data_dir, retention),
        await check_database(data_dir),
        *await check_books(data_dir),
    ]


async def check_folder(data_dir: Path) -> Finding:
    return await asyncio.to_thread(_folder_finding, data_dir)


def _folder_finding(data_dir: Path) -> Finding:
    """A file is written where the folder is, or will be, and is gone again; the folder itself is left for `run` to make."""
    try:
        place = _place_of(data_dir)
        with tempfile.TemporaryFile(dir=place) as probe:
            probe.write(PROBE_BYTES)
            probe.flush()
            os.fsync(probe.fileno())
        free = shutil.disk_usage(place).free
    except OSError as error:
        if error.errno == errno.ENOSPC:
            return fault(FindingCode.DATA_DIR_FULL, folder=str(data_dir), free=0)
        detail = error.strerror or type(error).__name__
        return fault(FindingCode.DATA_DIR_NOT_WRITABLE, folder=str(data_dir), detail=detail)
    return space_finding(data_dir, free)


def _place_of(data_dir: Path) -> Path:
    """The folder, or the one in which it will be made."""
    return next(folder for folder in (data_dir, *data_dir.absolute().parents) if folder.exists())


def space_finding(data_dir: Path, free: int) -> Finding:
    """`free` in bytes."""
    folder, mebibytes = str(data_dir), free // MIB
    if free < LEAST_FREE:
        return fault(FindingCode.DATA_DIR_FULL, folder=folder, free=mebibytes)
    if free < PLENTY_FREE:
        return warning(FindingCode.DATA_DIR_NEARLY_FULL, folder=folder, free=mebibytes)
    return fine(FindingCode.DATA_DIR_OK, folder=folder, free=mebibytes)


async def check_pictures(data_dir: Path, retention: RetentionSettings) -> list[Finding]:
    """What the disk holds and what will be forgotten; nothing where it cannot be looked at: the folder's own finding says why."""
    try:
        held = await Blobs(data_dir / BLOBS).measure()
        free = shutil.disk_usage(_place_of(data_dir)).free
    except (StoreError, OSError):
        return []
    return [pictures_finding(held, free, retention)]


def pictures_finding(held: Files, free: int, retention: RetentionSettings) -> Finding:
    """`free` in bytes."""
    days, gigabytes = retention.days, retention.gigabytes
    described = {"files": held.count, "size": held.size_bytes // MIB}
    if gigabytes is not None and gigabytes * GB > held.size_bytes + free:
        room = (held.size_bytes + free) // GB
        return warning(FindingCode.PICTURES_BEYOND_DISK, **described, gigabytes=f"{gigabytes:g}", room=room)
    if days is None and gigabytes is None:
        return fine(FindingCode.PICTURES_KEPT, **described)
    limits = {"days": days or "-", "gigabytes": "-" if gigabytes is None else f"{gigabytes:g}"}
    return fine(FindingCode.PICTURES_FORGOTTEN, **described, **limits)


async def check_books(data_dir: Path) -> list[Finding]:
    """Quotas and holds by the rows alone; nothing where there is no database of this program's shape to ask."""
    try:
        shape = await inspect(data_dir / DATABASE)
        if shape is None or shape.current != shape.latest:
            return []
        faults = await audit(data_dir / DATABASE)
    except StoreError:
        return []
    if not faults.overdrawn_members and not faults.open_holds:
        return [fine(FindingCode.BOOKS_OK)]
    overdrawn, forgotten = (", ".join(names) or "none" for names in (faults.overdrawn_members, faults.open_holds))
    return [fault(FindingCode.BOOKS_WRONG, overdrawn=overdrawn, forgotten=forgotten)]


async def check_database(data_dir: Path) -> Finding:
    try:
        shape = await inspect(data_dir / DATABASE)
    except StoreError as error:
        return fault(FindingCode.DATABASE_BROKEN, detail=error.detail)
    if shape is None:
        return fine(FindingCode.DATABASE_NONE)
    described = {"version": shape.current, "known": shape.latest}
    if shape.current > shape.latest:
        return fault(FindingCode.DATABASE_NEWER, **described)
    if shape.current < shape.latest:
        return fine(FindingCode.DATABASE_OLDER, **described)
    return fine(FindingCode.DATABASE_OK, **described)


def clock_finding(ahead_s: Sequence[float]) -> Finding:
    """`ahead_s`: how far our clock is ahead of each platform that told the time. They agree, so the nearest is the truest."""
    if not ahead_s:
        return warning(FindingCode.CLOCK_UNKNOWN)
    off = min(ahead_s, key=abs)
    seconds, way = round(abs(off)), "ahead of" if off > 0 else "behind"
    if abs(off) > CLOCK_WRONG_S:
        return fault(FindingCode.CLOCK_WRONG, seconds=seconds, way=way)
    if abs(off) > CLOCK_OFF_S:
        return warning(FindingCode.CLOCK_OFF, seconds=seconds, way=way)
    return fine(FindingCode.CLOCK_OK, seconds=seconds, way=way)


async def check_web(settings: Settings, *, tls: ssl.SSLContext, fetched_from: Sequence[str]) -> list[Finding]:
    """LISTEN, and PUBLIC_URL in front of it. `fetched_from`: the gateways that fetch references from us."""
    public_url = settings.public_url
    unset = [warning(FindingCode.PUBLIC_URL_NOT_SET, gateways=", ".join(fetched_from))] if fetched_from else []
    async with open_session(tls, total_s=CALL_SECONDS) as session:
        there = await _listening(session, settings.listen)
        if there is not None:
            findings = [there]
            if public_url is None:
                return findings + unset
            sure = there.code is FindingCode.LISTEN_OURS
            return [*findings, await _asked_while_running(session, public_url)] if sure else findings
        return await _listen_ourselves(session, settings.listen, public_url, unset)


async def _listening(session: Session, listen: Listen) -> Finding | None:
    """Who is at LISTEN now; None if nobody."""
    host = EVERYWHERE.get(listen.host, listen.host)
    try:
        async with asyncio.timeout(KNOCK_SECONDS):
            _, writer = await asyncio.open_connection(host, listen.port)
    except OSError:
        return None
    writer.close()
    place = f"[{host}]:{listen.port}" if ":" in host else f"{host}:{listen.port}"
    try:
        status = health_status(await _get(session, f"http://{place}{HEALTH}"))
    except CONNECTION_FAILURES:
        status = None
    if status is None:
        return fault(FindingCode.LISTEN_TAKEN, address=place)
    return fine(FindingCode.LISTEN_OURS, address=place, status=status)


async def _asked_while_running(session: Session, public_url: str) -> Finding:
    """A second listener would take some of the running bot's requests, so its own answer has to do."""
    try:
        answer = await _get(session, public_url + HEALTH)
    except CONNECTION_FAILURES as error:
        return fault(FindingCode.PUBLIC_URL_UNREACHABLE, address=public_url, detail=type(error).__name__)
    if health_status(answer) is not None:
        return fine(FindingCode.PUBLIC_URL_OK, address=public_url)
    return warning(FindingCode.PUBLIC_URL_UNSURE, address=public_url, status=answer.status)


async def _listen_ourselves(session: Session, listen: Listen, public_url: str | None, unset: list[Finding]) -> list[Finding]:
    """Nobody is there: for a moment this process is, with an answer that nobody else could give."""
    said = secrets.token_hex(16)

    async def answer(_: WebRequest) -> WebAnswer:
        return WebAnswer(body=said)

    server = WebServer(listen)
    server.add_route("GET", REFERENCES, answer)
    try:
        await server.start()
    except ConfigurationError as error:
        return [fault(FindingCode.LISTEN_UNUSABLE, detail=str(error))]
    try:
        free = fine(FindingCode.LISTEN_FREE, address=f"{listen.host}:{listen.port}")
        if public_url is None:
            return [free, *unset]
        return [free, await _asked_from_outside(session, public_url, said)]
    finally:
        await server.close()


async def _asked_from_outside(session: Session, public_url: str, said: str) -> Finding:
    try:
        answer = await _get(session, public_url + REFERENCES.format(name="doctor"))
    except CONNECTION_FAILURES as error:
        return fault(FindingCode.PUBLIC_URL_UNREACHABLE, address=public_url, detail=type(error).__name__)
    if answer.text != said:
        return fault(FindingCode.PUBLIC_URL_ELSEWHERE, address=public_url, status=answer.status)
    return fine(FindingCode.PUBLIC_URL_OK, address=public_url)


async def _get(session: Session, address: str) -> Answer:
    async with session.get(address, allow_redirects=False) as answer:
        return Answer(status=answer.status, text=await answer.text(errors="replace"))


def health_status(answer: Answer) -> str | None:
    """What our own `/healthz` says; None for an answer that is not ours."""
    try:
        found = json.loads(answer.text)
    except ValueError:
        return None
    ours = isinstance(found, dict) and {"status", "version", "platforms", "database"} <= found.keys()
    return str(found["status"]) if ours else None
