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
    return [found for path in _sources() for found in _in_file(path)]


@cache
def _sources() -> dict[Path, str]:
    paths = (path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py")))
    return {path: path.read_text(encoding="utf-8") for path in paths}


@cache
def _nodes(path: Path) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(ast.parse(_sources()[path])))


def _in_file(path: Path) -> Iterator[Found]:
    # Reading all files as syntax takes seconds in every worker of a parallel run.
    if "re." not in _sources()[path]:
        return
    module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    names = {
        id(node.value): target.id
        for node in _nodes(path)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in _nodes(path):
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
def _attributes(path: Path) -> dict[str, set[str]]:
    """The attributes that a file reads, by the name that they are read from."""
    found: dict[str, set[str]] = {}
    for node in _nodes(path):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            found.setdefault(node.value.id, set()).add(node.attr)
    return found


def _uses(name: str) -> set[str]:
    """The methods that are called on a pattern of this name, in any file."""
    return {method for path, source in _sources().items() if f"{name}." in source for method in _attributes(path).get(name, ())}


def _pattern_and_flags(call: ast.Call, function: str) -> list[ast.expr]:
    position = {"compile": 1, "sub": 4, "subn": 4, "split": 3}.get(function, 2)
    flags = [word.value for word in call.keywords if word.arg == "flags"] or call.args[position : position + 1]
    return [call.args[0], *flags]
