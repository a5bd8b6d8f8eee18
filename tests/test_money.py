"""Money is whole micro-units of a currency."""

from decimal import Decimal

import pytest

from bot.money import MOST_MICROS, Money, parse_money, to_micros


@pytest.mark.parametrize(
    ("written", "micros", "said"),
    [
        ("0.035 USD", 35_000, "0.035 USD"),
        ("0.30usd", 300_000, "0.30 USD"),
        ("1 CNY", 1_000_000, "1.00 CNY"),
        ("0 USD", 0, "0.00 USD"),
        ("0.0000001 USD", 1, "0.000001 USD"),
        ("0.0225 USD", 22_500, "0.0225 USD"),
        (" 12.5 EUR ", 12_500_000, "12.50 EUR"),
    ],
)
def test_an_amount_is_read_exactly_and_rounded_up(written: str, micros: int, said: str) -> None:
    money = parse_money(written)
    assert (money.micros, str(money)) == (micros, said)


@pytest.mark.parametrize(
    "written", ["", "USD", "0.04", "-1 USD", "1,5 USD", "1 US", "nan USD", "1e3 USD", "1 USDT", f"{10**15} USD", "١ USD"]
)
def test_what_is_no_amount_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="no amount of money"):
        parse_money(written)


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "-0.01", str(MOST_MICROS)])
def test_micro_units_are_of_a_finite_amount(amount: str) -> None:
    with pytest.raises(ValueError, match="no amount of money"):
        to_micros(Decimal(amount))


def test_sums_are_exact() -> None:
    """0.1 + 0.2 is 0.3, and a debt shows its sign."""
    assert str(parse_money("0.1 USD").times(3)) == "0.30 USD"
    assert str(Money(micros=-35_000, currency="USD")) == "-0.035 USD"
