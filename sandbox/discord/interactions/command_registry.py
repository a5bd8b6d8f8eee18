"""The application commands that a bot has registered. Members can invoke only these."""

import re
from collections import deque
from typing import Any

from sandbox.clock import SandboxClock
from sandbox.contracts import JsonObject
from sandbox.discord.enums import CommandType, OptionType
from sandbox.discord.errors import FormErrors, api_error
from sandbox.discord.snowflakes import Snowflakes

_MOST = {CommandType.CHAT_INPUT: 100, CommandType.USER: 15, CommandType.MESSAGE: 15}
_CREATES_A_DAY = 200
_MOST_CHARACTERS = 8000
_NAME = re.compile(r"[-_'\w]{1,32}")
_NESTING = (OptionType.SUB_COMMAND, OptionType.SUB_COMMAND_GROUP)
_WITH_CHOICES = (OptionType.STRING, OptionType.INTEGER, OptionType.NUMBER)


class CommandRegistry:
    """Registered commands by scope: None is global, a guild's id is that guild."""

    def __init__(self, clock: SandboxClock, snowflakes: Snowflakes, application_id: str) -> None:
        self._clock = clock
        self._snowflakes = snowflakes
        self._application_id = application_id
        self._commands: dict[str | None, dict[str, JsonObject]] = {}
        self._creates: dict[str | None, deque[float]] = {}

    def all(self, scope: str | None) -> list[JsonObject]:
        return list(self._commands.get(scope, {}).values())

    def get(self, scope: str | None, command_id: str) -> JsonObject:
        command = self._commands.get(scope, {}).get(command_id)
        if command is None:
            raise api_error(10063)
        return command

    def find(self, guild_id: str | None, name: str, kind: CommandType) -> JsonObject | None:
        """Find what a member may invoke under a name; a guild's own command comes before the global one."""
        scopes = [guild_id, None] if guild_id is not None else [None]
        known = (command for scope in scopes for command in self.all(scope))
        return next((one for one in known if one["name"] == name and one["type"] == kind), None)

    def overwrite(self, scope: str | None, definitions: Any) -> list[JsonObject]:
        """Replace all commands of the scope; those of the same name and type keep their ids."""
        errors = FormErrors()
        if not errors.check_count("", definitions, 0, 130):
            raise errors.to_error()
        for index, definition in enumerate(definitions):
            _check_command(str(index), definition, errors)
        keys = [(one.get("type", 1), one.get("name")) for one in definitions if isinstance(one, dict)]
        if len(set(keys)) != len(keys):
            errors.add("", "APPLICATION_COMMANDS_DUPLICATE_NAME", "Application command names must be unique")
        errors.raise_if_any()
        before = {(one["type"], one["name"]): one for one in self.all(scope)}
        self._count_creates(scope, sum(key not in before for key in keys))
        made = [self._make(scope, one, before.get((one.get("type", 1), one["name"]))) for one in definitions]
        _check_counts(made)
        self._commands[scope] = {command["id"]: command for command in made}
        return made

    def put(self, scope: str | None, definition: Any) -> tuple[JsonObject, bool]:
        """Create a command, or replace the one of the same name and type; also return whether it is new."""
        errors = FormErrors()
        _check_command("", definition, errors)
        errors.raise_if_any()
        key = (definition.get("type", 1), definition["name"])
        before = next((one for one in self.all(scope) if (one["type"], one["name"]) == key), None)
        self._count_creates(scope, int(before is None))
        command = self._make(scope, definition, before)
        others = [one for one in self.all(scope) if one["id"] != command["id"]]
        _check_counts([*others, command])
        self._commands.setdefault(scope, {})[command["id"]] = command
        return command, before is None

    def change(self, scope: str | None, command_id: str, changes: JsonObject) -> JsonObject:
        before = self.get(scope, command_id)
        definition = before | changes
        errors = FormErrors()
        _check_command("", definition, errors)
        errors.raise_if_any()
        self._commands[scope][command_id] = command = self._make(scope, definition, before)
        return command

    def delete(self, scope: str | None, command_id: str) -> None:
        self.get(scope, command_id)
        del self._commands[scope][command_id]

    def _count_creates(self, scope: str | None, new: int) -> None:
        now = self._clock.now()
        creates = self._creates.setdefault(scope, deque())
        while creates and now - creates[0] >= 86400:
            creates.popleft()
        if new and len(creates) + new > _CREATES_A_DAY:
            raise api_error(30034)
        creates.extend([now] * new)

    def _make(self, scope: str | None, definition: JsonObject, before: JsonObject | None) -> JsonObject:
        command: JsonObject = {
            "id": before["id"] if before else self._snowflakes.new(),
            "application_id": self._application_id,
            "version": self._snowflakes.new(),
            "default_member_permissions": definition.get("default_member_permissions"),
            "type": int(definition.get("type") or 1),
            "name": definition["name"],
            "name_localizations": definition.get("name_localizations"),
            "description": definition.get("description") or "",
            "description_localizations": definition.get("description_localizations"),
            "dm_permission": definition.get("dm_permission", True),
            "contexts": definition.get("contexts"),
            "integration_types": definition.get("integration_types") or [0, 1],
            "nsfw": bool(definition.get("nsfw")),
        }
        if definition.get("options"):
            command["options"] = definition["options"]
        if scope is not None:
            command["guild_id"] = scope
        return command


