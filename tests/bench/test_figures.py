"""Medians, ratios, aims, the table and the results, without a measurement."""

import json
from pathlib import Path

import pytest

from bench.figures import Aim, Figure, Measure, Readings, alternate, percentile
from bench.probe import lag_in_time, lags
from bench.table import to_json, to_table, write_results


def figure(ours: tuple[float, ...], bare: tuple[float, ...], aim: Aim | None = None, unit: str = "ms") -> Figure:
    return Figure(measure=Measure(name="ack.p50", unit=unit, beside="bare echo", aim=aim), ours=ours, bare=bare)


@pytest.mark.parametrize(
    ("values", "percent", "expected"),
    [
        ([5.0], 99, 5.0),
        ([3.0, 1.0, 2.0], 50, 2.0),
        ([1.0, 2.0, 3.0, 4.0], 50, 2.0),
        ([float(number) for number in range(1, 101)], 99, 99.0),
        ([float(number) for number in range(1, 1001)], 99, 990.0),
        ([1.0, 2.0], 0, 1.0),
        ([1.0, 2.0], 100, 2.0),
    ],
)
def test_percentile(values: list[float], percent: float, expected: float) -> None:
    """The smallest value that at least so many percent do not exceed."""
    assert percentile(values, percent) == expected


def test_percentile_of_no_values() -> None:
    with pytest.raises(ValueError, match="no values"):
        percentile([], 50)


@pytest.mark.parametrize(
    ("aim", "ours", "bare", "reached"),
    [
        (Aim(times=1.5), 15.0, 10.0, True),
        (Aim(times=1.5), 15.1, 10.0, False),
        (Aim(times=1.5, above=5.0), 5.9, 1.0, True),
        (Aim(times=1.5, above=5.0), 6.1, 1.0, False),
        (Aim(most=20.0), 20.0, 1.0, True),
        (Aim(most=20.0), 20.5, 100.0, False),
        (Aim(least=1000.0), 1000.0, 9000.0, True),
        (Aim(least=1000.0), 999.0, 9.0, False),
    ],
)
def test_an_aim_is_reached_by_any_of_its_conditions(aim: Aim, ours: float, bare: float, reached: bool) -> None:
    """A multiple of the reference, a distance above it, or a fixed bound."""
    assert figure((ours,), (bare,), aim).reached is reached


def test_the_ratio_compares_medians() -> None:
    """One disturbed round does not change it."""
    measured = figure((10.0, 12.0, 90.0), (6.0, 5.0, 6.0))

    assert (measured.our_median, measured.bare_median, measured.ratio) == (12.0, 6.0, 2.0)
    assert measured.reached is None


def test_the_sides_alternate() -> None:
    """Ours, bare, ours, bare: other load on the machine affects both."""
    order: list[str] = []

    def side(name: str, value: float) -> Readings:
        order.append(name)
        return {"ack.p50": value + len(order), "ack.p99": 9.0}

    measures = [Measure(name=name, unit="ms", beside="echo") for name in ("ack.p50", "ack.p99")]
    found = alternate(measures, 2, lambda: side("ours", 10.0), lambda: side("bare", 0.0))

    assert order == ["ours", "bare", "ours", "bare"]
    assert [(one.ours, one.bare) for one in found] == [((11.0, 13.0), (2.0, 4.0)), ((9.0, 9.0), (9.0, 9.0))]


def test_table_shows_medians_ranges_and_verdicts() -> None:
    """One line per figure: its median, its range and whether its aim is reached."""
    table = to_table(
        [figure((1.0, 1.5, 2.0), (1.0, 1.0, 1.0), Aim(times=1.5, above=5.0)), figure((700.0,), (1750.0,), unit="/s")]
    )

    assert table.splitlines() == [
        "figure   ours                 bare                 ratio  aim                       beside",
        "-" * 93,
        "ack.p50  1.50 (1.00–2.00) ms  1.00 (1.00–1.00) ms  1.50   ≤ 1.5 × or ≤ +5  reached  bare echo",
        "ack.p50  700 /s               1750 /s              0.40                             bare echo",
    ]


def test_results_hold_every_reading(tmp_path: Path) -> None:
    """Runs are compared by all their rounds, not only by the median."""
    path = tmp_path / "results.json"
    write_results(path, [figure((3.0, 1.0), (2.0, 2.0), Aim(most=2.5))], quick=True)
    written = json.loads(path.read_text(encoding="utf-8"))

    assert written["quick"] is True
    assert written["figures"] == [
        {
            "name": "ack.p50",
            "unit": "ms",
            "beside": "bare echo",
            "ours": [3.0, 1.0],
            "bare": [2.0, 2.0],
            "our_median": 2.0,
            "bare_median": 2.0,
            "ratio": 1.0,
            "aim": "≤ 2.5",
            "reached": True,
        }
    ]
    assert to_json([], quick=False)["figures"] == []


def test_lags_between_two_moments(tmp_path: Path) -> None:
    """An incomplete last line is ignored, and a negative lag is raised to the minimum."""
    path = tmp_path / "probe.txt"
    path.write_text("10.0 1.5\n11.0 -0.2\n12.0 7.0\n13.0 9.0\n13.5 4", encoding="ascii")

    assert lags(path, 10.5, 13.0) == [0.001, 7.0, 9.0]


def test_a_long_stop_of_the_loop_counts_by_its_length(tmp_path: Path) -> None:
    """It is one sample among a thousand, but a sixth of the time."""
    path = tmp_path / "probe.txt"
    path.write_text("11.0 1.0\n" * 999 + "12.0 1000.0\n", encoding="ascii")

    assert percentile(lags(path, 10.0, 13.0), 99) == 1.0
    assert [lag_in_time(path, 10.0, 13.0, percent) for percent in (99, 80)] == [1000.0, 1.0]
