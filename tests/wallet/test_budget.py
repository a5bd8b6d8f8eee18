"""Budgets: their days and months, and what they refuse."""

from zoneinfo import ZoneInfo

import pytest

from bot.config.settings import BudgetPeriod, BudgetSettings
from bot.errors import RefusedError
from bot.wallet.budget import Budgets, BudgetWindow, check_budget, reached_percents

NOON = 1_795_176_000.0
"""2026-11-20 12:00 UTC."""
HOUR_S = 3600.0
WINDOW = BudgetWindow(per="day", pictures=10, name="day:2026-11-20", since=NOON, until=NOON + 24 * HOUR_S)


@pytest.mark.parametrize(
    ("per", "zone", "now", "name", "since", "hours"),
    [
        ("day", "UTC", NOON, "day:2026-11-20", NOON - 12 * HOUR_S, 24),
        ("month", "UTC", NOON, "month:2026-11", NOON - (19 * 24 + 12) * HOUR_S, 30 * 24),
        ("day", "Pacific/Kiritimati", NOON, "day:2026-11-21", NOON - 2 * HOUR_S, 24),
        ("day", "Europe/Berlin", NOON + 11 * HOUR_S, "day:2026-11-21", NOON + 11 * HOUR_S, 24),
        # The clocks go forward at 2 o'clock on 2026-03-29: that day begins at 23:00 UTC, and so does March at the end of February.
        ("day", "Europe/Berlin", 1_774_778_400.0, "day:2026-03-29", 1_774_738_800.0, 23),
        ("month", "Europe/Berlin", 1_774_778_400.0, "month:2026-03", 1_772_319_600.0, 31 * 24 - 1),
        ("month", "UTC", NOON + 41 * 24 * HOUR_S, "month:2026-12", NOON + (10 * 24 + 12) * HOUR_S, 31 * 24),
    ],
)
def test_a_window_begins_at_midnight_of_the_operator(
    per: BudgetPeriod, zone: str, now: float, name: str, since: float, hours: int
) -> None:
    """Days and months are those of the calendar in the operator's time zone, on the nights of a clock change too."""
    (window,) = Budgets((BudgetSettings(pictures=10, per=per),), ZoneInfo(zone)).windows(now)

    assert (window.name, window.since) == (name, since)
    assert window.until - window.since == hours * HOUR_S


@pytest.mark.parametrize(
    ("charged", "images", "left"), [(0, 10, None), (6, 4, None), (7, 4, 3), (10, 1, 0), (12, 1, 0), (0, 11, 10)]
)
def test_what_exceeds_a_budget_is_refused(charged: int, images: int, left: int | None) -> None:
    """The last picture of a budget is allowed, the next is not; the refusal says how many are left."""
    found = None
    try:
        check_budget(WINDOW, charged, images)
    except RefusedError as error:
        found = error.parameters["left"]

    assert found == left


@pytest.mark.parametrize(("charged", "percents"), [(0, ()), (7, ()), (8, (80,)), (9, (80,)), (10, (80, 100)), (12, (80, 100))])
def test_the_shares_at_which_the_operator_is_told(charged: int, percents: tuple[int, ...]) -> None:
    """At 80 % and at 100 %."""
    assert reached_percents(WINDOW, charged) == percents
