"""Checks of what limits the operator's bill."""

from adapters.checkup.finding import Finding, FindingCode, fine, warning
from bot.clock import Clock
from bot.config.settings import Settings
from bot.errors import StoreError
from bot.store import DATABASE
from bot.store.maintenance.inspection import charged_since, inspect
from bot.wallet.access import is_unlimited
from bot.wallet.budget import Budgets, BudgetWindow, reached_percents


async def check_limits(settings: Settings, clock: Clock) -> list[Finding]:
    """Whether anything limits the bill, and how much of each budget is used. Reports no budget of an unreadable database."""
    if is_unlimited(settings):
        return [warning(FindingCode.LIMITS_NONE)]
    path = settings.data_dir / DATABASE
    try:
        shape = await inspect(path)
        if shape is not None and shape.current != shape.latest:
            return []
        windows = Budgets(settings.budgets, settings.time_zone).windows(clock.now())
        return [budget_finding(window, 0 if shape is None else await charged_since(path, window.since)) for window in windows]
    except StoreError:
        return []


def budget_finding(window: BudgetWindow, charged: int) -> Finding:
    described = {"per": window.per, "charged": charged, "pictures": window.pictures}
    match len(reached_percents(window, charged)):
        case 0:
            return fine(FindingCode.BUDGET_OK, **described)
        case 1:
            return warning(FindingCode.BUDGET_NEARLY_USED, **described)
        case _:
            return warning(FindingCode.BUDGET_REACHED, **described)
