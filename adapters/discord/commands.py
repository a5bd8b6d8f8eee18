"""The commands members see in Discord's menu: one table, its wire form, and when it has to be sent again; pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

Payload = dict[str, Any]

PROMPT_LENGTH = 6000
"""Discord's own end for a text option; what a model takes is judged by the catalog."""
IMAGES = 10
EDIT_MENU = "Edit with Seedream"

CHAT_INPUT = 1
MESSAGE = 3
PRIMARY_ENTRY_POINT = 4
"""Belongs to an app's Activity, if it has one; a bulk overwrite without it is refused."""
OPTION_TYPES = {"text": 3, "whole": 4, "yes_no": 5, "file": 11}
INSTALLS = [0, 1]
"""To servers and to members."""
CONTEXTS = [0, 1, 2]
"""Servers, direct messages with the bot, every other direct message."""


@dataclass(frozen=True, kw_only=True)
class Option:
    name: str
    kind: Literal["text", "whole", "yes_no", "file"]
    description: str
    required: bool = False
    most: int | None = None
    choices: tuple[str, ...] = ()
    """Only what cannot get stale: an old client sends what it once saw."""

    def payload(self) -> Payload:
        payload: Payload = {"type": OPTION_TYPES[self.kind], "name": self.name, "description": self.description}
        if self.required:
            payload["required"] = True
        if self.most is not None:
            payload["max_length"] = self.most
        if self.choices:
            payload["choices"] = [{"name": choice, "value": choice} for choice in self.choices]
        return payload


@dataclass(frozen=True, kw_only=True)
class CommandRow:
    name: str
    kind: int
    description: str = ""
    options: tuple[Option, ...] = ()

    def payload(self) -> Payload:
        payload: Payload = {
            "type": self.kind,
            "name": self.name,
            "integration_types": INSTALLS,
            "contexts": CONTEXTS,
        }
        if self.kind == CHAT_INPUT:
            payload["description"] = self.description
            payload["options"] = [option.payload() for option in self.options]
        return payload


PROMPT = Option(
    name="prompt",
    kind="text",
    description="What the picture should show, in your own words",
    required=True,
    most=PROMPT_LENGTH,
)
CHANGE = replace(PROMPT, description="What should change; call your pictures image 1, image 2 …")
PICTURES = tuple(
    Option(name=f"image{number}", kind="file", description=f"Reference picture: “image {number}” in your prompt")
    for number in range(1, IMAGES + 1)
)
SETTINGS = (
    Option(name="count", kind="whole", description="How many pictures at most, in one related set (1 to 15)"),
    Option(name="size", kind="text", description="1K, 2K, 3K, 4K, or exact pixels like 2048x1152", most=20),
    Option(name="ratio", kind="text", description="Shape, width to height: 16:9, 1:1, 9:16 …", most=20),
    Option(name="model", kind="text", description="Seedream model: 5.0-lite, 4.5 or 4.0", most=60),
    Option(name="references", kind="text", description="Pictures of earlier sets, like ID#3; several with spaces", most=400),
    Option(name="format", kind="text", description="File format of the pictures", choices=("jpeg", "png")),
    Option(name="watermark", kind="yes_no", description="Put the “AI generated” mark on the pictures"),
    Option(name="search", kind="yes_no", description="Let the model look things up on the web first"),
    Option(name="prompt_mode", kind="text", description="How carefully the prompt is thought over", choices=("standard", "fast")),
    Option(name="gateway", kind="text", description="Which of this bot's gateways makes the pictures", most=60),
    Option(name="private", kind="yes_no", description="Only you see the answer and the pictures"),
    Option(name="spoiler", kind="yes_no", description="Hide the pictures until someone clicks them"),
)
COMMANDS = (
    CommandRow(
        name="imagine",
        kind=CHAT_INPUT,
        description="Make pictures with Seedream",
        options=(PROMPT, *PICTURES, *SETTINGS),
    ),
    CommandRow(
        name="edit",
        kind=CHAT_INPUT,
        description="Change or combine pictures with Seedream",
        options=(CHANGE, *PICTURES, *SETTINGS),
    ),
    CommandRow(name="quota", kind=CHAT_INPUT, description="How many pictures you have left today"),
    CommandRow(name="models", kind=CHAT_INPUT, description="Which models there are, and what a picture costs"),
    CommandRow(name="help", kind=CHAT_INPUT, description="How to use this bot"),
    CommandRow(name=EDIT_MENU, kind=MESSAGE),
)


def overwrite(known: Sequence[Mapping[str, Any]]) -> list[Payload] | None:
    """What to send so that Discord has exactly our commands; None if it has them already.

    An app may create 200 commands a day, and clients reload whatever changed: nothing is sent without need.
    """
    wanted = [row.payload() for row in COMMANDS]
    entry_points = [command for command in known if command.get("type") == PRIMARY_ENTRY_POINT]
    others = [command for command in known if command.get("type") != PRIMARY_ENTRY_POINT]
    if _by_name(others) == _by_name(wanted):
        return None
    return [*wanted, *(_entry_point(command) for command in entry_points)]


def _by_name(commands: Sequence[Mapping[str, Any]]) -> dict[tuple[int, str], Payload]:
    return {(command.get("type", CHAT_INPUT), command["name"]): _canonical(command) for command in commands}


def _canonical(command: Mapping[str, Any]) -> Payload:
    """A command as it is meant, whichever default the sender wrote out or left away."""
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
