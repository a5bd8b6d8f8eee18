"""Lists the keys of the catalog's tables from the code that reads them: names, allowed values, defaults and what they mean.

`python -m docs.keys` writes the lists into docs/catalog.md; `--check` only says whether they are current.
"""

import ast
import inspect
import json
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields
from pathlib import Path

from bot.catalog.dialects import ModelOnDialect
from bot.catalog.load import context_of
from bot.catalog.models import ModelRow
from bot.catalog.tables.prices import ScheduleTable, StepTable
from bot.config.keys import Key
from bot.config.tables import columns_of

PAGE = Path(__file__).parent / "catalog.md"
BLOCK = re.compile(r"(<!-- keys: (?P<name>[a-z]+) -->\n).*?(<!-- end -->)", re.DOTALL)
TABLES: Mapping[str, type] = {"model": ModelRow, "terms": ModelOnDialect, "schedule": ScheduleTable, "step": StepTable}


def described(page: str) -> str:
    """The page with every list regenerated."""
    return BLOCK.sub(lambda block: block[1] + "\n".join(_list(TABLES[block["name"]])) + "\n" + block[3], page)


def _list(table: type) -> Iterable[str]:
    notes = _notes(table)
    defaults = {field.name: field.default for field in fields(table)}
    yield "| key | allowed | without it | |"
    yield "|---|---|---|---|"
    for column in columns_of(table):
        assert isinstance(column.declared, Key)
        allowed = column.declared.describe(context_of({}))
        default = "required" if column.required else _shown(defaults[column.field])
        yield f"| `{column.declared.name or column.field}` | {allowed} | {default} | {notes.get(column.field, '')} |".replace(
            "  ", " "
        )


def _shown(value: object) -> str:
    """A default as it would be written; empty where nothing is known or nothing is limited."""
    match value:
        case None | () | "":
            return ""
        case bool():
            return f"`{str(value).lower()}`"
        case str():
            return f'`"{value}"`'
        case int():
            return f"`{value}`"
        case tuple():
            return f"`{json.dumps(value)}`"
        case _:
            return "" if value is MISSING or not getattr(value, "micros", 0) else str(value)


def _notes(table: type) -> dict[str, str]:
    """The strings under the fields of a class."""
    (node,) = ast.parse(inspect.getsource(table)).body
    assert isinstance(node, ast.ClassDef)
    found = {}
    for field, after in zip(node.body, node.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
            found[ast.unparse(field.target)] = " ".join(str(after.value.value).split()).replace("None", "without it")
    return found


def main() -> int:
    page = PAGE.read_text(encoding="utf-8")
    if "--check" in sys.argv[1:]:
        return int(described(page) != page)
    PAGE.write_text(described(page), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
