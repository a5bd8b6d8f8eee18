"""Replies to the member who asked: where it was asked, or in direct messages; refusals to the member alone."""

import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace

from adapters.shared.delivery import ignore_gone
from adapters.shared.recent_keys import RecentKeys
from adapters.slack.address import (
    Address,
    Standing,
    decode_address,
    member_id,
    response_open,
    standing,
    thread_id,
)
from adapters.slack.outbound.payload import Payload, stem, to_answer, to_payload
from adapters.slack.outbound.sender import Sender
from adapters.slack.outbound.uploads import SHARE_SECONDS, Uploads
from bot.chat.capabilities import Way
from bot.chat.chat_platform import Posted, ProgressUpdate, RefusalNotice, ResultMessage
from bot.chat.reply import Reply
from bot.clock import Clock
from bot.commands.command import Origin
from bot.errors import BotError, DeliveryCode, DeliveryError
from bot.ids import JobId, MessageId

logger = logging.getLogger(__name__)

CLOSED = frozenset({DeliveryCode.NOT_INVITED, DeliveryCode.ARCHIVED, DeliveryCode.FORBIDDEN, DeliveryCode.UPLOADS_OFF})
"""The place will not have us: the member is told what to do about it, and served by direct message."""
MOST_REMEMBERED = 2000


@dataclass(frozen=True, kw_only=True)
class Target:
    channel: str
    thread: str | None


