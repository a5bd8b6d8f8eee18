"""The progress message of each job: one writer paces its edits, however fast events come, and always writes the final event.

Where a platform edits pictures into a message, it also shows those that have arrived, and becomes the result.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import replace

from bot.chat import delivery_plan
from bot.chat.capabilities import Capabilities
from bot.chat.chat_platform import ChatPlatform, Ping, ProgressUpdate, RefusalNotice
from bot.chat.reply import Picture, Reply
from bot.clock import Clock
from bot.errors import DeliveryError, StoreError
from bot.ids import GatewayName, JobId, PlatformName
from bot.jobs.events import Accepted, Declined, Delivered, FinalEvent, PictureArrived, ProgressEvent, RunningEvent
from bot.jobs.facts import job_facts
from bot.jobs.job import Job
from bot.jobs.stores import JobStore, MessageIndex
from bot.pipeline.job_message.progress_entry import ArrivedPictures, ProgressEntry, new_entry
from bot.pipeline.job_message.progress_sender import KnownMessage, ProgressSender
from bot.presentation import render
from bot.wording.words import Words

logger = logging.getLogger(__name__)

WRITE_TRIES = 8
FIRST_RETRY_S = 0.5
"""Doubled after each failure: a running event is tried for about a minute. The final event has its own limit."""

FIRST_EVENT_S = 0.25
"""How long a job's first event waits for the second where the platform already shows that the bot works: most jobs are accepted
within milliseconds, and one write then shows both."""
ARRIVAL_S = 0.4
"""How long an arrived picture waits for others that come with it, so that one write shows them all."""
STOP_S = 2.0
"""How long `stop` lets writes under way end."""
REFRESH_S = 5.0
"""How often what changes by itself, the elapsed time and the place in the line, is written anew."""
MOST_REFRESHED = 100
"""Jobs for which that is done. The messages of any more change with their events alone."""
PING_AFTER_S = 60.0
"""A member who has waited longer than this is mentioned where the result became an edit, which notifies nobody."""


class ProgressMessages:
    """Shows members the progress of their jobs. A failed write is logged and never raised, so that it cannot stop the work."""

    def __init__(
        self,
        platforms: Mapping[PlatformName, ChatPlatform],
        jobs: JobStore,
        messages: MessageIndex,
        words: Words,
        clock: Clock,
        *,
        pictures: ArrivedPictures | None = None,
        place: Callable[[JobId, GatewayName], int | None] = lambda _, __: None,
    ) -> None:
        """`place`: a job's present place in its gateway's line."""
        self._platforms = platforms
        self._jobs = jobs
        self._messages = messages
        self._sender = ProgressSender(platforms, jobs, messages)
        self._words = words
        self._clock = clock
        self._pictures = pictures
        self._place = place
        self._entries: dict[JobId, ProgressEntry] = {}
        self._live: dict[JobId, tuple[Job, RunningEvent, Reply | None]] = {}
        """Jobs that go on, with the last event and what was last written of it."""
        self._stopped = False

    async def run(self) -> None:
        """Until cancelled, write anew what changes by itself, where the platform has a turn to spare."""
        while True:
            await self._clock.sleep(REFRESH_S)
            for job_id in list(self._live):
                try:
                    await self._refresh(job_id)
                except Exception:
                    logger.exception("progress not refreshed", extra={"job": job_id})

    def becomes_result(self, job: Job) -> bool:
        """Whether the job's message becomes its result by an edit."""
        return self._capabilities(job).one_message

    def has_shown(self, job: Job) -> bool:
        """Whether this process has shown any event of the job."""
        return job.id in self._entries

    def resume(self, job: Job) -> None:
        """Note the claim that this process now holds on the job, so that a pending event may still be written."""
        entry = self._entries.get(job.id)
        if entry is not None:
            entry.epoch = job.epoch

    async def show_first(self, job: Job, event: RunningEvent) -> bool:
        """Show a job's first event. False if there is no place at all where its member can be shown anything.

        While the platform keeps the response open there is one; otherwise a message has to be posted now, in the
        conversation or to the member directly. It does not wait there while many others write: the job goes on, and its
        first message follows. A member who has seen a message of the job needs no proof.
        """
        if self.has_shown(job):
            return True
        if job.progress_message is not None:
            self.show(job, event)
            return True
        capabilities = self._platforms[job.origin.platform].capabilities(job.origin)
        if delivery_plan.response_open(capabilities, job.origin, now=self._clock.now()):
            self._entry(job).written_at = self._clock.monotonic() + FIRST_EVENT_S - self._pace(job)
            self.show(job, event)
            return True
        if not await self._platforms[job.origin.platform].progress_turn(job.origin, job.progress_message, wait=False):
            self.show(job, event)
            return True
        entry = self._entries[job.id] = await self._stop_writer(job)
        entry.written_at = self._clock.monotonic()
        try:
            await self._sender.send(job, entry, self._render(job, event), replace_lost=True, in_turn=True)
        except DeliveryError as error:
            _log_failure(job, error)
            if error.certain:
                del self._entries[job.id]
            return error.retryable
        self._note_live(job, event)
        return True

    def shows_to_others(self, job: Job) -> bool:
        """Whether other members read what is shown where this job was asked for."""
        return not self._platforms[job.origin.platform].capabilities(job.origin).private

    def taken_seconds(self, job: Job) -> float | None:
        """How long the member can see what `show_taken` shows; None: it stays."""
        return self._platforms[job.origin.platform].capabilities(job.origin).taken_seconds

    async def show_taken(self, job: Job) -> None:
        """Show the member alone that the request was taken. It is no progress message: nothing takes it back or changes it."""
        reply = render.taken(job_facts(job), self._capabilities(job), self._words)
        try:
            await self._platforms[job.origin.platform].show_taken(job.origin, reply)
        except DeliveryError as error:
            _log_failure(job, error)

    def show(self, job: Job, event: ProgressEvent) -> None:
        """Show this event as soon as the pace allows, unless a newer event replaces it."""
        entry = self._entry(job)
        entry.pending = job, event
        self._note_live(job, event)
        if not self._stopped and (entry.writer is None or entry.writer.done()):
            if isinstance(event, PictureArrived) and self.becomes_result(job):
                entry.written_at = max(entry.written_at, self._clock.monotonic() + ARRIVAL_S - self._pace(job))
            entry.writer = asyncio.create_task(self._write_pending(entry, pace_s=self._pace(job)))

    async def flush(self, job: Job) -> None:
        """Write the pending event now, before the claim is released; nothing is written after that.

        The next process to claim the job may be quick: an older event must not overwrite its final one.
        """
        self._live.pop(job.id, None)
        entry = self._entries.get(job.id)
        if entry is None:
            return
        pending = entry.take_pending()
        await self._stop_writer(job)
        self._entries[job.id] = entry
        if pending is not None:
            entry.written_at = self._clock.monotonic()
            await self._write(entry, *pending)

    async def stop(self) -> None:
        """Write only what `flush` and `finish` are called with from now on; a write under way is awaited.

        Claims are released after this, and the next process writes then: an older event must not land over its own.
        """
        self._stopped = True
        writers = {entry.writer: entry for entry in self._entries.values() if entry.writer is not None}
        for writer, entry in writers.items():
            if not entry.writing:
                writer.cancel()
        if writers:
            _, late = await asyncio.wait(writers, timeout=STOP_S)
            for writer in late:
                writer.cancel()

    def drop(self, job: JobId) -> None:
        """Discard the pending event of a job whose claim is lost; a write under way is the last, and awaited by the next claim."""
        self._live.pop(job, None)
        entry = self._entries.pop(job, None)
        if entry is not None:
            entry.pending = None
            self._sender.note_dropped(job, entry)

    async def finish(self, job: Job, event: FinalEvent) -> bool:
        """Show the final event now and forget the message. False if it was not shown but a later attempt may succeed."""
        entry = await self._stop_writer(job)
        reply = self._render(job, event)
        try:
            if isinstance(event, Declined):
                platform = self._platforms[job.origin.platform]
                notice = RefusalNotice(
                    origin=job.origin, reply=reply, job=job.id, message=entry.message, perhaps_begun=entry.doubtful
                )
                await platform.decline(notice)
            else:
                await self._sender.send(job, entry, reply, replace_lost=True)
        except DeliveryError as error:
            _log_failure(job, error)
            return not error.retryable
        return True

    async def hand_over(self, job: Job) -> KnownMessage:
        """End the writing of progress, because the result is posted now; returns what is known of the job's message."""
        entry = await self._stop_writer(job)
        self._entries[job.id] = entry
        return KnownMessage(message=entry.message, perhaps_begun=entry.doubtful)

    async def close(self, job: Job, event: Delivered) -> bool:
        """End the progress message of a posted result, as far as it did not become the result. False if a later attempt is needed."""
        entry, platform = await self._stop_writer(job), self._platforms[job.origin.platform]
        message = entry.message
        shown = None if message is None else await self._messages.pictures_of_message(job.origin.platform, message)
        try:
            if message is None or shown is None or not shown[1]:
                if job.way is not None:
                    reply = self._render(job, event)
                    update = ProgressUpdate(
                        origin=job.origin,
                        reply=reply,
                        job=job.id,
                        message=message,
                        replace_lost=False,
                        perhaps_begun=entry.doubtful,
                    )
                    await platform.close_progress(update, way=job.way)
            elif self.becomes_result(job) and (job.ended_at or 0.0) - job.created_at > PING_AFTER_S:
                reply = render.ping(job_facts(job), pictures=event.receipt.delivered, words=self._words)
                ping = Ping(origin=job.origin, reply=reply, job=job.id, message=message, perhaps_sent=entry.doubtful)
                await platform.ping(ping)
        except DeliveryError as error:
            _log_failure(job, error)
            return not error.retryable
        return True

    async def _refresh(self, job_id: JobId) -> None:
        """Write a job's message if its words have changed since, nothing else is being written and there is a turn for it."""
        entry, live = self._entries.get(job_id), self._live.get(job_id)
        if self._stopped or entry is None or live is None or entry.message is None or entry.pending is not None:
            return
        if entry.writer is not None and not entry.writer.done():
            return
        job, event, written = live
        if isinstance(event, Accepted):
            event = replace(event, place=self._place(job.id, event.gateway))
        reply = self._render(job, event)
        if written is not None and (reply.text, reply.note) == (written.text, written.note):
            return
        if await self._platforms[job.origin.platform].progress_turn(job.origin, entry.message, wait=False):
            entry.pending = job, event
            entry.written_at = self._clock.monotonic()
            entry.writer = asyncio.create_task(self._write_refreshed(entry))

    async def _write_refreshed(self, entry: ProgressEntry) -> None:
        """One try: the next refresh is soon."""
        await self._write_latest(entry)
        entry.writer = None
        if entry.pending is not None:
            self.show(entry.pending[0], entry.pending[1])

    def _note_live(self, job: Job, event: ProgressEvent) -> None:
        if isinstance(event, FinalEvent):
            self._live.pop(job.id, None)
        elif job.id in self._live or len(self._live) < MOST_REFRESHED:
            self._live[job.id] = job, event, None

    def _entry(self, job: Job) -> ProgressEntry:
        return self._entries.setdefault(job.id, new_entry(job))

    async def _stop_writer(self, job: Job) -> ProgressEntry:
        """Remove the entry and end its writer: a write under way is awaited, a write that waits for its pace is dropped."""
        self._live.pop(job.id, None)
        entry = self._entries.pop(job.id, None) or new_entry(job)
        entry.pending = None
        if entry.writer is not None:
            if not entry.writing:
                entry.writer.cancel()
            await asyncio.wait({entry.writer})
        await self._sender.wait_for_dropped(job.id)
        return entry

    def _capabilities(self, job: Job) -> Capabilities:
        return self._platforms[job.origin.platform].capabilities(job.origin)

    def _pace(self, job: Job) -> float:
        return self._capabilities(job).progress_seconds

    async def _write_pending(self, entry: ProgressEntry, *, pace_s: float) -> None:
        failed = 0
        while entry.pending is not None and not self._stopped:
            wait = FIRST_RETRY_S * 2.0 ** (failed - 1) if failed else entry.written_at + pace_s - self._clock.monotonic()
            if wait > 0:
                await self._clock.sleep(wait)
            if entry.pending is not None:
                job = entry.pending[0]
                await self._platforms[job.origin.platform].progress_turn(job.origin, entry.message, wait=True)
            entry.written_at = self._clock.monotonic()
            unwritten = await self._write_latest(entry)
            failed = failed + 1 if unwritten is not None else 0
            # If the entry was removed in the meantime, a later event is being written elsewhere.
            if unwritten is not None and failed < WRITE_TRIES and self._entries.get(unwritten[0].id) is entry:
                entry.put_back(unwritten)
        entry.writer = None

    async def _write_latest(self, entry: ProgressEntry) -> tuple[Job, ProgressEvent] | None:
        """Write the pending event; returns it if the platform is unavailable."""
        pending = entry.take_pending()
        if pending is None:
            return None
        entry.writing = True
        try:
            return None if await self._write(entry, *pending, in_turn=True) else pending
        finally:
            entry.writing = False

    async def _write(self, entry: ProgressEntry, job: Job, event: ProgressEvent, *, in_turn: bool = False) -> bool:
        """False if the platform is unavailable, as it is while a process starts, or the store busy; a retry makes sense."""
        await self._sender.wait_for_dropped(job.id)
        try:
            outdated = await self._is_outdated(job, entry)
        except StoreError as error:
            # Who has the job now is unknown: a store that is closed belongs to a process that has ended.
            logger.warning("progress not shown", extra={"job": job.id, "code": error.code, "detail": error.detail})
            return not error.retryable
        if outdated:
            self._live.pop(job.id, None)
            self._entries.pop(job.id, None)
            return True
        try:
            reply = self._render(job, event, await self._arrived(job, entry, event))
            try:
                await self._sender.send(job, entry, reply, replace_lost=entry.inherited, in_turn=in_turn)
            except DeliveryError as error:
                if error.retryable or not reply.pictures:
                    raise
                # It may take words still, and the result finds its way.
                entry.words_only = True
                reply = replace(reply, pictures=())
                await self._sender.send(job, entry, reply, replace_lost=entry.inherited, in_turn=in_turn)
        except DeliveryError as error:
            _log_failure(job, error)
            if error.retryable:
                return False
        else:
            if job.id in self._live and not isinstance(event, FinalEvent):
                self._live[job.id] = job, event, reply
        entry.inherited = False
        return True

    async def _arrived(self, job: Job, entry: ProgressEntry, event: ProgressEvent) -> tuple[Picture, ...]:
        """The pictures that the message can show already; none where others would see those of a private request."""
        capabilities = self._capabilities(job)
        if isinstance(event, FinalEvent) or self._pictures is None or not capabilities.one_message or entry.words_only:
            return ()
        if event.facts.private and not capabilities.private:
            return ()
        try:
            return await self._pictures.arrived(job, capabilities)
        except StoreError as error:
            logger.warning("pictures not shown yet", extra={"job": job.id, "code": error.code, "detail": error.detail})
            return ()

    async def _is_outdated(self, job: Job, entry: ProgressEntry) -> bool:
        """Whether another process took the job over while the event waited: it has shown later events since."""
        now = await self._jobs.load(job.id)
        if now is None or now.epoch > entry.epoch or now.notified:
            return True
        entry.adopt(now)
        return False

    def _render(self, job: Job, event: ProgressEvent, pictures: tuple[Picture, ...] = ()) -> Reply:
        return render.progress(event, self._capabilities(job), self._words, now=self._clock.now(), pictures=pictures)


def _log_failure(job: Job, error: DeliveryError) -> None:
    logger.warning(
        "progress not shown",
        extra={"job": job.id, "platform": job.origin.platform, "code": error.code, "detail": error.detail},
    )
