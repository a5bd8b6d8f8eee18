"""Builds one gateway's request or the refusal; pure."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Literal

from bot.catalog.dialects import Mode, ReferenceRules
from bot.catalog.models import near_models
from bot.catalog.profiles import GatewayModel, GatewayProfile
from bot.catalog.rule_violation import OptionChange, RuleViolationError
from bot.catalog.sizes import Pixels, resolve_size, tier_pixels
from bot.commands.command import Options
from bot.config.nearest import nearest
from bot.config.settings import Defaults
from bot.errors import RefusalCode, RefusedError
from bot.ids import GatewayName, ModelName
from bot.requests.references import Reference
from bot.values import dataclass

__all__ = ["Pixels", "Request", "RequestSpec", "build_request"]

MEGABYTE = 1_000_000
MOST_UNASKED = 2
MOST_FIXES = 4
"""How many changes one suggestion may combine."""
_FORMATS: tuple[Literal["jpeg"], Literal["png"]] = ("jpeg", "png")
_PROMPT_MODES: tuple[Literal["standard"], Literal["fast"]] = ("standard", "fast")


@dataclass(frozen=True, kw_only=True)
class RequestSpec:
    """What a member asks for, before a gateway is chosen."""

    prompt: str
    options: Options
    references: tuple[Reference, ...] = ()
    references_required: bool = False


@dataclass(frozen=True, kw_only=True)
class Request:
    """A validated request to one gateway; to encode it, only the references' final form is missing."""

    gateway: GatewayName
    dialect: str
    model: ModelName
    model_id: str
    prompt: str
    count: int
    """At most this many pictures, 1 to 15: the model may make fewer."""
    size: str | Pixels
    """A tier (`2K`) or exact pixels."""
    references: tuple[Reference, ...]
    mode: Literal["sync", "async", "stream"]
    watermark: bool | None = None
    format: Literal["jpeg", "png"] | None = None
    search: bool = False
    prompt_mode: Literal["standard", "fast"] | None = None
    second_model_id: str | None = None
    """Tried once if the gateway does not know the first."""
    hidden: bool = False
    """The pictures are shown only after a click: the member asked for that, or a reference was posted so."""
    per_call: int | None = None
    """How many pictures one paid call makes at most; None: all of them, as one set."""

    @property
    def calls(self) -> tuple[int, ...]:
        """How many pictures each paid call is asked for, in order: a set of eight is one call, or eight, or 6 + 2."""
        each = self.per_call or self.count
        full, rest = divmod(self.count, each)
        return (each,) * full + ((rest,) if rest else ())

    @property
    def is_size_explicit(self) -> bool:
        return isinstance(self.size, Pixels)

    @property
    def pixels(self) -> int | None:
        """The pixels of each picture, for a tier those of its square; None where the gateway chooses."""
        return self.size.width * self.size.height if isinstance(self.size, Pixels) else tier_pixels(self.size)

    @property
    def most_pictures(self) -> int:
        """How many pictures of an answer are kept: up to two more than asked are delivered, free; any more are only counted."""
        return self.count + MOST_UNASKED


def build_request(spec: RequestSpec, profile: GatewayProfile, defaults: Defaults) -> Request:
    """Raises RefusedError with the nearest options that work. Unknown facts about a reference are not checked."""
    try:
        # Once, and not for every change that is tried out: it reads the whole prompt.
        _check_prompt(spec.prompt, profile)
        return _build(spec, profile, defaults)
    except RuleViolationError as violation:
        fix = _find_fix(violation, spec, profile, defaults)
        parameters = {"gateway": profile.name, "model": _model_name(spec, profile), **violation.parameters}
        nearest = None if fix is None else " ".join(f"--{name.replace('_', '-')} {value}" for name, value in fix.items())
        raise RefusedError(violation.code, nearest=nearest, **parameters) from None


def _find_fix(
    violation: RuleViolationError,
    spec: RequestSpec,
    profile: GatewayProfile,
    defaults: Defaults,
    depth: int = MOST_FIXES,
) -> OptionChange | None:
    """The first combination of option changes with which the request can be built; each one is tried out."""
    for change in violation.fixes:
        changed = replace(spec, options=replace(spec.options, **change))
        try:
            _build(changed, profile, defaults)
        except RuleViolationError as next_violation:
            rest = _find_fix(next_violation, changed, profile, defaults, depth - 1) if depth > 1 else None
            if rest is not None:
                return {**change, **rest}
        else:
            return change
    return None


