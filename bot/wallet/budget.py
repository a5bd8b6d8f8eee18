"""Budgets: how many pictures the operator can be billed for, for all members together; pure rules and the port of their books."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol, assert_never
from zoneinfo import ZoneInfo

from bot.config.settings import BudgetPeriod, BudgetSettings
from bot.errors import VARIANT, RefusalCode, RefusedError
from bot.values import dataclass

ALERT_PERCENTS = (80, 100)
"""The shares of a budget at which the operator is told."""


@dataclass(frozen=True, kw_only=True)
class BudgetWindow:
    """One budget in the day or month that contains a moment; `since` and `until` in seconds since 1970."""

    per: BudgetPeriod
    pictures: int
    name: str
    """`day:2026-11-20`, `month:2026-11`, in the operator's time zone."""
    since: float
    until: float
    """When the next one begins."""


class Budgets:
    """The operator's budgets, in calendar days and months of the operator's time zone."""

    def __init__(self, budgets: Sequence[BudgetSettings], zone: ZoneInfo) -> None:
        self._budgets = tuple(budgets)
        self._zone = zone

    def windows(self, now: float) -> tuple[BudgetWindow, ...]:
        return tuple(self._window(budget, now) for budget in self._budgets)

    def _window(self, budget: BudgetSettings, now: float) -> BudgetWindow:
        today = datetime.fromtimestamp(now, UTC).astimezone(self._zone).date()
        match budget.per:
            case "day":
                first, name = today, f"day:{today:%Y-%m-%d}"
                following = today + timedelta(days=1)
            case "month":
                first, name = today.replace(day=1), f"month:{today:%Y-%m}"
                following = (first + timedelta(days=31)).replace(day=1)
            case _:
                assert_never(budget.per)
        return BudgetWindow(
            per=budget.per,
            pictures=budget.pictures,
            name=name,
            since=_midnight(first, self._zone),
            until=_midnight(following, self._zone),
        )


def _midnight(day: date, zone: ZoneInfo) -> float:
    return datetime.combine(day, time(), zone).timestamp()


class BudgetBooks(Protocol):
    """What budgets count: pictures that are reserved, were billed, or may have been billed."""

    async def charged_since(self, since: float) -> int:
        """The pictures of all jobs that were accepted since then, with those that are reserved and uncertain."""
        ...

    async def note_alert(self, window: BudgetWindow, percent: int, *, now: float) -> bool:
        """Record that the operator is told; False if that was done before, in any process."""
        ...


def check_budget(window: BudgetWindow, charged: int, images: int) -> None:
    """Raises RefusedError BUDGET_REACHED (per, limit, left, renews_at) if the images exceed what is left."""
    if charged + images <= window.pictures:
        return
    raise RefusedError(
        RefusalCode.BUDGET_REACHED,
        per=window.per,
        limit=window.pictures,
        left=max(0, window.pictures - charged),
        renews_at=window.until,
        **({VARIANT: "month"} if window.per == "month" else {}),
    )


def reached_percents(window: BudgetWindow, charged: int) -> tuple[int, ...]:
    return tuple(percent for percent in ALERT_PERCENTS if charged * 100 >= window.pictures * percent)
