"""Interprets a message, a pressed button or a submitted form as a command; pure."""

import itertools
import math
import re
from collections.abc import Mapping, Sequence
from typing import Literal

from bot.commands.action import CANCEL, DRAFT, PRIVATE, Action, ActionKind, decode_action
from bot.commands.command import (
    AnswerQuestion,
    Arrival,
    Attachment,
    CancelQuestion,
    Command,
    DraftPictures,
    MessagePictures,
    Options,
    ReferenceSource,
    Repeat,
    ShowResult,
    StoredPicture,
)
from bot.commands.grammar import parse
from bot.commands.message import Heard, MemberMessage
from bot.commands.table import HELP, inquiry
from bot.errors import RefusalCode, RefusedError
from bot.ids import EventId, MessageId, UserId
from bot.values import dataclass

UNSPACED = re.compile("[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]")
"""Thai, Lao, kana and Han: scripts that write no spaces between words."""
TYPED_COMMAND = re.compile(r"\s*+/(?:imagine|edit)\b", re.IGNORECASE)
"""A slash command typed into an ordinary message."""
ONCE_KINDS = frozenset({ActionKind.NEW_FORM, ActionKind.EDIT_FORM, ActionKind.ANSWER})
"""Each form and each question has an action of its own, so a second use of it is a repeat at any time."""
DOUBLE_PRESS_S = 2.0
"""Two presses of a button within this time count as one; two that are more than twice as far apart count as two."""


@dataclass(frozen=True, kw_only=True)
class MessageJob:
    """The job that a message shows or requested: its requester, and the pictures that a reply to the message refers to."""

    requester: UserId
    pictures: tuple[StoredPicture, ...]


def command_of_message(message: MemberMessage, user: UserId, jobs: Mapping[MessageId, MessageJob]) -> Command | None:
    """The command in a message of `user`; None if it is not for the bot. `jobs` are those of the messages that it points at.

    Raises RefusedError.
    """
    references: list[ReferenceSource] = []
    for pointed in message.pointed:
        job = next((jobs[known] for known in (*pointed.aliases, pointed.message) if known in jobs), None)
        if message.heard is Heard.THREAD and (job is None or job.requester != user):
            return None
        if job is not None:
            references += job.pictures
        elif pointed.pictures:
            references.append(MessagePictures(message=pointed.message, attachments=pointed.pictures))
    return interpret_message(message.text, [*references, *message.attachments])


def interpret_message(text: str, references: Sequence[ReferenceSource]) -> Command:
    """Only text means a new image, text with images an edit, and small talk help. Raises RefusedError."""
    typed = TYPED_COMMAND.match(text)
    text = text[typed.end() :] if typed is not None else text
    found = inquiry(text.strip().lstrip("/"))
    if found is not None:
        return found
    if is_chatter(text) and not references:
        return HELP
    return parse(text, verb="edit" if references else "imagine", references=tuple(references))


def interpret_press(action: Action) -> Command:
    """The command of a pressed button. Raises RefusedError."""
    private = action.argument == PRIVATE
    match action.kind:
        case ActionKind.AGAIN:
            return Repeat(job=action.job, private=private)
        case ActionKind.MISSING:
            return Repeat(job=action.job, private=private, missing=True)
        case ActionKind.SHOW_RESULT:
            return ShowResult(job=action.job, private=private)
        case ActionKind.ORIGINAL:
            return ShowResult(job=action.job, private=True, originals=True)
        case ActionKind.ANSWER if action.argument == CANCEL:
            return CancelQuestion(question=action.job)
        case ActionKind.ANSWER if action.argument:
            return AnswerQuestion(question=action.job, choice=action.argument)
        case _:
            raise RefusedError(RefusalCode.FORM_EXPIRED)


def interpret_form(action: Action, fields: Mapping[str, str], files: Sequence[Attachment]) -> Command:
    """The command of a submitted form. Raises RefusedError: FORM_EXPIRED if the action is not a form's."""
    texts = {name: text.strip() for name, text in fields.items()}
    match action.kind:
        case ActionKind.EDIT_FORM:
            verb: Literal["imagine", "edit"] = "edit"
        case ActionKind.NEW_FORM:
            verb = "imagine"
        case _:
            raise RefusedError(RefusalCode.FORM_EXPIRED)
    drafted = (DraftPictures(draft=action.job),) if action.argument == DRAFT else ()
    # The count is passed as a flag, so that the grammar checks it like any other.
    count = texts.get("count", "").split(maxsplit=1)[:1]
    return parse(
        " ".join([*(f"--count {number}" for number in count), texts.get("prompt", "")]),
        verb=verb,
        options=Options(
            size=texts.get("size") or None,
            ratio=texts.get("ratio") or None,
            model=texts.get("model") or None,
        ),
        references=(*drafted, *files),
    )


def deduplication_ids(arrival: Arrival) -> tuple[EventId, ...]:
    """Event ids that a second click shares with the first, in whichever process it arrives; none for typed commands.

    A second submission of a form and a second answer are recognised at any time. Other buttons can be used again later, so
    their ids include the time: each press has the ids of its own time window and of the next one, and two presses within
    the length of one window always share an id.
    """
    action = decode_action(arrival.control or "")
    if action is None:
        return ()
    prefix = f"wish:{arrival.origin.user}:{arrival.control}"
    if action.kind in ONCE_KINDS:
        return (EventId(prefix),)
    window = math.floor(arrival.origin.received_at / DOUBLE_PRESS_S)
    return tuple(EventId(f"{prefix}:{number}") for number in (window, window + 1))


def is_chatter(text: str) -> bool:
    """Whether a text has fewer than two words; a script without spaces takes about two characters per word."""
    words = text.split(maxsplit=1)
    # No more is read than the answer needs.
    return len(words) < 2 and sum(1 for _ in itertools.islice(UNSPACED.finditer(text), 4)) < 4
