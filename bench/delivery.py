"""From the gateway's last byte to the platform's 200: what checking, keeping, settling and posting a set adds to a bare pipe."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from bench.children import ChildError, run_child
from bench.figures import Aim, Figure, Measure, Readings, alternate
from bench.ground import Ground, open_ground, until
from bench.platforms import Platform
from bench.scale import Scale
from sandbox.contracts import JsonObject

SIZES = ("2K", "4K")
COUNTS = (1, 4)
AIM = Aim(times=1.2)
ARRIVAL_S = 30.0


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of set: how many pictures of which size."""

    platform: str
    size: str
    count: int

    @property
    def after_bytes(self) -> str:
        """The figure from the last byte of the last picture."""
        return f"delivery.{self.platform}.{self.count}×{self.size}"

    @property
    def after_answer(self) -> str:
        """The figure from the gateway's answer, downloads included."""
        return f"{self.after_bytes}.whole"


Ask = Callable[[Kind, int], list[float]]
"""Have so many sets of a kind made, one after another; when the platform took each, in seconds since 1970."""


def measure(scale: Scale) -> list[Figure]:
    return [figure for platform in scale.platforms for figure in _measure(scale, platform)]


def _measure(scale: Scale, platform: Platform) -> list[Figure]:
    kinds = [Kind(platform=platform.name, size=size, count=count) for size in SIZES for count in COUNTS]
    measures = [
        Measure(name=name, unit="ms", beside=beside, aim=AIM)
        for kind in kinds
        for name, beside in (
            (kind.after_bytes, "raw pipe, from the pictures' last byte"),
            (kind.after_answer, "raw pipe, from the answer's last byte"),
        )
    ]

    def ours() -> Readings:
        with open_ground(platform, scale) as ground:
            program = ground.start_ours()
            readings = _readings(ground, kinds, partial(_ask_ours, ground), scale.deliveries)
            program.kill()
            return readings

    def bare() -> Readings:
        with open_ground(platform, scale) as ground:
            return _readings(ground, kinds, partial(_ask_pipe, ground), scale.deliveries)

    return alternate(measures, scale.rounds, ours, bare)


def _readings(ground: Ground, kinds: Sequence[Kind], ask: Ask, times: int) -> Readings:
    """The first set of each kind is not counted: pictures are drawn, connections opened and code loaded for it."""
    readings: dict[str, float] = {}
    for kind in kinds:
        ask(kind, 1)
        before = len(ground.noted())
        posted = ask(kind, times)
        calls = ground.noted()[before:]
        if len(calls) != len(posted):
            raise ChildError(f"{len(calls)} calls became {len(posted)} messages")
        for name, instant in ((kind.after_bytes, "fetched_at"), (kind.after_answer, "answered_at")):
            spans = [at - call[instant] for at, call in zip(posted, calls, strict=True)]
            readings[name] = statistics.median(spans) * 1000
    return readings


def _ask_ours(ground: Ground, kind: Kind, times: int) -> list[float]:
    channel = ground.platform.channels(ground.sandbox.line)[0]
    posted = []
    for number in range(times):
        act = ground.platform.acts(ground.sandbox.line, 1, f"set {number} --size {kind.size} --count {kind.count}")[0]
        seen = ground.sandbox.seen(ground.platform.name, channel)
        after = str(seen[-1]["id"]) if seen else None
        ground.sandbox.act(**act | {"channel": channel})
        posted.append(_arrived(ground, channel, after, kind.count, 1)[0])
    return posted


def _ask_pipe(ground: Ground, kind: Kind, times: int) -> list[float]:
    channel = ground.platform.channels(ground.sandbox.line)[0]
    seen = ground.sandbox.seen(ground.platform.name, channel)
    after = str(seen[-1]["id"]) if seen else None
    prompts = [{"text": f"set {number}", "size": kind.size, "count": kind.count} for number in range(times)]
    said = {"gateway": ground.gateway_url, "channel": channel, "prompts": prompts}
    run_child(ground.platform.pipe, said=said, env=ground.sandbox.env)
    return _arrived(ground, channel, after, kind.count, times)


def _arrived(ground: Ground, channel: str, after: str | None, pictures: int, messages: int) -> list[float]:
    """When the whole sets that stand after a message were taken."""

    def look() -> list[JsonObject]:
        seen = ground.sandbox.seen(ground.platform.name, channel, after)
        return [message for message in seen if len(message["files"]) == pictures]

    whole = until(look, lambda found: len(found) >= messages, timeout_s=ARRIVAL_S)
    if len(whole) < messages:
        raise ChildError(f"{len(whole)} of {messages} sets arrived")
    return [ground.platform.taken_at(message) for message in whole]