def _model_name(spec: RequestSpec, profile: GatewayProfile) -> str:
    spelling = spec.options.model or profile.default_model
    model = profile.find_model(spelling)
    return spelling if model is None else model.name


def _build(spec: RequestSpec, profile: GatewayProfile, defaults: Defaults) -> Request:
    """The order of the checks decides which refusal a member reads first. Raises RuleViolationError."""
    options = spec.options
    model = _choose_model(options, profile)
    _check_seed_and_guidance(options)
    chosen_format = _choose_format(options, model, profile)
    if options.search and not model.search:
        fixes = _models_with(profile, lambda other: other.search)
        raise RuleViolationError(RefusalCode.SEARCH_NOT_SUPPORTED, *fixes)
    prompt_mode = _choose_prompt_mode(options, model, profile)
    watermark = _choose_watermark(options, profile, defaults)
    count = 1 if options.count is None else options.count
    mode = _choose_mode(profile, model, count)
    _check_references(spec, model, profile)
    _check_count(count, len(spec.references), model)
    size = resolve_size(
        size=options.size,
        ratio=options.ratio,
        reference=_first_dimensions(spec.references),
        rules=model.sizes,
    )
    _check_body(spec, profile)
    return Request(
        gateway=profile.name,
        dialect=profile.dialect.name,
        model=model.name,
        model_id=model.id,
        prompt=spec.prompt,
        count=count,
        size=size,
        references=spec.references,
        mode=mode,
        watermark=watermark,
        format=chosen_format,
        search=bool(options.search),
        prompt_mode=prompt_mode,
        second_model_id=model.second_id,
    )


def _check_prompt(prompt: str, profile: GatewayProfile) -> None:
    if not any(map(str.isprintable, prompt.replace(" ", ""))):
        raise RuleViolationError(RefusalCode.PROMPT_EMPTY)
    limit = profile.dialect.prompt_characters
    if len(prompt) > limit:
        raise RuleViolationError(RefusalCode.PROMPT_TOO_LONG, value=len(prompt), limit=limit)


def _choose_model(options: Options, profile: GatewayProfile) -> GatewayModel:
    spelling = options.model or profile.default_model
    model = profile.find_model(spelling)
    if model is None:
        fixes: list[OptionChange] = [{"model": name} for name in near_models(spelling, profile.models)]
        raise RuleViolationError(
            RefusalCode.MODEL_NOT_ON_DIALECT, *fixes, value=spelling, allowed=", ".join(sorted(profile.models))
        )
    return model


def _models_with(profile: GatewayProfile, fits: Callable[[GatewayModel], bool]) -> list[OptionChange]:
    """A change to each of the gateway's models that meet a condition."""
    return [{"model": model.name} for model in profile.models.values() if fits(model)]


def _check_seed_and_guidance(options: Options) -> None:
    """No model supports them; a gateway would silently ignore a seed."""
    if options.seed is not None:
        raise RuleViolationError(RefusalCode.SEED_NOT_SUPPORTED)
    if options.guidance is not None:
        raise RuleViolationError(RefusalCode.GUIDANCE_NOT_SUPPORTED)


def _choose_format(options: Options, model: GatewayModel, profile: GatewayProfile) -> Literal["jpeg", "png"] | None:
    """The format to send; None if the model's default is wanted."""
    if options.format is None:
        return None
    requested = options.format.strip().lower().lstrip(".").replace("jpg", "jpeg")
    for known in _FORMATS:
        if requested == known and known in model.formats:
            return known
    if requested == model.default_format:
        return None
    fixes = _models_with(profile, lambda other: requested in other.formats)
    allowed = ", ".join(model.formats or (model.default_format,))
    near = nearest(requested, _FORMATS)
    spelled: list[OptionChange] = [] if near is None else [{"format": near}]
    raise RuleViolationError(
        RefusalCode.FORMAT_NOT_SUPPORTED,
        *fixes,
        *spelled,
        {"format": model.default_format},
        value=options.format,
        allowed=allowed,
    )


