"""The contract of a route: its request, its answer, and the interface that routes are added to."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import field
from typing import Protocol

from bot.values import dataclass


@dataclass(frozen=True, kw_only=True)
class WebRequest:
    """A request with its complete raw body; header names are in lower case."""

    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    path: str = ""


@dataclass(frozen=True, kw_only=True)
class WebAnswer:
    status: int = 200
    body: str | bytes = ""
    content_type: str = "text/plain"


RequestHandler = Callable[[WebRequest], Awaitable[WebAnswer]]


@dataclass(frozen=True, kw_only=True)
class Route:
    """One method and path. A request whose body has more than `most_body_bytes` is refused; with 0 no body is read."""

    method: str
    path: str
    handle: RequestHandler
    most_body_bytes: int


class Routes(Protocol):
    def add_route(self, method: str, path: str, handle: RequestHandler, *, most_body_bytes: int = 0) -> None: ...
