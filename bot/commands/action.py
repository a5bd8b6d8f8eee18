"""What a button or a form will ask when a member uses it: encoded into the platform's own id field, alive for ever."""

from dataclasses import dataclass
from enum import StrEnum

from bot.ids import JobId, parse_job_id

VERSION = "v1"
PRIVATE = "private"
"""The argument of a button on a private job: what it does is seen by the member alone."""
DRAFT = "draft"
"""The argument of a form that was opened on pictures: its job is the draft that holds them."""
MAX_LENGTH = 100
"""Characters: Discord's custom_id, the shortest of the platforms' fields."""


class ActionKind(StrEnum):
    AGAIN = "again"
    MISSING = "missing"
    """The pictures of a set that did not come."""
    SHOW_RESULT = "show_result"
    NEW_FORM = "new_form"
    """A filled form for new pictures."""
    EDIT_FORM = "edit_form"
    """A filled form for changed pictures; with the argument DRAFT, of those it was opened on."""


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
        raise ValueError(f"an action of {len(text)} characters does not fit {MAX_LENGTH}")
    return text


def decode_action(text: str) -> Action | None:
    """None for whatever is not ours or not of this version: anybody can send anything."""
    version, _, rest = text.partition(":")
    kind, _, rest = rest.partition(":")
    job, colon, argument = rest.partition(":")
    parsed = parse_job_id(job)
    if version != VERSION or kind not in set(ActionKind) or parsed is None or len(text) > MAX_LENGTH:
        return None
    return Action(kind=ActionKind(kind), job=parsed, argument=argument if colon else None)
