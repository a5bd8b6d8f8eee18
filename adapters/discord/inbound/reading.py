"""Discord's JSON of slash commands and forms → commands; pure."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from enum import IntEnum
from typing import Any, Literal

from adapters.discord.inbound.attachments import Json, to_attachment
from adapters.discord.inbound.tokens import plain
from adapters.shared.controls import action_of
from adapters.shared.text import within
from bot.commands.command import Attachment, Command, Generate, Options
from bot.commands.form import FormSubmission
from bot.commands.grammar import parse
from bot.commands.table import HELP, PICTURES, SETTINGS, inquiry

OPTION_CHARACTERS = 6000
"""The longest option, if the command sets no lower limit."""
FIELD_CHARACTERS = 4000
"""The longest text of a form's field."""


class FormInput(IntEnum):
    """Types of a form's inputs that do not hold a text."""

    SELECT = 3
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


def submission_of(data: Json) -> FormSubmission:
    """A filled form's data, which needs nothing of the process that opened it. Raises RefusedError."""
    action = action_of(data.get("custom_id", ""))
    texts: dict[str, str] = {}
    uploads: list[Attachment] = []
    for field in _fields(data.get("components", ())):
        values = field.get("values") or ()
        match field.get("type"):
            case FormInput.FILE_UPLOAD:
                uploads += _resolved(data, values)
            case FormInput.SELECT:
                texts[field["custom_id"]] = within(" ".join(map(str, values)), FIELD_CHARACTERS)
            case _:
                texts[field["custom_id"]] = plain(within(str(field.get("value") or ""), FIELD_CHARACTERS))
    return FormSubmission(action=action, fields=texts, files=tuple(uploads))


def _generate(data: Json, verb: Literal["imagine", "edit"]) -> Generate:
    given = {option["name"]: _limited(option["value"]) for option in data.get("options", ())}
    numbered = [(option.number or 1, str(given[option.name])) for option in PICTURES if option.name in given]
    found = [(number, attachment) for number, file in numbered for attachment in _resolved(data, [file])]
    command = parse(
        _with_flags(
            plain(str(given.get("prompt", "")), _names(data)), "--ref", str(given.get("references", "")).replace(",", " ").split()
        ),
        verb=verb,
        options=Options(**{TYPED_OPTIONS[name]: value for name, value in given.items() if name in TYPED_OPTIONS}),
        references=tuple(attachment for _, attachment in found),
    )
    earlier = command.references[: len(command.references) - len(found)]
    # With a gap, each keeps the number of its option.
    numbers = (
        attachment if number == position else replace(attachment, number=len(earlier) + number)
        for position, (number, attachment) in enumerate(found, 1)
    )
    return replace(command, references=(*earlier, *numbers))


def _names(data: Json) -> dict[str, str]:
    """Of people, roles and channels, as far as Discord sent them, by id."""
    resolved = data.get("resolved", {})
    named = {number: one for kind in ("channels", "roles", "users") for number, one in resolved.get(kind, {}).items()}
    return {number: str(one.get("global_name") or one.get("name") or one.get("username")) for number, one in named.items()}


def _limited(value: Any) -> Any:  # noqa: ANN401  # JSON
    return within(value, OPTION_CHARACTERS) if isinstance(value, str) else value


def _resolved(data: Json, ids: Iterable[str]) -> list[Attachment]:
    known = data.get("resolved", {}).get("attachments", {})
    return [to_attachment(known[number]) for number in ids if number in known]


def _with_flags(prompt: str, flag: str, values: Iterable[str]) -> str:
    """The value of a form field as the flag of the same meaning, so that one grammar parses both."""
    return " ".join([*(f"{flag} {value}" for value in values), prompt])


def _fields(components: Iterable[Json]) -> Iterator[Json]:
    """The inputs of a form, out of their labels and rows."""
    for component in components:
        if "component" in component:
            yield component["component"]
        elif "components" in component:
            yield from _fields(component["components"])
        elif "custom_id" in component:
            yield component
