"""Sizes: tiers, pixels, ratios and the shape of a reference, as a model takes them (`facts/upstreams.md` 3.4)."""

import itertools
import math
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType

from bot.catalog.objection import Change, ObjectionError
from bot.errors import RefusalCode

DEFAULT_TIER = "2K"
SIDES: Mapping[str, int] = MappingProxyType({"1K": 1024, "2K": 2048, "3K": 3072, "4K": 4096})
"""The side of a tier's square, in pixels."""
RATIOS = ("1:1", "4:3", "3:4", "16:9", "9:16", "3:2", "2:3", "21:9")
_RECOMMENDED = MappingProxyType(
    {
        "1K": ("1024x1024", "1152x864", "864x1152", "1312x736", "736x1312", "1248x832", "832x1248", "1568x672"),
        "2K": ("2048x2048", "2304x1728", "1728x2304", "2848x1600", "1600x2848", "2496x1664", "1664x2496", "3136x1344"),
        "3K": ("3072x3072", "3456x2592", "2592x3456", "4096x2304", "2304x4096", "3744x2496", "2496x3744", "4704x2016"),
        "4K": ("4096x4096", "4704x3520", "3520x4704", "5504x3040", "3040x5504", "4992x3328", "3328x4992", "6240x2656"),
    },
)
STEP = 16
"""Computed sides are multiples of this where that keeps the range; no model demands it."""
SAME_SHAPE = Fraction(2, 100)
"""A size in pixels and a ratio that differ by less are one wish: 2848x1600 is what 16:9 stands for."""

_PIXELS = re.compile(r"([1-9]\d{0,5})\s*[x×*]\s*([1-9]\d{0,5})", re.IGNORECASE)
_TIER = re.compile(r"([1-9]\d?)k", re.IGNORECASE)
_NUMBER = r"(\d{1,5}(?:\.\d{1,4})?)"
_RATIO = re.compile(rf"{_NUMBER}\s*:\s*{_NUMBER}")
_TWO_NUMBERS = re.compile(rf"{_NUMBER}\D+{_NUMBER}")


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
    def shape(self) -> Fraction:
        return Fraction(self.width, self.height)


@dataclass(frozen=True, kw_only=True)
class SizeRules:
    """What sizes one model takes at one gateway. `tier_words`: a tier may be sent as it is."""

    tiers: tuple[str, ...]
    least_pixels: int
    most_pixels: int
    most_aspect: int = 16
    most_side: int | None = None
    tier_words: bool = True


def resolve_size(*, size: str | None, ratio: str | None, reference: Pixels | None, rules: SizeRules) -> str | Pixels:
    """What to send: a tier's word or exact pixels. `reference` is the first picture's size, None where there is none.

    Raises ObjectionError.
    """
    wanted = _read_size(size, rules)
    shape = _read_ratio(ratio)
    if isinstance(wanted, Pixels):
        return _exactly(wanted, shape, ratio, rules)
    if shape is not None:
        return _tier_in_shape(wanted or DEFAULT_TIER, shape, str(ratio), rules)
    if wanted is not None or reference is None:
        return _bare_tier(wanted or DEFAULT_TIER, rules)
    return fitted(reference.shape, SIDES[DEFAULT_TIER] ** 2, rules) or _bare_tier(DEFAULT_TIER, rules)


def fitted(shape: Fraction, total: int, rules: SizeRules) -> Pixels | None:
    """The size nearest to a shape and a number of pixels that the rules allow; None where no size has that shape."""
    widest = Fraction(rules.most_aspect)
    shape = min(max(shape, 1 / widest), widest)
    total = min(max(total, rules.least_pixels), rules.most_pixels)
    if rules.most_side is not None:
        total = min(total, int(rules.most_side**2 / max(shape, 1 / shape)))
    return next(iter(_near(shape, total, rules)), None)


def _read_size(text: str | None, rules: SizeRules) -> str | Pixels | None:
    if text is None:
        return None
    spelled = unicodedata.normalize("NFKC", text).strip()
    if found := _PIXELS.fullmatch(spelled):
        return Pixels(width=int(found[1]), height=int(found[2]))
    if _TIER.fullmatch(spelled):
        return spelled.upper()
    nearest = DEFAULT_TIER if DEFAULT_TIER in rules.tiers else rules.tiers[0]
    raise ObjectionError(RefusalCode.SIZE_NOT_SUPPORTED, {"size": nearest}, value=text, allowed=f"{_words(rules)}, WxH")


def _read_ratio(text: str | None) -> Fraction | None:
    if text is None:
        return None
    spelled = unicodedata.normalize("NFKC", text).strip()
    numbers = _TWO_NUMBERS.fullmatch(spelled)
    readable = numbers is not None and Fraction(numbers[1]) > 0 and Fraction(numbers[2]) > 0
    if numbers is not None and readable and _RATIO.fullmatch(spelled):
        return Fraction(numbers[1]) / Fraction(numbers[2])
    ways: list[Change] = [{"ratio": f"{numbers[1]}:{numbers[2]}"}] if numbers is not None and readable else []
    raise ObjectionError(RefusalCode.RATIO_UNKNOWN, *ways, {"ratio": "1:1"}, value=text, allowed=", ".join(RATIOS))


def _words(rules: SizeRules) -> str:
    return ", ".join(rules.tiers)


