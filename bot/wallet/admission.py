"""What a member may ask for: tiers, windows, holds and open jobs; pure. The ledger itself is in the store."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.commands.command import Origin
from bot.config.settings import QuotaTier
from bot.wallet.budget import Budgets
from bot.wallet.ledger import Demand, Hold

EVERYONE = QuotaTier(name="everyone", images_per_day=20)
"""The tier of every member if the operator configured none."""


class Admission:
    """Quotas by tier, in images per member and day in the operator's time zone; and the operator's own budgets."""

    def __init__(self, tiers: Sequence[QuotaTier], zone: ZoneInfo, budgets: Budgets | None = None) -> None:
        self._tiers = tuple(tiers)
        self._zone = zone
        self.budgets = budgets or Budgets((), zone)

    def tier(self, origin: Origin) -> QuotaTier:
        """The first tier whose conditions the member meets; a member who meets none is granted nothing."""
        if not self._tiers:
            return EVERYONE
        nothing = QuotaTier(name="none", images_per_day=0)
        return next((tier for tier in self._tiers if _fits(tier, origin)), nothing)

    def window(self, now: float) -> str:
        return f"day:{self._day(now):%Y-%m-%d}"

    def hold(self, origin: Origin, *, images: int, now: float) -> Hold:
        granted = self.tier(origin).images_per_day
        return Hold(
            user=origin.user,
            window=self.window(now),
            images=images,
            granted=granted,
            renews_at=datetime.combine(self._day(now) + timedelta(days=1), time(), self._zone).timestamp(),
            budgets=self.budgets.windows(now),
        )

    def demand(self, origin: Origin, *, images: int, now: float) -> Demand:
        """What is checked before any work is done for the member."""
        tier = self.tier(origin)
        return Demand(hold=self.hold(origin, images=images, now=now), open_jobs=tier.jobs_at_once + tier.jobs_waiting)

    def _day(self, now: float) -> date:
        return datetime.fromtimestamp(now, UTC).astimezone(self._zone).date()

    def jobs_at_once(self, origin: Origin) -> int:
        return self.tier(origin).jobs_at_once

    def uncertain_limit(self, origin: Origin) -> int:
        """How many images of a window are released although they may have been charged."""
        tier = self.tier(origin)
        return tier.images_per_day if tier.uncertain_images_per_day is None else tier.uncertain_images_per_day


def _fits(tier: QuotaTier, origin: Origin) -> bool:
    by_role = not tier.roles or not tier.roles.isdisjoint(origin.roles)
    by_name = not tier.members or origin.user in tier.members
    return by_role and by_name
