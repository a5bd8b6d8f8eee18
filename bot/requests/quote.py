"""What a request costs."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, kw_only=True)
class Quote:
    """What a request costs at most: `unit` for each of `images` pictures."""

    unit: Decimal
    currency: str
    images: int

    @property
    def amount(self) -> Decimal:
        return self.unit * self.images
