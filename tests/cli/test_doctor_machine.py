"""The checks of `doctor` on this machine: disk, permissions, database, clock; and the texts of all findings."""

import string
from enum import StrEnum
from math import inf
from pathlib import Path

import pytest

from adapters.checkup.diagnoses import WORDS, described
from adapters.checkup.finding import Diagnoses, Diagnosis, Finding, FindingCode
from adapters.checkup.machine import (
    MIB,
    check_books,
    check_database,
    check_folder,
    check_pictures,
    check_quarantine,
    check_set_aside,
    clock_finding,
    health_status,
    pictures_finding,
    space_finding,
)
from adapters.discord.findings import WORDS as DISCORD_WORDS
from adapters.discord.findings import DiscordFinding
from adapters.shared.http_client import Answer
from adapters.slack.findings import WORDS as SLACK_WORDS
from adapters.slack.findings import SlackFinding
from bot.config.settings import RetentionSettings
from bot.ids import JobId
from bot.jobs.job import JobState
from bot.store import BLOBS, DATABASE, open_store
from bot.store.retention import QUARANTINE_DAYS
from bot.store.sqlite.database.connection import open_database
from bot.store.sqlite.database.migrations import load_migrations
from bot.store.sweeping import Files
from tests.fakes.jobs import ADA, job_in_state
from tests.fakes.stores import all_stores


@pytest.mark.parametrize(
    ("ahead_s", "code", "text"),
    [
        ([0.4], FindingCode.CLOCK_OK, "0 s ahead of the platforms' clocks"),
        ([-29.0], FindingCode.CLOCK_OK, "29 s behind the platforms' clocks"),
        ([31.0, 30.5], FindingCode.CLOCK_OFF, "30 s ahead of the platforms' clocks"),
        ([-300.6, -301.0], FindingCode.CLOCK_WRONG, "301 s behind the platforms' clocks; signed requests and deadlines fail"),
        ([4000.0, 0.1], FindingCode.CLOCK_OK, "0 s ahead of the platforms' clocks"),
        ([], FindingCode.CLOCK_UNKNOWN, "no platform reported its time"),
    ],
)
def test_the_clock(ahead_s: list[float], code: FindingCode, text: str) -> None:
    """Half a minute is a warning, five minutes a fault; one platform with the right time is enough."""
    found = clock_finding(ahead_s)

    assert (found.code, described(found).found) == (code, text)


@pytest.mark.parametrize(
    ("free", "verdict"), [(199 * MIB, "fault"), (200 * MIB, "warning"), (1023 * MIB, "warning"), (1024 * MIB, "ok")]
)
def test_space(free: int, verdict: str) -> None:
    """No room for one more set is a fault, before anything is paid for."""
    assert space_finding(Path("data"), free).verdict == verdict


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def test_a_folder_that_is_not_there_yet(tmp_path: Path) -> None:
    """Its parent is checked, and the folder is not created."""
    folder = tmp_path / "new" / "data"

    found = await check_folder(folder)

    assert found.code in {FindingCode.DATA_DIR_OK, FindingCode.DATA_DIR_NEARLY_FULL, FindingCode.DATA_DIR_FULL}
    assert names(tmp_path) == []


async def test_a_folder_that_is_not_writable(tmp_path: Path) -> None:
    """A path below a file is not writable, not even for root."""
    (tmp_path / "file").touch()

    found = await check_folder(tmp_path / "file" / "data")

    assert (found.verdict, found.code) == ("fault", FindingCode.DATA_DIR_NOT_WRITABLE)


async def test_the_database_of_this_program(tmp_path: Path) -> None:
    """Its version is read while it is closed or in use, and the check leaves no file behind."""
    assert (await check_database(tmp_path)).code is FindingCode.DATABASE_NONE
    async with open_store(tmp_path):
        assert (await check_database(tmp_path)).code is FindingCode.DATABASE_OK
    closed = names(tmp_path)

    assert (await check_database(tmp_path)).code is FindingCode.DATABASE_OK
    assert names(tmp_path) == closed


