"""One attack, and the verdict on it."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.attack.bystander import Watch, usual_s, watching
from tests.attack.target import Target, open_target

MOST_TIMES_USUAL = 1.5
MOST_ACKNOWLEDGED_S = 1.0
STOP_S = 65.0
"""The bot's grace of a minute for running work, and what it takes to end."""
MOST_MEMORY_MB = 2000
"""The limit that the README states for the bot and the processes it starts."""


@dataclass(frozen=True, kw_only=True)
class Attack:
    """`run` attacks until it has had its answers, and returns what was wrong: counted work, not times.

    `attacker_images` is the attacker's quota a day; `gateways` are those that only the attacker uses.
    """

    name: str
    about: str
    run: Callable[[Target], list[str]]
    attacker_images: int = 10_000
    gateways: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Verdict:
    name: str
    findings: list[str]
    figures: dict[str, float] = field(default_factory=dict)
    log: str = ""


def carry_out(attack: Attack, *, timed: bool = True) -> Verdict:
    """Attack a program of its own. Without `timed`, only what can be counted is judged."""
    with open_target(attacker_images=attack.attacker_images, gateways=attack.gateways) as target:
        usual = usual_s(target) if timed else {}
        with watching(target) as watch:
            findings = attack.run(target)
        findings += _unserved(watch)
        began = time.monotonic()
        code = target.bot.stop(STOP_S)
        stopped_s = time.monotonic() - began
        findings += [f"SIGTERM ended with exit {code} after {stopped_s:.0f} s"] if code != 0 else []
        findings += ["the log has a traceback"] if "Traceback" in target.bot.text else []
        figures = _figures(watch, usual) | {"stop s": stopped_s}
        if timed:
            findings += _too_slow(watch, usual)
        return Verdict(name=attack.name, findings=findings, figures=figures, log=target.bot.text)


def _unserved(watch: Watch) -> list[str]:
    return [f"a picture of the other member on {one.platform} never came" for one in watch.services if one.arrived_s is None]


def _figures(watch: Watch, usual: dict[str, float]) -> dict[str, float]:
    figures: dict[str, float] = {}
    for platform, usual_time in usual.items():
        served = [one for one in watch.services if one.platform == platform]
        figures[f"{platform} arrival ×"] = max((one.arrived_s or 0.0) / usual_time for one in served)
        figures[f"{platform} ack s"] = max(one.acknowledged_s or 0.0 for one in served)
    return figures | {"memory MB": watch.peak_mb, "served": float(len(watch.services))}


def _too_slow(watch: Watch, usual: dict[str, float]) -> list[str]:
    findings: list[str] = []
    for one in watch.services:
        if one.acknowledged_s is None or one.acknowledged_s > MOST_ACKNOWLEDGED_S:
            findings.append(f"a command of the other member on {one.platform} was acknowledged after {one.acknowledged_s} s")
        if one.arrived_s is not None and one.arrived_s > MOST_TIMES_USUAL * usual[one.platform]:
            times = one.arrived_s / usual[one.platform]
            findings.append(f"a picture of the other member on {one.platform} took {times:.1f} × its usual time")
    if watch.peak_mb > MOST_MEMORY_MB:
        findings.append(f"the bot held {watch.peak_mb:.0f} MB")
    return findings
