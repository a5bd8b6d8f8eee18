"""The typed options of a slash command, checked against its registered definition as Discord's client does before sending."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sandbox.act_files import ActFile, file_index
from sandbox.contracts import ControlError, JsonObject
from sandbox.discord.enums import OptionType
from sandbox.discord.world import Channel, Role, User

_T = TypeVar("_T")
_LARGEST = 2**53
_MOST_TEXT = 6000


@dataclass(kw_only=True)
class Resolved:
    """The objects that option values refer to by id."""

    users: list[User] = field(default_factory=list)
    roles: list[Role] = field(default_factory=list)
    channels: list[Channel] = field(default_factory=list)
    files: dict[str, ActFile] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class NameResolver:
    """How names become users, roles and channels, and how uploads get ids."""

    user: Callable[[str], User | None]
    role: Callable[[str], Role | None]
    channel: Callable[[str], Channel | None]
    new_id: Callable[[], str]


def find_subcommand(definition: JsonObject, path: list[str]) -> list[JsonObject]:
    """Follow the words after a command's name through its sub-commands; return the chain down to the invoked one."""
    chain = [definition]
    for word in path:
        options = chain[-1].get("options") or []
        found = next((one for one in options if one["name"] == word and one["type"] in (1, 2)), None)
        if found is None:
            raise ControlError(f"/{definition['name']} has no sub-command {word}.")
        chain.append(found)
    if any(option["type"] in (1, 2) for option in chain[-1].get("options") or []):
        raise ControlError(f"/{definition['name']} needs a sub-command.")
    return chain


def fill_options(
    definition: JsonObject, given: JsonObject, files: list[ActFile], resolver: NameResolver
) -> tuple[list[JsonObject], Resolved]:
    """Return the option values of an interaction in the definition's order, and the objects they refer to.

    Files that no option names by `file:N` fill the attachment options in order.
    """
    options = definition.get("options") or []
    unknown = given.keys() - {option["name"] for option in options}
    if unknown:
        raise ControlError(f"/{definition['name']} has no option {min(unknown)}.")
    values = dict(given)
    named = {file_index(value, files) for value in given.values()}
    waiting = [index for index in range(len(files)) if index not in named]
    for option in options:
        if option["type"] == OptionType.ATTACHMENT and option["name"] not in values and waiting:
            values[option["name"]] = f"file:{waiting.pop(0) + 1}"
    if waiting:
        raise ControlError(f"/{definition['name']} has no free attachment option for {files[waiting[0]].name}.")
    resolved = Resolved()
    filled: list[JsonObject] = []
    for option in options:
        value = values.get(option["name"])
        if value is not None:
            sent = _value(option, value, files, resolver, resolved)
            filled.append({"name": option["name"], "type": option["type"], "value": sent})
        elif option.get("required"):
            raise ControlError(f"The option {option['name']} is required.")
    return filled, resolved


def _value(option: JsonObject, value: Any, files: list[ActFile], resolver: NameResolver, resolved: Resolved) -> Any:
    match option["type"]:
        case OptionType.STRING | OptionType.INTEGER | OptionType.NUMBER:
            return _plain_value(option, value)
        case OptionType.BOOLEAN:
            if not isinstance(value, bool):
                raise ControlError(f"{option['name']} is true or false.")
            return value
        case OptionType.ATTACHMENT:
            index = file_index(value, files)
            if index is None:
                raise ControlError(f"{option['name']} takes a file: file:1 is the first of this act.")
            resolved.files[upload_id := resolver.new_id()] = files[index]
            return upload_id
        case OptionType.CHANNEL:
            channel = _require(option, resolver.channel(str(value)))
            resolved.channels.append(channel)
            return channel.id
        case OptionType.ROLE:
            role = _require(option, resolver.role(str(value)))
            resolved.roles.append(role)
            return role.id
        case _:
            user = resolver.user(str(value))
            if user is None and option["type"] == OptionType.MENTIONABLE:
                role = _require(option, resolver.role(str(value)))
                resolved.roles.append(role)
                return role.id
            user = _require(option, user)
            resolved.users.append(user)
            return user.id


def _require(option: JsonObject, thing: _T | None) -> _T:
    if thing is None:
        raise ControlError(f"{option['name']} names nothing that exists here.")
    return thing


def _plain_value(option: JsonObject, value: Any) -> Any:
    name, kind = option["name"], option["type"]
    choices = option.get("choices") or []
    if choices:
        chosen = next((one for one in choices if value in (one["value"], one["name"])), None)
        if chosen is None:
            raise ControlError(f"{name} is one of {', '.join(str(one['value']) for one in choices)}.")
        return chosen["value"]
    if kind == OptionType.STRING:
        least, most = option.get("min_length") or 0, option.get("max_length") or _MOST_TEXT
        if not isinstance(value, str) or not least <= len(value) <= most:
            raise ControlError(f"{name} is a text of {least} to {most} characters.")
        return value
    numbers = int if kind == OptionType.INTEGER else (int, float)
    least, most = option.get("min_value", -_LARGEST), option.get("max_value", _LARGEST)
    if isinstance(value, bool) or not isinstance(value, numbers) or not least <= value <= most:
        raise ControlError(f"{name} is a number from {least} to {most}.")
    return value
