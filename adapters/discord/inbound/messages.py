"""Messages of members → commands: which are meant for the bot, and what they ask; pure."""

import re

from adapters.shared.pictures import is_picture
from adapters.shared.text import within, without
from bot.commands.command import Attachment, Command, MessagePictures
from bot.commands.interpretation import interpret_message
from bot.commands.pointing import MessageJob
from bot.errors import RefusalCode, RefusedError
from bot.ids import MessageId
from bot.values import dataclass

MESSAGE_CHARACTERS = 4000
"""The longest message, which members with Nitro can write."""


@dataclass(frozen=True, kw_only=True)
class RepliedMessage:
    """The message that another one replies to."""

    message: str
    by_bot: bool
    attachments: tuple[Attachment, ...] = ()
    withheld: bool = False
    """Discord did not send its content."""


@dataclass(frozen=True, kw_only=True)
class IncomingMessage:
    """`by_person` is false for bots, webhooks and the platform's own notices."""

    text: str
    by_person: bool
    direct: bool
    mentions_bot: bool
    """Whether the text mentions the bot itself. Roles, @everyone and the ping of a reply do not count."""
    attachments: tuple[Attachment, ...] = ()
    replied: RepliedMessage | None = None


def is_for_bot(message: IncomingMessage, bot_user: str) -> bool:
    """A mention, a direct message, or a reply to the bot; a reply whose text Discord withholds is not read."""
    if not message.by_person:
        return False
    replies_to_bot = message.replied is not None and message.replied.by_bot
    return (
        message.direct
        or message.mentions_bot
        or (replies_to_bot and bool(without_mention(message.text, bot_user) or message.attachments))
    )


def command_of_message(message: IncomingMessage, bot_user: str, replied_job: MessageJob | None = None) -> Command | None:
    """The command in a message; None if it is not for the bot. Raises RefusedError.

    `replied_job` is the job of the message replied to, where that message itself shows no picture.
    """
    if not is_for_bot(message, bot_user):
        return None
    if message.replied is not None and message.replied.withheld:
        raise RefusedError(RefusalCode.REF_HIDDEN)
    job_pictures = replied_job.pictures if replied_job is not None else ()
    text = without_mention(within(message.text, MESSAGE_CHARACTERS), bot_user)
    return interpret_message(text, (*job_pictures, *_references(message)))


def reply_target(message: IncomingMessage, bot_user: str) -> MessageId | None:
    """The bot's message that a reply is about, if that shows no picture itself: the core may know its job."""
    replied = message.replied
    if replied is None or not replied.by_bot or not is_for_bot(message, bot_user) or any(map(is_picture, replied.attachments)):
        return None
    return MessageId(replied.message)


def without_mention(text: str, bot_user: str) -> str:
    """The text without the mentions of the bot."""
    return without(re.compile(rf"<@!?{re.escape(bot_user)}>"), text)


def _references(message: IncomingMessage) -> tuple[MessagePictures | Attachment, ...]:
    """The replied message's pictures first, then the message's own files."""
    replied: tuple[MessagePictures, ...] = ()
    if message.replied is not None:
        pictures = tuple(picture for picture in message.replied.attachments if is_picture(picture))
        if pictures:
            replied = (MessagePictures(message=MessageId(message.replied.message), attachments=pictures),)
    return (*replied, *message.attachments)
