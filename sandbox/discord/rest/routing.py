"""Routes, and the call and response that a route handles."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sandbox.discord.attachments.factory import Upload
from sandbox.discord.rest.ratelimits import RateLimit

ORDINARY = RateLimit(count=20, window_s=5.0)
SENDING = RateLimit(count=5, window_s=5.0, messages=True)
WEBHOOK = RateLimit(count=5, window_s=2.0, messages=True)
REACTING = RateLimit(count=1, window_s=0.3, messages=True)


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


@dataclass(frozen=True, kw_only=True)
class ApiResponse:
    """A status and a JSON body; None means no body."""

    status: int = 200
    body: Any = None


NO_CONTENT = ApiResponse(status=204)
Handler = Callable[[ApiCall], ApiResponse]


@dataclass(frozen=True, kw_only=True)
class Route:
    """A method and a path template such as `/channels/{channel}`; with `token_in_path`, the path is the authorization."""

    method: str
    template: str
    handler: Handler
    limit: RateLimit = ORDINARY
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