def _choose_prompt_mode(options: Options, model: GatewayModel, profile: GatewayProfile) -> Literal["standard", "fast"] | None:
    if options.prompt_mode is None:
        return None
    requested = options.prompt_mode.strip().lower()
    for known in _PROMPT_MODES:
        if requested == known and known in model.prompt_modes:
            return known
    fixes = _models_with(profile, lambda other: requested in other.prompt_modes)
    near = nearest(requested, model.prompt_modes)
    own: list[OptionChange] = [{"prompt_mode": mode} for mode in sorted(model.prompt_modes, key=lambda mode: mode != near)]
    raise RuleViolationError(
        RefusalCode.PROMPT_MODE_NOT_SUPPORTED,
        *fixes,
        *own,
        value=options.prompt_mode,
        allowed=", ".join(model.prompt_modes),
    )


def _choose_watermark(options: Options, profile: GatewayProfile, defaults: Defaults) -> bool | None:
    """Always sent where it can be chosen: the gateways' defaults differ and may change."""
    if profile.dialect.watermark:
        return defaults.watermark if options.watermark is None else options.watermark
    if options.watermark is not None:
        raise RuleViolationError(RefusalCode.WATERMARK_NOT_CONTROLLABLE)
    return None


def _choose_mode(profile: GatewayProfile, model: GatewayModel, count: int) -> Mode:
    """`auto`: tasks if the dialect has them, else a stream for a set if the model can stream, else one synchronous answer."""
    modes = profile.dialect.modes
    requested = profile.mode
    if requested == "auto":
        if "async" in modes:
            return "async"
        return "stream" if count > 1 and model.stream else "sync"
    if requested == "stream" and not model.stream:
        raise RuleViolationError(RefusalCode.STREAM_NOT_SUPPORTED)
    if requested == "sync" and requested not in modes:
        raise RuleViolationError(RefusalCode.SYNC_NOT_SUPPORTED)
    return requested


def _check_references(spec: RequestSpec, model: GatewayModel, profile: GatewayProfile) -> None:
    if spec.references_required and not spec.references:
        raise RuleViolationError(RefusalCode.REFS_REQUIRED)
    if spec.references and not model.most_references:
        raise RuleViolationError(RefusalCode.REFS_NOT_SUPPORTED)
    if len(spec.references) > model.most_references:
        raise RuleViolationError(RefusalCode.REFS_TOO_MANY, value=len(spec.references), limit=model.most_references)
    for number, reference in enumerate(spec.references, 1):
        _check_form(reference, number, profile)
        _check_file(reference, number, profile.dialect.references)
        _check_dimensions(reference, number, profile.dialect.references)


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


def _check_file(reference: Reference, number: int, rules: ReferenceRules) -> None:
    if reference.media_type is not None:
        kind = reference.media_type.lower().removeprefix("image/").replace("jpg", "jpeg")
        if kind not in rules.formats:
            allowed = ", ".join(sorted(name.upper() for name in rules.formats))
            raise RuleViolationError(RefusalCode.REF_BAD_FORMAT, number=number, found=reference.media_type, allowed=allowed)
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


def _check_count(count: int, references: int, model: GatewayModel) -> None:
    room = max(1, min(model.most_images, model.most_references_and_images - references))
    fix: OptionChange = {"count": min(max(count, 1), room)}
    if not 1 <= count <= model.most_images:
        raise RuleViolationError(RefusalCode.COUNT_OUT_OF_RANGE, fix, value=count, limit=model.most_images)
    if references + count > model.most_references_and_images:
        raise RuleViolationError(
            RefusalCode.REFS_PLUS_COUNT, fix, references=references, count=count, limit=model.most_references_and_images
        )


def _first_dimensions(references: tuple[Reference, ...]) -> Pixels | None:
    if not references or references[0].width is None or references[0].height is None:
        return None
    return Pixels(width=references[0].width, height=references[0].height)


def _check_body(spec: RequestSpec, profile: GatewayProfile) -> None:
    limit = profile.dialect.body_bytes
    pictures = sum(_bytes_in_body(reference, profile.dialect.references) for reference in spec.references)
    if pictures + len(spec.prompt.encode("utf-8", "replace")) > limit:
        raise RuleViolationError(RefusalCode.BODY_TOO_LARGE, limit=limit // MEGABYTE)


def _bytes_in_body(reference: Reference, rules: ReferenceRules) -> int:
    """Bytes that a reference takes inside the request: base64 writes three bytes as four letters."""
    if reference.form == "bytes" and rules.bytes_as == "data" and reference.size_bytes is not None:
        return math.ceil(reference.size_bytes / 3) * 4
    return len(reference.value)
