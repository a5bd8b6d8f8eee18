"""Messages of members → commands: which are meant for the bot, and what they ask; pure."""

import re

from adapters.shared.text import within, without
from bot.commands.command import Attachment, Command, MessagePictures, ReferenceSource
from bot.commands.interpretation import interpret_message
from bot.commands.pointing import MessageJob
from bot.ids import UserId
from bot.values import dataclass

MESSAGE_CHARACTERS = 40_000
"""Slack cuts longer messages."""
MARKUP = re.compile(r"<([@#!]?+)([^<>|]*+)(?:\|([^<>]*+))?+>")
ENTITIES = {"&lt;": "<", "&gt;": ">", "&amp;": "&"}


@dataclass(frozen=True, kw_only=True)
class IncomingMessage:
    """A message that a person has just sent, its text in Slack's markup."""

    text: str
    direct: bool
    mentions_bot: bool
    attachments: tuple[Attachment, ...] = ()
    thread: str | None = None
    """The timestamp of its thread's parent message, if it is a reply in one."""


def may_be_for_bot(message: IncomingMessage) -> bool:
    """Whether a message needs further checks. Images in a thread may be meant for a job there."""
    return message.direct or message.mentions_bot or (message.thread is not None and bool(message.attachments))


def command_of_message(
    message: IncomingMessage,
    bot_user: str,
    user: UserId,
    *,
    thread_job: MessageJob | None = None,
    newest_job: MessageJob | None = None,
    parent: MessagePictures | None = None,
) -> Command | None:
    """The command in a message; None if it is not for the bot. Raises RefusedError.

    `thread_job` is the job that its thread belongs to, `newest_job` the one whose result came last there. `parent` are the
    pictures of the thread's parent message, where the thread belongs to no job.
    """
    adds_picture = thread_job is not None and thread_job.requester == user and bool(message.attachments)
    if not (message.direct or message.mentions_bot or adds_picture):
        return None
    job = newest_job or thread_job
    references: list[ReferenceSource] = list(job.pictures if job is not None else ())
    if parent is not None:
        references.append(parent)
    text = without_mention(within(message.text, MESSAGE_CHARACTERS), bot_user)
    return interpret_message(text, [*references, *message.attachments])


def mentions(text: str, bot_user: str) -> bool:
    return _mention(bot_user).search(text) is not None


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
