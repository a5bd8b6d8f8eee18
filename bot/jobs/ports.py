"""The other ports a job needs: bytes on disk, who advances it, and its turn at a gateway."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from bot.ids import BlobId, JobId


class BlobStore(Protocol):
    """Bytes named by their SHA-256."""

    async def put(self, content: bytes) -> BlobId:
        """Keep bytes; when this returns, a power cut does not lose them. The same bytes are kept once. Raises StoreError."""
        ...

    async def read(self, blob: BlobId) -> bytes:
        """Raises StoreError BROKEN for a blob that is not there."""
        ...

    def path(self, blob: BlobId) -> Path:
        """The file to post a picture from. Raises ValueError for what is no digest."""
        ...


class Engine(Protocol):
    """Calls `advance(job)` for every job whose time has come, and again if a process died."""

    def wake(self, job: JobId | None = None) -> None:
        """Look for work at once; `job` is looked at first. Returns at once."""
        ...

    async def run(self) -> None:
        """Until `stop`. If this is cancelled, so is the work, and its claims are given back."""
        ...

    async def stop(self, grace_s: float) -> None:
        """Claim nothing more, let running work end for `grace_s` real seconds, then cancel the rest."""
        ...


class Slot(Protocol):
    """A job's place in a gateway's queue and, once granted, its permission for one paid call. It is the job's until `release`."""

    __slots__ = ()

    granted: bool

    def when_granted(self, call: Callable[[JobId], None]) -> None:
        """Call back once with the job, at the grant or at once if it is granted already. `call` must return at once."""
        ...

    def release(self) -> None:
        """Give the slot, or the place in the queue, to the next. Harmless if repeated."""
        ...


class CallLimiter(Protocol):
    """How much one gateway is asked at a time."""

    def slot(self, job: JobId, images: int) -> Slot:
        """The slot the job has or waits for, else a new one behind all others."""
        ...
