"""What a process holds of a job's progress message, and what the message may show."""

import asyncio
from dataclasses import dataclass
from typing import Protocol

from bot.chat.capabilities import Capabilities
from bot.chat.reply import Picture
from bot.ids import MessageId
from bot.jobs.events import ProgressEvent
from bot.jobs.job import Job

NEVER = float("-inf")
FIRST_CLAIM = 1
"""The epoch of a job that nobody has claimed before."""


class ArrivedPictures(Protocol):
    """What the message of an unfinished set can show."""

    async def arrived(self, job: Job, capabilities: Capabilities) -> tuple[Picture, ...]: ...


@dataclass(slots=True)
class ProgressEntry:
    """The progress message of a job that this process holds. It is small when idle, since thousands of jobs may wait."""

    message: MessageId | None
    inherited: bool = False
    """An earlier process wrote the message: if it can no longer be edited, a new one replaces it."""
    recorded: MessageId | None = None
    """The message of the job's row."""
    doubtful: bool = False
    """The job may have a message that is recorded nowhere: it was claimed before, or the answer to a try was lost."""
    pending: tuple[Job, ProgressEvent] | None = None
    epoch: int = 0
    """The job's latest claim in this process."""
    writer: asyncio.Task[None] | None = None
    writing: bool = False
    """The writer waits for the platform, not for the pace."""
    written_at: float = NEVER
    words_only: bool = False
    """The platform has refused pictures in it."""

    def take_pending(self) -> tuple[Job, ProgressEvent] | None:
        pending, self.pending = self.pending, None
        return pending

    def put_back(self, unwritten: tuple[Job, ProgressEvent]) -> None:
        if self.pending is None:
            self.pending = unwritten

    def adopt(self, row: Job) -> None:
        """Go on with the message of the job's row, if none is known."""
        if self.message is None and row.progress_message is not None:
            self.message = self.recorded = row.progress_message
            self.inherited = True


def new_entry(job: Job) -> ProgressEntry:
    message = job.progress_message
    return ProgressEntry(
        message=message,
        inherited=message is not None,
        recorded=message,
        doubtful=job.epoch > FIRST_CLAIM,
        epoch=job.epoch,
    )
