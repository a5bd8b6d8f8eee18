"""Amounts of money as text."""

from decimal import Decimal


def money(amount: Decimal) -> str:
    """Without trailing zeros, but with at least two decimals: 0.16, 0.30, 0.035."""
    text = f"{amount:f}"
    whole, _, fraction = text.partition(".")
    return f"{whole}.{fraction.rstrip('0'):0<2}"
