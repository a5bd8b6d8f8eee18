"""Amounts of money: whole micro-units of a currency, so that sums are exact."""

import re
from decimal import ROUND_CEILING, Decimal

from bot.values import dataclass

MICROS = 1_000_000
"""Micro-units in one unit of a currency."""
MOST_MICROS = 10**15
"""More than any price, and exact in every database and in JSON."""
_WRITTEN = re.compile(r"(\d{1,15}(?:\.\d{1,30})?) ?([A-Za-z]{3})", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Money:
    """An amount in micro-units of its currency (`USD`, `CNY`)."""

    micros: int
    currency: str

    @property
    def amount(self) -> str:
        """The number alone, with at least two decimals: 0.16, 0.30, 0.035."""
        whole, fraction = divmod(abs(self.micros), MICROS)
        sign = "-" if self.micros < 0 else ""
        return f"{sign}{whole}.{f'{fraction:06}'.rstrip('0'):0<2}"

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"

    def times(self, number: int) -> "Money":
        return Money(micros=self.micros * number, currency=self.currency)


def to_micros(amount: Decimal) -> int:
    """Micro-units, rounded up. Raises ValueError for what is no amount: negative, not finite, or above MOST_MICROS."""
    if not amount.is_finite() or amount < 0 or amount > MOST_MICROS // MICROS:
        raise ValueError(f"{amount} is no amount of money")
    return int((amount * MICROS).to_integral_value(rounding=ROUND_CEILING))


def parse_money(text: str) -> Money:
    """An amount as operators write it: `0.04 USD`. Raises ValueError."""
    found = _WRITTEN.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is no amount of money")
    return Money(micros=to_micros(Decimal(found[1])), currency=found[2].upper())
