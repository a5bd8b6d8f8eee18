"""Checks of this machine: data folder, database, clock, the listening address and the public address."""

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
from adapters.shared.http_client import CONNECTION_FAILURES, UNCOMPRESSED, Answer, Session, open_session, read_text
from bot.config.settings import Listen, RetentionSettings, Settings
from bot.errors import ConfigurationError, StoreError
from bot.store import BLOBS, DATABASE
from bot.store.blobs import Blobs
from bot.store.identity import was_used
from bot.store.maintenance.inspection import audit, inspect, set_aside, unusable_models
from bot.store.retention import QUARANTINE_DAYS
from bot.store.sweeping import Files
from bot.web.contract import WebAnswer, WebRequest
from bot.web.health import ROUTE as HEALTH
from bot.web.server import WebServer
from bot.web.signing import ROUTE as REFERENCES

CALL_SECONDS = 10.0
CONNECT_SECONDS = 2.0
MIB = 1024 * 1024
GB = 10**9
LEAST_FREE = 200 * MIB
"""Room for a set of fifteen 4K images and for the database."""
PLENTY_FREE = 1024 * MIB
CLOCK_OFF_S = 30.0
CLOCK_WRONG_S = 300.0
"""At a larger difference, signed requests are rejected (Slack's limit)."""
WILDCARDS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # wildcard address → an address to connect to
PROBE_BYTES = b"\0" * 4096


async def check_data(data_dir: Path, retention: RetentionSettings) -> list[Finding]:
    """Check the data folder, its images, its database and its ledger."""
    return [
        await check_folder(data_dir),
        *await check_pictures(data_dir, retention),
        *await check_quarantine(data_dir),
        await check_database(data_dir),
        *await check_books(data_dir),
        *await check_set_aside(data_dir),
    ]


async def check_folder(data_dir: Path) -> Finding:
    return await asyncio.to_thread(_folder_finding, data_dir)


def _folder_finding(data_dir: Path) -> Finding:
    """Write a temporary file in the folder, or in the nearest parent that exists. Only `run` creates the folder itself."""
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
    """The folder, or its nearest parent that exists."""
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
    """Stored images and retention. Empty if the folder cannot be read, which `check_folder` reports."""
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


