"""What comes back over HTTP, before a dialect reads it."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A whole answer. `headers` by lower-case name. `capped`: the body went on past what we read."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    capped: bool = False

    @property
    def trace(self) -> str | None:
        """The gateway's own name for this exchange, for its support."""
        return self.headers.get("x-request-id")


@dataclass(frozen=True, kw_only=True)
class Frame:
    """One message of a stream: a server-sent event, or a line of JSON, which has no `event`."""

    event: str
    data: str
