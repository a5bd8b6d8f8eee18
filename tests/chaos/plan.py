"""What a run does and when, from its seed alone: who asks for what, and what befalls the bot meanwhile; pure."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal

AskKind = Literal["command", "mention", "edit", "again"]
BlowKind = Literal["kill", "terminate", "deploy", "lock", "fill"]
ENDED = "ended"
"""Over, and its member not told yet."""
MOMENTS = ("received", "accepted", "submitting", "running", "collecting", "delivering", ENDED)
"""Where a job may be when the power goes."""
PLATFORMS = ("discord", "slack")
MOST_COUNT = 4
BEFORE_FIRST_S = 1.0


@dataclass(frozen=True, kw_only=True)
class Ask:
    """One member's wish, `at` seconds after the start. `tag` stands in the prompt and is found again in every book."""

    tag: str
    at: float
    platform: str
    user: int
    channel: int
    kind: AskKind
    gateway: str
    count: int
    trouble: str = ""
    """A word of the stand-ins that spoils a picture."""

    @property
    def prompt(self) -> str:
        return f"{self.tag} a lighthouse in a storm {self.trouble}".strip()


@dataclass(frozen=True, kw_only=True)
class Blow:
    """`moment`: strike when some job is there; None strikes blindly. `for_s`: how long the bot is gone, or the trouble lasts."""

    at: float
    kind: BlowKind
    moment: str | None
    for_s: float


@dataclass(frozen=True, kw_only=True)
class Plan:
    asks: tuple[Ask, ...]
    blows: tuple[Blow, ...]
    seconds: float


def plan(
    *,
    jobs: int,
    blows: int,
    seed: int,
    gateways: Sequence[str],
    rate: float,
    kinds: Sequence[BlowKind] = ("kill",),
) -> Plan:
    """So many asks at `rate` a second over both platforms and all gateways; blows spread over the same time, each kind in turn."""
    chance = Random(f"chaos {seed}")
    seconds = jobs / rate
    return Plan(
        asks=tuple(_ask(number, at=number / rate, chance=chance, gateways=gateways) for number in range(jobs)),
        blows=tuple(_blow(number, blows, seconds, chance, kinds) for number in range(blows)),
        seconds=seconds,
    )


def blows_for(kills: int, kinds: Sequence[BlowKind]) -> int:
    """How many blows fall until so many of them are kills, where the kinds take turns."""
    turns = itertools.cycle(kinds)
    blows = 0
    while kills > 0:
        kills -= next(turns) == "kill"
        blows += 1
    return blows


def _ask(number: int, *, at: float, chance: Random, gateways: Sequence[str]) -> Ask:
    kind: AskKind = chance.choices(("command", "mention", "edit", "again"), (60, 15, 15, 10))[0]
    return Ask(
        tag=f"wish-{number:05d}",
        at=at,
        platform=PLATFORMS[number % len(PLATFORMS)],
        user=chance.randrange(1_000_000),
        channel=chance.randrange(1_000_000),
        kind=kind,
        # Every gateway on both platforms, however few the wishes.
        gateway=gateways[number // len(PLATFORMS) % len(gateways)],
        count=chance.choices(range(1, MOST_COUNT + 1), (4, 2, 1, 1))[0],
        trouble=chance.choices(("", "forbidden-output 2", "broken-output 2", "forbidden-text"), (88, 5, 4, 3))[0],
    )


def _blow(number: int, blows: int, seconds: float, chance: Random, kinds: Sequence[BlowKind]) -> Blow:
    between = (seconds - BEFORE_FIRST_S) / blows
    kind = kinds[number % len(kinds)]
    # Every third is blind, the others take the moments in turn.
    aimed = kind == "kill" and number % 3 != 2
    return Blow(
        at=BEFORE_FIRST_S + between * (number + chance.uniform(0.0, 0.6)),
        kind=kind,
        moment=MOMENTS[(number - number // 3) % len(MOMENTS)] if aimed else None,
        for_s=chance.choice((0.0, 0.0, 0.5, 1.5)) if kind in {"kill", "terminate"} else chance.uniform(1.0, 8.0),
    )
