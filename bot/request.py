"""One dialect's request, or the refusal; pure."""

from dataclasses import dataclass
from typing import Literal

from bot.command import Options
from bot.ids import GatewayName, ModelName
from bot.references import Reference


@dataclass(frozen=True, kw_only=True)
class Ask:
    """What a member wants, with the references' facts known."""

    prompt: str
    options: Options
    references: tuple[Reference, ...] = ()
    references_required: bool = False


@dataclass(frozen=True, kw_only=True)
class Pixels:
    width: int
    height: int

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"


@dataclass(frozen=True, kw_only=True)
class Request:
    """A validated ask in one gateway's terms: `encode` needs nothing else but the references' final form."""

    gateway: GatewayName
    dialect: str
    model: ModelName
    model_id: str
    prompt: str
    count: int
    """A cap for a related set, 1..15: the model may make fewer."""
    size: str | Pixels
    """A tier (`2K`) or exact pixels."""
    references: tuple[Reference, ...]
    mode: Literal["sync", "async", "stream"]
    watermark: bool | None = None
    format: Literal["jpeg", "png"] | None = None
    search: bool = False
    prompt_mode: Literal["standard", "fast"] | None = None
    delivery: Literal["url", "b64"] = "url"
