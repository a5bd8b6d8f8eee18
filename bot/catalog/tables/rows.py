"""Reads the tables of a TOML document into rows, and says what is wrong with them; pure.

The files of this release and the operator's own file have the same words, and are read by the same code. What the operator says
wins: of a model at every gateway, of a dialect's model at its gateways, of a gateway's model there.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Any

from bot.catalog.catalog import Catalog
from bot.catalog.dialects import DialectRow, ModelOnDialect
from bot.catalog.models import ModelRow, spelled
from bot.catalog.sizes import ASPECT_TOLERANCE, Pixels, SizeTable
from bot.catalog.tables.row_faults import row_faults
from bot.catalog.tables.row_keys import PIXELS
from bot.config.keys import Context, Fault
from bot.config.nearest import nearest
from bot.config.tables import keys_of, read_fields, unknown_keys
from bot.values import dataclass

NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,31}")
NAMES = "1 to 32 lower-case letters, digits, dots and dashes, without the word seedream"
ID = "the gateway's id of the model, in quotes"
NUMBERED = re.compile(r"[1-9]\d?(?:\.\d)?K")
RATIO = re.compile(r"([1-9]\d?):([1-9]\d?)")
OPERATORS_KEYS = ("default_model", "models")
"""What an operator can say of a dialect: the wire itself is as it is, and the limits of one gateway have their own table."""

EMPTY = Catalog(models={}, dialects={}, sides={}, sizes={})


@dataclass(frozen=True, kw_only=True)
class Reading:
    catalog: Catalog
    faults: Sequence[Fault]


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A model as one gateway sells it: its row with every change, and the gateway's terms."""

    row: ModelRow
    terms: ModelOnDialect


def read_shipped(document: Mapping[str, Any], context: Context) -> Reading:
    """The rows of this release; every key of every table is known."""
    faults = list(unknown_keys(document, ["side", "sizes", "model", "dialect"]))
    sides = dict(document["side"])
    sizes, size_faults = _read_sizes(document["sizes"], sides)
    base = replace(EMPTY, sides=sides, sizes=sizes)
    models, model_faults = _read_models(document["model"], base, context)
    base = replace(base, models=models)
    dialects: dict[str, DialectRow] = {}
    for name, table in document["dialect"].items():
        dialects[name], found = _read_dialect(name, table, base, context)
        faults += [fault.below(name).below("dialect") for fault in found]
    return Reading(catalog=replace(base, dialects=dialects), faults=[*faults, *size_faults, *model_faults])


def read_operators(values: Mapping[str, Any], base: Catalog, context: Context) -> Reading:
    """The catalog with the operator's rows. What is not even a table has been reported by the configuration."""
    base = replace(base, sides=_with_own_tiers(base.sides, values))
    sizes, faults = _read_sizes(_tables(values, "sizes"), base.sides)
    base = replace(base, sizes={**base.sizes, **sizes})
    tables = _tables(values, "model")
    models, model_faults = _read_models(tables, base, context)
    # Without what the operator says of the model itself, which holds at every gateway.
    dialects = {name: _without(row, tables) for name, row in base.dialects.items()}
    base = replace(base, models={**base.models, **models}, dialects=dialects)
    faults += model_faults
    changed: dict[str, DialectRow] = {}
    for name, table in _tables(values, "dialect").items():
        row = base.dialects.get(name)
        if row is None:
            near = nearest(name, base.dialects)
            hint = f"expected one of {', '.join(base.dialects)}." if near is None else f"did you mean {near}?"
            faults.append(Fault(kind="unknown", allowed=hint, location=("dialect", name)))
            continue
        changed[name], found = _changed_dialect(row, table, base, context)
        faults += [fault.below(name).below("dialect") for fault in found]
    return Reading(catalog=replace(base, dialects={**base.dialects, **changed}), faults=faults)


def read_offers(
    dialect: DialectRow, given: Mapping[str, Any], catalog: Catalog, context: Context
) -> tuple[dict[str, Offer], list[Fault]]:
    """What a gateway sells: the dialect's models that are not off, and `given`, the operator's ids or tables by model."""
    offers = {
        name: Offer(row=replace(catalog.models[name], **terms.changes), terms=terms)
        for name, terms in dialect.models.items()
        if not terms.off
    }
    faults: list[Fault] = []
    for name, said in given.items():
        # A name that nobody knows has been reported where the names are read.
        if name not in catalog.models or not isinstance(said, str | Mapping):
            continue
        table = {"off": False, **({"id": said} if isinstance(said, str) else said)}
        terms, found = _read_terms(name, table, dialect.models.get(name), catalog, context)
        faults += [fault.below(name) for fault in found]
        if terms is not None and not terms.off:
            offers[name] = Offer(row=replace(catalog.models[name], **terms.changes), terms=replace(terms, off=False))
        else:
            offers.pop(name, None)
    return offers, faults


