"""What a text that is no size may have been meant as; pure."""

import re
from collections.abc import Mapping
from types import MappingProxyType

from bot.catalog.ratios import read_ratio
from bot.catalog.rule_violation import OptionChange

NAMED: Mapping[str, str] = MappingProxyType(
    {"hd": "1280x720", "720p": "1280x720", "fullhd": "1920x1080", "fhd": "1920x1080", "1080p": "1920x1080"}
    | {"qhd": "2560x1440", "1440p": "2560x1440", "uhd": "3840x2160", "2160p": "3840x2160"}
)
"""Screens by their names, in pixels."""
LARGEST = frozenset({"max", "maximum", "largest", "huge", "large", "big", "highest", "xl"})
SMALLEST = frozenset({"min", "minimum", "smallest", "tiny", "small", "lowest"})
_PAIR = re.compile(r"([1-9]\d{2,4})\D+([1-9]\d{2,4})")
_SIDE = re.compile(r"([1-9]\d{2,4})(?:px)?")
_TIER = re.compile(r"([1-9](?:\.\d)?)\D{0,2}")


def meant_sizes(text: str, tiers: tuple[str, ...]) -> list[OptionChange]:
    """The sizes that a text resembles, the likeliest first; nothing if it resembles none."""
    word = text.lower()
    plain = word.replace(" ", "").replace("-", "").replace("_", "")
    if plain in NAMED:
        return [{"size": NAMED[plain]}]
    if plain in LARGEST | SMALLEST:
        return [{"size": tiers[-1 if plain in LARGEST else 0]}]
    if pair := _PAIR.fullmatch(word):
        return [{"size": f"{pair[1]}x{pair[2]}"}]
    if side := _SIDE.fullmatch(word):
        return [{"size": f"{side[1]}x{side[1]}"}]
    if tier := _TIER.fullmatch(word):
        return [{"size": f"{tier[1]}K"}]
    if read_ratio(text) is None:
        return []
    # A shape was given as a size.
    return [{"size": tier, "ratio": text} for tier in sorted(tiers, key=lambda tier: tier != "2K")]
