"""Reads the aspect ratios that members write: `16:9`, `16x9`, `1.5`, `landscape`; pure."""

import re
import unicodedata
from collections.abc import Mapping
from fractions import Fraction
from types import MappingProxyType

from bot.catalog.rule_violation import OptionChange
from bot.config.nearest import nearest

RATIOS = ("1:1", "4:3", "3:4", "16:9", "9:16", "3:2", "2:3", "21:9")
"""The ratios for which the API reference recommends pixels."""
SHAPES: Mapping[str, str] = MappingProxyType(
    {
        "square": "1:1",
        "landscape": "16:9",
        "horizontal": "16:9",
        "wide": "16:9",
        "widescreen": "16:9",
        "portrait": "9:16",
        "vertical": "9:16",
        "tall": "9:16",
        "story": "9:16",
        "ultrawide": "21:9",
        "cinema": "21:9",
        "cinematic": "21:9",
        "panorama": "21:9",
        "panoramic": "21:9",
    },
)
"""Words for a shape, in lower case, and the ratio that each stands for."""
ROUNDING = Fraction(1, 100)
"""A decimal number stands for the ratio of RATIOS that it rounds: 1.78 is 16:9."""
_NUMBER = r"(\d{1,5}(?:\.\d{1,4})?)"
_PAIR = re.compile(rf"{_NUMBER}\s*[:∶x×*/]\s*{_NUMBER}", re.IGNORECASE)
_TWO_NUMBERS = re.compile(rf"{_NUMBER}\D+{_NUMBER}")
_ONE_NUMBER = re.compile(rf"{_NUMBER}\D*")


def normalise(text: str) -> str:
    """With ordinary letters and digits, without spaces around."""
    return unicodedata.normalize("NFKC", text).strip()


def read_ratio(text: str) -> Fraction | None:
    """Width divided by height; None if the text is no ratio."""
    normalised = normalise(text).lower()
    if pair := _PAIR.fullmatch(SHAPES.get(normalised, normalised)):
        width, height = Fraction(pair[1]), Fraction(pair[2])
        return width / height if width and height else None
    if "." not in normalised or not re.fullmatch(_NUMBER, normalised):
        # A whole number alone is rather the first half of a ratio.
        return None
    number = Fraction(normalised)
    known = [Fraction(*map(int, ratio.split(":"))) for ratio in RATIOS]
    return next((ratio for ratio in known if abs(number / ratio - 1) <= ROUNDING), number or None)


def meant_ratios(text: str) -> list[OptionChange]:
    """What a text that is no ratio may have been meant as, the likeliest first; nothing if it resembles none."""
    normalised = normalise(text).lower()
    if (two := _TWO_NUMBERS.fullmatch(normalised)) and Fraction(two[1]) and Fraction(two[2]):
        return [{"ratio": f"{two[1]}:{two[2]}"}]
    if one := _ONE_NUMBER.fullmatch(normalised):
        return [{"ratio": ratio} for ratio in RATIOS if ratio.split(":")[0] == one[1]]
    shape = nearest(normalised, SHAPES)
    return [] if shape is None else [{"ratio": SHAPES[shape]}]
