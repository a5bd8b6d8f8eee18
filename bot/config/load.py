"""Loads the settings from the file and the environment, and reports all problems at once."""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, assert_never

from bot.config.keys import Context, Fault, Key, Location
from bot.config.platforms import PlatformConfig, PlatformSettings
from bot.config.settings import VARIABLE, Settings
from bot.config.sources import CONFIG_NAME, CONFIG_VARIABLE, FILE_SUFFIX, Gathered, Gatherer, shown
from bot.config.tables import keys_of, read_fields, unknown_keys
from bot.errors import ConfigurationError
from bot.ids import PlatformName

Platforms = Sequence[PlatformConfig[Any]]
LOG_FORMAT = "log_format"
BARE = re.compile(r"[A-Za-z0-9_-]+")
CheckCatalog = Callable[[Mapping[str, Any], Context], Sequence[Fault]]
"""What is wrong with the operator's tables that only the catalog understands: `[model]`, `[dialect]`, `[sizes]`, schedules."""


def no_faults(_: Mapping[str, Any], __: Context) -> Sequence[Fault]:
    return ()


def find_config(argument: Path | None, environment: Mapping[str, str], cwd: Path) -> Path | None:
    """`--config`, else SEEDREAM_BOT_CONFIG, else `seedream-bot.toml` if it exists.

    Raises ConfigurationError if one of the first two names a file that does not exist.
    """
    named = str(argument) if argument is not None else environment.get(CONFIG_VARIABLE) or None
    if named is None:
        usual = cwd / CONFIG_NAME
        return usual if usual.is_file() else None
    path = cwd / Path(named).expanduser()
    if not path.is_file():
        source = "--config" if argument is not None else CONFIG_VARIABLE
        raise ConfigurationError((f"{source}: found {shown(named)}; expected the path of an existing file.",))
    return path


def load(
    path: Path | None,
    environment: Mapping[str, str],
    *,
    platforms: Platforms,
    dialects: frozenset[str],
    models: frozenset[str],
    terminal: bool,
    check_catalog: CheckCatalog = no_faults,
) -> Settings:
    """Load the settings. Raises ConfigurationError.

    `dialects` and `models` are those of the catalog, and `check_catalog` reads what the operator adds to it. `terminal`: whether
    the log goes to a terminal.
    """
    keys = document_keys(platforms)
    gatherer = Gatherer(environment=environment, keys=keys)
    gathered = gatherer.gather(path)
    gateway_keys = Gatherer(environment=environment, keys=keys)
    context = Context(
        dialects=dialects,
        models=models | _names_of_tables(gathered.values.get("model")),
        api_keys=_api_keys(gathered.values, gateway_keys),
        member=_example_of_member(platforms),
        workspaces={platform.name: platform.workspace for platform in platforms},
    )
    given = {LOG_FORMAT: "text" if terminal else "json", **gathered.values}
    configured, platform_faults = _read_platforms(platforms, given, context)
    core = read_fields(Settings, given, context)
    faults = [*platform_faults, *core.faults, *unknown_keys(given, _known_names(keys)), *check_catalog(gathered.values, context)]
    problems = [
        *gatherer.problems,
        *(_sentence(fault, gathered) for fault in faults),
        *gateway_keys.problems,
        *_repeated(gathered.values),
        *_path_problems(gathered),
        *(problem for platform in platforms for problem in platform.problems(_spelled(platform, gathered))),
    ]
    if problems:
        raise ConfigurationError(tuple(dict.fromkeys(problems)))
    return Settings(platforms=configured, **core.values)


def problems_for_run(settings: Settings, platforms: Platforms) -> tuple[str, ...]:
    """What is missing before `run` can start."""
    problems = []
    if not settings.platforms:
        example = f"{platforms[0].prefix}{_first_secret(platforms[0])}"
        problems.append(
            f"No platform is configured: set {', or '.join(platform.needs for platform in platforms)}; each can also come from "
            f"a file named by {example.upper()}{FILE_SUFFIX}, or from the configuration file as {example}.",
        )
    if not settings.gateways:
        problems.append(
            "No gateway is configured: add a [[gateway]] table with name, dialect and api_key_env to the configuration file, "
            "and set the variable that api_key_env names to your API key.",
        )
    if problems:
        problems.append("To try the bot on this machine without any account: seedream-bot demo")
    return tuple(problems)


def document_keys(platforms: Platforms) -> dict[str, Key]:
    """Every top-level key of the file by its name."""
    found: dict[str, Key] = {}
    for platform in platforms:
        found |= keys_of(platform.settings, platform.prefix)
    return found | keys_of(Settings)


def _read_platforms(
    platforms: Platforms, given: Mapping[str, Any], context: Context
) -> tuple[dict[PlatformName, PlatformSettings], list[Fault]]:
    """The settings of the configured platforms, and the faults in the keys of any platform."""
    configured: dict[PlatformName, PlatformSettings] = {}
    faults: list[Fault] = []
    for platform in platforms:
        reading = read_fields(platform.settings, given, context, prefix=platform.prefix)
        # A missing key means that the platform is not configured.
        wrong = [fault for fault in reading.faults if fault.kind != "missing"]
        faults += wrong
        if not reading.faults:
            configured[platform.name] = platform.settings(**reading.values)
    return configured, faults


