"""What the pipeline asks of a gateway, and the events that the gateway answers with, whatever its dialect."""

from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.errors import UpstreamError
from bot.ids import TaskId
from bot.requests.request import Request


@dataclass(frozen=True, kw_only=True)
class Started:
    """The gateway accepted the work. `task`: its id of the work where it has one; `trace`: an id for its support."""

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
    """The work is over. `billed`: pictures charged according to the answer; None where it does not say."""

    billed: int | None = None


UpstreamEvent = Started | PictureReady | PictureMissing | Completed


class Upstream(Protocol):
    """One configured gateway."""

    def submit(
        self,
        request: Request,
        references: Sequence[str],
        *,
        on_sending: Callable[[], None],
    ) -> AsyncGenerator[UpstreamEvent, None]:
        """Make the paid call, once, and yield what happens. `references` are data URLs or addresses, in order.

        `on_sending` is called before the first byte of the call leaves this machine: until then nothing can have been spent.
        Ends after Completed, or raises UpstreamError: `certain` if nothing was spent. Pictures yielded before the error remain
        valid.
        """
        ...

    def can_resume(self, request: Request) -> bool:
        """Whether a task of this request can be looked up here: the dialect has tasks, and is the one that created it."""
        ...

    def resume(self, request: Request, task: TaskId) -> AsyncGenerator[UpstreamEvent, None]:
        """Follow a task that an earlier process submitted; free, and yields every picture again. Ends like `submit`.

        Raises an UpstreamError that is not `certain` where `can_resume` is False.
        """
        ...

    async def upload(self, content: bytes, media_type: str) -> str:
        """Lend a reference picture an address for a while; free. Raises UpstreamError, always `certain`."""
        ...

    async def close(self) -> None: ...


class Downloads(Protocol):
    """Downloads the results of one gateway. Raises UpstreamError."""

    async def fetch(self, address: str) -> bytes: ...
