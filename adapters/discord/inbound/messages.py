"""Discord's JSON of messages → what members ask the bot: which are meant for it, and what they point at; pure."""

import re

from adapters.discord.address import MessageLocation, direct_message_id
from adapters.discord.inbound.attachments import Json, shown_by
from adapters.discord.inbound.tokens import plain
from adapters.shared.text import within, without
from bot.commands.message import Heard, MemberMessage, PointedMessage, Relation
from bot.ids import MessageId

MESSAGE_CHARACTERS = 4000
"""The longest message, which members with Nitro can write."""
DEFAULT, REPLY = 0, 19
CONTENT = ("content", "attachments", "embeds", "components", "sticker_items", "poll")
"""What Discord sends empty if it withholds a message, stickers excepted."""


def heard(message: Json, bot_user: str, *, direct: bool) -> Heard | None:
    """Why the bot hears a message: a direct message, a mention in the text, or a reply to the bot; None if it does not.

    Mentions of roles or everyone and the ping of a reply do not count. A reply whose text Discord withholds is not read.
    """
    author = message.get("author") or {}
    if author.get("bot") or message.get("webhook_id") or message.get("type", DEFAULT) not in {DEFAULT, REPLY}:
        return None
    text = str(message.get("content") or "")
    if direct:
        return Heard.DIRECT
    if _mention(bot_user).search(text):
        return Heard.MENTION
    if _replies_to_bot(message, bot_user) and (text.strip() or message.get("attachments")):
        return Heard.REPLY
    return None


def member_message(message: Json, bot_user: str, why: Heard, pointed: tuple[PointedMessage, ...] = ()) -> MemberMessage:
    """Raises RefusedError for a text that is too long."""
    text = plain(without_mention(within(str(message.get("content") or ""), MESSAGE_CHARACTERS), bot_user), _names(message))
    # A sticker alone is small talk.
    shown = shown_by(message if text else {**message, "sticker_items": ()})
    return MemberMessage(
        text=text,
        heard=why,
        attachments=shown.files,
        pointed=pointed,
        unusable=shown.unusable,
    )


def replied_message(message: Json, bot_user: str) -> PointedMessage | None:
    """The message that this one replies to, so far as Discord sent it."""
    reference = message.get("message_reference")
    if reference is None:
        return None
    replied = message.get("referenced_message")
    if replied is None:
        return unread_message(str(reference["message_id"]), Relation.REPLIED)
    return pointed_message(replied, Relation.REPLIED, bot_user)


def unread_message(number: str, relation: Relation) -> PointedMessage:
    return PointedMessage(message=MessageId(number), relation=relation, unread=True)


def pointed_message(message: Json, relation: Relation, bot_user: str) -> PointedMessage:
    by_bot = str((message.get("author") or {}).get("id")) == bot_user
    shown = shown_by(message)
    number = MessageId(str(message["id"]))
    # A result that could not be posted where it was asked for is in the member's direct messages.
    elsewhere = direct_message_id(MessageLocation(channel=int(message["channel_id"]), message=int(number)))
    return PointedMessage(
        message=number,
        relation=relation,
        by_bot=by_bot,
        aliases=(elsewhere,) if by_bot else (),
        pictures=shown.pictures,
        unread=not by_bot and _withheld(message),
        unusable=shown.unusable or (shown.page and relation is Relation.REPLIED),
    )


def without_mention(text: str, bot_user: str) -> str:
    """The text without the mentions of the bot."""
    return without(_mention(bot_user), text)


def _mention(bot_user: str) -> re.Pattern[str]:
    return re.compile(rf"<@!?{re.escape(bot_user)}>")


def _names(message: Json) -> dict[str, str]:
    """Of those whom a message mentions, by id."""
    named = (one for kind in ("mentions", "mention_roles", "mention_channels") for one in message.get(kind) or ())
    return {str(one["id"]): str(one["name"]) for one in named}


def _replies_to_bot(message: Json, bot_user: str) -> bool:
    """Also to a message that Discord did not send, if the reply pings the bot."""
    if message.get("message_reference") is None:
        return False
    replied = message.get("referenced_message")
    if replied is not None:
        return str((replied.get("author") or {}).get("id")) == bot_user
    return any(str(user.get("id")) == bot_user for user in message.get("mentions") or ())


def _withheld(message: Json) -> bool:
    """Whether Discord did not send what is in a message: no message is empty."""
    snapshots = [snapshot.get("message") or {} for snapshot in message.get("message_snapshots") or ()]
    return not any(part.get(name) for part in (message, *snapshots) for name in CONTENT)
