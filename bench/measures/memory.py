"""Memory at rest, and with jobs that wait for a slow gateway."""

from bench.figures import Figure, Measure, Readings, alternate
from bench.platforms import Platform
from bench.scale import Scale
from bench.testbed import FOREVER_S, Program, Testbed, open_testbed

RATE = 100.0


def measure(scale: Scale) -> list[Figure]:
    return [figure for platform in scale.platforms for figure in _measure(scale, platform)]


def _measure(scale: Scale, platform: Platform) -> list[Figure]:
    rest, waiting = f"memory.{platform.name}.rest", f"memory.{platform.name}.{scale.jobs_in_memory}_waiting"
    measures = [
        Measure(name=rest, unit="MB", beside="bare bot"),
        Measure(name=waiting, unit="MB", beside="bare bot with as many unanswered commands"),
    ]

    def readings(testbed: Testbed, program: Program) -> Readings:
        at_rest = program.memory_mb(after_s=scale.settled_s)
        testbed.load(scale.jobs_in_memory, RATE)
        found = {rest: at_rest, waiting: program.memory_mb(after_s=scale.unused_s)}
        program.kill()
        return found

    def ours() -> Readings:
        with open_testbed(platform, scale, held=True) as testbed:
            return readings(testbed, testbed.start_ours())

    def bare() -> Readings:
        with open_testbed(platform, scale, held=True) as testbed:
            return readings(testbed, testbed.start_bare(delay_s=FOREVER_S))

    return alternate(measures, scale.rounds, ours, bare)
