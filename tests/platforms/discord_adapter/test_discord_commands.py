"""The command table against Discord's limits, and when it is sent again."""

import re
from copy import deepcopy
from typing import Any

import pytest

from adapters.discord.commands import overwrite, payloads
from bot.commands.table import COMMANDS, Option
from bot.presentation.menu import menu
from bot.wording.words import Words

SHOWN = menu(Words())
OPTIONS = [(row.name, option) for row in COMMANDS for option in row.options]
SENT = {(command["name"], option["name"]): option for command in payloads(SHOWN) for option in command.get("options", ())}


def as_discord_tells() -> list[dict[str, Any]]:
    """Our commands as Discord gives them back: with ids, and every default written out."""
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


def test_names() -> None:
    """What members find in the menu."""
    assert [command["name"] for command in payloads(SHOWN)] == [
        "imagine",
        "edit",
        "quota",
        "models",
        "help",
        "Edit with Seedream",
    ]


@pytest.mark.parametrize("command", ["imagine", "edit"])
def test_options_of_both_verbs(command: str) -> None:
    """Twenty-three options, the required one first."""
    names = [option.name for name, option in OPTIONS if name == command]
    images = [f"image{number}" for number in range(1, 11)]
    rest = ["count", "size", "ratio", "model", "references", "format", "watermark", "search", "prompt_mode", "gateway"]
    assert names == ["prompt", *images, *rest, "private", "spoiler"]
    assert [option.name for name, option in OPTIONS if name == command and option.required] == ["prompt"]


@pytest.mark.parametrize(("command", "option"), OPTIONS)
def test_options_fit_discord(command: str, option: Option) -> None:
    """Names, descriptions, lengths and choices within the documented limits; a count has no bounds of Discord's."""
    assert re.fullmatch(r"[a-z0-9_]{1,32}", option.name)
    sent = SENT[command, option.name]
    assert 1 <= len(sent["description"]) <= 100
    assert option.most is None or 1 <= option.most <= 6000
    assert len(option.choices) <= 25
    assert not {"min_value", "max_value"} & set(sent)


def test_commands_fit_discord() -> None:
    """At most 25 options, descriptions only where they are allowed, everywhere for everyone."""
    payload = overwrite([], SHOWN)
    assert payload is not None
    for command in payload:
        assert len(command.get("options", ())) <= 25
        assert (1 <= len(command.get("description", "")) <= 100) == (command["type"] == 1)
        assert (command["integration_types"], command["contexts"]) == ([0, 1], [0, 1, 2])


def test_unchanged_commands_are_not_sent() -> None:
    """Defaults that Discord writes out are no difference, and neither is the order."""
    assert overwrite(as_discord_tells(), SHOWN) is None
    assert overwrite(as_discord_tells()[::-1], SHOWN) is None


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
def test_any_difference_is_sent_whole(change: Any) -> None:
    """One overwrite sets everything right."""
    known = as_discord_tells()
    change(known)
    assert overwrite(known, SHOWN) == overwrite([], SHOWN)


def test_an_entry_point_is_kept() -> None:
    """An app with an Activity keeps the command that opens it: Discord refuses an overwrite without it."""
    entry = {"id": "7", "type": 4, "name": "launch", "description": "", "handler": 2, "contexts": [0]}
    assert overwrite([*as_discord_tells(), entry], SHOWN) is None
    sent = overwrite([entry], SHOWN)
    assert sent is not None
    assert sent[-1] == {"type": 4, "name": "launch", "description": "", "handler": 2, "contexts": [0]}
