"""Discord's tokens for emoji, people, places, times and commands → what members read there; pure (Discord, "Message Formatting")."""

import re
from collections.abc import Mapping

from adapters.shared.tokens import SOMEONE, date_and_time, person

BRACKETS = re.compile(r"<([^<>]*+)>")
BRACKETED = re.compile(
    r"a?:(?P<emoji>\w++):\d++"
    r"|@!?(?P<user>\d++)"
    r"|@&(?P<role>\d++)"
    r"|#(?P<channel>\d++)"
    r"|t:(?P<time>-?\d++)(?::(?P<style>[A-Za-z]))?"
    r"|/(?P<command>[^:]++):\d++"
    r"|id:(?P<page>\w++)"
    r"|(?P<link>https?://\S++)"
)
TIME_ALONE, DATE_ALONE = frozenset("tT"), frozenset("dD")


def plain(text: str, names: Mapping[str, str] | None = None) -> str:
    """`names` are those of people, roles and channels, by id."""
    return BRACKETS.sub(lambda found: _read(found, names or {}), text)


def _read(found: re.Match[str], names: Mapping[str, str]) -> str:
    token = BRACKETED.fullmatch(found[1])
    if token is None:
        return found[0]
    value = token[token.lastgroup or 0]
    match token.lastgroup:
        case "emoji":
            return f":{value}:"
        case "user":
            return person(names.get(value, SOMEONE))
        case "role":
            return person(names.get(value, "a group"))
        case "channel":
            return f"#{person(names[value])}" if value in names else "a channel"
        case "command":
            return f"/{value}"
        case "time" | "style":
            style = token["style"] or ""
            return date_and_time(token["time"], date=style not in TIME_ALONE, time=style not in DATE_ALONE)
        case _:
            return value
