"""The forms for pictures, and the form field that a refusal belongs to; pure."""

from collections.abc import Mapping
from typing import Literal

from bot.catalog.ratios import RATIOS
from bot.chat.capabilities import Capabilities
from bot.chat.reply import Button, Choice, Form, FormField, Reply
from bot.commands.action import DRAFT, Action, ActionKind
from bot.commands.form import DEFAULT
from bot.commands.syntax.finding import DASHES
from bot.commands.syntax.flags import OF_OPTIONS
from bot.errors import BotError, RefusalCode, RefusedError
from bot.ids import JobId
from bot.presentation.offers import Offers
from bot.wording.words import Words

MOST_FILES = 10
MOST_PROMPT = 4000
MOST_CHOICES = 25
"""The most choices that a field has on every platform."""
SHAPE = "shape"
"""The field for both size and ratio, where a form has no room for two."""
CHOICE_FIELDS = ("count", "size", "ratio", "model")
BACKGROUND = "background"
"""The field for the background, where a form has room for it and a model has a choice."""
FEWER_CHOICE_FIELDS = ("count", SHAPE, "model")
FINAL = frozenset(
    {
        RefusalCode.ASKED_TWICE,
        RefusalCode.FORM_EXPIRED,
        RefusalCode.MEMBER_OUT_OF_REACH,
        RefusalCode.NOT_YOURS,
        RefusalCode.NO_ACCESS,
    },
)
"""Refusals of a form that nothing in it can change."""
TYPED = frozenset({RefusalCode.BAD_VALUE, RefusalCode.UNKNOWN_FLAG, RefusalCode.OPTION_NOT_SUPPORTED})
"""Refusals of flags that a member typed into the prompt."""
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
    RefusalCode.MODEL_RETIRED: "model",
    RefusalCode.REFS_REQUIRED: "files",
    RefusalCode.REFS_TOO_MANY: "files",
    RefusalCode.REF_BAD_ASPECT: "files",
    RefusalCode.REF_BAD_FORMAT: "files",
    RefusalCode.REF_BOMB: "files",
    RefusalCode.REF_GONE: "files",
    RefusalCode.REF_NEEDS_ALPHA: "files",
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
    values: Mapping[str, str],
    capabilities: Capabilities,
    offers: Offers,
    words: Words,
) -> Form:
    """The form for pictures. Where not all fields fit, size and ratio are one field.

    `drafted`: the pictures were chosen before and are kept in the draft `job`; otherwise an edit requires a file. `values` is
    what the fields hold when it opens.
    """
    fields = (
        FormField(
            name="prompt",
            kind="paragraph",
            label=words.say(f"form-{verb}-prompt"),
            hint=words.say(f"form-{verb}-prompt-hint"),
            required=True,
            most=MOST_PROMPT,
            value=values.get("prompt", "")[:MOST_PROMPT],
        ),
        FormField(
            name="files",
            kind="files",
            label=words.say("form-files-more" if drafted else f"form-{verb}-files"),
            hint=words.say("form-files-more-hint" if drafted else f"form-{verb}-files-hint"),
            required=verb == "edit" and not drafted,
            most=MOST_FILES,
        ),
    )
    names = CHOICE_FIELDS if len(fields) + len(CHOICE_FIELDS) <= capabilities.form_fields else FEWER_CHOICE_FIELDS
    if offers.backgrounds and len(fields) + len(names) < capabilities.form_fields:
        names = (*names, BACKGROUND)
    kind = ActionKind.EDIT_FORM if verb == "edit" else ActionKind.NEW_FORM
    return Form(
        title=words.say(f"form-{verb}-title"),
        action=Action(kind=kind, job=job, argument=DRAFT if drafted else None),
        fields=(*fields, *(_choice_field(name, values, offers, words) for name in names)),
        submit=words.say("form-submit"),
        close=words.say("form-close"),
    )


def refused_form(error: BotError, draft: JobId, fields: Mapping[str, str], words: Words) -> Reply:
    """The answer to a form that was refused, where the platform has closed it: a button opens it again as it was filled in."""
    button = Button(label=words.say("button-reopen-form"), action=Action(kind=ActionKind.REOPEN_FORM, job=draft), primary=True)
    return Reply(text=form_error(error, fields, words), buttons=(button,))


def form_error(error: BotError, fields: Mapping[str, str], words: Words) -> str:
    """What is wrong with a form, in the words of its fields; in flags only for what was typed as one."""
    if not isinstance(error, RefusedError) or error.refusal in TYPED:
        return words.error(error)
    prompt = fields.get("prompt", "").lower()
    names = {name: OF_OPTIONS[name].aliases for name in (*CHOICE_FIELDS, BACKGROUND)}
    labels = {
        name: words.say(f"form-{name}")
        for name, aliases in names.items()
        if not any(f"{dash}{written}" in prompt for written in (name, *aliases) for dash in DASHES)
    }
    return words.refusal(error, labels=labels)


def _choice_field(name: str, values: Mapping[str, str], offers: Offers, words: Words) -> FormField:
    choices = (
        Choice(value=DEFAULT, label=words.say(f"form-{name}-default", model=offers.default_model)),
        *_choices(name, offers, words),
    )[:MOST_CHOICES]
    return FormField(
        name=name,
        kind="choice",
        label=words.say(f"form-{name}"),
        hint=words.say(f"form-{name}-hint"),
        most=2 if name == SHAPE else 1,
        value=_chosen(name, values) or DEFAULT,
        choices=choices,
    )


def _choices(name: str, offers: Offers, words: Words) -> tuple[Choice, ...]:
    match name:
        case "count":
            return tuple(Choice(value=str(count), label=str(count)) for count in range(1, offers.most_images + 1))
        case "size":
            return tuple(Choice(value=tier, label=_tier_label(tier, offers, words)) for tier in offers.tiers)
        case "ratio":
            return tuple(
                Choice(value=ratio, label=words.say("form-ratio-choice", ratio=ratio, shape=_shape(ratio))) for ratio in RATIOS
            )
        case "model":
            return tuple(Choice(value=model, label=f"Seedream {model}") for model in offers.models)
        case "background":
            return tuple(
                Choice(value=background, label=words.say("form-background-choice", background=background))
                for background in offers.backgrounds
            )
        case _:
            return (*_choices("size", offers, words), *_choices("ratio", offers, words))


def _tier_label(tier: str, offers: Offers, words: Words) -> str:
    return tier if tier in offers.default_tiers else words.say("form-size-choice", tier=tier, model=offers.default_model)


def _shape(ratio: str) -> str:
    width, height = map(int, ratio.split(":"))
    return "square" if width == height else "landscape" if width > height else "portrait"


def _chosen(name: str, values: Mapping[str, str]) -> str:
    return values.get(name, "") if name != SHAPE else " ".join(values.get(part, "") for part in (SHAPE, "size", "ratio")).strip()
