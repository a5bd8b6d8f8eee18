"""Interprets a member's message by what is stored: the jobs that it points at, and the last picture."""

from bot.clock import Clock
from bot.commands.command import Command, Origin, StoredPicture
from bot.commands.lexicon import Lexicon
from bot.commands.message import MemberMessage
from bot.commands.pointing import MessageJob
from bot.commands.understanding import Context, Remembered, understand
from bot.ids import JobId, MessageId, PlatformName, message_event
from bot.jobs.job import ENDS, Job, JobState
from bot.jobs.memory import LastPicture, PictureMemory
from bot.jobs.stores import JobStore, MessageIndex, PictureStore

MINUTE_S = 60.0
READY = ENDS | {JobState.DELIVERING}
"""All pictures that a job in one of these states will ever have are there."""


class Interpreter:
    def __init__(
        self,
        *,
        jobs: JobStore,
        pictures: PictureStore,
        messages: MessageIndex,
        memory: PictureMemory,
        clock: Clock,
        memory_minutes: int,
    ) -> None:
        self._jobs = jobs
        self._pictures = pictures
        self._messages = messages
        self._memory = memory
        self._clock = clock
        self._memory_s = memory_minutes * MINUTE_S

    async def interpret(self, origin: Origin, message: MemberMessage, lexicon: Lexicon, *, buttons: int) -> Command | None:
        """Raises RefusedError, StoreError."""
        known = dict.fromkeys(one for pointed in message.pointed for one in (*pointed.aliases, pointed.message))
        found = {message_id: await self.job_of_message(origin.platform, message_id) for message_id in known}
        context = Context(
            jobs={message_id: job for message_id, job in found.items() if job is not None},
            remembered=await self._remembered(origin),
            remembers=origin.place is not None and self._memory_s > 0,
            lexicon=lexicon,
            buttons=buttons,
        )
        return understand(message, origin.user, context)

    async def job_of_message(self, platform: PlatformName, message: MessageId) -> MessageJob | None:
        """The job that a message shows or requested; None for any other message. Raises StoreError."""
        shown = await self._messages.pictures_of_message(platform, message)
        job_id = shown[0] if shown is not None else await self._jobs.job_of_event(message_event(platform, message))
        job = await self._jobs.load(job_id) if job_id is not None else None
        return await self._message_job(job, shown[1] if shown is not None else ()) if job is not None else None

    async def _message_job(self, job: Job, shown: tuple[int, ...]) -> MessageJob:
        """`shown` are the pictures of one message; none means all."""
        indices = shown or await self._stored(job.id)
        pictures = tuple(StoredPicture(job=job.id, number=index + 1) for index in indices)
        return MessageJob(requester=job.origin.user, pictures=pictures, ready=bool(shown) or job.state in READY)

    async def _stored(self, job: JobId) -> tuple[int, ...]:
        return tuple(row.index for row in await self._pictures.pictures(job) if row.blob is not None)

    async def _remembered(self, origin: Origin) -> Remembered | None:
        """The last picture that still counts: since it was sent, or since it was made."""
        if origin.place is None or not self._memory_s:
            return None
        for last in await self._memory.last_pictures(origin.place, origin.user):
            remembered = await self._recalled(last)
            if remembered is not None:
                return remembered
        return None

    async def _recalled(self, last: LastPicture) -> Remembered | None:
        """None where it is too old, or came to nothing and was made of nothing: then the one before it is the last."""
        now = self._clock.now()
        if last.job is None:
            return Remembered(waiting=last.attachments) if now < last.at + self._memory_s else None
        job = await self._jobs.load(last.job)
        if job is None or (job.ended_at is not None and now >= job.ended_at + self._memory_s):
            return None
        made = await self._message_job(job, ())
        if made.pictures or not made.ready:
            return Remembered(job=made)
        return Remembered(originals=job.command.references) if job.command.references else None
