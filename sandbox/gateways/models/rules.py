"""What each model version accepts, whichever gateway leads to it: tiers, pixels and counts, as tables."""

import re
from dataclasses import dataclass, replace
from typing import Any

from sandbox.gateways.fields import invalid_parameter
from sandbox.gateways.models.sizes import tier_pixels
from sandbox.gateways.prompt_hints import count_in_prompt, ratio_in_prompt

MOST_REFERENCES = 14
MOST_TOTAL = 15
"""References and outputs of one call together."""
MOST_IMAGES = 15
_MOST_ASPECT = 16


@dataclass(frozen=True, kw_only=True)
class ModelRules:
    """The limits of one model version. `formats` are the values of `output_format`, the default first."""

    name: str
    tiers: tuple[str, ...]
    least_pixels: int
    most_pixels: int = 16_777_216
    longest_side: int | None = None
    default_size: str = "2048x2048"
    most_references: int = MOST_REFERENCES
    most_reference_bytes: int = 10_000_000
    formats: tuple[str, ...] = ()
    search: bool = False
    prompt_modes: tuple[str, ...] = ("standard",)
    one_picture: bool = False
    """Whether a call makes one picture: no set, no stream, no web search."""
    backgrounds: tuple[str, ...] = ()
    """The values of `background`, the default first."""
    cuts_out: bool = False
    """Whether it draws a transparent background; otherwise it only keeps the one of a reference."""
    layers: bool = False
    uses_seed: bool = False
    """Whether a seed makes a repeated call give the same picture; the others accept and ignore it."""


V4_0 = ModelRules(name="4.0", tiers=("1K", "2K", "4K"), least_pixels=921_600, prompt_modes=("standard", "fast"))
V4_5 = ModelRules(name="4.5", tiers=("2K", "4K"), least_pixels=3_686_400)
V5_0_LITE = ModelRules(name="5.0-lite", tiers=("2K", "3K", "4K"), least_pixels=3_686_400, formats=("jpeg", "png"), search=True)
V5_0_FLASH = ModelRules(
    name="5.0-flash",
    tiers=("1K", "1.5K", "2K"),
    least_pixels=921_600,
    most_pixels=4_624_220,
    default_size="2K",
    most_references=10,
    most_reference_bytes=30_000_000,
    formats=("jpeg", "png"),
    one_picture=True,
    backgrounds=("opaque", "transparent"),
    layers=True,
    uses_seed=True,
)
V5_0_PRO = replace(V5_0_FLASH, name="5.0-pro", prompt_modes=("standard", "fast"), uses_seed=False)
V5_5 = replace(
    V5_0_FLASH,
    name="5.5",
    formats=("png", "jpeg"),
    backgrounds=("auto", "transparent", "opaque"),
    cuts_out=True,
    uses_seed=False,
)


def read_size(value: Any, rules: ModelRules, prompt: str) -> tuple[int, int]:
    """Return the pixels of a `size`: a tier, whose ratio the prompt decides, or `WIDTHxHEIGHT`."""
    if isinstance(value, str) and value in rules.tiers:
        return tier_pixels(value, ratio_in_prompt(prompt), one_picture=rules.one_picture)
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
