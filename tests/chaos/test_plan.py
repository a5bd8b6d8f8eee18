"""The plan of a run: everything comes from the seed, and nothing that could be tried is left out."""

import itertools
from collections import Counter

import pytest

from tests.chaos.plan import MOMENTS, PLATFORMS, BlowKind, Plan, blows_for, plan
from tests.chaos.run import GATEWAYS


def planned(seed: int = 1, *, jobs: int = 1000, blows: int = 30) -> Plan:
    return plan(jobs=jobs, blows=blows, seed=seed, gateways=GATEWAYS, rate=7.0)


def test_a_seed_is_a_plan() -> None:
    """The same seed plans the same asks and blows, another one others."""
    assert planned(7) == planned(7)
    assert planned(7) != planned(8)


def test_everything_is_tried() -> None:
    """Every gateway on both platforms, every way to ask, and a power cut at every moment of a job."""
    whole = planned()

    assert {(ask.platform, ask.gateway) for ask in whole.asks} == {(one, other) for one in PLATFORMS for other in GATEWAYS}
    assert {ask.kind for ask in whole.asks} == {"command", "mention", "edit", "again"}
    assert {blow.moment for blow in whole.blows} == {*MOMENTS, None}
    assert len({ask.tag for ask in whole.asks}) == len(whole.asks) == 1000


def test_blows_fall_while_members_ask() -> None:
    """They are spread over the whole time, one after the other."""
    whole = planned()
    times = [blow.at for blow in whole.blows]

    assert times == sorted(times)
    assert all(0 < time < whole.seconds for time in times)
    assert min(later - sooner for sooner, later in itertools.pairwise(times)) > 1.0


@pytest.mark.parametrize(
    ("kills", "kinds", "blows"),
    [(3, ("kill",), 3), (3, ("fill", "lock", "kill"), 9), (30, (*["kill"] * 4, "deploy", *["kill"] * 4, "terminate"), 37)],
)
def test_kills_are_counted(kills: int, kinds: tuple[BlowKind, ...], blows: int) -> None:
    """As many blows fall as it takes for so many kills."""
    assert blows_for(kills, kinds) == blows
    assert [kind for kind, _ in zip(itertools.cycle(kinds), range(blows), strict=False)].count("kill") == kills


def test_kinds_of_blows_take_turns() -> None:
    """Each kind that a run is given falls as often as the others."""
    whole = plan(jobs=100, blows=9, seed=1, gateways=GATEWAYS, rate=7.0, kinds=("fill", "lock", "kill"))

    assert Counter(blow.kind for blow in whole.blows) == {"fill": 3, "lock": 3, "kill": 3}
