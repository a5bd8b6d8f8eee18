"""Settings from the file and the environment, or every problem at once."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from bot.config.document import LISTEN, NOT_ALLOWED, SECRETS, TABLES, Document, GatewayTable, Known, LimitsTable, RetentionTable
from bot.config.nearest import nearest
from bot.config.settings import (
    Defaults,
    DiscordSettings,
    GatewayLimits,
    GatewaySettings,
    Listen,
    LogSettings,
    QuotaTier,
    RetentionSettings,
    Secret,
    Settings,
    SlackSettings,
)
from bot.config.sources import CONFIG_NAME, CONFIG_VARIABLE, FILE_SUFFIX, Gathered, Gatherer, shown
from bot.errors import ConfigurationError

Word = TypeVar("Word", bound=str)
VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*")


def find_config(argument: Path | None, environment: Mapping[str, str], cwd: Path) -> Path | None:
    """`--config`, else SEEDREAM_BOT_CONFIG, else `seedream-bot.toml` if there is one; a named one has to be there."""
    named = str(argument) if argument is not None else environment.get(CONFIG_VARIABLE) or None
    if named is None:
        usual = cwd / CONFIG_NAME
        return usual if usual.is_file() else None
    path = cwd / Path(named).expanduser()
    if not path.is_file():
        source = "--config" if argument is not None else CONFIG_VARIABLE
        raise ConfigurationError((f"{source}: found {shown(named)}; allowed: the path of a file that exists.",))
    return path


def load(
    path: Path | None,
    environment: Mapping[str, str],
    *,
    dialects: frozenset[str],
    models: frozenset[str],
    terminal: bool,
) -> Settings:
    """The operator's settings. `terminal`: whether the log goes to one. Raises ConfigurationError."""
    gatherer = Gatherer(environment=environment)
    gathered = gatherer.gather(path)
    problems = gatherer.problems
    document = _parse(gathered, Known(dialects=dialects, models=models), problems)
    keys = _api_keys(gathered.values, gatherer)
    problems += _repeated(gathered.values)
    problems += _path_problems(gathered)
    problems += _slack_problems(gathered)
    if problems or document is None:
        raise ConfigurationError(tuple(dict.fromkeys(problems)))
    return _settings(document, keys, terminal=terminal)


def problems_for_run(settings: Settings) -> tuple[str, ...]:
    """What `run` cannot do without; empty if it can start."""
    problems = []
    if settings.discord is None and settings.slack is None:
        problems.append(
            "No platform is configured: set DISCORD_TOKEN for Discord, or SLACK_BOT_TOKEN and SLACK_APP_TOKEN for Slack "
            "(SLACK_SIGNING_SECRET instead of the app token where Slack sends requests to this machine); each may also be the "
            "path of a file, like DISCORD_TOKEN_FILE, or stand in the configuration file, like discord_token.",
        )
    if not settings.gateways:
        problems.append(
            "No gateway is configured: add a [[gateway]] table with name, dialect and api_key_env to the configuration file, "
            "and put the key into the variable that api_key_env names.",
        )
    if problems:
        problems.append("To see everything work on this machine without any account: seedream-bot demo")
    return tuple(problems)


def _parse(gathered: Gathered, known: Known, problems: list[str]) -> Document | None:
    try:
        return Document.model_validate(gathered.values, context=known)
    except ValidationError as error:
        problems += [_sentence(detail, gathered) for detail in error.errors(include_url=False)]
        return None


def _sentence(detail: ErrorDetails, gathered: Gathered) -> str:
    """One problem: the key, what was found, what is allowed."""
    location = [part for part in detail["loc"] if part != "[key]"]
    names = tuple(part for part in location if isinstance(part, str))
    key = _key(location, gathered)
    table, field = _table_and_field(names)
    if detail["type"] == "extra_forbidden":
        return f"{key}: unknown key{_meant(str(location[-1]), _keys_of(table))}."
    allowed = detail["ctx"]["allowed"] if detail["type"] == NOT_ALLOWED else _allowed(table, field)
    if detail["type"] == "missing":
        return f"{key}: missing; allowed: {allowed}."
    secret = field in SECRETS or field == "api_key_env"
    found = "a value that is not shown here" if secret else shown(detail["input"])
    return f"{key}: found {found}; allowed: {allowed}."


