"""Reading the fields of a JSON body strictly: each reader gives a value of one type or refuses it by name; pure."""

from typing import Any

from sandbox.gateways.answers import GatewayRefusal
from sandbox.stage import JsonObject


def wrong(name: str, why: str) -> GatewayRefusal:
    """The refusal of one parameter, with the code of the official API."""
    return GatewayRefusal(
        400, "InvalidParameter", f"The parameter `{name}` specified in the request is not valid: it {why}.", param=name
    )


def missing(name: str) -> GatewayRefusal:
    """The refusal of a body without a required parameter."""
    return GatewayRefusal(400, f"MissingParameter.{name}", f"The request is missing the parameter `{name}`.", param=name)


def an_object(body: Any, *, known: frozenset[str], required: tuple[str, ...]) -> JsonObject:
    """A JSON object that holds every required field and none that is not known."""
    if not isinstance(body, dict):
        raise GatewayRefusal(400, "InvalidParameter", "The request body is not a JSON object.")
    absent = next((name for name in required if name not in body), None)
    if absent is not None:
        raise missing(absent)
    unknown = next((name for name in body if name not in known), None)
    if unknown is not None:
        raise wrong(unknown, "is not a parameter of this API")
    return body


def text(body: JsonObject, name: str) -> str:
    value = body[name]
    if not isinstance(value, str):
        raise wrong(name, "must be a string")
    return value


def words(body: JsonObject, name: str, *, most: int | None = None) -> str:
    """A text that is not blank, of at most so many characters."""
    value = text(body, name)
    if not value.strip():
        raise wrong(name, "must not be empty")
    if most is not None and len(value) > most:
        raise wrong(name, f"has {len(value)} characters, at most {most} are taken")
    return value


def flag(body: JsonObject, name: str, *, default: bool) -> bool:
    value = body.get(name, default)
    if not isinstance(value, bool):
        raise wrong(name, "must be true or false")
    return value


def choice(body: JsonObject, name: str, allowed: tuple[str, ...], *, default: str) -> str:
    value = body.get(name, default)
    if not isinstance(value, str) or value not in allowed:
        raise wrong(name, f"must be one of {', '.join(allowed)}")
    return value


def is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def whole(value: Any, name: str, *, least: int, most: int) -> int:
    if not is_whole(value) or not least <= value <= most:
        raise wrong(name, f"must be a whole number from {least} to {most}")
    return int(value)


def texts(value: Any, name: str) -> tuple[str, ...]:
    """A list of texts."""
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise wrong(name, "must be a list of texts")
    return tuple(value)
