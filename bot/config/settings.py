"""The operator's settings. Each annotated field is a key of the file; its annotation has the type, limits and description."""

import re
from collections.abc import Mapping
from dataclasses import field, fields
from pathlib import Path
from typing import Annotated, Any, Literal, get_args
from zoneinfo import ZoneInfo

from bot.config import keys
from bot.config.keys import Context, Key
from bot.config.platforms import PlatformSettings
from bot.config.sources import secret_fault
from bot.config.tables import Group, table, tables
from bot.ids import PlatformName
from bot.money import Money
from bot.values import dataclass

LISTEN = re.compile(r"(?P<host>[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]):(?P<port>\d{1,5})")
"""`127.0.0.1:8080`, `[::1]:8080`, `localhost:8080`."""
VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*")
MOST_IMAGES = 1_000_000
MOST_JOBS = 100_000

Mode = Literal["auto", "sync", "async", "stream"]
ReferenceForm = Literal["url", "data"]
BudgetPeriod = Literal["day", "month"]
ShowCosts = Literal["public", "private", "off"]
LogLevel = Literal["debug", "info", "warning", "error"]
LogFormat = Literal["text", "json"]
LogMembers = Literal["id", "hashed", "off"]


@dataclass(frozen=True)
class Secret:
    """A value that is never shown: not in a repr, the log or an error. `variable`: where it comes from, if that is known."""

    value: str = field(repr=False)
    variable: str = field(default="", compare=False)

    def __str__(self) -> str:
        return "***"


def secret(allowed: str, *, shape: re.Pattern[str] | None = None) -> Key:
    """A secret; `<VARIABLE>_FILE` can name a file that contains it. `shape`: what every valid one looks like."""

    def check(value: str) -> Secret:
        # A secret with a space or a line break in it has been reported where it was read.
        if shape is not None and secret_fault(value) is None and not shape.fullmatch(value):
            raise ValueError
        return Secret(value)

    key = keys.checked(check, allowed)
    return Key(read=key.read, allowed=allowed, secret=True)


def _key_of_variable() -> Key:
    """The file names a variable; the setting is the value of that variable."""

    def read(value: Any, context: Context) -> Secret:  # noqa: ANN401  # a TOML value
        if not isinstance(value, str) or not VARIABLE.fullmatch(value):
            raise keys.wrong(value)
        return Secret(context.api_keys.get(value, ""), variable=value)

    allowed = "the name of the environment variable that holds the key, in capitals, like ARK_API_KEY"
    return Key(read=read, allowed=allowed, name="api_key_env", secret=True, scalar=False)


@dataclass(frozen=True, kw_only=True)
class Listen:
    """The address on which the bot's web server listens."""

    host: str = "127.0.0.1"
    port: int = 8080


def _listen(value: str) -> Listen:
    found = LISTEN.fullmatch(value)
    if found is None or not 1 <= int(found["port"]) <= 65535:
        raise ValueError
    return Listen(host=found["host"].strip("[]"), port=int(found["port"]))


def _price(value: Any, context: Context) -> Money | Mapping[str, Any]:  # noqa: ANN401  # a TOML value
    """An amount; a schedule is left as it is, for the catalog to read."""
    if isinstance(value, Mapping) and "amount" not in value:
        return value
    return keys.read_money(value, context)


def _model_at_gateway(value: Any, context: Context) -> str | Mapping[str, Any]:  # noqa: ANN401  # a TOML value
    return value if isinstance(value, Mapping) else str(keys.text("").read(value, context))


def _size_words() -> Key:
    words = ("1K", "1.5K", "2K", "3K", "4K")
    listed = ", ".join(f'"{word}"' for word in words)
    return keys.by_model(keys.list_of(keys.one_of(*words).read), f"a list of {listed}")


def _seconds(*, above: int = 0, allowed: str = "a number of seconds") -> Key:
    return keys.number(above=above, most=86_400, allowed=allowed)


def _images() -> Key:
    return keys.whole_number(0, MOST_IMAGES)