def _table_and_field(names: tuple[str, ...]) -> tuple[tuple[str, ...], str]:
    """The innermost table on the way, and its key that is meant: `gateway prices 4.5` is the key `prices` of `gateway`."""
    table = max((path for path in TABLES if path == names[: len(path)] and len(path) < len(names)), key=len, default=())
    return table, names[len(table)] if names else ""


def _allowed(table: tuple[str, ...], field: str) -> str:
    known = TABLES[table].model_fields.get(field)
    return (known.description if known is not None else None) or "a table"


def _keys_of(table: tuple[str, ...]) -> list[str]:
    keys = list(TABLES[table].model_fields)
    return keys if table else [*keys, *(f"{key}_file" for key in SECRETS)]


def _meant(word: str, known: Sequence[str]) -> str:
    near = nearest(word, known)
    return f"; nearest known key: {near}" if near is not None else f"; known here: {', '.join(known)}"


def _key(location: Sequence[int | str], gathered: Gathered) -> str:
    """`log_level`, `LOG_LEVEL` if it came from there, `gateway[2].mode ("spare")`."""
    if len(location) == 1 and location[0] in gathered.names:
        return gathered.names[str(location[0])]
    text = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in location).removeprefix(".")
    item: Any = gathered.values
    name = None
    for part in location[:-1]:
        try:
            item = item[part]
        except (KeyError, IndexError, TypeError):
            break
        name = item.get("name") if isinstance(item, dict) and isinstance(part, int) else name
    return f'{text} ("{name}")' if isinstance(name, str) and location[-1] != "name" else text


def _tables(values: Mapping[str, Any], *path: str) -> list[Mapping[str, Any]]:
    """The tables of an array, whatever else may be wrong with them."""
    item: Any = values
    for part in path:
        item = item.get(part) if isinstance(item, dict) else None
    return [table for table in item if isinstance(table, dict)] if isinstance(item, list) else []


def _api_keys(values: Mapping[str, Any], gatherer: Gatherer) -> dict[str, Secret]:
    """The secret of every variable that a gateway names."""
    keys: dict[str, Secret] = {}
    for number, table in enumerate(_tables(values, "gateway"), start=1):
        variable = table.get("api_key_env")
        if not isinstance(variable, str) or not VARIABLE.fullmatch(variable) or variable in keys:
            continue
        secret = gatherer.secret(variable)
        if secret is None:
            gatherer.problems.append(
                f"gateway[{number}].api_key_env: found {shown(variable)}, but that variable is not set; "
                f"allowed: a variable that is set (or {variable}{FILE_SUFFIX}, the path of a file with the key).",
            )
        keys[variable] = Secret(secret or "")
    return keys


def _repeated(values: Mapping[str, Any]) -> list[str]:
    """Names that stand twice; members type a gateway's name, so case makes no difference."""
    problems = []
    for path in (("gateway",), ("quota", "tier")):
        seen: dict[str, int] = {}
        for number, table in enumerate(_tables(values, *path), start=1):
            name = table.get("name")
            if not isinstance(name, str):
                continue
            first = seen.setdefault(name.casefold(), number)
            if first != number:
                key = ".".join(path)
                problems.append(
                    f"{key}[{number}].name: found {shown(name)}, as {key}[{first}] has it; allowed: a name of its own."
                )
    return problems


def _path_problems(gathered: Gathered) -> list[str]:
    problems = []
    data_dir, tls_ca_file = gathered.values.get("data_dir"), gathered.values.get("tls_ca_file")
    folder = _existing(Path(data_dir).expanduser()) if isinstance(data_dir, str) else None
    if folder is not None and not folder.is_dir():
        key = gathered.names.get("data_dir", "data_dir")
        problems.append(f"{key}: found {shown(data_dir)}, but {folder} is a file; allowed: the path of a folder.")
    if isinstance(tls_ca_file, str) and not Path(tls_ca_file).expanduser().is_file():
        key = gathered.names.get("tls_ca_file", "tls_ca_file")
        problems.append(f"{key}: found {shown(tls_ca_file)}, where there is no file; allowed: a file of certificates.")
    return problems


