"""Discord's JSON of slash commands and forms → commands; pure."""

import re
from collections.abc import Iterable, Iterator
from typing import Literal

from adapters.discord.inbound.attachments import Json, to_attachment
from adapters.shared.controls import action_of
from bot.commands.command import Attachment, Command, Generate, Options
from bot.commands.grammar import parse
from bot.commands.interpretation import interpret_form
from bot.commands.table import HELP, PICTURES, SETTINGS, inquiry

FILE_UPLOAD = 19
TYPED_OPTIONS = {option.name: option.field for option in SETTINGS if option.field is not None}
"""Options of a command, and the field each sets."""


def to_command(data: Json) -> Command:
    """A slash command's data. Raises RefusedError."""
    match data["name"]:
        case "imagine" | "edit" as verb:
            return _generate(data, verb)
        case name:
            # Or a command that an older version of us registered.
            return inquiry(name) or HELP


def command_of_form(data: Json) -> Command:
    """A filled form's data, which needs nothing of the process that opened it. Raises RefusedError."""
    action = action_of(data.get("custom_id", ""))
    texts: dict[str, str] = {}
    uploads: list[Attachment] = []
    for field in _fields(data.get("components", ())):
        if field.get("type") == FILE_UPLOAD:
            uploads += _resolved(data, field.get("values", ()))
        else:
            texts[field["custom_id"]] = str(field.get("value") or "")
    return interpret_form(action, texts, uploads)


def _generate(data: Json, verb: Literal["imagine", "edit"]) -> Generate:
    given = {option["name"]: option["value"] for option in data.get("options", ())}
    files = [str(given[name]) for name in (option.name for option in PICTURES) if name in given]
    return parse(
        _with_flags(str(given.get("prompt", "")), "--ref", re.split(r"[\s,]+", str(given.get("references", "")).strip())),
        verb=verb,
        options=Options(**{TYPED_OPTIONS[name]: value for name, value in given.items() if name in TYPED_OPTIONS}),
        references=tuple(_resolved(data, files)),
    )


def _resolved(data: Json, ids: Iterable[str]) -> list[Attachment]:
    known = data.get("resolved", {}).get("attachments", {})
    return [to_attachment(known[number]) for number in ids if number in known]


def _with_flags(prompt: str, flag: str, values: Iterable[str]) -> str:
    """The value of a form field as the flag of the same meaning, so that one grammar parses both."""
    return " ".join([*(f"{flag} {value}" for value in values if value), prompt])


def _fields(components: Iterable[Json]) -> Iterator[Json]:
    """The inputs of a form, out of their labels and rows."""
    for component in components:
        if "component" in component:
            yield component["component"]
        elif "components" in component:
            yield from _fields(component["components"])
        elif "custom_id" in component:
            yield component
