"""Plans the requests and disruptions of a run from its seed."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal

RequestKind = Literal["command", "mention", "edit", "again"]
DisruptionKind = Literal["kill", "terminate", "deploy", "lock", "fill"]
ENDED = "ended"
"""The job has ended, but its member has not been notified yet."""
CALL_STATES = ("submitting", "running", "collecting")
KILL_STATES = ("received", "accepted", *CALL_STATES, "delivering", ENDED)
"""The states of a job, and of a call, in which the bot is killed."""
RECORDED = "recorded"
"""A message with the result is recorded, and the end of its job is not."""
WRITES = (
    "discord.rest:POST /channels/*/messages",
    "slack.api:files.completeUploadExternal",
    "discord.rest:PATCH /channels/*",
    "slack.api:chat.delete",
    RECORDED,
    "discord.rest:DELETE /webhooks/*",
    "slack.api:chat.postMessage",
)
"""What is seen of a job is written by these. The bot is killed when such a write has taken effect and its answer is lost."""
MOMENTS = tuple(moment for pair in itertools.zip_longest(WRITES, KILL_STATES) for moment in pair if moment is not None)
PLATFORMS = ("discord", "slack")
MOST_COUNT = 4
SEPARATE_SHARE = 0.4
BEFORE_FIRST_S = 1.0


@dataclass(frozen=True, kw_only=True)
class PlannedRequest:
    """One member's request, `at` seconds after the start. Its `tag` is part of the prompt and identifies it in all evidence."""

    tag: str
    at: float
    platform: str
    user: int
    channel: int
    kind: RequestKind
    gateway: str
    count: int
    trigger_word: str = ""
    """A trigger word of the fake gateways that makes a picture fail."""
    separate: bool = False
    """Each picture is asked for by a call of its own, also of a model that makes sets."""

    @property
    def prompt(self) -> str:
        return f"{self.tag} a lighthouse in a storm {self.trigger_word}".strip()


@dataclass(frozen=True, kw_only=True)
class Disruption:
    """One disruption. It waits for `moment`, a job's state or a write, if that is set. `for_s`: the downtime or fault's length."""

    at: float
    kind: DisruptionKind
    moment: str | None
    for_s: float


@dataclass(frozen=True, kw_only=True)
class Plan:
    requests: tuple[PlannedRequest, ...]
    disruptions: tuple[Disruption, ...]
    seconds: float


def plan(
    *,
    jobs: int,
    disruptions: int,
    seed: int,
    gateways: Sequence[str],
    rate: float,
    kinds: Sequence[DisruptionKind] = ("kill",),
) -> Plan:
    """Plan `jobs` requests at `rate` a second over both platforms and all gateways, and disruptions of alternating kinds over the same time."""
    rng = Random(f"chaos {seed}")
    seconds = jobs / rate
    return Plan(
        requests=tuple(_request(number, at=number / rate, rng=rng, gateways=gateways) for number in range(jobs)),
        disruptions=tuple(_disruption(number, disruptions, seconds, rng, kinds, seed) for number in range(disruptions)),
        seconds=seconds,
    )


def disruptions_for(kills: int, kinds: Sequence[DisruptionKind]) -> int:
    """Return the number of disruptions that contain this many kills when the kinds alternate."""
    cycle = itertools.cycle(kinds)
    disruptions = 0
    while kills > 0:
        kills -= next(cycle) == "kill"
        disruptions += 1
    return disruptions


def _request(number: int, *, at: float, rng: Random, gateways: Sequence[str]) -> PlannedRequest:
    kind: RequestKind = rng.choices(("command", "mention", "edit", "again"), (60, 15, 15, 10))[0]
    return PlannedRequest(
        tag=f"request-{number:05d}",
        at=at,
        platform=PLATFORMS[number % len(PLATFORMS)],
        user=rng.randrange(1_000_000),
        channel=rng.randrange(1_000_000),
        kind=kind,
        # Combine every gateway with both platforms, even in short runs.
        gateway=gateways[number // len(PLATFORMS) % len(gateways)],
        count=rng.choices(range(1, MOST_COUNT + 1), (4, 2, 1, 1))[0],
        separate=rng.random() < SEPARATE_SHARE,
        trigger_word=rng.choices(("", "forbidden-output 2", "broken-output 2", "forbidden-text"), (88, 5, 4, 3))[0],
    )


def _disruption(
    number: int, disruptions: int, seconds: float, rng: Random, kinds: Sequence[DisruptionKind], seed: int
) -> Disruption:
    interval = (seconds - BEFORE_FIRST_S) / disruptions
    kind = kinds[number % len(kinds)]
    # Every third kill is at a random time; the others cycle through the moments.
    targeted = kind == "kill" and number % 3 != 2
    return Disruption(
        at=BEFORE_FIRST_S + interval * (number + rng.uniform(0.0, 0.6)),
        kind=kind,
        moment=MOMENTS[(seed + number - number // 3) % len(MOMENTS)] if targeted else None,
        for_s=rng.choice((0.0, 0.0, 0.5, 1.5)) if kind in {"kill", "terminate"} else rng.uniform(1.0, 8.0),
    )
