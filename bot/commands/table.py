"""The one table of commands: their names and options, how each is answered first, who may use it, and its handler.

Both platforms' menus, the interpretation of messages and the help are derived from it. A new command is one row, one file
in `bot/handlers` bound to its key, and its words (`command-<name>`, `option-<name>`).
"""

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from types import MappingProxyType
from typing import Literal

from bot.commands.command import (
    AnswerQuestion,
    Ask,
    CancelQuestion,
    Command,
    Generate,
    Inquiry,
    Opening,
    RememberPictures,
    Repeat,
    ShowResult,
    StartFresh,
)
from bot.values import dataclass

MOST_PICTURES = 10
"""The most pictures that can be attached to one command."""


class Audience(StrEnum):
    """Who may use a command."""

    EVERYONE = "everyone"
    REQUESTER = "requester"
    """Only the member whose job the command names."""


class Answer(StrEnum):
    """How a command is answered first."""

    JOB = "job"
    """With an acknowledgement; messages about a job follow."""
    REPLY = "reply"
    """With the answer itself, visible only to the member."""


class HandlerKey(StrEnum):
    """Names a handler; `bot/handlers` binds one to each key."""

    GENERATE = "generate"
    REPEAT = "repeat"
    SHOW_RESULT = "show_result"
    START_FRESH = "start_fresh"
    ASK = "ask"
    REMEMBER = "remember"
    ANSWER = "answer"
    CANCEL = "cancel"
    QUOTA = "quota"
    MODELS = "models"
    HELP = "help"


@dataclass(frozen=True, kw_only=True)
class Option:
    """One typed option. `most` is its length in characters. `choices` are only values that will not change.

    `words` is the code of its description; `field` is the field of `Options` that it sets, if any.
    """

    name: str
    kind: Literal["text", "whole", "yes_no", "picture"]
    words: str
    field: str | None = None
    required: bool = False
    most: int | None = None
    choices: tuple[str, ...] = ()
    number: int | None = None
    """Its position among several options of the same kind, from 1."""


@dataclass(frozen=True, kw_only=True)
class CommandRow:
    """One command that members type by its name.

    `grouped`: on a platform where an operator must declare every slash command, it is a subcommand of the bot's own command.
    """

    name: str
    handler: HandlerKey
    answer: Answer
    audience: Audience = Audience.EVERYONE
    options: tuple[Option, ...] = ()
    grouped: bool = False


@dataclass(frozen=True, kw_only=True)
class ButtonRow:
    """One command without a name: a button or a message issues it."""

    handler: HandlerKey
    answer: Answer
    audience: Audience = Audience.EVERYONE


@dataclass(frozen=True, kw_only=True)
class MenuRow:
    """An entry in a platform's menus that opens the form of `verb`, on the pictures of a message or without pictures."""

    name: str
    verb: Literal["imagine", "edit"]
    on: Literal["message", "anywhere"]


PROMPT = Option(name="prompt", kind="text", words="option-prompt", required=True, most=6000)
PICTURES = tuple(
    Option(name=f"image{number}", kind="picture", words="option-image", number=number) for number in range(1, MOST_PICTURES + 1)
)
SETTINGS = (
    Option(name="count", kind="whole", words="option-count", field="count"),
    Option(name="size", kind="text", words="option-size", field="size", most=20),
    Option(name="ratio", kind="text", words="option-ratio", field="ratio", most=20),
    Option(name="model", kind="text", words="option-model", field="model", most=60),
    Option(name="references", kind="text", words="option-references", most=400),
    Option(name="format", kind="text", words="option-format", field="format", choices=("jpeg", "png")),
    Option(name="background", kind="text", words="option-background", field="background", choices=("transparent", "opaque")),
    Option(name="layers", kind="yes_no", words="option-layers", field="layers"),
    Option(name="watermark", kind="yes_no", words="option-watermark", field="watermark"),
    Option(name="search", kind="yes_no", words="option-search", field="search"),
    Option(name="prompt_mode", kind="text", words="option-prompt-mode", field="prompt_mode", choices=("standard", "fast")),
    Option(name="gateway", kind="text", words="option-gateway", field="gateway", most=60),
    Option(name="private", kind="yes_no", words="option-private", field="private"),
    Option(name="spoiler", kind="yes_no", words="option-spoiler", field="spoiler"),
)
COMMANDS = (
    CommandRow(
        name="imagine",
        handler=HandlerKey.GENERATE,
        answer=Answer.JOB,
        options=(PROMPT, *PICTURES, *SETTINGS),
    ),
    CommandRow(
        name="edit",
        handler=HandlerKey.GENERATE,
        answer=Answer.JOB,
        options=(replace(PROMPT, words="option-prompt-edit"), *PICTURES, *SETTINGS),
    ),
    CommandRow(name="quota", handler=HandlerKey.QUOTA, answer=Answer.REPLY, grouped=True),
    CommandRow(name="models", handler=HandlerKey.MODELS, answer=Answer.REPLY, grouped=True),
    CommandRow(name="help", handler=HandlerKey.HELP, answer=Answer.REPLY, grouped=True),
)
BUTTONS: Mapping[type[Command], ButtonRow] = MappingProxyType(
    {
        Repeat: ButtonRow(handler=HandlerKey.REPEAT, answer=Answer.JOB),
        ShowResult: ButtonRow(handler=HandlerKey.SHOW_RESULT, answer=Answer.JOB, audience=Audience.REQUESTER),
        StartFresh: ButtonRow(handler=HandlerKey.START_FRESH, answer=Answer.JOB, audience=Audience.REQUESTER),
        Ask: ButtonRow(handler=HandlerKey.ASK, answer=Answer.REPLY),
        RememberPictures: ButtonRow(handler=HandlerKey.REMEMBER, answer=Answer.REPLY),
        AnswerQuestion: ButtonRow(handler=HandlerKey.ANSWER, answer=Answer.JOB),
        CancelQuestion: ButtonRow(handler=HandlerKey.CANCEL, answer=Answer.REPLY),
    },
)
MENU = (
    MenuRow(name="edit_with", verb="edit", on="message"),
    MenuRow(name="new_image", verb="imagine", on="anywhere"),
)
BY_NAME: Mapping[str, CommandRow] = MappingProxyType({row.name: row for row in COMMANDS})
HELP = Inquiry(name="help")
"""The command for text that cannot be interpreted otherwise."""


def row_of(command: Command) -> CommandRow | ButtonRow:
    """The row that a command belongs to."""
    match command:
        case Generate(verb=name) | Inquiry(name=name):
            return BY_NAME[name]
        case Repeat() | StartFresh() | ShowResult() | Ask() | RememberPictures() | AnswerQuestion() | CancelQuestion():
            return BUTTONS[type(command)]


def opening_of(command: Command) -> Opening:
    """How an adapter answers first."""
    return Opening(
        private=command.is_private,
        wait=row_of(command).answer is Answer.JOB,
        answers_question=isinstance(command, AnswerQuestion | CancelQuestion),
    )


def inquiry(word: str) -> Inquiry | None:
    """The command of this name if it is answered immediately, else None."""
    row = BY_NAME.get(word.strip().lower())
    return Inquiry(name=row.name) if row is not None and row.answer is Answer.REPLY else None
