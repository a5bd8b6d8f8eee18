"""Slash commands and shortcuts in Slack: their declaration in the manifest, and how to read them; pure."""

from typing import Literal

from bot.presentation.menu import Menu
from bot.values import dataclass


@dataclass(frozen=True, kw_only=True)
class SlashCommand:
    name: str
    description: str
    hint: str


@dataclass(frozen=True, kw_only=True)
class Shortcut:
    """`message`: in a message's menu; `global`: in the menu beside the message field."""

    name: str
    kind: Literal["message", "global"]
    callback_id: str
    description: str


GROUP = "/seedream"
"""The command for all actions without their own slash command: each slash command has to be declared by hand."""
KINDS: dict[str, Literal["message", "global"]] = {"message": "message", "anywhere": "global"}


def slash_commands(menu: Menu) -> tuple[SlashCommand, ...]:
    own = (
        SlashCommand(name=f"/{entry.row.name}", description=entry.description, hint=entry.hint)
        for entry in menu.commands
        if not entry.row.grouped
    )
    return (*own, SlashCommand(name=GROUP, description=menu.group_description, hint=menu.group_hint))


def shortcuts(menu: Menu) -> tuple[Shortcut, ...]:
    return tuple(
        Shortcut(name=entry.title, kind=KINDS[entry.row.on], callback_id=entry.row.name, description=entry.description)
        for entry in menu.entries
    )
