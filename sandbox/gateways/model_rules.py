"""What each model version accepts, whichever gateway leads to it: tiers, pixels and counts, as tables."""

import re
from dataclasses import dataclass
from typing import Any

from sandbox.gateways.fields import invalid_parameter
from sandbox.gateways.prompt_hints import count_in_prompt, ratio_in_prompt, tier_pixels

MOST_REFERENCES = 14
MOST_TOTAL = 15
"""References and outputs of one call together."""
MOST_IMAGES = 15
_MOST_ASPECT = 16


@dataclass(frozen=True, kw_only=True)
class ModelRules:
    """The limits of one model version."""

    tiers: tuple[str, ...]
    least_pixels: int
    most_pixels: int = 16_777_216
    longest_side: int | None = None
    lite: bool = False
    prompt_modes: tuple[str, ...] = ("standard",)


V4_0 = ModelRules(tiers=("1K", "2K", "4K"), least_pixels=921_600, prompt_modes=("standard", "fast"))
V4_5 = ModelRules(tiers=("2K", "4K"), least_pixels=3_686_400)
V5_0_LITE = ModelRules(tiers=("2K", "3K", "4K"), least_pixels=3_686_400, lite=True)


def read_size(value: Any, rules: ModelRules, prompt: str) -> tuple[int, int]:
    """Return the pixels of a `size`: a tier, whose ratio the prompt decides, or `WIDTHxHEIGHT`."""
    if isinstance(value, str) and value in rules.tiers:
        return tier_pixels(value, ratio_in_prompt(prompt))
    found = re.fullmatch(r"([1-9]\d{0,5})x([1-9]\d{0,5})", value) if isinstance(value, str) else None
    if found is None:
        raise invalid_parameter("size", f"must be one of {', '.join(rules.tiers)}, or width and height like 2048x2048")
    return check_pixels("size", int(found.group(1)), int(found.group(2)), rules)


def check_pixels(name: str, width: int, height: int, rules: ModelRules) -> tuple[int, int]:
    """Return width and height if the model makes such pictures; otherwise raise the error of parameter `name`."""
    if not rules.least_pixels <= width * height <= rules.most_pixels:
        raise invalid_parameter(name, f"has {width * height} pixels, allowed are {rules.least_pixels} to {rules.most_pixels}")
    if max(width, height) > _MOST_ASPECT * min(width, height):
        raise invalid_parameter(name, "has an aspect ratio outside 1/16 to 16")
    if rules.longest_side is not None and max(width, height) > rules.longest_side:
        raise invalid_parameter(name, f"has a side of {max(width, height)} px, at most {rules.longest_side} are allowed")
    return width, height


def picture_count(cap: int, prompt: str) -> int:
    """Return how many pictures of a set are made: the number in the prompt, or else the cap, and never more than the cap."""
    return max(1, min(cap, count_in_prompt(prompt) or cap))


def check_total(name: str, references: int, most: int) -> None:
    """Raise the error of parameter `name` if references and outputs together are too many."""
    if references + most > MOST_TOTAL:
        raise invalid_parameter(
            name, f"asks for {most} pictures beside {references} references, together at most {MOST_TOTAL} are allowed"
        )
