"""What the operator decided, as frozen values. An annotated field is a key of the file: its type, its limits and its words."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Any, Literal, get_args
from zoneinfo import ZoneInfo

from bot.config import keys
from bot.config.keys import Context, Key
from bot.config.platforms import PlatformSettings
from bot.config.tables import Group, table, tables
from bot.ids import PlatformName

PRICE = re.compile(r"(\d+(?:\.\d+)?) ?([A-Za-z]{3})")
CURRENCY = re.compile(r"[A-Za-z]{3}")
LISTEN = re.compile(r"(?P<host>[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]):(?P<port>\d{1,5})")
"""`127.0.0.1:8080`, `[::1]:8080`, `localhost:8080`."""
VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*")
MOST_IMAGES = 1_000_000

Mode = Literal["auto", "sync", "async", "stream"]
ReferenceForm = Literal["url", "data"]
LogLevel = Literal["debug", "info", "warning", "error"]
LogFormat = Literal["text", "json"]


@dataclass(frozen=True)
class Secret:
    """A value that never shows itself: not in repr, not in a log, not in an error."""

    value: str = field(repr=False)

    def __str__(self) -> str:
        return "***"


def secret(allowed: str) -> Key:
    """A secret of the operator's; its variable may also name a file (`<VARIABLE>_FILE`)."""
    key = keys.checked(Secret, allowed)
    return Key(read=key.read, allowed=allowed, secret=True)


def _key_of_variable() -> Key:
    """The file names a variable; the setting is the secret in it."""

    def read(value: Any, context: Context) -> Secret:  # noqa: ANN401  # what a TOML file holds
        if not isinstance(value, str) or not VARIABLE.fullmatch(value):
            raise keys.wrong(value)
        return Secret(context.api_keys.get(value, ""))

    allowed = "the name, in capitals, of the environment variable that holds the key, like ARK_API_KEY"
    return Key(read=read, allowed=allowed, name="api_key_env", secret=True, scalar=False)


@dataclass(frozen=True, kw_only=True)
class Listen:
    """Where this machine's own web server listens."""

    host: str = "127.0.0.1"
    port: int = 8080


def _listen(value: str) -> Listen:
    found = LISTEN.fullmatch(value)
    if found is None or not 1 <= int(found["port"]) <= 65535:
        raise ValueError
    return Listen(host=found["host"].strip("[]"), port=int(found["port"]))


@dataclass(frozen=True, kw_only=True)
class Price:
    """What one picture costs."""

    amount: Decimal
    currency: str


def _price(value: Any, _: Context) -> Price:  # noqa: ANN401  # what a TOML file holds
    """`"0.04 USD"`, or a table of `amount` and `currency`."""
    given = value
    if isinstance(value, str):
        found = PRICE.fullmatch(value.strip())
        given = {"amount": found[1], "currency": found[2]} if found else {}
    if not isinstance(given, Mapping) or set(given) != {"amount", "currency"} or isinstance(given["amount"], bool):
        raise keys.wrong(value)
    if not CURRENCY.fullmatch(str(given["currency"])):
        raise keys.wrong(value)
    try:
        amount = Decimal(str(given["amount"]))
    except InvalidOperation as error:
        raise keys.wrong(value) from error
    if not amount.is_finite() or amount < 0:
        raise keys.wrong(value)
    return Price(amount=amount, currency=str(given["currency"]).upper())


def _size_words() -> Key:
    words = ("1K", "2K", "3K", "4K")
    listed = ", ".join(f'"{word}"' for word in words)
    return keys.by_model(keys.list_of(keys.one_of(*words).read), f"a list out of {listed}")


def _seconds(*, above: int = 0, allowed: str = "a number of seconds") -> Key:
    return keys.number(above=above, most=86_400, allowed=allowed)


def _images() -> Key:
    return keys.whole_number(0, MOST_IMAGES)


@dataclass(frozen=True, kw_only=True)
class GatewayLimits:
    """One `[gateway.limits]`: what a gateway's documents leave open, or no longer describe. None: as in the catalog."""

    tiers: Annotated[Mapping[str, tuple[str, ...]], _size_words()] = field(default_factory=dict)
    """Our model name → the words for sizes that this gateway takes for it."""
    most_pixels: Annotated[
        Mapping[str, int], keys.by_model(keys.whole_number(1, allowed="").read, "the most pixels of one picture")
    ] = field(default_factory=dict)
    """Our model name → the pixels of one picture."""
    most_side: Annotated[int | None, keys.whole_number(1, allowed="the longest side of a picture in pixels")] = None
    most_images: Annotated[int | None, keys.whole_number(1, 15)] = None
    most_references: Annotated[int | None, keys.whole_number(0, 14)] = None
    reference_bytes: Annotated[int | None, keys.whole_number(1, allowed="a whole number of bytes")] = None
    reference_forms: Annotated[frozenset[ReferenceForm] | None, keys.some_of(*get_args(ReferenceForm))] = None
    formats: Annotated[frozenset[str] | None, keys.some_of("jpeg", "png")] = None
    search: Annotated[bool | None, keys.switch()] = None
    prompt_modes: Annotated[frozenset[str] | None, keys.some_of("standard", "fast")] = None
    first_poll_s: Annotated[float | None, _seconds()] = None
    poll_s: Annotated[float | None, _seconds(above=1, allowed="a number of seconds over 1")] = None
    deadline_s: Annotated[float | None, _seconds()] = None
    """How long the bot asks about a task."""
    answer_s: Annotated[float | None, _seconds()] = None
    """How long the bot waits for a silent gateway."""


