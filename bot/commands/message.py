"""A message of a member that the bot may answer, and the messages that it points at, independent of any platform."""

import re
from enum import StrEnum
from typing import Literal

from bot.commands.command import Attachment
from bot.ids import MessageId
from bot.values import dataclass

TYPED_COMMAND = re.compile(r"\s*+/(?P<verb>imagine|edit)\b", re.IGNORECASE)
"""A slash command typed into an ordinary message."""
SLASH_WORD = re.compile(r"\s*+/(?P<word>[a-z][a-z_-]{1,31})(?=\s|$)", re.IGNORECASE)
"""What stands where a slash command's name would."""


class Heard(StrEnum):
    """Why the bot hears a message. The first that applies."""

    DIRECT = "direct"
    """A direct message to the bot."""
    MENTION = "mention"
    """It mentions the bot."""
    REPLY = "reply"
    """A reply to a message of the bot."""
    THREAD = "thread"
    """It brings a picture to a thread; it is meant for the bot only if the member's own job is there."""


class Relation(StrEnum):
    """How a message points at another."""

    REPLIED = "replied"
    THREAD_START = "thread_start"
    EARLIER_IN_THREAD = "earlier_in_thread"


@dataclass(frozen=True, kw_only=True)
class PointedMessage:
    """A message that another one points at.

    `pictures` are those that it shows and that can be fetched. `unread`: the platform did not let us read it, so it is not
    known whether it shows any. `unusable`: it shows one that cannot be fetched, like a preview of another site's page.
    """

    message: MessageId
    relation: Relation
    by_bot: bool = False
    aliases: tuple[MessageId, ...] = ()
    """Other ids under which the core may know a job of it, the preferred one first."""
    pictures: tuple[Attachment, ...] = ()
    unread: bool = False
    unusable: bool = False


@dataclass(frozen=True, kw_only=True)
class MemberMessage:
    """A message without the mention of the bot, its platform's tokens written as names, emoji and dates.

    `attachments` are all files that it brings, forwarded ones and those that are no pictures included. `pointed` is in the
    order in which the messages were written.
    """

    text: str
    heard: Heard
    attachments: tuple[Attachment, ...] = ()
    pointed: tuple[PointedMessage, ...] = ()
    unusable: bool = False
    """It shows a picture itself that cannot be fetched."""


def typed_command(text: str) -> tuple[Literal["imagine", "edit"] | None, str]:
    """The verb of the slash command that a text begins with, and the rest; None and the whole text if there is none."""
    typed = TYPED_COMMAND.match(text)
    if typed is None:
        return None, text
    return "edit" if typed["verb"].lower() == "edit" else "imagine", text[typed.end() :]


def slash_word(text: str) -> str | None:
    """The word with which a text begins as with the name of a slash command."""
    typed = SLASH_WORD.match(text)
    return typed["word"] if typed is not None else None
