"""The action of a button or form, encoded into the platform's own id field, so that it works at any later time."""

from enum import StrEnum

from bot.ids import JobId, parse_job_id
from bot.values import dataclass

VERSION = "v1"
PRIVATE = "private"
"""The argument of a button on a private job: only the member sees the result. In an answer it follows the choice and a MARK."""
MARK = ":"
DRAFT = "draft"
"""The argument of a form that was opened on pictures: its job is the draft that holds them."""
ALL, EDIT, NEW, GO_ON = "all", "edit", "new", "go_on"
"""Choices of questions about a request that is not complete; a number is a picture's."""
CANCEL = "cancel"
"""The choice of every question that does nothing."""
JOINT = "+"
"""Between several numbers that are one choice."""
MAX_LENGTH = 100
"""Characters in Discord's `custom_id`, the shortest of the platforms' id fields."""


class ActionKind(StrEnum):
    AGAIN = "again"
    MISSING = "missing"
    """Request the missing pictures of a set."""
    SHOW_RESULT = "show_result"
    ORIGINAL = "original"
    """Show the pictures that were made smaller to fit as they came, to the member alone."""
    NEW_FORM = "new_form"
    """A submitted form for new pictures."""
    ANSWER = "answer"
    """The answer to a question: its job is the question, its argument the choice, marked PRIVATE if it is about a private job."""
    START_FRESH = "start_fresh"
    REOPEN_FORM = "reopen_form"
    """Open a form again as it was filled in: its job is the draft that holds what was."""
    EDIT_FORM = "edit_form"
    """A submitted form for an edit; with the argument DRAFT, of the pictures it was opened on."""


@dataclass(frozen=True, kw_only=True)
class Action:
    kind: ActionKind
    job: JobId
    argument: str | None = None


def encode_action(action: Action) -> str:
    """`v1:<kind>:<job>[:<argument>]`, at most 100 characters."""
    parts = [VERSION, action.kind.value, action.job]
    if action.argument is not None:
        parts.append(action.argument)
    text = ":".join(parts)
    if len(text) > MAX_LENGTH:
        raise ValueError(f"an action of {len(text)} characters exceeds {MAX_LENGTH}")
    return text


def decode_action(text: str) -> Action | None:
    """None for text that is not an action of this version: ids from a platform are untrusted input."""
    version, _, rest = text.partition(":")
    kind, _, rest = rest.partition(":")
    job, colon, argument = rest.partition(":")
    parsed = parse_job_id(job)
    if version != VERSION or kind not in set(ActionKind) or parsed is None or len(text) > MAX_LENGTH:
        return None
    return Action(kind=ActionKind(kind), job=parsed, argument=argument if colon else None)
