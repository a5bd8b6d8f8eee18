"""What the operator decided, as frozen values; `load.py` reads them from TOML and the environment."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Secret:
    """A value that never shows itself: not in repr, not in a log, not in an error."""

    value: str = field(repr=False)

    def __str__(self) -> str:
        return "***"


@dataclass(frozen=True, kw_only=True)
class DiscordSettings:
    token: Secret
    proxy: str | None = None


@dataclass(frozen=True, kw_only=True)
class Price:
    """What one picture costs."""

    amount: Decimal
    currency: str


@dataclass(frozen=True, kw_only=True)
class GatewaySettings:
    """One `[[gateway]]`. None means: as the catalog has it."""

    name: str
    dialect: str
    api_key: Secret
    mode: Literal["auto", "sync", "async", "stream"] = "auto"
    base_url: str | None = None
    models: Mapping[str, str] = field(default_factory=dict)
    """Our model name → the id this gateway wants."""
    prices: Mapping[str, Price] = field(default_factory=dict)
    """Our model name → what the operator says one picture costs."""
    priority: int = 0
    """The higher is asked first."""
    concurrency: int = 8
    """Paid calls at once."""
    allow_private_results: bool = False
    proxy: str | None = None


@dataclass(frozen=True, kw_only=True)
class QuotaTier:
    """One `[[quota.tier]]`: it applies to a member who fits every condition given; one without conditions fits all."""

    name: str
    images_per_day: int
    roles: frozenset[str] = frozenset()
    """`discord:ROLE_ID`: any one of them."""
    members: frozenset[str] = frozenset()
    """`discord:USER_ID`: any one of them."""


@dataclass(frozen=True, kw_only=True)
class Defaults:
    """What holds where a member says nothing."""

    model: str = "5.0-lite"
    watermark: bool = False


@dataclass(frozen=True, kw_only=True)
class LogSettings:
    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["text", "json"] = "text"


@dataclass(frozen=True, kw_only=True)
class Settings:
    data_dir: Path
    log: LogSettings
    time_zone: ZoneInfo
    defaults: Defaults
    gateways: tuple[GatewaySettings, ...]
    tiers: tuple[QuotaTier, ...]
    discord: DiscordSettings | None = None
    tls_ca_file: Path | None = None

    def secrets(self) -> frozenset[str]:
        """Every secret value, for the log to keep out."""
        keys = {gateway.api_key.value for gateway in self.gateways}
        return frozenset(keys | ({self.discord.token.value} if self.discord is not None else set()))
