"""The Seedream models: one row each, as the official reference describes them (`facts/upstreams.md` 3)."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

MOST_PIXELS = 4096 * 4096


@dataclass(frozen=True, kw_only=True)
class ModelRow:
    """What a model can do where a gateway adds no limit of its own. Pixels are width times height."""

    name: str
    spellings: tuple[str, ...]
    """What members may write after an optional `seedream-`, in lower case."""
    tiers: tuple[str, ...]
    least_pixels: int
    most_pixels: int = MOST_PIXELS
    most_aspect: int = 16
    most_references: int = 14
    most_images: int = 15
    most_together: int = 15
    """References and pictures of one set."""
    own_format: str = "jpeg"
    """What it makes where nobody chooses."""
    formats: tuple[str, ...] = ()
    """What can be chosen; empty where there is no such field."""
    search: bool = False
    prompt_modes: tuple[str, ...] = ("standard",)
    stream: bool = True


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

_FAMILY = re.compile(r"^(?:doubao-|bytedance-)?(?:seedream-?)?v?(?=.)")


def find_model(text: str) -> ModelRow | None:
    """The row a member's spelling means, whatever its case and however much of the family's name is written."""
    spelled = re.sub(r"[\s_]+", "-", unicodedata.normalize("NFKC", text).strip().lower())
    bare = _FAMILY.sub("", spelled)
    return next((row for row in _ROWS if bare in row.spellings), None)
