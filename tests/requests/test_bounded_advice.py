"""What works instead of a refused request is looked for with a bounded number of trials, at however many gateways."""

import random
from dataclasses import replace
from typing import Any

import pytest

from bot.catalog.profiles import GatewayModel, GatewayProfile
from bot.commands.command import Options
from bot.config.settings import Defaults
from bot.errors import RefusedError
from bot.requests.building import MOST_TRIALS
from bot.requests.request import RequestSpec
from bot.requests.routing import rank
from bot.values import dataclass
from tests.requests.test_substitution import NOW, gateway

TRIALS: list[str] = []


@dataclass(frozen=True, kw_only=True)
class CountedProfile(GatewayProfile):
    """Notes every model that is looked up: each request that is built does it once."""

    def find_model(self, spelling: str, *, now: float | None = None) -> GatewayModel | None:
        TRIALS.append(spelling)
        return super().find_model(spelling, now=now)


def counted(dialect: str) -> GatewayProfile:
    known = gateway(dialect)
    return CountedProfile(**{name: getattr(known, name) for name in GatewayProfile.__dataclass_fields__})


INTL, MAINLAND, ACEDATA = counted("ark_intl"), counted("ark_cn"), counted("acedata")

OPTIONS: dict[str, list[Any]] = {
    "model": [None, None, "5.5", "4.0", "5.0-pro", "5.0-lite", "3.9"],
    "count": [None, 4, 16, 99],
    "size": [None, "3K", "4K", "8K", "9000x9000", "foo"],
    "ratio": [None, "40:1"],
    "format": [None, "png", "webp"],
    "prompt_mode": [None, "fast", "slow"],
    "background": [None, "transparent", "opaque"],
    "region": [None, "10,10,50,50"],
    "search": [None, True],
    "layers": [None, None, True],
    "separate": [None, False],
    "guidance": [None, 99.0],
}


@pytest.mark.parametrize("gateways", [(INTL,), (INTL, ACEDATA), (INTL, MAINLAND, ACEDATA)], ids=len)
def test_the_trials_of_one_refusal(gateways: tuple[GatewayProfile, ...]) -> None:
    """Beside them, every model of every gateway is tried once, and for a model that is gone twice more."""
    pick = random.Random(7)
    sold = sum(len(one.models) for one in gateways)
    most = 0
    refused = 0
    for _ in range(1_000):
        options = Options(**{name: pick.choice(values) for name, values in OPTIONS.items()})
        TRIALS.clear()
        try:
            rank(RequestSpec(prompt="a fox", options=options, now=NOW), gateways, Defaults())
        except RefusedError:
            refused += 1
            most = max(most, len(TRIALS))

    assert refused > 500
    assert 20 < most <= MOST_TRIALS + 3 * (sold + len(gateways)) + len(gateways)


def test_what_can_be_made_is_not_searched_for_advice() -> None:
    """The default cannot do it, another model can: each is tried once."""
    TRIALS.clear()

    assert rank(RequestSpec(prompt="a fox", options=Options(size="4K"), now=NOW), (INTL, MAINLAND), Defaults())

    assert len(TRIALS) <= len(INTL.models) + len(MAINLAND.models)


def test_the_fewest_changes_are_found() -> None:
    """Two of them, each of which alone is not enough."""
    asked = RequestSpec(prompt="a fox", options=Options(size="8K", format="webp", model="5.0-pro"), now=NOW)

    with pytest.raises(RefusedError) as caught:
        rank(asked, (replace(INTL),), Defaults())
    assert caught.value.nearest == "--format jpeg --size 2K"
