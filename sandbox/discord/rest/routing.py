"""What a route is, and one request taken apart for it."""

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
    """One request: the values of its path, its query, its JSON body (of a multipart request the `payload_json`), its files."""

    method: str
    path: str
    query: dict[str, str]
    content_type: str
    payload: Any = None
    uploads: tuple[Upload, ...] = ()
    parts: tuple[str, ...] | None = None
    path_values: dict[str, str] = field(default_factory=dict)

    def fields(self) -> dict[str, Any]:
        """The body as an object, empty where there is none."""
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
    """A method and a path template such as `/channels/{channel}`; `with_token` routes prove themselves by the token in the path."""

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
        """The part of the path that has its own bucket: channel, server, or webhook with token."""
        return "/".join(
            path_values[name] for name in ("channel", "guild", "webhook", "interaction", "token") if name in path_values
        )
