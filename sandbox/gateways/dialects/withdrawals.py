"""Which models of the official API are no longer served, and from when on."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sandbox.contracts import ControlError
from sandbox.gateways.models.rules import ModelRules

_ALWAYS = "1970-01-01T00:00:00Z"
_REPORTED_AT = "2026-11-24T06:00:00Z"
_REPORTED = (
    "doubao-seedream-4-0-250828",
    "doubao-seedream-4-5-251128",
    "doubao-seedream-5-0-260128",
    "doubao-seedream-5-0-lite-260128",
)
"""What others report of Volcengine; it is still served here until a setting says so."""


def read_withdrawals(value: Any, models: Mapping[str, ModelRules]) -> dict[str, float]:
    """Return the instant of each withdrawn id, in seconds since 1970. Raises ControlError."""
    if value == "reported":
        value = dict.fromkeys(_REPORTED, _REPORTED_AT)
    wanted = dict.fromkeys(map(str, value), _ALWAYS) if isinstance(value, list) else value
    if not isinstance(wanted, dict):
        raise ControlError("'withdrawn' must be a list of models, an object of models and instants, or reported.")
    found: dict[str, float] = {}
    for model, instant in wanted.items():
        ids = [name for name, rules in models.items() if model in (name, rules.name)]
        if not ids:
            raise ControlError(f"{model!r} is no model here: {', '.join(sorted({rules.name for rules in models.values()}))}.")
        found |= dict.fromkeys(ids, _read_instant(instant))
    return found


def _read_instant(text: Any) -> float:
    try:
        instant = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        instant = None
    if instant is None or instant.tzinfo is None:
        raise ControlError(f"{text!r} is no instant such as {_REPORTED_AT}.")
    return instant.timestamp()
