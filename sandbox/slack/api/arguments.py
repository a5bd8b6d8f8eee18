"""The arguments of a call, from its query, form or JSON."""

import json
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from sandbox.contracts import JsonObject
from sandbox.slack.errors import ApiError, invalid_arguments, missing_field

_BOOLEAN_NAMES = frozenset(
    {
        "as_user",
        "inclusive",
        "include_all_metadata",
        "include_locale",
        "include_num_members",
        "link_names",
        "mrkdwn",
        "prevent_creation",
        "reply_broadcast",
        "return_im",
        "test",
        "unfurl_links",
        "unfurl_media",
    }
)
_BOOLEANS = {"1": True, "true": True, "True": True, "0": False, "false": False, "False": False}


class Arguments(Mapping[str, Any]):
    """Merged arguments without the token; `error` is what is wrong with the body."""

    def __init__(self, values: JsonObject, token: str | None, error: ApiError | None = None) -> None:
        self.values_by_name = values
        self.token = token
        self.error = error

    def __getitem__(self, name: str) -> Any:
        return self.values_by_name[name]

    def __iter__(self) -> Any:
        return iter(self.values_by_name)

    def __len__(self) -> int:
        return len(self.values_by_name)

    def text(self, name: str) -> str:
        """Return an argument as text, empty if it is missing."""
        value = self.get(name)
        return "" if value is None else str(value)

    def required(self, name: str) -> str:
        found = self.text(name)
        if not found:
            raise missing_field(name)
        return found

    def number(self, name: str, default: int, *, least: int = 1, most: int = 1000) -> int:
        given = self.text(name)
        if not given:
            return default
        if not given.isdecimal() or not least <= int(given) <= most:
            raise invalid_arguments([f"must be between {least} and {most} [json-pointer:/{name}]"])
        return int(given)

    def names(self, name: str) -> list[str]:
        """Return a list that may come as JSON, as a list or separated by commas."""
        given = self.get(name)
        if isinstance(given, str) and given.startswith("["):
            given = _json(given)
        entries = given if isinstance(given, list) else str(given or "").split(",")
        return [str(entry).strip() for entry in entries if str(entry).strip()]


async def read_arguments(request: web.Request) -> Arguments:
    """Merge query, form and JSON; boolean arguments of a query or form become true and false."""
    header = request.headers.get("Authorization", "")
    token = header.removeprefix("Bearer ").strip() if header.startswith("Bearer ") else None
    raw: JsonObject = dict(request.query)
    error: ApiError | None = None
    values: JsonObject = {}
    if request.content_type in ("application/x-www-form-urlencoded", "multipart/form-data"):
        raw |= {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
    elif request.content_type == "application/json" and (body := await request.read()).strip():
        parsed = _json(body)
        if isinstance(parsed, dict):
            values = {name: value for name, value in parsed.items() if value is not None}
        else:
            error = ApiError("invalid_json" if parsed is None else "json_not_object")
    raw = {name: _BOOLEANS.get(value, value) if name in _BOOLEAN_NAMES else value for name, value in raw.items()}
    merged = raw | values
    given = merged.pop("token", None)
    return Arguments(merged, token or (str(given) if given else None), error)


def _json(text: str | bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
