"""Sends a job's progress message and records which it is, so that whoever goes on with the job edits it and posts no other."""

import asyncio
import logging
from collections.abc import Mapping

from bot.chat.chat_platform import ChatPlatform, ProgressUpdate
from bot.chat.reply import Reply
from bot.errors import DeliveryError, StoreCode, StoreError
from bot.ids import JobId, MessageId, PlatformName
from bot.jobs.job import Job
from bot.jobs.stores import JobStore, MessageIndex
from bot.pipeline.job_message.progress_entry import ProgressEntry
from bot.values import dataclass

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class KnownMessage:
    """What is known of a job's message when its result is posted. `perhaps_begun`: there may be one that nobody has recorded."""

    message: MessageId | None = None
    perhaps_begun: bool = False


class ProgressSender:
    def __init__(self, platforms: Mapping[PlatformName, ChatPlatform], jobs: JobStore, messages: MessageIndex) -> None:
        self._platforms = platforms
        self._jobs = jobs
        self._messages = messages
        self._dropped: dict[JobId, set[asyncio.Task[None]]] = {}

    def note_dropped(self, job: JobId, entry: ProgressEntry) -> None:
        """An entry is forgotten whose writer may still be sending: what it posts is recorded nowhere until it ends."""
        writer = entry.writer
        if writer is None or not entry.writing:
            return
        self._dropped.setdefault(job, set()).add(writer)
        writer.add_done_callback(lambda ended: self._forget(job, ended))

    async def wait_for_dropped(self, job: JobId) -> None:
        """Until no forgotten writer of the job is sending any more."""
        writers = self._dropped.get(job, set()) - {asyncio.current_task()}
        if writers:
            await asyncio.wait(writers)

    async def send(self, job: Job, entry: ProgressEntry, reply: Reply, *, replace_lost: bool, in_turn: bool = False) -> None:
        """Write or edit the message. Raises DeliveryError."""
        update = ProgressUpdate(
            origin=job.origin,
            reply=reply,
            job=job.id,
            message=entry.message,
            replace_lost=replace_lost,
            perhaps_begun=entry.doubtful,
            in_turn=in_turn,
        )
        try:
            entry.message = await self._platforms[job.origin.platform].show_progress(update)
        except DeliveryError as error:
            entry.doubtful = entry.doubtful or not error.certain
            raise
        except asyncio.CancelledError:
            entry.doubtful = True
            raise
        if entry.message != entry.recorded:
            await self._record(job, entry, entry.message)

    async def _record(self, job: Job, entry: ProgressEntry, message: MessageId) -> None:
        """A failure is only logged: the next write of this process tries again, and another process looks for the message."""
        try:
            await self._jobs.set_progress_message(job, message)
            # A reply to the progress message refers to the job's pictures, even to those that do not exist yet.
            await self._messages.record_result(job, message, platform=job.origin.platform, pictures=())
        except StoreError as error:
            logger.warning("progress message not recorded", extra={"job": job.id, "code": error.code})
            if error.store is StoreCode.FENCED:
                await self._take_back(job, message)
        else:
            entry.recorded = message

    async def _take_back(self, job: Job, message: MessageId) -> None:
        """Another claim goes on with the job: it shows another message, or has ended and will look for none.

        Otherwise the message is left to it.
        """
        try:
            now = await self._jobs.load(job.id)
            if now is None or now.progress_message not in {None, message} or (now.notified and now.progress_message is None):
                await self._platforms[job.origin.platform].take_back(job.origin, message)
        except (StoreError, DeliveryError) as error:
            logger.warning("progress message not taken back", extra={"job": job.id, "code": error.code})

    def _forget(self, job: JobId, ended: asyncio.Task[None]) -> None:
        left = self._dropped.get(job, set()) - {ended}
        if left:
            self._dropped[job] = left
        else:
            self._dropped.pop(job, None)
