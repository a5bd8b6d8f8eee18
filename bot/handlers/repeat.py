"""*Again* and *Generate the missing images*: repeats a request for the member who pressed the button, from that member's quota."""

from collections.abc import Mapping
from dataclasses import replace

from bot.chat.chat_platform import ChatPlatform
from bot.chat.reply import Reply
from bot.clock import Clock
from bot.commands.command import Arrival, Generate, Repeat
from bot.errors import RefusalCode, RefusedError
from bot.handlers.handler import Handler
from bot.handlers.lookup import job_of_button, unknown_job_error
from bot.handlers.recorder import JobRecorder
from bot.ids import PlatformName, new_job_id
from bot.jobs.facts import count_missing
from bot.jobs.job import Job
from bot.jobs.permission import may_use
from bot.jobs.question import QuestionAnswer, RepeatChoice, WorkQuote, repeat_question
from bot.jobs.stores import JobStore, PictureStore, QuestionStore
from bot.presentation import questions as rendering
from bot.requests.checks import RequestRules, images_asked
from bot.values import dataclass
from bot.wording.words import Words

CONFIRM_ABOVE_IMAGES = 4
"""A member who repeats another member's set is asked first if it has more images: whoever pressed may not know how many."""


@dataclass(frozen=True, kw_only=True)
class Confirmation:
    """The member was asked, and this is the answer; `quote` is what the question said."""

    answer: QuestionAnswer
    quote: WorkQuote


class RepeatHandler(Handler[Repeat]):
    def __init__(
        self,
        jobs: JobStore,
        pictures: PictureStore,
        questions: QuestionStore,
        recorder: JobRecorder,
        rules: RequestRules,
        clock: Clock,
        words: Words,
        *,
        platforms: Mapping[PlatformName, ChatPlatform],
    ) -> None:
        self._jobs = jobs
        self._pictures = pictures
        self._questions = questions
        self._recorder = recorder
        self._rules = rules
        self._platforms = platforms
        self._clock = clock
        self._words = words

    async def handle(self, arrival: Arrival, command: Repeat) -> Reply | None:
        """Record a new job with the references of the earlier one, or ask first. Raises RefusedError, StoreError."""
        return await self.repeat(arrival, command, None)

    async def repeat(self, arrival: Arrival, command: Repeat, confirmation: Confirmation | None) -> Reply | None:
        """The same, perhaps after a confirmation: if the set has become larger since, the member is asked again."""
        earlier = await job_of_button(self._jobs, command.job)
        if not may_use(earlier, arrival.origin, self._platforms[arrival.origin.platform]):
            raise unknown_job_error(command.job)
        repeated = replace(await self._missing(earlier) if command.missing else earlier.command, recalled=False)
        if earlier.is_hidden:
            # As the references that are taken over were posted.
            repeated = replace(repeated, options=replace(repeated.options, spoiler=True))
        if not self._rules.defaults.show_gateways:
            # It may have been chosen before the operator hid them.
            repeated = replace(repeated, options=replace(repeated.options, gateway=None))
        images = images_asked(repeated, self._rules)
        confirmed = CONFIRM_ABOVE_IMAGES if confirmation is None else confirmation.quote.images
        asks = images > confirmed or (command.unsure and confirmation is None)
        if earlier.origin.user != arrival.origin.user and asks:
            return await self._ask(arrival, command, images, layers=repeated.options.layers is True)
        references = await self._jobs.references(earlier.id)
        answer = None if confirmation is None else confirmation.answer
        await self._recorder.record(arrival, repeated, images=images, references=references, repeats=earlier.id, answers=answer)
        return None

    async def _ask(self, arrival: Arrival, command: Repeat, images: int, *, layers: bool) -> Reply:
        now = self._clock.now()
        question = repeat_question(
            new_job_id(),
            asked_of=arrival.origin.user,
            job=command.job,
            choice=RepeatChoice.MISSING if command.missing else RepeatChoice.AGAIN,
            images=images,
            place=arrival.origin.conversation,
            now=now,
        )
        asked = await self._questions.ask(question, now=now)
        return rendering.question(asked, self._words, private=command.private, layers=layers)

    async def _missing(self, earlier: Job) -> Generate:
        """The same command for only the missing pictures. Raises RefusedError if none is missing."""
        missing = count_missing(earlier, await self._pictures.pictures(earlier.id))
        if not missing:
            raise RefusedError(RefusalCode.NOTHING_MISSING)
        return replace(earlier.command, options=replace(earlier.command.options, count=missing))
