"""The plan of a run depends only on its seed and covers every case."""

import itertools
from collections import Counter

import pytest

from tests.chaos.plan import MOMENTS, PLATFORMS, DisruptionKind, Plan, disruptions_for, plan
from tests.chaos.run import GATEWAYS


def planned(seed: int = 1, *, jobs: int = 1000, disruptions: int = 30) -> Plan:
    return plan(jobs=jobs, disruptions=disruptions, seed=seed, gateways=GATEWAYS, rate=7.0)


def test_seed_determines_the_plan() -> None:
    """The same seed gives the same plan; another seed gives a different one."""
    assert planned(7) == planned(7)
    assert planned(7) != planned(8)


def test_plan_covers_every_case() -> None:
    """A plan covers every gateway on both platforms, every kind of request, and a kill in every state of a job and after every write that members see."""
    plan_ = planned()

    assert {(request.platform, request.gateway) for request in plan_.requests} == {
        (one, other) for one in PLATFORMS for other in GATEWAYS
    }
    assert {request.kind for request in plan_.requests} == {"command", "mention", "edit", "again"}
    assert {disruption.moment for disruption in plan_.disruptions} == {*MOMENTS, None}
    assert len({request.tag for request in plan_.requests}) == len(plan_.requests) == 1000


def test_disruptions_are_spread_over_the_run() -> None:
    """Disruptions are spread over the whole run without overlapping starts."""
    plan_ = planned()
    times = [disruption.at for disruption in plan_.disruptions]

    assert times == sorted(times)
    assert all(0 < time < plan_.seconds for time in times)
    assert min(later - sooner for sooner, later in itertools.pairwise(times)) > 1.0


@pytest.mark.parametrize(
    ("kills", "kinds", "disruptions"),
    [(3, ("kill",), 3), (3, ("fill", "lock", "kill"), 9), (30, (*["kill"] * 4, "deploy", *["kill"] * 4, "terminate"), 37)],
)
def test_kills_are_counted(kills: int, kinds: tuple[DisruptionKind, ...], disruptions: int) -> None:
    """The number of disruptions contains the requested number of kills."""
    assert disruptions_for(kills, kinds) == disruptions
    assert [kind for kind, _ in zip(itertools.cycle(kinds), range(disruptions), strict=False)].count("kill") == kills


def test_kinds_of_disruptions_alternate() -> None:
    """The kinds of disruptions of a run are equally frequent."""
    plan_ = plan(jobs=100, disruptions=9, seed=1, gateways=GATEWAYS, rate=7.0, kinds=("fill", "lock", "kill"))

    assert Counter(disruption.kind for disruption in plan_.disruptions) == {"fill": 3, "lock": 3, "kill": 3}
