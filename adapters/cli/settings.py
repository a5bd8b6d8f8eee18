"""Loads the operator's settings for a command."""

import os
import sys
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from adapters.platforms import PLATFORMS
from bot.catalog.names import concerns_rows, shipped_names
from bot.clock import SystemClock
from bot.config.keys import Context, Fault
from bot.config.load import find_config, load, problems_for_run
from bot.config.settings import Settings
from bot.errors import ConfigurationError

CONFIGS = tuple(entry.config for entry in PLATFORMS)


def runnable_settings(config: Path | None) -> Settings:
    """Load settings that are complete enough to run the bot. Raises ConfigurationError with all problems at once."""
    settings = _load(find_config(config, os.environ, Path.cwd()), os.environ)
    problems = (*problems_for_run(settings, CONFIGS), *_wrong_modes(settings))
    if problems:
        raise ConfigurationError(problems)
    return settings


def keyless_settings(config: Path | None) -> Settings:
    """Load settings without requiring the API keys of gateways. Raises ConfigurationError."""
    path = find_config(config, os.environ, Path.cwd())
    return _load(path, _with_keys(path, os.environ))


def _load(path: Path | None, environment: Mapping[str, str]) -> Settings:
    return load(
        path,
        environment,
        platforms=CONFIGS,
        dialects=shipped_names().dialects,
        models=shipped_names().models,
        terminal=sys.stderr.isatty(),
        check_catalog=_check_catalog,
    )


def _check_catalog(values: Mapping[str, Any], context: Context) -> Sequence[Fault]:
    if not concerns_rows(values):
        return ()
    from bot.catalog.tables.operator_faults import catalog_faults  # noqa: PLC0415  # slow, and rarely needed before connecting

    return catalog_faults(values, context, now=SystemClock().now())


def _wrong_modes(settings: Settings) -> list[str]:
    chosen = [gateway for gateway in settings.gateways if gateway.mode != "auto"]
    if not chosen:
        return []
    from bot.catalog.profiles import mode_problems  # noqa: PLC0415  # as in _check_catalog

    return [problem for gateway in chosen for problem in mode_problems(gateway)]


def _with_keys(path: Path | None, environment: Mapping[str, str]) -> Mapping[str, str]:
    """The environment, with a placeholder for each missing API key of a gateway."""
    try:
        document = {} if path is None else tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        # The loader reads the file again and reports the problem.
        return environment
    tables = document.get("gateway")
    named = [table.get("api_key_env") for table in tables if isinstance(table, dict)] if isinstance(tables, list) else []
    missing = {name: "unset" for name in named if isinstance(name, str) and f"{name}_FILE" not in environment}
    return {**missing, **environment}
