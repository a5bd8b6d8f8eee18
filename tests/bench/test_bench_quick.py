"""The bench runs and shows every figure; how large they are is nobody's business here."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bench.__main__ import FIGURES
from bench.platforms import PLATFORMS
from bot.upstream import WIRES

ROOT = Path(__file__).parents[2]
BARE = {
    "store": ["store.reservations"],
    "codec": [f"codec.{dialect}" for dialect in WIRES],
    "downloads": ["downloads.20×2MB.time", "downloads.20×2MB.peak"],
}
"""Figures that no platform has a part in."""
ON_A_PLATFORM = {
    "ack": [".20/s.p50", ".20/s.p99", ".100/s.p50", ".100/s.p99"],
    "delivery": [f".{count}×{size}{span}" for size in ("2K", "4K") for count in (1, 4) for span in ("", ".whole")],
    "lag": [".p99"],
    "startup": ["", ".answered", ".rest"],
    "memory": [".rest", ".60_waiting"],
    "persisted": [".p99"],
    "waiting": [".queued_kb", ".called_kb", ".lag.p99", ".delivered"],
    "restart": [".40_open"],
}
TRIED = {
    "discord": ("ack", "delivery", "lag", "startup", "waiting"),
    "slack": ("ack", "delivery", "memory", "persisted", "restart"),
}
"""What a platform has to itself is tried on each, everything else on one."""


def measured(results: Path, *arguments: str) -> list[dict[str, Any]]:
    """What a quick run writes, once it is what it printed."""
    run = [sys.executable, "-m", "bench", "--quick", "--results", str(results), *arguments]
    done = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "never acknowledged" not in done.stderr
    figures: list[dict[str, Any]] = json.loads(results.read_text(encoding="utf-8"))["figures"]
    assert [line.split()[0] for line in done.stdout.splitlines()[2:]] == [figure["name"] for figure in figures]
    return figures


def not_positive(figures: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [figure for figure in figures if min(*figure["ours"], *figure["bare"]) <= 0]


@pytest.mark.parametrize("name", BARE)
def test_every_figure_is_measured(name: str, tmp_path: Path) -> None:
    """Each part of the bench runs by its name, and gives a positive figure for us and for the reference."""
    figures = measured(tmp_path / "results.json", name)

    assert [figure["name"] for figure in figures] == BARE[name]
    assert not_positive(figures) == []


@pytest.mark.parametrize(("platform", "name"), [(platform, name) for platform, names in TRIED.items() for name in names])
def test_every_figure_is_measured_on_a_platform(platform: str, name: str, tmp_path: Path) -> None:
    """The same, beside that platform's bare library."""
    figures = measured(tmp_path / "results.json", name, "--platform", platform)

    assert [figure["name"] for figure in figures] == [f"{name}.{platform}{ending}" for ending in ON_A_PLATFORM[name]]
    assert not_positive(figures) == []
    # What is no matter of time is exact.
    assert [figure["ratio"] for figure in figures if figure["name"].endswith(".delivered")] in ([], [1.0])


def test_every_part_is_tried() -> None:
    """No figure and no platform is left out above."""
    assert set(BARE) | {name for names in TRIED.values() for name in names} == set(FIGURES)
    assert list(TRIED) == [platform.name for platform in PLATFORMS]


def test_unknown_figure() -> None:
    """A name that no figure has is a usage error."""
    run = [sys.executable, "-m", "bench", "speed"]
    done = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)

    assert done.returncode == 2
    assert "there is no figure speed" in done.stderr
