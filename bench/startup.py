"""From the start of the process to its readiness on the platform."""

import statistics

from bench.figures import Figure, Measure, Readings, alternate
from bench.ground import Ground, Start, open_ground
from bench.platforms import Platform
from bench.scale import Scale


def measure(scale: Scale) -> list[Figure]:
    return [figure for platform in scale.platforms for figure in _measure(scale, platform)]


def _measure(scale: Scale, platform: Platform) -> list[Figure]:
    name = f"startup.{platform.name}"
    measures = [Measure(name=name, unit="s", beside="bare library")]

    def session(start: Start) -> Readings:
        with open_ground(platform, scale) as ground:
            # The very first start also makes the database and compiles what was never run.
            start(ground).kill()
            return {name: statistics.median(_ready_s(ground, start) for _ in range(scale.starts))}

    return alternate(measures, scale.rounds, lambda: session(Ground.start_ours), lambda: session(Ground.start_bare))


def _ready_s(ground: Ground, start: Start) -> float:
    program = start(ground)
    program.kill()
    return program.ready_s
