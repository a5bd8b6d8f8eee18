"""One dialect's request, or the refusal; pure."""

import math
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from bot.catalog.dialects import Mode, ReferenceRules
from bot.catalog.objection import Change, ObjectionError
from bot.catalog.profiles import GatewayProfile, ModelTerms
from bot.catalog.sizes import Pixels, resolve_size
from bot.commands.command import Options
from bot.config.settings import Defaults
from bot.errors import RefusalCode, RefusedError
from bot.ids import GatewayName, ModelName
from bot.requests.references import Reference

__all__ = ["Ask", "Pixels", "Request", "build_request"]

MEGABYTE = 1_000_000
WAYS_TOGETHER = 4
"""How many rules one suggestion may mend at once."""
_FORMATS: tuple[Literal["jpeg"], Literal["png"]] = ("jpeg", "png")
_PROMPT_MODES: tuple[Literal["standard"], Literal["fast"]] = ("standard", "fast")


@dataclass(frozen=True, kw_only=True)
class Ask:
    """What a member wants, with the references' facts known."""

    prompt: str
    options: Options
    references: tuple[Reference, ...] = ()
    references_required: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """A validated ask in one gateway's terms: `encode` needs nothing else but the references' final form."""

    gateway: GatewayName
    dialect: str
    model: ModelName
    model_id: str
    prompt: str
    count: int
    """A cap for a related set, 1..15: the model may make fewer."""
    size: str | Pixels
    """A tier (`2K`) or exact pixels."""
    references: tuple[Reference, ...]
    mode: Literal["sync", "async", "stream"]
    watermark: bool | None = None
    format: Literal["jpeg", "png"] | None = None
    search: bool = False
    prompt_mode: Literal["standard", "fast"] | None = None
    second_model_id: str | None = None
    """Tried once where the gateway does not know the first."""


def build_request(ask: Ask, profile: GatewayProfile, defaults: Defaults) -> Request:
    """The request, or RefusedError with the nearest thing that works. What is unknown of a reference is not judged."""
    try:
        return _judge(ask, profile, defaults)
    except ObjectionError as objection:
        way = _way_out(objection, ask, profile, defaults)
        named = {"gateway": profile.name, "model": _model_named(ask, profile, defaults), **objection.parameters}
        nearest = None if way is None else " ".join(f"--{name.replace('_', '-')} {value}" for name, value in way.items())
        raise RefusedError(objection.code, nearest=nearest, **named) from None


def _way_out(
    objection: ObjectionError,
    ask: Ask,
    profile: GatewayProfile,
    defaults: Defaults,
    depth: int = WAYS_TOGETHER,
) -> Change | None:
    """Changes after which nothing is refused any more: tried, not guessed."""
    for change in objection.ways:
        changed = replace(ask, options=replace(ask.options, **change))
        try:
            _judge(changed, profile, defaults)
        except ObjectionError as further:
            rest = _way_out(further, changed, profile, defaults, depth - 1) if depth > 1 else None
            if rest is not None:
                return {**change, **rest}
        else:
            return change
    return None


def _model_named(ask: Ask, profile: GatewayProfile, defaults: Defaults) -> str:
    spelling = ask.options.model or defaults.model
    terms = profile.terms(spelling)
    return spelling if terms is None else terms.name


def _judge(ask: Ask, profile: GatewayProfile, defaults: Defaults) -> Request:
    """The order of the checks is the contract of `facts/upstreams.md` 13.7. Raises ObjectionError."""
    options = ask.options
    _check_prompt(ask.prompt, profile)
    terms = _model(options, profile, defaults)
    _check_numbers_nobody_takes(options)
    chosen_format = _format(options, terms, profile)
    if options.search and not terms.search:
        ways = _models(profile, lambda other: other.search)
        raise ObjectionError(RefusalCode.SEARCH_NOT_SUPPORTED, *ways)
    prompt_mode = _prompt_mode(options, terms, profile)
    watermark = _watermark(options, profile, defaults)
    count = 1 if options.count is None else options.count
    mode = _mode(profile, terms, count)
    _check_references(ask, terms, profile)
    _check_count(count, len(ask.references), terms)
    size = resolve_size(
        size=options.size,
        ratio=options.ratio,
        reference=_first_size(ask.references),
        rules=terms.sizes,
    )
    _check_body(ask, profile)
    return Request(
        gateway=profile.name,
        dialect=profile.dialect.name,
        model=terms.name,
        model_id=terms.id,
        prompt=ask.prompt,
        count=count,
        size=size,
        references=ask.references,
        mode=mode,
        watermark=watermark,
        format=chosen_format,
        search=bool(options.search),
        prompt_mode=prompt_mode,
        second_model_id=terms.second_id,
    )


