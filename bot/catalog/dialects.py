"""The rows of dialects: what a wire format takes, from the gateways' documentation. A quirk is a field here, never an `if`."""

from collections.abc import Mapping
from dataclasses import field
from typing import Annotated, Any, Literal, get_args

from bot.catalog.tables import row_keys
from bot.catalog.tables.prices import Priced, price_key
from bot.config import keys
from bot.config.tables import table
from bot.values import dataclass

Mode = Literal["sync", "async", "stream"]
Form = Literal["url", "data"]

PROMPT_CHARACTERS = 5_000
"""The official API documents no limit; a model does not read further than this."""
BODY_BYTES = 64_000_000
_MOST = 10**9


@dataclass(frozen=True, kw_only=True)
class ModelOnDialect:
    """One model in one dialect. The annotated fields are keys of its table, beside those of the model's own row."""

    id: Annotated[str, keys.text("the gateway's id of the model, in quotes")]
    second_id: Annotated[str | None, keys.text("another id of the model, in quotes")] = None
    """Tried once if the gateway refuses the first: its documentation is contradictory, and a refusal costs nothing."""
    price: Annotated[Priced | None, price_key()] = None
    """None: no price is known."""
    off: Annotated[bool, keys.switch()] = False
    """Not offered until the operator switches it on, or gives an id for it."""
    changes: Mapping[str, Any] = field(default_factory=dict)
    """Fields of the model's row that are otherwise here."""


@dataclass(frozen=True, kw_only=True)
class ReferenceRules:
    """Limits of a reference picture. Both sides must be longer than `side` pixels; bytes are those of the decoded file."""

    forms: Annotated[frozenset[Form], keys.some_of(*get_args(Form))] = frozenset({"url", "data"})
    bytes_as: Annotated[Literal["data", "upload", "signed"] | None, keys.one_of("data", "upload", "signed")] = "data"
    """How images reach the gateway: in the request, by its upload service, at a signed address of the bot, or not at all."""
    formats: Annotated[frozenset[str], keys.some_of("jpeg", "png", "webp", "bmp", "tiff", "gif")] = frozenset(
        {"jpeg", "png", "webp", "bmp", "tiff", "gif"}
    )
    most_bytes: Annotated[int, keys.whole_number(1, _MOST)] = 10_000_000
    most_pixels: Annotated[int, keys.whole_number(1, _MOST)] = 36_000_000
    side: Annotated[int, keys.whole_number(0, 10_000)] = 14
    aspect: Annotated[int, keys.whole_number(1, 100)] = 16


@dataclass(frozen=True, kw_only=True)
class Polls:
    """When a task is queried, in seconds: the first delay, the interval after that, and the deadline."""

    first_s: Annotated[float, keys.number(above=0, most=86_400, allowed="a number of seconds")] = 5.0
    then_s: Annotated[float, keys.number(above=1, most=86_400, allowed="a number of seconds above 1")] = 3.0
    deadline_s: Annotated[float, keys.number(above=0, most=86_400, allowed="a number of seconds")] = 600.0


@dataclass(frozen=True, kw_only=True)
class DialectRow:
    """One wire format with its limits. The annotated fields are the keys of a `[dialect.NAME]` table, beside `models`."""

    name: str
    models: Mapping[str, ModelOnDialect]
    default_model: Annotated[str, keys.model()]
    """Made where neither the member nor the operator names one."""
    modes: Annotated[tuple[Mode, ...], row_keys.ordered(*get_args(Mode))]
    base_url: Annotated[str | None, keys.address()] = None
    """None: the operator must configure it."""
    tier_words: Annotated[bool, keys.switch()] = True
    """A resolution tier may be sent by its name; otherwise every size is sent in pixels."""
    most_side: Annotated[int | None, keys.whole_number(1, 100_000)] = None
    most_images: Annotated[int, keys.whole_number(1, 15)] = 15
    most_references: Annotated[int, keys.whole_number(0, 14)] = 14
    references: Annotated[ReferenceRules, table(ReferenceRules, "a [dialect.NAME.references] table")] = ReferenceRules()
    upload_url: Annotated[str | None, keys.address()] = None
    """The service that references are uploaded to."""
    polls: Annotated[Polls, table(Polls, "a [dialect.NAME.polls] table")] = Polls()
    """For dialects with tasks."""
    body_bytes: Annotated[int, keys.whole_number(1, _MOST)] = BODY_BYTES
    prompt_characters: Annotated[int, keys.whole_number(1, 1_000_000)] = PROMPT_CHARACTERS
    watermark: Annotated[bool, keys.switch()] = True
    """Whether a request can switch it on and off."""
    formats: Annotated[frozenset[str], keys.some_of("jpeg", "png")] = frozenset({"jpeg", "png"})
    search: Annotated[bool, keys.switch()] = True
    prompt_modes: Annotated[frozenset[str], keys.some_of("standard", "fast")] = frozenset({"standard", "fast"})
    background: Annotated[bool, keys.switch()] = False
    """Whether the wire format has a field for it; so for the next three."""
    layers: Annotated[bool, keys.switch()] = False
    seed: Annotated[bool, keys.switch()] = False
    guidance: Annotated[bool, keys.switch()] = False
