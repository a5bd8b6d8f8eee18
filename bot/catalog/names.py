"""The names of this release's models and dialects, without their rows: to read those takes longer than connecting may wait."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from bot.values import dataclass

DATA = Path(__file__).parent / "data"
HEADER = re.compile(r'^\[(?P<kind>model|dialect)\."?(?P<name>[A-Za-z0-9_.-]+?)"?\]$', re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Names:
    models: frozenset[str]
    dialects: frozenset[str]


@cache
def shipped_names() -> Names:
    """As they stand in the headers of the tables."""
    found = [match for path in DATA.glob("*.toml") for match in HEADER.finditer(path.read_text(encoding="utf-8"))]
    return Names(
        models=frozenset(match["name"] for match in found if match["kind"] == "model"),
        dialects=frozenset(match["name"] for match in found if match["kind"] == "dialect" and ".models." not in match["name"]),
    )


def concerns_rows(values: Mapping[str, Any]) -> bool:
    """Whether an operator's file says anything that can only be judged by the rows."""
    defaults, gateways = values.get("defaults"), values.get("gateway")
    if {"model", "dialect", "sizes"} & values.keys() or (isinstance(defaults, dict) and "model" in defaults):
        return True
    tables = gateways if isinstance(gateways, list) else []
    return any(isinstance(table, dict) and {"models", "prices", "default_model"} & table.keys() for table in tables)
