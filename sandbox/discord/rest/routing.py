"""What a route is, and one request taken apart for it."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sandbox.discord.attachments.attachment import Upload
from sandbox.discord.rest.ratelimits import Limit

ORDINARY = Limit(count=20, window_s=5.0)
SENDING = Limit(count=5, window_s=5.0, messages=True)
WEBHOOK = Limit(count=5, window_s=2.0, messages=True)
REACTING = Limit(count=1, window_s=0.3, messages=True)


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request: the values of its path, its query, its JSON body (of a multipart request the `payload_json`), its files."""

    method: str
    path: str
    query: dict[str, str]
    content_type: str
    payload: Any = None
    uploads: tuple[Upload, ...] = ()
    parts: tuple[str, ...] | None = None
    at: dict[str, str] = field(default_factory=dict)

    def fields(self) -> dict[str, Any]:
        """The body as an object, empty where there is none."""
        return self.payload if isinstance(self.payload, dict) else {}


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A status and a JSON body; None means no body."""

    status: int = 200
    body: Any = None


NO_CONTENT = Answer(status=204)
Handler = Callable[[Call], Answer]


@dataclass(frozen=True, kw_only=True)
class Route:
    """A method and a path template such as `/channels/{channel}`; `with_token` routes prove themselves by the token in the path."""

    method: str
    template: str
    handler: Handler
    limit: Limit = ORDINARY
    with_token: bool = False
    global_exempt: bool = False

    def match(self, path: str) -> dict[str, str] | None:
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.template)
        found = re.fullmatch(pattern, path)
        return None if found is None else found.groupdict()

    def major(self, at: dict[str, str]) -> str:
        """The part of the path that has its own bucket: channel, server, or webhook with token."""
        return "/".join(at[name] for name in ("channel", "guild", "webhook", "interaction", "token") if name in at)
