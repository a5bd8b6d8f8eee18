"""Interprets a pressed button or a submitted form as a command; pure."""

import math
from collections.abc import Sequence
from typing import Literal

from bot.commands.action import CANCEL, DRAFT, PRIVATE, Action, ActionKind, decode_action
from bot.commands.command import (
    AnswerQuestion,
    Arrival,
    CancelQuestion,
    Command,
    DraftPictures,
    Options,
    Repeat,
    ShowResult,
    StartFresh,
)
from bot.commands.form import DEFAULT, FormSubmission
from bot.commands.grammar import parse
from bot.errors import RefusalCode, RefusedError
from bot.ids import EventId

ONCE_KINDS = frozenset({ActionKind.NEW_FORM, ActionKind.EDIT_FORM, ActionKind.ANSWER})
"""Each form and each question has an action of its own, so a second use of it is a repeat at any time."""
DOUBLE_PRESS_S = 2.0
"""Two presses of a button within this time count as one; two that are more than twice as far apart count as two."""


def interpret_press(action: Action) -> Command:
    """The command of a pressed button. Raises RefusedError."""
    private = action.argument == PRIVATE
    match action.kind:
        case ActionKind.AGAIN:
            return Repeat(job=action.job, private=private)
        case ActionKind.MISSING:
            return Repeat(job=action.job, private=private, missing=True)
        case ActionKind.START_FRESH:
            return StartFresh(job=action.job, private=private)
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


def interpret_form(form: FormSubmission) -> Command:
    """The command of a submitted form. Raises RefusedError: FORM_EXPIRED if the action is not a form's."""
    match form.action.kind:
        case ActionKind.EDIT_FORM:
            verb: Literal["imagine", "edit"] = "edit"
        case ActionKind.NEW_FORM:
            verb = "imagine"
        case _:
            raise RefusedError(RefusalCode.FORM_EXPIRED)
    given = {name: value for name, value in form.fields.items() if value.strip() not in {"", DEFAULT}}
    shape = [value for value in given.get("shape", "").split() if value != DEFAULT]
    # The count is passed as a flag, so that the grammar checks it like any other.
    count = [f"--count {number}" for number in given.get("count", "").split()[:1]]
    drafted = (DraftPictures(draft=form.action.job),) if form.action.argument == DRAFT else ()
    return parse(
        " ".join([*count, given.get("prompt", "").strip()]),
        verb=verb,
        options=Options(
            size=_only([given.get("size", ""), *(value for value in shape if ":" not in value)]),
            ratio=_only([given.get("ratio", ""), *(value for value in shape if ":" in value)]),
            model=given.get("model", "").strip() or None,
            background=given.get("background", "").strip() or None,
        ),
        references=(*drafted, *form.files),
    )


def _only(values: Sequence[str]) -> str | None:
    """The one value that was chosen, if any. Raises OPTION_CONFLICT."""
    chosen = [value.strip() for value in values if value.strip()]
    if len(chosen) > 1:
        raise RefusedError(RefusalCode.OPTION_CONFLICT, flag="", value=chosen[0], other=chosen[1])
    return chosen[0] if chosen else None


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
