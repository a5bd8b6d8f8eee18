"""What members hold and have used, and what the operator was billed: amounts as the books have them."""

from dataclasses import dataclass
from decimal import Decimal

from bot.ids import UserId


@dataclass(frozen=True, kw_only=True)
class Hold:
    """Images of one member reserved for one job in one window."""

    user: UserId
    window: str
    """`day:2026-11-20`, in the operator's time zone."""
    images: int
    granted: int
    """What the member's tier grants in this window."""


@dataclass(frozen=True, kw_only=True)
class Usage:
    """A member's window: granted - settled - held = left."""

    settled: int
    held: int


@dataclass(frozen=True, kw_only=True)
class Spend:
    """What the operator was billed for one job. `amount` None: nobody configured a price. `estimated`: nobody told us."""

    images: int
    amount: Decimal | None
    currency: str | None
    estimated: bool
