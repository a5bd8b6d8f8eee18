"""Resolving tiers, pixels, ratios and the aspect of a reference against every kind of limit."""

import itertools
import math
from dataclasses import replace

import pytest

from bot.catalog.load import shipped
from bot.catalog.ratios import RATIOS
from bot.catalog.rule_violation import RuleViolationError
from bot.catalog.sizes import Pixels, SizeRules, resolve_size
from bot.errors import RefusalCode
from tests.fakes.dialects import gateway

MODELS = ("5.0-lite", "4.5", "4.0", "5.5", "5.0-pro", "5.0-flash")
SIDES = shipped().sides


def rules_of(name: str) -> SizeRules:
    return gateway("ark_intl", models={"3.0-t2i": "t2i", "edit-3.0": "edit"}).models[name].sizes


RULES = {name: rules_of(name) for name in MODELS}
# A gateway that takes only pixels and has a longest side, and one whose 5.0-lite ends at 3K.
RULES["pixels 4.0"] = replace(RULES["4.0"], tier_words=False, most_side=4096)
RULES["pixels 4.5"] = replace(RULES["4.5"], tier_words=False, most_side=4096)
RULES["low lite"] = replace(RULES["5.0-lite"], tiers=("2K", "3K"), most_pixels=10_404_496)

# Rules, --size, --ratio, the first reference; the size that is sent.
RESOLVED: list[tuple[str, str | None, str | None, Pixels | None, str]] = [
    ("5.0-lite", None, None, None, "2K"),
    ("4.5", "4K", None, None, "4K"),
    ("4.5", " 4k ", None, None, "4K"),
    ("4.0", "1K", None, None, "1K"),
    ("5.0-lite", "3K", None, None, "3K"),
    ("5.0-lite", "4K", None, None, "4K"),
    ("pixels 4.0", None, None, None, "2048x2048"),
    ("pixels 4.0", "1K", None, None, "1024x1024"),
    ("pixels 4.5", "4K", None, None, "4096x4096"),
    # Recommended ratios.
    ("5.0-lite", None, "16:9", None, "2848x1600"),
    ("5.0-lite", "2K", "1:1", None, "2048x2048"),
    ("5.0-lite", "3K", "21:9", None, "4704x2016"),
    ("4.5", "3K", "16:9", None, "4096x2304"),
    ("4.5", "4K", "21:9", None, "6240x2656"),
    ("4.0", "1K", "4:3", None, "1152x864"),
    ("4.0", "1K", "32:18", None, "1312x736"),
    ("4.0", "3K", "1:1", None, "3072x3072"),
    ("4.5", "2K", " 16 : 9 ", None, "2848x1600"),
    ("4.5", "2K", "７：３", None, "3136x1344"),
    ("low lite", "2K", "9:16", None, "1600x2848"),
    ("pixels 4.0", "2K", "16:9", None, "2848x1600"),
    # Other ways to write a ratio.
    ("4.5", None, "16x9", None, "2848x1600"),
    ("4.5", None, "16/9", None, "2848x1600"),
    ("4.5", None, "16×9", None, "2848x1600"),
    ("4.5", None, "1.5", None, "2496x1664"),
    ("4.5", None, "1.78", None, "2848x1600"),
    ("4.5", None, "1.33", None, "2304x1728"),
    ("4.5", None, "0.67", None, "1664x2496"),
    ("4.5", None, "1.0", None, "2048x2048"),
    ("4.5", None, "landscape", None, "2848x1600"),
    ("4.5", None, "Portrait", None, "1600x2848"),
    ("4.5", None, "square", None, "2048x2048"),
    ("4.5", None, "wide", None, "2848x1600"),
    ("4.5", None, "cinematic", None, "3136x1344"),
    # Computed ratios.
    ("4.5", "2K", "4:5", None, "1840x2304"),
    ("4.5", None, "2.35:1", None, "3152x1344"),
    ("4.5", "2K", "16:1", None, "8192x512"),
    ("4.5", "2K", "1:16", None, "512x8192"),
    ("4.5", "4K", "5:4", None, "4576x3664"),
    # Exact pixels.
    ("4.0", "1280x720", None, None, "1280x720"),
    ("4.5", "2560X1440", None, None, "2560x1440"),
    ("4.5", "3750×1250", None, None, "3750x1250"),
    ("4.5", "7680x480", None, None, "7680x480"),
    ("4.5", "4096x4096", None, None, "4096x4096"),
    ("4.5", "6240x2656", None, None, "6240x2656"),
    ("4.5", "2848x1600", "16:9", None, "2848x1600"),
    # The first reference's aspect if neither size nor ratio is given.
    ("5.0-lite", None, None, Pixels(width=1000, height=1000), "2048x2048"),
    ("5.0-lite", None, None, Pixels(width=1920, height=1080), "2736x1536"),
    ("5.0-lite", None, None, Pixels(width=3024, height=4032), "1776x2368"),
    ("4.5", None, None, Pixels(width=1600, height=100), "8192x512"),
    ("4.5", "4K", None, Pixels(width=1920, height=1080), "4K"),
    ("4.5", None, "1:1", Pixels(width=1920, height=1080), "2048x2048"),
    ("pixels 4.0", None, None, Pixels(width=800, height=100), "4096x512"),
]

