"""What is wrong with the operator's tables that only the catalog understands; pure.

`values` is the whole file as it is written. What the configuration itself reads is left to it, even if it is wrong.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.catalog.catalog import Catalog
from bot.catalog.load import shipped
from bot.catalog.retirement import day_of, is_over
from bot.catalog.tables.prices import read_price
from bot.catalog.tables.rows import ID, Offer, read_offers, read_operators
from bot.config.keys import Context, Fault, FaultsError, Location
from bot.values import dataclass


@dataclass(frozen=True, kw_only=True)
class _Gateway:
    """What one `[[gateway]]` sells. `own_default`: it names its default itself. `given`: the models that it names itself."""

    dialect: str
    given: Mapping[str, Any]
    offers: Mapping[str, Offer]
    own_default: bool


def catalog_faults(values: Mapping[str, Any], context: Context, *, now: float) -> Sequence[Fault]:
    reading = read_operators(values, shipped(), context)
    faults = list(reading.faults)
    given = values.get("gateway")
    gateways: list[_Gateway] = []
    for number, table in enumerate(given if isinstance(given, list) else ()):
        gateway, found = _read_gateway(table, reading.catalog, context) if isinstance(table, dict) else (None, [])
        if gateway is not None:
            gateways.append(gateway)
            found += [] if found else _without_models_faults(gateway)
            found += _own_default_faults(table.get("default_model"), gateway, now)
        faults += [fault.below(number).below("gateway") for fault in found]
    faults += [] if faults else _remap_faults(gateways, values, now)
    defaults = values.get("defaults")
    if isinstance(defaults, dict):
        faults += _default_faults(defaults.get("model"), gateways, reading.catalog, now)
    return faults


def _read_gateway(table: Mapping[str, Any], catalog: Catalog, context: Context) -> tuple[_Gateway | None, list[Fault]]:
    name = table.get("dialect")
    dialect = catalog.dialects.get(name) if isinstance(name, str) else None
    if dialect is None:
        return None, []
    models, prices = (given if isinstance(given := table.get(key), dict) else {} for key in ("models", "prices"))
    offers, found = read_offers(dialect, models, catalog, context)
    faults = [fault.below("models") for fault in found]
    for model, written in prices.items():
        if isinstance(written, dict) and "amount" not in written:
            try:
                read_price(written, context)
            except FaultsError as error:
                faults += [fault.below(model).below("prices") for fault in error.faults]
        if model in catalog.models and model not in shipped().models and model not in {*offers, *models}:
            faults.append(Fault(kind="missing", allowed=ID, location=("models", model)))
    return _Gateway(dialect=dialect.name, given=models, offers=offers, own_default="default_model" in table), faults


def _without_models_faults(gateway: _Gateway) -> list[Fault]:
    if gateway.offers:
        return []
    return [
        Fault(kind="missing", allowed="at least one model that is not off, because it could make nothing", location=("models",))
    ]


def _remap_faults(gateways: Sequence[_Gateway], values: Mapping[str, Any], now: float) -> list[Fault]:
    """Models that are to be used in the place of another, and are withdrawn themselves, or lead back to it."""
    faults: dict[Location, Fault] = {}
    for number, gateway in enumerate(gateways):
        for name in gateway.offers:
            allowed = _wrong_remap(name, gateway, now)
            if allowed is not None:
                location = _where_remapped(name, gateway, number, values)
                found = gateway.offers[name].row.instead
                faults.setdefault(location, Fault(found=found, allowed=allowed, location=location))
    return list(faults.values())


def _wrong_remap(name: str, gateway: _Gateway, now: float) -> str | None:
    """What the model's `instead` should be; None if it is right, or not used without being asked for."""
    successor = _remapped(name, gateway)
    if successor not in gateway.offers:
        return None
    row = gateway.offers[successor].row
    if is_over(row, now) and not _remapped(successor, gateway):
        said = "was withdrawn" if row.retired_source == "announced" else "is reported to have been withdrawn"
        return f"a model that is still sold, because remap is true; {successor} {said} on {day_of(row.retired or now)}"
    circle = _circle(name, gateway)
    if circle is not None and name == min(circle):
        return f"a model that does not lead back to {name}, because remap is true: {' → '.join([*circle, name])}"
    return None


def _circle(name: str, gateway: _Gateway) -> list[str] | None:
    """The models that are used in each other's place, from this one; None if they do not lead back to it."""
    followed = [name]
    while (successor := _remapped(followed[-1], gateway)) in gateway.offers and successor not in followed:
        followed.append(successor)
    return followed if successor == name else None


def _remapped(name: str, gateway: _Gateway) -> str:
    """The model that is used in its place, once it is withdrawn; empty: none."""
    row = gateway.offers[name].row
    return row.instead or "" if row.remap and row.retired is not None else ""


def _where_remapped(name: str, gateway: _Gateway, number: int, values: Mapping[str, Any]) -> Location:
    """The operator's table that says it: of the gateway, of its dialect, or of the model."""
    dialects = values.get("dialect")
    changed = dialects.get(gateway.dialect) if isinstance(dialects, dict) else None
    models = changed.get("models") if isinstance(changed, dict) else None
    for table, location in ((gateway.given, ("gateway", number, "models")), (models, ("dialect", gateway.dialect, "models"))):
        row = table.get(name) if isinstance(table, Mapping) else None
        if isinstance(row, dict) and {"instead", "remap"} & row.keys():
            return (*location, name, "instead")
    return "model", name, "instead"


def _own_default_faults(named: object, gateway: _Gateway, now: float) -> list[Fault]:
    if not isinstance(named, str) or not gateway.offers or _makes(gateway, named, now):
        return []
    return [Fault(found=named, allowed=_allowed(named, [gateway], now), location=("default_model",))]


def _default_faults(named: object, gateways: Sequence[_Gateway], catalog: Catalog, now: float) -> list[Fault]:
    """A default that no gateway makes; a gateway with a default of its own does not need it."""
    concerned = [gateway for gateway in gateways if not gateway.own_default]
    if not isinstance(named, str) or named not in catalog.models or not concerned:
        return []
    if any(_makes(gateway, named, now) for gateway in concerned):
        return []
    return [Fault(found=named, allowed=_allowed(named, concerned, now), location=("defaults", "model"))]


def _makes(gateway: _Gateway, model: str, now: float) -> bool:
    return model in gateway.offers and not is_over(gateway.offers[model].row, now)


def _allowed(named: str, gateways: Sequence[_Gateway], now: float) -> str:
    """The models that could be the default, and how to keep one that is said to be withdrawn."""
    makes = dict.fromkeys(name for gateway in gateways for name in gateway.offers if _makes(gateway, name, now))
    allowed = f"one of {', '.join(makes)}"
    retired = [gateway for gateway in gateways if named in gateway.offers]
    if not retired:
        return f"{allowed}, because no gateway sells it"
    row = retired[0].offers[named].row
    said = "was withdrawn" if row.retired_source == "announced" else "is reported to have been withdrawn"
    table = f'[dialect.{retired[0].dialect}.models."{named}"]'
    return f"{allowed}, because it {said} on {day_of(row.retired or now)}; if yours still has it, set retired = false in {table}"
