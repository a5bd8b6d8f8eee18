"""Names, dates and emoji in place of what platforms write for them; pure."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime

SOMEONE = "someone"
"""For a person whose name the platform did not send."""
NAME_CHARACTERS = 80
UNQUOTED = re.compile(r"[^\w .'-]")
"""What could mean something to the grammar of prompts, except a dash inside a word."""
LEADING_DASHES = re.compile(r"(?<!\w)-++")
SHORT_NAME = re.compile(r":([\w+'-]++):")
SHORT_NAME_CHARACTERS = 64
FIRST_PICTOGRAPH = 0x1F000
EMOJI: Mapping[str, str] = {
    "+1": "👍",
    "-1": "👎",
    "100": "💯",
    "blush": "😊",
    "boom": "💥",
    "clap": "👏",
    "cry": "😢",
    "dizzy": "💫",
    "eyes": "👀",
    "grin": "😁",
    "grinning": "😀",
    "heart": "❤️",
    "heart_eyes": "😍",
    "joy": "😂",
    "laughing": "😆",
    "moon": "🌔",
    "ok_hand": "👌",
    "pray": "🙏",
    "rage": "😡",
    "raised_hands": "🙌",
    "rofl": "🤣",
    "skull": "💀",
    "smile": "😄",
    "smiley": "😃",
    "smirk": "😏",
    "sob": "😭",
    "star": "⭐",
    "star2": "🌟",
    "sunglasses": "😎",
    "sunny": "☀️",
    "sweat_smile": "😅",
    "tada": "🎉",
    "thinking_face": "🤔",
    "thumbsdown": "👎",
    "thumbsup": "👍",
    "umbrella": "☔",
    "wave": "👋",
    "white_check_mark": "✅",
    "wink": "😉",
    "zap": "⚡",
    **{f"skin-tone-{number}": chr(0x1F3F9 + number) for number in range(2, 7)},
}
"""Common emoji whose short name is not their name in Unicode."""


def person(name: str) -> str:
    """A name as words of a prompt: people choose their names, and none may set a flag or open a group."""
    plain = LEADING_DASHES.sub("", UNQUOTED.sub("", name[:NAME_CHARACTERS]))
    return " ".join(plain.split()) or SOMEONE


def date_and_time(seconds: str, *, date: bool = True, time: bool = True) -> str:
    """`2026-12-01 10:20`, in UTC."""
    form = " ".join(part for part, wanted in (("%Y-%m-%d", date), ("%H:%M", time)) if wanted)
    try:
        return datetime.fromtimestamp(int(seconds), UTC).strftime(form)
    except (ValueError, OverflowError, OSError):
        return "a date"


def with_emoji(text: str, known: Mapping[str, str] | None = None) -> str:
    """Short names like `:fox_face:` as the emoji itself; those that only a workspace or server has stay.

    `known` are those that the platform itself explains.
    """
    return SHORT_NAME.sub(lambda found: _emoji(found[1], known or {}) or found[0], text)


def _emoji(name: str, known: Mapping[str, str]) -> str | None:
    """By the platform, by the table, or by its name in Unicode."""
    if len(name) > SHORT_NAME_CHARACTERS:
        return None
    if name in known or name in EMOJI:
        return known.get(name) or EMOJI[name]
    try:
        found = unicodedata.lookup(name.replace("_", " "))
    except (KeyError, UnicodeError):
        return None
    return found if ord(found[0]) >= FIRST_PICTOGRAPH else None