# Rules, --size, --ratio; the refusal code and the first fix.
REFUSED: list[tuple[str, str | None, str | None, RefusalCode, dict[str, str] | None]] = [
    ("4.5", "1K", None, RefusalCode.TIER_NOT_ON_MODEL, {"size": "2K"}),
    ("4.5", "3K", None, RefusalCode.TIER_NOT_ON_MODEL, {"size": "3K", "ratio": "1:1"}),
    ("4.0", "3K", None, RefusalCode.TIER_NOT_ON_MODEL, {"size": "3K", "ratio": "1:1"}),
    ("5.0-lite", "1K", None, RefusalCode.TIER_NOT_ON_MODEL, {"size": "2K"}),
    ("5.0-lite", "8K", None, RefusalCode.TIER_NOT_ON_MODEL, {"size": "4K"}),
    ("5.0-lite", "8K", "16:9", RefusalCode.TIER_NOT_ON_MODEL, {"size": "4K"}),
    ("low lite", "4K", None, RefusalCode.TIER_NOT_ON_MODEL, {"size": "3K"}),
    ("low lite", "4K", "16:9", RefusalCode.PIXELS_TOO_MANY, {"size": "3K"}),
    ("pixels 4.5", "3K", None, RefusalCode.TIER_NOT_ON_MODEL, {"size": "3K", "ratio": "1:1"}),
    ("pixels 4.0", "4K", "16:9", RefusalCode.SIDE_TOO_LONG, {"size": "3K"}),
    ("4.5", "1K", "16:9", RefusalCode.PIXELS_TOO_FEW, {"size": "2K"}),
    ("4.5", "1K", "5:4", RefusalCode.PIXELS_TOO_FEW, {"size": "2K"}),
    ("4.5", "1500x1500", None, RefusalCode.PIXELS_TOO_FEW, {"size": "1920x1920"}),
    ("4.5", "1280x720", None, RefusalCode.PIXELS_TOO_FEW, {"size": "2560x1440"}),
    ("4.0", "1279x720", None, RefusalCode.PIXELS_TOO_FEW, {"size": "1280x720"}),
    ("4.5", "4097x4096", None, RefusalCode.PIXELS_TOO_MANY, {"size": "4096x4096"}),
    ("4.5", "7696x480", None, RefusalCode.ASPECT_OUT_OF_RANGE, {"size": "7680x480"}),
    ("4.5", "480x7696", None, RefusalCode.ASPECT_OUT_OF_RANGE, {"size": "480x7680"}),
    ("pixels 4.0", "4112x1024", None, RefusalCode.SIDE_TOO_LONG, {"size": "4096x1024"}),
    ("4.5", None, "17:1", RefusalCode.ASPECT_OUT_OF_RANGE, {"ratio": "16:1"}),
    ("4.5", None, "1:16.1", RefusalCode.ASPECT_OUT_OF_RANGE, {"ratio": "1:16"}),
    ("4.5", None, "16;9", RefusalCode.RATIO_UNKNOWN, {"ratio": "16:9"}),
    ("4.5", None, "16,9", RefusalCode.RATIO_UNKNOWN, {"ratio": "16:9"}),
    ("4.5", None, "16", RefusalCode.RATIO_UNKNOWN, {"ratio": "16:9"}),
    ("4.5", None, "21:", RefusalCode.RATIO_UNKNOWN, {"ratio": "21:9"}),
    ("4.5", None, "landscpe", RefusalCode.RATIO_UNKNOWN, {"ratio": "16:9"}),
    ("4.5", None, "potrait", RefusalCode.RATIO_UNKNOWN, {"ratio": "9:16"}),
    ("4.5", None, "banana", RefusalCode.RATIO_UNKNOWN, None),
    ("4.5", None, "16:0", RefusalCode.RATIO_UNKNOWN, None),
    ("4.5", None, "0.0", RefusalCode.RATIO_UNKNOWN, None),
    ("4.5", None, "-4:3", RefusalCode.RATIO_UNKNOWN, None),
    ("4.5", "adaptive", None, RefusalCode.SIZE_NOT_SUPPORTED, None),
    ("4.5", "2048", None, RefusalCode.SIZE_NOT_SUPPORTED, {"size": "2048x2048"}),
    ("4.5", "2048px", None, RefusalCode.SIZE_NOT_SUPPORTED, {"size": "2048x2048"}),
    ("4.5", "1920:1080", None, RefusalCode.SIZE_NOT_SUPPORTED, {"size": "1920x1080"}),
    ("4.5", "1080p", None, RefusalCode.SIZE_NOT_SUPPORTED, {"size": "1920x1080"}),
    ("4.5", "Full HD", None, RefusalCode.SIZE_NOT_SUPPORTED, {"size": "1920x1080"}),
    ("4.5", "2", None, RefusalCode.SIZE_NOT_SUPPORTED, {"size": "2K"}),
    ("4.5", "4KK", None, RefusalCode.SIZE_NOT_SUPPORTED, {"size": "4K"}),
    ("4.5", "huge", None, RefusalCode.SIZE_NOT_SUPPORTED, {"size": "4K"}),
    ("4.0", "small", None, RefusalCode.SIZE_NOT_SUPPORTED, {"size": "1K"}),
    ("4.0", "16:9", None, RefusalCode.SIZE_NOT_SUPPORTED, {"size": "2K", "ratio": "16:9"}),
    ("4.5", "portrait", None, RefusalCode.SIZE_NOT_SUPPORTED, {"size": "2K", "ratio": "portrait"}),
    ("4.5", "1.5K", None, RefusalCode.TIER_NOT_ON_MODEL, {"size": "2K"}),
    ("4.5", "0x0", None, RefusalCode.SIZE_NOT_SUPPORTED, None),
    ("4.5", "9999999x1", None, RefusalCode.SIZE_NOT_SUPPORTED, None),
    ("4.5", "", None, RefusalCode.SIZE_NOT_SUPPORTED, None),
    ("4.5", "2048x2048", "16:9", RefusalCode.OPTION_CONFLICT, {"ratio": "1:1"}),
]


