"""What a member may ask for: tiers, windows, holds and open jobs; pure. The ledger itself is in the store."""

from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from bot.commands.command import Generate, Origin
from bot.config.settings import QuotaTier
from bot.errors import RefusalCode, RefusedError
from bot.wallet.ledger import Demand, Hold

EVERYONE = QuotaTier(name="everyone", images_per_day=20)
"""The tier of every member if the operator configured none."""


class Admission:
    """Quotas by tier, in images per member and day in the operator's time zone."""

    def __init__(self, tiers: Sequence[QuotaTier], zone: ZoneInfo) -> None:
        self._tiers = tuple(tiers)
        self._zone = zone

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
        return Hold(user=origin.user, window=self.window(now), images=images, granted=granted)

    def demand(self, origin: Origin, *, images: int, now: float) -> Demand:
        """What is checked before any work is done for the member."""
        tier = self.tier(origin)
        return Demand(hold=self.hold(origin, images=images, now=now), open_jobs=tier.jobs_at_once + tier.jobs_waiting)

    def jobs_at_once(self, origin: Origin) -> int:
        return self.tier(origin).jobs_at_once

    def with_zone(self, error: RefusedError) -> RefusedError:
        """Add the operator's time zone to a used-up quota: its wording says when the quota is renewed."""
        if error.refusal is not RefusalCode.QUOTA_EXCEEDED:
            return error
        return RefusedError(error.refusal, nearest=error.nearest, **{**error.parameters, "zone": self.zone})

    def uncertain_limit(self, origin: Origin) -> int:
        """How many images of a window are released although they may have been charged."""
        tier = self.tier(origin)
        return tier.images_per_day if tier.uncertain_images_per_day is None else tier.uncertain_images_per_day


def images_asked(command: Generate) -> int:
    """How many images a command asks for; what is wrong with the number is judged elsewhere."""
    return max(1, command.options.count or 1)


def _fits(tier: QuotaTier, origin: Origin) -> bool:
    by_role = not tier.roles or not tier.roles.isdisjoint(origin.roles)
    by_name = not tier.members or origin.user in tier.members
    return by_role and by_name
