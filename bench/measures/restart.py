"""From the start of the process after a power cut to the first resumed job."""

from bench.figures import Aim, Figure, Measure, Readings, alternate
from bench.platforms import Platform
from bench.scale import Scale
from bench.testbed import Testbed, open_testbed, wait_until
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
        with open_testbed(platform, scale, held=True) as testbed:
            testbed.start_ours().kill()
            before = testbed.start_ours()
            testbed.load(scale.open_jobs, RATE)
            before.kill()
            known = len(testbed.calls())
            after = testbed.start_ours()
            resumed_s = _resumed_at(testbed, known) - after.started_at
            after.kill()
            return {name: resumed_s}

    def bare() -> Readings:
        with open_testbed(platform, scale) as testbed:
            testbed.start_bare().kill()
            program = testbed.start_bare()
            program.kill()
            return {name: program.ready_s}

    return alternate(measures, scale.rounds, ours, bare)


def _resumed_at(testbed: Testbed, known: int) -> float:
    """Return when the gateway received the first new call after the restart."""

    def poll() -> list[JsonObject]:
        return testbed.calls()[known:]

    calls = wait_until(poll, bool, timeout_s=RESUMED_S)
    if not calls:
        raise TimeoutError("no job was resumed after the restart")
    return float(calls[0]["at"])