def _spelled(platform: PlatformConfig[Any], gathered: Gathered) -> Mapping[str, str]:
    names = {field: f"{platform.prefix}{field}" for field in keys_of(platform.settings)}
    return {field: gathered.names.get(name, name) for field, name in names.items() if gathered.values.get(name) is not None}


def _example_of_member(platforms: Platforms) -> str:
    return next((f"{platform.name}:{platform.member}" for platform in platforms), "platform:id")


def _first_secret(platform: PlatformConfig[Any]) -> str:
    return next(name for name, key in keys_of(platform.settings).items() if key.secret)


def _names_of_tables(value: object) -> frozenset[str]:
    return frozenset(value) if isinstance(value, dict) else frozenset()


def _known_names(keys: Mapping[str, Key]) -> list[str]:
    return [*keys, *(f"{name}_file" for name, key in keys.items() if key.secret)]


def _sentence(fault: Fault, gathered: Gathered) -> str:
    """One problem as a sentence: the key, the value and what is expected."""
    key = _key(fault.location, gathered)
    match fault.kind:
        case "unknown":
            return f"{key}: unknown key; {fault.allowed}"
        case "missing":
            return f"{key}: missing; expected {fault.allowed}."
        case "wrong":
            found = "a hidden value" if fault.hidden else shown(fault.found)
            return f"{key}: found {found}; expected {fault.allowed}."
        case _:
            assert_never(fault.kind)


def _key(location: Location, gathered: Gathered) -> str:
    """`log_level`, `LOG_LEVEL` if it came from the environment, `gateway[2].mode ("spare")`."""
    if len(location) == 1 and location[0] in gathered.names:
        return gathered.names[str(location[0])]
    text = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{_quoted(part)}" for part in location).removeprefix(".")
    item: Any = gathered.values
    name = None
    for part in location[:-1]:
        try:
            item = item[part]
        except (KeyError, IndexError, TypeError):
            break
        name = item.get("name", name) if isinstance(item, dict) and isinstance(part, int) else name
    return f'{text} ("{name}")' if isinstance(name, str) and location[-1] != "name" else text


def _quoted(part: str) -> str:
    """With the quotes that TOML needs around a name like "5.0-lite"."""
    return part if BARE.fullmatch(part) else shown(part)


def _tables(values: Mapping[str, Any], *path: str) -> list[Mapping[str, Any]]:
    """The tables of an array, even if their keys are invalid."""
    item: Any = values
    for part in path:
        item = item.get(part) if isinstance(item, dict) else None
    return [table for table in item if isinstance(table, dict)] if isinstance(item, list) else []


def _api_keys(values: Mapping[str, Any], gatherer: Gatherer) -> dict[str, str]:
    """The secrets in the variables that gateways name."""
    keys: dict[str, str] = {}
    for number, table in enumerate(_tables(values, "gateway"), start=1):
        variable = table.get("api_key_env")
        if not isinstance(variable, str) or not VARIABLE.fullmatch(variable) or variable in keys:
            continue
        secret = gatherer.secret(variable)
        if secret is None:
            gatherer.problems.append(
                f"gateway[{number}].api_key_env: found {shown(variable)}, but that variable is not set; "
                f"set it to the key, or set {variable}{FILE_SUFFIX} to the path of a file with the key.",
            )
        keys[variable] = secret or ""
    return keys


def _repeated(values: Mapping[str, Any]) -> list[str]:
    """Duplicate names. Case is ignored, because members type the names of gateways."""
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
                    f"{key}[{number}].name: found {shown(name)}, which {key}[{first}] already uses; expected a unique name."
                )
    return problems


def _path_problems(gathered: Gathered) -> list[str]:
    problems = []
    data_dir, tls_ca_file = gathered.values.get("data_dir"), gathered.values.get("tls_ca_file")
    folder = _existing(Path(data_dir).expanduser()) if isinstance(data_dir, str) else None
    if folder is not None and not folder.is_dir():
        key = gathered.names.get("data_dir", "data_dir")
        problems.append(f"{key}: found {shown(data_dir)}, but {folder} is a file; expected the path of a folder.")
    if isinstance(tls_ca_file, str) and not Path(tls_ca_file).expanduser().is_file():
        key = gathered.names.get("tls_ca_file", "tls_ca_file")
        problems.append(f"{key}: found {shown(tls_ca_file)}, which is not a file; expected a file with CA certificates.")
    return problems


def _existing(path: Path) -> Path | None:
    """The path or its nearest parent that exists; None without permission to look."""
    try:
        return next((place for place in (path, *path.parents) if place.exists()), None)
    except OSError:
        return None
