"""The other ports of a job: bytes on disk, the engine that advances it, and slots of a gateway."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Protocol

from bot.ids import BlobId, JobId, UserId


class IncomingBlob(Protocol):
    """Bytes that are written to disk as they arrive, before their name is known."""

    @property
    def size_bytes(self) -> int: ...

    async def write(self, chunk: bytes) -> None:
        """Append. Raises StoreError."""
        ...

    def content(self) -> AbstractAsyncContextManager[bytes]:
        """All of them, in memory: those of a few files at a time. Raises StoreError."""
        ...

    async def keep(self) -> BlobId:
        """Store them like `BlobStore.put`; may be repeated. Raises StoreError."""
        ...


class BlobStore(Protocol):
    """Bytes named by their SHA-256."""

    def incoming(self) -> AbstractAsyncContextManager[IncomingBlob]:
        """Bytes that arrive now. At the end of the context, those that were not kept are deleted. Raises StoreError."""
        ...

    async def put(self, content: bytes) -> BlobId:
        """Store bytes so that they survive a power cut once this returns. Equal bytes are stored once. Raises StoreError."""
        ...

    async def put_unnamed(self, content: bytes) -> BlobId:
        """Like `put`, for bytes that no row may ever name: `keep` or `discard` follows, once for each call."""
        ...

    def keep(self, blobs: Iterable[BlobId]) -> None:
        """A row names these blobs now."""
        ...

    async def discard(self, blobs: Iterable[BlobId]) -> None:
        """No row came to name these blobs: delete those that nobody else has put, in this process or another."""
        ...

    async def read(self, blob: BlobId) -> bytes:
        """The bytes, checked against their name. Raises StoreError MISSING for a blob that is not there or is damaged."""
        ...

    async def locate(self, blob: BlobId) -> Path:
        """The blob's file, for posting a picture, after its bytes were checked. Raises StoreError MISSING like `read`."""
        ...

    async def locate_all(self, blobs: Iterable[BlobId]) -> Mapping[BlobId, Path]:
        """The files of those blobs that `locate` finds. Raises StoreError if the disk cannot be read."""
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
    """A place in a gateway's queue and, once granted, the permission for one paid call, until it is released."""

    __slots__ = ()

    granted: bool

    @property
    def until(self) -> float | None:
        """When the job goes on even without the grant, in seconds since 1970; None: only with it."""
        return None

    def when_granted(self, call: Callable[[JobId], None]) -> None:
        """Call `call` once with the job: at the grant, or now if it is already granted. `call` must not block."""
        ...

    def release(self) -> None:
        """Pass the slot, or the place in the queue, to the next job. Repeating it does no harm."""
        ...


class CallLimiter(Protocol):
    """Limits the paid calls to one gateway."""

    def slot(self, job: JobId, images: int, user: UserId, *, call: int = 1, epoch: int = 0, at_once: int | None = None) -> Slot:
        """The slot that a call of a job has or waits for under one claim; otherwise a new one at the end of its member's queue.

        Members take turns. `at_once`: for how many jobs this member may have slots together; None: any number.
        """
        ...

    def place(self, job: JobId) -> int | None:
        """The present place of the job's first slot that waits, from 1; None if none does."""
        ...
