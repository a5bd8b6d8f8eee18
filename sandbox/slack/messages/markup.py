"""Slack's text: its escapes, its markup in angle brackets, and how a typed line becomes text and rich text."""

import re
from collections.abc import Mapping

from sandbox.contracts import JsonObject

BROADCASTS = ("channel", "here", "everyone")
EMOJI = {"+1": "1f44d", "fire": "1f525", "fox_face": "1f98a", "heart": "2764-fe0f", "tada": "1f389", "pepe": None}
"""Emoji that can be picked; the last is the workspace's own, a picture without a character."""
_BRACKETS = re.compile(r"<([@#!]?)([^<>|\s]+)(?:\|([^<>]*))?>")
_ADDRESS = r"https?://[^\s<>]+"


def escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def unescape(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def pings_in(text: str) -> list[str]:
    """Return the user ids and broadcasts that a text with markup notifies."""
    found: list[str] = []
    for sigil, word, _ in _BRACKETS.findall(text):
        if sigil == "@" or (sigil == "!" and word in BROADCASTS):
            found.append(word)
    return found


def link_names(text: str, user_ids: Mapping[str, str]) -> str:
    """Turn `@NAME` and `@here` into mentions, as `link_names` and `parse=full` do."""
    words = {name: f"<!{name}>" for name in BROADCASTS} | {name: f"<@{user_id}>" for name, user_id in user_ids.items()}
    return re.sub(r"@(\w+)", lambda found: words.get(found[1], found[0]), text)


def render_markup(text: str, names: Mapping[str, str]) -> str:
    """Return a text with markup as people read it; `names` are users and channels by id."""

    def read(found: re.Match[str]) -> str:
        sigil, word, label = found[1], found[2], found[3]
        match sigil:
            case "@":
                return f"@{label or names.get(word, word)}"
            case "#":
                return f"#{label or names.get(word, word)}"
            case "!":
                return label or f"@{word.partition('^')[0]}"
            case _:
                return label or word

    return unescape(_BRACKETS.sub(read, text))


def format_line(line: str, user_ids: Mapping[str, str]) -> tuple[str, list[JsonObject]]:
    """Return what Slack makes of a typed line: its escaped text, and the elements of one rich text section."""
    names = "|".join(re.escape(name) for name in sorted([*user_ids, *BROADCASTS], key=len, reverse=True))
    emoji = "|".join(map(re.escape, EMOJI))
    pattern = re.compile(rf"@({names})\b|({_ADDRESS})|:({emoji}):")
    text, elements, end = "", list[JsonObject](), 0
    for found in pattern.finditer(line):
        _plain(line[end : found.start()], elements)
        text += escape(line[end : found.start()])
        end = found.end()
        if found[2]:
            elements.append({"type": "link", "url": found[2]})
            text += f"<{escape(found[2])}>"
        elif found[3]:
            character = EMOJI[found[3]]
            elements.append({"type": "emoji", "name": found[3]} | ({"unicode": character} if character else {}))
            text += f":{found[3]}:"
        elif found[1] in BROADCASTS:
            elements.append({"type": "broadcast", "range": found[1]})
            text += f"<!{found[1]}>"
        else:
            elements.append({"type": "user", "user_id": user_ids[found[1]]})
            text += f"<@{user_ids[found[1]]}>"
    _plain(line[end:], elements)
    return text + escape(line[end:]), elements


def _plain(text: str, elements: list[JsonObject]) -> None:
    if text:
        elements.append({"type": "text", "text": text})
