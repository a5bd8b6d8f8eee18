"""What a model takes from the prompt's wording: the aspect ratio, the number of pictures, a transparent background."""

import re

from sandbox.gateways.models.sizes import RATIOS

_RATIO_WORDS: tuple[tuple[str, str], ...] = (
    (r"panorama|panoramic|banner", "21:9"),
    (r"wide|widescreen|cinematic|wallpaper", "16:9"),
    (r"tall|vertical|phone", "9:16"),
    (r"portrait|poster", "3:4"),
    (r"postcard|horizontal", "3:2"),
)

_NUMBER_WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_NUMBER = r"(\d{1,2}|" + "|".join(_NUMBER_WORDS) + ")"
_THINGS = "pictures?|images?|photos?|shots?|panels?|scenes?|frames?|views?|seasons?|variations?|versions?|posters?|sketches|stickers?|icons?"
_SET_OF = re.compile(rf"\b(?:set|series|group|sequence|collection) of {_NUMBER}\b", re.IGNORECASE)
_COUNTED_THINGS = re.compile(rf"\b{_NUMBER} (?:(?!and\b|of\b|in\b|to\b|with\b)\w+ )?(?:{_THINGS})\b", re.IGNORECASE)

_TRANSPARENT = re.compile(
    r"\btransparent (?:background|sticker|png)\b|\b(?:no|without(?: a)?) background\b|透明背景", re.IGNORECASE
)


def named_ratio(prompt: str) -> str | None:
    """Return the ratio that the prompt names (`16:9`), if it names one."""
    for ratio in sorted(RATIOS, key=len, reverse=True):
        if re.search(rf"(?<!\d){ratio}(?!\d)", prompt):
            return ratio
    return None


def asks_for_transparency(prompt: str) -> bool:
    """Return whether the prompt asks for a transparent background in words."""
    return _TRANSPARENT.search(prompt) is not None


def ratio_in_prompt(prompt: str) -> str:
    """Return the ratio that the prompt names (`16:9`) or implies (`banner`), or else square."""
    named = named_ratio(prompt)
    if named is not None:
        return named
    for words, ratio in _RATIO_WORDS:
        if re.search(rf"\b(?:{words})\b", prompt, re.IGNORECASE):
            return ratio
    return "1:1"


def count_in_prompt(prompt: str) -> int | None:
    """Return how many pictures the prompt asks for (`a set of 4`, `three photos`), if it says so."""
    found = _SET_OF.search(prompt) or _COUNTED_THINGS.search(prompt)
    if found is None:
        return None
    word = found.group(1).lower()
    return int(word) if word.isdigit() else _NUMBER_WORDS.index(word) + 1
