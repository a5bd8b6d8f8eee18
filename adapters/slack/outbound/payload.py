"""Reply → one Slack message: blocks in which no text of a member is parsed, and the plain text beside them; pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from adapters.shared.text import fit
from adapters.slack.capabilities import TEXT_LENGTH
from bot.chat.moment import Moment, parts, plain
from bot.chat.reply import Button, Reply
from bot.chat.text import ELLIPSIS, shorten
from bot.commands.action import encode_action
from bot.values import dataclass

Block = dict[str, Any]

LABEL_LENGTH = 75
NOTE_LENGTH = 2000
FALLBACK_LENGTH = 3000
"""Escaped; an edit takes 4,000 characters."""
BUTTONS = 25
DATE = "{date_short_pretty} at {time}"
"""Like "tomorrow at 2:00 AM"."""


@dataclass(frozen=True, kw_only=True)
class Payload:
    """A message's content. `text` is for notifications and clients without blocks: it is escaped and never empty."""

    text: str
    blocks: tuple[Block, ...]


def escape(text: str) -> str:
    """Plain text in Slack's markup: its three control characters are replaced (Slack, "Formatting text")."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def to_payload(reply: Reply) -> Payload:
    """Rich text is shown literally: nothing in a member's text can mention, link or format."""
    member = None if reply.mention is None else reply.mention.rpartition("/")[2]
    elements = [element for element in (_text(reply, member), _quote(reply)) if element is not None]
    blocks: list[Block] = []
    if elements:
        blocks.append({"type": "rich_text", "elements": elements})
    if reply.note:
        note = {"type": "plain_text", "text": shorten(plain(reply.note), NOTE_LENGTH), "emoji": False}
        # Beside files, only sections, rich text and actions are known to be accepted.
        blocks.append({"type": "section", "text": note} if reply.pictures else {"type": "context", "elements": [note]})
    if reply.buttons:
        blocks.append({"type": "actions", "elements": [_button(button) for button in reply.buttons[:BUTTONS]]})
    return Payload(text=_fallback(reply, member), blocks=tuple(blocks))


def with_block_ids(blocks: Sequence[Block], prefix: str) -> list[Block]:
    """The blocks with ids: an edited message needs new ones each time, and a lost message is found by them."""
    return [{**block, "block_id": f"{prefix}.{number}"} for number, block in enumerate(blocks)]


def has_block_key(blocks: Sequence[Mapping[str, Any]], key: str) -> bool:
    """Whether the ids of blocks begin with this key."""
    return any(str(block.get("block_id", "")).startswith(f"{key}.") for block in blocks)


def to_answer(reply: Reply) -> dict[str, Any]:
    """A private reply to a command or for a response URL."""
    payload = to_payload(reply)
    return {
        "response_type": "ephemeral",
        "replace_original": False,
        "text": payload.text,
        "blocks": list(payload.blocks),
    }


def stem(filename: str) -> str:
    """The end of the name of a job's image, without its format: `<job>-<number>`."""
    return "-".join(filename.partition(".")[0].rsplit("-", 2)[-2:])


def _text(reply: Reply, member: str | None) -> Block | None:
    elements: list[Block] = []
    if member is not None:
        elements.append({"type": "user", "user_id": member})
    text = f" {reply.text}" if elements and reply.text else reply.text
    for part in parts(shorten(text, TEXT_LENGTH)):
        elements += [{"type": "text", "text": part}] if isinstance(part, str) else _moment(part)
    return {"type": "rich_text_section", "elements": elements} if elements else None


def _moment(moment: Moment) -> list[Block]:
    """Slack has no words for how long it is until then, only a clock in each reader's own time."""
    if moment.near:
        return [{"type": "text", "text": moment.words}]
    date = {"type": "date", "timestamp": moment.at, "format": DATE, "fallback": moment.words}
    return [{"type": "text", "text": f"{moment.words} ("}, date, {"type": "text", "text": ")"}]


def _quote(reply: Reply) -> Block | None:
    if not reply.quote:
        return None
    return {"type": "rich_text_quote", "elements": [{"type": "text", "text": shorten(reply.quote, TEXT_LENGTH)}]}


def _button(button: Button) -> Block:
    element: Block = {
        "type": "button",
        "action_id": encode_action(button.action),
        "text": {"type": "plain_text", "text": shorten(button.label, LABEL_LENGTH), "emoji": False},
    }
    return {**element, "style": "primary"} if button.primary else element


def _fallback(reply: Reply, member: str | None) -> str:
    parts = [reply.text, f"“{reply.quote}”" if reply.quote else "", reply.note or ""]
    # The fallback text of a message with only images is their alt texts.
    shown = "\n".join(part for part in parts if part) or ", ".join(picture.alt for picture in reply.pictures) or ELLIPSIS
    text = fit(plain(shown), FALLBACK_LENGTH, escape)
    return text if member is None else f"<@{member}> {text}"
