"""What a message points at and Discord did not send with it: asked for once, within a short time."""

import asyncio
import logging

import discord

from adapters.discord.inbound.attachments import Json
from adapters.discord.inbound.messages import pointed_message, replied_message, unread_message
from adapters.discord.outbound.sender import Sender
from adapters.discord.settings import NAME
from bot.commands.message import Heard, PointedMessage, Relation
from bot.errors import DeliveryCode, DeliveryError
from bot.values import dataclass

logger = logging.getLogger(__name__)

MOST_REMEMBERED = 10_000
THREADS = frozenset({10, 11, 12})
"""Types of channels: of announcements, public, private."""
WITHHELD_FOR_EVER = frozenset({DeliveryCode.GONE, DeliveryCode.FORBIDDEN})


@dataclass(frozen=True, kw_only=True)
class Thread:
    """`start` is the channel of its first message, which has the thread's own id."""

    id: int
    start: int


class History:
    def __init__(self, sender: Sender) -> None:
        self._sender = sender
        self._threads: dict[int, Thread | None] = {}
        self._asking = asyncio.Lock()

    async def thread_of(self, channel: object) -> Thread | None:
        """The thread that a channel is; None for any other channel, and where it cannot be found out.

        A resumed session does not know its channels; what a channel is never changes.
        """
        if isinstance(channel, discord.Thread):
            in_forum = isinstance(channel.parent, discord.ForumChannel)
            return Thread(id=channel.id, start=channel.id if in_forum else channel.parent_id)
        if not isinstance(channel, discord.PartialMessageable) or channel.guild_id is None:
            return None
        # In turn, so that the messages of a channel keep their order.
        async with self._asking:
            if channel.id not in self._threads:
                await self._ask(channel.id)
        return self._threads.get(channel.id)

    async def _ask(self, channel: int) -> None:
        try:
            found = await self._sender.channel(channel)
        except DeliveryError as error:
            _log_unread(error)
            return
        while len(self._threads) >= MOST_REMEMBERED:
            del self._threads[next(iter(self._threads))]
        is_thread = found.get("type") in THREADS
        self._threads[channel] = Thread(id=channel, start=int(found["parent_id"])) if is_thread else None

    async def pointed_by(self, message: Json, why: Heard, thread: Thread | None, bot_user: str) -> tuple[PointedMessage, ...]:
        """The message replied to; else, for a mention without a picture, the first message of its thread."""
        replied = replied_message(message, bot_user)
        if replied is not None and message.get("referenced_message") is not None:
            return (replied,)
        if replied is not None:
            return (await self._replied(message, replied, bot_user),)
        if thread is None or why is not Heard.MENTION or message.get("attachments"):
            return ()
        start = await self._thread_start(thread, bot_user)
        return () if start is None else (start,)

    async def _replied(self, message: Json, replied: PointedMessage, bot_user: str) -> PointedMessage:
        reference = message["message_reference"]
        try:
            found = await self._sender.message(int(reference["channel_id"]), int(replied.message))
        except DeliveryError as error:
            _log_unread(error)
            return replied
        return pointed_message(found, Relation.REPLIED, bot_user)

    async def _thread_start(self, thread: Thread, bot_user: str) -> PointedMessage | None:
        """None where the thread began without a message, or with one that Discord never shows us.

        That is the case for most threads of members. Refusing there would be refusing every mention in a thread.
        """
        try:
            found = await self._sender.message(thread.start, thread.id)
        except DeliveryError as error:
            _log_unread(error)
            if error.delivery in WITHHELD_FOR_EVER:
                return None
            return unread_message(str(thread.id), Relation.THREAD_START)
        start = pointed_message(found, Relation.THREAD_START, bot_user)
        return None if start.unread else start


def _log_unread(error: DeliveryError) -> None:
    logger.info("message not read", extra={"platform": NAME, "code": error.code, "detail": error.detail})
