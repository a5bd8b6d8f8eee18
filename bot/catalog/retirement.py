"""When a gateway withdraws a model, and who says so; pure.

What the provider announced is certain. What others report is not: such a model is never a default, but it is tried where a
member names it, because the gateway's own refusal is free and certain.
"""

from typing import Literal, Protocol

from bot.ids import ModelName
from bot.values import dataclass

WARNING_DAYS = 14
"""How long before it a withdrawal is told."""
_DAY_S = 86_400

Source = Literal["announced", "reported"]


@dataclass(frozen=True, kw_only=True)
class Retirement:
    """`at`: seconds since 1970, UTC. `remap`: the operator wants `instead` to be used, at its own price."""

    at: float
    source: Source = "announced"
    instead: ModelName | None = None
    remap: bool = False


class Retirable(Protocol):
    @property
    def retirement(self) -> Retirement | None: ...


@dataclass(frozen=True, kw_only=True)
class Usable:
    """Nothing is known against it, or nothing that needs to be told yet."""


@dataclass(frozen=True, kw_only=True)
class Warned:
    """It ends within two weeks, or (`over`) others report that it has ended already."""

    retirement: Retirement
    over: bool


@dataclass(frozen=True, kw_only=True)
class Refused:
    """The provider has withdrawn it."""

    at: float
    instead: ModelName | None


Standing = Usable | Warned | Refused


def standing(row: Retirable, now: float) -> Standing:
    """What is to be said of a model at this moment, or that it is not to be asked for."""
    retirement = row.retirement
    if retirement is None or now < retirement.at - WARNING_DAYS * _DAY_S:
        return Usable()
    over = now >= retirement.at
    if over and retirement.source == "announced":
        return Refused(at=retirement.at, instead=retirement.instead)
    return Warned(retirement=retirement, over=over)


def is_over(row: Retirable, now: float) -> bool:
    """Whether it is said to be withdrawn, by whomever: such a model is no default."""
    return row.retirement is not None and now >= row.retirement.at


def remapped(row: Retirable, now: float) -> ModelName | None:
    """The model that the operator wants to be used in its place; None: no other one."""
    retirement = row.retirement
    return retirement.instead if retirement is not None and retirement.remap and now >= retirement.at else None
