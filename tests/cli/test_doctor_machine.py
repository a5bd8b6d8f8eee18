"""What `doctor` finds out about the machine: space, rights, database, clock; and that everything found has words."""

import string
from enum import StrEnum
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
from bot.jobs.job import JobState
from bot.store import BLOBS, DATABASE, open_store
from bot.store.blobs import Files
from bot.store.sqlite.connection import open_database
from bot.store.sqlite.migrations import load_migrations
from tests.fakes.jobs import ADA, job_in_state
from tests.fakes.stores import all_stores


@pytest.mark.parametrize(
    ("ahead_s", "code", "told_as"),
    [
        ([0.4], FindingCode.CLOCK_OK, "0 s ahead of the platforms'"),
        ([-29.0], FindingCode.CLOCK_OK, "29 s behind the platforms'"),
        ([31.0, 30.5], FindingCode.CLOCK_OFF, "30 s ahead of the platforms'"),
        ([-300.6, -301.0], FindingCode.CLOCK_WRONG, "301 s behind the platforms': signed requests and deadlines go wrong"),
        ([4000.0, 0.1], FindingCode.CLOCK_OK, "0 s ahead of the platforms'"),
        ([], FindingCode.CLOCK_UNKNOWN, "no platform told the time"),
    ],
)
def test_the_clock(ahead_s: list[float], code: FindingCode, told_as: str) -> None:
    """Half a minute is worth a word, five minutes are a fault; one platform that is right is enough."""
    found = clock_finding(ahead_s)

    assert (found.code, described(found).found) == (code, told_as)


@pytest.mark.parametrize(
    ("free", "verdict"), [(199 * MIB, "fault"), (200 * MIB, "warning"), (1023 * MIB, "warning"), (1024 * MIB, "ok")]
)
def test_space(free: int, verdict: str) -> None:
    """A folder that cannot keep one more set is a fault before it costs anything."""
    assert space_finding(Path("data"), free).verdict == verdict


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def test_a_folder_that_is_not_there_yet(tmp_path: Path) -> None:
    """It is looked at where it will be, and not made."""
    folder = tmp_path / "new" / "data"

    found = await check_folder(folder)

    assert found.code in {FindingCode.DATA_DIR_OK, FindingCode.DATA_DIR_NEARLY_FULL, FindingCode.DATA_DIR_FULL}
    assert names(tmp_path) == []


async def test_a_folder_nobody_can_write_to(tmp_path: Path) -> None:
    """Not even the system's administrator writes below a file."""
    (tmp_path / "file").touch()

    found = await check_folder(tmp_path / "file" / "data")

    assert (found.verdict, found.code) == ("fault", FindingCode.DATA_DIR_NOT_WRITABLE)


async def test_the_database_of_this_program(tmp_path: Path) -> None:
    """Closed or in use, its version is read, and looking leaves no file behind."""
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
    """A newer one cannot be used; an older one is brought up by the next start."""
    version = len(load_migrations()) + ahead
    async with open_database(tmp_path / DATABASE) as database:
        await database.write(f"PRAGMA user_version = {version}", {})

    found = await check_database(tmp_path)

    assert (found.code, found.parameters["version"]) == (code, version)


async def test_a_database_that_is_none(tmp_path: Path) -> None:
    """A file of something else is a fault, and stays as it is."""
    path = tmp_path / DATABASE
    path.write_bytes(b"no database at all " * 100)

    found = await check_database(tmp_path)

    assert found.code is FindingCode.DATABASE_BROKEN
    assert path.read_bytes() == b"no database at all " * 100


