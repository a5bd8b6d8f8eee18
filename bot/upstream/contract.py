"""What the pipeline asks of a gateway, and the events that the gateway answers with, whatever its dialect."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Protocol

from bot.errors import UpstreamError
from bot.ids import TaskId
from bot.jobs.picture import Layer
from bot.money import Money
from bot.requests.request import Pixels, Request
from bot.values import dataclass


@dataclass(frozen=True, kw_only=True)
class Started:
    """The gateway accepted the work. `task`: its id of the work where it has one; `trace`: an id for its support."""

    task: TaskId | None = None
    trace: str | None = None


@dataclass(frozen=True, kw_only=True)
class PictureReady:
    """One finished picture: at `address` until it expires, or in `data`. `index` counts from 0.

    `size` is what the gateway says; the file's own is known only once it is here.
    """

    index: int
    address: str | None = None
    data: bytes | None = None
    size: Pixels | None = None
    layer: Layer | None = None


@dataclass(frozen=True, kw_only=True)
class PictureMissing:
    """One picture of the set was not made, or not in a form that can be read. `error.certain`: it was not charged."""

    index: int
    error: UpstreamError


@dataclass(frozen=True, kw_only=True)
class Completed:
    """The work is over. `billed`: pictures charged according to the answer; None where it does not say.

    `references` is how many of them were charged, and `cost` the amount, likewise. `surplus`: pictures beyond
    `Request.most_pictures`, which are not read.
    """

    billed: int | None = None
    references: int | None = None
    cost: Money | None = None
    surplus: int = 0


UpstreamEvent = Started | PictureReady | PictureMissing | Completed


@dataclass(frozen=True, kw_only=True)
class StoredFile:
    """A reference picture on our disk."""

    path: Path
    media_type: str


WireReference = str | StoredFile
"""A reference as a call has it: an address or a data URL, or a file that becomes one while it is sent."""


class Upstream(Protocol):
    """One configured gateway."""

    def submit(
        self,
        request: Request,
        references: Sequence[WireReference],
        *,
        on_sending: Callable[[], None],
    ) -> AsyncGenerator[UpstreamEvent, None]:
        """Make the paid call, once, and yield what happens.

        At most `request.most_pictures` pictures are yielded.

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

    async def upload(self, file: StoredFile) -> str:
        """Lend a reference picture an address for a while; free. Raises UpstreamError, always `certain`."""
        ...

    async def close(self) -> None: ...


Write = Callable[[bytes], Awaitable[None]]
"""Takes the next bytes of a file."""


class Downloads(Protocol):
    """Downloads the results of one gateway."""

    async def fetch(self, address: str, write: Write) -> None:
        """Pass the result's bytes to `write` as they arrive. Raises UpstreamError, and what `write` raises."""
        ...
