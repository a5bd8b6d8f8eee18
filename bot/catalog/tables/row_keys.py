"""Types of keys that only rows of the catalog have; `bot/config/keys.py` has the general ones."""

import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from bot.config import keys
from bot.config.keys import Context, Fault, FaultsError, Key
from bot.money import Money, parse_money

INSTANT = "an instant with its time zone, without quotes, like 2026-11-24T06:00:00Z, or false"
PIXELS = re.compile(r"([1-9]\d{0,5})x([1-9]\d{0,5})")
TIER = re.compile(r"[1-9]\d?(?:\.\d)?K|[a-z]{2,12}")
"""`2K`, or a word such as `adaptive` that a gateway takes instead of a size."""


def ordered(*words: str) -> Key:
    """A list of these words, each once, in the order in which it is written."""
    listed = ", ".join(f'"{word}"' for word in words)
    return _list(keys.one_of(*words).read, f"a list of {listed}")


def texts(allowed: str) -> Key:
    return _list(keys.text("").read, allowed)


def tiers() -> Key:
    def check(value: str) -> str:
        if not TIER.fullmatch(value):
            raise ValueError
        return value

    return _list(keys.checked(check, "").read, 'a list of sizes, from the smallest to the largest, like ["1K", "2K"]')


def pixels() -> Key:
    """Pixels as they are sent: `2048x1152`."""

    def check(value: str) -> str:
        if not PIXELS.fullmatch(value):
            raise ValueError
        return value

    return keys.checked(check, 'pixels, like "2048x1152"')


def size() -> Key:
    def check(value: str) -> str:
        if not (TIER.fullmatch(value) or PIXELS.fullmatch(value)):
            raise ValueError
        return value

    return keys.checked(check, 'one of the model\'s tiers, or pixels, like "1024x1024"')


def instant() -> Key:
    """Seconds since 1970, UTC; `false` is None."""

    def read(value: Any, _: Context) -> float | None:  # noqa: ANN401  # a TOML value
        if value is False:
            return None
        if not isinstance(value, datetime) or value.tzinfo is None:
            raise keys.wrong(value)
        return value.timestamp()

    return Key(read=read, allowed=INSTANT, scalar=False)


def span(number: Callable[[Decimal], int | float], allowed: str) -> Key:
    """The least and the largest number; `false` is None."""

    def read(value: Any, _: Context) -> tuple[int | float, int | float] | None:  # noqa: ANN401  # a TOML value
        if value is False:
            return None
        if not isinstance(value, list) or len(value) != 2 or not all(map(_is_number, value)):
            raise keys.wrong(value)
        least, most = (number(Decimal(one)) for one in value)
        if least > most:
            raise keys.wrong(value)
        return least, most

    return Key(read=read, allowed=allowed, scalar=False)


def money(allowed: str) -> Key:
    """An amount with its currency, or without one, which is then empty: `"0.04 USD"`, `"0.04"`, 0.04."""

    def read(value: Any, _: Context) -> Money:  # noqa: ANN401  # a TOML value
        text = f"{value:f}" if isinstance(value, Decimal) else str(value) if _is_number(value) else value
        if not isinstance(text, str):
            raise keys.wrong(value)
        bare = not text.strip()[-1:].isalpha()
        try:
            found = parse_money(f"{text.strip()} XXX" if bare else text)
        except ValueError as error:
            raise keys.wrong(value) from error
        return Money(micros=found.micros, currency="" if bare else found.currency)

    return Key(read=read, allowed=allowed, scalar=False)


def currency() -> Key:
    def check(value: str) -> str:
        if not re.fullmatch(r"[A-Za-z]{3}", value, re.ASCII):
            raise ValueError
        return value.upper()

    return keys.checked(check, 'a currency, like "USD"')


def _list(item: keys.Read, allowed: str) -> Key:
    read_items = keys.list_of(item)

    def read(value: Any, context: Context) -> tuple[Any, ...]:  # noqa: ANN401  # a TOML value
        try:
            found = read_items(value, context)
        except FaultsError as error:
            raise FaultsError(
                *(Fault(found=fault.found, location=fault.location, allowed=allowed) for fault in error.faults)
            ) from error
        if len(set(found)) != len(found):
            raise keys.wrong(value, f"{allowed}, each once")
        return found

    return Key(read=read, allowed=allowed, scalar=False)


def _is_number(value: object) -> bool:
    if isinstance(value, Decimal):
        return value.is_finite()
    return isinstance(value, int) and not isinstance(value, bool)
