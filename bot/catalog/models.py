"""The Seedream models, one row each, as BytePlus ModelArk's API reference describes them."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Literal

from bot.config.nearest import nearest
from bot.values import dataclass

MOST_PIXELS = 4096 * 4096
LONGEST_SPELLING = 100
"""Normalising takes quadratic time where a letter has very many accents."""


@dataclass(frozen=True, kw_only=True)
class ModelRow:
    """The limits of a model, which a gateway may tighten. Pixels are width times height."""

    name: str
    spellings: tuple[str, ...]
    """Names that a member can type after an optional `seedream-`, in lower case."""
    tiers: tuple[str, ...]
    least_pixels: int
    most_pixels: int = MOST_PIXELS
    most_aspect: int = 16
    most_references: int = 14
    most_images: int = 15
    most_references_and_images: int = 15
    """References and generated pictures together."""
    default_format: str = "jpeg"
    """The output format if the request names none."""
    formats: tuple[str, ...] = ()
    """Formats that a request can choose; empty if it cannot choose."""
    search: bool = False
    prompt_modes: tuple[str, ...] = ("standard",)
    stream: bool = True
    one_picture: bool = False
    """A paid call makes one picture: a set is that many calls, and the fields of sets are never sent."""
    backgrounds: tuple[str, ...] = ()
    """What a request can ask of the background: `transparent`, `opaque`; empty if it cannot."""
    transparent: Literal["drawn", "kept"] | None = None
    """How a transparent background comes about: drawn from the prompt, or kept from the one reference that has it."""
    most_layers: int = 0
    """How many pictures a picture is taken apart into at most, its base included; 0: not at all."""
    regions: bool = False
    """Whether the prompt can point at places of a reference, with tags."""
    seed: tuple[int, int] | None = None
    """The least and the largest; None: it has no seed."""
    guidance: tuple[float, float] | None = None
    """The least and the largest; None: it cannot be set."""


_ROWS = (
    ModelRow(
        name="5.0-lite",
        spellings=("5.0-lite", "5.0lite", "5-0-lite", "5-lite", "5lite", "lite", "5.0", "5-0", "5"),
        tiers=("2K", "3K", "4K"),
        least_pixels=2560 * 1440,
        formats=("jpeg", "png"),
        search=True,
    ),
    ModelRow(
        name="4.5",
        spellings=("4.5", "4-5"),
        tiers=("2K", "4K"),
        least_pixels=2560 * 1440,
    ),
    ModelRow(
        name="4.0",
        spellings=("4.0", "4-0", "4"),
        tiers=("1K", "2K", "4K"),
        least_pixels=1280 * 720,
        prompt_modes=("standard", "fast"),
    ),
)
MODELS: Mapping[str, ModelRow] = MappingProxyType({row.name: row for row in _ROWS})

_NUMBER = re.compile(r"(\d)(?:[.-](\d))?(?![0-9])")
_FAMILY = re.compile(r"^(?:doubao-|bytedance-)?(?:seedream-?)?v?(?=.)")


def find_model(text: str) -> ModelRow | None:
    """The model that a member's spelling means; case and the family name do not matter."""
    version = _version(text)
    return next((row for row in _ROWS if version in row.spellings), None)


def near_models(text: str, offered: Iterable[str]) -> list[str]:
    """The offered models that a text may have meant, the likeliest first: a version close by, or a slip of typing."""
    version = _version(text)
    numbered = _NUMBER.match(version)
    if numbered is not None:
        asked = Decimal(f"{numbered[1]}.{numbered[2] or 0}")
        distances = {name: abs(Decimal(name.partition("-")[0]) - asked) for name in offered if _NUMBER.match(name)}
        return sorted((name for name, distance in distances.items() if distance <= 1), key=lambda name: distances[name])
    named = {spelling: name for name in offered for spelling in (MODELS[name].spellings if name in MODELS else (name,))}
    near = nearest(version, named)
    return [] if near is None else [named[near]]


def _version(text: str) -> str:
    """A spelling without the name of the family."""
    if len(text) > LONGEST_SPELLING:
        return ""
    normalised = re.sub(r"[\s_]+", "-", unicodedata.normalize("NFKC", text).strip().lower())
    return _FAMILY.sub("", normalised)
