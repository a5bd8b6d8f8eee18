"""Types of configuration keys. Each field of the settings is annotated with a `Key`, which checks the value and describes it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from bot.config.nearest import nearest
from bot.money import Money, parse_money
from bot.values import dataclass

Location = tuple[str | int, ...]
ADDRESS = "an https:// URL (http:// only for this machine) without a password or a query"
PROXY = "an http:// or https:// URL"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")
MEMBER = re.compile(r"[a-z]+:[A-Za-z0-9/]+")
WORKSPACE = re.compile(r"(?P<platform>[a-z]+):[A-Za-z0-9]+")


@dataclass(frozen=True, kw_only=True)
class Context:
    """What a value is checked against.

    `dialects` and `models` are the names in the catalog. `api_keys` maps the variables that gateways name to their secrets.
    `member` is an example of a member's id. `workspaces` maps every platform to an example of a workspace's id on it.
    """

    dialects: frozenset[str]
    models: frozenset[str]
    api_keys: Mapping[str, str]
    member: str
    workspaces: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What is wrong with one key. `allowed` is empty until the key's description fills it in; for an unknown key it is a hint."""

    kind: Literal["wrong", "missing", "unknown"] = "wrong"
    location: Location = ()
    found: object = None
    allowed: str = ""
    hidden: bool = False

    def below(self, part: str | int) -> "Fault":
        return replace(self, location=(part, *self.location))


