"""The demo, as a newcomer runs it."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

from tests.whole.running import JUDGE, judge

ROOT = Path(__file__).parents[2]


PLATFORMS = ("discord", "slack")
RELATED = "A set that belongs together"


def environment() -> dict[str, str]:
    """Settings of the machine must not matter."""
    return {
        "PATH": os.environ["PATH"],
        "SSL_CERT_FILE": os.environ["SSL_CERT_FILE"],
        "PYTHONPATH": str(ROOT),
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "DISCORD_TOKEN": "not the demo's",
        "SLACK_BOT_TOKEN": "nor this",
        "SEEDREAM_BOT_CONFIG": "/nowhere.toml",
    }


def pictures_in(transcript: Path) -> list[Path]:
    """The files that a transcript shows."""
    return [transcript.parent / name for name in re.findall(r'src="([^"]+)"', transcript.read_text(encoding="utf-8"))]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One run of the script in an empty folder; where it wrote."""
    folder = tmp_path_factory.mktemp("demo")
    command = [sys.executable, "-m", "adapters", "demo", "--script", "--record", "recording.jsonl"]
    ended = subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True, timeout=180, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    (folder / "stderr.txt").write_text(ended.stderr, encoding="utf-8")
    return folder


def test_every_picture_of_the_conversation_is_there(played: Path) -> None:
    """By command, by attachments, by reply, four at once, a sticker and a set, for each platform; all of them different."""
    shown = pictures_in(played / "demo-output" / "transcript.md")
    results = {
        platform: [path for path in shown if path.parent.name == platform and "result" in path.name] for platform in PLATFORMS
    }
    contents = {path.read_bytes() for paths in results.values() for path in paths}

    assert sorted(shown) == sorted((played / "demo-output").glob("*/*"))
    assert [len(paths) for paths in results.values()] == [21, 21]
    assert len(contents) == sum(len(paths) for paths in results.values())


@pytest.mark.parametrize("platform", PLATFORMS)
def test_the_newest_model_comes_first(played: Path, platform: str) -> None:
    """5.5 makes the first picture, four independent ones and a transparent sticker; a set is another model's, which is said."""
    transcript = (played / "demo-output" / "transcript.md").read_text(encoding="utf-8")
    chapters = {title: told for title, _, told in (part.partition("\n") for part in re.split(r"\n## \d+\. ", transcript)[1:])}
    first, four, related = (chapters[title] for title in ("A picture by command", "Four pictures, as they arrive", RELATED))
    (sticker,) = (played / "demo-output" / platform).glob("*-sticker-*")
    with Image.open(sticker) as opened:
        alpha = opened.getchannel("A").getextrema()

    assert "image with Seedream 5.5" in first
    assert four.count("Independent images.") == len(PLATFORMS)
    assert related.count("One related set.") == len(PLATFORMS)
    assert related.count("instead of 5.5, which cannot do this; up to 0.14 USD.") >= len(PLATFORMS)
    assert alpha == (0, 255)


def test_both_platforms_stand_side_by_side(played: Path) -> None:
    """Every step is told of both, and their own markup is nowhere to be read."""
    transcript = (played / "demo-output" / "transcript.md").read_text(encoding="utf-8")
    live = (played / "stderr.txt").read_text(encoding="utf-8")
    steps = transcript.count("\n## ")

    assert steps >= 8
    assert (transcript.count("On Discord"), transcript.count("On Slack")) == (steps, steps)
    assert transcript.count(" pictures arrived in ") == 1
    assert not re.search(r"^> .*(```|-# )", transcript, re.MULTILINE)
    assert "```" not in live
    assert "-# " not in live


def test_the_transcript_shows_what_was_said_privately(played: Path) -> None:
    """A refusal, the quota and the help are marked as seen by one member alone."""
    transcript = (played / "demo-output" / "transcript.md").read_text(encoding="utf-8")

    assert transcript.count("There is no flag") == len(PLATFORMS)
    assert transcript.count("(only ") >= 3 * len(PLATFORMS)


def test_ctrl_c_says_goodbye_and_leaves_what_was_said(tmp_path: Path) -> None:
    """In the middle of the conversation: exit 130, and a transcript of this time, with all the pictures it shows."""
    output = tmp_path / "demo-output"
    (output / "discord").mkdir(parents=True)
    (output / "discord" / "01-yesterday-1-result.jpg").write_bytes(b"old")
    (output / "transcript.md").write_text('<img src="discord/01-yesterday-1-result.jpg">', encoding="utf-8")
    command = [sys.executable, "-m", "adapters", "demo", "--output", str(output)]
    demo = subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    deadline = time.monotonic() + 60
    while not any("result" in path.name and path.exists() for path in pictures_in(output / "transcript.md")[1:]):
        assert time.monotonic() < deadline
        time.sleep(0.05)

    demo.send_signal(signal.SIGINT)
    said, _ = demo.communicate(timeout=30)

    assert demo.returncode == 130
    assert "Goodbye" in said
    assert all(path.exists() for path in pictures_in(output / "transcript.md"))
    assert "Interrupted when" in (output / "transcript.md").read_text(encoding="utf-8")
    assert "yesterday" not in (output / "transcript.md").read_text(encoding="utf-8")


def test_an_external_judge_finds_no_fault_in_what_was_sent(played: Path) -> None:
    """Where the environment names a judge of the platforms' own specifications, it passes the recording."""
    if not JUDGE:
        pytest.skip("TRAFFIC_JUDGE names no judge")

    judge(played / "recording.jsonl")
