"""How late an event loop comes to a task that asked for its turn, noted in a file as it runs."""

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
async def probing() -> AsyncIterator[None]:
    """Watch the running loop, if the environment names a file for it."""
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
        asked = loop.time()
        await asyncio.sleep(PERIOD_S)
        lines.append(f"{time.time():.4f} {(loop.time() - asked - PERIOD_S) * 1000:.4f}\n")
        if len(lines) == WRITTEN_TOGETHER:
            file.writelines(lines)
            file.flush()
            lines.clear()


def lags(path: Path, began: float, ended: float) -> list[float]:
    """Milliseconds of lateness between two moments, in seconds since 1970."""
    with path.open(encoding="ascii") as file:
        # The last line may be half written.
        samples = [(float(moment), float(late)) for moment, late in (line.split() for line in file if line.endswith("\n"))]
    return [max(late, 0.001) for moment, late in samples if began <= moment <= ended]
