"""The running program under attack, and what attackers do to it."""

import base64
import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.contracts import JsonObject
from sandbox.driver import Bot, Sandbox

PLATFORMS = ("discord", "slack")
ATTACKER, BYSTANDER = "ada", "bob"
BATTLEFIELD, QUIET_CHANNEL = "general", "art"
PICTURE_S = 2.0
"""How long a gateway takes for a picture: long beside what a busy test machine adds."""
AT_ONCE = 16
READY_S = 60.0
IDLE_S = 60.0
POLL_S = 0.2
OPEN = "jobs_waiting = 1000\n"
BYSTANDER_WORDS = "a lake, "
BYSTANDER_GATEWAY = "ark_intl"
OPEN_JOBS = "SELECT count(*) FROM job WHERE ended_at IS NULL AND command NOT LIKE ?"
PROCESSES = Path("/proc")


@dataclass(frozen=True, kw_only=True)
class Target:
    sandbox: Sandbox
    bot: Bot

    @property
    def listen(self) -> tuple[str, int]:
        host, _, port = self.sandbox.env["LISTEN"].rpartition(":")
        return host, int(port)

    def command(self, platform: str, prompt: str, *, user: str = ATTACKER, channel: str = BATTLEFIELD) -> JsonObject:
        """Send `/imagine`; return the sandbox's account of it."""
        fields: JsonObject = {"options": {"prompt": prompt}} if platform == "discord" else {"text": prompt}
        return self.sandbox.act(platform=platform, user=user, channel=channel, kind="command", name="imagine", **fields)

    def edit(self, platform: str, prompt: str, files: Sequence[bytes]) -> JsonObject:
        """Mention the bot in a message with files."""
        return self.say(platform, f"@bot {prompt}", files=files)

    def say(self, platform: str, text: str, *, files: Sequence[bytes] = (), channel: str = BATTLEFIELD) -> JsonObject:
        return self.sandbox.act(platform=platform, user=ATTACKER, channel=channel, kind="message", text=text, files=named(files))

    def wait_answered(self, count: int) -> list[str]:
        """Wait until each of so many messages on each platform has an answer, and then until no job is open; what was not answered."""
        deadline = time.monotonic() + IDLE_S
        missing = {platform: count - self._answers(platform) for platform in PLATFORMS}
        while any(left > 0 for left in missing.values()) and time.monotonic() < deadline:
            time.sleep(POLL_S)
            missing = {platform: count - self._answers(platform) for platform in PLATFORMS}
        self.wait_idle()
        return [f"{left} of {count} messages were not answered on {platform}" for platform, left in missing.items() if left > 0]

    def _answers(self, platform: str) -> int:
        """How many messages of the bot are in the channel, for all or for the attacker alone."""
        return sum(message["author"] == "bot" for message in self.sandbox.seen(platform, BATTLEFIELD))

    def wait_idle(self) -> None:
        """Wait until no job of the attacker is open, or for a while."""
        database = Path(self.sandbox.env["DATA_DIR"]) / "seedream-bot.db"
        deadline = time.monotonic() + IDLE_S
        while time.monotonic() < deadline:
            with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
                row = connection.execute(OPEN_JOBS, (f"%{BYSTANDER_WORDS}%",)).fetchone()
            if row[0] == 0:
                return
            time.sleep(POLL_S)

    def paid_calls(self, word: str) -> list[JsonObject]:
        """Calls with this word in their prompt."""
        return [call for call in self.sandbox.calls() if word in str(call["body"].get("prompt", ""))]


def fetched(target: Target) -> int:
    """How many members' files the bot has fetched."""
    return len(target.sandbox.fetches())


def named(files: Sequence[bytes]) -> list[JsonObject]:
    """Files as the sandbox takes them."""
    return [{"name": f"file-{number}.png", "base64": base64.b64encode(content).decode()} for number, content in enumerate(files)]


def at_once(acts: Sequence[Callable[[], Any]]) -> list[Any]:
    """Do all of these at the same time, as a script does."""
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="attacker") as pool:
        return [future.result() for future in [pool.submit(act) for act in acts]]


def tiers(sandbox: Sandbox, *, attacker_images: int) -> str:
    """Quota in plenty, but `attacker_images` a day for the attacker."""
    ids = [f"discord:{sandbox.line['discord']['users'][ATTACKER]}", _slack_id(sandbox, ATTACKER)]
    listed = ", ".join(f'"{one}"' for one in ids)
    attacker = f'[[quota.tier]]\nname = "attacker"\nmembers = [{listed}]\nimages_per_day = {attacker_images}\n{OPEN}'
    return f'{attacker}\n[[quota.tier]]\nname = "plenty"\nimages_per_day = 10000\n{OPEN}'


def _slack_id(sandbox: Sandbox, user: str) -> str:
    slack = sandbox.line["slack"]
    return f"slack:{slack['team']}/{slack['users'][user]}"


@contextmanager
def open_target(*, attacker_images: int, gateways: Sequence[str] = ()) -> Iterator[Target]:
    """Run a sandbox and the bot, with gateways beside the other member's; the bot is stopped by whoever attacks."""
    names = ",".join([BYSTANDER_GATEWAY, *gateways])
    with Sandbox.start("--gateways", names, "--prepared", "640", "--no-message-limits", "--pace", str(PICTURE_S)) as sandbox:
        bot = sandbox.start_bot(config_extra=tiers(sandbox, attacker_images=attacker_images))
        for platform in PLATFORMS:
            bot.wait_ready(platform, READY_S)
        yield Target(sandbox=sandbox, bot=bot)


def memory_mb(pid: int) -> float:
    """What a process and its children hold now, in megabytes; 0 where the system does not say."""
    page = os.sysconf("SC_PAGE_SIZE")
    held = 0
    waiting = [pid]
    while waiting:
        one = waiting.pop()
        try:
            held += int((PROCESSES / f"{one}/statm").read_text("ascii").split()[1]) * page
            waiting += [int(child) for child in (PROCESSES / f"{one}/task/{one}/children").read_text("ascii").split()]
        except OSError:
            continue
    return held / 1_000_000
