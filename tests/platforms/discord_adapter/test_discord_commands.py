"""The command table respects Discord's limits and is sent again only after a change."""

import re
from copy import deepcopy
from typing import Any

import pytest

from adapters.discord.commands import overwrite, payloads
from bot.commands.table import COMMANDS, Option
from bot.presentation.menu import menu
from bot.presentation.offers import catalog_offers
from bot.wording.words import Words

SHOWN = menu(Words(), catalog_offers())
OPTIONS = [(row.name, option) for row in COMMANDS for option in row.options]
SENT = {(command["name"], option["name"]): option for command in payloads(SHOWN) for option in command.get("options", ())}


def registered_commands() -> list[dict[str, Any]]:
    """Return our commands as Discord returns them: with ids and explicit defaults."""
    payload = overwrite([], SHOWN)
    assert payload is not None
    for number, command in enumerate(deepcopy(payload)):
        command |= {"id": str(number), "version": "9", "application_id": "1", "nsfw": False, "dm_permission": True}
        command |= {"default_member_permissions": None, "name_localizations": None}
        command.setdefault("description", "")
        for option in command.get("options", ()):
            option |= {"name_localizations": None}
            option.setdefault("required", False)
        payload[number] = command
    return payload


def test_command_names() -> None:
    """The registered commands and their order."""
    assert [command["name"] for command in payloads(SHOWN)] == [
        "imagine",
        "edit",
        "quota",
        "models",
        "help",
        "Edit with Seedream",
    ]


@pytest.mark.parametrize("command", ["imagine", "edit"])
def test_options_of_imagine_and_edit(command: str) -> None:
    """Both have as many options as a command may have, the required one first."""
    names = [option.name for name, option in OPTIONS if name == command]
    images = [f"image{number}" for number in range(1, 11)]
    rest = ["count", "size", "ratio", "model", "references", "format", "background", "layers"]
    rest += ["watermark", "search", "prompt_mode", "gateway"]
    assert names == ["prompt", *images, *rest, "private", "spoiler"]
    assert [option.name for name, option in OPTIONS if name == command and option.required] == ["prompt"]


@pytest.mark.parametrize(("command", "option"), OPTIONS)
def test_options_respect_discords_limits(command: str, option: Option) -> None:
    """Names, descriptions, lengths and choices are within the documented limits; a count has no bounds on Discord's side."""
    assert re.fullmatch(r"[a-z0-9_]{1,32}", option.name)
    sent = SENT[command, option.name]
    assert 1 <= len(sent["description"]) <= 100
    assert option.most is None or 1 <= option.most <= 6000
    assert len(option.choices) <= 25
    assert not {"min_value", "max_value"} & set(sent)


def test_commands_respect_discords_limits() -> None:
    """At most 25 options, descriptions only on slash commands, available in every context."""
    payload = overwrite([], SHOWN)
    assert payload is not None
    for command in payload:
        assert len(command.get("options", ())) <= 25
        assert (1 <= len(command.get("description", "")) <= 100) == (command["type"] == 1)
        assert (command["integration_types"], command["contexts"]) == ([0, 1], [0, 1, 2])


def test_unchanged_commands_are_not_sent() -> None:
    """Explicit defaults and a different order are no change."""
    assert overwrite(registered_commands(), SHOWN) is None
    assert overwrite(registered_commands()[::-1], SHOWN) is None


@pytest.mark.parametrize(
    "change",
    [
        lambda known: known.pop(),
        lambda known: known.append({"type": 1, "name": "old", "description": "gone"}),
        lambda known: known[0].update(description="old words"),
        lambda known: known[0]["options"].pop(),
        lambda known: known[0]["options"][0].update(max_length=5),
        lambda known: known[1].update(contexts=[0]),
        lambda known: known[4].update(integration_types=[0]),
    ],
)
def test_any_change_sends_all_commands(change: Any) -> None:
    """One overwrite replaces the whole table."""
    known = registered_commands()
    change(known)
    assert overwrite(known, SHOWN) == overwrite([], SHOWN)


def test_entry_point_command_is_kept() -> None:
    """Discord refuses an overwrite that omits the command that opens an app's Activity."""
    entry = {"id": "7", "type": 4, "name": "launch", "description": "", "handler": 2, "contexts": [0]}
    assert overwrite([*registered_commands(), entry], SHOWN) is None
    sent = overwrite([entry], SHOWN)
    assert sent is not None
    assert sent[-1] == {"type": 4, "name": "launch", "description": "", "handler": 2, "contexts": [0]}
