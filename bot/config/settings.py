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
class SlackSettings:
    """Exactly one of `app_token` (Socket Mode) and `signing_secret` (HTTP mode) is there."""

    bot_token: Secret
    app_token: Secret | None = None
    signing_secret: Secret | None = None
    api_url: str = "https://slack.com/api/"
    """Ends in `/api/`."""


@dataclass(frozen=True, kw_only=True)
class Listen:
    """Where this machine's own web server listens."""

    host: str = "127.0.0.1"
    port: int = 8080


@dataclass(frozen=True, kw_only=True)
class Price:
    """What one picture costs."""

    amount: Decimal
    currency: str


@dataclass(frozen=True, kw_only=True)
class GatewayLimits:
    """One `[gateway.limits]`: what the documents leave open, or have got wrong since. None means: as the catalog has it."""

    tiers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Our model name → the words for sizes that this gateway takes for it."""
    most_pixels: Mapping[str, int] = field(default_factory=dict)
    """Our model name → the pixels of one picture."""
    most_side: int | None = None
    most_images: int | None = None
    most_references: int | None = None
    reference_bytes: int | None = None
    reference_forms: frozenset[Literal["url", "data"]] | None = None
    formats: frozenset[str] | None = None
    search: bool | None = None
    prompt_modes: frozenset[str] | None = None
    first_poll_s: float | None = None
    poll_s: float | None = None
    deadline_s: float | None = None
    """How long a task is asked about."""
    answer_s: float | None = None
    """How long a silent gateway is waited for."""


@dataclass(frozen=True, kw_only=True)
class GatewaySettings:
    """One `[[gateway]]`. None means: as the catalog has it."""

    name: str
    dialect: str
    api_key: Secret
    mode: Literal["auto", "sync", "async", "stream"] = "auto"
    base_url: str | None = None
    upload_url: str | None = None
    models: Mapping[str, str] = field(default_factory=dict)
    """Our model name → the id this gateway wants."""
    prices: Mapping[str, Price] = field(default_factory=dict)
    """Our model name → what the operator says one picture costs."""
    priority: int = 0
    """The higher is asked first."""
    concurrency: int = 8
    """Paid calls at once."""
    images_per_minute: int | None = None
    limits: GatewayLimits = field(default_factory=GatewayLimits)
    allow_private_results: bool = False
    proxy: str | None = None


@dataclass(frozen=True, kw_only=True)
class QuotaTier:
    """One `[[quota.tier]]`: it applies to a member who fits every condition given; one without conditions fits all."""

    name: str
    images_per_day: int
    uncertain_images_per_day: int | None = None
    """Up to how many are given back though nobody knows whether they were charged. None: as many as are granted."""
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
class RetentionSettings:
    """`[retention]`: when sets are forgotten. None: never for that reason."""

    days: int | None = None
    """After their end was told."""
    gigabytes: float | None = None
    """Of pictures on the disk; the oldest sets make room. One is 10^9 bytes."""


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
    slack: SlackSettings | None = None
    listen: Listen = field(default_factory=Listen)
    tls_ca_file: Path | None = None
    retention: RetentionSettings = field(default_factory=RetentionSettings)
    public_url: str | None = None
    """Where the world reaches this machine's own web server."""

    def secrets(self) -> frozenset[str]:
        """Every secret value, for the log to keep out."""
        secrets = [gateway.api_key for gateway in self.gateways]
        if self.discord is not None:
            secrets.append(self.discord.token)
        if self.slack is not None:
            given = (self.slack.bot_token, self.slack.app_token, self.slack.signing_secret)
            secrets += [secret for secret in given if secret is not None]
        return frozenset(secret.value for secret in secrets)
