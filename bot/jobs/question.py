"""A question to a member: private, answered at most once with one of its choices, and alive after a restart until it expires."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from bot.commands.action import CANCEL, GO_ON, JOINT
from bot.commands.command import Doubt
from bot.errors import RefusalCode, RefusedError
from bot.ids import JobId, UserId
from bot.money import Money
from bot.values import dataclass

DAY_S = 24 * 3600.0
HALF_AN_HOUR_S = 30 * 60.0


class QuestionKind(StrEnum):
    """What is asked. A new kind is a value here, its lifetime, its words, and what the answer does in `handlers/answer.py`."""

    REPEAT = "repeat"
    """Whether to repeat a large set of another member. It is about that set's job; the choice says what of it."""
    WHICH = Doubt.WHICH.value
    MEMORY = Doubt.MEMORY.value
    STRANGER = Doubt.STRANGER.value
    """These three are about a request that is not complete: its draft."""
    PRICE = "price"
    """What a complete request costs that its member may not have meant: its draft."""


class RepeatChoice(StrEnum):
    """What to repeat, besides CANCEL."""

    AGAIN = "again"
    MISSING = "missing"


LIFETIMES: Mapping[QuestionKind, float] = MappingProxyType(
    {
        QuestionKind.REPEAT: DAY_S,
        QuestionKind.WHICH: HALF_AN_HOUR_S,
        QuestionKind.MEMORY: HALF_AN_HOUR_S,
        QuestionKind.STRANGER: HALF_AN_HOUR_S,
        QuestionKind.PRICE: HALF_AN_HOUR_S,
    },
)
"""Seconds until a question expires: nothing is done and nothing was spent."""
WORDS_S = HALF_AN_HOUR_S
"""How long words are taken for an answer; later, only a button is."""


@dataclass(frozen=True, kw_only=True)
class WorkQuote:
    """The most that an answer may cost. If it costs more by then, the member is asked again."""

    images: int
    most: Money | None = None
    """None where no price was named."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """A question hangs on a job or, before a request is complete, on a draft. `answer` is the choice, once there is one."""

    id: JobId
    kind: QuestionKind
    asked_of: UserId
    choices: tuple[str, ...]
    expires_at: float
    job: JobId | None = None
    draft: JobId | None = None
    quote: WorkQuote | None = None
    place: str | None = None
    """Where the member was asked, and may answer in words."""
    answer: str | None = None

    @property
    def asked_at(self) -> float:
        return self.expires_at - LIFETIMES[self.kind]

    def offers(self, choice: str) -> bool:
        """Whether it can be answered so: by one of its choices, or by several of its numbers."""
        several = choice.split(JOINT)
        return choice in self.choices or (len(set(several)) == len(several) and all(map(self._has_number, several)))

    def _has_number(self, choice: str) -> bool:
        return choice.isdecimal() and choice in self.choices


@dataclass(frozen=True, kw_only=True)
class QuestionAnswer:
    question: JobId
    user: UserId
    choice: str


def repeat_question(
    question: JobId,
    *,
    asked_of: UserId,
    job: JobId,
    choice: RepeatChoice,
    images: int,
    now: float,
    place: str | None = None,
) -> Question:
    return Question(
        id=question,
        kind=QuestionKind.REPEAT,
        asked_of=asked_of,
        choices=(choice.value, CANCEL),
        expires_at=now + LIFETIMES[QuestionKind.REPEAT],
        job=job,
        quote=WorkQuote(images=images),
        place=place,
    )


def price_question(question: JobId, *, asked_of: UserId, draft: JobId, quote: WorkQuote, now: float) -> Question:
    """Whether a complete request, which the draft holds, is to be made at this price."""
    return Question(
        id=question,
        kind=QuestionKind.PRICE,
        asked_of=asked_of,
        choices=(GO_ON, CANCEL),
        expires_at=now + LIFETIMES[QuestionKind.PRICE],
        draft=draft,
        quote=quote,
    )


def draft_question(
    question: JobId,
    *,
    asked_of: UserId,
    draft: JobId,
    doubt: Doubt,
    choices: tuple[str, ...],
    images: int,
    now: float,
    place: str | None = None,
) -> Question:
    """A question about a request of `images` pictures that is not complete: the draft holds the rest of it."""
    kind = QuestionKind(doubt.value)
    return Question(
        id=question,
        kind=kind,
        asked_of=asked_of,
        choices=choices,
        expires_at=now + LIFETIMES[kind],
        draft=draft,
        quote=WorkQuote(images=images),
        place=place,
    )


def check_answer(question: Question | None, answer: QuestionAnswer, *, now: float) -> Question:
    """The question, if it can be answered so. Raises RefusedError: only ids from a platform name it."""
    if question is None or not question.offers(answer.choice):
        raise RefusedError(RefusalCode.FORM_EXPIRED)
    if question.asked_of != answer.user:
        raise RefusedError(RefusalCode.NOT_YOURS)
    if question.answer is not None:
        raise RefusedError(RefusalCode.ANSWERED_ALREADY)
    if now >= question.expires_at:
        raise RefusedError(RefusalCode.FORM_EXPIRED)
    return question
