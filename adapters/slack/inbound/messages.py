"""Slack's JSON of messages → what members ask the bot: which are meant for it, and what they point at; pure."""

import re
from collections.abc import Mapping
from typing import Any

from adapters.shared.text import within, without
from adapters.slack.address import message_id, thread_id
from adapters.slack.inbound.attachments import shown_by
from bot.commands.message import Heard, MemberMessage, PointedMessage, Relation

Json = Mapping[str, Any]

MESSAGE_CHARACTERS = 40_000
"""Slack cuts longer messages."""
MARKUP = re.compile(r"<([@#!]?+)([^<>|]*+)(?:\|([^<>]*+))?+>")
ENTITIES = {"&lt;": "<", "&gt;": ">", "&amp;": "&"}
NEW_MESSAGES = frozenset({None, "file_share", "thread_broadcast"})
"""The subtypes of a message that a person has just sent; all others report changes, or messages of programs."""


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
        text=without_mention(within(str(event.get("text") or ""), MESSAGE_CHARACTERS), bot_user),
        heard=why,
        attachments=shown.files,
        pointed=pointed,
        unusable=shown.unusable,
    )


def thread_start(channel: str, thread: str, parent: Json | None, *, unread: bool = False) -> PointedMessage:
    """The message under which a thread is; None where it is gone or was not asked for."""
    shown = shown_by(parent or {})
    return PointedMessage(
        message=message_id(channel, thread),
        relation=Relation.THREAD_START,
        aliases=(thread_id(channel, thread),),
        pictures=shown.pictures,
        unread=unread,
        unusable=shown.unusable,
    )


def thread_of(event: Json) -> str | None:
    """The parent of the message's thread; a parent itself is in none."""
    thread = event.get("thread_ts")
    return str(thread) if thread and thread != event.get("ts") else None


def is_direct(channel: str) -> bool:
    return channel.startswith("D")


def without_mention(text: str, bot_user: str) -> str:
    """The text without the mentions of the bot."""
    return plain(without(_mention(bot_user), text)).strip()


def _mention(bot_user: str) -> re.Pattern[str]:
    return re.compile(rf"<@{re.escape(bot_user)}(?:\|[^<>]*+)?+>")


def plain(text: str) -> str:
    """Slack's markup as the member typed it: links and names as they read, escapes undone (Slack, "Formatting text")."""
    bare = MARKUP.sub(_as_typed, text)
    for entity, letter in ENTITIES.items():
        bare = bare.replace(entity, letter)
    return bare


def _as_typed(found: re.Match[str]) -> str:
    sign, target, label = found.groups()
    match sign:
        case "@" | "#":
            return f"{sign}{(label or target).removeprefix(sign)}"
        case "!":
            # `<!subteam^S1|@painters>`, `<!date^…|yesterday>`, `<!here>`
            return label or f"@{target.partition('^')[0]}"
        case _:
            return label or target
