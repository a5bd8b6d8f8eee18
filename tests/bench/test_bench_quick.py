"""The bench runs and shows every figure; how large they are is nobody's business here."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench.platforms import PLATFORMS
from bot.upstream import WIRES

ROOT = Path(__file__).parents[2]
NAMES = [platform.name for platform in PLATFORMS]


def on_each(*endings: str, part: str) -> list[str]:
    return [f"{part}.{name}{ending}" for name in NAMES for ending in endings]


FIGURES = {
    "ack": on_each(".20/s.p50", ".20/s.p99", ".100/s.p50", ".100/s.p99", part="ack"),
    "delivery": on_each(
        *(f".{count}×{size}{span}" for size in ("2K", "4K") for count in (1, 4) for span in ("", ".whole")),
        part="delivery",
    ),
    "lag": on_each(".p99", part="lag"),
    "startup": on_each("", part="startup"),
    "memory": on_each(".rest", ".60_waiting", part="memory"),
    "store": ["store.reservations"],
    "persisted": on_each(".p99", part="persisted"),
    "codec": [f"codec.{dialect}" for dialect in WIRES],
    "downloads": ["downloads.20×2MB.time", "downloads.20×2MB.peak"],
    "waiting": on_each(".queued_kb", ".called_kb", ".lag.p99", ".delivered", part="waiting"),
    "restart": on_each(".40_open", part="restart"),
}


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_is_measured(name: str, tmp_path: Path) -> None:
    """Each part of the bench runs by its name, and gives a positive figure for us and for the reference."""
    results = tmp_path / "results.json"
    run = [sys.executable, "-m", "bench", name, "--quick", "--results", str(results)]
    done = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    written = json.loads(results.read_text(encoding="utf-8"))

    assert [figure["name"] for figure in written["figures"]] == FIGURES[name]
    assert [figure for figure in written["figures"] if min(*figure["ours"], *figure["bare"]) <= 0] == []
    assert [line.split()[0] for line in done.stdout.splitlines()[2:]] == FIGURES[name]
    assert "never acknowledged" not in done.stderr
    # What is no matter of time is exact.
    assert [figure["ratio"] for figure in written["figures"] if figure["name"].endswith(".delivered")] in ([], [1.0])


def test_unknown_figure() -> None:
    """A name that no figure has is a usage error."""
    run = [sys.executable, "-m", "bench", "speed"]
    done = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)

    assert done.returncode == 2
    assert "there is no figure speed" in done.stderr
