"""Draws the architecture from the code: rooms and arrows from the imports, states from the table of moves.

`python -m docs.drawing` writes the drawings into docs/architecture.md; `--check` only says whether they are current.
"""

import ast
import re
import sys
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import TypeVar

import bot
from bot.jobs.call import CALL_ENDS, CALL_MOVES, CallState
from bot.jobs.job import ENDS, MOVES, JobState

State = TypeVar("State", bound=str)
ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs/architecture.md"
ROOM = re.compile(r"^ {4}(?P<name>[a-z_]+)(?P<kind>/|\.py) {2,}(?P<words>\S.*)$", re.MULTILINE)
BLOCK = re.compile(r"(<!-- drawn: (?P<name>[a-z]+) -->\n).*?(<!-- end -->)", re.DOTALL)
LEAVES = ("errors", "ids", "clock")
"""Nearly every room imports these: their arrows would hide the others."""


def rooms() -> dict[str, str]:
    """The rooms of the core from the top down, and what each holds, as the core itself lists them."""
    return {found["name"]: found["words"] for found in ROOM.finditer(bot.__doc__ or "")}


@cache
def imported_modules(path: Path) -> frozenset[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(names)


def arrows() -> dict[str, set[str]]:
    """For each room of the core, the other rooms that its files import."""
    return {room: {name for path in files_of(room) for name in rooms_imported(path)} - {room} for room in rooms()}


def files_of(room: str) -> list[Path]:
    top = ROOT / "bot" / room
    return sorted(top.rglob("*.py")) if top.is_dir() else [top.with_suffix(".py")]


def rooms_imported(path: Path) -> set[str]:
    names = (name.split(".") for name in imported_modules(path))
    return {parts[1] for parts in names if parts[0] == "bot" and len(parts) > 1} & set(rooms())


def reduced(graph: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """Without arrows that a longer way implies."""

    def reach(room: str) -> set[str]:
        return {further for other in graph[room] for further in (other, *reach(other))}

    return {room: targets - {further for other in targets for further in reach(other)} for room, targets in graph.items()}


def _drawing_of_rooms() -> Iterable[str]:
    graph = {room: targets - set(LEAVES) for room, targets in arrows().items() if room not in LEAVES}
    yield "```mermaid"
    yield "flowchart TD"
    yield '    adapters["adapters/ <i>and</i> the command line"] --> app'
    for room in graph:
        yield f'    {room}["{room}{"/" if (ROOT / "bot" / room).is_dir() else ".py"}"]'
    for room, targets in reduced(graph).items():
        for target in sorted(targets):
            yield f"    {room} --> {target}"
    yield "```"


def _table_of_rooms() -> Iterable[str]:
    yield "| room | holds | files | imports |"
    yield "|---|---|---|---|"
    order = list(rooms())
    for room, targets in arrows().items():
        files = sum(path.name != "__init__.py" for path in files_of(room))
        listed = ", ".join(sorted(targets, key=order.index))
        yield f"| `{room}` | {rooms()[room]} | {files} | {listed} |"


def _drawing_of_states() -> Iterable[str]:
    return _states(JobState.RECEIVED, MOVES, ENDS)


def _drawing_of_call_states() -> Iterable[str]:
    return _states(CallState.PLANNED, CALL_MOVES, CALL_ENDS)


def _states(first: str, moves: Mapping[State, frozenset[State]], ends: frozenset[State]) -> Iterable[str]:
    yield "```mermaid"
    yield "stateDiagram-v2"
    yield f"    [*] --> {first}"
    for state, targets in moves.items():
        for target in sorted(targets):
            yield f"    {state} --> {target}"
    for state in sorted(ends):
        yield f"    {state} --> [*]"
    yield "```"


DRAWINGS = {"rooms": _drawing_of_rooms, "table": _table_of_rooms, "states": _drawing_of_states, "calls": _drawing_of_call_states}


def drawn(page: str) -> str:
    """The page with every drawing regenerated."""
    return BLOCK.sub(lambda block: block[1] + "\n".join(DRAWINGS[block["name"]]()) + "\n" + block[3], page)


def main() -> int:
    page = PAGE.read_text(encoding="utf-8")
    if "--check" in sys.argv[1:]:
        return int(drawn(page) != page)
    PAGE.write_text(drawn(page), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
