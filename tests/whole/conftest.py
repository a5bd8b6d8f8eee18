"""The real bot in a process of its own, the sandbox in another, and members who use both."""

import json
import os
import shlex
import subprocess
from collections.abc import Iterator

import pytest

from sandbox.driver import Sandbox
from tests.whole.scene import PLATFORMS, PLENTY, Running, Scene


@pytest.fixture(scope="session")
def running() -> Iterator[Running]:
    """One sandbox and one bot for all scenes that break nothing for good."""
    with Sandbox.start("--pace", "0.05") as sandbox:
        bot = sandbox.start_bot(config_extra=PLENTY)
        for platform in sandbox.platforms:
            bot.wait_ready(platform)
        yield Running(sandbox, bot)
        assert bot.stop() == 0, bot.text
        assert "Traceback" not in bot.text
        _judge(sandbox)


def _judge(sandbox: Sandbox) -> None:
    """An external judge of the traffic, where the machine has one; it is named by the environment, never by us."""
    judge = os.environ.get("TRAFFIC_JUDGE")
    if not judge:
        return
    recording = sandbox.config.with_name("recording.jsonl")
    recording.write_text("".join(json.dumps(line) + "\n" for line in sandbox.record()), encoding="utf-8")
    verdict = subprocess.run([*shlex.split(judge), str(recording)], capture_output=True, text=True, check=False)
    assert verdict.returncode == 0, verdict.stdout


@pytest.fixture(params=PLATFORMS)
def scene(request: pytest.FixtureRequest, running: Running) -> Iterator[Scene]:
    yield Scene(running.sandbox, request.param)
    running.sandbox.clear_faults()
