"""The buttons of a question: carry out what was chosen, or nothing."""

from dataclasses import replace
from typing import assert_never

from bot.chat.reply import Reply
from bot.clock import Clock
from bot.commands.action import CANCEL
from bot.commands.command import AnswerQuestion, Arrival, CancelQuestion, Generate, PartialRequest, Repeat
from bot.commands.understanding import complete
from bot.errors import RefusalCode, RefusedError
from bot.handlers.handler import Handler
from bot.handlers.recorder import JobRecorder
from bot.handlers.repeat import Confirmation, RepeatHandler
from bot.ids import new_job_id
from bot.jobs.draft import Draft
from bot.jobs.question import Question, QuestionAnswer, QuestionKind, RepeatChoice, WorkQuote, price_question
from bot.jobs.stores import DraftStore, QuestionStore
from bot.presentation import questions as rendering
from bot.requests.checks import RequestRules, check_command
from bot.requests.routing import Candidate
from bot.wording.words import Words


class AnswerHandler(Handler[AnswerQuestion]):
    def __init__(
        self,
        questions: QuestionStore,
        drafts: DraftStore,
        repeat: RepeatHandler,
        recorder: JobRecorder,
        rules: RequestRules,
        clock: Clock,
        words: Words,
    ) -> None:
        self._questions = questions
        self._drafts = drafts
        self._repeat = repeat
        self._recorder = recorder
        self._rules = rules
        self._clock = clock
        self._words = words

    async def handle(self, arrival: Arrival, command: AnswerQuestion) -> Reply | None:
        """Record the job that was asked about, for this press and in the place of it, or ask about its price first.

        Raises RefusedError, StoreError.
        """
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
            case QuestionKind.WHICH | QuestionKind.MEMORY | QuestionKind.STRANGER | QuestionKind.PRICE:
                return await self._complete(arrival, question, answer)
            case _:
                assert_never(question.kind)

    async def _complete(self, arrival: Arrival, question: Question, answer: QuestionAnswer) -> Reply | None:
        """Record the request that the draft holds, with what was chosen. Raises RefusedError, StoreError."""
        draft = await self._drafts.draft(question.draft) if question.draft is not None else None
        if draft is None or draft.partial is None:
            raise RefusedError(RefusalCode.FORM_EXPIRED)
        command = complete(draft.partial, question.choices, answer.choice)
        quote = _quote(check_command(command, self._rules)[0])
        if self._words.tells_costs(private=True) and _asks_price(question, quote):
            return await self._ask_price(arrival, command, answer, quote)
        await self._recorder.record(arrival, command, images=quote.images, answers=answer)
        return None

    async def _ask_price(self, arrival: Arrival, command: Generate, answer: QuestionAnswer, quote: WorkQuote) -> Reply:
        """The next question takes the place of the one that was answered. Raises RefusedError, StoreError."""
        now, draft = self._clock.now(), new_job_id()
        asked = price_question(new_job_id(), asked_of=answer.user, draft=draft, quote=quote, now=now)
        kept = Draft(
            id=draft,
            user=answer.user,
            references=(),
            message=None,
            platform=arrival.origin.platform,
            partial=PartialRequest(request=command),
            expires_at=asked.expires_at,
        )
        await self._drafts.save_draft(kept, now=now)
        layers = command.options.layers is True
        question = await self._questions.ask(asked, now=now)
        reply = rendering.question(question, self._words, private=command.is_private, layers=layers)
        await self._questions.answer(answer, now=now)
        # The member alone sees it, in the answer to the press.
        return replace(reply, passing=False)


def _quote(chosen: Candidate) -> WorkQuote:
    return WorkQuote(images=chosen.request.count, most=None if chosen.price is None else chosen.price.most)


def _asks_price(question: Question, quote: WorkQuote) -> bool:
    """A short reply to somebody else's image may be talk: its price is named before the last word, and again if it has risen."""
    if quote.most is None:
        return False
    if question.kind is QuestionKind.STRANGER:
        return True
    if question.kind is not QuestionKind.PRICE or question.quote is None:
        return False
    named = question.quote.most
    return named is None or named.currency != quote.most.currency or named.micros < quote.most.micros


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