@pytest.mark.parametrize(
    ("ahead", "code"), [(1, FindingCode.DATABASE_NEWER), (-1, FindingCode.DATABASE_OLDER), (0, FindingCode.DATABASE_OK)]
)
async def test_the_database_of_another_version(tmp_path: Path, ahead: int, code: FindingCode) -> None:
    """A newer one cannot be used; the next start upgrades an older one."""
    version = len(load_migrations()) + ahead
    async with open_database(tmp_path / DATABASE) as database:
        await database.write(f"PRAGMA user_version = {version}", {})

    found = await check_database(tmp_path)

    assert (found.code, found.parameters["version"]) == (code, version)


async def test_a_database_that_is_none(tmp_path: Path) -> None:
    """Another kind of file is a fault, and stays unchanged."""
    path = tmp_path / DATABASE
    path.write_bytes(b"no database at all " * 100)

    found = await check_database(tmp_path)

    assert found.code is FindingCode.DATABASE_BROKEN
    assert path.read_bytes() == b"no database at all " * 100


@pytest.mark.parametrize(
    ("retention", "code", "text"),
    [
        (RetentionSettings(), FindingCode.PICTURES_KEPT, "7 files, 3000 MiB; sets are never deleted"),
        (
            RetentionSettings(days=30),
            FindingCode.PICTURES_FORGOTTEN,
            "7 files, 3000 MiB; [retention] deletes sets: days 30, gigabytes -",
        ),
        (
            RetentionSettings(days=30, gigabytes=4.1),
            FindingCode.PICTURES_FORGOTTEN,
            "7 files, 3000 MiB; [retention] deletes sets: days 30, gigabytes 4.1",
        ),
        (
            RetentionSettings(gigabytes=500),
            FindingCode.PICTURES_BEYOND_DISK,
            "7 files, 3000 MiB; [retention] allows 500 GB, but the disk has room for only 4 GB",
        ),
    ],
)
def test_stored_images_and_retention(retention: RetentionSettings, code: FindingCode, text: str) -> None:
    """A limit above the size of the disk would never be reached."""
    found = pictures_finding(Files(count=7, size_bytes=3000 * MIB), 1000 * MIB, retention)

    assert (found.code, described(found).found) == (code, text)
    assert (found.verdict == "warning") is (code is FindingCode.PICTURES_BEYOND_DISK)


async def test_pictures_are_counted_where_they_are(tmp_path: Path) -> None:
    """None before the first start; if they cannot be counted, the check of the folder reports it."""
    kept = RetentionSettings()
    (none,) = await check_pictures(tmp_path / "new", kept)
    async with open_store(tmp_path) as store:
        await store.blobs.put(b"a picture")
        (one,) = await check_pictures(tmp_path, kept)
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / BLOBS).touch()

    assert [found.parameters["files"] for found in (none, one)] == [0, 1]
    assert await check_pictures(tmp_path / "broken", kept) == []


@pytest.mark.parametrize("truncate", [False, True])
async def test_a_lost_database(tmp_path: Path, *, truncate: bool) -> None:
    """A data folder that has been used is no new one, and the check changes nothing."""
    async with open_store(tmp_path) as store:
        await store.blobs.put(b"a picture")
    (tmp_path / DATABASE).unlink()
    if truncate:
        (tmp_path / DATABASE).touch()
    before = names(tmp_path)

    found = await check_database(tmp_path)

    assert (found.verdict, found.code, names(tmp_path)) == ("fault", FindingCode.DATABASE_LOST, before)
    assert "--fresh" in described(found).advice


