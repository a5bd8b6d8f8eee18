"""Finds every regular expression in the source of the bot, wherever it is compiled or used."""

import ast
import importlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.text.counting_matcher import Compiled

ROOT = Path(__file__).parents[2]
FOLDERS = ("bot", "adapters")
SEARCHING = frozenset({"sub", "subn", "split", "search", "findall", "finditer"})
FUNCTIONS = SEARCHING | {"compile", "match", "fullmatch"}
LOCAL_NAMES: dict[str, object] = {"bot_user": "U1", "names": [b"<file:1>", b"<file:2>"]}
"""Values for the names in patterns that are put together inside of a function."""


@dataclass(frozen=True)
class Found:
    """`anchored`: it is tried at one position only, and not from each."""

    place: str
    pattern: Compiled
    anchored: bool


def patterns() -> list[Found]:
    return [found for path in _files() for found in _in_file(path)]


@cache
def _files() -> tuple[Path, ...]:
    return tuple(path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py")))


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _in_file(path: Path) -> Iterator[Found]:
    module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    names = {
        id(node.value): target.id
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(_tree(path)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or not _is_of_re(node.func):
            continue
        values = {**vars(importlib.import_module(module)), **LOCAL_NAMES}
        given = [eval(ast.unparse(part), values) for part in _pattern_and_flags(node, node.func.attr)]
        name = names.get(id(node)) if node.func.attr == "compile" else None
        uses = {node.func.attr} - {"compile"} or (_uses(name) if name is not None else set())
        yield Found(f"{module}:{name or node.lineno}", re.compile(*given), anchored=bool(uses) and not uses & SEARCHING)


def _is_of_re(function: ast.Attribute) -> bool:
    return isinstance(function.value, ast.Name) and function.value.id == "re" and function.attr in FUNCTIONS


@cache
def _uses(name: str) -> frozenset[str]:
    """The methods that are called on a pattern of this name, in any file."""
    return frozenset(
        node.attr
        for path in _files()
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == name
    )


def _pattern_and_flags(call: ast.Call, function: str) -> list[ast.expr]:
    position = {"compile": 1, "sub": 4, "subn": 4, "split": 3}.get(function, 2)
    flags = [word.value for word in call.keywords if word.arg == "flags"] or call.args[position : position + 1]
    return [call.args[0], *flags]
