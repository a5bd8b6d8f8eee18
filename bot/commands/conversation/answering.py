"""An open question of the bot, answered in words instead of by its buttons; pure."""

import itertools
from collections.abc import Sequence

from bot.commands.action import ALL, CANCEL, EDIT, JOINT, NEW
from bot.commands.command import ReferenceSource
from bot.commands.conversation.remarks import says
from bot.commands.lexicon import Language, Lexicon, folded, tokens_of, words_of
from bot.commands.picking import is_only_an_answer, not_shown, picked
from bot.errors import VARIANT, RefusalCode, RefusedError
from bot.ids import JobId
from bot.values import dataclass

MOST_CHARACTERS = 80
"""An answer is short."""
ENDING_MARKS = frozenset(",.:;、。")
LONGEST_HEAD = 8
"""Of the words that name a picture, before what is said of it."""


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

    `alone`: one word is enough, like `2` in `2 in blue`, and whatever follows is said of the picture.
    """
    tokens = tokens_of(folded(text))
    return any(_begins_as_answer(tokens, language, alone=alone) for language in lexicon.languages)


def _begins_as_answer(tokens: Sequence[str], language: Language, *, alone: bool) -> bool:
    lexicon = Lexicon(languages=(language,))
    ending = language.connectives | language.prepositions | language.comparatives | language.degrees | ENDING_MARKS
    for end in range(1, min(len(tokens), LONGEST_HEAD + 1)):
        if tokens[end] not in ending or not is_only_an_answer(" ".join(tokens[:end]), lexicon):
            continue
        if alone or _says_more(tokens[:end], tokens[end:], language):
            return True
    return alone and len(tokens) <= LONGEST_HEAD and is_only_an_answer(" ".join(tokens), lexicon)


def _says_more(head: Sequence[str], rest: Sequence[str], language: Language) -> bool:
    """Whether what follows the name of a picture is said of it: `the second in blue`; not `the second in line`."""
    following = list(itertools.dropwhile(lambda token: not token[0].isalnum(), rest))
    in_words = len(head) > 1 and any(word[0].isalpha() or word in language.markers for word in head)
    if in_words and len(following) < len(rest):
        return bool(following)
    joined = list(itertools.dropwhile(lambda token: token in language.connectives, following))
    if not joined:
        return False
    if len(joined) < len(following) and following[0] not in language.joining:
        return True
    if joined[0] in language.prepositions and len(head) == 1:
        return False
    named = [word for word in head if word not in language.definite | language.polite | language.only]
    return _changes(joined, language, surely=len(named) > 1)


def _changes(words: Sequence[str], language: Language, *, surely: bool) -> bool:
    """Whether words say how something should be. `surely`: it is a picture: `number 3`, `the last two`."""
    first, others = words[0], [word for word in words[1:] if word not in language.articles | language.definite]
    if first in language.edit_verbs | language.make_verbs | language.soft_verbs:
        return True
    if first in language.genitives and not surely:
        return False
    if first in language.prepositions:
        return (surely and first not in language.genitives) or (bool(others) and others[0] in language.qualities)
    said = language.comparatives | language.degrees
    return first in said and (surely or all(word in said | language.qualities | language.polite for word in words))


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
