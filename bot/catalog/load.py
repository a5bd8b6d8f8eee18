"""Loads the catalog: the files of this release, with what the operator adds to them.

Nothing is read at import: whoever needs a row calls `shipped` or `catalog_of`.
"""

import tomllib
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from typing import Any

from bot.catalog.catalog import Catalog
from bot.catalog.names import DATA
from bot.catalog.tables.rows import read_operators, read_shipped
from bot.config.keys import Context
from bot.config.settings import Settings
from bot.errors import ConfigurationError

FILES = ("sizes.toml", "dialects.toml", "models.toml")


@cache
def shipped() -> Catalog:
    """The catalog of this release. A fault in its files is a mistake of this program, and raises ValueError."""
    document = _shipped_document()
    reading = read_shipped(document, _context(document))
    if reading.faults:
        raise ValueError(f"the catalog's own files are wrong: {reading.faults}")
    return reading.catalog


def catalog_of(settings: Settings) -> Catalog:
    """With the operator's rows. Raises ConfigurationError for faults, which loading the settings reports in full."""
    given: dict[str, Any] = {"model": settings.model_tables, "dialect": settings.dialect_tables, "sizes": settings.size_tables}
    if not any(given.values()) and not any(
        isinstance(said, Mapping) for gateway in settings.gateways for said in gateway.models.values()
    ):
        return shipped()
    given["gateway"] = [{"models": gateway.models} for gateway in settings.gateways]
    reading = read_operators(given, shipped(), context_of(settings.model_tables))
    if reading.faults:
        raise ConfigurationError(tuple(f"the catalog: {fault.location}: expected {fault.allowed}." for fault in reading.faults))
    return reading.catalog


def context_of(own_models: Mapping[str, Any]) -> Context:
    """What the rows are checked against."""
    known = shipped()
    return Context(
        dialects=frozenset(known.dialects),
        models=frozenset({*known.models, *own_models}),
        api_keys={},
        member="",
        workspaces={},
    )


def _shipped_document() -> dict[str, Any]:
    """All files as one document: a table may go on in another file."""
    document: dict[str, Any] = {}
    for name in FILES:
        _merge(document, tomllib.loads((DATA / name).read_text(encoding="utf-8"), parse_float=Decimal))
    return document


def _merge(document: dict[str, Any], more: Mapping[str, Any]) -> None:
    for key, value in more.items():
        if isinstance(value, dict) and isinstance(document.get(key), dict):
            _merge(document[key], value)
        elif document.setdefault(key, value) is not value:
            raise ValueError(f"{key} is in two files of the catalog")


def _context(document: Mapping[str, Any]) -> Context:
    return Context(
        dialects=frozenset(document["dialect"]),
        models=frozenset(document["model"]),
        api_keys={},
        member="",
        workspaces={},
    )
