"""One writer a progress message: events come as fast as they like, writes are paced, the last one always lands."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass

from bot.chat import delivery_plan
from bot.chat.chat_platform import ChatPlatform, ProgressUpdate, RefusalNotice
from bot.chat.reply import Reply
from bot.clock import Clock
from bot.errors import DeliveryError, StoreError
from bot.ids import JobId, MessageId, PlatformName
from bot.jobs.events import Declined, FinalEvent, ProgressEvent, RunningEvent
from bot.jobs.job import Job
from bot.jobs.stores import JobStore, MessageIndex
from bot.presentation import render
from bot.wording.words import Words

logger = logging.getLogger(__name__)

WRITE_TRIES = 8
FIRST_RETRY_S = 0.5
"""Doubled each time: a running job's word is tried for a minute in all. The last word has its own time."""

LONG_AGO = float("-inf")


@dataclass(slots=True)
class _ProgressMessage:
    """A job's progress message while the job is ours: small while there is nothing to write, since thousands may wait."""

    message: MessageId | None
    inherited: bool = False
    """An earlier process wrote it: where it cannot be written any more, a new one takes its place."""
    pending: tuple[Job, ProgressEvent] | None = None
    epoch: int = 0
    """The latest claim of the job in this process."""
    writer: asyncio.Task[None] | None = None
    writing: bool = False
    """The writer waits for the platform, no longer for its pace."""
    written_at: float = LONG_AGO

    def take(self) -> tuple[Job, ProgressEvent] | None:
        pending, self.pending = self.pending, None
        return pending

    def put_back(self, unsaid: tuple[Job, ProgressEvent]) -> None:
        if self.pending is None:
            self.pending = unsaid