@dataclass(frozen=True, kw_only=True)
class GatewaySettings:
    """One `[[gateway]]`. None: as in the catalog."""

    name: Annotated[str, keys.name()]
    dialect: Annotated[str, keys.dialect()]
    api_key: Annotated[Secret, _key_of_variable()]
    mode: Annotated[Mode, keys.one_of(*get_args(Mode))] = "auto"
    base_url: Annotated[str | None, keys.address()] = None
    upload_url: Annotated[str | None, keys.address()] = None
    models: Annotated[Mapping[str, str], keys.by_model(keys.text("").read, "the gateway's id of it, in quotes")] = field(
        default_factory=dict
    )
    """Our model name → the id this gateway wants."""
    prices: Annotated[Mapping[str, Price], keys.by_model(_price, 'the price of one picture, like "0.04 USD"')] = field(
        default_factory=dict
    )
    """Our model name → what the operator says one picture costs."""
    priority: Annotated[int, keys.whole_number(allowed="a whole number; the higher is asked first")] = 0
    concurrency: Annotated[int, keys.whole_number(1, 1000)] = 8
    """Paid calls at once."""
    images_per_minute: Annotated[int | None, keys.whole_number(1, 100_000)] = None
    limits: Annotated[GatewayLimits, table(GatewayLimits, "a [gateway.limits] table")] = field(default_factory=GatewayLimits)
    allow_private_results: Annotated[bool, keys.switch()] = False
    proxy: Annotated[str | None, keys.proxy()] = None


@dataclass(frozen=True, kw_only=True)
class QuotaTier:
    """One `[[quota.tier]]`: it applies to a member who meets every condition given; one without conditions fits all."""

    name: Annotated[str, keys.text("a word for these members")]
    images_per_day: Annotated[int, _images()]
    uncertain_images_per_day: Annotated[int | None, _images()] = None
    """The most that are given back when it is unknown whether they were charged. None: as many as are granted."""
    roles: Annotated[frozenset[str], keys.members("roles")] = frozenset()
    """Ids of roles with the platform's name in front; any one of them is enough."""
    members: Annotated[frozenset[str], keys.members("members")] = frozenset()
    """Ids of members with the platform's name in front; any one of them is enough."""


@dataclass(frozen=True, kw_only=True)
class QuotaSettings:
    """`[quota]`: the first tier whose conditions match applies."""

    tiers: Annotated[tuple[QuotaTier, ...], tables(QuotaTier, "[[quota.tier]] tables, with two brackets", name="tier")] = ()


@dataclass(frozen=True, kw_only=True)
class Defaults:
    """What holds if a member says nothing."""

    model: Annotated[str, keys.model()] = "5.0-lite"
    watermark: Annotated[bool, keys.switch()] = False


@dataclass(frozen=True, kw_only=True)
class RetentionSettings:
    """`[retention]`: when sets are deleted. None: never for that reason."""

    days: Annotated[int | None, keys.whole_number(1, 36_500)] = None
    """After their end was announced."""
    gigabytes: Annotated[float | None, keys.number(above=0, most=1_000_000, allowed="a number over 0, at most 1000000")] = None
    """Of pictures on the disk; the oldest sets are deleted first. One is 10^9 bytes."""


@dataclass(frozen=True, kw_only=True)
class LogSettings:
    level: Annotated[LogLevel, keys.one_of(*get_args(LogLevel), folded=True)] = "info"
    format: Annotated[LogFormat, keys.one_of(*get_args(LogFormat), folded=True)] = "text"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The whole configuration. `platforms` holds the settings of every platform that is configured."""

    platforms: Mapping[PlatformName, PlatformSettings] = field(default_factory=dict)
    listen: Annotated[Listen, keys.checked(_listen, "host:port, like 127.0.0.1:8080")] = field(default_factory=Listen)
    tls_ca_file: Annotated[Path | None, keys.path("the path of a file of certificates")] = None
    public_url: Annotated[str | None, keys.address()] = None
    """How the world reaches this machine's own web server."""
    data_dir: Annotated[Path, keys.path("the path of a folder")] = Path("seedream-bot-data")
    log: Annotated[LogSettings, Group(table=LogSettings)] = field(default_factory=LogSettings)
    time_zone: Annotated[ZoneInfo, keys.time_zone()] = field(default_factory=lambda: ZoneInfo("UTC"))
    defaults: Annotated[Defaults, table(Defaults, "a [defaults] table")] = field(default_factory=Defaults)
    gateways: Annotated[
        tuple[GatewaySettings, ...], tables(GatewaySettings, "[[gateway]] tables, with two brackets", name="gateway")
    ] = ()
    quota: Annotated[QuotaSettings, table(QuotaSettings, "[[quota.tier]] tables")] = field(default_factory=QuotaSettings)
    retention: Annotated[RetentionSettings, table(RetentionSettings, "a [retention] table")] = field(
        default_factory=RetentionSettings
    )

    def secrets(self) -> frozenset[str]:
        """Every secret value, for the log to keep out."""
        tables = (*self.gateways, *self.platforms.values())
        values = (getattr(one, column.name) for one in tables for column in fields(one))
        return frozenset(value.value for value in values if isinstance(value, Secret))
