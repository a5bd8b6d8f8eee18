"""From the start of the process after a power cut to the first job that goes on."""

from bench.figures import Aim, Figure, Measure, Readings, alternate
from bench.ground import Ground, open_ground, until
from bench.platforms import Platform
from bench.scale import Scale
from sandbox.contracts import JsonObject

RATE = 100.0
RESUMED_S = 30.0
AIM = Aim(most=2.0)


def measure(scale: Scale) -> list[Figure]:
    return [figure for platform in scale.platforms for figure in _measure(scale, platform)]


def _measure(scale: Scale, platform: Platform) -> list[Figure]:
    name = f"restart.{platform.name}.{scale.open_jobs}_open"
    measures = [Measure(name=name, unit="s", beside="start-up of the bare library", aim=AIM)]

    def ours() -> Readings:
        with open_ground(platform, scale, held=True) as ground:
            ground.start_ours().kill()
            before = ground.start_ours()
            ground.load(scale.open_jobs, RATE)
            before.kill()
            known = len(ground.noted())
            after = ground.start_ours()
            resumed_s = _resumed_at(ground, known) - after.started_at
            after.kill()
            return {name: resumed_s}

    def bare() -> Readings:
        with open_ground(platform, scale) as ground:
            ground.start_bare().kill()
            program = ground.start_bare()
            program.kill()
            return {name: program.ready_s}

    return alternate(measures, scale.rounds, ours, bare)


def _resumed_at(ground: Ground, known: int) -> float:
    """When the gateway took the first call that it had not heard before the cut."""

    def look() -> list[JsonObject]:
        return ground.noted()[known:]

    calls = until(look, bool, timeout_s=RESUMED_S)
    if not calls:
        raise TimeoutError("no job went on after the restart")
    return float(calls[0]["at"])
