"""Renders questions to a member, with a button for each choice; pure."""

from typing import assert_never

from bot.chat.reply import Button, Reply
from bot.commands.action import ALL, CANCEL, EDIT, MARK, NEW, PRIVATE, Action, ActionKind
from bot.jobs.question import Question, QuestionKind
from bot.wording.words import Words


def question(asked: Question, words: Words, *, private: bool = False, layers: bool = False, missing: int | None = None) -> Reply:
    """`private`: what was asked for is for the member alone. `layers`: it is to be taken apart, so how many there will be is open.

    `missing`: a number that the member named and no image has.
    """
    buttons = tuple(
        Button(
            label=_label(asked, choice, words, layers=layers),
            action=Action(kind=ActionKind.ANSWER, job=asked.id, argument=_argument(choice, private=private)),
            primary=choice == asked.choices[0] and not choice.isdecimal(),
        )
        for choice in asked.choices
    )
    text = _text(asked, words, layers=layers)
    if missing is not None:
        text = f"{words.say('image-missing', value=missing, limit=_pictures(asked))} {text}"
    return Reply(text=text, buttons=buttons, passing=True)


def _argument(choice: str, *, private: bool) -> str:
    return f"{choice}{MARK}{PRIVATE}" if private and choice != CANCEL else choice


def _text(asked: Question, words: Words, *, layers: bool) -> str:
    apart = "yes" if layers else "no"
    match asked.kind:
        case QuestionKind.REPEAT:
            return words.say("question-repeat", layers=apart, images=_images(asked))
        case QuestionKind.WHICH:
            return words.say("question-which", pictures=_pictures(asked))
        case QuestionKind.MEMORY:
            return words.say("question-memory", pictures=_pictures(asked))
        case QuestionKind.STRANGER:
            return words.say("question-stranger", layers=apart, images=_images(asked))
        case QuestionKind.PRICE:
            return words.say("question-price", layers=apart, images=_images(asked), **_price(asked))
        case _:
            assert_never(asked.kind)


def _label(asked: Question, choice: str, words: Words, *, layers: bool) -> str:
    if choice == CANCEL:
        return words.say("button-cancel")
    if choice.isdecimal():
        return choice
    match choice:
        case _ if choice == ALL:
            return words.say("button-all")
        case _ if choice == EDIT:
            return words.say("button-edit-last")
        case _ if choice == NEW:
            return words.say("button-new-image")
        case _:
            return words.say("button-confirm-repeat", layers="yes" if layers else "no", count=_images(asked))


def _images(asked: Question) -> int:
    """How many pictures the answer may make."""
    return asked.quote.images if asked.quote is not None else 1


def _price(asked: Question) -> dict[str, str]:
    if asked.quote is None or asked.quote.most is None:
        raise ValueError(f"question {asked.id} asks about no price")
    return {"amount": asked.quote.most.amount, "currency": asked.quote.most.currency}


def _pictures(asked: Question) -> int:
    """How many pictures there are to choose from."""
    return sum(choice.isdecimal() for choice in asked.choices)


def cancelled(words: Words) -> Reply:
    return Reply(text=words.say("question-cancelled"))


def what_to_change(pictures: int, words: Words) -> Reply:
    return Reply(text=words.say("remembered", pictures=pictures))