def _exactly(wanted: Pixels, shape: Fraction | None, ratio: str | None, rules: SizeRules) -> Pixels:
    """Pixels a member typed: taken as they are or refused, never bent."""
    if shape is not None and abs(wanted.shape / shape - 1) >= SAME_SHAPE:
        way: Change = {"ratio": _in_small_numbers(wanted.shape)}
        raise ObjectionError(RefusalCode.OPTION_CONFLICT, way, flag="--size", value=str(wanted), other=f"--ratio {ratio}")
    if _broken_rule(wanted, rules) is not None:
        raise _objection(wanted, rules, *_as_pixels(wanted.shape, wanted.total, rules))
    return wanted


def _in_small_numbers(shape: Fraction) -> str:
    close = shape.limit_denominator(100)
    return f"{close.numerator}:{close.denominator}"


def _bare_tier(tier: str, rules: SizeRules) -> str | Pixels:
    """A tier without a shape: the model chooses one from the prompt, or the square where only pixels exist."""
    if tier not in rules.tiers:
        raise ObjectionError(RefusalCode.TIER_NOT_ON_MODEL, *_ways_without(tier, rules), value=tier, allowed=_words(rules))
    if rules.tier_words:
        return tier
    square = _pixels_of(tier, Fraction(1))
    if _broken_rule(square, rules) is not None:
        raise _objection(square, rules, *_ways_without(tier, rules))
    return square


def _ways_without(tier: str, rules: SizeRules) -> Iterator[Change]:
    """The same number of pixels said as a shape, where the model takes pixels of that size; else the nearest tiers."""
    if tier in SIDES and _broken_rule(_pixels_of(tier, Fraction(1)), rules) is None:
        yield {"size": tier, "ratio": "1:1"}
    yield from _other_tiers(tier, rules.tiers)


def _other_tiers(tier: str, tiers: tuple[str, ...]) -> list[Change]:
    """The nearest first."""
    number = int(tier[:-1])
    others = sorted((other for other in tiers if other != tier), key=lambda other: abs(int(other[:-1]) - number))
    return [{"size": other} for other in others]


def _tier_in_shape(tier: str, shape: Fraction, ratio: str, rules: SizeRules) -> Pixels:
    """The recommended pixels, else computed ones; a tier that is no word of the model's is legal as pixels."""
    widest = Fraction(rules.most_aspect)
    if not 1 / widest <= shape <= widest:
        nearest = f"{widest}:1" if shape > 1 else f"1:{widest}"
        raise ObjectionError(RefusalCode.ASPECT_OUT_OF_RANGE, {"ratio": nearest}, value=ratio)
    if tier not in SIDES:
        ways = _other_tiers(tier, rules.tiers)
        raise ObjectionError(RefusalCode.TIER_NOT_ON_MODEL, *ways, value=tier, allowed=_words(rules))
    computed = [] if shape in _SHAPES else _near(shape, SIDES[tier] ** 2, rules)
    pixels = computed[0] if computed else _pixels_of(tier, shape)
    if _broken_rule(pixels, rules) is None:
        return pixels
    raise _objection(pixels, rules, *_other_tiers(tier, tuple(SIDES)), *_as_pixels(shape, pixels.total, rules))


def _as_pixels(shape: Fraction, total: int, rules: SizeRules) -> list[Change]:
    instead = fitted(shape, total, rules)
    return [] if instead is None else [{"size": str(instead)}]


_SHAPES = tuple(Fraction(*map(int, ratio.split(":"))) for ratio in RATIOS)


def _pixels_of(tier: str, shape: Fraction) -> Pixels:
    if shape in _SHAPES:
        width, height = _RECOMMENDED[tier][_SHAPES.index(shape)].split("x")
        return Pixels(width=int(width), height=int(height))
    side = SIDES[tier]
    return Pixels(
        width=max(STEP, round(side * math.sqrt(shape) / STEP) * STEP),
        height=max(STEP, round(side / math.sqrt(shape) / STEP) * STEP),
    )


def _near(shape: Fraction, total: int, rules: SizeRules) -> list[Pixels]:
    """Legal sizes around a shape of so many pixels, the truest shape first, in multiples of 16 where there are any."""
    width, height = math.sqrt(total * shape), math.sqrt(total / shape)
    for step in (STEP, 1):
        legal = [
            pixels
            for across, down in itertools.product(_around(width, step), _around(height, step))
            for pixels in [Pixels(width=across, height=down)]
            if _broken_rule(pixels, rules) is None
        ]
        if legal:
            return sorted(legal, key=lambda pixels: (abs(math.log(pixels.shape / shape)), abs(pixels.total - total)))
    return []


def _around(length: float, step: int) -> tuple[int, ...]:
    below = max(1, math.floor(length / step)) * step
    above = max(1, math.ceil(length / step)) * step
    return (below, above) if below != above else (below,)


def _broken_rule(pixels: Pixels, rules: SizeRules) -> tuple[RefusalCode, int] | None:
    """The first rule these pixels break, and its figure."""
    if pixels.total < rules.least_pixels:
        return RefusalCode.PIXELS_TOO_FEW, rules.least_pixels
    if pixels.total > rules.most_pixels:
        return RefusalCode.PIXELS_TOO_MANY, rules.most_pixels
    if not Fraction(1, rules.most_aspect) <= pixels.shape <= rules.most_aspect:
        return RefusalCode.ASPECT_OUT_OF_RANGE, rules.most_aspect
    if rules.most_side is not None and max(pixels.width, pixels.height) > rules.most_side:
        return RefusalCode.SIDE_TOO_LONG, rules.most_side
    return None


def _objection(pixels: Pixels, rules: SizeRules, *ways: Change) -> ObjectionError:
    broken = _broken_rule(pixels, rules)
    if broken is None:
        raise ValueError(f"{pixels} breaks no rule")
    code, limit = broken
    return ObjectionError(code, *ways, value=str(pixels), limit=limit)
