"""Turns a tier, pixels, an aspect ratio or a reference's aspect into a size that a model takes."""

import itertools
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import field
from decimal import Decimal
from fractions import Fraction

from bot.catalog.ratios import RATIOS, meant_ratios, normalise, read_ratio
from bot.catalog.rule_violation import OptionChange, RuleViolationError
from bot.catalog.size_words import meant_sizes
from bot.errors import RefusalCode
from bot.values import dataclass

DEFAULT_TIER = "2K"
STEP = 16
"""Computed sides are multiples of this where the limits allow it; no model requires it."""
ASPECT_TOLERANCE = Fraction(2, 100)
"""Pixels and a ratio that differ by less agree: the recommended size for 16:9 is 2848x1600."""

_PIXELS = re.compile(r"([1-9]\d{0,5})\s*[x×*]\s*([1-9]\d{0,5})", re.IGNORECASE)
_TIER = re.compile(r"([1-9]\d?(?:\.\d)?)k", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Pixels:
    width: int
    height: int

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"

    @property
    def total(self) -> int:
        return self.width * self.height

    @property
    def aspect(self) -> Fraction:
        return Fraction(self.width, self.height)


SizeTable = Mapping[str, Mapping[Fraction, Pixels]]
"""Tier → ratio → the pixels that the model's documentation recommends."""


@dataclass(frozen=True, kw_only=True)
class SizeRules:
    """The sizes that one model takes at one gateway. `tier_words`: a tier may be sent by its name.

    `sides`: the side of each tier's square, in pixels, of any model. `default`: a tier or pixels. `pixel_sizes`: a size may be
    sent in pixels; otherwise the words in `tiers` are all there is.
    """

    tiers: tuple[str, ...]
    least_pixels: int
    most_pixels: int
    sides: Mapping[str, int]
    recommended: SizeTable = field(default_factory=dict)
    most_aspect: int = 16
    most_side: int | None = None
    tier_words: bool = True
    default: str = DEFAULT_TIER
    pixel_sizes: bool = True


def resolve_size(*, size: str | None, ratio: str | None, reference: Pixels | None, rules: SizeRules) -> str | Pixels:
    """The size to send: a tier's name or exact pixels. `reference` is the size of the first reference, if there is one.

    Raises RuleViolationError.
    """
    requested = _parse_size(size, rules)
    aspect = _parse_ratio(ratio)
    if not rules.pixel_sizes:
        return _word_alone(requested, ratio, rules)
    if isinstance(requested, Pixels):
        return _exact_pixels(requested, aspect, ratio, rules)
    default = _default(rules)
    if requested is None and isinstance(default, Pixels):
        wanted = aspect or (None if reference is None else reference.aspect)
        return default if wanted is None else _pixels_of_aspect(wanted, default, ratio, rules)
    tier = requested or str(default)
    if aspect is not None:
        return _tier_with_ratio(tier, aspect, str(ratio), rules)
    if requested is not None or reference is None or tier not in rules.sides:
        return _tier_without_ratio(tier, rules)
    return nearest_size(reference.aspect, rules.sides[tier] ** 2, rules) or _tier_without_ratio(tier, rules)


def _default(rules: SizeRules) -> str | Pixels:
    """What is sent if nothing is said of the size; the smallest tier where the gateway lacks the model's own default."""
    if found := _PIXELS.fullmatch(rules.default):
        return Pixels(width=int(found[1]), height=int(found[2]))
    return rules.default if rules.default in rules.tiers or not rules.tiers else rules.tiers[0]


def _pixels_of_aspect(aspect: Fraction, default: Pixels, ratio: str | None, rules: SizeRules) -> Pixels:
    """About as many pixels as the default has, of another shape."""
    widest = Fraction(rules.most_aspect)
    if ratio is not None and not 1 / widest <= aspect <= widest:
        nearest = f"{widest}:1" if aspect > 1 else f"1:{widest}"
        raise RuleViolationError(RefusalCode.ASPECT_OUT_OF_RANGE, {"ratio": nearest}, value=ratio)
    return nearest_size(aspect, default.total, rules) or default


def _word_alone(requested: str | Pixels | None, ratio: str | None, rules: SizeRules) -> str:
    """Where no pixels can be sent, the gateway chooses the shape."""
    fixes: list[OptionChange] = [{"size": tier} for tier in rules.tiers]
    if ratio is not None or (requested is not None and requested not in rules.tiers):
        value = str(requested) if requested is not None and requested not in rules.tiers else str(ratio)
        raise RuleViolationError(RefusalCode.SIZE_NOT_SUPPORTED, *fixes, value=value, allowed=_allowed_tiers(rules))
    return str(requested or _default(rules))


def nearest_size(aspect: Fraction, total: int, rules: SizeRules) -> Pixels | None:
    """The allowed size nearest to an aspect ratio and a number of pixels; None if no size has that aspect."""
    widest = Fraction(rules.most_aspect)
    aspect = min(max(aspect, 1 / widest), widest)
    total = min(max(total, rules.least_pixels), rules.most_pixels)
    if rules.most_side is not None:
        total = min(total, int(rules.most_side**2 / max(aspect, 1 / aspect)))
    return next(iter(_legal_sizes_near(aspect, total, rules)), None)


def tier_pixels(tier: str) -> int | None:
    """The pixels of a tier's square; None for a word that is no tier, such as `auto`."""
    number = tier.removesuffix("K")
    if number == tier:
        return None
    return int(Decimal(number) * 1024) ** 2


def _parse_size(text: str | None, rules: SizeRules) -> str | Pixels | None:
    if text is None:
        return None
    normalised = normalise(text)
    if found := _PIXELS.fullmatch(normalised):
        return Pixels(width=int(found[1]), height=int(found[2]))
    if _TIER.fullmatch(normalised):
        return normalised.upper()
    if normalised.lower() in rules.tiers:
        return normalised.lower()
    raise RuleViolationError(
        RefusalCode.SIZE_NOT_SUPPORTED,
        *meant_sizes(normalised, rules.tiers),
        value=text,
        allowed=", ".join((*rules.tiers, *(("WxH",) if rules.pixel_sizes else ()))),
    )


def reads_as_size(text: str) -> bool:
    """Whether a text is a tier or pixels, of any model."""
    normalised = normalise(text)
    return _PIXELS.fullmatch(normalised) is not None or _TIER.fullmatch(normalised) is not None


def _parse_ratio(text: str | None) -> Fraction | None:
    if text is None:
        return None
    aspect = read_ratio(text)
    if aspect is not None:
        return aspect
    raise RuleViolationError(RefusalCode.RATIO_UNKNOWN, *meant_ratios(text), value=text, allowed=", ".join(RATIOS))


def _allowed_tiers(rules: SizeRules) -> str:
    return ", ".join(rules.tiers) or "WxH"


def _exact_pixels(requested: Pixels, aspect: Fraction | None, ratio: str | None, rules: SizeRules) -> Pixels:
    """Pixels that a member typed are used exactly or refused, never adjusted."""
    if aspect is not None and abs(requested.aspect / aspect - 1) >= ASPECT_TOLERANCE:
        fix: OptionChange = {"ratio": _simple_ratio(requested.aspect)}
        raise RuleViolationError(RefusalCode.OPTION_CONFLICT, fix, flag="--size", value=str(requested), other=f"--ratio {ratio}")
    if _broken_rule(requested, rules) is not None:
        raise _violation(requested, rules, *_pixel_fix(requested.aspect, requested.total, rules))
    return requested


def _simple_ratio(aspect: Fraction) -> str:
    ratio = aspect.limit_denominator(100)
    return f"{ratio.numerator}:{ratio.denominator}"


def _tier_without_ratio(tier: str, rules: SizeRules) -> str | Pixels:
    """The tier's name, so that the model chooses the aspect from the prompt; a square where only pixels can be sent."""
    if tier not in rules.tiers:
        raise RuleViolationError(
            RefusalCode.TIER_NOT_ON_MODEL, *_tier_fixes(tier, rules), value=tier, allowed=_allowed_tiers(rules)
        )
    if rules.tier_words:
        return tier
    square = _tier_pixels(tier, Fraction(1), rules)
    if _broken_rule(square, rules) is not None:
        raise _violation(square, rules, *_tier_fixes(tier, rules))
    return square


def _tier_fixes(tier: str, rules: SizeRules) -> Iterator[OptionChange]:
    """The tier as a square in pixels, if the model takes that many pixels; then the nearest tiers."""
    if tier in rules.sides and _broken_rule(_tier_pixels(tier, Fraction(1), rules), rules) is None:
        yield {"size": tier, "ratio": "1:1"}
    yield from _nearest_tiers(tier, rules.tiers)


def _nearest_tiers(tier: str, tiers: tuple[str, ...]) -> list[OptionChange]:
    """The other tiers, the nearest first."""
    if not _TIER.fullmatch(tier):
        return [{"size": other} for other in tiers if other != tier]
    number = Decimal(tier[:-1])
    others = [other for other in tiers if other != tier and _TIER.fullmatch(other)]
    return [{"size": other} for other in sorted(others, key=lambda other: abs(Decimal(other[:-1]) - number))]


def _tier_with_ratio(tier: str, aspect: Fraction, ratio: str, rules: SizeRules) -> Pixels:
    """The recommended pixels, else computed ones; a tier that the model lacks by name can still be sent in pixels."""
    widest = Fraction(rules.most_aspect)
    if not 1 / widest <= aspect <= widest:
        nearest = f"{widest}:1" if aspect > 1 else f"1:{widest}"
        raise RuleViolationError(RefusalCode.ASPECT_OUT_OF_RANGE, {"ratio": nearest}, value=ratio)
    if tier not in rules.sides:
        fixes = _nearest_tiers(tier, rules.tiers)
        raise RuleViolationError(RefusalCode.TIER_NOT_ON_MODEL, *fixes, value=tier, allowed=_allowed_tiers(rules))
    recommended = rules.recommended.get(tier, {}).get(aspect)
    computed = [] if recommended is not None else _legal_sizes_near(aspect, rules.sides[tier] ** 2, rules)
    pixels = computed[0] if computed else _tier_pixels(tier, aspect, rules)
    if _broken_rule(pixels, rules) is None:
        return pixels
    legal = tuple(other for other in rules.sides if _broken_rule(_tier_pixels(other, aspect, rules), rules) is None)
    raise _violation(pixels, rules, *_nearest_tiers(tier, legal), *_pixel_fix(aspect, pixels.total, rules))


def _pixel_fix(aspect: Fraction, total: int, rules: SizeRules) -> list[OptionChange]:
    nearest = nearest_size(aspect, total, rules)
    return [] if nearest is None else [{"size": str(nearest)}]


def _tier_pixels(tier: str, aspect: Fraction, rules: SizeRules) -> Pixels:
    recommended = rules.recommended.get(tier, {}).get(aspect)
    if recommended is not None:
        return recommended
    side = rules.sides[tier]
    return Pixels(
        width=max(STEP, round(side * math.sqrt(aspect) / STEP) * STEP),
        height=max(STEP, round(side / math.sqrt(aspect) / STEP) * STEP),
    )


def _legal_sizes_near(aspect: Fraction, total: int, rules: SizeRules) -> list[Pixels]:
    """Allowed sizes around an aspect and a number of pixels, the closest aspect first; in multiples of 16 if there are any."""
    width, height = math.sqrt(total * aspect), math.sqrt(total / aspect)
    for step in (STEP, 1):
        legal = [
            pixels
            for side, other_side in itertools.product(_around(width, step), _around(height, step))
            for pixels in [Pixels(width=side, height=other_side)]
            if _broken_rule(pixels, rules) is None
        ]
        if legal:
            return sorted(legal, key=lambda pixels: (abs(math.log(pixels.aspect / aspect)), abs(pixels.total - total)))
    return []


def _around(length: float, step: int) -> tuple[int, ...]:
    below = max(1, math.floor(length / step)) * step
    above = max(1, math.ceil(length / step)) * step
    return (below, above) if below != above else (below,)


def _broken_rule(pixels: Pixels, rules: SizeRules) -> tuple[RefusalCode, int] | None:
    """The first rule that these pixels break, and its limit."""
    if pixels.total < rules.least_pixels:
        return RefusalCode.PIXELS_TOO_FEW, rules.least_pixels
    if pixels.total > rules.most_pixels:
        return RefusalCode.PIXELS_TOO_MANY, rules.most_pixels
    if not Fraction(1, rules.most_aspect) <= pixels.aspect <= rules.most_aspect:
        return RefusalCode.ASPECT_OUT_OF_RANGE, rules.most_aspect
    if rules.most_side is not None and max(pixels.width, pixels.height) > rules.most_side:
        return RefusalCode.SIDE_TOO_LONG, rules.most_side
    return None


def _violation(pixels: Pixels, rules: SizeRules, *fixes: OptionChange) -> RuleViolationError:
    broken = _broken_rule(pixels, rules)
    if broken is None:
        raise ValueError(f"{pixels} breaks no rule")
    code, limit = broken
    return RuleViolationError(code, *fixes, value=str(pixels), limit=limit)
