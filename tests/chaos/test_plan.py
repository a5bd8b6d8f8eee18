"""The plan of a run comes from its seed alone and covers every case."""

import itertools
from collections import Counter

import pytest

from tests.chaos.plan import KILL_STATES, PLATFORMS, DisruptionKind, Plan, disruptions_for, plan
from tests.chaos.run import GATEWAYS


def planned(seed: int = 1, *, jobs: int = 1000, disruptions: int = 30) -> Plan:
    return plan(jobs=jobs, disruptions=disruptions, seed=seed, gateways=GATEWAYS, rate=7.0)


def test_seed_determines_the_plan() -> None:
    """The same seed gives the same plan, another seed another one."""
    assert planned(7) == planned(7)
    assert planned(7) != planned(8)


def test_plan_covers_every_case() -> None:
    """A plan covers every gateway on both platforms, every kind of request, and a kill in every state of a job."""
    whole = planned()

    assert {(request.platform, request.gateway) for request in whole.requests} == {
        (one, other) for one in PLATFORMS for other in GATEWAYS
    }
    assert {request.kind for request in whole.requests} == {"command", "mention", "edit", "again"}
    assert {disruption.state for disruption in whole.disruptions} == {*KILL_STATES, None}
    assert len({request.tag for request in whole.requests}) == len(whole.requests) == 1000


def test_disruptions_are_spread_over_the_run() -> None:
    """Disruptions are spread over the whole run, one after the other."""
    whole = planned()
    times = [disruption.at for disruption in whole.disruptions]

    assert times == sorted(times)
    assert all(0 < time < whole.seconds for time in times)
    assert min(later - sooner for sooner, later in itertools.pairwise(times)) > 1.0


@pytest.mark.parametrize(
    ("kills", "kinds", "disruptions"),
    [(3, ("kill",), 3), (3, ("fill", "lock", "kill"), 9), (30, (*["kill"] * 4, "deploy", *["kill"] * 4, "terminate"), 37)],
)
def test_kills_are_counted(kills: int, kinds: tuple[DisruptionKind, ...], disruptions: int) -> None:
    """The number of disruptions contains the requested number of kills."""
    assert disruptions_for(kills, kinds) == disruptions
    assert [kind for kind, _ in zip(itertools.cycle(kinds), range(disruptions), strict=False)].count("kill") == kills


def test_kinds_of_disruptions_take_turns() -> None:
    """The kinds of disruptions of a run are equally frequent."""
    whole = plan(jobs=100, disruptions=9, seed=1, gateways=GATEWAYS, rate=7.0, kinds=("fill", "lock", "kill"))

    assert Counter(disruption.kind for disruption in whole.disruptions) == {"fill": 3, "lock": 3, "kill": 3}
