"""The options of a request that one model at one gateway takes; pure. All raise RuleViolationError."""

from collections.abc import Callable
from typing import Literal

from bot.catalog.dialects import Mode
from bot.catalog.profiles import GatewayModel, GatewayProfile
from bot.catalog.rule_violation import OptionChange, RuleViolationError
from bot.catalog.sizes import reads_as_size
from bot.commands.command import Options
from bot.config.nearest import nearest
from bot.config.settings import Defaults
from bot.errors import VARIANT, RefusalCode

AUTO = "auto"
"""The size of layers if none is chosen: that of the picture."""
_FORMATS: tuple[Literal["jpeg"], Literal["png"]] = ("jpeg", "png")
_PROMPT_MODES: tuple[Literal["standard"], Literal["fast"]] = ("standard", "fast")
_BACKGROUNDS: tuple[Literal["transparent"], Literal["opaque"]] = ("transparent", "opaque")


def models_with(profile: GatewayProfile, fits: Callable[[GatewayModel], bool], *, now: float) -> list[OptionChange]:
    """A change to each of the gateway's models that meet a condition."""
    return [{"model": model.name} for model in profile.models.values() if fits(model) and model.is_offered(now)]


def check_options(options: Options, model: GatewayModel, profile: GatewayProfile, *, now: float) -> None:
    """Options that the model lacks, and options that exclude each other."""
    if options.background is not None:
        _check_background(options.background, model, profile, now=now)
    if options.layers and not model.most_layers:
        raise _not_on_model("--layers", *models_with(profile, lambda other: other.most_layers > 0, now=now))
    if (options.region or options.point) and not model.regions:
        flag = "--region" if options.region else "--point"
        raise _not_on_model(flag, *models_with(profile, lambda other: other.regions, now=now))
    if options.separate is False and model.one_picture and (options.count or 1) > 1:
        sets = models_with(profile, lambda other: not other.one_picture, now=now)
        raise _not_on_model("--no-separate", *sets, {"separate": True})
    _check_conflicts(options)


def _check_background(background: str, model: GatewayModel, profile: GatewayProfile, *, now: float) -> None:
    requested = background.strip().lower()
    if requested not in _BACKGROUNDS:
        near = nearest(requested, _BACKGROUNDS)
        fixes: list[OptionChange] = [] if near is None else [{"background": near}]
        allowed = f"--background {'|'.join(_BACKGROUNDS)}"
        raise RuleViolationError(RefusalCode.BAD_VALUE, *fixes, flag="--background", value=background, allowed=allowed)
    if requested not in model.backgrounds:
        raise _not_on_model("--background", *models_with(profile, lambda other: requested in other.backgrounds, now=now))


def _check_conflicts(options: Options) -> None:
    transparent = options.background is not None and options.background.strip().lower() == "transparent"
    if transparent and options.format is not None and _format_word(options.format) == "jpeg":
        raise _conflict("--background transparent", f"--format {options.format}", {"format": "png"})
    if not options.layers:
        return
    if options.background is not None:
        raise _conflict("--layers", f"--background {options.background}")
    if options.count is not None and options.count != 1:
        raise _conflict("--layers", f"--count {options.count}", {"count": 1})
    if options.ratio is not None:
        raise _conflict("--layers", f"--ratio {options.ratio}")
    if options.size is not None and reads_as_size(options.size) and not options.size.strip().lower().endswith("k"):
        raise _conflict("--layers", f"--size {options.size}", {"size": "2K"})


def _not_on_model(flag: str, *fixes: OptionChange) -> RuleViolationError:
    return RuleViolationError(RefusalCode.OPTION_NOT_SUPPORTED, *fixes, flag=flag, **{VARIANT: "model"})


def _conflict(value: str, other: str, *fixes: OptionChange) -> RuleViolationError:
    return RuleViolationError(RefusalCode.OPTION_CONFLICT, *fixes, flag=value, value=value, other=other)


def choose_background(options: Options) -> Literal["transparent", "opaque"] | None:
    """Of checked options."""
    requested = (options.background or "").strip().lower()
    return next((known for known in _BACKGROUNDS if known == requested), None)


def choose_seed(options: Options, model: GatewayModel) -> int | None:
    """A gateway would silently ignore a seed that its model does not have."""
    if options.seed is None:
        return None
    if model.seed is None:
        raise RuleViolationError(RefusalCode.SEED_NOT_SUPPORTED)
    least, most = model.seed
    if not least <= options.seed <= most:
        nearest_seed = min(max(options.seed, least), most)
        raise RuleViolationError(
            RefusalCode.SEED_OUT_OF_RANGE, {"seed": nearest_seed}, value=options.seed, least=least, most=most
        )
    return options.seed


