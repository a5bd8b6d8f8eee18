"""The shape of the configuration file: its tables, their keys, and what each may hold."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from ipaddress import ip_address
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator, ValidationInfo
from pydantic_core import PydanticCustomError

from bot.config.nearest import nearest
from bot.config.settings import Price

NOT_ALLOWED = "not_allowed"
"""The type of an error that brings its own list of what is allowed."""
PRICE = re.compile(r"(\d+(?:\.\d+)?) ?([A-Za-z]{3})")
LISTEN = re.compile(r"(?P<host>[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]):(?P<port>\d{1,5})")
"""`127.0.0.1:8080`, `[::1]:8080`, `localhost:8080`."""


@dataclass(frozen=True, kw_only=True)
class Known:
    """What the catalog knows, for the values that name something in it."""

    dialects: frozenset[str]
    models: frozenset[str]


def _not_allowed(allowed: str) -> PydanticCustomError:
    return PydanticCustomError(NOT_ALLOWED, "{allowed}", {"allowed": allowed})


def _known_dialect(value: str, info: ValidationInfo) -> str:
    return _one_of(_known(info).dialects, value)


def _known_model(value: str, info: ValidationInfo) -> str:
    return _one_of(_known(info).models, value)


def _known(info: ValidationInfo) -> Known:
    assert isinstance(info.context, Known)
    return info.context


def _one_of(names: frozenset[str], value: str) -> str:
    if value not in names:
        raise _not_allowed("one of " + ", ".join(sorted(names)))
    return value


def _lower(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


def _plain(value: object) -> object:
    return float(value) if isinstance(value, Decimal) else value


def _time_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError) as error:
        near = nearest(value, available_timezones())
        hint = f" (nearest: {near})" if near else ""
        raise _not_allowed(f"a name of the IANA time zone database, like Europe/Berlin{hint}") from error
    return value


def _proxy(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or not _has_port_or_none(value):
        raise ValueError
    return value


def _base_url(value: str) -> str:
    parts = urlsplit(value)
    host = parts.hostname or ""
    secure = parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host))
    if not host or not secure or "@" in parts.netloc or parts.query or parts.fragment or not _has_port_or_none(value):
        raise ValueError
    return value.rstrip("/")


def _api_url(value: str) -> str:
    if not value.endswith("/api/"):
        raise ValueError
    return _base_url(value) + "/"


def _listen(value: str) -> str:
    found = LISTEN.fullmatch(value)
    if found is None or not 1 <= int(found["port"]) <= 65535:
        raise ValueError
    return value


def _has_port_or_none(address: str) -> bool:
    try:
        return urlsplit(address).port != 0
    except ValueError:
        return False


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _price(value: Any) -> Price:  # noqa: ANN401  (TOML gives anything here)
    if isinstance(value, str):
        found = PRICE.fullmatch(value.strip())
        value = {"amount": found[1], "currency": found[2]} if found else {}
    if not isinstance(value, Mapping) or set(value) != {"amount", "currency"} or isinstance(value["amount"], bool):
        raise ValueError
    if not re.fullmatch("[A-Za-z]{3}", str(value["currency"])):
        raise ValueError
    try:
        amount = Decimal(str(value["amount"]))
    except InvalidOperation as error:
        raise ValueError from error
    if not amount.is_finite() or amount < 0:
        raise ValueError
    return Price(amount=amount, currency=str(value["currency"]).upper())


Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$")]
Text = Annotated[str, Field(min_length=1)]
Model = Annotated[str, AfterValidator(_known_model)]
Proxy = Annotated[str, AfterValidator(_proxy)]
NAME = "1 to 32 letters, digits, dots, dashes or underscores"
ADDRESS = "an address that begins with https:// (http:// only on this machine itself), without a password or a query"
PROXY = "an address that begins with http:// or https://"


class _Table(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class DefaultsTable(_Table):
    model: Model | None = Field(default=None, description="a model's name")
    watermark: bool = Field(default=False, description="true or false, without quotes")


SECONDS = "a number of seconds"
Seconds = Annotated[float | Decimal, Field(gt=0, le=86_400)]


class LimitsTable(_Table):
    tiers: dict[Model, list[Literal["1K", "2K", "3K", "4K"]]] = Field(
        default={},
        description='a table of our model\'s name = a list out of "1K", "2K", "3K", "4K"',
    )
    most_pixels: dict[Model, Annotated[int, Field(ge=1)]] = Field(
        default={}, description="a table of our model's name = the most pixels of one picture"
    )
    most_side: int | None = Field(default=None, ge=1, description="the longest side of a picture in pixels")
    most_images: int | None = Field(default=None, ge=1, le=15, description="a whole number from 1 to 15")
    most_references: int | None = Field(default=None, ge=0, le=14, description="a whole number from 0 to 14")
    reference_bytes: int | None = Field(default=None, ge=1, description="a whole number of bytes")
    reference_forms: list[Literal["url", "data"]] | None = Field(default=None, description='a list out of "url", "data"')
    formats: list[Literal["jpeg", "png"]] | None = Field(default=None, description='a list out of "jpeg", "png"')
    search: bool | None = Field(default=None, description="true or false, without quotes")
    prompt_modes: list[Literal["standard", "fast"]] | None = Field(default=None, description='a list out of "standard", "fast"')
    first_poll_s: Seconds | None = Field(default=None, description=SECONDS)
    poll_s: Annotated[float | Decimal, Field(gt=1, le=86_400)] | None = Field(
        default=None, description="a number of seconds over 1"
    )
    deadline_s: Seconds | None = Field(default=None, description=SECONDS)
    answer_s: Seconds | None = Field(default=None, description=SECONDS)


class GatewayTable(_Table):
    name: Name = Field(description=NAME)
    dialect: Annotated[str, AfterValidator(_known_dialect)] = Field(description="a dialect's name, like ark_intl")
    api_key_env: str = Field(
        pattern=r"^[A-Z][A-Z0-9_]*$",
        description="the name, in capitals, of the environment variable that holds the key, like ARK_API_KEY",
    )
    mode: Literal["auto", "sync", "async", "stream"] = Field("auto", description="auto, sync, async or stream")
    base_url: Annotated[str, AfterValidator(_base_url)] | None = Field(None, description=ADDRESS)
    upload_url: Annotated[str, AfterValidator(_base_url)] | None = Field(None, description=ADDRESS)
    models: dict[Model, Text] = Field({}, description="a table of our model's name = the gateway's id of it, in quotes")
    prices: dict[Model, Annotated[Price, PlainValidator(_price)]] = Field(
        {},
        description='a table of our model\'s name = the price of one picture, like "0.04 USD"',
    )
    priority: int = Field(0, description="a whole number; the higher is asked first")
    concurrency: int = Field(8, ge=1, le=1000, description="a whole number from 1 to 1000")
    images_per_minute: int | None = Field(None, ge=1, le=100_000, description="a whole number from 1 to 100000")
    limits: LimitsTable = Field(default_factory=LimitsTable, description="a [gateway.limits] table")
    allow_private_results: bool = Field(default=False, description="true or false, without quotes")
    proxy: Proxy | None = Field(None, description=PROXY)


IMAGES = "a whole number from 0 to 1000000"
Member = Annotated[str, Field(pattern=r"^[a-z]+:[A-Za-z0-9/]+$")]


class TierTable(_Table):
    name: Text = Field(description="a word for these members")
    images_per_day: int = Field(ge=0, le=1_000_000, description=IMAGES)
    uncertain_images_per_day: int | None = Field(None, ge=0, le=1_000_000, description=IMAGES)
    roles: list[Member] = Field([], description='a list of roles, each like "discord:81384788765712384"')
    members: list[Member] = Field([], description='a list of members, each like "discord:81384788765712384"')


class QuotaTable(_Table):
    tier: list[TierTable] = Field(default=[], description="[[quota.tier]] tables, with two brackets")


class RetentionTable(_Table):
    days: int | None = Field(default=None, ge=1, le=36_500, description="a whole number from 1 to 36500")
    gigabytes: Annotated[float, BeforeValidator(_plain), Field(gt=0, le=1_000_000)] | None = Field(
        default=None, description="a number over 0, at most 1000000"
    )


class Document(_Table):
    """The whole file, with the environment's scalars laid over it."""

    discord_token: str | None = Field(None, description="the token alone, in quotes")
    discord_proxy: Proxy | None = Field(None, description=PROXY)
    slack_bot_token: str | None = Field(None, description="the bot token alone, in quotes")
    slack_app_token: str | None = Field(None, description="the app-level token alone, in quotes")
    slack_signing_secret: str | None = Field(None, description="the signing secret alone, in quotes")
    slack_api_url: Annotated[str, AfterValidator(_api_url)] = Field(
        "https://slack.com/api/",
        description="an address that begins with https:// (http:// only on this machine itself) and ends in /api/",
    )
    listen: Annotated[str, AfterValidator(_listen)] = Field(
        "127.0.0.1:8080",
        description="host:port, like 127.0.0.1:8080",
    )
    tls_ca_file: Text | None = Field(None, description="the path of a file of certificates")
    public_url: Annotated[str, AfterValidator(_base_url)] | None = Field(None, description=ADDRESS)
    data_dir: Text = Field("seedream-bot-data", description="the path of a folder")
    log_level: Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(_lower)] = Field(
        "info",
        description="debug, info, warning or error",
    )
    log_format: Annotated[Literal["text", "json"], BeforeValidator(_lower)] | None = Field(None, description="text or json")
    time_zone: Annotated[str, AfterValidator(_time_zone)] = Field("UTC", description="a time zone's name, like Europe/Berlin")
    defaults: DefaultsTable = Field(default_factory=DefaultsTable, description="a [defaults] table")
    gateway: list[GatewayTable] = Field([], description="[[gateway]] tables, with two brackets")
    quota: QuotaTable = Field(default_factory=QuotaTable, description="[[quota.tier]] tables")
    retention: RetentionTable = Field(default_factory=RetentionTable, description="a [retention] table")


TABLES: Mapping[tuple[str, ...], type[_Table]] = {
    (): Document,
    ("defaults",): DefaultsTable,
    ("gateway",): GatewayTable,
    ("gateway", "limits"): LimitsTable,
    ("quota",): QuotaTable,
    ("quota", "tier"): TierTable,
    ("retention",): RetentionTable,
}
"""Which table stands at which path."""
SCALARS = tuple(name for name in Document.model_fields if name not in {"defaults", "gateway", "quota", "retention"})
SECRETS = frozenset({"discord_token", "slack_bot_token", "slack_app_token", "slack_signing_secret"})
"""Never shown; each may also be named by `<key>_file`."""
