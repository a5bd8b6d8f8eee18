"""The bench runs and measures every figure. Values only have to be positive."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bench.__main__ import FIGURES
from bench.platforms import PLATFORMS
from bot.upstream.dialects.table import WIRE_FORMATS

ROOT = Path(__file__).parents[2]
WITHOUT_PLATFORM = {
    "store": ["store.reservations"],
    "codec": [f"codec.{dialect}" for dialect in WIRE_FORMATS],
    "downloads": ["downloads.20×2MB.time", "downloads.20×2MB.peak"],
}
"""Figures that do not depend on a platform."""
ON_A_PLATFORM = {
    "ack": [".20/s.p50", ".20/s.p99", ".100/s.p50", ".100/s.p99"],
    "delivery": [f".{count}×{size}{span}" for size in ("2K", "4K") for count in (1, 4) for span in ("", ".whole")],
    "lag": [".p99", ".text.p99", ".files.p99"],
    "startup": ["", ".answered", ".rest"],
    "memory": [".rest", ".60_waiting"],
    "persisted": [".p99"],
    "waiting": [".queued_kb", ".called_kb", ".lag.p99", ".delivered"],
    "restart": [".40_open"],
}
MEASURED_ON = {
    "discord": ("ack", "delivery", "lag", "startup", "waiting"),
    "slack": ("ack", "delivery", "memory", "persisted", "restart"),
}
"""Figures with code of their own for each platform run on both, the others on one."""


def run_bench(results: Path, *arguments: str) -> list[dict[str, Any]]:
    """Run the bench with `--quick`, check that it prints what it writes, and return its figures."""
    run = [sys.executable, "-m", "bench", "--quick", "--results", str(results), *arguments]
    done = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    assert "never acknowledged" not in done.stderr
    figures: list[dict[str, Any]] = json.loads(results.read_text(encoding="utf-8"))["figures"]
    assert [line.split()[0] for line in done.stdout.splitlines()[2:]] == [figure["name"] for figure in figures]
    return figures


def not_positive(figures: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [figure for figure in figures if min(*figure["ours"], *figure["bare"]) <= 0]


@pytest.mark.parametrize("name", WITHOUT_PLATFORM)
def test_every_figure_is_measured(name: str, tmp_path: Path) -> None:
    """Each figure can be measured by name, for the program and for the reference."""
    figures = run_bench(tmp_path / "results.json", name)

    assert [figure["name"] for figure in figures] == WITHOUT_PLATFORM[name]
    assert not_positive(figures) == []


@pytest.mark.parametrize(("platform", "name"), [(platform, name) for platform, names in MEASURED_ON.items() for name in names])
def test_every_figure_is_measured_on_a_platform(platform: str, name: str, tmp_path: Path) -> None:
    """The reference is built on the platform's bare library."""
    figures = run_bench(tmp_path / "results.json", name, "--platform", platform)

    assert [figure["name"] for figure in figures] == [f"{name}.{platform}{ending}" for ending in ON_A_PLATFORM[name]]
    assert not_positive(figures) == []
    # A count does not depend on time: it must be exact.
    assert [figure["ratio"] for figure in figures if figure["name"].endswith(".delivered")] in ([], [1.0])


def test_every_figure_and_platform_is_covered() -> None:
    """The tables above leave nothing out."""
    assert set(WITHOUT_PLATFORM) | {name for names in MEASURED_ON.values() for name in names} == set(FIGURES)
    assert list(MEASURED_ON) == [platform.name for platform in PLATFORMS]


def test_unknown_figure() -> None:
    """An unknown name is a usage error."""
    run = [sys.executable, "-m", "bench", "speed"]
    done = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)

    assert done.returncode == 2
    assert "unknown figure speed" in done.stderr
