"""Figures: our readings and the bare reference's, round by round, and the aims."""

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

Readings = Mapping[str, float]
"""The values of one session, by name of figure."""


@dataclass(frozen=True, kw_only=True)
class Aim:
    """A target, reached if any of its conditions holds: a multiple of the reference, a distance above it, or a fixed bound."""

    times: float | None = None
    above: float | None = None
    most: float | None = None
    least: float | None = None

    def reached(self, ours: float, bare: float) -> bool:
        return (
            (self.times is not None and ours <= bare * self.times)
            or (self.above is not None and ours <= bare + self.above)
            or (self.most is not None and ours <= self.most)
            or (self.least is not None and ours >= self.least)
        )

    def __str__(self) -> str:
        bounds = (("≤ {:g} ×", self.times), ("≤ +{:g}", self.above), ("≤ {:g}", self.most), ("≥ {:g}", self.least))
        return " or ".join(text.format(value) for text, value in bounds if value is not None)


@dataclass(frozen=True, kw_only=True)
class Measure:
    """A figure to measure. `beside` describes the reference."""

    name: str
    unit: str
    beside: str
    aim: Aim | None = None


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A measure with one reading per round on each side."""

    measure: Measure
    ours: tuple[float, ...]
    bare: tuple[float, ...]

    @property
    def our_median(self) -> float:
        return statistics.median(self.ours)

    @property
    def bare_median(self) -> float:
        return statistics.median(self.bare)

    @property
    def ratio(self) -> float:
        return self.our_median / self.bare_median if self.bare_median else float("inf")

    @property
    def reached(self) -> bool | None:
        """Whether the aim is reached; None if there is none."""
        aim = self.measure.aim
        return None if aim is None else aim.reached(self.our_median, self.bare_median)


def alternate(
    measures: Sequence[Measure],
    rounds: int,
    ours: Callable[[], Readings],
    bare: Callable[[], Readings],
) -> list[Figure]:
    """Measure ours and the reference alternately, so that other load affects both. Each session returns every measure."""
    pairs = [(ours(), bare()) for _ in range(rounds)]
    return [
        Figure(
            measure=measure,
            ours=tuple(one[measure.name] for one, _ in pairs),
            bare=tuple(other[measure.name] for _, other in pairs),
        )
        for measure in measures
    ]


def percentile(values: Iterable[float], percent: float) -> float:
    """Return the smallest value that at least `percent` percent of the values do not exceed."""
    ordered = sorted(values)
    if not ordered:
        raise ValueError("there is no percentile of nothing")
    rank = -(-len(ordered) * percent // 100)
    return ordered[max(0, int(rank) - 1)]
