"""Strict readers for the fields of a JSON body: each returns a value of one type or raises an error that names the field."""

from typing import Any

from sandbox.contracts import JsonObject
from sandbox.gateways.responses import GatewayError


def invalid_parameter(name: str, why: str) -> GatewayError:
    """Return the official API's error for one parameter."""
    return GatewayError(
        400, "InvalidParameter", f"The parameter `{name}` specified in the request is not valid: it {why}.", param=name
    )


def missing_parameter(name: str) -> GatewayError:
    """Return the official API's error for a missing parameter."""
    return GatewayError(400, f"MissingParameter.{name}", f"The request is missing the parameter `{name}`.", param=name)


def read_object(body: Any, *, known: frozenset[str], required: tuple[str, ...]) -> JsonObject:
    """Read an object that has every required field and no unknown one."""
    if not isinstance(body, dict):
        raise GatewayError(400, "InvalidParameter", "The request body is not a JSON object.")
    absent = next((name for name in required if name not in body), None)
    if absent is not None:
        raise missing_parameter(absent)
    unknown = next((name for name in body if name not in known), None)
    if unknown is not None:
        raise invalid_parameter(unknown, "is not a parameter of this API")
    return body


def read_string(body: JsonObject, name: str) -> str:
    value = body[name]
    if not isinstance(value, str):
        raise invalid_parameter(name, "must be a string")
    return value


def read_nonblank(body: JsonObject, name: str, *, most: int | None = None) -> str:
    """Read a string that is not blank and has at most `most` characters."""
    value = read_string(body, name)
    if not value.strip():
        raise invalid_parameter(name, "must not be empty")
    if most is not None and len(value) > most:
        raise invalid_parameter(name, f"has {len(value)} characters, at most {most} are taken")
    return value


def read_boolean(body: JsonObject, name: str, *, default: bool) -> bool:
    value = body.get(name, default)
    if not isinstance(value, bool):
        raise invalid_parameter(name, "must be true or false")
    return value


def read_choice(body: JsonObject, name: str, allowed: tuple[str, ...], *, default: str) -> str:
    value = body.get(name, default)
    if not isinstance(value, str) or value not in allowed:
        raise invalid_parameter(name, f"must be one of {', '.join(allowed)}")
    return value


def is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def read_integer(value: Any, name: str, *, least: int, most: int) -> int:
    if not is_integer(value) or not least <= value <= most:
        raise invalid_parameter(name, f"must be a whole number from {least} to {most}")
    return int(value)


def read_strings(value: Any, name: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise invalid_parameter(name, "must be a list of texts")
    return tuple(value)
