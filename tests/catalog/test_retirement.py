"""What is said of a model that a gateway withdraws, on both sides of the instant."""

import pytest

from bot.catalog.retirement import Refused, Retirement, Source, Standing, Usable, Warned, is_over, notices, remapped, standing
from bot.ids import ModelName
from bot.values import dataclass
from tests.fakes.dialects import gateway

AT = 1_795_500_000.0
DAY_S = 86_400
NEXT = ModelName("5.5")


@dataclass(frozen=True, kw_only=True)
class Row:
    retirement: Retirement | None = None


def row(source: Source = "announced", *, remap: bool = False) -> Row:
    return Row(retirement=Retirement(at=AT, source=source, instead=NEXT, remap=remap))


@pytest.mark.parametrize(
    ("source", "now", "found"),
    [
        ("announced", AT - 14 * DAY_S - 1, Usable()),
        ("announced", AT - 14 * DAY_S, Warned(retirement=Retirement(at=AT, instead=NEXT), over=False)),
        ("announced", AT - 1, Warned(retirement=Retirement(at=AT, instead=NEXT), over=False)),
        ("announced", AT, Refused(at=AT, instead=NEXT)),
        ("reported", AT - 14 * DAY_S - 1, Usable()),
        ("reported", AT - 1, Warned(retirement=Retirement(at=AT, source="reported", instead=NEXT), over=False)),
        ("reported", AT, Warned(retirement=Retirement(at=AT, source="reported", instead=NEXT), over=True)),
    ],
)
def test_the_standing(source: Source, now: float, found: Standing) -> None:
    """What the provider announced is refused after it; what others report is only warned about."""
    assert standing(row(source), now) == found


def test_a_model_without_a_date() -> None:
    assert (standing(Row(), AT), is_over(Row(), AT), remapped(Row(), AT)) == (Usable(), False, None)


@pytest.mark.parametrize("source", ["announced", "reported"])
def test_only_the_operator_has_another_model_used(source: Source) -> None:
    """And not before the instant."""
    assert [is_over(row(source), now) for now in (AT - 1, AT)] == [False, True]
    assert [remapped(row(source), now) for now in (AT - 1, AT)] == [None, None]
    assert [remapped(row(source, remap=True), now) for now in (AT - 1, AT)] == [None, NEXT]


VOLCENGINE = 1_795_500_000.0
"""24 November 2026, 06:00 UTC."""


@pytest.mark.parametrize(
    ("now", "told"),
    [
        (VOLCENGINE - 15 * DAY_S, []),
        (VOLCENGINE - DAY_S, ["ark_cn withdraws 4.5 on 2026-11-24; 5.5 can take its place"]),
        (VOLCENGINE, ["ark_cn is reported to have withdrawn 4.5 on 2026-11-24; 5.5 can take its place"]),
    ],
)
def test_what_an_operator_is_told_of_volcengine(now: float, told: list[str]) -> None:
    """Three of its models are reported to end, BytePlus' are not."""
    found = notices([gateway("ark_cn"), gateway("ark_intl"), gateway("acedata")], now)

    assert [str(notice) for notice in found if notice.model == "4.5"] == told
    assert {notice.model for notice in found} == ({"5.0-lite", "4.5", "4.0"} if told else set())
