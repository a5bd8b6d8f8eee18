"""From the start of the process to its readiness on the platform."""

import statistics

from bench.figures import Figure, Measure, Readings, alternate
from bench.platforms import Platform
from bench.scale import Scale
from bench.testbed import Start, Testbed, open_testbed


def measure(scale: Scale) -> list[Figure]:
    return [figure for platform in scale.platforms for figure in _measure(scale, platform)]


def _measure(scale: Scale, platform: Platform) -> list[Figure]:
    name = f"startup.{platform.name}"
    measures = [Measure(name=name, unit="s", beside="bare library")]

    def session(start: Start) -> Readings:
        with open_testbed(platform, scale) as testbed:
            # The very first start also makes the database and compiles what was never run.
            start(testbed).kill()
            return {name: statistics.median(_ready_s(testbed, start) for _ in range(scale.starts))}

    return alternate(measures, scale.rounds, lambda: session(Testbed.start_ours), lambda: session(Testbed.start_bare))


def _ready_s(testbed: Testbed, start: Start) -> float:
    program = start(testbed)
    program.kill()
    return program.ready_s
