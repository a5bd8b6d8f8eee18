"""Replies to the member who asked, by the ways their origin has: the response, a message of the bot, a direct message."""

from collections.abc import Coroutine, Sequence
from dataclasses import replace
from typing import Any, assert_never

import discord

from adapters.discord.address import Address, decode_address, member_id, token_open
from adapters.discord.outbound import Payload, group, stem, to_payload
from adapters.discord.sending import Sender
from bot.capabilities import Way
from bot.chat_platform import Posted
from bot.clock import Clock
from bot.command import Origin
from bot.errors import DeliveryCode, DeliveryError
from bot.ids import JobId, MessageId
from bot.presentation.reply import Picture, Reply


class Delivery:
    def __init__(self, sender: Sender, clock: Clock) -> None:
        self._sender = sender
        self._clock = clock

    async def show_progress(self, origin: Origin, reply: Reply, *, nonce: str, message: MessageId | None) -> MessageId:
        """Write or rewrite the message that says how it goes. It never calls anybody."""
        address = decode_address(origin.address)
        payload = to_payload(replace(reply, mention=None))
        known = address.response if message is None else int(message)
        written = await self._rewrite_response(origin, payload) if known in {None, address.response} else None
        if written is not None:
            return _id(written)
        if known is not None and not address.ephemeral:
            return _id(await self._sender.edit(address.channel, known, payload))
        if address.token is not None and (address.ephemeral or not address.posts):
            raise DeliveryError(DeliveryCode.EXPIRED, retryable=False, detail="the response is over, nothing else is open")
        return _id(await self._send(address, payload, nonce=nonce))

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

    async def decline(self, origin: Origin, reply: Reply, *, nonce: str, message: MessageId | None) -> None:
        """A refusal after the acknowledgement: to the member alone wherever an interaction asked."""
        address = decode_address(origin.address)
        if address.token is None:
            await self.show_progress(origin, reply, nonce=nonce, message=message)
        elif not token_open(origin, now=self._clock.now()):
            await self._direct(origin, to_payload(reply), (), nonce=nonce)
            await self._take_back(address, message)
        elif address.ephemeral:
            await self._sender.edit_response(address, to_payload(reply))
        else:
            # The public "thinking" goes first: Discord would write the first follow-up into it, for all to see.
            await self._forgive_gone(self._sender.delete_response(address))
            await self._sender.follow_up(address, to_payload(reply), ephemeral=True)

    async def answer(self, origin: Origin, reply: Reply, *, nonce: str) -> None:
        """The whole answer to a message: a short reply to it."""
        address = decode_address(origin.address)
        await self._send(address, to_payload(reply), nonce=nonce)

    async def whisper(self, origin: Origin, reply: Reply) -> None:
        """A word to the member alone beside an interaction that was answered otherwise."""
        await self._sender.follow_up(decode_address(origin.address), to_payload(reply), ephemeral=True)

    async def post(self, origin: Origin, reply: Reply, *, job: JobId, part: int, way: Way, search: bool) -> Posted:
        address = decode_address(origin.address)
        payload = to_payload(reply)
        nonce = f"{job}.{part}"
        match way:
            case Way.RESPONSE:
                message = await self._respond(address, payload, reply.pictures, part=part)
            case Way.CONVERSATION:
                # A result stands where its receipt can be found: whose it is and what was asked is read there.
                asked_in = address.source or address.response
                message = await self._post(address.channel, payload, reply.pictures, nonce, asked_in, search=search)
            case Way.DIRECT:
                message = await self._direct(origin, payload, reply.pictures, nonce=nonce, search=search)
            case _:
                assert_never(way)
        return Posted(message=_id(message), way=way)

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
        search: bool = False,
    ) -> discord.Message:
        channel = await self._sender.open_direct(member_id(origin))
        return await self._post(channel, payload, pictures, nonce, None, search=search)

    async def _post(
        self,
        channel: int,
        payload: Payload,
        pictures: Sequence[Picture],
        nonce: str,
        source: int | None,
        *,
        search: bool,
    ) -> discord.Message:
        """One message, however many requests its files need: whatever a broken try left is completed, not repeated."""
        groups = group(pictures)
        message = await self._sender.find(channel, lambda names: _shows_any(names, pictures)) if search else None
        if message is None:
            message = await self._sender.send(channel, payload, groups.pop(0), nonce=nonce, source=source)
        for more in groups:
            standing = {stem(attachment.filename) for attachment in message.attachments}
            missing = [picture for picture in more if stem(picture.name) not in standing]
            if missing:
                message = await self._sender.add(message, missing)
        return message

    async def _send(self, address: Address, payload: Payload, *, nonce: str) -> discord.Message:
        return await self._sender.send(address.channel, payload, (), nonce=nonce, source=address.source)

    async def _take_back(self, address: Address, message: MessageId | None) -> None:
        if message is not None and not address.ephemeral:
            await self._forgive_gone(self._sender.delete(address.channel, int(message)))

    async def _forgive_gone(self, deletion: Coroutine[Any, Any, None]) -> None:
        """What shall go may be gone already: a repeated refusal finds it so."""
        try:
            await deletion
        except DeliveryError as error:
            if error.delivery not in {DeliveryCode.GONE, DeliveryCode.EXPIRED, DeliveryCode.FORBIDDEN}:
                raise


def _shows_any(names: Sequence[str], pictures: Sequence[Picture]) -> bool:
    return not {stem(name) for name in names}.isdisjoint(stem(picture.name) for picture in pictures)


def _id(message: discord.Message) -> MessageId:
    return MessageId(str(message.id))
