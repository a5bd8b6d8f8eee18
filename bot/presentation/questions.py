"""Renders questions to a member, with a button for each choice; pure."""

from typing import assert_never

from bot.chat.reply import Button, Reply
from bot.commands.action import CANCEL, Action, ActionKind
from bot.jobs.question import Question, QuestionKind
from bot.wording.words import Words


def question(asked: Question, words: Words) -> Reply:
    images = asked.quote.images if asked.quote is not None else 1
    match asked.kind:
        case QuestionKind.REPEAT:
            text, label = words.say("question-repeat", images=images), words.say("button-confirm-repeat", count=images)
        case _:
            assert_never(asked.kind)
    buttons = (
        Button(
            label=words.say("button-cancel") if choice == CANCEL else label,
            action=Action(kind=ActionKind.ANSWER, job=asked.id, argument=choice),
            primary=choice != CANCEL,
        )
        for choice in asked.choices
    )
    return Reply(text=text, buttons=tuple(buttons))


def cancelled(words: Words) -> Reply:
    return Reply(text=words.say("question-cancelled"))
