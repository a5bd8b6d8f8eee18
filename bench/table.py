"""The results as a table to read and a JSON file to compare runs with."""

import json
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.figures import Figure

HEADS = ("figure", "ours", "bare", "ratio", "aim", "", "beside")


def to_table(figures: Sequence[Figure]) -> str:
    """Return medians with their range over the rounds; the ratio is ours over the reference's."""
    rows = [HEADS, *(_row(figure) for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADS))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([lines[0], "-" * max(map(len, lines)), *lines[1:]])


def to_json(figures: Sequence[Figure], *, quick: bool) -> dict[str, Any]:
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
        "quick": quick,
        "figures": [_entry(figure) for figure in figures],
    }


def write_results(path: Path, figures: Sequence[Figure], *, quick: bool) -> None:
    path.write_text(json.dumps(to_json(figures, quick=quick), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _row(figure: Figure) -> tuple[str, ...]:
    measure = figure.measure
    verdict = {True: "reached", False: "missed", None: ""}[figure.reached]
    return (
        measure.name,
        f"{_ranged(figure.ours, figure.our_median)} {measure.unit}",
        f"{_ranged(figure.bare, figure.bare_median)} {measure.unit}",
        f"{figure.ratio:.2f}",
        "" if measure.aim is None else str(measure.aim),
        verdict,
        measure.beside,
    )


def _ranged(values: Sequence[float], median: float) -> str:
    if len(values) == 1:
        return _short(median)
    return f"{_short(median)} ({_short(min(values))}–{_short(max(values))})"


def _short(value: float) -> str:
    """Format with three significant digits, without an exponent."""
    decimals = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2 if abs(value) >= 1 else 3
    return f"{value:.{decimals}f}"


def _entry(figure: Figure) -> dict[str, Any]:
    measure = figure.measure
    return {
        "name": measure.name,
        "unit": measure.unit,
        "beside": measure.beside,
        "ours": list(figure.ours),
        "bare": list(figure.bare),
        "our_median": figure.our_median,
        "bare_median": figure.bare_median,
        "ratio": figure.ratio,
        "aim": None if measure.aim is None else str(measure.aim),
        "reached": figure.reached,
    }
