"""The operator's budgets around the acceptance of a job: refuse early, and tell the operator when one is nearly or all used."""

import logging

from bot.clock import Clock
from bot.errors import RefusalCode, RefusedError, StoreError
from bot.wallet.budget import ALERT_PERCENTS, BudgetBooks, Budgets, check_budget, reached_percents

logger = logging.getLogger(__name__)


class BudgetWatch:
    def __init__(self, budgets: Budgets, books: BudgetBooks, clock: Clock) -> None:
        self._budgets = budgets
        self._books = books
        self._clock = clock

    async def refuse_early(self, images: int) -> None:
        """Refuse a job before its references are fetched. The acceptance itself decides. Raises RefusedError, StoreError."""
        for window in self._budgets.windows(self._clock.now()):
            check_budget(window, await self._books.charged_since(window.since), images)

    async def alert(self, refusal: RefusedError | None = None) -> None:
        """Log each budget that is used up to 80 % or 100 %, once in its day or month: after an acceptance, or a refusal.

        A failing store only delays it.
        """
        now = self._clock.now()
        exhausted = None
        if refusal is not None:
            if refusal.refusal is not RefusalCode.BUDGET_REACHED:
                return
            # What is left is too little for a request: for the operator, that is the end of it.
            exhausted = (refusal.parameters["per"], refusal.parameters["limit"])
        try:
            for window in self._budgets.windows(now):
                charged = await self._books.charged_since(window.since)
                is_exhausted = (window.per, window.pictures) == exhausted
                percents = ALERT_PERCENTS if is_exhausted else reached_percents(window, charged)
                for percent in percents:
                    if await self._books.note_alert(window, percent, now=now):
                        fields = {"budget": window.name, "percent": percent, "charged": charged, "pictures": window.pictures}
                        logger.warning("budget reached" if percent == max(ALERT_PERCENTS) else "budget nearly used", extra=fields)
        except StoreError as error:
            logger.warning("budget not looked at", extra={"code": error.code, "detail": error.detail})
