"""The text of a message, line by line, whatever markup its platform uses."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sandbox.contracts import JsonObject

_FENCE = "```"
_SMALL = "-# "
_ESCAPED = re.compile(r"\\([^\w\s]|_)")
_SPECIAL = re.compile(r"([\\`*_\[\]<>~|#])")
_BREAK = "  "
_LIST = 5
"""A message with so many plain lines is a list."""
_NAMED = re.compile(r"<@!?(\d+)>")
_AGO = re.compile(r"<t:\d+:R>")


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line; `style` is `plain`, `quoted` (what a member wrote) or `small`."""

    text: str
    style: str = "plain"


def read_discord(message: JsonObject) -> tuple[Line, ...]:
    """Read Discord's Markdown as far as the bot uses it: fences, small print, escapes, names and times."""
    found: list[Line] = []
    fenced = False
    names = message.get("names") or {}

    def shown(text: str) -> str:
        named = _NAMED.sub(lambda found: f"@{names.get(found[1], found[1])}", text)
        return _ESCAPED.sub(r"\1", _AGO.sub("a moment ago", named))

    for text in str(message["text"]).splitlines():
        if text.startswith(_FENCE):
            fenced = not fenced
        elif fenced:
            found.append(Line(text=text, style="quoted"))
        else:
            style = "small" if text.startswith(_SMALL) else "plain"
            found.append(Line(text=shown(text.removeprefix(_SMALL)), style=style))
    return tuple(found)


def read_slack(message: JsonObject) -> tuple[Line, ...]:
    """Read Slack's blocks, or the text of a message without blocks."""
    lines = message["lines"] or [{"text": message["text"], "style": "plain"}]
    return tuple(Line(text=text, style=line["style"]) for line in lines for text in line["text"].splitlines())


def plain(lines: Sequence[Line]) -> list[str]:
    """Return paragraphs for a terminal: one for the whole message, or one a line if it contains empty lines or is a list."""
    texts = [f"“{line.text}”" if line.style == "quoted" else line.text for line in lines]
    said = [text for text in texts if text.strip()]
    listed = sum(line.style == "plain" for line in lines) >= _LIST
    return said if listed or len(said) < len(texts) else [" ".join(said)] if said else []


def markdown(lines: Sequence[Line]) -> list[str]:
    """Return a Markdown block quote in which every character shows literally."""
    return [f"> {_marked(line)}".rstrip() + (_BREAK if line.text else "") for line in lines]


def escaped(text: str) -> str:
    """Escape text so that Markdown shows it literally."""
    return _SPECIAL.sub(r"\\\1", text)


def _marked(line: Line) -> str:
    text = escaped(line.text)
    match line.style:
        case "quoted":
            return f"*“{text}”*"
        case "small" if text:
            return f"<sub>{text}</sub>"
        case _:
            return text
