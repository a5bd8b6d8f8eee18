"""The price of a request."""

from bot.money import Money
from bot.values import dataclass


@dataclass(frozen=True, kw_only=True)
class Quote:
    """The highest price of a request for `images` pictures."""

    unit: Money
    images: int

    @property
    def most(self) -> Money:
        return self.unit.times(self.images)
