"""Very many jobs that wait for slow gateways: memory of each, lag of the loop, and whether all are delivered."""

import time
from contextlib import AbstractContextManager

from bench.figures import Aim, Figure, Measure, Readings, alternate, percentile
from bench.platforms import Platform
from bench.probe import lags
from bench.scale import Scale
from bench.testbed import FOREVER_S, Program, Testbed, open_testbed

RATE = 100.0
SIDE = 512
"""Small pictures, because the sandbox keeps each of them."""
KILOBYTES = 1000.0
MOST_CALLS = 1000
"""The highest `concurrency` that the configuration allows for one gateway."""
DELIVERED_S = 240.0
MEMORY = Aim(most=20.0)
LAG = Aim(above=20.0)


def measure(scale: Scale) -> list[Figure]:
    return [figure for platform in scale.platforms for figure in _Waiting(scale, platform).measure()]


class _Waiting:
    def __init__(self, scale: Scale, platform: Platform) -> None:
        self._scale = scale
        self._platform = platform
        self._idle_ms = 0.0
        named = f"waiting.{platform.name}"
        self._queued = f"{named}.queued_kb"
        self._called = f"{named}.called_kb"
        self._lag = f"{named}.lag.p99"
        self._delivered = f"{named}.delivered"

    def measure(self) -> list[Figure]:
        measures = [
            Measure(name=self._queued, unit="KB", beside="an unanswered command of the bare bot", aim=MEMORY),
            Measure(name=self._called, unit="KB", beside="an unanswered command of the bare bot", aim=MEMORY),
            Measure(name=self._lag, unit="ms", beside="the same program idle", aim=LAG),
            Measure(name=self._delivered, unit="jobs", beside="asked for", aim=Aim(least=self._scale.waiting)),
        ]
        return alternate(measures, self._scale.rounds, self._ours, self._bare)

    def _ours(self) -> Readings:
        """Measure once with the default concurrency, where most jobs wait for a slot, and once with a thousand calls at the gateway."""
        with self._open() as testbed:
            program = testbed.start_ours()
            queued = self._growth_kb(testbed, program)
            program.kill()
        with self._open() as testbed:
            program = testbed.start_ours(concurrency=min(self._scale.waiting, MOST_CALLS), probed=True)
            began = time.time()
            time.sleep(self._scale.lag_window_s)
            self._idle_ms = percentile(lags(program.probe, began, time.time()), 99)
            called = self._growth_kb(testbed, program)
            began = time.time()
            time.sleep(self._scale.lag_window_s)
            late = percentile(lags(program.probe, began, time.time()), 99)
            testbed.release()
            delivered = testbed.wait_delivered(self._scale.waiting, timeout_s=DELIVERED_S)
            program.kill()
        return {self._queued: queued, self._called: called, self._lag: late, self._delivered: float(delivered)}

    def _bare(self) -> Readings:
        with self._open() as testbed:
            program = testbed.start_bare(delay_s=FOREVER_S)
            taken = self._growth_kb(testbed, program)
            program.kill()
        wanted = float(self._scale.waiting)
        return {self._queued: taken, self._called: taken, self._lag: self._idle_ms, self._delivered: wanted}

    def _open(self) -> AbstractContextManager[Testbed]:
        return open_testbed(self._platform, self._scale, channels=self._scale.waiting_channels, side=SIDE, held=True)

    def _growth_kb(self, testbed: Testbed, program: Program) -> float:
        """Return the memory of each waiting job, once the burst of commands is over."""
        before = program.memory_mb(after_s=self._scale.settled_s)
        testbed.load(self._scale.waiting, RATE)
        return (program.memory_mb(after_s=self._scale.unused_s) - before) * KILOBYTES / self._scale.waiting