@dataclass(frozen=True, kw_only=True)
class GatewayLimits:
    """`[gateway.limits]`: limits that the gateway's documentation omits or states wrongly. None: as in the catalog."""

    tiers: Annotated[Mapping[str, tuple[str, ...]], _size_words()] = field(default_factory=dict)
    """Model name → the size tiers that this gateway accepts for it."""
    most_pixels: Annotated[
        Mapping[str, int], keys.by_model(keys.whole_number(1, allowed="").read, "the maximum number of pixels per image")
    ] = field(default_factory=dict)
    """Model name → the maximum number of pixels per image."""
    most_side: Annotated[int | None, keys.whole_number(1, allowed="the maximum length of a side in pixels")] = None
    most_images: Annotated[int | None, keys.whole_number(1, 15)] = None
    most_references: Annotated[int | None, keys.whole_number(0, 14)] = None
    reference_bytes: Annotated[int | None, keys.whole_number(1, allowed="a whole number of bytes")] = None
    reference_forms: Annotated[frozenset[ReferenceForm] | None, keys.some_of(*get_args(ReferenceForm))] = None
    formats: Annotated[frozenset[str] | None, keys.some_of("jpeg", "png")] = None
    search: Annotated[bool | None, keys.switch()] = None
    prompt_modes: Annotated[frozenset[str] | None, keys.some_of("standard", "fast")] = None
    first_poll_s: Annotated[float | None, _seconds()] = None
    poll_s: Annotated[float | None, _seconds(above=1, allowed="a number of seconds above 1")] = None
    deadline_s: Annotated[float | None, _seconds()] = None
    """How long the bot polls a task."""
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
    models: Annotated[
        Mapping[str, str | Mapping[str, Any]], keys.by_model(_model_at_gateway, "the gateway's model ids, in quotes")
    ] = field(default_factory=dict)
    """Model name → the id that this gateway uses for it, or a table of what is otherwise here, for the catalog to read."""
    prices: Annotated[
        Mapping[str, Money | Mapping[str, Any]], keys.by_model(_price, 'the price per image, like "0.04 USD", or a schedule')
    ] = field(default_factory=dict)
    """Model name → the price per image, set by the operator; a schedule is read by the catalog."""
    default_model: Annotated[str | None, keys.model()] = None
    """Made at this gateway where a member names no model. None: as in `[defaults]`, else as in the catalog."""
    priority: Annotated[int, keys.whole_number(allowed="a whole number; the bot prefers the gateway with the highest")] = 0
    concurrency: Annotated[int, keys.whole_number(1, 1000)] = 8
    """Maximum number of concurrent paid calls."""
    images_per_minute: Annotated[int | None, keys.whole_number(1, 100_000)] = None
    limits: Annotated[GatewayLimits, table(GatewayLimits, "a [gateway.limits] table")] = field(default_factory=GatewayLimits)
    allow_private_results: Annotated[bool, keys.switch()] = False
    proxy: Annotated[str | None, keys.proxy()] = None


@dataclass(frozen=True, kw_only=True)
class QuotaTier:
    """One `[[quota.tier]]`. It applies to members who meet all its conditions; without conditions it applies to everyone."""

    name: Annotated[str, keys.text("a name for this tier")]
    images_per_day: Annotated[int, _images()]
    uncertain_images_per_day: Annotated[int | None, _images()] = None
    """How many images a day return to the quota if it is unknown whether they were charged. None: as `images_per_day`."""
    jobs_at_once: Annotated[int, keys.whole_number(1, MOST_JOBS)] = 4
    """How many requests of one member a gateway works on at once."""
    jobs_waiting: Annotated[int, keys.whole_number(0, MOST_JOBS)] = 16
    """How many more may wait. Further ones are refused until one has ended."""
    roles: Annotated[frozenset[str], keys.members("roles")] = frozenset()
    """Ids of roles, prefixed with the platform's name; one of them is enough."""
    members: Annotated[frozenset[str], keys.members("members")] = frozenset()
    """Ids of members, prefixed with the platform's name; one of them is enough."""


@dataclass(frozen=True, kw_only=True)
class QuotaSettings:
    """`[quota]`: the first tier whose conditions match applies."""

    tiers: Annotated[tuple[QuotaTier, ...], tables(QuotaTier, "[[quota.tier]] tables, with two brackets", name="tier")] = ()


@dataclass(frozen=True, kw_only=True)
class AccessSettings:
    """`[access]`: who may use the bot at all. Platforms of which no workspace is listed are open."""

    guilds: Annotated[frozenset[str], keys.workspaces("servers or workspaces")] = frozenset()
    workspaces: Annotated[frozenset[str], keys.workspaces("servers or workspaces")] = frozenset()
    """Read together with `guilds`: platforms have different words for the same thing."""
    direct_messages: Annotated[bool, keys.switch()] = True
    """Where workspaces are listed, only of their members."""
    user_installs: Annotated[bool, keys.switch()] = False
    """Where workspaces are listed, only of their members."""
    contact: Annotated[str | None, keys.text('whom members ask for access, like "#image-bot" or "Ada in room 12"')] = None
    """Named to members to whom the bot is not open."""


