"""A job's message, which begins as progress and becomes the result: the bot's own where it may post, else the response."""

import logging
import secrets
from collections.abc import Awaitable, Callable, Sequence
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
from adapters.discord.outbound.message_writer import MessageWriter, shows
from adapters.discord.outbound.payload import SMALL, Payload, group, to_payload
from adapters.discord.outbound.sender import Sender
from adapters.discord.settings import NAME
from adapters.shared.delivery import ignore_gone
from bot.chat.capabilities import Way
from bot.chat.chat_platform import Ping, Posted, ProgressUpdate, ResultMessage
from bot.chat.reply import Picture
from bot.clock import Clock
from bot.commands.command import Origin
from bot.errors import DeliveryCode, DeliveryError
from bot.ids import JobId, MessageId

logger = logging.getLogger(__name__)


class JobMessages:
    def __init__(self, sender: Sender, clock: Clock) -> None:
        self._sender = sender
        self._clock = clock
        self._writer = MessageWriter(sender)

    async def show_progress(self, update: ProgressUpdate) -> MessageId:
        """Write or edit the job's message. It mentions no member."""
        return await self._show(update)

    async def post(self, result: ResultMessage) -> Posted:
        """Show one message of the result, unless an earlier attempt did; what that left unfinished is completed."""
        origin, way = result.origin, result.way
        address = decode_address(origin.address)
        responded = None
        if result.tried_since is not None and (way is Way.DIRECT or (way is Way.RESPONSE and _follows_up(address, result.part))):
            responded = await self._find_earlier_response(origin, address, result.reply.pictures)
        if responded is not None:
            return Posted(message=_id(responded), way=Way.RESPONSE)
        match way:
            case Way.RESPONSE:
                message = _id(await self._respond(address, to_payload(result.reply), result))
            case Way.CONVERSATION:
                message = _id(await self._post(address.channel, result, address, source=address.source or address.response))
                if result.message is None:
                    await self._remove_acknowledgement(origin, address)
            case Way.DIRECT:
                channel = await self._sender.open_direct(member_id(origin))
                posted = await self._post(channel, result, address, source=None)
                # The job's own message keeps its id.
                kept = result.message is not None and location_of(result.message, address).message == posted.id
                message = result.message if kept and result.message is not None else _id(posted)
                if result.message is None:
                    await self._remove_acknowledgement(origin, address)
            case _:
                assert_never(way)
        return Posted(message=message, way=way)

    async def close_progress(self, update: ProgressUpdate, *, way: Way) -> None:
        """Delete what the result has replaced; where the result went elsewhere, it says so instead, without pictures."""
        address, message = decode_address(update.origin.address), update.message
        if message is None and update.perhaps_begun and way is Way.DIRECT:
            # Where the result stands, it was found when that was posted.
            message = await self.find_begun(update.origin, update.job)
        if message is None:
            return
        location = location_of(message, address)
        try:
            if (location.channel == address.channel) is (way is not Way.DIRECT):
                await self.remove_replaced(location)
            else:
                payload = to_payload(replace(update.reply, mention=None), named=_named(update.origin, address))
                await self._edit(update.origin, payload, message, ())
        except DeliveryError as error:
            if error.retryable:
                raise
            logger.info("progress not closed", extra={"job": update.job, "platform": NAME, "code": error.code})

    async def find_begun(self, origin: Origin, job: JobId) -> MessageId | None:
        """A message of the job, where it was asked for, that was posted and not recorded."""
        address = decode_address(origin.address)
        found = await self._find_begun(origin, address, job) if _has_own_message(address) else None
        return None if found is None else _id(found)

    async def take_back(self, origin: Origin, message: MessageId) -> None:
        """Delete a job's message beside which another process shows the same job. There is one response at most."""
        address = decode_address(origin.address)
        location = location_of(message, address)
        if location.channel != address.channel or _has_own_message(address):
            await self.remove_replaced(location)

    async def ping(self, ping: Ping) -> None:
        """Reply to the result with a line that mentions the requester; a response notifies by itself."""
        address = decode_address(ping.origin.address)
        location = location_of(ping.message, address)
        if location.channel == address.channel and not _has_own_message(address):
            return
        if ping.perhaps_sent:

            def is_ping(message: discord.Message) -> bool:
                return _replies_to(message, location.message) and not message.attachments

            if await self._find(location.channel, is_ping, since=ping.origin.received_at) is not None:
                return
        try:
            await self._sender.send(
                location.channel, to_payload(ping.reply), (), nonce=f"{ping.job}.ping", source=location.message
            )
        except DeliveryError as error:
            if error.retryable:
                raise
            logger.info("not mentioned", extra={"job": ping.job, "platform": NAME, "code": error.code})

    async def _show(self, update: ProgressUpdate) -> MessageId:
        origin, message, pictures = update.origin, update.message, update.reply.pictures
        address = decode_address(origin.address)
        payload = to_payload(replace(update.reply, mention=None), named=_named(origin, address))
        nonce = f"{update.job}.1"
        if message is None:
            return await self._start(origin, payload, pictures, nonce, job=update.job if update.perhaps_begun else None)
        try:
            await self._edit(origin, payload, message, pictures)
        except DeliveryError as error:
            if error.retryable or not update.replace_lost:
                raise
            started = await self._start(origin, payload, pictures, _another(nonce), job=None)
            if error.delivery is DeliveryCode.ARCHIVED:
                await self.remove_replaced(location_of(message, address))
            return started
        return message

    async def _start(
        self, origin: Origin, payload: Payload, pictures: Sequence[Picture], nonce: str, *, job: JobId | None
    ) -> MessageId:
        """Begin the job's message where it was asked for, else in direct messages. `job`: one that may have begun is looked for."""
        address = decode_address(origin.address)
        try:
            if _has_own_message(address):
                return _id(await self._begin_message(origin, address, payload, pictures, nonce, job=job))
            return _id(await self._begin_response(origin, address, payload, pictures))
        except DeliveryError as error:
            if error.retryable or address.direct:
                raise
            logger.info("place closed", extra={"platform": origin.platform, "code": error.code, "detail": error.detail})
        channel = await self._sender.open_direct(member_id(origin))
        message = None if job is None else await self._find(channel, lambda one: _is_of(one, job), since=origin.received_at)
        if message is not None:
            location = MessageLocation(channel=channel, message=message.id)
            message = await self._unless_closed(self._writer.edit(location, payload, pictures, fresh=message))
        if message is None:
            message = await self._send(channel, payload, pictures, nonce=_direct(nonce), source=None)
        await self._remove_acknowledgement(origin, address)
        return direct_message_id(MessageLocation(channel=message.channel.id, message=message.id))

    async def _begin_response(
        self, origin: Origin, address: Address, payload: Payload, pictures: Sequence[Picture]
    ) -> discord.Message:
        written = await self._unless_closed(self._edit_response(origin, payload, pictures))
        if written is None and not address.ephemeral and address.response is not None:
            # Visible to all, it is an ordinary message of the bot.
            location = MessageLocation(channel=address.channel, message=address.response)
            written = await self._unless_closed(self._writer.edit(location, payload, pictures))
        if written is None:
            raise DeliveryError(DeliveryCode.EXPIRED, retryable=False, detail="the response is over, nothing else is open")
        return written

    async def _begin_message(
        self,
        origin: Origin,
        address: Address,
        payload: Payload,
        pictures: Sequence[Picture],
        nonce: str,
        *,
        job: JobId | None,
    ) -> discord.Message:
        """The bot's own message; a response that only acknowledged goes once it stands."""
        message = None
        found = None if job is None else await self._find_begun(origin, address, job)
        if found is not None:
            location = MessageLocation(channel=address.channel, message=found.id)
            message = await self._unless_closed(self._writer.edit(location, payload, pictures, fresh=found))
        if message is None:
            message = await self._send(address.channel, payload, pictures, nonce=nonce, source=address.source)
            if found is not None:
                await self.remove_replaced(MessageLocation(channel=address.channel, message=found.id))
        await self._remove_acknowledgement(origin, address)
        return message

    async def _remove_acknowledgement(self, origin: Origin, address: Address) -> None:
        """Whatever the reason that it fails: the message stands, and what is left only its member sees."""
        if not address.acknowledged or not token_open(origin, now=self._clock.now()):
            return
        try:
            await self._sender.delete_response(address)
        except DeliveryError as error:
            logger.info("acknowledgement left", extra={"platform": NAME, "code": error.code, "detail": error.detail})

    async def _unless_closed(self, writing: Awaitable[discord.Message | None]) -> discord.Message | None:
        """None where the message is deleted, or its thread archived: that takes no edits, and is opened by a new message."""
        try:
            return await writing
        except DeliveryError as error:
            if error.delivery not in {DeliveryCode.GONE, DeliveryCode.ARCHIVED}:
                raise
            return None

    async def _find_begun(self, origin: Origin, address: Address, job: JobId) -> discord.Message | None:
        """A message of the job that was posted and not recorded."""
        return await self._find(address.channel, lambda message: _is_of(message, job), since=origin.received_at)

    async def _edit(self, origin: Origin, payload: Payload, message: MessageId, pictures: Sequence[Picture]) -> None:
        address = decode_address(origin.address)
        location = location_of(message, address)
        in_response = not _has_own_message(address) and address.response in {None, location.message}
        if location.channel == address.channel and in_response:
            # Where the response's own id is unknown, the message may be another one, and the response gone.
            if await self._unless_closed(self._edit_response(origin, payload, pictures)) is not None:
                return
            if address.ephemeral:
                raise DeliveryError(DeliveryCode.EXPIRED, retryable=False, detail="the response is over")
        await self._writer.edit(location, payload, pictures)

    async def _edit_response(self, origin: Origin, payload: Payload, pictures: Sequence[Picture]) -> discord.Message | None:
        """None where the token has expired, by our clock or by Discord's."""
        if not token_open(origin, now=self._clock.now()):
            return None
        try:
            return await self._writer.edit_response(decode_address(origin.address), payload, pictures)
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
        return await self._find(address.channel, lambda message: shows(message, pictures, all), since=origin.received_at)

    async def _find(self, channel: int, fits: Callable[[discord.Message], bool], *, since: float) -> discord.Message | None:
        """None too where we may not read the history."""
        try:
            return await self._sender.find(channel, fits, since=since)
        except DeliveryError as error:
            if error.retryable:
                raise
            return None

    async def _respond(self, address: Address, payload: Payload, result: ResultMessage) -> discord.Message:
        """The response is one message. What follows it, or the acknowledgement that it was, is below it."""
        if not _follows_up(address, result.part):
            return await self._writer.edit_response(address, payload, result.reply.pictures)
        if result.part == 1:
            await ignore_gone(self._sender.delete_response(address))
        return await self._sender.follow_up(address, payload, result.reply.pictures, ephemeral=address.ephemeral)

    async def _post(self, channel: int, result: ResultMessage, address: Address, *, source: int | None) -> discord.Message:
        """The job's message, or another one where there is none or it cannot be written, which is then taken away.

        One message, however many requests its files need: what a broken attempt left is completed, not repeated.
        """
        pictures, nonce = result.reply.pictures, f"{result.job}.{result.part}"
        nonce = nonce if channel == address.channel else _direct(nonce)
        named = None if source is not None else _named(result.origin, address)
        payload = to_payload(result.reply, named=named if channel == address.channel and result.part == 1 else None)
        known = None if result.message is None else location_of(result.message, address)
        if known is None or known.channel != channel:
            known = await self._find_earlier(channel, result)
        if known is None:
            return await self._send(channel, payload, pictures, nonce=nonce, source=source)
        try:
            return await self._writer.edit(known, payload, pictures)
        except DeliveryError as error:
            if error.retryable or error.delivery is DeliveryCode.TOO_LARGE:
                raise
            log_next_way(error)
        # An earlier attempt may have sent another one already, without recording it.
        earlier = await self._find_earlier(channel, result)
        if earlier is not None and earlier != known:
            return await self._writer.edit(earlier, payload, pictures)
        sent = await self._send(channel, payload, pictures, nonce=_another(nonce), source=source)
        await self.remove_replaced(known)
        return sent

    async def _find_earlier(self, channel: int, result: ResultMessage) -> MessageLocation | None:
        if result.tried_since is None and not result.perhaps_begun:
            return None
        job = result.job if result.part == 1 else None

        def fits(message: discord.Message) -> bool:
            return shows(message, result.reply.pictures, any) or (job is not None and _is_of(message, job))

        found = await self._find(channel, fits, since=result.origin.received_at)
        return None if found is None else MessageLocation(channel=channel, message=found.id)

    async def _send(
        self, channel: int, payload: Payload, pictures: Sequence[Picture], *, nonce: str, source: int | None
    ) -> discord.Message:
        """A new message; for minutes the nonce gives back one that an earlier attempt has sent, which is then brought up to date."""
        first = group(pictures)[0]
        try:
            message = await self._sender.send(channel, payload, first, nonce=nonce, source=source)
        except DeliveryError as error:
            if error.delivery is not DeliveryCode.GONE or error.retryable:
                raise
            # Even a deleted message is given back (discord-api-docs 6647).
            message = await self._sender.send(channel, payload, first, nonce=_another(nonce), source=source)
        if message.content == payload.content and shows(message, pictures, all):
            return message
        location = MessageLocation(channel=channel, message=message.id)
        return await self._writer.edit(location, payload, pictures, fresh=message)

    async def remove_replaced(self, location: MessageLocation) -> None:
        """Delete what a new message has replaced, if that is possible."""
        try:
            await self._sender.delete(location.channel, location.message)
        except DeliveryError as error:
            logger.info("old message not taken away", extra={"platform": NAME, "code": error.code, "detail": error.detail})


