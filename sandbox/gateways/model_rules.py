"""What each model version makes, whichever gateway leads to it: tiers, pixels and numbers, as tables; pure."""

import re
from dataclasses import dataclass
from typing import Any

from sandbox.gateways.fields import wrong
from sandbox.gateways.sizes import number_in, ratio_in, size_of

MOST_REFERENCES = 14
MOST_TOGETHER = 15
"""References and outputs of one call."""
MOST_IMAGES = 15
_MOST_ASPECT = 16


@dataclass(frozen=True, kw_only=True)
class ModelRules:
    """What one model version takes."""

    tiers: tuple[str, ...]
    least_pixels: int
    most_pixels: int = 16_777_216
    longest_side: int | None = None
    lite: bool = False
    prompt_modes: tuple[str, ...] = ("standard",)


V4_0 = ModelRules(tiers=("1K", "2K", "4K"), least_pixels=921_600, prompt_modes=("standard", "fast"))
V4_5 = ModelRules(tiers=("2K", "4K"), least_pixels=3_686_400)
V5_0_LITE = ModelRules(tiers=("2K", "3K", "4K"), least_pixels=3_686_400, lite=True)


def size_in(value: Any, rules: ModelRules, prompt: str) -> tuple[int, int]:
    """Pixels of a `size` that is a tier, whose shape the words choose, or a width and a height."""
    if isinstance(value, str) and value in rules.tiers:
        return size_of(value, ratio_in(prompt))
    found = re.fullmatch(r"([1-9]\d{0,5})x([1-9]\d{0,5})", value) if isinstance(value, str) else None
    if found is None:
        raise wrong("size", f"must be one of {', '.join(rules.tiers)}, or width and height like 2048x2048")
    return pixels_in("size", int(found.group(1)), int(found.group(2)), rules)


def pixels_in(name: str, width: int, height: int, rules: ModelRules) -> tuple[int, int]:
    """A width and height within what the model makes."""
    if not rules.least_pixels <= width * height <= rules.most_pixels:
        raise wrong(name, f"has {width * height} pixels, allowed are {rules.least_pixels} to {rules.most_pixels}")
    if max(width, height) > _MOST_ASPECT * min(width, height):
        raise wrong(name, "has an aspect ratio outside 1/16 to 16")
    if rules.longest_side is not None and max(width, height) > rules.longest_side:
        raise wrong(name, f"has a side of {max(width, height)} px, at most {rules.longest_side} are allowed")
    return width, height


def number_made(cap: int, prompt: str) -> int:
    """How many pictures of a set come: a cap and the words of the prompt decide it together."""
    return max(1, min(cap, number_in(prompt) or cap))


def together(name: str, references: int, most: int) -> None:
    """Refuse a set that is too large beside its references."""
    if references + most > MOST_TOGETHER:
        raise wrong(
            name, f"asks for {most} pictures beside {references} references, together at most {MOST_TOGETHER} are allowed"
        )
