"""The menu that members see in Discord: its wire form, and when it has to be sent again; pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.presentation.menu import CommandEntry, Menu, OptionEntry

Payload = dict[str, Any]

CHAT_INPUT = 1
MESSAGE = 3
PRIMARY_ENTRY_POINT = 4
"""Belongs to an app's Activity, if it has one; a bulk overwrite without it is refused."""
OPTION_TYPES = {"text": 3, "whole": 4, "yes_no": 5, "picture": 11}
INSTALLS = [0, 1]
"""To servers and to members."""
CONTEXTS = [0, 1, 2]
"""Servers, direct messages with the bot, and all other direct messages."""


def payloads(menu: Menu) -> list[Payload]:
    """The complete menu in Discord's format. Context menus exist only for messages."""
    on_messages = [entry for entry in menu.entries if entry.row.on == "message"]
    return [
        *(_command(command) for command in menu.commands),
        *({**_everywhere(MESSAGE), "name": entry.title} for entry in on_messages),
    ]


def _command(entry: CommandEntry) -> Payload:
    return {
        **_everywhere(CHAT_INPUT),
        "name": entry.row.name,
        "description": entry.description,
        "options": [_option(option) for option in entry.options],
    }


def _everywhere(kind: int) -> Payload:
    return {"type": kind, "integration_types": INSTALLS, "contexts": CONTEXTS}


def _option(entry: OptionEntry) -> Payload:
    option = entry.option
    payload: Payload = {"type": OPTION_TYPES[option.kind], "name": option.name, "description": entry.description}
    if option.required:
        payload["required"] = True
    if option.most is not None:
        payload["max_length"] = option.most
    if option.choices:
        payload["choices"] = [{"name": choice, "value": choice} for choice in option.choices]
    return payload


def overwrite(known: Sequence[Mapping[str, Any]], menu: Menu) -> list[Payload] | None:
    """The commands to send so that Discord has exactly ours; None if it already has them.

    An app may create 200 commands a day, and clients reload whatever changed: nothing is sent without need.
    """
    wanted = payloads(menu)
    entry_points = [command for command in known if command.get("type") == PRIMARY_ENTRY_POINT]
    others = [command for command in known if command.get("type") != PRIMARY_ENTRY_POINT]
    if _by_name(others) == _by_name(wanted):
        return None
    return [*wanted, *(_entry_point(command) for command in entry_points)]


def _by_name(commands: Sequence[Mapping[str, Any]]) -> dict[tuple[int, str], Payload]:
    return {(command.get("type", CHAT_INPUT), command["name"]): _canonical(command) for command in commands}


def _canonical(command: Mapping[str, Any]) -> Payload:
    """A command in normal form, so that explicit and omitted defaults compare as equal."""
    return {
        "description": command.get("description") or "",
        "options": [_canonical_option(option) for option in command.get("options") or ()],
        "integration_types": sorted(command.get("integration_types") or (0,)),
        "contexts": sorted(command.get("contexts") or ()),
        "nsfw": bool(command.get("nsfw")),
        "default_member_permissions": command.get("default_member_permissions"),
    }


def _canonical_option(option: Mapping[str, Any]) -> Payload:
    return {
        "type": option["type"],
        "name": option["name"],
        "description": option["description"],
        "required": bool(option.get("required")),
        "choices": [(choice["name"], choice["value"]) for choice in option.get("choices") or ()],
        "autocomplete": bool(option.get("autocomplete")),
        "bounds": [option.get(name) for name in ("min_length", "max_length", "min_value", "max_value")],
    }


def _entry_point(command: Mapping[str, Any]) -> Payload:
    kept = ("type", "name", "description", "handler", "integration_types", "contexts")
    return {name: command[name] for name in kept if name in command}
