"""When a gateway withdraws a model, and who says so; pure.

What the provider announced is certain. What others report is not: such a model is never a default, but it is tried where a
member names it, because the gateway's own refusal is free and certain.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Literal, Protocol, assert_never

from bot.ids import GatewayName, ModelName
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


class Seller(Protocol):
    """A gateway with its models by name."""

    @property
    def name(self) -> GatewayName: ...

    @property
    def models(self) -> Mapping[str, Retirable]: ...


@dataclass(frozen=True, kw_only=True)
class Notice:
    """What an operator is told of one model at one gateway; `day` is when it ends or ended."""

    gateway: GatewayName
    model: str
    day: str
    state: Literal["soon", "reported", "refused"]
    instead: ModelName | None

    def __str__(self) -> str:
        """A plain sentence without its full stop, for the log and the command line."""
        offer = "" if self.instead is None else f"; {self.instead} can take its place"
        match self.state:
            case "soon":
                return f"{self.gateway} withdraws {self.model} on {self.day}{offer}"
            case "reported":
                return f"{self.gateway} is reported to have withdrawn {self.model} on {self.day}{offer}"
            case "refused":
                return f"{self.gateway} withdrew {self.model} on {self.day}{offer}"
            case _:
                assert_never(self.state)


def notices(sellers: Iterable[Seller], now: float) -> list[Notice]:
    """Everything that is to be told at this moment."""
    found = []
    for seller in sellers:
        for name, model in seller.models.items():
            state = state_of(model, now)
            if state is not None and model.retirement is not None:
                instead = model.retirement.instead if model.retirement.instead in seller.models else None
                day = day_of(model.retirement.at)
                found.append(Notice(gateway=seller.name, model=name, day=day, state=state, instead=instead))
    return found


def state_of(row: Retirable, now: float) -> Literal["soon", "reported", "refused"] | None:
    """The standing in one word; None: nothing to tell."""
    found = standing(row, now)
    match found:
        case Usable():
            return None
        case Warned(over=over):
            return "reported" if over else "soon"
        case Refused():
            return "refused"
        case _:
            assert_never(found)


def day_of(at: float) -> str:
    """As a date in UTC: 2026-11-24."""
    return datetime.fromtimestamp(at, UTC).date().isoformat()