def _check_counts(commands: list[JsonObject]) -> None:
    for kind, most in _MOST.items():
        if sum(command["type"] == kind for command in commands) > most:
            raise api_error(30032)


def _check_command(path: str, definition: Any, errors: FormErrors) -> None:
    dot = f"{path}." if path else ""
    if not errors.check_object(path, definition):
        return
    kind = definition.get("type") or CommandType.CHAT_INPUT
    if kind not in _MOST:
        errors.add(f"{dot}type", "BASE_TYPE_CHOICES", "Value must be one of (1, 2, 3).")
        return
    name = definition.get("name")
    if kind != CommandType.CHAT_INPUT:
        errors.check_length(f"{dot}name", name, 1, 32)
        if definition.get("description"):
            errors.add(f"{dot}description", "APPLICATION_COMMAND_CONTEXT_MENU_DESCRIPTION_NOT_ALLOWED", "Context menus have none")
        return
    _check_name(f"{dot}name", name, errors)
    errors.check_length(f"{dot}description", definition.get("description"), 1, 100)
    _check_options(f"{dot}options", definition.get("options") or [], errors, depth=0)
    if _count_characters(definition) > _MOST_CHARACTERS:
        errors.add(path, "APPLICATION_COMMAND_TOO_LARGE", f"Command exceeds maximum size ({_MOST_CHARACTERS})")


def _check_name(path: str, name: Any, errors: FormErrors) -> None:
    if not isinstance(name, str) or _NAME.fullmatch(name) is None or name != name.lower():
        errors.add(path, "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")


def _check_options(path: str, options: Any, errors: FormErrors, *, depth: int) -> None:
    if not errors.check_count(path, options, 0, 25):
        return
    names = [option.get("name") for option in options if isinstance(option, dict)]
    if len(set(names)) != len(names):
        errors.add(path, "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS", "Option name already exists")
    required = [bool(option.get("required")) for option in options if isinstance(option, dict)]
    if required != sorted(required, reverse=True):
        errors.add(path, "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", "Required options must be placed before others")
    for index, option in enumerate(options):
        if errors.check_object(f"{path}.{index}", option):
            _check_option(f"{path}.{index}", option, errors, depth=depth)


def _check_option(path: str, option: JsonObject, errors: FormErrors, *, depth: int) -> None:
    kind = option.get("type")
    if kind not in set(OptionType) or (kind in _NESTING and depth > 1):
        errors.add(f"{path}.type", "BASE_TYPE_CHOICES", "Value must be one of (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11).")
        return
    _check_name(f"{path}.name", option.get("name"), errors)
    errors.check_length(f"{path}.description", option.get("description"), 1, 100)
    if kind in _NESTING:
        _check_options(f"{path}.options", option.get("options") or [], errors, depth=depth + 1)
    choices = option.get("choices") or []
    if choices and kind not in _WITH_CHOICES:
        errors.add(f"{path}.choices", "APPLICATION_COMMAND_OPTIONS_CHOICES_INVALID", "This option type has no choices")
    if choices and option.get("autocomplete"):
        errors.add(f"{path}.autocomplete", "APPLICATION_COMMAND_OPTIONS_AUTOCOMPLETE_CHOICES", "Choices exclude autocomplete")
    if errors.check_count(f"{path}.choices", choices, 0, 25):
        for index, choice in enumerate(choices):
            errors.check_length(f"{path}.choices.{index}.name", choice.get("name"), 1, 100)
            if kind == OptionType.STRING:
                errors.check_length(f"{path}.choices.{index}.value", choice.get("value"), 1, 100)


def _count_characters(definition: JsonObject) -> int:
    """Count the characters of a command that Discord limits: names, descriptions and values, including all options."""
    own = len(str(definition.get("name", ""))) + len(str(definition.get("description", "")))
    own += sum(len(str(one.get("name", ""))) + len(str(one.get("value", ""))) for one in definition.get("choices") or [])
    return own + sum(_count_characters(option) for option in definition.get("options") or [])
