"""The other ports of a job: bytes on disk, the engine that advances it, and slots of a gateway."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from bot.ids import BlobId, JobId


class BlobStore(Protocol):
    """Bytes named by their SHA-256."""

    async def put(self, content: bytes) -> BlobId:
        """Store bytes so that they survive a power cut once this returns. Equal bytes are stored once. Raises StoreError."""
        ...

    async def read(self, blob: BlobId) -> bytes:
        """The bytes, checked against their name. Raises StoreError MISSING for a blob that is not there or is damaged."""
        ...

    async def locate(self, blob: BlobId) -> Path:
        """The blob's file, for posting a picture, after its bytes were checked. Raises StoreError MISSING like `read`."""
        ...


class Engine(Protocol):
    """Calls `advance(job)` for every job that is due, and again if a process died."""

    def wake(self, job: JobId | None = None) -> None:
        """Look for work now, starting with `job`. Returns at once."""
        ...

    async def run(self) -> None:
        """Run until `stop`. A cancellation also cancels the work and releases its claims."""
        ...

    async def stop(self, grace_s: float) -> None:
        """Claim nothing more, let running work end for `grace_s` real seconds, then cancel the rest."""
        ...


class Slot(Protocol):
    """A job's place in a gateway's queue and, once granted, its permission for one paid call, until it is released."""

    __slots__ = ()

    granted: bool

    def when_granted(self, call: Callable[[JobId], None]) -> None:
        """Call `call` once with the job: at the grant, or now if it is already granted. `call` must not block."""
        ...

    def release(self) -> None:
        """Pass the slot, or the place in the queue, to the next job. Repeating it does no harm."""
        ...


class CallLimiter(Protocol):
    """Limits the paid calls to one gateway."""

    def slot(self, job: JobId, images: int) -> Slot:
        """The slot that the job has or waits for; otherwise a new one at the end of the queue."""
        ...
