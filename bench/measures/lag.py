"""How late the event loop is while pictures are handled, and while members send what is slow to read."""

from collections.abc import Callable
from dataclasses import dataclass

from bench.figures import Aim, Figure, Measure, Readings, alternate, percentile
from bench.hostile import file_acts, line_acts
from bench.load import run_load
from bench.platforms import Platform
from bench.probe import lag_in_time, lags
from bench.scale import Scale
from bench.testbed import FOREVER_S, Program, Testbed, open_testbed
from sandbox.contracts import JsonObject

RATE = 4.0
"""Commands a second, each for a 2K picture."""
CHANNELS = 10
ARRIVAL_S = 60.0
AIM = Aim(above=20.0)
HOSTILE_AIM = Aim(above=5.0)


@dataclass(frozen=True, kw_only=True)
class _Attack:
    """`rate`: acts a second. `one_in`: an act for so many pictures of the ordinary measure."""

    name: str
    beside: str
    acts: Callable[[Platform, JsonObject, int], list[JsonObject]]
    rate: float
    one_in: int = 1


ATTACKS = (
    _Attack(name="text", beside="bare bot getting the same lines", acts=line_acts, rate=RATE),
    _Attack(name="files", beside="bare bot getting the same messages", acts=file_acts, rate=RATE / 4, one_in=4),
)


def measure(scale: Scale) -> list[Figure]:
    return [
        figure
        for platform in scale.platforms
        for figures in (_measure(scale, platform), *(_measure_attack(scale, platform, attack) for attack in ATTACKS))
        for figure in figures
    ]


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


def _measure_attack(scale: Scale, platform: Platform, attack: _Attack) -> list[Figure]:
    """Neither side posts a picture meanwhile."""
    name = f"lag.{platform.name}.{attack.name}.p99"

    def readings(testbed: Testbed, program: Program) -> Readings:
        line = testbed.sandbox.line
        load = run_load(line, attack.acts(platform, line, max(2, scale.handled // attack.one_in)), attack.rate)
        program.kill()
        return {name: lag_in_time(program.probe, load.began, load.ended, 99)}

    def ours() -> Readings:
        with open_testbed(platform, scale, channels=CHANNELS, held=True) as testbed:
            return readings(testbed, testbed.start_ours(probed=True))

    def bare() -> Readings:
        with open_testbed(platform, scale, channels=CHANNELS, held=True) as testbed:
            return readings(testbed, testbed.start_bare(delay_s=FOREVER_S, probed=True))

    measures = [Measure(name=name, unit="ms", beside=attack.beside, aim=HOSTILE_AIM)]
    return alternate(measures, scale.rounds, ours, bare)
