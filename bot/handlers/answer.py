"""The buttons of a question: carry out what was chosen, or nothing."""

from typing import assert_never

from bot.chat.reply import Reply
from bot.clock import Clock
from bot.commands.action import CANCEL
from bot.commands.command import AnswerQuestion, Arrival, CancelQuestion, Repeat
from bot.commands.understanding import complete
from bot.errors import RefusalCode, RefusedError
from bot.handlers.handler import Handler
from bot.handlers.recorder import JobRecorder
from bot.handlers.repeat import Confirmation, RepeatHandler
from bot.jobs.question import Question, QuestionAnswer, QuestionKind, RepeatChoice
from bot.jobs.stores import DraftStore, QuestionStore
from bot.presentation import questions as rendering
from bot.requests.checks import RequestRules, check_command
from bot.wording.words import Words


class AnswerHandler(Handler[AnswerQuestion]):
    def __init__(
        self, questions: QuestionStore, drafts: DraftStore, repeat: RepeatHandler, recorder: JobRecorder, rules: RequestRules
    ) -> None:
        self._questions = questions
        self._drafts = drafts
        self._repeat = repeat
        self._recorder = recorder
        self._rules = rules

    async def handle(self, arrival: Arrival, command: AnswerQuestion) -> Reply | None:
        """Record the job that was asked about, for this press and in the place of it. Raises RefusedError, StoreError."""
        question = await self._questions.question(command.question)
        if question is None or not question.offers(command.choice):
            raise RefusedError(RefusalCode.FORM_EXPIRED)
        if question.asked_of != arrival.origin.user:
            raise RefusedError(RefusalCode.NOT_YOURS)
        # Whether it is answered or expired is decided with the job, in one transaction: a press may be delivered twice.
        answer = QuestionAnswer(question=question.id, user=arrival.origin.user, choice=command.choice)
        match question.kind:
            case QuestionKind.REPEAT if question.job is not None and question.quote is not None:
                repeat = Repeat(job=question.job, missing=command.choice == RepeatChoice.MISSING)
                return await self._repeat.repeat(arrival, repeat, Confirmation(answer=answer, quote=question.quote))
            case QuestionKind.REPEAT:
                raise RefusedError(RefusalCode.FORM_EXPIRED)
            case QuestionKind.WHICH | QuestionKind.MEMORY | QuestionKind.STRANGER:
                await self._complete(arrival, question, answer)
                return None
            case _:
                assert_never(question.kind)

    async def _complete(self, arrival: Arrival, question: Question, answer: QuestionAnswer) -> None:
        """Record the request that the draft holds, with what was chosen. Raises RefusedError, StoreError."""
        draft = await self._drafts.draft(question.draft) if question.draft is not None else None
        if draft is None or draft.partial is None:
            raise RefusedError(RefusalCode.FORM_EXPIRED)
        command = complete(draft.partial, question.choices, answer.choice)
        check_command(command, self._rules)
        await self._recorder.record(arrival, command, answers=answer)


class CancelHandler(Handler[CancelQuestion]):
    def __init__(self, questions: QuestionStore, clock: Clock, words: Words) -> None:
        self._questions = questions
        self._clock = clock
        self._words = words

    async def handle(self, arrival: Arrival, command: CancelQuestion) -> Reply:
        """Raises RefusedError, StoreError."""
        answer = QuestionAnswer(question=command.question, user=arrival.origin.user, choice=CANCEL)
        await self._questions.answer(answer, now=self._clock.now())
        return rendering.cancelled(self._words)
