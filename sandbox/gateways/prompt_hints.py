"""What a model takes from the prompt's wording: the aspect ratio and the number of pictures.

Sizes are the pixels that the official API reference recommends for each tier and ratio.
"""

import re

RATIOS = ("1:1", "4:3", "3:4", "16:9", "9:16", "3:2", "2:3", "21:9")

_PIXELS: dict[str, tuple[str, ...]] = {
    "1K": ("1024x1024", "1152x864", "864x1152", "1312x736", "736x1312", "1248x832", "832x1248", "1568x672"),
    "2K": ("2048x2048", "2304x1728", "1728x2304", "2848x1600", "1600x2848", "2496x1664", "1664x2496", "3136x1344"),
    "3K": ("3072x3072", "3456x2592", "2592x3456", "4096x2304", "2304x4096", "3744x2496", "2496x3744", "4704x2016"),
    "4K": ("4096x4096", "4704x3520", "3520x4704", "5504x3040", "3040x5504", "4992x3328", "3328x4992", "6240x2656"),
}

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


def ratio_in_prompt(prompt: str) -> str:
    """Return the ratio that the prompt names (`16:9`) or implies (`banner`), or else square."""
    for ratio in sorted(RATIOS, key=len, reverse=True):
        if re.search(rf"(?<!\d){ratio}(?!\d)", prompt):
            return ratio
    for words, ratio in _RATIO_WORDS:
        if re.search(rf"\b(?:{words})\b", prompt, re.IGNORECASE):
            return ratio
    return "1:1"


def tier_pixels(tier: str, ratio: str) -> tuple[int, int]:
    """Return width and height of a tier in a ratio."""
    width, height = _PIXELS[tier][RATIOS.index(ratio)].split("x")
    return int(width), int(height)


def count_in_prompt(prompt: str) -> int | None:
    """Return how many pictures the prompt asks for (`a set of 4`, `three photos`), if it says so."""
    found = _SET_OF.search(prompt) or _COUNTED_THINGS.search(prompt)
    if found is None:
        return None
    word = found.group(1).lower()
    return int(word) if word.isdigit() else _NUMBER_WORDS.index(word) + 1