@dataclass(frozen=True, kw_only=True)
class BudgetSettings:
    """One `[[budget]]`: what the operator can be billed for all members together. Every budget applies."""

    pictures: Annotated[int, keys.whole_number(1, MOST_IMAGES)]
    per: Annotated[BudgetPeriod, keys.one_of(*get_args(BudgetPeriod))]
    """A calendar day or month in the operator's time zone."""


@dataclass(frozen=True, kw_only=True)
class Defaults:
    """Options that apply unless a member sets them, and what members read of the operator's affairs."""

    model: Annotated[str | None, keys.model()] = None
    """None: what each gateway's dialect has as its default."""
    watermark: Annotated[bool, keys.switch()] = False
    memory_minutes: Annotated[int, keys.whole_number(0, 1440)] = 30
    """How long words like "make it night" can mean the member's last image. 0: never."""
    show_costs: Annotated[ShowCosts, keys.one_of(*get_args(ShowCosts))] = "public"
    """Prices and the images left: in every receipt, only where the member alone reads, or not unless asked for (`/quota`)."""
    show_gateways: Annotated[bool, keys.switch()] = True
    """Whether members read the names of gateways, and so may choose one."""


@dataclass(frozen=True, kw_only=True)
class RetentionSettings:
    """`[retention]`: when sets are deleted. None: no such limit."""

    days: Annotated[int | None, keys.whole_number(1, 36_500)] = None
    """Days after the set ended."""
    gigabytes: Annotated[float | None, keys.number(above=0, most=1_000_000, allowed="a number above 0, up to 1000000")] = None
    """Maximum size of the stored images; the oldest sets are deleted first. One gigabyte is 10^9 bytes."""


@dataclass(frozen=True, kw_only=True)
class LogSettings:
    level: Annotated[LogLevel, keys.one_of(*get_args(LogLevel), folded=True)] = "info"
    format: Annotated[LogFormat, keys.one_of(*get_args(LogFormat), folded=True)] = "text"
    members: Annotated[LogMembers, keys.one_of(*get_args(LogMembers), folded=True)] = "id"
    """How the log names the member of a job."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The whole configuration. `platforms` has the settings of each configured platform."""

    platforms: Mapping[PlatformName, PlatformSettings] = field(default_factory=dict)
    listen: Annotated[Listen, keys.checked(_listen, "host:port, like 127.0.0.1:8080")] = field(default_factory=Listen)
    tls_ca_file: Annotated[Path | None, keys.path("the path of a file with CA certificates")] = None
    public_url: Annotated[str | None, keys.address()] = None
    """The public address of the bot's web server."""
    data_dir: Annotated[Path, keys.path("the path of a folder")] = Path("seedream-bot-data")
    log: Annotated[LogSettings, Group(table=LogSettings)] = field(default_factory=LogSettings)
    time_zone: Annotated[ZoneInfo, keys.time_zone()] = field(default_factory=lambda: ZoneInfo("UTC"))
    defaults: Annotated[Defaults, table(Defaults, "a [defaults] table")] = field(default_factory=Defaults)
    gateways: Annotated[
        tuple[GatewaySettings, ...], tables(GatewaySettings, "[[gateway]] tables, with two brackets", name="gateway")
    ] = ()
    quota: Annotated[QuotaSettings, table(QuotaSettings, "[[quota.tier]] tables")] = field(default_factory=QuotaSettings)
    access: Annotated[AccessSettings, table(AccessSettings, "an [access] table")] = field(default_factory=AccessSettings)
    model_tables: Annotated[Mapping[str, Any], keys.raw_tables('[model."NAME"] tables', name="model")] = field(
        default_factory=dict
    )
    """What the operator says of models, for the catalog to read; so the next two."""
    dialect_tables: Annotated[Mapping[str, Any], keys.raw_tables("[dialect.NAME] tables", name="dialect")] = field(
        default_factory=dict
    )
    size_tables: Annotated[Mapping[str, Any], keys.raw_tables("[sizes.NAME] tables", name="sizes")] = field(default_factory=dict)
    budgets: Annotated[
        tuple[BudgetSettings, ...], tables(BudgetSettings, "[[budget]] tables, with two brackets", name="budget")
    ] = ()
    retention: Annotated[RetentionSettings, table(RetentionSettings, "a [retention] table")] = field(
        default_factory=RetentionSettings
    )

    def secrets(self) -> frozenset[str]:
        """Every secret value, so that the log can hide it."""
        tables = (*self.gateways, *self.platforms.values())
        values = (getattr(one, column.name) for one in tables for column in fields(one))
        return frozenset(value.value for value in values if isinstance(value, Secret))
