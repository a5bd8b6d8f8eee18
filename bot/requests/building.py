"""Builds one gateway's request or the refusal; pure."""

from dataclasses import replace

from bot.catalog.models import near_models
from bot.catalog.profiles import GatewayModel, GatewayProfile
from bot.catalog.retirement import Refused, day_of, remapped, standing
from bot.catalog.rule_violation import OptionChange, RuleViolationError
from bot.catalog.sizes import Pixels, resolve_size
from bot.config.settings import Defaults
from bot.errors import RefusalCode, RefusedError
from bot.ids import ModelName
from bot.requests import option_rules
from bot.requests.places import mark_places, read_places
from bot.requests.reference_rules import check_body, check_references
from bot.requests.references import Reference
from bot.requests.request import Request, RequestSpec, Substitution

MOST_FIXES = 4
"""How many changes one suggestion may combine."""
MOST_TRIALS = 100
"""How many changed requests are built, at all gateways together, to find what one refusal suggests."""


def build_request(spec: RequestSpec, profile: GatewayProfile, defaults: Defaults) -> Request:
    """As `try_request`. Raises RefusedError with the nearest options that work."""
    try:
        return try_request(spec, profile, defaults)
    except RuleViolationError as violation:
        raise refusal_of(violation, spec, profile, defaults) from None


def try_request(spec: RequestSpec, profile: GatewayProfile, defaults: Defaults) -> Request:
    """With the model that is named, else the gateway's default. Unknown facts about a reference are not checked.

    Raises RuleViolationError; what works instead has not been looked for.
    """
    # Once, and not for every change that is tried out: it reads the whole prompt.
    _check_prompt(spec, profile)
    return _build(spec, profile, defaults)


def refusal_of(
    violation: RuleViolationError,
    spec: RequestSpec,
    profile: GatewayProfile,
    defaults: Defaults,
    *,
    most_trials: int = MOST_TRIALS,
) -> RefusedError:
    """The refusal of a broken rule, with the nearest options that work."""
    fix = _find_fix(violation, spec, profile, defaults, most_trials=most_trials)
    parameters = {"gateway": profile.name, "model": _model_name(spec, profile), **violation.parameters}
    return RefusedError(violation.code, nearest=None if fix is None else _typed(fix), **parameters)


def _typed(change: OptionChange) -> str:
    """The change as flags."""
    flags = []
    for name, value in change.items():
        flag = name.replace("_", "-")
        if isinstance(value, bool):
            flags.append(f"--{flag}" if value else f"--no-{flag}")
        else:
            text = f"{value:g}" if isinstance(value, float) else str(value)
            flags += [f"--{flag} {one}" for one in text.split()]
    return " ".join(flags)


def _find_fix(
    violation: RuleViolationError, spec: RequestSpec, profile: GatewayProfile, defaults: Defaults, *, most_trials: int
) -> OptionChange | None:
    """The fewest option changes with which the request can be built; each combination is tried out once."""
    refused: list[tuple[OptionChange, RuleViolationError]] = [({}, violation)]
    tried = {spec.options}
    for _ in range(MOST_FIXES):
        still_refused: list[tuple[OptionChange, RuleViolationError]] = []
        for before, why in refused:
            for fix in why.fixes:
                changes: OptionChange = {**before, **fix}
                options = replace(spec.options, **changes)
                if options in tried:
                    continue
                if len(tried) > most_trials:
                    return None
                tried.add(options)
                try:
                    _build(replace(spec, options=options), profile, defaults)
                except RuleViolationError as next_violation:
                    still_refused.append((changes, next_violation))
                else:
                    return changes
        refused = still_refused
    return None


def _model_name(spec: RequestSpec, profile: GatewayProfile) -> str:
    spelling = spec.options.model or profile.default_model
    model = profile.find_model(spelling, now=spec.now)
    return spelling if model is None else model.name


def _build(spec: RequestSpec, profile: GatewayProfile, defaults: Defaults) -> Request:
    """The order of the checks decides which refusal a member reads first. Raises RuleViolationError."""
    options, now = spec.options, spec.now
    model, instead = _choose_model(spec, profile)
    places = read_places(options)
    option_rules.check_options(options, model, profile, now=now)
    seed, guidance = option_rules.choose_seed(options, model), option_rules.choose_guidance(options, model)
    chosen_format = option_rules.choose_format(options, model, profile, now=now)
    option_rules.check_search(options, model, profile, now=now)
    prompt_mode = option_rules.choose_prompt_mode(options, model, profile, now=now)
    watermark = option_rules.choose_watermark(options, profile, defaults)
    layers = options.layers is True
    count = model.most_layers if layers else 1 if options.count is None else options.count
    per_call = 1 if count > 1 and not layers and (model.one_picture or options.separate) else None
    mode = option_rules.choose_mode(profile, model, 1 if layers else per_call or count)
    check_references(spec.references, options, model, profile, required=spec.references_required)
    if not layers:
        _check_count(count, len(spec.references), model, together=per_call is None)
    prompt = mark_places(spec.prompt, places, references=len(spec.references), numbers=spec.numbers)
    size = option_rules.choose_layer_size(options, model) if layers else _choose_size(spec, model)
    check_body(spec.references, prompt, profile)
    return Request(
        gateway=profile.name,
        dialect=profile.dialect.name,
        model=model.name,
        model_id=model.id,
        prompt=prompt,
        count=count,
        size=size,
        references=spec.references,
        mode=mode,
        watermark=watermark,
        format=chosen_format,
        search=bool(options.search),
        prompt_mode=prompt_mode,
        second_model_id=model.second_id,
        per_call=per_call,
        background=option_rules.choose_background(options),
        layers=layers,
        seed=seed,
        guidance=guidance,
        instead=instead,
    )