async def test_quarantined_files_and_jobs_that_were_set_aside(tmp_path: Path) -> None:
    """They are told while there are any, and how long the files are kept."""
    assert (await check_quarantine(tmp_path), await check_set_aside(tmp_path)) == ([], [])
    async with open_store(tmp_path) as store:
        assert (await check_quarantine(tmp_path), await check_set_aside(tmp_path)) == ([], [])
        await job_in_state(all_stores(store), JobState.FAILED)
        await store.claims.set_aside(JobId("j0"), reason="a test")
        await store.blobs.put(b"a picture")
        await store.blobs.sweep((), before=inf, known_since=inf)
        (quarantined,), (aside,) = await check_quarantine(tmp_path), await check_set_aside(tmp_path)

    assert described(quarantined).found == "1 files, 0 MiB, that the database does not name are in quarantine"
    assert (quarantined.verdict, quarantined.parameters["days"]) == ("warning", QUARANTINE_DAYS)
    assert (aside.verdict, described(aside).found) == ("fault", "set aside, because their rows cannot be read: j0")


async def test_a_consistent_and_an_inconsistent_ledger(tmp_path: Path) -> None:
    """The check reads only the database, with or without a running bot; without a database there is no finding."""
    assert await check_books(tmp_path) == []
    async with open_store(tmp_path) as store:
        assert [found.code for found in await check_books(tmp_path)] == [FindingCode.BOOKS_OK]
        await job_in_state(all_stores(store), JobState.FAILED)
        async with open_database(tmp_path / DATABASE) as database:
            await database.write("UPDATE hold SET granted = 1", {})
            charged = "INSERT INTO hold SELECT 'j1', member, 'day:2026-11-21', 9, images, images, 0, 1.0, 2.0, 0, 3 FROM hold"
            await database.write(charged, {})
    before = names(tmp_path)

    (found,) = await check_books(tmp_path)

    assert (found.verdict, found.code) == ("fault", FindingCode.BOOKS_WRONG)
    assert described(found).found == f"members over quota: {ADA}; finished jobs with an open hold: j0; jobs charged wrongly: j1"
    assert names(tmp_path) == before
    (tmp_path / DATABASE).write_bytes(b"no database at all " * 100)
    assert await check_books(tmp_path) == []


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ('{"status": "degraded", "version": "1", "platforms": {}, "database": "ok"}', "degraded"),
        ('{"status": "ok"}', None),
        ("[]", None),
        ("<html>", None),
    ],
)
def test_whose_health_it_is(text: str, status: str | None) -> None:
    """Other programs answer at /healthz too."""
    assert health_status(Answer(status=200, text=text)) == status


CODES: dict[type[StrEnum], Diagnoses] = {FindingCode: WORDS, DiscordFinding: DISCORD_WORDS, SlackFinding: SLACK_WORDS}


@pytest.mark.parametrize("codes", CODES)
def test_every_finding_has_words(codes: type[StrEnum]) -> None:
    """And every code that has a text is still used."""
    adapters = (Path(__file__).parents[2] / "adapters").rglob("*.py")
    sources = [path for path in adapters if path.name not in {"diagnoses.py", "findings.py"}]
    made = "\n".join(path.read_text(encoding="utf-8") for path in sources)

    assert set(CODES[codes]) == set(codes)
    assert [code for code in codes if f"{codes.__name__}.{code.name}" not in made] == []


@pytest.mark.parametrize(("code", "words"), [(code, words) for diagnoses in CODES.values() for code, words in diagnoses.items()])
def test_words_are_sentences_for_one_line(code: StrEnum, words: Diagnosis) -> None:
    """The finding ends without punctuation, the advice with a period, and both have no line break."""
    fields = {
        name for text in (words.check, words.found, words.advice) for _, name, _, _ in string.Formatter().parse(text) if name
    }
    shown = described(Finding(code=code, parameters=dict.fromkeys(fields, "x")), {code: words})

    assert "\n" not in f"{shown.check}{shown.found}{shown.advice}"
    assert shown.found[-1] not in ".;,"
    assert shown.advice == "" or shown.advice.endswith(".")
