"""Interprets a member's message by what is stored: the jobs that it points at, and the last picture."""

from collections.abc import Sequence

from bot.clock import Clock
from bot.commands.command import Command, Origin, StoredPicture
from bot.commands.conversation.answering import OpenQuestion
from bot.commands.lexicon import Lexicon
from bot.commands.message import MemberMessage
from bot.commands.pointing import MessageJob
from bot.commands.understanding import Context, Remembered, understand
from bot.ids import JobId, MessageId, PlatformName, message_event
from bot.jobs.job import ENDS, Job, JobState
from bot.jobs.memory import LastPicture, PictureMemory
from bot.jobs.question import WORDS_S
from bot.jobs.stores import DraftStore, JobStore, MessageIndex, PictureStore, QuestionStore

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
        questions: QuestionStore,
        drafts: DraftStore,
        clock: Clock,
        memory_minutes: int,
    ) -> None:
        self._jobs = jobs
        self._pictures = pictures
        self._messages = messages
        self._memory = memory
        self._questions = questions
        self._drafts = drafts
        self._clock = clock
        self._memory_s = memory_minutes * MINUTE_S

    async def interpret(self, origin: Origin, message: MemberMessage, lexicon: Lexicon, *, buttons: int) -> Command | None:
        """Raises RefusedError, StoreError."""
        known = dict.fromkeys(one for pointed in message.pointed for one in (*pointed.aliases, pointed.message))
        found = {message_id: await self.job_of_message(origin.platform, message_id) for message_id in known}
        recent = await self._recent(origin)
        context = Context(
            jobs={message_id: job for message_id, job in found.items() if job is not None},
            remembered=await self._remembered(recent),
            latest=await self._latest(recent),
            question=await self._open_question(origin, recent),
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
        return MessageJob(
            job=job.id,
            requester=job.origin.user,
            pictures=pictures,
            ready=bool(shown) or job.state in READY,
            private=job.command.is_private,
        )

    async def _stored(self, job: JobId) -> tuple[int, ...]:
        return tuple(row.index for row in await self._pictures.pictures(job) if row.blob is not None)

    async def _recent(self, origin: Origin) -> Sequence[LastPicture]:
        """What the member sent or asked for there, the newest first."""
        if origin.place is None or not self._memory_s:
            return ()
        return await self._memory.last_pictures(origin.place, origin.user)

    async def _latest(self, recent: Sequence[LastPicture]) -> MessageJob | None:
        """The member's last job there, if it counts still."""
        job = await self._counted_job(recent[0]) if recent else None
        return None if job is None else await self._message_job(job, ())

    async def _counted_job(self, last: LastPicture) -> Job | None:
        """The job of what was remembered, if it is not over for too long."""
        job = await self._jobs.load(last.job) if last.job is not None else None
        too_old = job is not None and job.ended_at is not None and self._clock.now() >= job.ended_at + self._memory_s
        return None if too_old else job

    async def _remembered(self, recent: Sequence[LastPicture]) -> Remembered | None:
        """The last picture that still counts: files since they were sent, those of a job since they were made."""
        for last in recent:
            remembered = await self._recalled(last)
            if remembered is not None:
                return remembered
        return None

    async def _recalled(self, last: LastPicture) -> Remembered | None:
        """None where it is too old, or came to nothing and was made of nothing: then the one before it is the last."""
        if last.job is None:
            return Remembered(waiting=last.attachments) if self._clock.now() < last.at + self._memory_s else None
        job = await self._counted_job(last)
        if job is None:
            return None
        made = await self._message_job(job, ())
        if made.pictures or not made.ready:
            return Remembered(job=made)
        return Remembered(originals=job.command.references) if job.command.references else None

    async def _open_question(self, origin: Origin, recent: Sequence[LastPicture]) -> OpenQuestion | None:
        """What the member was asked there, unless something else came after it."""
        if origin.conversation is None:
            return None
        now = self._clock.now()
        question = await self._questions.open_question(origin.conversation, origin.user, now=now)
        if question is None or now >= question.asked_at + WORDS_S or (recent and recent[0].at > question.asked_at):
            return None
        draft = await self._drafts.draft(question.draft) if question.draft is not None else None
        partial = draft.partial if draft is not None else None
        sources = (*partial.candidates, *partial.request.references) if partial is not None else ()
        about = {source.job for source in sources if isinstance(source, StoredPicture)}
        return OpenQuestion(
            id=question.id,
            choices=question.choices,
            candidates=partial.candidates if partial is not None else (),
            about=frozenset(about | ({question.job} if question.job is not None else set())),
        )