def _check_prompt(prompt: str, profile: GatewayProfile) -> None:
    if all(unicodedata.category(letter)[0] in "ZC" for letter in prompt):
        raise ObjectionError(RefusalCode.PROMPT_EMPTY)
    limit = profile.dialect.prompt_characters
    if len(prompt) > limit:
        raise ObjectionError(RefusalCode.PROMPT_TOO_LONG, value=len(prompt), limit=limit)


def _model(options: Options, profile: GatewayProfile, defaults: Defaults) -> ModelTerms:
    spelling = options.model or defaults.model
    terms = profile.terms(spelling)
    if terms is None:
        preferred = profile.terms(defaults.model)
        names = dict.fromkeys([*([preferred.name] if preferred is not None else []), *profile.models])
        ways: list[Change] = [{"model": name} for name in names]
        raise ObjectionError(RefusalCode.MODEL_NOT_ON_DIALECT, *ways, value=spelling, allowed=", ".join(sorted(profile.models)))
    return terms


def _models(profile: GatewayProfile, fits: Callable[[ModelTerms], bool]) -> list[Change]:
    """The gateway's models that can do it, as changes."""
    return [{"model": terms.name} for terms in profile.models.values() if fits(terms)]


def _check_numbers_nobody_takes(options: Options) -> None:
    """No model of the catalog heeds them: a gateway would take a seed and ignore it."""
    if options.seed is not None:
        raise ObjectionError(RefusalCode.SEED_NOT_SUPPORTED)
    if options.guidance is not None:
        raise ObjectionError(RefusalCode.GUIDANCE_NOT_SUPPORTED)


def _format(options: Options, terms: ModelTerms, profile: GatewayProfile) -> Literal["jpeg", "png"] | None:
    """None: nothing has to be sent, the model's own format is the one that is wanted."""
    if options.format is None:
        return None
    wanted = options.format.strip().lower().replace("jpg", "jpeg")
    for known in _FORMATS:
        if wanted == known and known in terms.formats:
            return known
    if wanted == terms.own_format:
        return None
    ways = _models(profile, lambda other: wanted in other.formats)
    allowed = ", ".join(terms.formats or (terms.own_format,))
    raise ObjectionError(
        RefusalCode.FORMAT_NOT_SUPPORTED,
        *ways,
        {"format": terms.own_format},
        value=options.format,
        allowed=allowed,
    )


def _prompt_mode(options: Options, terms: ModelTerms, profile: GatewayProfile) -> Literal["standard", "fast"] | None:
    if options.prompt_mode is None:
        return None
    wanted = options.prompt_mode.strip().lower()
    for known in _PROMPT_MODES:
        if wanted == known and known in terms.prompt_modes:
            return known
    ways = _models(profile, lambda other: wanted in other.prompt_modes)
    own: list[Change] = [{"prompt_mode": mode} for mode in terms.prompt_modes]
    raise ObjectionError(
        RefusalCode.PROMPT_MODE_NOT_SUPPORTED,
        *ways,
        *own,
        value=options.prompt_mode,
        allowed=", ".join(terms.prompt_modes),
    )


def _watermark(options: Options, profile: GatewayProfile, defaults: Defaults) -> bool | None:
    """Always said where it can be said: gateways' defaults differ and may change under us."""
    if profile.dialect.watermark:
        return defaults.watermark if options.watermark is None else options.watermark
    if options.watermark is not None:
        raise ObjectionError(RefusalCode.WATERMARK_NOT_CONTROLLABLE)
    return None


