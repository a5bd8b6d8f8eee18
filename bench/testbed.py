"""The testbed of one session: a fresh sandbox, a gateway for loads, and one measured program at a time."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from bench.children import Server, command
from bench.load import TOO_LATE_MS, Load, run_load
from bench.platforms import PLATFORMS, Platform
from bench.probe import PROBE_FILE
from bench.resources import resident_mb
from bench.scale import Scale
from sandbox.contracts import JsonObject
from sandbox.driver import Bot, Sandbox

FOREVER_S = 3600.0
POLL_S = 0.05
DELIVERY_POLL_S = 0.5
GATEWAY = """
[[gateway]]
name = "load"
dialect = "ark_intl"
api_key_env = "LOAD_KEY"
base_url = "{url}/api/v3"
mode = "sync"
allow_private_results = true
priority = 100
concurrency = {concurrency}

[[quota.tier]]
name = "plenty"
images_per_day = 10000
jobs_at_once = 1000
jobs_waiting = 100000
"""


@dataclass(frozen=True, kw_only=True)
class Program:
    """A measured process; `started_at` is in seconds since 1970, `ready_s` the time until it was ready."""

    bot: Bot
    started_at: float
    ready_s: float
    probe: Path

    def memory_mb(self, *, after_s: float) -> float:
        """Return its memory in megabytes after a pause."""
        time.sleep(after_s)
        return resident_mb(self.bot.process.pid)

    def kill(self) -> None:
        self.bot.kill()


Value = TypeVar("Value")


class Testbed:
    """Starts one program after another against the same sandbox and gateway."""

    def __init__(self, platform: Platform, sandbox: Sandbox, gateway: Server) -> None:
        self.platform = platform
        self.sandbox = sandbox
        # Leave the program on one platform only: work for the others would be measured too.
        for other in PLATFORMS:
            if other is not platform:
                sandbox.env = {name: value for name, value in sandbox.env.items() if not name.startswith(other.settings)}
        self._gateway = gateway
        self._picture: Path | None = None
        self._programs = 0

    @property
    def database(self) -> Path:
        return Path(self.sandbox.env["DATA_DIR"]) / "seedream-bot.db"

    @property
    def gateway_url(self) -> str:
        return self._gateway.url

    def start_ours(self, *, concurrency: int = 8, probed: bool = False) -> Program:
        run = command("bench.probed") if probed else command("adapters", "run")
        extra = GATEWAY.format(url=self._gateway.url, concurrency=concurrency)
        return self._start(run, {"LOAD_KEY": "a-key-for-loads"}, config_extra=extra, probed=probed)

    def start_bare(self, *, delay_s: float = 0.0, probed: bool = False) -> Program:
        env = {"BENCH_DELAY_S": str(delay_s), "BENCH_PICTURE": str(self._picture_for_bare())}
        return self._start(command(self.platform.bare), env, probed=probed)

    def load(self, count: int, rate: float, prompt: str = "a fox, number #") -> Load:
        line = self.sandbox.line
        load = run_load(line, self.platform.acts(line, count, prompt), rate)
        if load.unacknowledged:
            sys.stderr.write(f"{load.unacknowledged} of {count} commands were never acknowledged\n")
        return load

    def ask(self, prompt: str) -> float:
        """Give one command; seconds until it is acknowledged."""
        (act,) = self.platform.acts(self.sandbox.line, 1, prompt)
        acknowledged_ms = self.sandbox.act(**act)["acknowledged_ms"]
        return (TOO_LATE_MS if acknowledged_ms is None else float(acknowledged_ms)) / 1000

    def release(self) -> None:
        """Let the gateway answer the held calls."""
        self._gateway.send("POST", "/release")

    def calls(self) -> list[JsonObject]:
        """Return the gateway's calls, oldest first."""
        calls: list[JsonObject] = json.loads(self._gateway.send("GET", "/calls"))
        return calls

    def delivered(self) -> int:
        """Count the messages with pictures in all channels."""
        seen = (self.sandbox.seen(self.platform.name, channel) for channel in self.platform.channels(self.sandbox.line))
        return sum(bool(message["files"]) for messages in seen for message in messages)

    def wait_delivered(self, count: int, *, timeout_s: float) -> int:
        """Wait until `count` messages are delivered; return how many were delivered in time."""
        # Reading every channel is work for the sandbox, which is busy at that moment: do it rarely.
        return wait_until(self.delivered, lambda delivered: delivered >= count, timeout_s=timeout_s, every_s=DELIVERY_POLL_S)

    def _start(self, run: list[str], env: dict[str, str], *, config_extra: str = "", probed: bool = False) -> Program:
        self._programs += 1
        probe = self.sandbox.config.with_name(f"probe-{self._programs}.txt")
        env |= {PROBE_FILE: str(probe)} if probed else {}
        began, started_at = time.monotonic(), time.time()
        bot = self.sandbox.start_bot(config_extra=config_extra, env=env, command=run)
        bot.wait_ready(self.platform.name)
        return Program(bot=bot, started_at=started_at, ready_s=time.monotonic() - began, probe=probe)

    def _picture_for_bare(self) -> Path:
        if self._picture is None:
            self._picture = self.sandbox.config.with_name("picture.jpg")
            self._picture.write_bytes(self._gateway.send("GET", "/picture/2048"))
        return self._picture


Start = Callable[[Testbed], Program]


def wait_until(
    poll: Callable[[], Value],
    good: Callable[[Value], bool],
    *,
    timeout_s: float,
    every_s: float = POLL_S,
) -> Value:
    """Poll until the result is good or the time is over, and return the last result."""
    deadline = time.monotonic() + timeout_s
    while True:
        found = poll()
        if good(found) or time.monotonic() >= deadline:
            return found
        time.sleep(every_s)


@contextmanager
def open_testbed(
    platform: Platform,
    scale: Scale,
    *,
    channels: int | None = None,
    side: int = 0,
    held: bool = False,
) -> Iterator[Testbed]:
    """Start a fresh sandbox and gateway, and end them with everything started here."""
    sizes = ("--users", str(scale.users), "--channels", str(channels or scale.channels))
    gateway = Server("bench.gateway", "--side", str(side), *(["--held"] if held else []))
    try:
        with Sandbox.start("--no-message-limits", *sizes) as sandbox:
            yield Testbed(platform, sandbox, gateway)
    finally:
        gateway.close()