def _check_prompt(spec: RequestSpec, profile: GatewayProfile) -> None:
    prompt = spec.prompt
    if not spec.options.layers and not any(map(str.isprintable, prompt.replace(" ", ""))):
        raise RuleViolationError(RefusalCode.PROMPT_EMPTY)
    limit = profile.dialect.prompt_characters
    if len(prompt) > limit:
        raise RuleViolationError(RefusalCode.PROMPT_TOO_LONG, value=len(prompt), limit=limit)


def _choose_model(spec: RequestSpec, profile: GatewayProfile) -> tuple[GatewayModel, Substitution | None]:
    """The model that is named, else the default; or what the operator wants in place of a withdrawn one."""
    spelling = spec.options.model or profile.default_model
    model = profile.find_model(spelling, now=spec.now)
    if model is None:
        fixes: list[OptionChange] = [{"model": name} for name in near_models(spelling, profile.models, now=spec.now)]
        raise RuleViolationError(
            RefusalCode.MODEL_NOT_ON_DIALECT, *fixes, value=spelling, allowed=", ".join(sorted(profile.models))
        )
    named, model, substitution = model, _last_remapped(model, profile, now=spec.now), None
    if model.name != named.name:
        substitution = Substitution(instead_of=named.name, withdrawn=True)
    stands = standing(model, spec.now)
    if isinstance(stands, Refused):
        offered = _in_its_place(model, stands.instead, profile, now=spec.now)
        # The model that was named, where its own day is certain too; else the one that was to be used in its place.
        own = standing(named, spec.now)
        said, at = (named.name, own.at) if isinstance(own, Refused) else (model.name, stands.at)
        raise RuleViolationError(RefusalCode.MODEL_RETIRED, *offered, model=said, date=day_of(at))
    if model.unusable is not None and model.is_unusable(spec.now):
        instead = None if model.retirement is None else model.retirement.instead
        offered = _in_its_place(model, instead, profile, now=spec.now)
        raise RuleViolationError(RefusalCode.MODEL_UNAVAILABLE, *offered, model=model.name, again_at=model.unusable.until)
    return model, substitution


def _last_remapped(model: GatewayModel, profile: GatewayProfile, *, now: float) -> GatewayModel:
    """What the operator wants to be used in its place, or in the place of that; in a circle, the model itself."""
    met, last = {model.name}, model
    while (name := remapped(last, now)) is not None and name in profile.models:
        if name in met:
            return model
        met.add(name)
        last = profile.models[name]
    return last


def _in_its_place(model: GatewayModel, instead: ModelName | None, profile: GatewayProfile, *, now: float) -> list[OptionChange]:
    """Offers the model that follows it, then the gateway's default, then any other that can do the same."""
    others = option_rules.models_with(profile, lambda other: other.name != model.name, now=now)
    default = profile.default_at(now)
    return sorted(others, key=lambda change: (change["model"] != instead, change["model"] != default))


def _choose_size(spec: RequestSpec, model: GatewayModel) -> str | Pixels:
    return resolve_size(
        size=spec.options.size,
        ratio=spec.options.ratio,
        reference=_first_dimensions(spec.references),
        rules=model.sizes,
    )


def _check_count(count: int, references: int, model: GatewayModel, *, together: bool) -> None:
    """`together`: as one set, for which the references count too."""
    room = max(1, min(model.most_images, model.most_references_and_images - references if together else model.most_images))
    fix: OptionChange = {"count": min(max(count, 1), room)}
    if not 1 <= count <= model.most_images:
        raise RuleViolationError(RefusalCode.COUNT_OUT_OF_RANGE, fix, value=count, limit=model.most_images)
    if together and not model.one_picture and references + count > model.most_references_and_images:
        raise RuleViolationError(
            RefusalCode.REFS_PLUS_COUNT, fix, references=references, count=count, limit=model.most_references_and_images
        )


def _first_dimensions(references: tuple[Reference, ...]) -> Pixels | None:
    if not references or references[0].width is None or references[0].height is None:
        return None
    return Pixels(width=references[0].width, height=references[0].height)