def _slack_problems(gathered: Gathered) -> list[str]:
    """Slack's events come by one road: Socket Mode, which the app token opens, or HTTP, which the signing secret proves."""

    def named(key: str) -> str:
        return gathered.names.get(key, key)

    bot, app, signing = (
        gathered.values.get(key) is not None for key in ("slack_bot_token", "slack_app_token", "slack_signing_secret")
    )
    if app and signing:
        both = f"{named('slack_app_token')}: found it and {named('slack_signing_secret')} too"
        return [f"{both}; allowed: the app token for Socket Mode, or the signing secret for HTTP mode."]
    if bot and not (app or signing):
        alone = f"{named('slack_bot_token')}: found it alone"
        return [f"{alone}; allowed: with SLACK_APP_TOKEN for Socket Mode, or with SLACK_SIGNING_SECRET for HTTP mode."]
    if (app or signing) and not bot:
        other = named("slack_app_token" if app else "slack_signing_secret")
        return [f"{other}: found it without SLACK_BOT_TOKEN; allowed: both together."]
    return []


def _existing(path: Path) -> Path | None:
    """The path itself, or the nearest folder above it that exists; None if this process may not even look."""
    try:
        return next((place for place in (path, *path.parents) if place.exists()), None)
    except OSError:
        return None


def _settings(document: Document, keys: Mapping[str, Secret], *, terminal: bool) -> Settings:
    discord = None
    if document.discord_token is not None:
        discord = DiscordSettings(token=Secret(document.discord_token), proxy=document.discord_proxy)
    return Settings(
        data_dir=Path(document.data_dir).expanduser(),
        log=LogSettings(level=document.log_level, format=document.log_format or ("text" if terminal else "json")),
        time_zone=ZoneInfo(document.time_zone),
        defaults=Defaults(model=document.defaults.model or Defaults.model, watermark=document.defaults.watermark),
        gateways=tuple(_gateway(table, keys[table.api_key_env]) for table in document.gateway),
        tiers=tuple(
            QuotaTier(
                name=tier.name,
                images_per_day=tier.images_per_day,
                uncertain_images_per_day=tier.uncertain_images_per_day,
                roles=frozenset(tier.roles),
                members=frozenset(tier.members),
            )
            for tier in document.quota.tier
        ),
        discord=discord,
        slack=_slack(document),
        listen=_listening(document.listen),
        tls_ca_file=Path(document.tls_ca_file).expanduser() if document.tls_ca_file is not None else None,
        public_url=document.public_url,
        retention=_retention(document.retention),
    )


def _retention(table: RetentionTable) -> RetentionSettings:
    return RetentionSettings(days=table.days, gigabytes=table.gigabytes)


def _slack(document: Document) -> SlackSettings | None:
    if document.slack_bot_token is None:
        return None
    app_token, signing_secret = document.slack_app_token, document.slack_signing_secret
    return SlackSettings(
        bot_token=Secret(document.slack_bot_token),
        app_token=Secret(app_token) if app_token is not None else None,
        signing_secret=Secret(signing_secret) if signing_secret is not None else None,
        api_url=document.slack_api_url,
    )


def _listening(text: str) -> Listen:
    found = LISTEN.fullmatch(text)
    if found is None:
        raise ValueError(f"{text} was judged before")
    return Listen(host=found["host"].strip("[]"), port=int(found["port"]))


def _gateway(table: GatewayTable, api_key: Secret) -> GatewaySettings:
    return GatewaySettings(
        name=table.name,
        dialect=table.dialect,
        api_key=api_key,
        mode=table.mode,
        base_url=table.base_url,
        upload_url=table.upload_url,
        models=dict(table.models),
        prices=dict(table.prices),
        priority=table.priority,
        concurrency=table.concurrency,
        images_per_minute=table.images_per_minute,
        limits=_limits(table.limits),
        allow_private_results=table.allow_private_results,
        proxy=table.proxy,
    )


def _limits(table: LimitsTable) -> GatewayLimits:
    return GatewayLimits(
        tiers={model: tuple(tiers) for model, tiers in table.tiers.items()},
        most_pixels=dict(table.most_pixels),
        most_side=table.most_side,
        most_images=table.most_images,
        most_references=table.most_references,
        reference_bytes=table.reference_bytes,
        reference_forms=_set(table.reference_forms),
        formats=_set(table.formats),
        search=table.search,
        prompt_modes=_set(table.prompt_modes),
        first_poll_s=_seconds(table.first_poll_s),
        poll_s=_seconds(table.poll_s),
        deadline_s=_seconds(table.deadline_s),
        answer_s=_seconds(table.answer_s),
    )


def _set(given: Sequence[Word] | None) -> frozenset[Word] | None:
    return None if given is None else frozenset(given)


def _seconds(given: float | Decimal | None) -> float | None:
    return None if given is None else float(given)
