"""A short version of `make chaos` with real processes and kills; every promise is checked from the outside."""

import shutil
import subprocess
import sys

import pytest

from tests.chaos.deployment import STOP_TIMEOUT_S

LONGEST_S = 300.0 + STOP_TIMEOUT_S


def chaos(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "tests.chaos", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=LONGEST_S)


def test_repeated_kills() -> None:
    """A repeatedly killed bot loses no job, pays for none twice and delivers each once."""
    result = chaos("--jobs", "40", "--kills", "4", "--seed", "5")

    assert result.returncode == 0, result.stdout + result.stderr
    assert "disruptions: kill" in result.stdout


@pytest.mark.skipif(shutil.which("unshare") is None, reason="filling a disk needs unshare")
def test_full_disk_and_locked_database() -> None:
    """A command that cannot be recorded is refused; running jobs wait until the disk has room and the database is free."""
    result = chaos("--store", "--jobs", "30", "--kills", "1", "--seed", "5")

    if "unshare" in result.stderr:
        pytest.skip("user namespaces are not permitted")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "disk full for" in result.stdout
