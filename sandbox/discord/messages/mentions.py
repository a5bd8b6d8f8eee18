"""Whom a text pings, by Discord's rules for `allowed_mentions`, on creation and on every edit."""

import re
from typing import Any

from sandbox.contracts import JsonObject
from sandbox.discord.enums import ComponentType
from sandbox.discord.errors import FormErrors
from sandbox.discord.world import Mentions, walk_components

_CODE = re.compile(r"```.*?```|``.*?``|`[^`\n]*`", re.DOTALL)
_USER = re.compile(r"<@!?(\d{15,20})>")
_ROLE = re.compile(r"<@&(\d{15,20})>")
_EVERYONE = re.compile(r"@(everyone|here)\b")

ALLOW_ALL: JsonObject = {"parse": ["users", "roles", "everyone"], "replied_user": True}
ALLOW_USERS: JsonObject = {"parse": ["users"], "replied_user": False}


def check_allowed_mentions(allowed: Any, errors: FormErrors) -> None:
    if allowed is None or not errors.check_object("allowed_mentions", allowed):
        return
    parse = allowed.get("parse") or []
    for kind in ("users", "roles"):
        listed = allowed.get(kind) or []
        if listed and kind in parse:
            message = f"parse:[{kind!r}] and {kind}: [ids...] are mutually exclusive."
            errors.add("allowed_mentions", "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", message)
        if len(listed) > 100:
            errors.add(f"allowed_mentions.{kind}", "BASE_TYPE_MAX_LENGTH", "Must be 100 or fewer in length.")
    for index, kind in enumerate(parse):
        if kind not in ("users", "roles", "everyone"):
            message = "Value must be one of ('everyone', 'roles', 'users')."
            errors.add(f"allowed_mentions.parse.{index}", "BASE_TYPE_CHOICES", message)


def visible_text(content: str, components: list[JsonObject]) -> str:
    """Return a message's own text followed by that of its text displays."""
    displays = [
        str(one.get("content", "")) for one in walk_components(components) if one.get("type") == ComponentType.TEXT_DISPLAY
    ]
    return "\n".join(part for part in [content, *displays] if part)


def parse_mentions(text: str, allowed: JsonObject, *, known_users: set[str], replied_to: str | None = None) -> Mentions:
    """Return whom `text` pings under `allowed`; names inside code do not count. `replied_to` is the author of the replied message."""
    plain = _CODE.sub("", text)
    parse = allowed.get("parse") or []
    users = [one for one in _USER.findall(plain) if one in known_users and _allows(allowed, parse, "users", one)]
    roles = [one for one in _ROLE.findall(plain) if _allows(allowed, parse, "roles", one)]
    if replied_to is not None and allowed.get("replied_user"):
        users.append(replied_to)
    return Mentions(
        users=tuple(dict.fromkeys(users)),
        roles=tuple(dict.fromkeys(roles)),
        everyone="everyone" in parse and _EVERYONE.search(plain) is not None,
    )


def _allows(allowed: JsonObject, parse: list[str], kind: str, found: str) -> bool:
    return kind in parse or found in map(str, allowed.get(kind) or [])