@pytest.mark.parametrize(("name", "size", "ratio", "reference", "sent"), RESOLVED)
def test_a_size_is_resolved(name: str, size: str | None, ratio: str | None, reference: Pixels | None, sent: str) -> None:
    """What a member typed or left out becomes a tier's name or exact pixels."""
    assert str(resolve_size(size=size, ratio=ratio, reference=reference, rules=RULES[name])) == sent


@pytest.mark.parametrize(("name", "size", "ratio", "code", "fix"), REFUSED)
def test_a_size_is_refused(
    name: str,
    size: str | None,
    ratio: str | None,
    code: RefusalCode,
    fix: dict[str, str] | None,
) -> None:
    """A size outside the limits is not adjusted; the first fix is the nearest allowed one."""
    with pytest.raises(RuleViolationError) as caught:
        resolve_size(size=size, ratio=ratio, reference=None, rules=RULES[name])

    assert (caught.value.code, next(iter(caught.value.fixes), None)) == (code, fix)


def test_every_recommended_size_is_within_the_limits_of_its_tier() -> None:
    """The table agrees with the models' limits, and each size is within 2 percent of its ratio."""
    for name, tier, ratio in itertools.product(MODELS, SIDES, RATIOS):
        if tier in shipped().models[name].tiers:
            pixels = resolve_size(size=tier, ratio=ratio, reference=None, rules=RULES[name])
            wide, high = map(int, ratio.split(":"))
            assert isinstance(pixels, Pixels)
            assert abs(pixels.width * high / (pixels.height * wide) - 1) < 0.02


def test_any_aspect_of_a_reference_has_a_size() -> None:
    """From 1:16 to 16:1, the size has about 4.19 megapixels, multiples of 16 and the aspect of the reference."""
    for name in ("4.0", "4.5", "5.0-lite", "low lite"):
        for step in range(-40, 41):
            aspect = 16 ** (step / 40)
            reference = Pixels(width=round(1000 * math.sqrt(aspect)), height=round(1000 / math.sqrt(aspect)))
            pixels = resolve_size(size=None, ratio=None, reference=reference, rules=RULES[name])
            assert isinstance(pixels, Pixels)
            assert pixels.width % 16 == pixels.height % 16 == 0
            assert abs(pixels.total / 2048**2 - 1) < 0.04
            assert abs(math.log(pixels.aspect / aspect)) < 0.04
            assert 1 / 16 <= pixels.aspect <= 16


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        ("4.5", "4.5"),
        ("Seedream-4.5", "4.5"),
        ("seedream 4.5", "4.5"),
        ("seedream4.5", "4.5"),
        ("v4.5", "4.5"),
        ("4", "4.0"),
        ("4.0", "4.0"),
        ("lite", "5.0-lite"),
        ("5", "5.0-lite"),
        ("5.0", "5.0-lite"),
        ("5.0 lite", "5.0-lite"),
        ("5.0_LITE", "5.0-lite"),
        ("doubao-seedream-5.0-lite", "5.0-lite"),
        ("bytedance-seedream-5.0", "5.0-lite"),
        ("5.5", "5.5"),
        ("seedream 5.5", "5.5"),
        ("dola-seedream-5-5", "5.5"),
        ("pro", "5.0-pro"),
        ("Seedream 5 Pro", "5.0-pro"),
        ("5-0-flash", "5.0-flash"),
        ("flash", "5.0-flash"),
        ("3.0-t2i", "3.0-t2i"),
        ("seededit 3.0", "edit-3.0"),
        ("３.0", None),
        ("5.1", None),
        ("seedream", None),
        ("", None),
    ],
)
def test_a_model_is_found_by_many_spellings(spelling: str, name: str | None) -> None:
    """Family name, case, spaces and a missing `.0` do not matter; an unknown model is None."""
    found = shipped().find_model(spelling)

    assert (found.name if found is not None else None) == name
