"""`seedream-bot backup`: its output and exit code."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from adapters.cli.app import build_app
from bot.jobs.job import JobState
from bot.jobs.picture import PictureRow
from bot.store import DATABASE, open_store
from bot.store.maintenance.backup import _locked
from tests.fakes.jobs import job_in_state
from tests.fakes.stores import all_stores


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """One finished job with one picture."""
    folder = tmp_path / "data"

    async def fill() -> None:
        async with open_store(folder) as store:
            job = await job_in_state(all_stores(store), JobState.DONE)
            blob = await store.blobs.put(b"a red fox in snow")
            await all_stores(store).put_picture(job, PictureRow(index=0, state="stored", blob=blob, size_bytes=17))

    asyncio.run(fill())
    return folder


def backup(data: Path, target: Path | str) -> Result:
    """Run the command with only DATA_DIR and a gateway whose key is not set."""
    config = data.parent / "seedream-bot.toml"
    config.write_text('[[gateway]]\nname = "a"\ndialect = "ark_intl"\napi_key_env = "NO_SUCH_KEY"\n', encoding="utf-8")
    return CliRunner().invoke(build_app(), ["backup", str(target), "--config", str(config)], env={"DATA_DIR": str(data)})


def test_one_line_says_what_was_saved(data: Path, tmp_path: Path) -> None:
    """Jobs, images, bytes and the folder; the second run copies only the database."""
    target = tmp_path / "backup"

    first, second = backup(data, target), backup(data, target)

    size = (target / DATABASE).stat().st_size
    assert [(done.exit_code, done.stderr) for done in (first, second)] == [(0, ""), (0, "")]
    assert first.stdout == f"saved to {target}: jobs 1, images 1, bytes copied {size + 17}\n"
    assert second.stdout == f"saved to {target}: jobs 1, images 1, bytes copied {size}\n"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("data", "is DATA_DIR"),
        ("data/inside", "is DATA_DIR"),
        (".", "is DATA_DIR"),
        ("foreign", "contains other files"),
        ("foreign/letter.txt", "is a file"),
    ],
)
def test_a_folder_that_cannot_be_a_backup(data: Path, tmp_path: Path, name: str, said: str) -> None:
    """Exit code 2 and one sentence; nothing is changed."""
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / "letter.txt").write_text("dear Ada")

    done = backup(data, tmp_path / name)

    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith("DIRECTORY: found ")
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert (tmp_path / "foreign" / "letter.txt").read_text() == "dear Ada"


def test_a_data_folder_without_a_database(tmp_path: Path) -> None:
    """Probably the wrong folder: an empty backup would replace the earlier one."""
    done = backup(tmp_path / "data", tmp_path / "backup")

    assert (done.exit_code, done.stdout) == (2, "")
    assert (
        done.stderr == f'DATA_DIR: found "{tmp_path / "data"}", which contains no database; expected the data folder of a bot.\n'
    )
    assert not (tmp_path / "backup").exists()


def test_a_newer_database_is_refused(data: Path, tmp_path: Path) -> None:
    """With the same message as `run`."""
    with closing(sqlite3.connect(data / DATABASE)) as connection:
        connection.execute("PRAGMA user_version = 999")

    done = backup(data, tmp_path / "backup")

    assert (done.exit_code, done.stdout) == (2, "")
    assert "whose database comes from a newer version of seedream-bot" in done.stderr


def test_missing_pictures_are_counted_and_the_rest_is_saved(data: Path, tmp_path: Path) -> None:
    """Exit code 1, so that a scheduled backup is noticed."""
    for path in data.joinpath("blobs").rglob("*"):
        if path.is_file():
            path.unlink()

    done = backup(data, tmp_path / "backup")

    assert done.exit_code == 1
    assert ": jobs 1, images 0, " in done.stdout
    assert done.stderr == f"The backup lacks images that are missing or damaged in {data}: 1.\n"


def test_without_room_it_is_one_sentence(data: Path, tmp_path: Path) -> None:
    """An image of an exabyte: exit code 1, and the earlier backup is unchanged."""
    target = tmp_path / "backup"
    backup(data, target)
    before = (target / DATABASE).read_bytes()
    with closing(sqlite3.connect(data / DATABASE)) as connection, connection:
        connection.execute("UPDATE picture SET blob = ?, size_bytes = ?", ("ab" * 32, 10**18))

    done = backup(data, target)

    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith(f"Not enough disk space for the backup in {target} (")
    assert len(done.stderr.splitlines()) == 1
    assert (target / DATABASE).read_bytes() == before


def test_beside_another_backup_it_is_one_sentence(data: Path, tmp_path: Path) -> None:
    """The previous backup is still running."""
    target = tmp_path / "backup"
    backup(data, target)

    with _locked(target):
        done = backup(data, target)

    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith("The backup failed (another backup is being written to ")
    assert len(done.stderr.splitlines()) == 1
