"""What a message or a filled form means; pure. Whether a message was said to us, each platform knows."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from bot.commands.action import DRAFT, PRIVATE, Action, ActionKind, decode_action
from bot.commands.command import (
    Arrival,
    Attachment,
    Command,
    DraftPictures,
    Options,
    ReferenceSource,
    Repeat,
    ShowResult,
    StoredPicture,
)
from bot.commands.grammar import parse
from bot.commands.table import HELP, inquiry
from bot.errors import RefusalCode, RefusedError
from bot.ids import EventId, UserId

UNSPACED = re.compile("[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]")
"""Thai, Lao, kana and Han: scripts that put no space between words."""


TYPED_COMMAND = re.compile(r"^\s*/(?:imagine|edit)\b", re.IGNORECASE)
"""A slash command written where there are none."""
FORMS = frozenset({ActionKind.NEW_FORM, ActionKind.EDIT_FORM})
DOUBLE_PRESS_S = 2.0
"""Presses of a button closer than this are one wish, those more than twice as far apart are two."""


@dataclass(frozen=True, kw_only=True)
class MessageJob:
    """The job that a message shows or asked for: whose it is, and the pictures that a member who goes on from it means."""

    requester: UserId
    pictures: tuple[StoredPicture, ...]


def interpret_message(text: str, references: Sequence[ReferenceSource]) -> Command:
    """Words alone are a new picture, with pictures they are an edit; small talk is answered with help. Raises RefusedError."""
    text = TYPED_COMMAND.sub("", text)
    asked = inquiry(text.strip().lstrip("/"))
    if asked is not None:
        return asked
    if is_chatter(text) and not references:
        return HELP
    return parse(text, verb="edit" if references else "imagine", references=tuple(references))


def interpret_press(action: Action) -> Command:
    """A pressed button as the command it stands for. Raises RefusedError."""
    private = action.argument == PRIVATE
    match action.kind:
        case ActionKind.AGAIN:
            return Repeat(job=action.job, private=private)
        case ActionKind.MISSING:
            return Repeat(job=action.job, private=private, missing=True)
        case ActionKind.SHOW_RESULT:
            return ShowResult(job=action.job, private=private)
        case _:
            raise RefusedError(RefusalCode.FORM_EXPIRED)


def interpret_form(action: Action, fields: Mapping[str, str], files: Sequence[Attachment]) -> Command:
    """A filled form as the command it stands for; raises RefusedError, FORM_EXPIRED for a form that is not ours any more."""
    given = {name: text.strip() for name, text in fields.items()}
    match action.kind:
        case ActionKind.EDIT_FORM:
            verb: Literal["imagine", "edit"] = "edit"
        case ActionKind.NEW_FORM:
            verb = "imagine"
        case _:
            raise RefusedError(RefusalCode.FORM_EXPIRED)
    drafted = (DraftPictures(draft=action.job),) if action.argument == DRAFT else ()
    # What was typed into a field of its own, as the flag it stands for: one grammar reads and judges it.
    count = given.get("count", "").split()[:1]
    return parse(
        " ".join([*(f"--count {number}" for number in count), given.get("prompt", "")]),
        verb=verb,
        options=Options(
            size=given.get("size") or None,
            ratio=given.get("ratio") or None,
            model=given.get("model") or None,
        ),
        references=(*drafted, *files),
    )


def deduplication_ids(arrival: Arrival) -> tuple[EventId, ...]:
    """Ids that a second click shares with the first, whichever process hears it; none for what was typed.

    A form is opened anew for every wish. A button stands for ever, so its ids name the time too: each press has those of its
    own stretch and of the next, and so two presses within one stretch's length always meet.
    """
    action = decode_action(arrival.control or "")
    if action is None:
        return ()
    wish = f"wish:{arrival.origin.user}:{arrival.control}"
    if action.kind in FORMS:
        return (EventId(wish),)
    stretch = math.floor(arrival.origin.received_at / DOUBLE_PRESS_S)
    return tuple(EventId(f"{wish}:{number}") for number in (stretch, stretch + 1))


def is_chatter(text: str) -> bool:
    """Fewer than two words. A script without spaces writes a word in about two characters."""
    return sum(max(1, len(UNSPACED.findall(token)) // 2) for token in text.split()) < 2
