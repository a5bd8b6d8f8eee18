"""The arrows between the rooms, as a test."""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("bot", "adapters", "sandbox")

# (who, what it must never import)
FORBIDDEN = [
    ("bot", ("adapters", "sandbox", "discord", "slack_bolt", "slack_sdk", "typer", "rich")),
    ("adapters", ("sandbox",)),
    ("sandbox", ("bot", "adapters", "discord", "slack_bolt", "slack_sdk")),
]
# (library, the only places that may import it)
OWNERS = [
    ("httpx", ("bot/upstream",)),
    ("httpx_sse", ("bot/upstream",)),
    ("httpcore", ("bot/upstream",)),
    ("aiosqlite", ("bot/store",)),
    ("sqlite3", ("bot/store",)),
    ("PIL", ("bot/images",)),
    ("pi_heif", ("bot/images",)),
    ("fluent", ("bot/wording",)),
    ("pydantic", ("bot/config", "bot/store/records.py")),
    ("aiohttp", ("adapters/download.py", "adapters/discord", "bot/web")),
    ("aiohttp.web", ("bot/web",)),
    ("slack_bolt", ("adapters/slack",)),
    ("slack_sdk", ("adapters/slack",)),
    ("discord", ("adapters/discord",)),
    ("typer", ("adapters/cli",)),
    ("rich", ("adapters/cli",)),
]
# Rooms of the core from the leaves up: a room imports only rooms before it.
FLOOR_PLAN = [
    ("ids", "errors", "clock", "capabilities", "file_lock"),
    ("command", "action", "references", "trouble", "patience"),
    ("config", "request", "catalog", "grammar"),
    ("hearing", "routing", "job", "progress"),
    ("wording", "images", "admission", "receipts"),
    ("presentation",),
    ("chat_platform",),
    ("delivery", "deadlines", "store", "upstream", "web"),
    ("engine", "preparation", "handover", "collection", "posting", "announcer", "endings", "retention"),
    ("workshop",),
    ("closing",),
    ("calling", "recovery"),
    ("worker", "handlers"),
    ("app",),
]
LEVEL = {room: level for level, rooms in enumerate(FLOOR_PLAN) for room in rooms}


def files_of(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def imports_of(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def is_within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def room_of(name: str) -> str:
    """`bot.store.blobs` stands in the room `store`."""
    return name.split(".")[1]


@pytest.mark.parametrize(("folder", "banned"), FORBIDDEN)
def test_no_arrow_points_back(folder: str, banned: tuple[str, ...]) -> None:
    """The core knows no platform, the stand-ins know no product."""
    found = {
        (str(path.relative_to(ROOT)), name)
        for path in files_of(folder)
        for name in imports_of(path)
        if any(is_within(name, package) and not is_within(name, f"{folder}.discord") for package in banned)
    }

    assert found == set()


@pytest.mark.parametrize(("library", "owners"), OWNERS)
def test_each_library_has_its_owner(library: str, owners: tuple[str, ...]) -> None:
    """A foreign library is imported, and its exceptions end, in one place."""
    found = {
        str(path.relative_to(ROOT))
        for folder in ("bot", "adapters")
        for path in files_of(folder)
        if not any(path.is_relative_to(ROOT / owner) for owner in owners)
        if any(is_within(name, library) for name in imports_of(path))
    }

    assert found == set()


@pytest.mark.parametrize("platform", ["discord", "slack"])
def test_platforms_do_not_know_each_other(platform: str) -> None:
    """A platform's folder imports no other platform's."""
    others = {other.name for other in (ROOT / "adapters").iterdir() if (other / "capabilities.py").exists()} - {platform}
    found = {
        name
        for path in files_of(f"adapters/{platform}")
        for name in imports_of(path)
        if any(is_within(name, f"adapters.{other}") for other in others)
    }

    assert found == set()


def test_the_core_is_read_in_one_direction() -> None:
    """Inside the core an import goes down the floor plan, never up and never sideways into another room."""
    found = {
        (str(path.relative_to(ROOT)), name)
        for path in files_of("bot")
        if path != ROOT / "bot/__init__.py"
        for name in imports_of(path)
        if is_within(name, "bot") and name.count(".") >= 1
        for mine in [path.relative_to(ROOT / "bot").parts[0].removesuffix(".py")]
        for other in [room_of(name)]
        if other != mine and LEVEL[other] >= LEVEL[mine] and (mine, other) not in NEIGHBOURS
    }

    assert found == set()


NEIGHBOURS = {
    # Within one level, these may look at each other in this one direction.
    ("errors", "ids"),
    ("command", "ids"),
    ("request", "references"),
    ("catalog", "config"),
    ("request", "catalog"),
    ("request", "config"),
    ("progress", "job"),
    ("preparation", "store"),
    ("receipts", "progress"),
}


def test_every_room_is_on_the_floor_plan() -> None:
    """A new room says where it stands before it is used."""
    rooms = {path.name.removesuffix(".py") for path in (ROOT / "bot").iterdir() if not path.name.startswith("__")}

    assert rooms - {"py.typed"} == set(LEVEL)


@pytest.mark.parametrize("folder", ROOMS)
def test_no_file_shadows_the_standard_library(folder: str) -> None:
    """A module called like one of Python's own is a trap for whoever runs from its folder."""
    found = {str(path.relative_to(ROOT)) for path in files_of(folder) if path.stem in sys.stdlib_module_names - {"__main__"}}

    assert found == set()


def test_only_the_capabilities_ask_for_a_name() -> None:
    """The core never compares a platform's or a model's name with a literal."""
    names = {"discord", "slack"}
    found = {
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in files_of("bot")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Compare)
        for part in [node.left, *node.comparators]
        if isinstance(part, ast.Constant) and part.value in names
    }

    assert found == set()
