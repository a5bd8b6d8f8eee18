"""What blocks show: their text, the users they ping, their images and their interactive elements."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from sandbox.contracts import JsonObject
from sandbox.slack.messages.markup import pings_in, render_markup

_PRESSABLE = (
    "button",
    "static_select",
    "overflow",
    "radio_buttons",
    "checkboxes",
    "users_select",
    "conversations_select",
    "channels_select",
    "multi_static_select",
    "icon_button",
    "feedback_buttons",
)
_STYLES = {"context": "small", "rich_text_quote": "quoted", "rich_text_preformatted": "quoted"}
_DATES = {
    "{date_num}": "%Y-%m-%d",
    "{date_short_pretty}": "%b %d, %Y",
    "{date_short}": "%b %d, %Y",
    "{date_pretty}": "%B %d, %Y",
    "{date}": "%B %d, %Y",
    "{time}": "%H:%M",
    "{time_secs}": "%H:%M:%S",
}
"""Some of the tokens of a date's format (Slack, "Formatting text"); "today" and "tomorrow" are not told apart."""
_NOT_SHOWN = ("element", "accessory", "placeholder", "confirm", "options", "option_groups", "initial_option")


def walk(node: Any) -> Iterator[JsonObject]:
    """Yield all objects of a JSON tree, parents before children."""
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from walk(value)
    elif isinstance(node, list):
        for value in node:
            yield from walk(value)


def slack_file_images(blocks: list[JsonObject]) -> list[JsonObject]:
    """Return the image blocks and image elements that show a Slack file."""
    return [one for one in walk(blocks) if one.get("type") == "image" and isinstance(one.get("slack_file"), dict)]


def interactive_elements(blocks: list[JsonObject]) -> list[tuple[str, JsonObject]]:
    """Return interactive elements with the id of their block."""
    return [
        (str(block.get("block_id", "")), element)
        for block in blocks
        if block.get("type") != "input"
        for element in walk(block)
        if element.get("type") in _PRESSABLE and "action_id" in element
    ]


def pings(blocks: list[JsonObject]) -> list[str]:
    """Return the user ids and broadcasts in mrkdwn and rich text; plain text pings nobody."""
    found: list[str] = []
    for one in walk(blocks):
        match one.get("type"):
            case "mrkdwn" | "markdown":
                found += pings_in(str(one.get("text", "")))
            case "user":
                found.append(str(one.get("user_id")))
            case "broadcast":
                found.append(str(one.get("range")))
            case _:
                pass
    return found


def plain_text(blocks: list[JsonObject], names: Mapping[str, str]) -> str:
    """Return the plain text of blocks, one line for each text; button labels and alternative texts are left out."""
    return "\n".join(line["text"] for line in lines(blocks, names))


def lines(blocks: list[JsonObject], names: Mapping[str, str]) -> list[JsonObject]:
    """Return the same lines with their style: `{text, style}`, style `plain`, `quoted` or `small`."""
    found = (one for block in blocks for one in _texts(block, names, "plain"))
    return [{"text": text, "style": style} for text, style in found if text]


def _texts(node: Any, names: Mapping[str, str], style: str) -> Iterator[tuple[str, str]]:
    if isinstance(node, list):
        for one in node:
            yield from _texts(one, names, style)
        return
    if not isinstance(node, dict):
        return
    kind = str(node.get("type", ""))
    style = _STYLES.get(kind, style)
    if kind.startswith("rich_text_") and kind != "rich_text_list":
        yield "".join(_inline(one, names) for one in node.get("elements") or []), style
    elif kind in _READERS:
        yield _READERS[kind](str(node.get("text", "")), names), style
    elif kind not in _PRESSABLE:
        for key, value in node.items():
            if key not in _NOT_SHOWN and isinstance(value, dict | list):
                yield from _texts(value, names, style)
            elif key == "title" and isinstance(value, str):
                yield value, style


def _literal(text: str, names: Mapping[str, str]) -> str:
    del names
    return text


_READERS: dict[str, Callable[[str, Mapping[str, str]], str]] = {
    "plain_text": _literal,
    "raw_text": _literal,
    "mrkdwn": render_markup,
    "markdown": render_markup,
}


def _date(element: JsonObject) -> str:
    """A moment as a reader in UTC sees it; the fallback is for apps that know no dates."""
    try:
        at = datetime.fromtimestamp(float(element["timestamp"]), UTC)
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        return str(element.get("fallback", ""))
    text = str(element.get("format", ""))
    for token, form in _DATES.items():
        text = text.replace(token, at.strftime(form))
    return text


def _inline(element: JsonObject, names: Mapping[str, str]) -> str:
    match element.get("type"):
        case "text":
            return str(element.get("text", ""))
        case "link":
            return str(element.get("text") or element.get("url", ""))
        case "user":
            user_id = str(element.get("user_id"))
            return f"@{names.get(user_id, user_id)}"
        case "channel":
            channel_id = str(element.get("channel_id"))
            return f"#{names.get(channel_id, channel_id)}"
        case "broadcast":
            return f"@{element.get('range')}"
        case "emoji":
            return f":{element.get('name')}:"
        case "date":
            return _date(element)
        case _:
            return ""
