"""A short form of `make attack`: who was served, and what was counted; never times."""

import pytest

from tests.attack.__main__ import ATTACKS
from tests.attack.attack import carry_out


@pytest.mark.parametrize("name", ["references", "connections"])
def test_an_attack_is_not_noticed_by_others(name: str) -> None:
    """Another member gets every picture, nothing is fetched or paid for the attacker, and the bot ends cleanly."""
    attack = next(attack for attack in ATTACKS if attack.name == name)
    verdict = carry_out(attack, timed=False)

    assert verdict.findings == [], verdict.log
    assert verdict.figures["served"] >= 2