def choose_guidance(options: Options, model: GatewayModel) -> float | None:
    if options.guidance is None:
        return None
    if model.guidance is None:
        raise RuleViolationError(RefusalCode.GUIDANCE_NOT_SUPPORTED)
    least, most = model.guidance
    if not least <= options.guidance <= most:
        near = min(max(options.guidance, least), most)
        raise RuleViolationError(
            RefusalCode.GUIDANCE_OUT_OF_RANGE,
            {"guidance": near},
            value=f"{options.guidance:g}",
            least=f"{least:g}",
            most=f"{most:g}",
        )
    return options.guidance


def choose_format(options: Options, model: GatewayModel, profile: GatewayProfile, *, now: float) -> Literal["jpeg", "png"] | None:
    """The format to send; None if the model's default is wanted. A background is always asked for together with PNG."""
    if options.format is None:
        return "png" if options.background is not None and "png" in model.formats else None
    requested = _format_word(options.format)
    for known in _FORMATS:
        if requested == known and known in model.formats:
            return known
    if requested == model.default_format:
        return None
    fixes = models_with(profile, lambda other: requested in other.formats, now=now)
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


def _format_word(text: str) -> str:
    return text.strip().lower().lstrip(".").replace("jpg", "jpeg")


def check_search(options: Options, model: GatewayModel, profile: GatewayProfile, *, now: float) -> None:
    if options.search and not model.search:
        fixes = models_with(profile, lambda other: other.search, now=now)
        raise RuleViolationError(RefusalCode.SEARCH_NOT_SUPPORTED, *fixes)


def choose_prompt_mode(
    options: Options, model: GatewayModel, profile: GatewayProfile, *, now: float
) -> Literal["standard", "fast"] | None:
    if options.prompt_mode is None:
        return None
    requested = options.prompt_mode.strip().lower()
    for known in _PROMPT_MODES:
        if requested == known and known in model.prompt_modes:
            return known
    fixes = models_with(profile, lambda other: requested in other.prompt_modes, now=now)
    near = nearest(requested, model.prompt_modes)
    own: list[OptionChange] = [{"prompt_mode": mode} for mode in sorted(model.prompt_modes, key=lambda mode: mode != near)]
    raise RuleViolationError(
        RefusalCode.PROMPT_MODE_NOT_SUPPORTED,
        *fixes,
        *own,
        value=options.prompt_mode,
        allowed=", ".join(model.prompt_modes),
    )


def choose_watermark(options: Options, profile: GatewayProfile, defaults: Defaults) -> bool | None:
    """Always sent where it can be chosen: the gateways' defaults differ and may change."""
    if profile.dialect.watermark:
        return defaults.watermark if options.watermark is None else options.watermark
    if options.watermark is not None:
        raise RuleViolationError(RefusalCode.WATERMARK_NOT_CONTROLLABLE)
    return None


def choose_mode(profile: GatewayProfile, model: GatewayModel, per_call: int) -> Mode:
    """`auto`: tasks if the dialect has them, else a stream for a set if the model can stream, else one synchronous answer."""
    modes = profile.dialect.modes
    requested = profile.mode
    if requested == "auto":
        if "async" in modes:
            return "async"
        return "stream" if per_call > 1 and model.stream else "sync"
    if requested == "stream" and not model.stream:
        raise RuleViolationError(RefusalCode.STREAM_NOT_SUPPORTED)
    if requested == "sync" and requested not in modes:
        raise RuleViolationError(RefusalCode.SYNC_NOT_SUPPORTED)
    return requested


def choose_layer_size(options: Options, model: GatewayModel) -> str:
    """A tier, or the gateway's own choice."""
    if options.size is None or options.size.strip().lower() == AUTO:
        return AUTO
    tier = options.size.strip().upper()
    if tier in model.sizes.tiers:
        return tier
    code = RefusalCode.TIER_NOT_ON_MODEL if reads_as_size(options.size) else RefusalCode.SIZE_NOT_SUPPORTED
    allowed = ", ".join((AUTO, *model.sizes.tiers))
    raise RuleViolationError(code, {"size": AUTO}, value=options.size, allowed=allowed)
