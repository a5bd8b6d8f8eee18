"""Replies at the place of the command or by direct message; refusals are private."""

import logging
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from adapters.shared.delivery import ignore_gone
from adapters.shared.recent_keys import RecentKeys
from adapters.slack.address import (
    Address,
    MessageLocation,
    decode_address,
    location_of,
    member_id,
    response_open,
    thread_id,
)
from adapters.slack.outbound.pacing import Urgency
from adapters.slack.outbound.payload import Payload, stem, to_answer, to_payload
from adapters.slack.outbound.sender import Sender
from adapters.slack.outbound.uploads import SHARE_SECONDS, Uploads
from adapters.slack.settings import NAME
from bot.chat.capabilities import Way
from bot.chat.chat_platform import Posted, ProgressUpdate, RefusalNotice, ResultMessage
from bot.chat.moment import plain
from bot.chat.reply import Reply
from bot.clock import Clock
from bot.commands.command import Origin
from bot.errors import BotError, DeliveryCode, DeliveryError
from bot.ids import JobId, MessageId
from bot.values import dataclass

logger = logging.getLogger(__name__)

CLOSED = frozenset({DeliveryCode.NOT_INVITED, DeliveryCode.ARCHIVED, DeliveryCode.FORBIDDEN, DeliveryCode.UPLOADS_OFF})
"""The bot is not in the channel: it says so to the member and answers by direct message."""
MOST_REMEMBERED = 2000


@dataclass(frozen=True, kw_only=True)
class Target:
    channel: str
    thread: str | None


