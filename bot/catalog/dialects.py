"""The dialects gateways speak: one row each (`facts/upstreams.md` 9 to 11). A quirk is a field here, never an `if`."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Literal

Mode = Literal["sync", "async", "stream"]
Delivery = Literal["url", "b64"]

PROMPT_CHARACTERS = 5_000
"""No limit is documented for the official API; past this length nothing a model reads is left."""
BODY_BYTES = 64_000_000


@dataclass(frozen=True, kw_only=True)
class ModelOnDialect:
    """One model as one dialect has it. None: as the model's own row says."""

    id: str
    tiers: tuple[str, ...] | None = None
    most_pixels: int | None = None
    price: Decimal | None = None
    """One picture, in the dialect's currency; None where nobody publishes it."""


@dataclass(frozen=True, kw_only=True)
class ReferenceRules:
    """What a reference picture must be. A side must be longer than `side` pixels; sizes are in bytes of the picture itself."""

    forms: frozenset[Literal["url", "data"]] = frozenset({"url", "data"})
    bytes_as: Literal["data", "upload", "signed"] | None = "data"
    """How a picture of ours travels: inside the request, by the gateway's upload service, at an address we sign, or not."""
    formats: frozenset[str] = frozenset({"jpeg", "png", "webp", "bmp", "tiff", "gif"})
    most_bytes: int = 10_000_000
    most_pixels: int = 36_000_000
    side: int = 14
    aspect: int = 16


@dataclass(frozen=True, kw_only=True)
class DialectRow:
    """One wire format and everything it may differ in."""

    name: str
    base_url: str | None
    """None: the operator must say."""
    models: Mapping[str, ModelOnDialect]
    modes: tuple[Mode, ...]
    currency: str = "USD"
    tier_words: bool = True
    """A tier may be sent as a word; else every size goes as pixels."""
    most_side: int | None = None
    most_images: int = 15
    most_references: int = 14
    references: ReferenceRules = ReferenceRules()
    body_bytes: int = BODY_BYTES
    prompt_characters: int = PROMPT_CHARACTERS
    watermark: bool = True
    """Whether it can be switched on and off."""
    formats: frozenset[str] = frozenset({"jpeg", "png"})
    search: bool = True
    prompt_modes: frozenset[str] = frozenset({"standard", "fast"})
    deliveries: frozenset[Delivery] = frozenset({"url", "b64"})


_ROWS = (
    DialectRow(
        name="ark_cn",
        base_url="https://ark.cn-beijing.volces.com/api/v3",
        modes=("sync", "stream"),
        models={
            "5.0-lite": ModelOnDialect(id="doubao-seedream-5-0-260128"),
            "4.5": ModelOnDialect(id="doubao-seedream-4-5-251128"),
            "4.0": ModelOnDialect(id="doubao-seedream-4-0-250828"),
        },
    ),
    DialectRow(
        name="ark_intl",
        base_url="https://ark.ap-southeast.bytepluses.com/api/v3",
        modes=("sync", "stream"),
        models={
            "5.0-lite": ModelOnDialect(id="seedream-5-0-260128", price=Decimal("0.035")),
            "4.5": ModelOnDialect(id="seedream-4-5-251128", price=Decimal("0.04")),
            "4.0": ModelOnDialect(id="seedream-4-0-250828", price=Decimal("0.03")),
        },
    ),
)
DIALECTS: Mapping[str, DialectRow] = MappingProxyType({row.name: row for row in _ROWS})
