"""The real bot in a process of its own, against a sandbox in another."""

import json
import os
import shlex
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sandbox.driver import Bot, Sandbox

PLENTY = '[[quota.tier]]\nname = "plenty"\nimages_per_day = 10000\njobs_at_once = 1000\njobs_waiting = 100000\n'
PREPARED = ("--prepared", "640")
"""For tests that do not look at results: each is a copy of one picture, because drawing them takes most of the time."""
PICTURE_S = 60.0
ON_DEMAND = ("--pace", str(PICTURE_S))
"""For tests that decide when a gateway makes a picture: they advance the sandbox's clock by `PICTURE_S`."""
JUDGE = shlex.split(os.environ.get("TRAFFIC_JUDGE", ""))
"""The command of an external judge of the traffic, if the environment names one."""
PATIENCE_S = 60.0
LOOK_S = 0.02


@dataclass(frozen=True)
class Running:
    sandbox: Sandbox
    bot: Bot


def started(sandbox: Sandbox, config_extra: str = PLENTY) -> Bot:
    """A bot that is connected to every platform."""
    bot = sandbox.start_bot(config_extra=config_extra)
    for platform in sandbox.platforms:
        bot.wait_ready(platform)
    return bot


def stop(bot: Bot) -> None:
    """Stop it, and expect a clean exit."""
    assert bot.stop() == 0, bot.text
    assert "Traceback" not in bot.text, bot.text


@contextmanager
def open_running(*arguments: str, config_extra: str = PLENTY) -> Iterator[Running]:
    """Run a sandbox and one bot; when both are done, the external judge checks the traffic."""
    with Sandbox.start(*arguments) as sandbox:
        bot = started(sandbox, config_extra)
        yield Running(sandbox, bot)
        stop(bot)
        recording = sandbox.config.with_name("recording.jsonl")
        recording.write_text("".join(json.dumps(line) + "\n" for line in sandbox.record()), encoding="utf-8")
        judge(recording)


def wait_until(happened: Callable[[], bool]) -> None:
    """Poll the state outside of the processes until it holds."""
    deadline = time.monotonic() + PATIENCE_S
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(LOOK_S)


def judge(recording: Path) -> None:
    """Let the external judge check a recording, if there is one."""
    if JUDGE:
        verdict = subprocess.run([*JUDGE, str(recording)], capture_output=True, text=True, check=False)
        assert verdict.returncode == 0, verdict.stdout + verdict.stderr
