"""What a member asks for, and one gateway's validated request; values."""

from typing import Literal

from bot.catalog.sizes import Pixels, tier_pixels
from bot.commands.command import Options
from bot.ids import GatewayName, ModelName
from bot.money import Money
from bot.requests.references import Reference
from bot.values import dataclass

__all__ = ["Pixels", "Request", "RequestSpec", "Substitution"]

MOST_UNASKED = 2


@dataclass(frozen=True, kw_only=True)
class RequestSpec:
    """What a member asks for, before a gateway is chosen."""

    prompt: str
    options: Options
    references: tuple[Reference, ...] = ()
    references_required: bool = False
    numbers: tuple[int, ...] = ()
    """The member's number of each reference; empty where they are counted from 1 without a gap."""
    now: float = 0.0
    """In seconds since 1970: models are withdrawn at a time."""


@dataclass(frozen=True, kw_only=True)
class Substitution:
    """Why another model was taken than the gateway's default, or than the one that was named.

    `withdrawn`: it is not sold any more, and the operator wants it replaced; otherwise it cannot do what was asked, or the
    gateway `missing_at` does not have it at the moment. `price` is the most that the request can cost now; None if unknown.
    """

    instead_of: ModelName
    withdrawn: bool = False
    missing_at: GatewayName | None = None
    price: Money | None = None


@dataclass(frozen=True, kw_only=True)
class Request:
    """A validated request to one gateway; to encode it, only the references' final form is missing."""

    gateway: GatewayName
    dialect: str
    model: ModelName
    model_id: str
    prompt: str
    count: int
    """At most this many pictures, 1 to 15: the model may make fewer."""
    size: str | Pixels
    """A tier (`2K`), exact pixels, or `auto` for layers."""
    references: tuple[Reference, ...]
    mode: Literal["sync", "async", "stream"]
    watermark: bool | None = None
    format: Literal["jpeg", "png"] | None = None
    search: bool = False
    prompt_mode: Literal["standard", "fast"] | None = None
    second_model_id: str | None = None
    """Tried once if the gateway does not know the first."""
    hidden: bool = False
    """The pictures are shown only after a click: the member asked for that, or a reference was posted so."""
    per_call: int | None = None
    """How many pictures one paid call makes at most; None: all of them, as one set."""
    background: Literal["transparent", "opaque"] | None = None
    layers: bool = False
    """The reference is taken apart: into a base and layers, `count` pictures at most, by one call."""
    seed: int | None = None
    guidance: float | None = None
    instead: Substitution | None = None

    @property
    def calls(self) -> tuple[int, ...]:
        """How many pictures each paid call is asked for, in order: a set of eight is one call, or eight, or 6 + 2."""
        each = self.per_call or self.count
        full, rest = divmod(self.count, each)
        return (each,) * full + ((rest,) if rest else ())

    @property
    def wanted(self) -> int:
        """How many pictures one call is asked for: of several that differ, the first."""
        return self.calls[0]

    @property
    def is_set(self) -> bool:
        """Whether the pictures are made together, as one related set."""
        return self.count > 1 and self.per_call is None and not self.layers

    @property
    def is_size_explicit(self) -> bool:
        return isinstance(self.size, Pixels)

    @property
    def pixels(self) -> int | None:
        """The pixels of each picture, for a tier those of its square; None where the gateway chooses."""
        return self.size.width * self.size.height if isinstance(self.size, Pixels) else tier_pixels(self.size)

    @property
    def most_pictures(self) -> int:
        """How many pictures of an answer are kept: up to two more than asked are delivered, free; any more are only counted."""
        return self.count + MOST_UNASKED
