"""Measures how late an event loop runs a task that is due, and writes the samples to a file."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TextIO

PROBE_FILE = "BENCH_PROBE"
PERIOD_S = 0.005
WRITTEN_TOGETHER = 50


@asynccontextmanager
async def probe_loop() -> AsyncIterator[None]:
    """Measure the running loop, if the environment names a file."""
    path = os.environ.get(PROBE_FILE)
    if path is None:
        yield
        return
    with _open(Path(path)) as file:
        watching = asyncio.create_task(_watch(file))
        try:
            yield
        finally:
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching


def _open(path: Path) -> TextIO:
    return path.open("w", encoding="ascii")


async def _watch(file: TextIO) -> None:
    loop = asyncio.get_running_loop()
    lines: list[str] = []
    while True:
        began_at = loop.time()
        await asyncio.sleep(PERIOD_S)
        lines.append(f"{time.time():.4f} {(loop.time() - began_at - PERIOD_S) * 1000:.4f}\n")
        if len(lines) == WRITTEN_TOGETHER:
            file.writelines(lines)
            file.flush()
            lines.clear()


def lag_in_time(path: Path, began: float, ended: float, percent: float) -> float:
    """Return the lag, in milliseconds, that is not exceeded for so many percent of the time.

    A long stop is one sample among many, but whatever falls into it has to wait.
    """
    samples = sorted(lags(path, began, ended))
    left = sum(late + PERIOD_S * 1000 for late in samples) * (100 - percent) / 100
    for late in reversed(samples):
        left -= late + PERIOD_S * 1000
        if left < 0:
            return late
    raise ValueError("no samples of the lag")


def lags(path: Path, began: float, ended: float) -> list[float]:
    """Return the lags between two times (seconds since 1970), in milliseconds."""
    with path.open(encoding="ascii") as file:
        # The last line may be incomplete.
        samples = [(float(moment), float(late)) for moment, late in (line.split() for line in file if line.endswith("\n"))]
    return [max(late, 0.001) for moment, late in samples if began <= moment <= ended]
