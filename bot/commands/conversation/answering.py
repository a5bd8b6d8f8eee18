"""An open question of the bot, answered in words instead of by its buttons; pure."""

import itertools
from collections.abc import Sequence

from bot.commands.action import ALL, CANCEL, EDIT, JOINT, NEW
from bot.commands.command import ReferenceSource
from bot.commands.conversation.remarks import says
from bot.commands.lexicon import Lexicon, folded, tokens_of, words_of
from bot.commands.picking import is_only_an_answer, not_shown, picked
from bot.errors import VARIANT, RefusalCode, RefusedError
from bot.ids import JobId
from bot.values import dataclass

MOST_CHARACTERS = 80
"""An answer is short."""


@dataclass(frozen=True, kw_only=True)
class OpenQuestion:
    """A question that a member has not answered. The numbers among its choices are those of its `candidates`, in order.

    `about` are the jobs whose pictures it is about.
    """

    id: JobId
    choices: tuple[str, ...]
    candidates: tuple[ReferenceSource, ...] = ()
    about: frozenset[JobId] = frozenset()

    @property
    def numbers(self) -> tuple[int, ...]:
        return tuple(int(choice) for choice in self.choices if choice.isdecimal())

    @property
    def confirming(self) -> str | None:
        """The choice that `yes` means."""
        return next((one for one in self.choices if not one.isdecimal() and one not in {ALL, EDIT, NEW, CANCEL}), None)


def answer_of(question: OpenQuestion, text: str, lexicon: Lexicon) -> str | None:
    """The choice that a text makes; None if it is no answer. Raises RefusedError for an answer that the question does not have."""
    words = words_of(folded(text)) if len(text) <= MOST_CHARACTERS else []
    if not words:
        return None
    for language in lexicon.languages:
        if says(words, language.cancelling | language.no_answers, language):
            return CANCEL
        if EDIT in question.choices and says(words, language.edit_answers, language):
            return EDIT
        if says(words, language.new_answers, language):
            return _offered(question, NEW)
        if says(words, language.yes_answers, language):
            return _offered(question, question.confirming)
    if is_only_an_answer(text, lexicon):
        return _picked(question, text, lexicon)
    return None


def begins_as_answer(text: str, lexicon: Lexicon, *, alone: bool = True) -> bool:
    """Whether words name a picture first and then say more of it: `number 2, but darker`.

    `alone`: one word is enough, like `2` in `2, but darker`.
    """
    plain = folded(text)
    for language in lexicon.languages:
        ending = language.connectives | language.prepositions | language.comparatives | frozenset(",.:;")
        head = list(itertools.takewhile(lambda token: token not in ending, tokens_of(plain)))  # noqa: B023  # used at once
        if (alone or len(head) > 1) and is_only_an_answer(" ".join(head), lexicon):
            return True
    return False


def choice_of(numbers: Sequence[int]) -> str:
    return JOINT.join(map(str, numbers))


def _picked(question: OpenQuestion, text: str, lexicon: Lexicon) -> str:
    """The pictures that a text names, as a choice. Raises RefusedError."""
    # What is edited or not is one picture.
    shown = question.numbers or ((1,) if EDIT in question.choices else ())
    numbers = picked(text, shown, lexicon)
    if numbers is None:
        missing = not_shown(text, shown, lexicon)
        raise _unknown_number(missing, shown) if missing is not None else _not_offered(question)
    if not question.numbers:
        return EDIT
    return ALL if ALL in question.choices and set(numbers) == set(shown) and len(shown) > 1 else choice_of(numbers)


def _offered(question: OpenQuestion, choice: str | None) -> str:
    if choice is None or choice not in question.choices:
        raise _not_offered(question)
    return choice


def _unknown_number(number: int, shown: Sequence[int]) -> RefusedError:
    if tuple(shown) == tuple(range(1, len(shown) + 1)):
        return RefusedError(RefusalCode.REF_NOT_IN_SET, value=number, limit=len(shown), **{VARIANT: "answer"})
    allowed = ", ".join(map(str, shown))
    return RefusedError(RefusalCode.REF_NOT_IN_SET, value=number, allowed=allowed, **{VARIANT: "part"})


def _not_offered(question: OpenQuestion) -> RefusedError:
    """What can be answered."""
    allowed = ", ".join(map(str, question.numbers))
    if question.numbers and NEW in question.choices:
        return RefusedError(RefusalCode.ANSWER_NOT_OFFERED, allowed=allowed, **{VARIANT: "memory-set"})
    if question.numbers:
        return RefusedError(RefusalCode.ANSWER_NOT_OFFERED, allowed=allowed, **{VARIANT: "numbers"})
    if NEW in question.choices:
        return RefusedError(RefusalCode.ANSWER_NOT_OFFERED, **{VARIANT: "memory"})
    return RefusedError(RefusalCode.ANSWER_NOT_OFFERED)
