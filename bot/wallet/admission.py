"""May this member do this now: tiers, windows, holds; pure. The ledger behind it is the store's."""

from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from bot.commands.command import Origin
from bot.config.settings import QuotaTier
from bot.wallet.ledger import Hold

EVERYONE = QuotaTier(name="everyone", images_per_day=20)
"""What holds where the operator configured no tier."""


class Admission:
    """Quota by tier, in images per member and day of the operator's time zone."""

    def __init__(self, tiers: Sequence[QuotaTier], zone: ZoneInfo) -> None:
        self._tiers = tuple(tiers)
        self._zone = zone

    @property
    def zone(self) -> str:
        return self._zone.key

    def tier(self, origin: Origin) -> QuotaTier:
        """The first tier whose conditions the member fits; with tiers but none that fits, nothing is granted."""
        if not self._tiers:
            return EVERYONE
        nothing = QuotaTier(name="none", images_per_day=0)
        return next((tier for tier in self._tiers if _fits(tier, origin)), nothing)

    def window(self, now: float) -> str:
        return f"day:{datetime.fromtimestamp(now, UTC).astimezone(self._zone):%Y-%m-%d}"

    def hold(self, origin: Origin, *, images: int, now: float) -> Hold:
        granted = self.tier(origin).images_per_day
        return Hold(user=origin.user, window=self.window(now), images=images, granted=granted)

    def uncertain_limit(self, origin: Origin) -> int:
        """Up to how many images of a window are given back though nobody knows whether they were charged."""
        tier = self.tier(origin)
        return tier.images_per_day if tier.uncertain_images_per_day is None else tier.uncertain_images_per_day


def _fits(tier: QuotaTier, origin: Origin) -> bool:
    by_role = not tier.roles or not tier.roles.isdisjoint(origin.roles)
    by_name = not tier.members or origin.user in tier.members
    return by_role and by_name
