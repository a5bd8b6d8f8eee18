"""Another member, who asks for pictures in words alone and measures how long everything takes."""

import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sandbox.driver import SandboxError
from tests.attack.target import BYSTANDER, BYSTANDER_GATEWAY, BYSTANDER_WORDS, PLATFORMS, QUIET_CHANNEL, Target, memory_mb

USUAL_ROUNDS = 3
LONGEST_S = 120.0
DONE = "Done in"
MEMORY_POLL_S = 0.1


@dataclass(frozen=True, kw_only=True)
class Service:
    """How one request of the bystander was served, in seconds; None if it was not."""

    platform: str
    acknowledged_s: float | None
    arrived_s: float | None


def ask(target: Target, platform: str, word: str) -> Service:
    """Ask for one picture and wait for it."""
    began = time.monotonic()
    prompt = f"{BYSTANDER_WORDS}{word} --gateway {BYSTANDER_GATEWAY}"
    answer = target.command(platform, prompt, user=BYSTANDER, channel=QUIET_CHANNEL)
    acknowledged_ms = answer["acknowledged_ms"]
    acknowledged_s = None if acknowledged_ms is None else float(acknowledged_ms) / 1000
    try:
        # The receipt has the words; it says so once the picture is posted.
        target.sandbox.wait_for(
            platform,
            QUIET_CHANNEL,
            lambda message: all(part in f"{message['text']} {message.get('blocks_text', '')}" for part in (word, DONE)),
            timeout=LONGEST_S,
        )
    except SandboxError:
        return Service(platform=platform, acknowledged_s=acknowledged_s, arrived_s=None)
    return Service(platform=platform, acknowledged_s=acknowledged_s, arrived_s=time.monotonic() - began)


def usual_s(target: Target) -> dict[str, float]:
    """The usual time until a picture arrives, for each platform; the very first picture does not count."""
    times: dict[str, float] = {}
    for platform in PLATFORMS:
        served = [ask(target, platform, f"usual{number}{platform}").arrived_s for number in range(USUAL_ROUNDS + 1)]
        times[platform] = statistics.median([time_s for time_s in served[1:] if time_s is not None] or [LONGEST_S])
    return times


@dataclass
class Watch:
    """What the bystander met while an attack went on, and the most memory that the bot held."""

    services: list[Service] = field(default_factory=list)
    peak_mb: float = 0.0


@contextmanager
def watching(target: Target) -> Iterator[Watch]:
    """Ask for one picture after another on both platforms, and watch the memory; ends with the last picture."""
    watch = Watch()
    over = threading.Event()

    def ask_on(platform: str) -> None:
        number = 0
        while not over.is_set() or number == 0:
            watch.services.append(ask(target, platform, f"under{number}{platform}"))
            number += 1

    def look() -> None:
        while not over.wait(MEMORY_POLL_S):
            watch.peak_mb = max(watch.peak_mb, memory_mb(target.bot.process.pid))

    threads = [*(threading.Thread(target=ask_on, args=(platform,)) for platform in PLATFORMS), threading.Thread(target=look)]
    for thread in threads:
        thread.start()
    try:
        yield watch
    finally:
        over.set()
        for thread in threads:
            thread.join()
