"""One writer a progress message: events come as fast as they like, writes are paced, the last one always lands."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass

from bot.capabilities import Way
from bot.chat_platform import ChatPlatform
from bot.clock import Clock
from bot.errors import DeliveryError, StoreError
from bot.ids import JobId, MessageId, PlatformName
from bot.job import Job, JobStore
from bot.presentation import render
from bot.presentation.reply import Reply
from bot.progress import Declined, FinalEvent, ProgressEvent, RunningEvent
from bot.wording.words import Words

logger = logging.getLogger(__name__)

LAST_WORD, FIRST_WORD = 0, 100
"""The part numbers of messages without pictures: a set's own parts count from 1, and never so far."""


LONG_AGO = float("-inf")


@dataclass(slots=True)
class _Board:
    """A job's progress message while the job is ours: small while there is nothing to write, since thousands may wait."""

    message: MessageId | None
    pending: ProgressEvent | None = None
    writer: asyncio.Task[None] | None = None
    writing: bool = False
    """The writer waits for the platform, no longer for its pace."""
    written_at: float = LONG_AGO


class Announcer:
    """Tells the member what happens to a job. A failed write is logged, never raised: progress must not stop work."""

    def __init__(
        self,
        platforms: Mapping[PlatformName, ChatPlatform],
        store: JobStore,
        words: Words,
        clock: Clock,
    ) -> None:
        self._platforms = platforms
        self._store = store
        self._words = words
        self._clock = clock
        self._boards: dict[JobId, _Board] = {}

    async def reaches(self, job: Job, event: RunningEvent) -> bool:
        """Show the first event of a job, and say whether there is any place at all where its member can be told things.

        Where the platform keeps a response open there is; else a message of ours has to stand first, here or with them.
        """
        platform = self._platforms[job.origin.platform]
        if job.progress_message is not None or platform.capabilities(job.origin).response_seconds is not None:
            self.announce(job, event)
            return True
        board = self._boards[job.id] = await self._take_board(job)
        reply = self._render(job, event)
        board.written_at = self._clock.now()
        try:
            await self._show(job, board, reply)
        except DeliveryError as error:
            _log_failure(job, error)
            return error.retryable or await self._say_directly(job, reply, FIRST_WORD) is not False
        return True

    def announce(self, job: Job, event: ProgressEvent) -> None:
        """Show this event as soon as the pace allows, unless a newer one comes first."""
        board = self._boards.setdefault(job.id, _Board(message=job.progress_message))
        board.pending = event
        if board.writer is None or board.writer.done():
            board.writer = asyncio.create_task(self._write_pending(job, board))

    def forget(self, job: JobId) -> None:
        """The job is no longer ours: what is on its way is the last."""
        board = self._boards.pop(job, None)
        if board is not None:
            board.pending = None

    async def conclude(self, job: Job, event: FinalEvent) -> bool:
        """Show how it ended, at once, and forget the board. False: nobody saw it, but a later try may work."""
        board = await self._take_board(job)
        reply = self._render(job, event)
        try:
            if isinstance(event, Declined):
                platform = self._platforms[job.origin.platform]
                await platform.decline(job.origin, reply, job=job.id, message=board.message)
            else:
                await self._show(job, board, reply)
        except DeliveryError as error:
            _log_failure(job, error)
            return not error.retryable and await self._say_directly(job, reply, LAST_WORD) is not None
        return True

    async def _say_directly(self, job: Job, reply: Reply, part: int) -> bool | None:
        """By direct message, where the progress message cannot be written. False: never; None: not now."""
        platform = self._platforms[job.origin.platform]
        if Way.DIRECT not in platform.capabilities(job.origin).ways:
            return False
        try:
            await platform.post(job.origin, reply, job=job.id, part=part, way=Way.DIRECT, search=False)
        except DeliveryError as error:
            _log_failure(job, error)
            return None if error.retryable else False
        return True

    async def _take_board(self, job: Job) -> _Board:
        """No write may overtake the last one: one on its way is waited for, one still waiting for its pace is dropped."""
        board = self._boards.pop(job.id, None) or _Board(message=job.progress_message)
        board.pending = None
        if board.writer is not None:
            if not board.writing:
                board.writer.cancel()
            await asyncio.wait({board.writer})
        return board

    async def _write_pending(self, job: Job, board: _Board) -> None:
        pace = self._platforms[job.origin.platform].capabilities(job.origin).progress_seconds
        while board.pending is not None:
            wait = board.written_at + pace - self._clock.now()
            if wait > 0:
                await self._clock.sleep(wait)
            board.written_at = self._clock.now()
            board.writing = True
            try:
                await self._write_newest(job, board)
            finally:
                board.writing = False
        board.writer = None

    async def _write_newest(self, job: Job, board: _Board) -> None:
        event, board.pending = board.pending, None
        if event is None:
            return
        try:
            await self._show(job, board, self._render(job, event))
        except DeliveryError as error:
            _log_failure(job, error)

    def _render(self, job: Job, event: ProgressEvent) -> Reply:
        capabilities = self._platforms[job.origin.platform].capabilities(job.origin)
        return render.progress(event, capabilities, self._words)

    async def _show(self, job: Job, board: _Board, reply: Reply) -> None:
        platform = self._platforms[job.origin.platform]
        message = await platform.show_progress(job.origin, reply, job=job.id, message=board.message)
        if message != board.message:
            board.message = message
            try:
                await self._store.set_progress_message(job, message)
                # A reply to it means the job's pictures, whichever come to be.
                await self._store.record_result(job, message, platform=job.origin.platform, pictures=())
            except StoreError as error:
                logger.warning("progress message not recorded", extra={"job": job.id, "code": error.code})


def _log_failure(job: Job, error: DeliveryError) -> None:
    logger.warning(
        "progress not shown",
        extra={"job": job.id, "platform": job.origin.platform, "code": error.code, "detail": error.detail},
    )
