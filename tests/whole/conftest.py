"""The real bot in a process of its own, the sandbox in another, and members who use both."""

import base64
import io
import json
import os
import shlex
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from PIL import Image

from sandbox.driver import Bot, Sandbox

PLATFORMS = ("discord", "slack")
PLENTY = '[[quota.tier]]\nname = "plenty"\nimages_per_day = 10000\n'
Message = dict[str, Any]


@dataclass(frozen=True)
class Running:
    sandbox: Sandbox
    bot: Bot


@dataclass(frozen=True)
class Scene:
    """One platform as its members see it: say something, look at what comes."""

    sandbox: Sandbox
    platform: str
    channel: str = "general"

    def mark(self, channel: str | None = None) -> str | None:
        """The last message now; what comes after it is new."""
        messages = self.sandbox.seen(self.platform, channel or self.channel)
        return messages[-1]["id"] if messages else None

    def command(
        self, name: str, prompt: str = "", *, user: str = "ada", files: list[Message] | None = None, **more: Any
    ) -> Message:
        """A slash command. Where a platform has one text it is the prompt, where it has options the prompt is one."""
        options = {"prompt": prompt} if prompt else {}
        act = {"platform": self.platform, "user": user, "channel": self.channel, "kind": "command", "name": name}
        return self.sandbox.act(**{**act, "text": prompt, "options": options, "files": files or [], **more})

    def say(self, kind: str, text: str, *, user: str = "ada", files: list[Message] | None = None, **more: Any) -> Message:
        act = {"platform": self.platform, "user": user, "channel": self.channel, "kind": kind, "text": text}
        return self.sandbox.act(**{**act, "files": files or [], **more})

    def press(self, message: Message, label: str, *, user: str = "ada", **more: Any) -> Message:
        action = next(button["action"] for button in message["buttons"] if button["label"] == label)
        act = {"platform": self.platform, "user": user, "channel": self.channel, "kind": "press", "message": message["id"]}
        return self.sandbox.act(**{**act, "action": action, **more})

    def pictures(self, after: str | None, *, count: int = 1, channel: str | None = None) -> Message:
        """The next message of the bot with this many pictures."""
        return self.sandbox.wait_for(
            self.platform,
            channel or self.channel,
            lambda message: message["author"] == "bot" and len(message["files"]) == count,
            after=after,
        )

    def words(self, after: str | None, wanted: str, *, channel: str | None = None) -> Message:
        """The next message of the bot that says this."""
        return self.sandbox.wait_for(
            self.platform,
            channel or self.channel,
            lambda message: message["author"] == "bot" and wanted in message["text"],
            after=after,
        )

    def calls_since(self, count: int) -> list[Message]:
        return self.sandbox.calls()[count:]


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


def attached(content: bytes, name: str = "picture.png") -> Message:
    return {"name": name, "base64": base64.b64encode(content).decode()}


def painted(colour: tuple[int, int, int], *, size: tuple[int, int] = (320, 240), form: str = "PNG", **save: Any) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, format=form, **save)
    return out.getvalue()
