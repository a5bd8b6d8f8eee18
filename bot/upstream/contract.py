"""What a gateway tells us while it works, whatever its dialect; and the call that made it."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from bot.errors import UpstreamError
from bot.ids import TaskId
from bot.requests.request import Request


@dataclass(frozen=True, kw_only=True)
class Call:
    """An HTTP request below a gateway's base URL, which adds host and key.

    `body` is JSON; `content` is bytes instead, whose kind `headers` say.
    """

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    content: bytes | None = None


@dataclass(frozen=True, kw_only=True)
class Started:
    """The gateway took the work. `task` is its name for it where it has one; `trace` is for its support."""

    task: TaskId | None = None
    trace: str | None = None


@dataclass(frozen=True, kw_only=True)
class PictureReady:
    """One finished picture: at `address` until it expires, or in `data`. `index` counts from 0."""

    index: int
    address: str | None = None
    data: bytes | None = None


@dataclass(frozen=True, kw_only=True)
class PictureMissing:
    """One picture of the set was not made."""

    index: int
    error: UpstreamError


@dataclass(frozen=True, kw_only=True)
class Completed:
    """The work is over. `billed`: pictures the answer says were charged; None where it does not say."""

    billed: int | None = None


UpstreamEvent = Started | PictureReady | PictureMissing | Completed


class Upstream(Protocol):
    """One gateway, speaking its dialect."""

    def submit(self, request: Request, references: Sequence[str]) -> AsyncGenerator[UpstreamEvent, None]:
        """Make the paid call, once, and tell what happens. `references` are data URLs or addresses, in order.

        Ends after Completed, or raises UpstreamError: `certain` if nothing was spent. Pictures told before the error
        stand.
        """
        ...

    async def close(self) -> None: ...


@runtime_checkable
class Resumable(Protocol):
    """A gateway that knows its work by name: a task goes on after a restart."""

    def resume(self, request: Request, task: TaskId) -> AsyncGenerator[UpstreamEvent, None]:
        """What became of a task that was taken before; free, and tells every picture again. Ends like `submit`."""
        ...


@runtime_checkable
class Uploader(Protocol):
    """A gateway that takes references by address and lends a place to put them."""

    async def upload(self, content: bytes, media_type: str) -> str:
        """The address of a picture put there for a while; free. Raises UpstreamError, always `certain`."""
        ...
