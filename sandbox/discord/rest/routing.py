"""Routes, and the call and response that a route handles."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sandbox.discord.attachments.factory import Upload
from sandbox.discord.errors import FormErrors, invalid_form_body
from sandbox.discord.rest.ratelimits import RateLimit

ORDINARY = RateLimit(count=20, window_s=5.0)
SENDING = RateLimit(count=5, window_s=5.0, messages=True)
WEBHOOK = RateLimit(count=5, window_s=2.0, messages=True)
REACTING = RateLimit(count=1, window_s=0.3, messages=True)
_NO_SNOWFLAKES = frozenset({"token", "emoji"})
"""Path values that are no ids."""
_WORDS = frozenset({"@me", "@original"})
_MOST_SNOWFLAKE = 2**63 - 1


@dataclass(frozen=True, kw_only=True)
class ApiCall:
    """One request: path values, query, JSON body (in a multipart request the `payload_json`) and files."""

    method: str
    path: str
    query: dict[str, str]
    content_type: str
    payload: Any = None
    uploads: tuple[Upload, ...] = ()
    parts: tuple[str, ...] | None = None
    path_values: dict[str, str] = field(default_factory=dict)

    def fields(self) -> dict[str, Any]:
        """Return the body as an object, empty if there is none."""
        return self.payload if isinstance(self.payload, dict) else {}

    def query_integer(self, name: str, default: int, *, least: int, most: int) -> int:
        value = self.query.get(name, str(default))
        if not value.isascii() or not value.isdecimal():
            raise invalid_form_body(name, "NUMBER_TYPE_COERCE", f'Value "{value}" is not int.')
        if not least <= int(value) <= most:
            raise invalid_form_body(name, "NUMBER_TYPE_MAX", f"int value should be between {least} and {most}.")
        return int(value)

    def query_snowflake(self, name: str) -> int | None:
        value = self.query.get(name)
        if value is None:
            return None
        errors = FormErrors()
        _check_snowflake(name, value, errors)
        errors.raise_if_any()
        return int(value)

    def check_path(self) -> None:
        """Raise an error if an id in the path is no id."""
        errors = FormErrors()
        for name, value in self.path_values.items():
            if name not in _NO_SNOWFLAKES and value not in _WORDS:
                _check_snowflake(f"{name}_id", value, errors)
        errors.raise_if_any()


def _check_snowflake(name: str, value: str, errors: FormErrors) -> None:
    if not (value.isascii() and value.isdecimal() and len(value) <= 20 and int(value) <= _MOST_SNOWFLAKE):
        errors.add(name, "NUMBER_TYPE_COERCE", f'Value "{value}" is not snowflake.')


@dataclass(frozen=True, kw_only=True)
class ApiResponse:
    """A status and a JSON body; None means no body."""

    status: int = 200
    body: Any = None


NO_CONTENT = ApiResponse(status=204)
Handler = Callable[[ApiCall], ApiResponse]


@dataclass(frozen=True, kw_only=True)
class Route:
    """A method and a path template such as `/channels/{channel}`; with `token_in_path`, the path is the authorization.

    `limit` is None where Discord names no bucket.
    """

    method: str
    template: str
    handler: Handler
    limit: RateLimit | None = ORDINARY
    token_in_path: bool = False
    global_exempt: bool = False

    def match(self, path: str) -> dict[str, str] | None:
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.template)
        found = re.fullmatch(pattern, path)
        return None if found is None else found.groupdict()

    def major(self, path_values: dict[str, str]) -> str:
        """Return the major parameters, which have buckets of their own: channel, guild, or webhook with token."""
        return "/".join(
            path_values[name] for name in ("channel", "guild", "webhook", "interaction", "token") if name in path_values
        )
