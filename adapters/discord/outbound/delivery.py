"""Answers to the member who asked that are no job's messages: refusals, questions, short replies."""

import logging
import secrets

from adapters.discord.address import (
    Address,
    MessageLocation,
    decode_address,
    location_of,
    member_id,
    token_open,
)
from adapters.discord.outbound.job_messages import JobMessages, log_next_way
from adapters.discord.outbound.passing import PassingQuestions
from adapters.discord.outbound.payload import Payload, to_payload
from adapters.discord.outbound.sender import Sender
from adapters.shared.delivery import ignore_gone
from bot.chat.chat_platform import ProgressUpdate, RefusalNotice
from bot.chat.reply import Reply
from bot.clock import Clock
from bot.commands.command import Origin
from bot.errors import DeliveryCode, DeliveryError
from bot.ids import MessageId

logger = logging.getLogger(__name__)


class Delivery:
    def __init__(self, sender: Sender, job_messages: JobMessages, clock: Clock) -> None:
        self._sender = sender
        self._job_messages = job_messages
        self._clock = clock
        self._passing = PassingQuestions(sender, clock)

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
        if message is None and notice.perhaps_begun:
            message = await self._job_messages.find_begun(origin, notice.job)
        in_other_channel = message is not None and location_of(message, address).channel != address.channel
        if address.token is None or in_other_channel:
            update = ProgressUpdate(origin=origin, reply=reply, job=notice.job, message=message, replace_lost=True)
            await self._job_messages.show_progress(update)
        else:
            await self._refuse(origin, reply, nonce=f"{notice.job}.d", message=message)

    async def answer_message(self, origin: Origin, reply: Reply, *, nonce: str) -> None:
        """Answer a message with a short reply, else by direct message."""
        address = decode_address(origin.address)
        try:
            sent = await self._sender.send(address.channel, to_payload(reply), (), nonce=nonce, source=address.source)
        except DeliveryError as error:
            if address.direct:
                raise
            log_next_way(error)
            await self._send_direct(origin, to_payload(reply), nonce=nonce)
            return
        if reply.passing:
            location = MessageLocation(channel=address.channel, message=sent.id)
            self._passing.note(location, origin.user, stays=address.direct)

    async def take_away_question(self, origin: Origin, message: int) -> None:
        """Delete a question for all to see that the member has answered."""
        await self._passing.take_away(MessageLocation(channel=decode_address(origin.address).channel, message=message))

    async def take_away_answered(self, origin: Origin) -> None:
        """Delete the question that the member has answered in words."""
        await self._passing.take_away_latest(decode_address(origin.address).channel, origin.user)

    async def answer_privately(self, origin: Origin, reply: Reply, *, nonce: str) -> None:
        """Answer an interaction that was acknowledged but became no job: with a refusal or a question."""
        await self._refuse(origin, reply, nonce=nonce, message=None)

    async def send_ephemeral(self, origin: Origin, reply: Reply) -> None:
        """Send a private message after an interaction that already has an answer, else by direct message."""
        try:
            await self._sender.follow_up(decode_address(origin.address), to_payload(reply), ephemeral=True)
        except DeliveryError as error:
            log_next_way(error)
            await self.send_direct(origin, reply)

    async def send_direct(self, origin: Origin, reply: Reply) -> None:
        """Send a direct message to a member whose interaction cannot be answered."""
        await self._send_direct(origin, to_payload(reply), nonce=f"x{secrets.token_hex(6)}")

    async def _refuse(self, origin: Origin, reply: Reply, *, nonce: str, message: MessageId | None) -> None:
        address, payload = decode_address(origin.address), to_payload(reply)
        if not await self._refuse_in_response(origin, address, payload):
            await self._refuse_late(origin, address, payload, nonce=nonce, message=message)
        elif message is not None and not address.ephemeral:
            await self._job_messages.remove_replaced(location_of(message, address))

    async def _refuse_in_response(self, origin: Origin, address: Address, payload: Payload) -> bool:
        """False where it cannot be written there, for whatever reason: the next way is tried, twice is better than never."""
        if not token_open(origin, now=self._clock.now()):
            return False
        try:
            if not await self._answer_in_response(address, payload):
                # A public "thinking" goes first: Discord would write the first follow-up into it, for all to see.
                await ignore_gone(self._sender.delete_response(address))
                await self._sender.follow_up(address, payload, ephemeral=True)
        except DeliveryError as error:
            log_next_way(error)
            return False
        return True

    async def _answer_in_response(self, address: Address, payload: Payload) -> bool:
        """False where the response is visible to all, or gone because a message of the bot has taken its place."""
        if not (address.ephemeral or address.acknowledged):
            return False
        try:
            await self._sender.edit_response(address, payload)
        except DeliveryError as error:
            if error.delivery is not DeliveryCode.GONE:
                raise
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
            await self._send_direct(origin, payload, nonce=nonce)
        except DeliveryError as error:
            if error.retryable or public is None:
                raise
            # Better visible to all than not to the member who asked.
            await self._sender.edit(address.channel, public, payload)
        else:
            if public is not None:
                await ignore_gone(self._sender.delete(address.channel, public))

    async def _send_direct(self, origin: Origin, payload: Payload, *, nonce: str) -> None:
        channel = await self._sender.open_direct(member_id(origin))
        await self._sender.send(channel, payload, (), nonce=nonce, source=None)