def _read_models(tables: Mapping[str, Any], base: Catalog, context: Context) -> tuple[dict[str, ModelRow], list[Fault]]:
    models: dict[str, ModelRow] = {}
    faults: list[Fault] = []
    for name, table in tables.items():
        if not NAME.fullmatch(name) or spelled(name) != name:
            faults.append(Fault(found=name, allowed=NAMES, location=("model", name)))
            continue
        reading = read_fields(ModelRow, table, context)
        before = base.models.get(name)
        row = ModelRow(name=name, **reading.values) if before is None else replace(before, **reading.values)
        found = [*reading.faults, *unknown_keys(table, _known(ModelRow))]
        found += row_faults(row, sides=base.sides, sizes=base.sizes) if not found else []
        found += _spelling_faults(row, {**base.models, **models})
        faults += [fault.below(name).below("model") for fault in found]
        models[name] = row
    return models, faults


def _spelling_faults(row: ModelRow, others: Mapping[str, ModelRow]) -> list[Fault]:
    """Names that mean another model already."""
    taken = {spelling: other.name for other in others.values() if other.name != row.name for spelling in other.all_spellings}
    return [
        Fault(found=spelling, allowed=f"a name that does not mean {taken[spelling]} already", location=("spellings",))
        for spelling in row.all_spellings
        if spelling in taken
    ]


def _read_dialect(name: str, table: Mapping[str, Any], base: Catalog, context: Context) -> tuple[DialectRow, list[Fault]]:
    reading = read_fields(DialectRow, table, context)
    faults = [*reading.faults, *unknown_keys(table, [*_known(DialectRow), "models"])]
    row = DialectRow(name=name, models={}, **{"default_model": "", "modes": (), **reading.values})
    models, found = _read_dialect_models(table.get("models", {}), row, base, context)
    row = replace(row, models=models)
    return row, [*faults, *found, *_default_faults(row)]


def _changed_dialect(
    row: DialectRow, table: Mapping[str, Any], base: Catalog, context: Context
) -> tuple[DialectRow, list[Fault]]:
    own = {key: value for key, value in table.items() if key in OPERATORS_KEYS}
    reading = read_fields(DialectRow, own, context)
    faults = [fault for fault in reading.faults if fault.kind != "missing"]
    faults += unknown_keys(table, OPERATORS_KEYS)
    given = table.get("models", {})
    if not isinstance(given, dict) or not all(isinstance(one, dict) for one in given.values()):
        return row, [*faults, Fault(found=given, allowed='[dialect.NAME.models."NAME"] tables', location=("models",))]
    models, found = _read_dialect_models(given, row, base, context)
    changed = replace(row, **reading.values, models={**row.models, **models})
    return changed, [*faults, *found, *_default_faults(changed)]


def _read_dialect_models(
    tables: Mapping[str, Any], dialect: DialectRow, base: Catalog, context: Context
) -> tuple[dict[str, ModelOnDialect], list[Fault]]:
    models: dict[str, ModelOnDialect] = {}
    faults: list[Fault] = []
    for name, table in tables.items():
        if name not in base.models:
            near = nearest(name, base.models)
            hint = "" if near is None else f" (did you mean {near}?)"
            allowed = f"one of {', '.join(base.models)}{hint}, or a name with a [model] table of its own"
            faults.append(Fault(found=name, allowed=allowed, location=("models", name)))
            continue
        terms, found = _read_terms(name, table, dialect.models.get(name), base, context)
        faults += [fault.below(name).below("models") for fault in found]
        if terms is not None:
            models[name] = terms
    return models, faults


def _read_terms(
    name: str, table: Mapping[str, Any], before: ModelOnDialect | None, catalog: Catalog, context: Context
) -> tuple[ModelOnDialect | None, list[Fault]]:
    """The terms of one model, on top of those that it had; None without an id."""
    own, row = read_fields(ModelOnDialect, table, context), read_fields(ModelRow, table, context)
    faults = [fault for fault in own.faults if fault.kind != "missing"]
    faults += [*row.faults, *unknown_keys(table, _known(ModelOnDialect, ModelRow))]
    if before is None and "id" not in own.values:
        missing = [] if "id" in table else [Fault(kind="missing", allowed=ID, location=("id",))]
        return None, [*faults, *missing]
    changes = {**({} if before is None else before.changes), **row.values}
    if before is None:
        terms = ModelOnDialect(**own.values, changes=changes)
    else:
        # A second id was a guess about the first.
        second_id = before.second_id if own.values.get("id", before.id) == before.id else None
        terms = replace(before, **{"second_id": second_id, **own.values}, changes=changes)
    if changes and not faults:
        faults += row_faults(replace(catalog.models[name], **changes), sides=catalog.sides, sizes=catalog.sizes)
    return terms, faults


