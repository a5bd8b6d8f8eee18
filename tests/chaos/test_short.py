"""A short run of what `make chaos` does at length: real processes, real kills, every promise checked from the outside."""

import shutil
import subprocess
import sys

import pytest

from tests.chaos.deployment import STOPPED_S

LONGEST_S = 300.0 + STOPPED_S


def chaos(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "tests.chaos", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=LONGEST_S)


def test_power_cuts() -> None:
    """Killed again and again while members ask, the bot loses no job, pays none twice and delivers each once."""
    ran = chaos("--jobs", "40", "--kills", "4", "--seed", "5")

    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "blows: kill" in ran.stdout


@pytest.mark.skipif(shutil.which("unshare") is None, reason="a disk that can be filled needs unshare")
def test_full_disk_and_locked_database() -> None:
    """A command that cannot be recorded is refused; what runs waits until the disk has room and the database is free."""
    ran = chaos("--store", "--jobs", "30", "--kills", "1", "--seed", "5")

    if "unshare" in ran.stderr:
        pytest.skip("this machine lets nobody have a disk of their own")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "disk full for" in ran.stdout
