"""Runs the bot's processes and disrupts them and their database."""

import contextlib
import json
import os
import sqlite3
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import assert_never

from sandbox.driver import Bot, Sandbox
from tests.chaos.evidence import TAG, live_states, open_read_only
from tests.chaos.plan import CALL_STATES, ENDED, PLATFORMS, RECORDED, WRITES, Disruption

DATABASE = "seedream-bot.db"
CONFIG = """
[[quota.tier]]
name = "plenty"
images_per_day = 10000
jobs_at_once = 1000
jobs_waiting = 100000

[[budget]]
pictures = 1000000
per = "month"
"""
READY_S = 90.0
STATE_TIMEOUT_S = 4.0
"""How long a kill waits for its state; after that the bot is killed in any state."""
POLL_S = 0.002
STOP_TIMEOUT_S = 75.0
CONDITIONS = {
    # States of a call.
    **dict.fromkeys(CALL_STATES, "EXISTS (SELECT 1 FROM call WHERE call.job = job.id AND call.state = :moment)"),
    ENDED: "told_at IS NULL AND ended_at IS NOT NULL",
    RECORDED: "state = 'delivering' AND EXISTS (SELECT 1 FROM message WHERE message.job = job.id AND message.pictures <> '[]')",
}
HEALTH_S = 20.0
"""How long the health report may take to show what is wrong with the database."""
BALLAST_BYTES = 1024 * 1024


class Deployment:
    def __init__(self, sandbox: Sandbox, *, data_dir: Path | None = None, report: Callable[[str], None]) -> None:
        self._sandbox = sandbox
        if data_dir is not None:
            sandbox.env["DATA_DIR"] = str(data_dir)
        self.folder = Path(sandbox.env["DATA_DIR"])
        self.database = self.folder / DATABASE
        self.findings: list[str] = []
        self.found_states: Counter[str] = Counter()
        """The number of kills that found jobs in each state."""
        self.disruptions: Counter[str] = Counter()
        self._report = report
        self._bots: list[Bot] = []
        self._bot: Bot | None = None

    @property
    def log(self) -> str:
        """Return the output of all processes in order."""
        return "\n".join(f"=== process {number}\n{bot.text}" for number, bot in enumerate(self._bots, start=1))

    def start(self) -> Bot:
        bot = self._sandbox.start_bot(config_extra=CONFIG, env={"LOG_LEVEL": "info"})
        self._bots.append(bot)
        for platform in PLATFORMS:
            bot.wait_ready(platform, READY_S)
        self._bot = bot
        return bot

    def tag_of(self, job: str) -> str | None:
        """Return the tag of a job's request."""
        with contextlib.suppress(sqlite3.Error), open_read_only(self.database) as connection:
            row = connection.execute("SELECT command FROM job WHERE lower(id) = ?", (job,)).fetchone()
            found = TAG.search(row[0]) if row is not None else None
            return found.group() if found is not None else None
        return None

    def apply(self, disruption: Disruption) -> None:
        self._restart_if_dead()
        self.disruptions[disruption.kind] += 1
        match disruption.kind:
            case "kill":
                self._kill(disruption)
            case "terminate":
                self._stop(self._running())
                time.sleep(disruption.for_s)
                self.start()
            case "deploy":
                before = self._running()
                self.start()
                self._stop(before)
            case "lock":
                self._lock(disruption.for_s)
            case "fill":
                self._fill(disruption.for_s)
            case _:
                assert_never(disruption.kind)

    def wait_idle(self, timeout_s: float) -> None:
        """Wait until every job has ended and its member is notified, or until the timeout."""
        deadline = time.monotonic() + timeout_s
        while live_states(self.database) and time.monotonic() < deadline:
            time.sleep(0.2)

    def close(self) -> None:
        self._restart_if_dead()
        self._stop(self._running())

    def _running(self) -> Bot:
        assert self._bot is not None
        return self._bot

    def _kill(self, disruption: Disruption) -> None:
        if disruption.moment is not None:
            self._wait_for(disruption.moment)
        self._running().kill()
        found = Counter(live_states(self.database))
        self.found_states.update(found.keys())
        self._report(f"kill at {disruption.moment or 'random'}: found {dict(found)}")
        time.sleep(disruption.for_s)
        self.start()

    def _wait_for(self, moment: str) -> None:
        if moment in WRITES and moment != RECORDED:
            self._wait_for_write(moment)
        else:
            self._wait_for_state(moment)

    def _wait_for_write(self, where: str) -> None:
        """Wait until such a write has taken effect, and lose its answer: nothing of it can be recorded."""
        self._sandbox.fault(where, "reset-after", times=1)
        deadline = time.monotonic() + STATE_TIMEOUT_S
        while time.monotonic() < deadline:
            if not any(fault["where"] == where for fault in self._sandbox.pending_faults()):
                return
            time.sleep(POLL_S)

    def _wait_for_state(self, state: str) -> None:
        """Wait until some job is in this state."""
        condition = CONDITIONS.get(state, "state = :moment")
        deadline = time.monotonic() + STATE_TIMEOUT_S
        with open_read_only(self.database) as connection:
            while time.monotonic() < deadline:
                if connection.execute(f"SELECT 1 FROM job WHERE {condition} LIMIT 1", {"moment": state}).fetchone():
                    return
                time.sleep(POLL_S)

    def _stop(self, bot: Bot) -> None:
        code = bot.stop(STOP_TIMEOUT_S)
        self._report(f"SIGTERM: exit {code}")
        if code != 0:
            self.findings.append(f"SIGTERM ended with exit {code}")

    def _lock(self, for_s: float) -> None:
        """Hold the database's write lock like another writer."""
        with closing(sqlite3.connect(self.database, isolation_level=None, timeout=30.0)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            self._report(f"database locked for {for_s:.1f} s")
            time.sleep(for_s)
            self._check_health({"locked", "stalled"})
            connection.execute("ROLLBACK")

    def _check_health(self, expected: set[str]) -> None:
        """The bot's health must soon say why nothing can be written."""
        deadline, found = time.monotonic() + HEALTH_S, ""
        while time.monotonic() < deadline:
            found = self._database_health()
            if found in expected:
                return
            time.sleep(0.2)
        self.findings.append(f"the health report says {found!r} while the database is {' or '.join(sorted(expected))}")

    def _database_health(self) -> str:
        address = f"http://{self._sandbox.env['LISTEN']}/healthz"
        try:
            with urllib.request.urlopen(address, timeout=HEALTH_S) as answer:
                return str(json.load(answer)["database"])
        except urllib.error.HTTPError as refused:
            with refused:
                return str(json.load(refused)["database"])

    def _fill(self, for_s: float) -> None:
        """Fill the disk that contains the data folder."""
        ballast = self.folder.parent / "ballast"
        try:
            with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
                size = BALLAST_BYTES
                while size:
                    try:
                        file.write(bytes(size))
                    except OSError:
                        size //= 2
            self._report(f"disk full for {for_s:.1f} s: {os.statvfs(self.folder).f_bavail} blocks left")
            time.sleep(for_s)
            self._check_health({"full"})
        finally:
            ballast.unlink(missing_ok=True)

    def _restart_if_dead(self) -> None:
        bot = self._running()
        if bot.process.poll() is not None:
            self.findings.append(f"the bot ended by itself with exit {bot.process.returncode}: {bot.log[-3:]}")
            self.start()
