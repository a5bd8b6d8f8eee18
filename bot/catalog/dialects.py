"""The dialects that gateways speak, one row each, from the gateways' documentation. A quirk is a field here, never an `if`."""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Literal

from bot.values import dataclass

Mode = Literal["sync", "async", "stream"]
Form = Literal["url", "data"]

PROMPT_CHARACTERS = 5_000
"""The official API documents no limit; a model does not read further than this."""
BODY_BYTES = 64_000_000


@dataclass(frozen=True, kw_only=True)
class ModelOnDialect:
    """One model in one dialect. None: as in the model's own row."""

    id: str
    tiers: tuple[str, ...] | None = None
    most_pixels: int | None = None
    second_id: str | None = None
    """Tried once if the gateway refuses the first: its documentation is contradictory, and a refusal costs nothing."""
    price: Decimal | None = None
    """The price of one image in the dialect's currency; None if none is published."""
    one_picture: bool | None = None
    backgrounds: tuple[str, ...] | None = None
    transparent: Literal["drawn", "kept"] | None = None
    most_layers: int | None = None
    regions: bool | None = None
    seed: tuple[int, int] | Literal[False] | None = None
    """False: not here."""
    guidance: tuple[float, float] | Literal[False] | None = None
    """False: not here."""


@dataclass(frozen=True, kw_only=True)
class ReferenceRules:
    """Limits of a reference picture. Both sides must be longer than `side` pixels; bytes are those of the decoded file."""

    forms: frozenset[Form] = frozenset({"url", "data"})
    bytes_as: Literal["data", "upload", "signed"] | None = "data"
    """How images reach the gateway: in the request, by its upload service, at a signed address of the bot, or not at all."""
    formats: frozenset[str] = frozenset({"jpeg", "png", "webp", "bmp", "tiff", "gif"})
    most_bytes: int = 10_000_000
    most_pixels: int = 36_000_000
    side: int = 14
    aspect: int = 16


@dataclass(frozen=True, kw_only=True)
class Polls:
    """When a task is queried, in seconds: the first delay, the interval after that, and the deadline."""

    first_s: float = 5.0
    then_s: float = 3.0
    deadline_s: float = 600.0


@dataclass(frozen=True, kw_only=True)
class DialectRow:
    """One wire format with its limits."""

    name: str
    base_url: str | None
    """None: the operator must configure it."""
    models: Mapping[str, ModelOnDialect]
    modes: tuple[Mode, ...]
    currency: str = "USD"
    tier_words: bool = True
    """A resolution tier may be sent by its name; otherwise every size is sent in pixels."""
    most_side: int | None = None
    most_images: int = 15
    most_references: int = 14
    references: ReferenceRules = ReferenceRules()
    upload_url: str | None = None
    """The service that references are uploaded to."""
    polls: Polls = Polls()
    """For dialects with tasks."""
    body_bytes: int = BODY_BYTES
    prompt_characters: int = PROMPT_CHARACTERS
    watermark: bool = True
    """Whether a request can switch it on and off."""
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