def _default_faults(row: DialectRow) -> list[Fault]:
    offered = [name for name, terms in row.models.items() if not terms.off]
    if not row.default_model or row.default_model in offered:
        return []
    return [Fault(found=row.default_model, allowed=f"one of {', '.join(offered)}", location=("default_model",))]


def _without(row: DialectRow, tables: Mapping[str, Mapping[str, Any]]) -> DialectRow:
    models = {
        name: replace(terms, changes={key: value for key, value in terms.changes.items() if key not in tables.get(name, {})})
        for name, terms in row.models.items()
    }
    return replace(row, models=models)


def _read_sizes(tables: Mapping[str, Any], sides: Mapping[str, int]) -> tuple[dict[str, SizeTable], list[Fault]]:
    sizes: dict[str, SizeTable] = {}
    faults: list[Fault] = []
    for name, table in tables.items():
        tiers: dict[str, dict[Fraction, Pixels]] = {}
        for tier, ratios in table.items():
            location = ("sizes", name, tier)
            if tier not in sides:
                faults.append(Fault(kind="unknown", allowed=f"expected one of {', '.join(sides)}.", location=location))
            elif not isinstance(ratios, dict):
                faults.append(
                    Fault(found=ratios, allowed='a table of pixels by ratio, like { "16:9" = "2816x1584" }', location=location)
                )
            else:
                tiers[tier], found = _read_ratios(ratios)
                faults += [replace(fault, location=(*location, *fault.location)) for fault in found]
        sizes[name] = tiers
    return sizes, faults


def _read_ratios(table: Mapping[str, Any]) -> tuple[dict[Fraction, Pixels], list[Fault]]:
    ratios: dict[Fraction, Pixels] = {}
    faults: list[Fault] = []
    for ratio, written in table.items():
        shape = RATIO.fullmatch(ratio)
        found = PIXELS.fullmatch(written) if isinstance(written, str) else None
        if shape is None:
            faults.append(Fault(kind="unknown", allowed="expected a ratio, like 16:9.", location=(ratio,)))
            continue
        wide, high = int(shape[1]), int(shape[2])
        pixels = Pixels(width=int(found[1]), height=int(found[2])) if found is not None else None
        if pixels is None or abs(pixels.width * high / (pixels.height * wide) - 1) >= ASPECT_TOLERANCE:
            faults.append(Fault(found=written, allowed=f'pixels of the shape {ratio}, like "2816x1584"', location=(ratio,)))
        else:
            ratios[Fraction(wide, high)] = pixels
    return ratios, faults


@cache
def _known(*rows: type) -> tuple[str, ...]:
    return tuple(name for row in rows for name in keys_of(row))


def _with_own_tiers(sides: Mapping[str, int], values: Mapping[str, Any]) -> dict[str, int]:
    """With the sides of tiers that only the operator has heard of: 6K is six times as long as 1K."""
    named = {tier for part in ("model", "dialect", "gateway") for tier in _tiers_in(values.get(part))}
    named |= {tier for table in _tables(values, "sizes").values() for tier in table}
    own = {tier: int(Decimal(tier[:-1]) * sides["1K"]) for tier in named if NUMBERED.fullmatch(tier)}
    return dict(sorted({**own, **sides}.items(), key=lambda pair: pair[1]))


def _tiers_in(value: object) -> Iterator[str]:
    """What stands in lists called `tiers`, wherever they are."""
    match value:
        case dict():
            for key, inner in value.items():
                if key == "tiers" and isinstance(inner, list):
                    yield from (tier for tier in inner if isinstance(tier, str))
                else:
                    yield from _tiers_in(inner)
        case list():
            for inner in value:
                yield from _tiers_in(inner)
        case _:
            pass


def _tables(values: Mapping[str, Any], name: str) -> dict[str, dict[str, Any]]:
    given = values.get(name)
    return {key: table for key, table in given.items() if isinstance(table, dict)} if isinstance(given, dict) else {}
