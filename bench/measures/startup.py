"""From the start of the process to its readiness, and to the answer of its first command; and the memory it then rests at."""

import statistics

from bench.figures import Aim, Figure, Measure, Readings, alternate
from bench.platforms import Platform
from bench.scale import Scale
from bench.testbed import Start, Testbed, open_testbed

READY = Aim(times=1.3)
PROMPT = "a fox in the first second"


def measure(scale: Scale) -> list[Figure]:
    return [figure for platform in scale.platforms for figure in _measure(scale, platform)]


def _measure(scale: Scale, platform: Platform) -> list[Figure]:
    ready, answered, rest = (f"startup.{platform.name}{ending}" for ending in ("", ".answered", ".rest"))
    measures = [
        Measure(name=ready, unit="s", beside="bare library", aim=READY),
        Measure(name=answered, unit="s", beside="a command of the bare bot, given when it is ready"),
        Measure(name=rest, unit="MB", beside="bare library"),
    ]

    def session(start: Start) -> Readings:
        with open_testbed(platform, scale) as testbed:
            # The very first start also makes the database and compiles what was never run.
            first = start(testbed)
            at_rest = first.memory_mb(after_s=scale.settled_s)
            first.kill()
            times = [_start_and_ask(testbed, start) for _ in range(scale.starts)]
        return {
            ready: statistics.median(ready_s for ready_s, _ in times),
            answered: statistics.median(answered_s for _, answered_s in times),
            rest: at_rest,
        }

    return alternate(measures, scale.rounds, lambda: session(Testbed.start_ours), lambda: session(Testbed.start_bare))


def _start_and_ask(testbed: Testbed, start: Start) -> tuple[float, float]:
    """Seconds to readiness, and to the acknowledgement of a command that is given then."""
    program = start(testbed)
    waited_s = testbed.ask(PROMPT)
    program.kill()
    return program.ready_s, program.ready_s + waited_s