async def check_quarantine(data_dir: Path) -> list[Finding]:
    """Files that no row names. Empty if there are none, or if they cannot be counted."""
    try:
        found = await Blobs(data_dir / BLOBS).measure_quarantine()
    except StoreError:
        return []
    described = {"files": found.count, "size": found.size_bytes // MIB, "days": QUARANTINE_DAYS}
    return [warning(FindingCode.PICTURES_QUARANTINED, **described)] if found.count else []


async def check_set_aside(data_dir: Path) -> list[Finding]:
    """Jobs whose rows cannot be read. Empty if there are none, or without a database of the current version."""
    try:
        shape = await inspect(data_dir / DATABASE)
        jobs = () if shape is None or shape.current != shape.latest else await set_aside(data_dir / DATABASE)
    except StoreError:
        return []
    return [fault(FindingCode.JOBS_SET_ASIDE, jobs=", ".join(jobs))] if jobs else []


async def check_models(data_dir: Path, now: float) -> list[Finding]:
    """Models that gateways said they do not have. Empty if there are none, or if the database cannot be read."""
    try:
        found = await unusable_models(data_dir / DATABASE, now)
    except StoreError:
        return []
    return [warning(FindingCode.MODEL_UNUSABLE, model=mark.model, sentence=str(mark)) for mark in found]


async def check_books(data_dir: Path) -> list[Finding]:
    """Whether quotas and holds in the database are consistent. Empty without a database of the current version."""
    try:
        shape = await inspect(data_dir / DATABASE)
        if shape is None or shape.current != shape.latest:
            return []
        faults = await audit(data_dir / DATABASE)
    except StoreError:
        return []
    lists = (faults.overdrawn_members, faults.open_holds, faults.wrong_charges)
    if not any(lists):
        return [fine(FindingCode.BOOKS_OK)]
    overdrawn, forgotten, charged = (", ".join(names) or "none" for names in lists)
    return [fault(FindingCode.BOOKS_WRONG, overdrawn=overdrawn, forgotten=forgotten, charged=charged)]


async def check_database(data_dir: Path) -> Finding:
    path = data_dir / DATABASE
    try:
        shape = await inspect(path)
        lost = (shape is None or shape.current == 0) and await was_used(path, Blobs(data_dir / BLOBS))
    except StoreError as error:
        return fault(FindingCode.DATABASE_BROKEN, detail=error.detail)
    if lost:
        return fault(FindingCode.DATABASE_LOST)
    if shape is None:
        return fine(FindingCode.DATABASE_NONE)
    described = {"version": shape.current, "known": shape.latest}
    if shape.current > shape.latest:
        return fault(FindingCode.DATABASE_NEWER, **described)
    if shape.current < shape.latest:
        return fine(FindingCode.DATABASE_OLDER, **described)
    return fine(FindingCode.DATABASE_OK, **described)


def clock_finding(ahead_s: Sequence[float]) -> Finding:
    """`ahead_s`: our clock minus that of each platform that reported its time.

    The smallest difference counts: one platform with a wrong clock does not matter.
    """
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
    """Check LISTEN and PUBLIC_URL. `fetched_from`: the gateways that download references from the bot."""
    public_url = settings.public_url
    unset = [warning(FindingCode.PUBLIC_URL_NOT_SET, gateways=", ".join(fetched_from))] if fetched_from else []
    async with open_session(tls, total_s=CALL_SECONDS) as session:
        running = await _listening(session, settings.listen)
        if running is not None:
            findings = [running]
            if public_url is None:
                return findings + unset
            sure = running.code is FindingCode.LISTEN_OURS
            return [*findings, await _check_beside_bot(session, public_url)] if sure else findings
        return await _check_by_listening(session, settings.listen, public_url, unset)


async def _listening(session: Session, listen: Listen) -> Finding | None:
    """Which program answers at LISTEN now; None if nothing listens there."""
    host = WILDCARDS.get(listen.host, listen.host)
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
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


async def _check_beside_bot(session: Session, public_url: str) -> Finding:
    """Check PUBLIC_URL by the running bot's health. A second listener would take some of the bot's requests."""
    try:
        answer = await _get(session, public_url + HEALTH)
    except CONNECTION_FAILURES as error:
        return fault(FindingCode.PUBLIC_URL_UNREACHABLE, address=public_url, detail=type(error).__name__)
    if health_status(answer) is not None:
        return fine(FindingCode.PUBLIC_URL_OK, address=public_url)
    return warning(FindingCode.PUBLIC_URL_UNSURE, address=public_url, status=answer.status)


async def _check_by_listening(session: Session, listen: Listen, public_url: str | None, unset: list[Finding]) -> list[Finding]:
    """Nothing listens there, so listen for a moment and answer with a random text that proves who answered."""
    proof = secrets.token_hex(16)

    async def answer(_: WebRequest) -> WebAnswer:
        return WebAnswer(body=proof)

    server = WebServer(listen)
    server.add_route("GET", REFERENCES, answer)
    try:
        await server.start()
    except ConfigurationError as error:
        detail = error.problems[0].removeprefix("LISTEN: ").partition(";")[0]
        return [fault(FindingCode.LISTEN_UNUSABLE, detail=detail)]
    try:
        free = fine(FindingCode.LISTEN_FREE, address=f"{listen.host}:{listen.port}")
        if public_url is None:
            return [free, *unset]
        return [free, await _check_from_outside(session, public_url, proof)]
    finally:
        await server.close()


async def _check_from_outside(session: Session, public_url: str, proof: str) -> Finding:
    try:
        answer = await _get(session, public_url + REFERENCES.format(name="doctor"))
    except CONNECTION_FAILURES as error:
        return fault(FindingCode.PUBLIC_URL_UNREACHABLE, address=public_url, detail=type(error).__name__)
    if answer.text != proof:
        return fault(FindingCode.PUBLIC_URL_ELSEWHERE, address=public_url, status=answer.status)
    return fine(FindingCode.PUBLIC_URL_OK, address=public_url)


async def _get(session: Session, address: str) -> Answer:
    async with session.get(address, headers=dict(UNCOMPRESSED), allow_redirects=False) as answer:
        return Answer(status=answer.status, text=await read_text(answer))


def health_status(answer: Answer) -> str | None:
    """The status from our own `/healthz`; None for the answer of another program."""
    try:
        found = json.loads(answer.text)
    except ValueError:
        return None
    ours = isinstance(found, dict) and {"status", "version", "platforms", "database"} <= found.keys()
    return str(found["status"]) if ours else None