class Delivery:
    """`refusal` makes the reply for an error."""

    def __init__(self, sender: Sender, uploads: Uploads, clock: Clock, refusal: Callable[[BotError], Awaitable[Reply]]) -> None:
        self._sender = sender
        self._uploads = uploads
        self._clock = clock
        self._refusal = refusal
        self._closed: dict[tuple[JobId, float], DeliveryError] = {}
        self._attempts = RecentKeys(clock, seconds=SHARE_SECONDS)
        self._working: dict[MessageId, None] = {}
        self._shows_status = True

    async def progress_turn(self, origin: Origin, message: MessageId | None, *, wait: bool) -> bool:
        address = decode_address(origin.address)
        if message is None and address.redirected:
            # The channel of the direct messages is not known yet: a message there waits in its own turn.
            return True
        channel = address.channel if message is None else location_of(message).channel
        return await self._sender.progress_turn(channel, edit=message is not None, wait=wait)

    async def show_progress(self, update: ProgressUpdate) -> MessageId:
        """Write or edit the progress message. It mentions no member."""
        origin, reply = update.origin, update.reply
        urgency = None if update.in_turn else Urgency.LASTING
        payload, key = to_payload(replace(reply, mention=None)), f"{update.job}.p"
        location = None if update.message is None else location_of(update.message)
        if location is not None:
            try:
                await self._sender.edit(location, payload, key=key, urgency=urgency)
            except DeliveryError as error:
                if error.retryable:
                    raise
                # It cannot be written any more, so nothing will be shown beside it.
                self._working.pop(location.message, None)
                if not update.replace_lost:
                    raise
                location, urgency = None, Urgency.PROGRESS
        if location is None:
            perhaps_begun = update.perhaps_begun and update.message is None
            location = await self._start_progress(origin, payload, key, update.job, urgency=urgency, perhaps_begun=perhaps_begun)
        await self._show_status(decode_address(origin.address), location, reply)
        return location.message

    async def show_taken(self, origin: Origin, reply: Reply) -> None:
        """As an ephemeral message, which stays beside what follows. Never by direct message: it would only repeat the channel."""
        await self._send_by([self._respond, self._send_in_channel], origin, reply)

    async def decline(self, notice: RefusalNotice) -> None:
        """Show a refusal privately after the acknowledgement, and remove the job's messages."""
        origin, reply, message = notice.origin, notice.reply, notice.message
        known = None if message is None else location_of(message)
        address = decode_address(origin.address)
        if known is None and notice.perhaps_begun:
            known = await self._find_begun(origin, await self._target(origin, address), f"{notice.job}.p")
            message = None if known is None else known.message
        if known is not None and (address.direct or known.channel != address.channel):
            # In direct messages only the member sees the progress message, so it becomes the refusal.
            update = ProgressUpdate(origin=origin, reply=reply, job=notice.job, message=message, replace_lost=True)
            await self.show_progress(update)
            return
        if known is not None:
            await ignore_gone(self._sender.delete(known))
            self._working.pop(known.message, None)
        await self.send_ephemeral(origin, reply)

    async def post(self, result: ResultMessage) -> Posted:
        """Post the set as one message. Skips a channel that has refused the job's progress message."""
        origin, job, way = result.origin, result.job, result.way
        address = decode_address(origin.address)
        if way is Way.DIRECT:
            address = replace(address, redirected=True)
        elif (known := self._closed.get((job, origin.received_at))) is not None:
            raise DeliveryError(known.delivery, retryable=False, detail=known.detail)
        target = await self._target(origin, address)
        try:
            posted = await self._post(target, result.reply, key=f"{job}.{result.part}", tried_since=result.tried_since)
        except DeliveryError as error:
            if way is Way.CONVERSATION and error.delivery in CLOSED and not address.private:
                await self._note_closed(origin, error, job)
            raise
        thread = target.thread or posted.ts
        return Posted(message=posted.message, way=way, thread=thread_id(target.channel, thread))

    async def close_progress(self, update: ProgressUpdate, *, way: Way) -> None:
        """Delete the progress message beside its result, or let it say what the update says; one that is gone is done with."""
        origin, key = update.origin, f"{update.job}.p"
        address = decode_address(origin.address)
        location = None if update.message is None else location_of(update.message)
        others: list[MessageLocation] = []
        try:
            if update.perhaps_begun or self._sender.was_repeated(key):
                others = await self._find_all_begun(origin, address, key, known=location)
            if location is None and others:
                location = others.pop()
            if location is None:
                return
            for other in others:
                await ignore_gone(self._sender.delete(other))
            in_place = location.channel == address.channel
            beside = in_place is (way is not Way.DIRECT) or address.private
            if beside and not await self._may_be_answered(address, location):
                await self._sender.delete(location)
            else:
                await self._sender.edit(location, to_payload(replace(update.reply, mention=None)), key=key)
        except DeliveryError as error:
            if error.retryable:
                raise
            logger.info("progress not closed", extra={"job": update.job, "platform": NAME, "code": error.code})
        if location is not None:
            await self._show_status(address, location, update.reply)

    async def send_ephemeral(self, origin: Origin, reply: Reply) -> None:
        """Send a private message: by the response URL, else as an ephemeral message, else by direct message.

        In the channel too where the result goes elsewhere: that is where the member looks.
        """
        direct = decode_address(origin.address).direct
        ways = [self._send_direct] if direct else [self._respond, self._send_in_channel, self._send_direct]
        await self._send_by(ways, origin, reply)

    async def _send_by(
        self, ways: Sequence[Callable[[Origin, Address, Reply], Awaitable[None]]], origin: Origin, reply: Reply
    ) -> None:
        """Whatever the reason that one way fails, the next is tried: twice is better than never."""
        address = decode_address(origin.address)
        for number, way in enumerate(ways, start=1):
            try:
                await way(origin, address, reply)
            except DeliveryError as error:
                if number == len(ways):
                    raise
                logger.info("next way", extra={"platform": NAME, "code": error.code, "detail": error.detail})
            else:
                return

    async def replace_question(self, origin: Origin, reply: Reply | None) -> None:
        """Put the reply in the place of the question that was answered, or take the question away."""
        response_url = decode_address(origin.address).response_url
        if response_url is not None and response_open(origin, now=self._clock.now()):
            answer = {"delete_original": True} if reply is None else {**to_answer(reply), "replace_original": True}
            try:
                await self._sender.respond(response_url, answer)
            except DeliveryError as error:
                logger.info("question not replaced", extra={"platform": NAME, "code": error.code, "detail": error.detail})
            else:
                return
        if reply is not None:
            await self.send_ephemeral(origin, reply)

    async def _post(self, target: Target, reply: Reply, *, key: str, tried_since: float | None) -> MessageLocation:
        payload = to_payload(reply)
        tried_here = self._attempts.seen(f"{key} {target.channel}")
        if tried_since is not None:
            stems = [stem(picture.name) for picture in reply.pictures]
            found = await self._find_earlier_result(target, stems, since=tried_since, tried_here=tried_here)
            if found is not None:
                return found
        if not reply.pictures:
            return await self._sender.send(target.channel, payload, thread=target.thread, key=key)
        return await self._uploads.share(target.channel, payload, reply.pictures, thread=target.thread, key=key)

    async def _find_earlier_result(
        self, target: Target, stems: list[str], *, since: float, tried_here: bool
    ) -> MessageLocation | None:
        """The message of an earlier attempt that was not recorded.

        Slack takes no idempotency key and lists no shares by name, so the files are looked for in the messages since then,
        which needs the channel's history. Where that is not granted, the set is posted again: at least once, not at most.
        While the history cannot be read for the moment, nothing is posted.
        The files of a process that died may still be on their way into their message, and are waited for.
        """
        try:
            found = await self._sender.find_files(target.channel, target.thread, stems, since=since)
            if found is None and not tried_here:
                # However long ago the first attempt began: the last one may have ended with its process a moment ago.
                await self._clock.sleep(SHARE_SECONDS)
                found = await self._sender.find_files(target.channel, target.thread, stems, since=since)
        except DeliveryError as error:
            if error.retryable:
                raise
            logger.warning("earlier try not looked for", extra={"platform": NAME, "code": error.code, "detail": error.detail})
            return None
        return found

    async def _start_progress(
        self, origin: Origin, payload: Payload, key: str, job: JobId, *, urgency: Urgency | None, perhaps_begun: bool
    ) -> MessageLocation:
        address = decode_address(origin.address)
        try:
            target = await self._target(origin, address)
            found = await self._find_begun(origin, target, key) if perhaps_begun else None
            if found is not None:
                await self._sender.edit(found, payload, key=key)
                return found
            if address.redirected and urgency is None:
                urgency = Urgency.PROGRESS
            return await self._sender.send(target.channel, payload, thread=target.thread, key=key, urgency=urgency)
        except DeliveryError as error:
            if address.private or error.retryable or not error.certain:
                raise
            await self._note_closed(origin, error, job)
        target = await self._target(origin, replace(address, redirected=True))
        return await self._sender.send(target.channel, payload, thread=None, key=key)

    async def _find_begun(self, origin: Origin, target: Target, key: str) -> MessageLocation | None:
        """A progress message that was posted and not recorded."""
        found = await self._find_all(origin, target, key)
        return found[-1] if found else None

    async def _find_all_begun(
        self, origin: Origin, address: Address, key: str, *, known: MessageLocation | None
    ) -> list[MessageLocation]:
        """All such messages but the known one: while one process posted it, another may have been posting it, too."""
        if known is None or known.channel == address.channel:
            target = await self._target(origin, address)
        else:
            target = Target(channel=known.channel, thread=None)
        return [location for location in await self._find_all(origin, target, key) if location != known]

    async def _find_all(self, origin: Origin, target: Target, key: str) -> list[MessageLocation]:
        try:
            return await self._sender.find_all_by_key(target.channel, target.thread, key, since=origin.received_at)
        except DeliveryError as error:
            if error.retryable:
                raise
            logger.info("earlier progress not looked for", extra={"platform": NAME, "code": error.code})
            return []

    async def take_back(self, message: MessageId) -> None:
        """Delete a progress message beside which another process shows the same job."""
        location = location_of(message)
        self._working.pop(location.message, None)
        await ignore_gone(self._sender.delete(location))

    async def _may_be_answered(self, address: Address, message: MessageLocation) -> bool:
        """Whether a deletion would leave answers without what they answer; also where that cannot be seen."""
        if address.thread is not None and message.channel == address.channel:
            # A message in a thread has none of its own.
            return False
        try:
            return await self._sender.is_answered(message)
        except DeliveryError as error:
            if error.delivery is DeliveryCode.GONE:
                raise
            logger.info("answers not looked for", extra={"platform": NAME, "code": error.code, "detail": error.detail})
            return True

    async def _target(self, origin: Origin, address: Address) -> Target:
        if not address.redirected:
            return Target(channel=address.channel, thread=address.thread)
        return Target(channel=await self._sender.open_direct(member_id(origin)), thread=None)

    async def _note_closed(self, origin: Origin, error: DeliveryError, job: JobId) -> None:
        """Once a job: do not try the channel again, and tell the member why nothing appears there, if that can be changed."""
        if (job, origin.received_at) in self._closed:
            return
        while len(self._closed) >= MOST_REMEMBERED:
            del self._closed[next(iter(self._closed))]
        self._closed[job, origin.received_at] = error
        logger.info("place closed", extra={"job": job, "platform": NAME, "code": error.code, "detail": error.detail})
        if error.delivery not in CLOSED:
            return
        try:
            await self.send_ephemeral(origin, await self._refusal(error))
        except DeliveryError as failure:
            logger.warning("hint not given", extra={"job": job, "platform": NAME, "code": failure.code})

    async def _respond(self, origin: Origin, address: Address, reply: Reply) -> None:
        if address.response_url is None or not response_open(origin, now=self._clock.now()):
            raise DeliveryError(DeliveryCode.EXPIRED, retryable=False, detail="no response URL is open")
        # In the thread, a button of the reply is pressed there, too.
        in_thread = {"thread_ts": address.thread} if address.thread is not None and not address.new_thread else {}
        await self._sender.respond(address.response_url, to_answer(reply) | in_thread)

    async def _send_in_channel(self, origin: Origin, address: Address, reply: Reply) -> None:
        # Slack shows an ephemeral message in a thread only where the thread has a reply.
        thread = None if address.new_thread else address.thread
        await self._sender.send_ephemeral(address.channel, member_id(origin), to_payload(reply), thread=thread)

    async def _send_direct(self, origin: Origin, address: Address, reply: Reply) -> None:
        target = await self._target(origin, address if address.private else replace(address, redirected=True))
        await self._sender.send(target.channel, to_payload(reply), thread=target.thread, key=f"answer.{secrets.token_hex(4)}")

    async def _show_status(self, address: Address, progress: MessageLocation, reply: Reply) -> None:
        """Slack can show beside a thread what the bot is doing; a failure of that is ignored."""
        thread = address.thread
        if thread is None or not self._shows_status or progress.channel != address.channel:
            return
        if not reply.busy and progress.message not in self._working:
            return
        self._working.pop(progress.message, None)
        try:
            await self._sender.set_status(progress.channel, thread, plain(reply.text) if reply.busy else "")
        except DeliveryError as error:
            # The app may not, or not here: it is not tried again and again.
            self._shows_status = error.retryable or error.delivery is DeliveryCode.GONE
            return
        if reply.busy:
            # The end of a job that another process took over is not shown here.
            while len(self._working) >= MOST_REMEMBERED:
                del self._working[next(iter(self._working))]
            self._working[progress.message] = None
