"""The demo, as a newcomer runs it."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One run of the script in an empty folder; where it wrote."""
    folder = tmp_path_factory.mktemp("demo")
    command = [sys.executable, "-m", "adapters", "demo", "--script", "--record", "recording.jsonl"]
    # Settings of the machine must not matter.
    env = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "DISCORD_TOKEN": "not the demo's",
        "SEEDREAM_BOT_CONFIG": "/nowhere.toml",
    }
    ended = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return folder


def test_every_picture_of_the_conversation_is_there(played: Path) -> None:
    """By command, by attachments, by reply, and a set of four, for each platform."""
    transcript = (played / "demo-output" / "transcript.md").read_text(encoding="utf-8")
    pictures = sorted(path.name for path in (played / "demo-output").glob("*/*") if "result" in path.name)

    assert len(pictures) >= 7
    assert all(picture in transcript for picture in pictures)


def test_the_transcript_shows_what_was_said_privately(played: Path) -> None:
    """A refusal, the quota and the help are marked as seen by one member alone."""
    transcript = (played / "demo-output" / "transcript.md").read_text(encoding="utf-8")

    assert "There is no flag" in transcript
    assert transcript.count("(only ") >= 3


def test_an_external_judge_finds_no_fault_in_what_was_sent(played: Path) -> None:
    """Where the environment names a judge of the platforms' own specifications, it passes the recording."""
    judge = os.environ.get("TRAFFIC_JUDGE")
    if not judge:
        pytest.skip("TRAFFIC_JUDGE names no judge")
    verdict = subprocess.run(
        [*shlex.split(judge), str(played / "recording.jsonl")],
        capture_output=True,
        text=True,
        check=False,
    )

    assert verdict.returncode == 0, verdict.stdout
