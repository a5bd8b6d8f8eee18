"""Slack's JSON of messages → what members ask the bot: which are meant for it, and what they point at; pure."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from adapters.shared.text import within, without
from adapters.shared.tokens import SOMEONE, date_and_time, person, with_emoji
from adapters.slack.address import message_id, thread_id
from adapters.slack.inbound.attachments import shown_by
from bot.commands.message import Heard, MemberMessage, PointedMessage, Relation

Json = Mapping[str, Any]

MESSAGE_CHARACTERS = 40_000
"""Slack cuts longer messages."""
MARKUP = re.compile(r"<([@#!]?+)([^<>|]*+)(?:\|([^<>]*+))?+>")
UNICODE = re.compile(r"[0-9a-f]{2,5}(?:-[0-9a-f]{2,5}){0,15}")
"""The points of an emoji, as rich text gives them."""
JOINERS = "\u200d\ufe0f"
ENTITIES = {"&lt;": "<", "&gt;": ">", "&amp;": "&"}
EARLIER_MESSAGES = 50
"""How many replies of a thread are looked through for pictures, the newest."""
EDITED_SECONDS = 600.0
"""For so long after it was written, an edited direct message is read again."""
NEW_MESSAGES = frozenset({None, "file_share", "thread_broadcast"})
"""The subtypes of a message that a person has just sent; all others report changes, or messages of programs."""


def current(event: Json) -> Json | None:
    """The message of an event as it reads now; None if the event brings nothing new to read.

    In a channel, Slack sends a mention once more if its message was edited. In direct messages only the change tells of it.
    """
    if event.get("subtype") != "message_changed":
        return event
    message, before = event.get("message") or {}, event.get("previous_message") or {}
    direct = event.get("channel_type") == "im" or is_direct(str(event.get("channel", "")))
    edited = (message.get("edited") or {}).get("ts")
    if not direct or not edited or message.get("text") == before.get("text"):
        return None
    if not _within_seconds(str(message.get("ts")), str(edited), EDITED_SECONDS):
        return None
    return {**message, "channel": event.get("channel"), "channel_type": "im"}


def edition(event: Json) -> str:
    """The same for all events that bring a message as it was at one time."""
    return f"{(event.get('edited') or {}).get('ts', '')} {hash(str(event.get('text') or ''))}"


def heard(event: Json, bot_user: str) -> Heard | None:
    """Why the bot hears a message or mention; None for what it does not, or no person has just sent.

    Files in a thread may be meant for a job there.
    """
    is_new = event.get("subtype") in NEW_MESSAGES and not event.get("hidden") and not event.get("bot_id")
    if not is_new or event.get("user") in {None, bot_user, "USLACKBOT"}:
        return None
    text = str(event.get("text") or "")
    if event.get("channel_type") == "im" or is_direct(str(event.get("channel", ""))):
        return Heard.DIRECT
    if _mention(bot_user).search(text):
        return Heard.MENTION
    if thread_of(event) is not None and shown_by(event).files and len(text) <= MESSAGE_CHARACTERS:
        return Heard.THREAD
    return None


def member_message(event: Json, bot_user: str, why: Heard, pointed: tuple[PointedMessage, ...] = ()) -> MemberMessage:
    """Raises RefusedError for a text that is too long."""
    shown = shown_by(event)
    return MemberMessage(
        text=without_mention(within(str(event.get("text") or ""), MESSAGE_CHARACTERS), bot_user, emoji_of(event)),
        heard=why,
        attachments=shown.files,
        pointed=pointed,
        unusable=shown.unusable,
    )


def thread_messages(
    event: Json, channel: str, thread: str, messages: Sequence[Json], bot_user: str, *, unread: bool = False
) -> tuple[PointedMessage, ...]:
    """What a message in a thread points at: the thread's first message, and the newest earlier ones with pictures.

    `unread`: perhaps not all of them are among `messages`.
    """
    asked = str(event.get("ts"))
    earlier = [one for one in messages if one.get("ts") != thread and _within_seconds(str(one.get("ts")), asked, math.inf)]
    parent = next((one for one in messages if one.get("ts") == thread), {"ts": thread})
    start = _pointed(parent, Relation.THREAD_START, channel, bot_user)
    shown = (_pointed(one, Relation.EARLIER_IN_THREAD, channel, bot_user) for one in earlier[-EARLIER_MESSAGES:])
    return (
        replace(start, aliases=(thread_id(channel, thread),), unread=unread),
        *(one for one in shown if one.pictures or one.unusable),
    )


def _pointed(message: Json, relation: Relation, channel: str, bot_user: str) -> PointedMessage:
    shown = shown_by(message)
    return PointedMessage(
        message=message_id(channel, str(message["ts"])),
        relation=relation,
        by_bot=message.get("user") == bot_user,
        pictures=shown.pictures,
        unusable=shown.unusable,
    )


def _within_seconds(ts: str, later: str, seconds: float) -> bool:
    try:
        return 0 < float(later) - float(ts) < seconds
    except ValueError:
        return False


def thread_of(event: Json) -> str | None:
    """The parent of the message's thread; a parent itself is in none."""
    thread = event.get("thread_ts")
    return str(thread) if thread and thread != event.get("ts") else None


def is_direct(channel: str) -> bool:
    return channel.startswith("D")


def without_mention(text: str, bot_user: str, emoji: Mapping[str, str] | None = None) -> str:
    """The text without the mentions of the bot."""
    return plain(without(_mention(bot_user), text), emoji).strip()


def _mention(bot_user: str) -> re.Pattern[str]:
    return re.compile(rf"<@{re.escape(bot_user)}(?:\|[^<>]*+)?+>")


def plain(text: str, emoji: Mapping[str, str] | None = None) -> str:
    """Slack's markup as the member reads it: links, names, dates and emoji; escapes undone (Slack, "Formatting text")."""
    bare = MARKUP.sub(_as_read, with_emoji(text, emoji))
    for entity, letter in ENTITIES.items():
        bare = bare.replace(entity, letter)
    return bare


def emoji_of(event: Json) -> dict[str, str]:
    """The emoji of a message by their short names: its blocks say which they are, except a workspace's own."""
    found: dict[str, str] = {}
    waiting: list[Any] = [event.get("blocks")]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Mapping):
            if node.get("type") == "emoji" and UNICODE.fullmatch(str(node.get("unicode"))):
                points = (chr(int(point, 16)) for point in node["unicode"].split("-"))
                found[str(node.get("name"))] = "".join(point for point in points if point.isprintable() or point in JOINERS)
            else:
                waiting += node.values()
        elif isinstance(node, list):
            waiting += node
    return found


def _as_read(found: re.Match[str]) -> str:
    sign, target, label = found.groups()
    match sign:
        case "@":
            return person(label.removeprefix("@")) if label else SOMEONE
        case "#":
            return f"#{person(label)}" if label else "a channel"
        case "!":
            # `<!subteam^S1|@painters>`, `<!date^…|yesterday>`, `<!here>`
            kind, _, details = target.partition("^")
            if label:
                return label
            return "a group" if kind == "subteam" else date_and_time(details.partition("^")[0]) if kind == "date" else f"@{kind}"
        case _:
            return label or target
