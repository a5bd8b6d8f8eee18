"""How long a member waits for the acknowledgement, measured by the platform, while the gateway answers nothing."""

from bench.figures import Aim, Figure, Measure, Readings, alternate, percentile
from bench.platforms import Platform
from bench.scale import Scale
from bench.testbed import FOREVER_S, Program, Testbed, open_testbed

RATES = (20, 100)
"""Commands a second, in an open loop."""
WARM_UP = 10
P50 = Aim(times=1.5)
P99 = Aim(times=1.5, above=5.0)


def measure(scale: Scale) -> list[Figure]:
    return [figure for platform in scale.platforms for figure in _measure(scale, platform)]


def _measure(scale: Scale, platform: Platform) -> list[Figure]:
    measures = [
        Measure(name=f"ack.{platform.name}.{rate}/s.p{percent}", unit="ms", beside="bare echo", aim=aim)
        for rate in RATES
        for percent, aim in ((50, P50), (99, P99))
    ]

    def ours() -> Readings:
        with open_testbed(platform, scale, held=True) as testbed:
            return _readings(testbed, testbed.start_ours(), scale.commands)

    def bare() -> Readings:
        with open_testbed(platform, scale, held=True) as testbed:
            return _readings(testbed, testbed.start_bare(delay_s=FOREVER_S), scale.commands)

    return alternate(measures, scale.rounds, ours, bare)


def _readings(testbed: Testbed, program: Program, commands: int) -> Readings:
    testbed.load(WARM_UP, RATES[0])
    readings = {}
    for rate in RATES:
        load = testbed.load(commands, rate)
        for percent in (50, 99):
            readings[f"ack.{testbed.platform.name}.{rate}/s.p{percent}"] = percentile(load.acknowledged_ms, percent)
    program.kill()
    return readings
