"""How late the event loop is while pictures are handled."""

from bench.figures import Aim, Figure, Measure, Readings, alternate, percentile
from bench.platforms import Platform
from bench.probe import lags
from bench.scale import Scale
from bench.testbed import Program, Testbed, open_testbed

RATE = 4.0
"""Commands a second, each for a 2K picture."""
CHANNELS = 10
ARRIVAL_S = 60.0
AIM = Aim(above=20.0)


def measure(scale: Scale) -> list[Figure]:
    return [figure for platform in scale.platforms for figure in _measure(scale, platform)]


def _measure(scale: Scale, platform: Platform) -> list[Figure]:
    measures = [Measure(name=f"lag.{platform.name}.p99", unit="ms", beside="bare bot posting the same pictures", aim=AIM)]

    def ours() -> Readings:
        with open_testbed(platform, scale, channels=CHANNELS) as testbed:
            return _readings(testbed, testbed.start_ours(probed=True), scale)

    def bare() -> Readings:
        with open_testbed(platform, scale, channels=CHANNELS) as testbed:
            return _readings(testbed, testbed.start_bare(probed=True), scale)

    return alternate(measures, scale.rounds, ours, bare)


def _readings(testbed: Testbed, program: Program, scale: Scale) -> Readings:
    load = testbed.load(scale.handled, RATE)
    testbed.wait_delivered(scale.handled, timeout_s=ARRIVAL_S)
    program.kill()
    return {f"lag.{testbed.platform.name}.p99": percentile(lags(program.probe, load.began, load.ended), 99)}
