"""Where the bot lives during a run: its processes, its database, and what befalls them."""

import contextlib
import os
import sqlite3
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import assert_never

from sandbox.driver import Bot, Sandbox
from tests.chaos.evidence import TAG, live_states, open_read_only
from tests.chaos.plan import PLATFORMS, Blow

DATABASE = "seedream-bot.db"
CONFIG = """
[[quota.tier]]
name = "plenty"
images_per_day = 10000
"""
READY_S = 90.0
CAUGHT_S = 4.0
"""How long a moment is waited for before the blow falls all the same."""
LOOK_S = 0.002
STOPPED_S = 75.0
BALLAST_BYTES = 1024 * 1024


class Deployment:
    def __init__(self, sandbox: Sandbox, *, data_dir: Path | None = None, say: Callable[[str], None]) -> None:
        self._sandbox = sandbox
        if data_dir is not None:
            sandbox.env["DATA_DIR"] = str(data_dir)
        self.folder = Path(sandbox.env["DATA_DIR"])
        self.database = self.folder / DATABASE
        self.findings: list[str] = []
        self.caught: Counter[str] = Counter()
        """How many jobs each blow found where."""
        self.blows: Counter[str] = Counter()
        self._say = say
        self._logs: list[Bot] = []
        self._bot: Bot | None = None

    @property
    def log(self) -> str:
        """What every process wrote, one after the other."""
        return "\n".join(f"=== process {number}\n{bot.text}" for number, bot in enumerate(self._logs, start=1))

    def start(self) -> Bot:
        bot = self._sandbox.start_bot(config_extra=CONFIG, env={"LOG_LEVEL": "info"})
        self._logs.append(bot)
        for platform in PLATFORMS:
            bot.wait_ready(platform, READY_S)
        self._bot = bot
        return bot

    def tag_of(self, job: str) -> str | None:
        """Which wish a job was made of."""
        with contextlib.suppress(sqlite3.Error), open_read_only(self.database) as connection:
            row = connection.execute("SELECT command FROM job WHERE lower(id) = ?", (job,)).fetchone()
            found = TAG.search(row[0]) if row is not None else None
            return found.group() if found is not None else None
        return None

    def strike(self, blow: Blow) -> None:
        self._check_alive()
        self.blows[blow.kind] += 1
        match blow.kind:
            case "kill":
                self._kill(blow)
            case "terminate":
                self._stop(self._running())
                time.sleep(blow.for_s)
                self.start()
            case "deploy":
                before = self._running()
                self.start()
                self._stop(before)
            case "lock":
                self._lock(blow.for_s)
            case "fill":
                self._fill(blow.for_s)
            case _:
                assert_never(blow.kind)

    def wait_idle(self, timeout_s: float) -> None:
        """Until every job has ended and was told, or the time is over."""
        deadline = time.monotonic() + timeout_s
        while live_states(self.database) and time.monotonic() < deadline:
            time.sleep(0.2)

    def close(self) -> None:
        self._check_alive()
        self._stop(self._running())

    def _running(self) -> Bot:
        assert self._bot is not None
        return self._bot

    def _kill(self, blow: Blow) -> None:
        if blow.moment is not None:
            self._catch(blow.moment)
        self._running().kill()
        found = Counter(live_states(self.database))
        self.caught.update(found.keys())
        self._say(f"kill at {blow.moment or 'random'}: found {dict(found)}")
        time.sleep(blow.for_s)
        self.start()

    def _catch(self, moment: str) -> None:
        """Look until some job is there."""
        look = "told_at IS NULL AND ended_at IS NOT NULL" if moment == "ended" else "state = :moment"
        deadline = time.monotonic() + CAUGHT_S
        with open_read_only(self.database) as connection:
            while time.monotonic() < deadline:
                if connection.execute(f"SELECT 1 FROM job WHERE {look} LIMIT 1", {"moment": moment}).fetchone():
                    return
                time.sleep(LOOK_S)

    def _stop(self, bot: Bot) -> None:
        code = bot.stop(STOPPED_S)
        self._say(f"SIGTERM: exit {code}")
        if code != 0:
            self.findings.append(f"SIGTERM ended with exit {code}")

    def _lock(self, for_s: float) -> None:
        """Another program writes, and writes."""
        with closing(sqlite3.connect(self.database, isolation_level=None, timeout=30.0)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            self._say(f"database locked for {for_s:.1f} s")
            time.sleep(for_s)
            connection.execute("ROLLBACK")

    def _fill(self, for_s: float) -> None:
        """Not one byte is left where the data is."""
        ballast = self.folder.parent / "ballast"
        try:
            with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
                size = BALLAST_BYTES
                while size:
                    try:
                        file.write(bytes(size))
                    except OSError:
                        size //= 2
            self._say(f"disk full for {for_s:.1f} s: {os.statvfs(self.folder).f_bavail} blocks left")
            time.sleep(for_s)
        finally:
            ballast.unlink(missing_ok=True)

    def _check_alive(self) -> None:
        bot = self._running()
        if bot.process.poll() is not None:
            self.findings.append(f"the bot ended by itself with exit {bot.process.returncode}: {bot.log[-3:]}")
            self.start()
