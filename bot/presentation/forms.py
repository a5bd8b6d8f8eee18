"""The forms for pictures, and the form field that a refusal belongs to; pure."""

from typing import Literal

from bot.chat.capabilities import Capabilities
from bot.chat.reply import Form, FormField
from bot.commands.action import DRAFT, Action, ActionKind
from bot.errors import RefusalCode, RefusedError
from bot.ids import JobId
from bot.wording.words import Words

MOST_FILES = 10
TEXT_FIELDS = {"count": 2, "size": 11, "ratio": 9, "model": 20}
"""Text fields and their longest useful value, in characters."""
FIELDS = {
    RefusalCode.COUNT_OUT_OF_RANGE: "count",
    RefusalCode.REFS_PLUS_COUNT: "count",
    RefusalCode.ASPECT_OUT_OF_RANGE: "ratio",
    RefusalCode.RATIO_UNKNOWN: "ratio",
    RefusalCode.PIXELS_TOO_FEW: "size",
    RefusalCode.PIXELS_TOO_MANY: "size",
    RefusalCode.SIDE_TOO_LONG: "size",
    RefusalCode.SIZE_NOT_SUPPORTED: "size",
    RefusalCode.TIER_NOT_ON_MODEL: "size",
    RefusalCode.MODEL_NOT_ON_DIALECT: "model",
    RefusalCode.REFS_REQUIRED: "files",
    RefusalCode.REFS_TOO_MANY: "files",
    RefusalCode.REF_BAD_ASPECT: "files",
    RefusalCode.REF_BAD_FORMAT: "files",
    RefusalCode.REF_BOMB: "files",
    RefusalCode.REF_GONE: "files",
    RefusalCode.REF_TOO_BIG: "files",
    RefusalCode.REF_TOO_MANY_PIXELS: "files",
    RefusalCode.REF_TOO_SMALL: "files",
    RefusalCode.REF_UNREADABLE: "files",
}


def field_of(error: RefusedError) -> str:
    """The field that the member has to change; the prompt if no other field causes the refusal, since it may contain flags."""
    return FIELDS.get(error.refusal, "prompt")


def picture_form(
    *,
    verb: Literal["imagine", "edit"],
    job: JobId,
    drafted: bool,
    prompt: str,
    capabilities: Capabilities,
    words: Words,
) -> Form:
    """The form for pictures, with the most useful fields first and as many as the platform shows.

    `drafted`: the pictures were chosen before and are kept in the draft `job`; otherwise an edit requires a file.
    """
    fields = (
        FormField(
            name="prompt",
            kind="paragraph",
            label=words.say(f"form-{verb}-prompt"),
            hint=words.say(f"form-{verb}-prompt-hint"),
            required=True,
            most=4000,
            value=prompt[:4000],
        ),
        FormField(
            name="files",
            kind="files",
            label=words.say("form-files-more" if drafted else f"form-{verb}-files"),
            hint=words.say("form-files-more-hint" if drafted else f"form-{verb}-files-hint"),
            required=verb == "edit" and not drafted,
            most=MOST_FILES,
        ),
        *(
            FormField(name=name, kind="text", label=words.say(f"form-{name}"), hint=words.say(f"form-{name}-hint"), most=most)
            for name, most in TEXT_FIELDS.items()
        ),
    )
    kind = ActionKind.EDIT_FORM if verb == "edit" else ActionKind.NEW_FORM
    return Form(
        title=words.say(f"form-{verb}-title"),
        action=Action(kind=kind, job=job, argument=DRAFT if drafted else None),
        fields=fields[: capabilities.form_fields],
        submit=words.say("form-submit"),
        close=words.say("form-close"),
    )
