"""The time until another process can read a command's row, at 100 commands a second."""

import sqlite3
import tempfile
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from bench.figures import Figure, Measure, Readings, alternate, percentile
from bench.platforms import Platform
from bench.references.raw_store import Dumper, open_raw
from bench.samples import sample_hold, sample_job, sample_request
from bench.scale import Scale
from bench.testbed import open_testbed
from bot.store import DATABASE

RATE = 100.0
POLL_S = 0.001
TIMEOUT_S = 60.0
DIALECT = "ark_intl"


def measure(scale: Scale) -> list[Figure]:
    return [figure for platform in scale.platforms for figure in _measure(scale, platform)]


def _measure(scale: Scale, platform: Platform) -> list[Figure]:
    name = f"persisted.{platform.name}.p99"
    measures = [Measure(name=name, unit="ms", beside="sqlite3 alone at the same rate")]

    def ours() -> Readings:
        with open_testbed(platform, scale, held=True) as testbed:
            program = testbed.start_ours()
            with Watcher(testbed.database) as watcher:
                testbed.load(scale.persisted, RATE)
                watcher.wait(scale.persisted)
            program.kill()
            return {name: percentile(watcher.visible_ms, 99)}

    return alternate(measures, scale.rounds, ours, lambda: {name: _bare_p99(scale.persisted)})


def _bare_p99(count: int) -> float:
    dump, request = Dumper(), sample_request(DIALECT)
    jobs = [sample_job(number) for number in range(count)]
    rows = [dump(job, sample_hold(job), request) for job in jobs]
    with tempfile.TemporaryDirectory(prefix="bench-raw-") as folder, open_raw(Path(folder)) as raw:
        with Watcher(Path(folder) / DATABASE) as watcher:
            began = time.monotonic()
            for number, row in enumerate(rows):
                time.sleep(max(0.0, began + number / RATE - time.monotonic()))
                raw.receive(row, time.time())
            watcher.wait(count)
        return percentile(watcher.visible_ms, 99)


class Watcher:
    """Another reader of the database, which records how long after its `created_at` each job became visible."""

    def __init__(self, database: Path) -> None:
        self.visible_ms: list[float] = []
        self._database = database
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watcher")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._ended.set()
        self._thread.join()

    def wait(self, count: int) -> None:
        deadline = time.monotonic() + TIMEOUT_S
        while len(self.visible_ms) < count:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{len(self.visible_ms)} of {count} jobs were written")
            time.sleep(POLL_S)

    def _watch(self) -> None:
        connection = sqlite3.connect(f"{self._database.as_uri()}?mode=ro", uri=True)
        last = 0
        while not self._ended.is_set():
            fresh = connection.execute("SELECT rowid, created_at FROM job WHERE rowid > ?", (last,)).fetchall()
            now = time.time()
            for rowid, created_at in fresh:
                last = max(last, rowid)
                self.visible_ms.append((now - created_at) * 1000)
            self._ended.wait(POLL_S)
        connection.close()
