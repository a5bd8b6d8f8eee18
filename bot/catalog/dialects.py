"""The dialects gateways speak: one row each (`facts/upstreams.md` 9 to 11). A quirk is a field here, never an `if`."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Literal

Mode = Literal["sync", "async", "stream"]
Form = Literal["url", "data"]

PROMPT_CHARACTERS = 5_000
"""No limit is documented for the official API; past this length nothing a model reads is left."""
BODY_BYTES = 64_000_000


@dataclass(frozen=True, kw_only=True)
class ModelOnDialect:
    """One model as one dialect has it. None: as the model's own row says."""

    id: str
    tiers: tuple[str, ...] | None = None
    most_pixels: int | None = None
    second_id: str | None = None
    """Tried once where the first is refused: the documents disagree, and a refusal is free."""
    price: Decimal | None = None
    """One picture, in the dialect's currency; None where nobody publishes it."""


@dataclass(frozen=True, kw_only=True)
class ReferenceRules:
    """What a reference picture must be. A side must be longer than `side` pixels; sizes are in bytes of the picture itself."""

    forms: frozenset[Form] = frozenset({"url", "data"})
    bytes_as: Literal["data", "upload", "signed"] | None = "data"
    """How a picture of ours travels: inside the request, by the gateway's upload service, at an address we sign, or not."""
    formats: frozenset[str] = frozenset({"jpeg", "png", "webp", "bmp", "tiff", "gif"})
    most_bytes: int = 10_000_000
    most_pixels: int = 36_000_000
    side: int = 14
    aspect: int = 16


@dataclass(frozen=True, kw_only=True)
class Polls:
    """How often a task is asked about, in seconds: the first time, then, and until when."""

    first_s: float = 5.0
    then_s: float = 3.0
    deadline_s: float = 600.0


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
    upload_url: str | None = None
    """The host that lends references an address."""
    polls: Polls = Polls()
    """Where there are tasks."""
    body_bytes: int = BODY_BYTES
    prompt_characters: int = PROMPT_CHARACTERS
    watermark: bool = True
    """Whether it can be switched on and off."""
    formats: frozenset[str] = frozenset({"jpeg", "png"})
    search: bool = True
    prompt_modes: frozenset[str] = frozenset({"standard", "fast"})


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
    DialectRow(
        name="acedata",
        base_url="https://api.acedata.cloud",
        modes=("sync", "async", "stream"),
        models={
            "5.0-lite": ModelOnDialect(
                id="doubao-seedream-5-0-lite-260128",
                second_id="doubao-seedream-5-0-260128",
                price=Decimal("0.040"),
            ),
            "4.5": ModelOnDialect(id="doubao-seedream-4-5-251128", price=Decimal("0.037")),
            "4.0": ModelOnDialect(id="doubao-seedream-4-0-250828", price=Decimal("0.030")),
        },
    ),
    DialectRow(
        name="sinancode",
        base_url="https://api.sinancode.com/v1",
        upload_url="https://files-api.sinancode.com",
        modes=("async",),
        models={
            "5.0-lite": ModelOnDialect(id="5.0-lite", tiers=("2K", "3K"), most_pixels=10_404_496),
            "4.5": ModelOnDialect(id="4.5"),
            "4.0": ModelOnDialect(id="4.0", tiers=("2K", "4K")),
        },
        references=ReferenceRules(forms=frozenset({"url"}), bytes_as="upload"),
        polls=Polls(first_s=3.0),
        prompt_characters=2_000,
        watermark=False,
        formats=frozenset(),
        search=False,
        prompt_modes=frozenset(),
    ),
    DialectRow(
        name="uniall",
        base_url=None,
        modes=("sync",),
        models={
            "5.0-lite": ModelOnDialect(id="seedream-5.0-lite"),
            "4.5": ModelOnDialect(id="seedream-4.5"),
            "4.0": ModelOnDialect(id="seedream-4.0"),
        },
        tier_words=False,
        most_side=4096,
        most_images=6,
        most_references=10,
        references=ReferenceRules(forms=frozenset({"url"}), bytes_as="signed"),
        watermark=False,
        formats=frozenset(),
        search=False,
        prompt_modes=frozenset(),
    ),
    DialectRow(
        name="unode",
        base_url="https://www.unodetech.xyz",
        modes=("sync",),
        models={
            "5.0-lite": ModelOnDialect(id="doubao-seedream-5-0-260128"),
            "4.5": ModelOnDialect(id="doubao-seedream-4-5-251128"),
        },
        references=ReferenceRules(forms=frozenset({"data"})),
        prompt_modes=frozenset({"standard"}),
    ),
    DialectRow(
        name="opeai",
        base_url="https://api-platform.ope.ai",
        modes=("sync",),
        models={
            "5.0-lite": ModelOnDialect(id="bytedance-seedream-5.0"),
            "4.5": ModelOnDialect(id="doubao-seedream-4.5"),
            "4.0": ModelOnDialect(id="doubao-seedream-4.0"),
        },
        formats=frozenset(),
        search=False,
        prompt_modes=frozenset(),
    ),
)
DIALECTS: Mapping[str, DialectRow] = MappingProxyType({row.name: row for row in _ROWS})
