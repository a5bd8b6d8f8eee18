"""The price of a request."""

from decimal import Decimal

from bot.values import dataclass


@dataclass(frozen=True, kw_only=True)
class Quote:
    """The highest price of a request: `unit` for each of `images` pictures."""

    unit: Decimal
    currency: str
    images: int

    @property
    def amount(self) -> Decimal:
        return self.unit * self.images