class Delivery:
    """`refusal` gives the words for an error."""

    def __init__(self, sender: Sender, uploads: Uploads, clock: Clock, refusal: Callable[[BotError], Reply]) -> None:
        self._sender = sender
        self._uploads = uploads
        self._clock = clock
        self._refusal = refusal
        self._begun_at = clock.now()
        self._turned_away: dict[tuple[JobId, float], DeliveryError] = {}
        self._tried = RecentKeys(clock, seconds=SHARE_SECONDS)
        self._working: set[MessageId] = set()
        self._shows_status = True

    async def show_progress(self, update: ProgressUpdate) -> MessageId:
        """Write or edit the progress message. It mentions no member."""
        origin, reply = update.origin, update.reply
        payload, key = to_payload(replace(reply, mention=None)), f"{update.job}.p"
        written = None if update.message is None else standing(update.message)
        if written is not None:
            try:
                await self._sender.edit(written, payload, key=key)
            except DeliveryError as error:
                if error.retryable or not update.replace_lost:
                    raise
                written = None
        if written is None:
            written = await self._begin(origin, payload, key, update.job)
        await self._show_status(decode_address(origin.address), written, reply)
        return written.message

    async def decline(self, notice: RefusalNotice) -> None:
        """Show a refusal after the acknowledgement: to the member alone, and nothing of the job stays for others to see."""
        origin, reply, message = notice.origin, notice.reply, notice.message
        known = None if message is None else standing(message)
        address = decode_address(origin.address)
        if known is not None and (address.direct or known.channel != address.channel):
            # Direct messages: what stands there is the member's own, and simply says something else now.
            update = ProgressUpdate(origin=origin, reply=reply, job=notice.job, message=message, replace_lost=True)
            await self.show_progress(update)
            return
        if known is not None:
            await ignore_gone(self._sender.delete(known))
            self._working.discard(known.message)
        await self.send_ephemeral(origin, reply)

    async def send_ephemeral(self, origin: Origin, reply: Reply) -> None:
        """A word to the member alone: by the response URL, as an ephemeral message, or else by direct message."""
        address = decode_address(origin.address)
        if not address.private and not await self._send_ephemeral_in_place(origin, address, reply):
            address = replace(address, alone=True)
        if address.private:
            target = await self._target(origin, address)
            await self._sender.post(target.channel, to_payload(reply), thread=target.thread, key=f"answer.{secrets.token_hex(4)}")

    async def post(self, result: ResultMessage) -> Posted:
        """The whole set as one message. A channel that refused the job's progress message is not tried with its files."""
        origin, job, way = result.origin, result.job, result.way
        address = decode_address(origin.address)
        if way is Way.DIRECT:
            address = replace(address, alone=True)
        elif (known := self._turned_away.get((job, origin.received_at))) is not None:
            raise DeliveryError(known.delivery, retryable=False, detail=known.detail)
        target = await self._target(origin, address)
        try:
            posted = await self._post(target, result.reply, key=f"{job}.{result.part}", tried_since=result.tried_since)
        except DeliveryError as error:
            if way is Way.CONVERSATION and error.delivery in CLOSED and not address.private:
                await self._turn_away(origin, error, job)
            raise
        thread = target.thread or posted.ts
        return Posted(message=posted.message, way=way, thread=thread_id(target.channel, thread))

    async def _post(self, target: Target, reply: Reply, *, key: str, tried_since: float | None) -> Standing:
        payload = to_payload(reply)
        tried_here = self._tried.seen(f"{key} {target.channel}")
        if tried_since is not None:
            stems = [stem(picture.name) for picture in reply.pictures]
            found = await self._search(target, stems, since=tried_since, tried_here=tried_here)
            if found is not None:
                return found
        if not reply.pictures:
            return await self._sender.post(target.channel, payload, thread=target.thread, key=key)
        return await self._uploads.share(target.channel, payload, reply.pictures, thread=target.thread, key=key)

    async def _search(self, target: Target, stems: list[str], *, since: float, tried_here: bool) -> Standing | None:
        """An earlier try may have got through before anybody wrote down that it did.

        Slack remembers no key of ours and lists no shares by name, so the files are looked for in what was said there since,
        which needs the place's history. Where that is not granted, the set is posted again: at least once, not at most. While
        nobody can look, nothing is posted.
        What a process was promised that died meanwhile may still be on its way into its message, and is waited for.
        """
        try:
            found = await self._sender.find_files(target.channel, target.thread, stems, since=since)
            wait = since + SHARE_SECONDS - self._clock.now()
            if found is None and wait > 0 and not tried_here:
                await self._clock.sleep(wait)
                found = await self._sender.find_files(target.channel, target.thread, stems, since=since)
        except DeliveryError as error:
            if error.retryable:
                raise
            logger.warning("earlier try not looked for", extra={"platform": "slack", "code": error.code, "detail": error.detail})
            return None
        return found

    async def _begin(self, origin: Origin, payload: Payload, key: str, job: JobId) -> Standing:
        address = decode_address(origin.address)
        try:
            target = await self._target(origin, address)
            found = await self._begun_before(origin, target, key)
            if found is not None:
                await self._sender.edit(found, payload, key=key)
                return found
            return await self._sender.post(target.channel, payload, thread=target.thread, key=key)
        except DeliveryError as error:
            if address.private or error.retryable or not error.certain:
                raise
            await self._turn_away(origin, error, job)
        target = await self._target(origin, replace(address, alone=True))
        return await self._sender.post(target.channel, payload, thread=None, key=key)

    async def _begun_before(self, origin: Origin, target: Target, key: str) -> Standing | None:
        """The message that an earlier process wrote for this job and did not live to record."""
        if origin.received_at >= self._begun_at:
            return None
        try:
            return await self._sender.find_marked(target.channel, target.thread, key, since=origin.received_at)
        except DeliveryError as error:
            if error.retryable:
                raise
            logger.info("earlier progress not looked for", extra={"platform": "slack", "code": error.code})
            return None

    async def _target(self, origin: Origin, address: Address) -> Target:
        if not address.alone:
            return Target(channel=address.channel, thread=address.thread)
        return Target(channel=await self._sender.open_direct(member_id(origin)), thread=None)

    async def _turn_away(self, origin: Origin, error: DeliveryError, job: JobId) -> None:
        """Once a job: the place is not tried again, and the member reads why nothing appears there, if that can be changed."""
        if (job, origin.received_at) in self._turned_away:
            return
        while len(self._turned_away) >= MOST_REMEMBERED:
            del self._turned_away[next(iter(self._turned_away))]
        self._turned_away[job, origin.received_at] = error
        logger.info("place closed", extra={"job": job, "platform": "slack", "code": error.code, "detail": error.detail})
        if error.delivery not in CLOSED:
            return
        try:
            await self.send_ephemeral(origin, self._refusal(error))
        except DeliveryError as failure:
            logger.warning("hint not given", extra={"job": job, "platform": "slack", "code": failure.code})

    async def _send_ephemeral_in_place(self, origin: Origin, address: Address, reply: Reply) -> bool:
        """False where the place takes no private word."""
        if address.response_url is not None and response_open(origin, now=self._clock.now()):
            try:
                await self._sender.respond(address.response_url, to_answer(reply))
            except DeliveryError as error:
                if error.delivery is not DeliveryCode.EXPIRED:
                    raise
            else:
                return True
        try:
            # A private word in a thread that nobody has begun is shown to nobody.
            thread = None if address.opens else address.thread
            await self._sender.send_ephemeral(address.channel, member_id(origin), to_payload(reply), thread=thread)
        except DeliveryError as error:
            if error.retryable or not error.certain:
                raise
            return False
        return True

    async def _show_status(self, address: Address, written: Standing, reply: Reply) -> None:
        """Beside a thread Slack shows what the bot is doing, for as long as it does; an ornament, never a reason to fail."""
        thread = address.thread
        if thread is None or not self._shows_status or written.channel != address.channel:
            return
        if not reply.busy and written.message not in self._working:
            return
        self._working.discard(written.message)
        try:
            await self._sender.set_status(written.channel, thread, reply.text if reply.busy else "")
        except DeliveryError as error:
            # The app may not, or this is no place for it: it is not asked for again and again.
            self._shows_status = error.retryable or error.delivery is DeliveryCode.GONE
            return
        if reply.busy:
            self._working.add(written.message)