class ProgressMessages:
    """Tells the member what happens to a job. A failed write is logged, never raised: progress must not stop work."""

    def __init__(
        self,
        platforms: Mapping[PlatformName, ChatPlatform],
        jobs: JobStore,
        messages: MessageIndex,
        words: Words,
        clock: Clock,
    ) -> None:
        self._platforms = platforms
        self._jobs = jobs
        self._messages = messages
        self._words = words
        self._clock = clock
        self._boards: dict[JobId, _ProgressMessage] = {}

    def follows(self, job: Job) -> bool:
        """Whether this process has said anything of the job."""
        return job.id in self._boards

    def go_on(self, job: Job) -> None:
        """It is this process that holds the job's latest claim: what still waits for its pace may be said."""
        board = self._boards.get(job.id)
        if board is not None:
            board.epoch = job.epoch

    async def reaches(self, job: Job, event: RunningEvent) -> bool:
        """Show the first event of a job, and say whether there is any place at all where its member can be told things.

        While the platform keeps a response open there is; else a message of ours has to stand first, here or with them.
        """
        capabilities = self._platforms[job.origin.platform].capabilities(job.origin)
        if delivery_plan.response_open(capabilities, job.origin, now=self._clock.now()):
            self.announce(job, event)
            return True
        board = self._boards[job.id] = await self._take_board(job)
        board.written_at = self._clock.now()
        try:
            await self._show(job, board, self._render(job, event), replace_lost=True)
        except DeliveryError as error:
            _log_failure(job, error)
            return error.retryable
        return True

    def announce(self, job: Job, event: ProgressEvent) -> None:
        """Show this event as soon as the pace allows, unless a newer one comes first."""
        board = self._board(job)
        board.pending = job, event
        if board.writer is None or board.writer.done():
            board.writer = asyncio.create_task(self._write_pending(board, pace_s=self._pace(job)))

    async def pause(self, job: Job) -> None:
        """The claim is about to be given back: what waits for its pace is said now, and nothing lands after that.

        Whoever takes the job next may be another process, and quick: an older word must not overwrite its last one.
        """
        board = self._boards.get(job.id)
        if board is None:
            return
        pending = board.take()
        await self._take_board(job)
        self._boards[job.id] = board
        if pending is not None:
            board.written_at = self._clock.now()
            await self._write(board, *pending)

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
                await platform.decline(RefusalNotice(origin=job.origin, reply=reply, job=job.id, message=board.message))
            else:
                await self._show(job, board, reply, replace_lost=True)
        except DeliveryError as error:
            _log_failure(job, error)
            return not error.retryable
        return True

    def _board(self, job: Job) -> _ProgressMessage:
        return self._boards.setdefault(job.id, _blank(job))

    async def _take_board(self, job: Job) -> _ProgressMessage:
        """No write may overtake the last one: one on its way is waited for, one still waiting for its pace is dropped."""
        board = self._boards.pop(job.id, None) or _blank(job)
        board.pending = None
        if board.writer is not None:
            if not board.writing:
                board.writer.cancel()
            await asyncio.wait({board.writer})
        return board

    def _pace(self, job: Job) -> float:
        return self._platforms[job.origin.platform].capabilities(job.origin).progress_seconds

    async def _write_pending(self, board: _ProgressMessage, *, pace_s: float) -> None:
        failed = 0
        while board.pending is not None:
            wait = FIRST_RETRY_S * 2.0 ** (failed - 1) if failed else board.written_at + pace_s - self._clock.now()
            if wait > 0:
                await self._clock.sleep(wait)
            board.written_at = self._clock.now()
            unsaid = await self._write_newest(board)
            failed = failed + 1 if unsaid is not None else 0
            # Whoever has taken the board away meanwhile says the last word.
            if unsaid is not None and failed < WRITE_TRIES and self._boards.get(unsaid[0].id) is board:
                board.put_back(unsaid)
        board.writer = None

    async def _write_newest(self, board: _ProgressMessage) -> tuple[Job, ProgressEvent] | None:
        """What could not be said just now."""
        pending = board.take()
        if pending is None:
            return None
        board.writing = True
        try:
            return None if await self._write(board, *pending) else pending
        finally:
            board.writing = False

    async def _write(self, board: _ProgressMessage, job: Job, event: ProgressEvent) -> bool:
        """False: the platform is away, as it is while a process begins, and the same may be said in a moment."""
        if await self._is_taken(job, board):
            self._boards.pop(job.id, None)
            return True
        try:
            await self._show(job, board, self._render(job, event), replace_lost=board.inherited)
        except DeliveryError as error:
            _log_failure(job, error)
            if error.retryable:
                return False
        board.inherited = False
        return True

    async def _is_taken(self, job: Job, board: _ProgressMessage) -> bool:
        """Whether the job goes on elsewhere while this word waited for its pace: more has been said there by now."""
        try:
            now = await self._jobs.load(job.id)
        except StoreError:
            return False
        return now is None or now.epoch > board.epoch or now.notified

    def _render(self, job: Job, event: ProgressEvent) -> Reply:
        capabilities = self._platforms[job.origin.platform].capabilities(job.origin)
        return render.progress(event, capabilities, self._words)

    async def _show(self, job: Job, board: _ProgressMessage, reply: Reply, *, replace_lost: bool) -> None:
        platform = self._platforms[job.origin.platform]
        update = ProgressUpdate(
            origin=job.origin,
            reply=reply,
            job=job.id,
            message=board.message,
            replace_lost=replace_lost,
        )
        message = await platform.show_progress(update)
        if message != board.message:
            board.message = message
            try:
                await self._jobs.set_progress_message(job, message)
                # A reply to it means the job's pictures, whichever come to be.
                await self._messages.record_result(job, message, platform=job.origin.platform, pictures=())
            except StoreError as error:
                logger.warning("progress message not recorded", extra={"job": job.id, "code": error.code})


def _blank(job: Job) -> _ProgressMessage:
    return _ProgressMessage(message=job.progress_message, inherited=job.progress_message is not None, epoch=job.epoch)


def _log_failure(job: Job, error: DeliveryError) -> None:
    logger.warning(
        "progress not shown",
        extra={"job": job.id, "platform": job.origin.platform, "code": error.code, "detail": error.detail},
    )
