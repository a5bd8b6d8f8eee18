"""What one model at one gateway demands of reference pictures; pure. A fact that is unknown is not checked."""

import math
from collections.abc import Sequence

from bot.catalog.dialects import ReferenceRules
from bot.catalog.profiles import GatewayModel, GatewayProfile
from bot.catalog.rule_violation import OptionChange, RuleViolationError
from bot.commands.command import Options
from bot.errors import VARIANT, RefusalCode
from bot.requests.references import Reference

MEGABYTE = 1_000_000
LEAST_PIXELS_TO_DECOMPOSE = 512 * 512


def check_references(
    references: Sequence[Reference], options: Options, model: GatewayModel, profile: GatewayProfile, *, required: bool
) -> None:
    """Their number, then each one. Raises RuleViolationError."""
    count = len(references)
    if count < max(int(required), model.least_references):
        raise RuleViolationError(RefusalCode.REFS_REQUIRED)
    if count and not model.most_references:
        raise RuleViolationError(RefusalCode.REFS_NOT_SUPPORTED, *_models_taking(count, profile))
    if count > model.most_references:
        raise RuleViolationError(
            RefusalCode.REFS_TOO_MANY, *_models_taking(count, profile), value=count, limit=model.most_references
        )
    keeps_alpha = _keeps_alpha(options, model)
    if keeps_alpha or options.layers:
        _check_only_one(count, profile, keeps_alpha=keeps_alpha)
    if not count and (options.region or options.point):
        raise RuleViolationError(RefusalCode.REFS_REQUIRED, **{VARIANT: "place"})
    for number, reference in enumerate(references, 1):
        _check_form(reference, number, profile)
        _check_file(reference, number, profile.dialect.references)
        _check_dimensions(reference, number, profile.dialect.references)
        if keeps_alpha and not _may_have_alpha(reference):
            raise RuleViolationError(RefusalCode.REF_NEEDS_ALPHA, *_models_drawing(profile), number=number)
        if options.layers:
            _check_area(reference, number)


def check_body(references: Sequence[Reference], prompt: str, profile: GatewayProfile) -> None:
    limit = profile.dialect.body_bytes
    pictures = sum(_bytes_in_body(reference, profile.dialect.references) for reference in references)
    if pictures + len(prompt.encode("utf-8", "replace")) > limit:
        raise RuleViolationError(RefusalCode.BODY_TOO_LARGE, limit=limit // MEGABYTE)


def _keeps_alpha(options: Options, model: GatewayModel) -> bool:
    wanted = (options.background or "").strip().lower()
    return wanted == "transparent" and model.transparent == "kept"


def _check_only_one(count: int, profile: GatewayProfile, *, keeps_alpha: bool) -> None:
    variant, fixes = ("alpha", _models_drawing(profile)) if keeps_alpha else ("layers", [])
    if not count:
        raise RuleViolationError(RefusalCode.REFS_REQUIRED, *fixes, **{VARIANT: variant})
    if count > 1:
        raise RuleViolationError(RefusalCode.REFS_TOO_MANY, *fixes, value=count, limit=1, **{VARIANT: variant})


def _models_taking(count: int, profile: GatewayProfile) -> list[OptionChange]:
    return [{"model": other.name} for other in profile.models.values() if other.most_references >= count]


def _models_drawing(profile: GatewayProfile) -> list[OptionChange]:
    return [{"model": other.name} for other in profile.models.values() if other.transparent == "drawn"]


def _check_form(reference: Reference, number: int, profile: GatewayProfile) -> None:
    rules = profile.dialect.references
    unsigned = rules.bytes_as == "signed" and not profile.can_sign
    accepted = {
        "bytes": rules.bytes_as is not None and not unsigned,
        "data": "data" in rules.forms,
        "url": "url" in rules.forms and reference.value[:8].lower() == "https://",
    }
    if not accepted[reference.form]:
        missing = "PUBLIC_URL" if unsigned and reference.form == "bytes" else "nothing"
        raise RuleViolationError(RefusalCode.REF_FORM_NOT_ACCEPTED, number=number, missing=missing)


def _format_of(reference: Reference) -> str | None:
    if reference.media_type is None:
        return None
    return reference.media_type.lower().removeprefix("image/").replace("jpg", "jpeg")


def _may_have_alpha(reference: Reference) -> bool:
    """What has not been measured counts as having some, unless it is a JPEG, which never has."""
    return _format_of(reference) != "jpeg" if reference.alpha is None else reference.alpha


def _check_file(reference: Reference, number: int, rules: ReferenceRules) -> None:
    kind = _format_of(reference)
    if kind is not None and kind not in rules.formats:
        allowed = ", ".join(sorted(name.upper() for name in rules.formats))
        found = reference.media_type or kind
        raise RuleViolationError(RefusalCode.REF_BAD_FORMAT, number=number, found=found, allowed=allowed)
    if reference.size_bytes is not None and reference.size_bytes > rules.most_bytes:
        raise RuleViolationError(RefusalCode.REF_TOO_BIG, number=number, limit=rules.most_bytes // MEGABYTE)


def _check_dimensions(reference: Reference, number: int, rules: ReferenceRules) -> None:
    if reference.width is None or reference.height is None:
        return
    shorter, longer = sorted((reference.width, reference.height))
    if shorter <= rules.side:
        raise RuleViolationError(RefusalCode.REF_TOO_SMALL, number=number, limit=rules.side)
    if shorter * longer > rules.most_pixels:
        raise RuleViolationError(RefusalCode.REF_TOO_MANY_PIXELS, number=number, limit=rules.most_pixels)
    if longer > shorter * rules.aspect:
        raise RuleViolationError(RefusalCode.REF_BAD_ASPECT, number=number, limit=rules.aspect)


def _check_area(reference: Reference, number: int) -> None:
    if reference.width is None or reference.height is None:
        return
    if reference.width * reference.height < LEAST_PIXELS_TO_DECOMPOSE:
        raise RuleViolationError(RefusalCode.REF_TOO_SMALL, number=number, limit=LEAST_PIXELS_TO_DECOMPOSE, **{VARIANT: "layers"})


def _bytes_in_body(reference: Reference, rules: ReferenceRules) -> int:
    """Bytes that a reference takes inside the request: base64 writes three bytes as four letters."""
    if reference.form == "bytes" and rules.bytes_as == "data" and reference.size_bytes is not None:
        return math.ceil(reference.size_bytes / 3) * 4
    return len(reference.value)
