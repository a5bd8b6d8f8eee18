"""Replies to the member who asked, by the ways their origin has: the response, a message of the bot, a direct message."""

import logging
import secrets
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from typing import assert_never

import discord

from adapters.discord.address import (
    Address,
    MessageLocation,
    decode_address,
    direct_message_id,
    location_of,
    member_id,
    token_open,
)
from adapters.discord.outbound.passing import PassingQuestions
from adapters.discord.outbound.payload import Payload, group, stem, to_payload
from adapters.discord.outbound.sender import Sender
from adapters.discord.settings import NAME
from adapters.shared.delivery import ignore_gone
from bot.chat.capabilities import Way
from bot.chat.chat_platform import Posted, ProgressUpdate, RefusalNotice, ResultMessage
from bot.chat.reply import Picture, Reply
from bot.clock import Clock
from bot.commands.command import Origin
from bot.errors import DeliveryCode, DeliveryError
from bot.ids import MessageId

logger = logging.getLogger(__name__)


class Delivery:
    def __init__(self, sender: Sender, clock: Clock) -> None:
        self._sender = sender
        self._clock = clock
        self._started_at = clock.now()
        self._passing = PassingQuestions(sender, clock)

    async def show_progress(self, update: ProgressUpdate) -> MessageId:
        """Write or edit the progress message. It mentions no member."""
        return await self._show(update, nonce=f"{update.job}.p")

    async def show_taken(self, origin: Origin, reply: Reply) -> None:
        """Under a message, that the bot is typing: an interaction shows by itself that the bot is thinking."""
        del reply
        address = decode_address(origin.address)
        if address.token is None:
            await self._sender.show_typing(address.channel)

    async def decline(self, notice: RefusalNotice) -> None:
        """Show a refusal after the acknowledgement, privately if the command was an interaction."""
        origin, reply, message = notice.origin, notice.reply, notice.message
        address = decode_address(origin.address)
        nonce = f"{notice.job}.d"
        in_other_channel = message is not None and location_of(message, address).channel != address.channel
        if address.token is None or in_other_channel:
            update = ProgressUpdate(origin=origin, reply=reply, job=notice.job, message=message, replace_lost=True)
            await self._show(update, nonce=nonce)
        else:
            await self._refuse(origin, reply, nonce=nonce, message=message)

    async def post(self, result: ResultMessage) -> Posted:
        """Post one result message, unless an earlier attempt did; what that left unfinished is completed."""
        origin, reply, part, way, tried_since = result.origin, result.reply, result.part, result.way, result.tried_since
        address = decode_address(origin.address)
        payload = to_payload(reply)
        nonce = f"{result.job}.{part}"
        responded = None
        if tried_since is not None and (way is Way.DIRECT or (way is Way.RESPONSE and part > 1)):
            responded = await self._find_earlier_response(origin, address, reply.pictures)
        if responded is not None:
            return Posted(message=_id(responded), way=Way.RESPONSE)
        match way:
            case Way.RESPONSE:
                message = await self._respond(address, payload, reply.pictures, part=part)
            case Way.CONVERSATION:
                # A reply to the receipt, which names the requester and shows the prompt.
                receipt = address.source or address.response
                message = await self._post(address.channel, payload, reply.pictures, nonce, receipt, tried_since=tried_since)
            case Way.DIRECT:
                message = await self._post_direct(origin, payload, reply.pictures, nonce=nonce, tried_since=tried_since)
            case _:
                assert_never(way)
        return Posted(message=_id(message), way=way)

    async def answer_message(self, origin: Origin, reply: Reply, *, nonce: str) -> None:
        """Answer a message with a short reply, else by direct message."""
        address = decode_address(origin.address)
        try:
            sent = await self._sender.send(address.channel, to_payload(reply), (), nonce=nonce, source=address.source)
        except DeliveryError as error:
            if address.direct:
                raise
            _log_next_way(error)
            await self._post_direct(origin, to_payload(reply), (), nonce=nonce, tried_since=None)
            return
        if reply.passing and not address.direct:
            self._passing.note(MessageLocation(channel=address.channel, message=sent.id))

    async def take_away_question(self, origin: Origin, message: int) -> None:
        """Delete a question for all to see that the member has answered."""
        await self._passing.take_away(MessageLocation(channel=decode_address(origin.address).channel, message=message))

    async def answer_privately(self, origin: Origin, reply: Reply, *, nonce: str) -> None:
        """Answer an interaction that was acknowledged but became no job: with a refusal or a question."""
        await self._refuse(origin, reply, nonce=nonce, message=None)

    async def send_ephemeral(self, origin: Origin, reply: Reply) -> None:
        """Send a private message after an interaction that already has an answer, else by direct message."""
        try:
            await self._sender.follow_up(decode_address(origin.address), to_payload(reply), ephemeral=True)
        except DeliveryError as error:
            _log_next_way(error)
            await self.send_direct(origin, reply)

    async def send_direct(self, origin: Origin, reply: Reply) -> None:
        """Send a direct message to a member whose interaction cannot be answered."""
        await self._post_direct(origin, to_payload(reply), (), nonce=f"x{secrets.token_hex(6)}", tried_since=None)

    async def _show(self, update: ProgressUpdate, *, nonce: str) -> MessageId:
        origin, message = update.origin, update.message
        payload = to_payload(replace(update.reply, mention=None))
        if message is None:
            return await self._start_progress(origin, payload, nonce)
        try:
            await self._edit(origin, payload, message)
        except DeliveryError as error:
            if error.retryable or not update.replace_lost:
                raise
            # For minutes, its own nonce would bring back nothing but the first message, even a deleted one
            # (discord-api-docs 6647).
            started = await self._start_progress(origin, payload, f"{nonce}{secrets.token_hex(3)}")
            if error.delivery is DeliveryCode.ARCHIVED:
                await self._remove_replaced(location_of(message, decode_address(origin.address)))
            return started
        return message

    async def _refuse(self, origin: Origin, reply: Reply, *, nonce: str, message: MessageId | None) -> None:
        address, payload = decode_address(origin.address), to_payload(reply)
        if not await self._refuse_in_response(origin, address, payload):
            await self._refuse_late(origin, address, payload, nonce=nonce, message=message)

    async def _refuse_in_response(self, origin: Origin, address: Address, payload: Payload) -> bool:
        """False where it cannot be written there, for whatever reason: the next way is tried, twice is better than never."""
        if not token_open(origin, now=self._clock.now()):
            return False
        try:
            if address.ephemeral:
                await self._sender.edit_response(address, payload)
            else:
                # The public "thinking" goes first: Discord would write the first follow-up into it, for all to see.
                await ignore_gone(self._sender.delete_response(address))
                await self._sender.follow_up(address, payload, ephemeral=True)
        except DeliveryError as error:
            _log_next_way(error)
            return False
        return True

    async def _refuse_late(
        self,
        origin: Origin,
        address: Address,
        payload: Payload,
        *,
        nonce: str,
        message: MessageId | None,
    ) -> None:
        public = None if address.ephemeral else address.response if message is None else location_of(message, address).message
        try:
            await self._post_direct(origin, payload, (), nonce=nonce, tried_since=None)
        except DeliveryError as error:
            if error.retryable or public is None:
                raise
            # Better visible to all than not to the member who asked.
            await self._sender.edit(address.channel, public, payload)
        else:
            if public is not None:
                await ignore_gone(self._sender.delete(address.channel, public))

    async def _start_progress(self, origin: Origin, payload: Payload, nonce: str) -> MessageId:
        """Post a new progress message: as the response, else in the channel, else by direct message."""
        address = decode_address(origin.address)
        try:
            return _id(await self._start_progress_in_channel(origin, address, payload, nonce))
        except DeliveryError as error:
            if error.retryable or address.direct:
                raise
            logger.info("place closed", extra={"platform": origin.platform, "code": error.code, "detail": error.detail})
        channel = await self._sender.open_direct(member_id(origin))
        message = await self._sender.send(channel, payload, (), nonce=nonce, source=None)
        return direct_message_id(MessageLocation(channel=message.channel.id, message=message.id))

    async def _start_progress_in_channel(
        self,
        origin: Origin,
        address: Address,
        payload: Payload,
        nonce: str,
    ) -> discord.Message:
        """A message that exists already is edited, if that is possible."""
        known = None if address.ephemeral else address.response
        written = await self._unless_closed(self._edit_response(origin, payload))
        if written is None and address.source is not None:
            known = await self._find_earlier_progress(origin, address, address.source)
        if written is None and known is not None:
            written = await self._unless_closed(self._sender.edit(address.channel, known, payload))
        if written is not None:
            return written
        if address.token is not None and (address.ephemeral or not address.posts):
            raise DeliveryError(DeliveryCode.EXPIRED, retryable=False, detail="the response is over, nothing else is open")
        sent = await self._sender.send(address.channel, payload, (), nonce=nonce, source=address.source)
        if known is not None:
            await self._remove_replaced(MessageLocation(channel=address.channel, message=known))
        return sent

    async def _unless_closed(self, writing: Awaitable[discord.Message | None]) -> discord.Message | None:
        """None where the message is deleted, or its thread archived: that takes no edits, and is opened by a new message."""
        try:
            return await writing
        except DeliveryError as error:
            if error.delivery not in {DeliveryCode.GONE, DeliveryCode.ARCHIVED}:
                raise
            return None

    async def _find_earlier_progress(self, origin: Origin, address: Address, source: int) -> int | None:
        """The progress message of an earlier process that died before it recorded it: our reply without pictures."""
        if origin.received_at >= self._started_at:
            return None

        def replies(message: discord.Message) -> bool:
            replied = message.reference.message_id if message.reference is not None else None
            return replied == source and not message.attachments

        found = await self._find(address.channel, replies, since=origin.received_at)
        return None if found is None else found.id

    async def _edit(self, origin: Origin, payload: Payload, message: MessageId) -> None:
        address = decode_address(origin.address)
        location = location_of(message, address)
        if location.channel == address.channel and address.response in {None, location.message}:
            # Where the response's own id is unknown, the message may be another one, and the response gone.
            if await self._unless_closed(self._edit_response(origin, payload)) is not None:
                return
            if address.ephemeral:
                raise DeliveryError(DeliveryCode.EXPIRED, retryable=False, detail="the response is over")
        await self._sender.edit(location.channel, location.message, payload)

    async def _edit_response(self, origin: Origin, payload: Payload) -> discord.Message | None:
        """None where the token has expired, by our clock or by Discord's."""
        if not token_open(origin, now=self._clock.now()):
            return None
        try:
            return await self._sender.edit_response(decode_address(origin.address), payload)
        except DeliveryError as error:
            if error.delivery is DeliveryCode.EXPIRED:
                return None
            raise

    async def _find_earlier_response(
        self, origin: Origin, address: Address, pictures: Sequence[Picture]
    ) -> discord.Message | None:
        """The complete set that an earlier attempt posted as the response, visible to all.

        A response that the member alone sees cannot be looked up: it is posted again, at least once, not at most.
        """
        if address.token is None or address.ephemeral:
            return None
        return await self._find(address.channel, lambda message: _shows(message, pictures, all), since=origin.received_at)

    async def _find(self, channel: int, fits: Callable[[discord.Message], bool], *, since: float) -> discord.Message | None:
        """None too where we may not read the history."""
        try:
            return await self._sender.find(channel, fits, since=since)
        except DeliveryError as error:
            if error.retryable:
                raise
            return None

    async def _respond(self, address: Address, payload: Payload, pictures: Sequence[Picture], *, part: int) -> discord.Message:
        """The response is one message: the rest of a very large set follows under it."""
        if part > 1:
            return await self._sender.follow_up(address, payload, pictures, ephemeral=address.ephemeral)
        first, *rest = group(pictures)
        message = await self._sender.edit_response(address, payload, first)
        for more in rest:
            message = await self._sender.edit_response(address, None, more, keep=message.attachments)
        return message

    async def _post_direct(
        self,
        origin: Origin,
        payload: Payload,
        pictures: Sequence[Picture],
        *,
        nonce: str,
        tried_since: float | None,
    ) -> discord.Message:
        channel = await self._sender.open_direct(member_id(origin))
        return await self._post(channel, payload, pictures, nonce, None, tried_since=tried_since)

    async def _post(
        self,
        channel: int,
        payload: Payload,
        pictures: Sequence[Picture],
        nonce: str,
        source: int | None,
        *,
        tried_since: float | None,
    ) -> discord.Message:
        """One message, however many requests its files need: what a broken attempt left is completed, not repeated."""
        groups = group(pictures)
        message = None
        if tried_since is not None:
            message = await self._find(channel, lambda found: _shows(found, pictures, any), since=tried_since)
        if message is None:
            message = await self._sender.send(channel, payload, groups.pop(0), nonce=nonce, source=source)
        for more in groups:
            shown = {stem(attachment.filename) for attachment in message.attachments}
            missing = [picture for picture in more if stem(picture.name) not in shown]
            if missing:
                message = await self._sender.add(message, missing)
        return message

    async def _remove_replaced(self, location: MessageLocation) -> None:
        """Delete what a new message has replaced, if that is possible."""
        try:
            await self._sender.delete(location.channel, location.message)
        except DeliveryError as error:
            logger.info("old message not taken away", extra={"platform": NAME, "code": error.code, "detail": error.detail})


def _shows(message: discord.Message, pictures: Sequence[Picture], quantifier: Callable[[Iterable[bool]], bool]) -> bool:
    """`all` of the pictures, or `any`."""
    shown = {stem(attachment.filename) for attachment in message.attachments}
    return quantifier(stem(picture.name) in shown for picture in pictures)


def _log_next_way(error: DeliveryError) -> None:
    logger.info("next way", extra={"platform": NAME, "code": error.code, "detail": error.detail})


def _id(message: discord.Message) -> MessageId:
    return MessageId(str(message.id))
