"""HTTP requests and answers as values: what a dialect writes, and what it reads."""

from collections.abc import Callable, Mapping
from dataclasses import field
from pathlib import Path
from typing import Any

from bot.values import dataclass

JSON = "application/json"
EVENT_STREAM = "text/event-stream"
NDJSON = "application/x-ndjson"
MOST_ANSWER_BYTES = 100_000_000
"""The most that is read of one answer, and of one message of a stream: a picture of 64 MB, and what base64 adds."""
MOST_ERROR_BYTES = 1_000_000
"""The most that is read of an answer that is no success."""


@dataclass(frozen=True, kw_only=True)
class HttpRequest:
    """A request below a gateway's base URL; the client adds host and key.

    `accept`: the media type to ask for. `body` is sent as JSON; `content` is sent as it is, part after part, with the type that
    `headers` give. `files`: texts inside `body` in whose place the base64 of a file is sent.
    """

    method: str
    path: str
    accept: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    files: Mapping[str, Path] = field(default_factory=dict)
    content: tuple[bytes | Path, ...] | None = None
    on_sending: Callable[[], None] | None = None
    """Called before the first byte leaves this machine, also for the request to a proxy."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A complete HTTP response. `headers` by lower-case name. `capped`: the body was longer than the limit and is cut."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    capped: bool = False

    @property
    def trace(self) -> str | None:
        """The gateway's own id of this exchange, for its support."""
        return self.headers.get("x-request-id")


@dataclass(frozen=True, kw_only=True)
class Frame:
    """One message of a stream: a server-sent event, or a line of JSON, which has no `event`. `data` is UTF-8."""

    event: str
    data: bytes