class FaultsError(Exception):
    """A value is invalid; `faults` say where."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__(faults)
        self.faults = faults


Read = Callable[[Any, Context], Any]
"""Converts a value of the file or the environment to a setting. Raises FaultsError."""


@dataclass(frozen=True, kw_only=True)
class Key:
    """`allowed` describes valid values; `name` is the key's name in the file if it differs from the field's.

    The value of a `secret` is never shown; a `secret` scalar can also be read from the file that `<key>_file` names. Only a
    `scalar` can come from the environment.
    """

    read: Read
    allowed: str | Callable[[Context], str]
    name: str | None = None
    secret: bool = False
    scalar: bool = True

    def describe(self, context: Context) -> str:
        return self.allowed if isinstance(self.allowed, str) else self.allowed(context)


def wrong(found: object, allowed: str = "") -> FaultsError:
    return FaultsError(Fault(found=found, allowed=allowed))


def checked(check: Callable[[str], Any], allowed: str, *, folded: bool = False) -> Key:
    """A string that `check` converts to the value; `check` raises ValueError if it is invalid."""

    def read(value: Any, _: Context) -> Any:  # noqa: ANN401  # a TOML value
        if not isinstance(value, str):
            raise wrong(value)
        value = value.strip().lower() if folded else value
        try:
            return check(value)
        except ValueError as error:
            raise wrong(value) from error

    return Key(read=read, allowed=allowed)


def text(allowed: str) -> Key:
    return checked(_filled, allowed)


def path(allowed: str) -> Key:
    return checked(lambda value: Path(_filled(value)).expanduser(), allowed)


def name() -> Key:
    def check(value: str) -> str:
        if not NAME.fullmatch(value):
            raise ValueError
        return value

    return checked(check, "1 to 32 letters, digits, dots, dashes or underscores")


def address() -> Key:
    return checked(base_address, ADDRESS)


def proxy() -> Key:
    def check(value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname or not _has_usable_port(value):
            raise ValueError
        return value

    return checked(check, PROXY)


def one_of(*words: str, folded: bool = False) -> Key:
    """One of these words; `folded` ignores case."""
    return checked(_word(words), f"{', '.join(words[:-1])} or {words[-1]}", folded=folded)


def some_of(*words: str) -> Key:
    """A list of these words, as a set."""
    listed = ", ".join(f'"{word}"' for word in words)
    items = list_of(checked(_word(words), "").read)
    return Key(read=lambda value, context: frozenset(items(value, context)), allowed=f"a list of {listed}")


def switch() -> Key:
    def read(value: Any, _: Context) -> bool:  # noqa: ANN401  # a TOML value
        if not isinstance(value, bool):
            raise wrong(value)
        return value

    return Key(read=read, allowed="true or false, without quotes")


def whole_number(least: int | None = None, most: int | None = None, *, allowed: str = "") -> Key:
    def read(value: Any, _: Context) -> int:  # noqa: ANN401  # a TOML value
        if isinstance(value, bool) or not isinstance(value, int):
            raise wrong(value)
        if (least is not None and value < least) or (most is not None and value > most):
            raise wrong(value)
        return value

    return Key(read=read, allowed=allowed or f"a whole number from {least} to {most}")


def number(*, above: int, most: int, allowed: str) -> Key:
    def read(value: Any, _: Context) -> float:  # noqa: ANN401  # a TOML value
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
            raise wrong(value)
        # Comparing a Decimal NaN raises.
        if isinstance(value, Decimal) and not value.is_finite():
            raise wrong(value)
        if not above < value <= most:
            raise wrong(value)
        return float(value)

    return Key(read=read, allowed=allowed)


def time_zone() -> Key:
    def read(value: Any, _: Context) -> ZoneInfo:  # noqa: ANN401  # a TOML value
        if not isinstance(value, str):
            raise wrong(value)
        try:
            return ZoneInfo(value)
        except (KeyError, ValueError, OSError) as error:
            near = nearest(value, available_timezones())
            hint = f" (did you mean {near}?)" if near else ""
            raise wrong(value, f"an IANA time zone name, like Europe/Berlin{hint}") from error

    return Key(read=read, allowed="an IANA time zone name, like Europe/Berlin")


def dialect() -> Key:
    return Key(read=lambda value, context: _known(value, context.dialects), allowed="the name of a dialect, like ark_intl")


def model() -> Key:
    return Key(read=_model, allowed="the name of a model")


def members(kind: str) -> Key:
    """A list of ids prefixed with the platform, as a set."""
    items = list_of(_member)
    return Key(
        read=lambda value, context: frozenset(items(value, context)),
        allowed=lambda context: f'a list of {kind}, each like "{context.member}"',
    )


def workspaces(kind: str) -> Key:
    """A list of ids prefixed with the platform, as a set. An unknown platform is wrong: its list would restrict nothing."""
    items = list_of(_workspace)

    def read(value: Any, context: Context) -> frozenset[str]:  # noqa: ANN401  # a TOML value
        # An empty list would name no platform that it closes.
        if value == []:
            raise wrong(value)
        return frozenset(items(value, context))

    def allowed(context: Context) -> str:
        examples = " or ".join(f'"{platform}:{example}"' for platform, example in context.workspaces.items())
        return f"a list of {kind}, each like {examples}"

    return Key(read=read, allowed=allowed, scalar=False)


def by_model(item: Read, what: str) -> Key:
    """A table whose keys are names of models in the catalog."""

    def read(value: Any, context: Context) -> dict[str, Any]:  # noqa: ANN401  # a TOML value
        if not isinstance(value, dict):
            raise wrong(value)
        found: dict[str, Any] = {}
        faults: list[Fault] = []
        for model_name, given in value.items():
            for check, checked_value in ((_own_model, model_name), (item, given)):
                try:
                    found[model_name] = check(checked_value, context)
                except FaultsError as error:
                    faults += [fault.below(model_name) for fault in error.faults]
        if faults:
            raise FaultsError(*faults)
        return found

    return Key(read=read, allowed=f"a table that maps model names to {what}", scalar=False)


def raw_tables(allowed: str, *, name: str) -> Key:
    """A table of tables that another room reads."""

    def read(value: Any, _: Context) -> Any:  # noqa: ANN401  # a TOML value
        if not isinstance(value, dict):
            raise wrong(value)
        faults = [Fault(found=inner, location=(key,)) for key, inner in value.items() if not isinstance(inner, dict)]
        if faults:
            raise FaultsError(*faults)
        return value

    return Key(read=read, allowed=allowed, name=name, scalar=False)


def read_money(value: Any, _: Context) -> Money:  # noqa: ANN401  # a TOML value
    """`"0.04 USD"`, or a table of `amount` and `currency`. Raises FaultsError."""
    text = value
    if isinstance(value, Mapping):
        if set(value) != {"amount", "currency"} or isinstance(value["amount"], bool):
            raise wrong(value)
        amount = value["amount"]
        text = f"{f'{amount:f}' if isinstance(amount, Decimal) else amount} {value['currency']}"
    if not isinstance(text, str):
        raise wrong(value)
    try:
        return parse_money(text)
    except ValueError as error:
        raise wrong(value) from error


def list_of(item: Read) -> Callable[[Any, Context], tuple[Any, ...]]:
    def read(value: Any, context: Context) -> tuple[Any, ...]:  # noqa: ANN401  # a TOML value
        if not isinstance(value, list):
            raise wrong(value)
        found: list[Any] = []
        faults: list[Fault] = []
        for index, one in enumerate(value):
            try:
                found.append(item(one, context))
            except FaultsError as error:
                faults += [fault.below(index) for fault in error.faults]
        if faults:
            raise FaultsError(*faults)
        return tuple(found)

    return read


def base_address(value: str) -> str:
    """The URL without its trailing slash.

    Raises ValueError unless it uses https or points to this machine, and has no credentials, query or fragment.
    """
    parts = urlsplit(value)
    host = parts.hostname or ""
    secure = parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host))
    if not host or not secure or "@" in parts.netloc or parts.query or parts.fragment or not _has_usable_port(value):
        raise ValueError
    return value.rstrip("/")


def _model(value: Any, context: Context) -> str:  # noqa: ANN401  # a TOML value
    return _known(value, context.models)


def _own_model(value: Any, context: Context) -> str:  # noqa: ANN401  # a TOML value
    """A model of the catalog or of the operator, who hears how to add one."""
    try:
        return _model(value, context)
    except FaultsError as error:
        (fault,) = error.faults
        raise wrong(
            value, f'{fault.allowed}, or a name with a table of its own, which may be empty: [model."{value}"]'
        ) from error


def _known(value: Any, names: frozenset[str]) -> str:  # noqa: ANN401  # a TOML value
    if not isinstance(value, str):
        raise wrong(value)
    if value not in names:
        near = nearest(value, sorted(names))
        hint = f" (did you mean {near}?)" if near is not None else ""
        raise wrong(value, f"one of {', '.join(sorted(names))}{hint}")
    return value


def _member(value: Any, _: Context) -> str:  # noqa: ANN401  # a TOML value
    if not isinstance(value, str) or not MEMBER.fullmatch(value):
        raise wrong(value)
    return value


def _workspace(value: Any, context: Context) -> str:  # noqa: ANN401  # a TOML value
    found = WORKSPACE.fullmatch(value) if isinstance(value, str) else None
    if found is None or found["platform"] not in context.workspaces:
        raise wrong(value)
    return found[0]


def _word(words: tuple[str, ...]) -> Callable[[str], str]:
    def check(value: str) -> str:
        if value not in words:
            raise ValueError
        return value

    return check


def _filled(value: str) -> str:
    if not value:
        raise ValueError
    return value


def _has_usable_port(value: str) -> bool:
    """Whether the port is valid or absent."""
    try:
        return urlsplit(value).port != 0
    except ValueError:
        return False


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
