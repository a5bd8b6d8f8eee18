"""Memory at rest, and with jobs that wait for a slow gateway."""

from bench.figures import Figure, Measure, Readings, alternate
from bench.ground import FOR_EVER_S, Ground, Program, open_ground
from bench.platforms import Platform
from bench.scale import Scale

RATE = 100.0


def measure(scale: Scale) -> list[Figure]:
    return [figure for platform in scale.platforms for figure in _measure(scale, platform)]


def _measure(scale: Scale, platform: Platform) -> list[Figure]:
    rest, waiting = f"memory.{platform.name}.rest", f"memory.{platform.name}.{scale.jobs_in_memory}_waiting"
    measures = [
        Measure(name=rest, unit="MB", beside="bare bot"),
        Measure(name=waiting, unit="MB", beside="bare bot with as many unanswered commands"),
    ]

    def readings(ground: Ground, program: Program) -> Readings:
        at_rest = program.memory_mb(after_s=scale.settled_s)
        ground.load(scale.jobs_in_memory, RATE)
        found = {rest: at_rest, waiting: program.memory_mb(after_s=scale.unused_s)}
        program.kill()
        return found

    def ours() -> Readings:
        with open_ground(platform, scale, held=True) as ground:
            return readings(ground, ground.start_ours())

    def bare() -> Readings:
        with open_ground(platform, scale, held=True) as ground:
            return readings(ground, ground.start_bare(delay_s=FOR_EVER_S))

    return alternate(measures, scale.rounds, ours, bare)