def _mode(profile: GatewayProfile, terms: ModelTerms, count: int) -> Mode:
    """`auto`: tasks where the dialect has them, else a stream for sets where it can, else synchronous."""
    modes = profile.dialect.modes
    wanted = profile.mode
    if wanted == "auto":
        if "async" in modes:
            return "async"
        return "stream" if count > 1 and terms.stream else "sync"
    if wanted == "stream" and not terms.stream:
        raise ObjectionError(RefusalCode.STREAM_NOT_SUPPORTED)
    if wanted == "sync" and wanted not in modes:
        raise ObjectionError(RefusalCode.SYNC_NOT_SUPPORTED)
    if wanted not in modes:
        raise ObjectionError(RefusalCode.OPTION_NOT_SUPPORTED, flag=f"mode = {wanted}")
    return wanted


def _check_references(ask: Ask, terms: ModelTerms, profile: GatewayProfile) -> None:
    if ask.references_required and not ask.references:
        raise ObjectionError(RefusalCode.REFS_REQUIRED)
    if ask.references and not terms.most_references:
        raise ObjectionError(RefusalCode.REFS_NOT_SUPPORTED)
    if len(ask.references) > terms.most_references:
        raise ObjectionError(RefusalCode.REFS_TOO_MANY, value=len(ask.references), limit=terms.most_references)
    for number, reference in enumerate(ask.references, 1):
        _check_form(reference, number, profile)
        _check_file(reference, number, profile.dialect.references)
        _check_shape(reference, number, profile.dialect.references)


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
        raise ObjectionError(RefusalCode.REF_FORM_NOT_ACCEPTED, number=number, missing=missing)


def _check_file(reference: Reference, number: int, rules: ReferenceRules) -> None:
    if reference.media_type is not None:
        kind = reference.media_type.lower().removeprefix("image/").replace("jpg", "jpeg")
        if kind not in rules.formats:
            allowed = ", ".join(sorted(name.upper() for name in rules.formats))
            raise ObjectionError(RefusalCode.REF_BAD_FORMAT, number=number, found=reference.media_type, allowed=allowed)
    if reference.size_bytes is not None and reference.size_bytes > rules.most_bytes:
        raise ObjectionError(RefusalCode.REF_TOO_BIG, number=number, limit=rules.most_bytes // MEGABYTE)


def _check_shape(reference: Reference, number: int, rules: ReferenceRules) -> None:
    if reference.width is None or reference.height is None:
        return
    shorter, longer = sorted((reference.width, reference.height))
    if shorter <= rules.side:
        raise ObjectionError(RefusalCode.REF_TOO_SMALL, number=number, limit=rules.side)
    if shorter * longer > rules.most_pixels:
        raise ObjectionError(RefusalCode.REF_TOO_MANY_PIXELS, number=number, limit=rules.most_pixels)
    if longer > shorter * rules.aspect:
        raise ObjectionError(RefusalCode.REF_BAD_ASPECT, number=number, limit=rules.aspect)


def _check_count(count: int, references: int, terms: ModelTerms) -> None:
    room = max(1, min(terms.most_images, terms.most_together - references))
    way: Change = {"count": min(max(count, 1), room)}
    if not 1 <= count <= terms.most_images:
        raise ObjectionError(RefusalCode.COUNT_OUT_OF_RANGE, way, value=count, limit=terms.most_images)
    if references + count > terms.most_together:
        raise ObjectionError(RefusalCode.REFS_PLUS_COUNT, way, references=references, count=count, limit=terms.most_together)


def _first_size(references: tuple[Reference, ...]) -> Pixels | None:
    if not references or references[0].width is None or references[0].height is None:
        return None
    return Pixels(width=references[0].width, height=references[0].height)


def _check_body(ask: Ask, profile: GatewayProfile) -> None:
    limit = profile.dialect.body_bytes
    pictures = sum(_bytes_in_body(reference, profile.dialect.references) for reference in ask.references)
    if pictures + len(ask.prompt.encode("utf-8", "replace")) > limit:
        raise ObjectionError(RefusalCode.BODY_TOO_LARGE, limit=limit // MEGABYTE)


def _bytes_in_body(reference: Reference, rules: ReferenceRules) -> int:
    """What a picture takes inside the request: base64 writes three bytes as four letters."""
    if reference.form == "bytes" and rules.bytes_as == "data" and reference.size_bytes is not None:
        return math.ceil(reference.size_bytes / 3) * 4
    return len(reference.value)
