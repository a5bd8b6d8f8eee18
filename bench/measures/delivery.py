"""From the gateway's last byte to the platform's 200: what checking, storing, settling and posting a set adds to a bare pipe."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from bench.children import ChildError, run_child
from bench.figures import Aim, Figure, Measure, Readings, alternate
from bench.platforms import Platform
from bench.scale import Scale
from bench.testbed import Testbed, open_testbed, wait_until
from sandbox.contracts import JsonObject

SIZES = ("2K", "4K")
COUNTS = (1, 4)
AIM = Aim(times=1.2)
ARRIVAL_S = 30.0


@dataclass(frozen=True, kw_only=True)
class PictureSet:
    """One kind of set: how many pictures of which size."""

    platform: str
    size: str
    count: int

    @property
    def after_bytes(self) -> str:
        """The name of the figure that starts at the last byte of the last picture."""
        return f"delivery.{self.platform}.{self.count}×{self.size}"

    @property
    def after_answer(self) -> str:
        """The name of the figure that starts at the gateway's answer, downloads included."""
        return f"{self.after_bytes}.whole"


MakeSets = Callable[[PictureSet, int], list[float]]
"""Makes a number of sets one after another; returns when the platform accepted each, in seconds since 1970."""


def measure(scale: Scale) -> list[Figure]:
    return [figure for platform in scale.platforms for figure in _measure(scale, platform)]


def _measure(scale: Scale, platform: Platform) -> list[Figure]:
    sets = [PictureSet(platform=platform.name, size=size, count=count) for size in SIZES for count in COUNTS]
    measures = [
        Measure(name=name, unit="ms", beside=beside, aim=AIM)
        for picture_set in sets
        for name, beside in (
            (picture_set.after_bytes, "raw pipe, from the pictures' last byte"),
            (picture_set.after_answer, "raw pipe, from the answer's last byte"),
        )
    ]

    def ours() -> Readings:
        readings: dict[str, float] = {}
        with open_testbed(platform, scale) as testbed:
            # A program for each kind of set: after fifty files, ours would wait for Slack's rate limits, which the pipe ignores.
            # The quick run has twenty.
            for kinds in [sets] if scale.quick else [[picture_set] for picture_set in sets]:
                program = testbed.start_ours()
                readings |= _readings(testbed, kinds, partial(_ask_ours, testbed), scale.deliveries)
                program.kill()
        return readings

    def bare() -> Readings:
        with open_testbed(platform, scale) as testbed:
            return _readings(testbed, sets, partial(_ask_pipe, testbed), scale.deliveries)

    return alternate(measures, scale.rounds, ours, bare)


def _readings(testbed: Testbed, sets: Sequence[PictureSet], make: MakeSets, times: int) -> Readings:
    """Measure each kind of set. The first one is not counted: it draws pictures, opens connections and loads code."""
    readings: dict[str, float] = {}
    for picture_set in sets:
        make(picture_set, 1)
        before = len(testbed.calls())
        posted = make(picture_set, times)
        calls = testbed.calls()[before:]
        if len(calls) != len(posted):
            raise ChildError(f"{len(calls)} calls became {len(posted)} messages")
        for name, instant in ((picture_set.after_bytes, "fetched_at"), (picture_set.after_answer, "answered_at")):
            spans = [at - call[instant] for at, call in zip(posted, calls, strict=True)]
            readings[name] = statistics.median(spans) * 1000
    return readings


def _ask_ours(testbed: Testbed, picture_set: PictureSet, times: int) -> list[float]:
    channel = testbed.platform.channels(testbed.sandbox.line)[0]
    posted = []
    for number in range(times):
        act = testbed.platform.acts(
            testbed.sandbox.line, 1, f"set {number} --size {picture_set.size} --count {picture_set.count} --model 5.0-lite"
        )[0]
        seen = testbed.sandbox.seen(testbed.platform.name, channel)
        after = str(seen[-1]["id"]) if seen else None
        testbed.sandbox.act(**act | {"channel": channel})
        posted.append(_arrival_times(testbed, channel, after, picture_set.count, 1)[0])
    return posted


def _ask_pipe(testbed: Testbed, picture_set: PictureSet, times: int) -> list[float]:
    channel = testbed.platform.channels(testbed.sandbox.line)[0]
    seen = testbed.sandbox.seen(testbed.platform.name, channel)
    after = str(seen[-1]["id"]) if seen else None
    prompts = [{"text": f"set {number}", "size": picture_set.size, "count": picture_set.count} for number in range(times)]
    stdin = {"gateway": testbed.gateway_url, "channel": channel, "prompts": prompts}
    run_child(testbed.platform.pipe, stdin=stdin, env=testbed.sandbox.env)
    return _arrival_times(testbed, channel, after, picture_set.count, times)


def _arrival_times(testbed: Testbed, channel: str, after: str | None, pictures: int, messages: int) -> list[float]:
    """Return when the platform accepted the complete sets after a message."""

    def poll() -> list[JsonObject]:
        seen = testbed.sandbox.seen(testbed.platform.name, channel, after)
        return [message for message in seen if len(message["files"]) == pictures]

    complete = wait_until(poll, lambda found: len(found) >= messages, timeout_s=ARRIVAL_S)
    if len(complete) < messages:
        raise ChildError(f"{len(complete)} of {messages} sets arrived")
    return [testbed.platform.taken_at(message) for message in complete]
