"""What was measured: ours and the bare reference's readings, round by round, and what was hoped for."""

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

Readings = Mapping[str, float]
"""One session's values by the name of their figure."""


@dataclass(frozen=True, kw_only=True)
class Aim:
    """Reached where any of its conditions holds: times the reference, above the reference, or a bound of its own."""

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
        said = (("≤ {:g} ×", self.times), ("≤ +{:g}", self.above), ("≤ {:g}", self.most), ("≥ {:g}", self.least))
        return " or ".join(words.format(value) for words, value in said if value is not None)


@dataclass(frozen=True, kw_only=True)
class Measure:
    """A figure before anybody measured it. `beside`: what the reference is, in few words."""

    name: str
    unit: str
    beside: str
    aim: Aim | None = None


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A measure with one reading a round on each side."""

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
        """None where nothing was hoped for."""
        aim = self.measure.aim
        return None if aim is None else aim.reached(self.our_median, self.bare_median)


def alternate(
    measures: Sequence[Measure],
    rounds: int,
    ours: Callable[[], Readings],
    bare: Callable[[], Readings],
) -> list[Figure]:
    """Ours, bare, ours, bare: what else the machine does meets both alike. Every session gives every measure."""
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
    """The smallest value that at least so many percent of them do not exceed."""
    ordered = sorted(values)
    if not ordered:
        raise ValueError("there is no percentile of nothing")
    rank = -(-len(ordered) * percent // 100)
    return ordered[max(0, int(rank) - 1)]
