"""The arrows between the rooms, as a test."""

import ast
import sys
from pathlib import Path

import pytest

from docs.drawing import PAGE, drawn, imported_modules, rooms

ROOT = Path(__file__).parent.parent
ROOMS = ("bot", "adapters", "sandbox")
ORDER = tuple(rooms())
"""The rooms of the core from the top down, as the core itself lists them."""

FORBIDDEN = [
    ("bot", ("adapters", "sandbox", "discord", "slack_bolt", "slack_sdk", "typer", "rich")),
    ("adapters", ("sandbox",)),
    ("sandbox", ("bot", "adapters", "discord", "slack_bolt", "slack_sdk")),
]
"""Who must never import what."""
OWNERS = {
    "httpx": ("bot/upstream",),
    "httpcore": (),  # beneath httpx, whose exceptions are the ones that are translated
    "aiosqlite": ("bot/store",),
    "sqlite3": ("bot/store",),
    "PIL": ("bot/images",),
    "pi_heif": ("bot/images",),
    "fluent": ("bot/wording",),
    "pydantic": ("bot/store/sqlite/database/records.py",),
    # The connection pool that discord.py is given is aiohttp's, like the one for members' files.
    "aiohttp": ("adapters/shared/http_client.py", "bot/web"),
    "aiohttp.web": ("bot/web",),
    "slack_bolt": ("adapters/slack",),
    "slack_sdk": ("adapters/slack",),
    "discord": ("adapters/discord",),
    "typer": ("adapters/cli",),
    "rich": ("adapters/cli",),
}
"""A library, and the only places that may import it."""
EXCEPTIONS: dict[tuple[str, str], str] = {}
"""A file and a module above it that it imports all the same, and why."""


def files_of(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def is_within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def room_of(name: str) -> str:
    """`bot.store.blobs` is in the room `store`."""
    return name.split(".")[1]


def upward(path: Path) -> set[str]:
    """What a file of the core imports from the rooms above its own."""
    mine = path.relative_to(ROOT / "bot").parts[0].removesuffix(".py")
    inside = {name for name in imported_modules(path) if is_within(name, "bot") and "." in name}
    return {name for name in inside if room_of(name) != mine and ORDER.index(room_of(name)) < ORDER.index(mine)}


@pytest.mark.parametrize(("folder", "banned"), FORBIDDEN)
def test_no_arrow_points_back(folder: str, banned: tuple[str, ...]) -> None:
    """The core knows no platform, the stand-ins know no product."""
    found = {
        (str(path.relative_to(ROOT)), name)
        for path in files_of(folder)
        for name in imported_modules(path)
        if any(is_within(name, package) and not is_within(name, f"{folder}.discord") for package in banned)
    }

    assert found == set()


@pytest.mark.parametrize(("library", "owners"), OWNERS.items())
def test_each_library_has_its_owner(library: str, owners: tuple[str, ...]) -> None:
    """A foreign library is imported, and its exceptions end, in one place; an owner that no longer imports it is no owner."""
    importing = {
        path.relative_to(ROOT)
        for folder in ("bot", "adapters")
        for path in files_of(folder)
        if any(is_within(name, library) for name in imported_modules(path))
    }

    assert {str(path) for path in importing if not any(path.is_relative_to(owner) for owner in owners)} == set()
    assert [owner for owner in owners if not any(path.is_relative_to(owner) for path in importing)] == []


@pytest.mark.parametrize("platform", ["discord", "slack"])
def test_platforms_do_not_know_each_other(platform: str) -> None:
    """A platform's folder imports no other platform's."""
    others = {other.name for other in (ROOT / "adapters").iterdir() if (other / "capabilities.py").exists()} - {platform}
    found = {
        name
        for path in files_of(f"adapters/{platform}")
        for name in imported_modules(path)
        if any(is_within(name, f"adapters.{other}") for other in others)
    }

    assert found == set()


def test_the_core_is_read_in_one_direction() -> None:
    """Inside the core an import goes down the list of rooms, never up; an exception that is needed no more is struck out."""
    found = {
        (str(path.relative_to(ROOT)), name)
        for path in files_of("bot")
        if path != ROOT / "bot/__init__.py"
        for name in upward(path)
    }

    assert found == set(EXCEPTIONS)


def test_the_list_of_rooms_is_complete() -> None:
    """Every room of the core is on its list, and every room on the list is there."""
    rooms = {path.name.removesuffix(".py") for path in (ROOT / "bot").iterdir() if not path.name.startswith("__")}

    assert rooms - {"py.typed"} == set(ORDER)
    assert len(ORDER) == len(set(ORDER))


@pytest.mark.parametrize("folder", ROOMS)
def test_no_file_shadows_the_standard_library(folder: str) -> None:
    """A module called like one of Python's own is a trap for whoever runs from its folder."""
    found = {str(path.relative_to(ROOT)) for path in files_of(folder) if path.stem in sys.stdlib_module_names - {"__main__"}}

    assert found == set()


def test_the_configuration_names_no_platform() -> None:
    """A platform's keys, sentences and rules are in the platform's folder."""
    platforms = {folder.name for folder in (ROOT / "adapters").iterdir() if (folder / "capabilities.py").exists()}
    found = {
        (str(path.relative_to(ROOT)), name)
        for path in files_of("bot/config")
        for name in platforms
        if name in path.read_text(encoding="utf-8").lower()
    }

    assert len(platforms) > 1
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


def test_the_drawing_is_current() -> None:
    """The rooms, arrows and states in the documentation are those of the code; `make docs` draws them anew."""
    page = PAGE.read_text(encoding="utf-8")

    assert drawn(page) == page
