"""Replies to the member who asked, by the ways their origin has: the response, a message of the bot, a direct message."""

import logging
import secrets
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from dataclasses import replace
from typing import Any, assert_never

import discord

from adapters.discord.address import Address, Standing, decode_address, direct_message_id, member_id, standing, token_open
from adapters.discord.outbound.payload import Payload, group, stem, to_payload
from adapters.discord.outbound.sender import Sender
from adapters.discord.settings import NAME
from bot.chat.capabilities import Way
from bot.chat.chat_platform import Posted
from bot.chat.reply import Picture, Reply
from bot.clock import Clock
from bot.commands.command import Origin
from bot.errors import DeliveryCode, DeliveryError
from bot.ids import JobId, MessageId

logger = logging.getLogger(__name__)


class Delivery:
    def __init__(self, sender: Sender, clock: Clock) -> None:
        self._sender = sender
        self._clock = clock
        self._begun_at = clock.now()

    async def show_progress(
        self,
        origin: Origin,
        reply: Reply,
        *,
        nonce: str,
        message: MessageId | None,
        anew: bool,
    ) -> MessageId:
        """Write or rewrite the message that says how it goes. It never calls anybody."""
        payload = to_payload(replace(reply, mention=None))
        if message is None:
            return await self._begin(origin, payload, nonce)
        try:
            await self._rewrite(origin, payload, message)
        except DeliveryError as error:
            if error.retryable or not anew:
                raise
            # For minutes, its own nonce would bring nothing but the first message, even a deleted one (discord-api-docs 6647).
            begun = await self._begin(origin, payload, f"{nonce}{secrets.token_hex(3)}")
            if error.delivery is DeliveryCode.ARCHIVED:
                await self._tidy(standing(message, decode_address(origin.address)))
            return begun
        return message

    async def decline(self, origin: Origin, reply: Reply, *, nonce: str, message: MessageId | None) -> None:
        """A refusal after the acknowledgement: to the member alone wherever an interaction asked."""
        address = decode_address(origin.address)
        elsewhere = message is not None and standing(message, address).channel != address.channel
        if address.token is None or elsewhere:
            await self.show_progress(origin, reply, nonce=nonce, message=message, anew=True)
        elif not await self._decline_in_response(origin, address, to_payload(reply)):
            await self._decline_late(origin, address, to_payload(reply), nonce=nonce, message=message)

    async def _decline_in_response(self, origin: Origin, address: Address, payload: Payload) -> bool:
        """False where the token is over, by our clock or by Discord's."""
        if not token_open(origin, now=self._clock.now()):
            return False
        try:
            if address.ephemeral:
                await self._sender.edit_response(address, payload)
            else:
                # The public "thinking" goes first: Discord would write the first follow-up into it, for all to see.
                await self._forgive_gone(self._sender.delete_response(address))
                await self._sender.follow_up(address, payload, ephemeral=True)
        except DeliveryError as error:
            if error.delivery is not DeliveryCode.EXPIRED:
                raise
            return False
        return True

    async def _decline_late(
        self,
        origin: Origin,
        address: Address,
        payload: Payload,
        *,
        nonce: str,
        message: MessageId | None,
    ) -> None:
        public = None if address.ephemeral else address.response if message is None else standing(message, address).message
        try:
            await self._direct(origin, payload, (), nonce=nonce, tried_since=None)
        except DeliveryError as error:
            if error.retryable or public is None:
                raise
            # Better read by all than by nobody.
            await self._sender.edit(address.channel, public, payload)
        else:
            if public is not None:
                await self._forgive_gone(self._sender.delete(address.channel, public))

    async def _begin(self, origin: Origin, payload: Payload, nonce: str) -> MessageId:
        """A message of its own: in the response, else where it was asked, else in direct messages."""
        address = decode_address(origin.address)
        try:
            return _id(await self._begin_where_asked(origin, address, payload, nonce))
        except DeliveryError as error:
            if error.retryable or address.direct:
                raise
            logger.info("place closed", extra={"platform": origin.platform, "code": error.code, "detail": error.detail})
        channel = await self._sender.open_direct(member_id(origin))
        message = await self._sender.send(channel, payload, (), nonce=nonce, source=None)
        return direct_message_id(Standing(channel=message.channel.id, message=message.id))

    async def _begin_where_asked(self, origin: Origin, address: Address, payload: Payload, nonce: str) -> discord.Message:
        """What stands there already is written over, if it can be."""
        known = None if address.ephemeral else address.response
        written = await self._unless_closed(self._rewrite_response(origin, payload))
        if written is None and address.source is not None:
            known = await self._begun_before(origin, address, address.source)
        if written is None and known is not None:
            written = await self._unless_closed(self._sender.edit(address.channel, known, payload))
        if written is not None:
            return written
        if address.token is not None and (address.ephemeral or not address.posts):
            raise DeliveryError(DeliveryCode.EXPIRED, retryable=False, detail="the response is over, nothing else is open")
        sent = await self._sender.send(address.channel, payload, (), nonce=nonce, source=address.source)
        if known is not None:
            await self._tidy(Standing(channel=address.channel, message=known))
        return sent

    async def _unless_closed(self, writing: Awaitable[discord.Message | None]) -> discord.Message | None:
        """None where the message is deleted, or its thread archived: that takes no edits, and is opened by a new message."""
        try:
            return await writing
        except DeliveryError as error:
            if error.delivery not in {DeliveryCode.GONE, DeliveryCode.ARCHIVED}:
                raise
            return None

    async def _begun_before(self, origin: Origin, address: Address, source: int) -> int | None:
        """The message that an earlier process wrote for this job and did not live to record: our answer without pictures."""
        if origin.received_at >= self._begun_at:
            return None

        def answers(message: discord.Message) -> bool:
            asked = message.reference.message_id if message.reference is not None else None
            return asked == source and not message.attachments

        found = await self._look(address.channel, answers, since=origin.received_at)
        return None if found is None else found.id

    async def _rewrite(self, origin: Origin, payload: Payload, message: MessageId) -> None:
        address = decode_address(origin.address)
        stands = standing(message, address)
        if stands.channel == address.channel and address.response in {None, stands.message}:
            # Where the response's own id is unknown, the message may be another one, and the response gone.
            if await self._unless_closed(self._rewrite_response(origin, payload)) is not None:
                return
            if address.ephemeral:
                raise DeliveryError(DeliveryCode.EXPIRED, retryable=False, detail="the response is over")
        await self._sender.edit(stands.channel, stands.message, payload)

    async def _rewrite_response(self, origin: Origin, payload: Payload) -> discord.Message | None:
        """None where the token is over, by our clock or by Discord's."""
        if not token_open(origin, now=self._clock.now()):
            return None
        try:
            return await self._sender.edit_response(decode_address(origin.address), payload)
        except DeliveryError as error:
            if error.delivery is DeliveryCode.EXPIRED:
                return None
            raise

    async def answer(self, origin: Origin, reply: Reply, *, nonce: str) -> None:
        """The whole answer to a message: a short reply to it."""
        address = decode_address(origin.address)
        await self._sender.send(address.channel, to_payload(reply), (), nonce=nonce, source=address.source)

    async def send_ephemeral(self, origin: Origin, reply: Reply) -> None:
        """A word to the member alone beside an interaction that was answered otherwise."""
        await self._sender.follow_up(decode_address(origin.address), to_payload(reply), ephemeral=True)

    async def post(
        self,
        origin: Origin,
        reply: Reply,
        *,
        job: JobId,
        part: int,
        way: Way,
        tried_since: float | None,
    ) -> Posted:
        address = decode_address(origin.address)
        payload = to_payload(reply)
        nonce = f"{job}.{part}"
        responded = None
        if tried_since is not None and (way is Way.DIRECT or (way is Way.RESPONSE and part > 1)):
            responded = await self._responded_before(origin, address, reply.pictures)
        if responded is not None:
            return Posted(message=_id(responded), way=Way.RESPONSE)
        match way:
            case Way.RESPONSE:
                message = await self._respond(address, payload, reply.pictures, part=part)
            case Way.CONVERSATION:
                # A result stands where its receipt can be found: whose it is and what was asked is read there.
                asked_in = address.source or address.response
                message = await self._post(address.channel, payload, reply.pictures, nonce, asked_in, tried_since=tried_since)
            case Way.DIRECT:
                message = await self._direct(origin, payload, reply.pictures, nonce=nonce, tried_since=tried_since)
            case _:
                assert_never(way)
        return Posted(message=_id(message), way=way)

    async def _responded_before(self, origin: Origin, address: Address, pictures: Sequence[Picture]) -> discord.Message | None:
        """The whole set where a try by the response left it, for all to see.

        What only the member sees nobody can look up: it is posted again, at least once, not at most.
        """
        if address.token is None or address.ephemeral:
            return None
        return await self._look(address.channel, lambda message: _shows(message, pictures, all), since=origin.received_at)

    async def _look(self, channel: int, fits: Callable[[discord.Message], bool], *, since: float) -> discord.Message | None:
        """None too where we may not look."""
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

    async def _direct(
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
        """One message, however many requests its files need: whatever a broken try left is completed, not repeated."""
        groups = group(pictures)
        message = None
        if tried_since is not None:
            message = await self._look(channel, lambda found: _shows(found, pictures, any), since=tried_since)
        if message is None:
            message = await self._sender.send(channel, payload, groups.pop(0), nonce=nonce, source=source)
        for more in groups:
            shown = {stem(attachment.filename) for attachment in message.attachments}
            missing = [picture for picture in more if stem(picture.name) not in shown]
            if missing:
                message = await self._sender.add(message, missing)
        return message

    async def _tidy(self, stands: Standing) -> None:
        """Take away what a new message has replaced, if that can be done."""
        try:
            await self._sender.delete(stands.channel, stands.message)
        except DeliveryError as error:
            logger.info("old message not taken away", extra={"platform": NAME, "code": error.code, "detail": error.detail})

    async def _forgive_gone(self, deletion: Coroutine[Any, Any, None]) -> None:
        """What shall go may be gone already: a repeated refusal finds it so."""
        try:
            await deletion
        except DeliveryError as error:
            if error.retryable:
                raise


def _shows(message: discord.Message, pictures: Sequence[Picture], so_many: Callable[[Iterable[bool]], bool]) -> bool:
    """`all` of the pictures, or `any`."""
    shown = {stem(attachment.filename) for attachment in message.attachments}
    return so_many(stem(picture.name) in shown for picture in pictures)


def _id(message: discord.Message) -> MessageId:
    return MessageId(str(message.id))