def _has_own_message(address: Address) -> bool:
    """Whether the bot posts a job's message itself: replies to a response would reach it without their text."""
    return address.token is None or (address.posts and not address.ephemeral)


def _follows_up(address: Address, part: int) -> bool:
    """Whether a message by the token is one more below the response, which is another part or was an acknowledgement."""
    return part > 1 or address.acknowledged


def _named(origin: Origin, address: Address) -> int | None:
    """Who asked, where nothing else beside the bot's own message shows it."""
    hidden = address.source is None and not address.direct and _has_own_message(address)
    return member_id(origin) if hidden else None


def _is_of(message: discord.Message, job: JobId) -> bool:
    """Whether it is the message of a job: its small print has the job's ID."""
    return any(line.startswith(SMALL) and job in line for line in message.content.splitlines())


def _replies_to(message: discord.Message, replied: int) -> bool:
    return message.reference is not None and message.reference.message_id == replied


def _direct(nonce: str) -> str:
    """A nonce brings back its message in whatever channel that is."""
    return f"{nonce}d"


def _another(nonce: str) -> str:
    """For minutes, a nonce brings back nothing but its first message, even a deleted one (discord-api-docs 6647)."""
    return f"{nonce}{secrets.token_hex(3)}"


def log_next_way(error: DeliveryError) -> None:
    logger.info("next way", extra={"platform": NAME, "code": error.code, "detail": error.detail})


def _id(message: discord.Message) -> MessageId:
    return MessageId(str(message.id))
