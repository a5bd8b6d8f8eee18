"""What a member may ask for: tiers, windows and holds; pure. The ledger itself is in the store."""

from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from bot.commands.command import Origin
from bot.config.settings import QuotaTier
from bot.wallet.budget import Budgets
from bot.wallet.ledger import Hold

EVERYONE = QuotaTier(name="everyone", images_per_day=20)
"""The tier of every member if the operator configured none."""


class Admission:
    """Quotas by tier, in images per member and day in the operator's time zone; and the operator's own budgets."""

    def __init__(self, tiers: Sequence[QuotaTier], zone: ZoneInfo, budgets: Budgets | None = None) -> None:
        self._tiers = tuple(tiers)
        self._zone = zone
        self.budgets = budgets or Budgets((), zone)

    @property
    def zone(self) -> str:
        return self._zone.key

    def tier(self, origin: Origin) -> QuotaTier:
        """The first tier whose conditions the member meets; a member who meets none is granted nothing."""
        if not self._tiers:
            return EVERYONE
        nothing = QuotaTier(name="none", images_per_day=0)
        return next((tier for tier in self._tiers if _fits(tier, origin)), nothing)

    def window(self, now: float) -> str:
        return f"day:{datetime.fromtimestamp(now, UTC).astimezone(self._zone):%Y-%m-%d}"

    def hold(self, origin: Origin, *, images: int, now: float) -> Hold:
        granted = self.tier(origin).images_per_day
        return Hold(
            user=origin.user,
            window=self.window(now),
            images=images,
            granted=granted,
            budgets=self.budgets.windows(now),
        )

    def uncertain_limit(self, origin: Origin) -> int:
        """How many images of a window are released although they may have been charged."""
        tier = self.tier(origin)
        return tier.images_per_day if tier.uncertain_images_per_day is None else tier.uncertain_images_per_day


def _fits(tier: QuotaTier, origin: Origin) -> bool:
    by_role = not tier.roles or not tier.roles.isdisjoint(origin.roles)
    by_name = not tier.members or origin.user in tier.members
    return by_role and by_name