@pytest.mark.parametrize(
    ("retention", "code", "told_as"),
    [
        (RetentionSettings(), FindingCode.PICTURES_KEPT, "7 files, 3000 MiB; no set is ever forgotten"),
        (
            RetentionSettings(days=30),
            FindingCode.PICTURES_FORGOTTEN,
            "7 files, 3000 MiB; sets are forgotten by [retention]: days 30, gigabytes -",
        ),
        (
            RetentionSettings(days=30, gigabytes=4.1),
            FindingCode.PICTURES_FORGOTTEN,
            "7 files, 3000 MiB; sets are forgotten by [retention]: days 30, gigabytes 4.1",
        ),
        (
            RetentionSettings(gigabytes=500),
            FindingCode.PICTURES_BEYOND_DISK,
            "7 files, 3000 MiB; [retention] lets them grow to 500 GB, but the disk is full at 4 GB",
        ),
    ],
)
def test_pictures_and_how_long_they_stay(retention: RetentionSettings, code: FindingCode, told_as: str) -> None:
    """A limit that the disk has no room for would never be reached."""
    found = pictures_finding(Files(count=7, size_bytes=3000 * MIB), 1000 * MIB, retention)

    assert (found.code, described(found).found) == (code, told_as)
    assert (found.verdict == "warning") is (code is FindingCode.PICTURES_BEYOND_DISK)


async def test_pictures_are_counted_where_they_are(tmp_path: Path) -> None:
    """None before the first start; where they cannot be counted the folder's own finding says why."""
    kept = RetentionSettings()
    (none,) = await check_pictures(tmp_path / "new", kept)
    async with open_store(tmp_path) as store:
        await store.blobs.put(b"a picture")
        (one,) = await check_pictures(tmp_path, kept)
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / BLOBS).touch()

    assert [found.parameters["files"] for found in (none, one)] == [0, 1]
    assert await check_pictures(tmp_path / "broken", kept) == []


async def test_books_that_add_up_and_books_that_do_not(tmp_path: Path) -> None:
    """By the rows alone, beside the bot or without it; where there is no database there are no books."""
    assert await check_books(tmp_path) == []
    async with open_store(tmp_path) as store:
        assert [found.code for found in await check_books(tmp_path)] == [FindingCode.BOOKS_OK]
        await job_in_state(all_stores(store), JobState.FAILED)
        async with open_database(tmp_path / DATABASE) as database:
            await database.write("UPDATE hold SET granted = 1", {})
    before = names(tmp_path)

    (found,) = await check_books(tmp_path)

    assert (found.verdict, found.code) == ("fault", FindingCode.BOOKS_WRONG)
    assert described(found).found == f"given more than granted: {ADA}; ended and still held: j0"
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
    """Plenty of programs answer at /healthz."""
    assert health_status(Answer(status=200, text=text)) == status


CODES: dict[type[StrEnum], Diagnoses] = {FindingCode: WORDS, DiscordFinding: DISCORD_WORDS, SlackFinding: SLACK_WORDS}


@pytest.mark.parametrize("codes", CODES)
def test_every_finding_has_words(codes: type[StrEnum]) -> None:
    """And no words are left over from a finding that nobody makes any more."""
    adapters = (Path(__file__).parents[2] / "adapters").rglob("*.py")
    sources = [path for path in adapters if path.name not in {"diagnoses.py", "findings.py"}]
    made = "\n".join(path.read_text(encoding="utf-8") for path in sources)

    assert set(CODES[codes]) == set(codes)
    assert [code for code in codes if f"{codes.__name__}.{code.name}" not in made] == []


@pytest.mark.parametrize(("code", "words"), [(code, words) for diagnoses in CODES.values() for code, words in diagnoses.items()])
def test_words_are_sentences_for_one_line(code: StrEnum, words: Diagnosis) -> None:
    """What was found does not end a sentence, what to do does; both fit on the line."""
    fields = {
        name for text in (words.check, words.found, words.advice) for _, name, _, _ in string.Formatter().parse(text) if name
    }
    shown = described(Finding(code=code, parameters=dict.fromkeys(fields, "x")), {code: words})

    assert "\n" not in f"{shown.check}{shown.found}{shown.advice}"
    assert shown.found[-1] not in ".;,"
    assert shown.advice == "" or shown.advice.endswith(".")
