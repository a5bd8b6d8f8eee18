"""Decodes and encodes pictures in two threads, of which only one works on a large picture at a time.

This bounds memory to 1 GiB for any input: 768 MiB for a large picture (`MOST_DECODING_BYTES`; a format that needs more
memory per pixel is allowed fewer pixels) and a quarter of that for a small one, not counting the files themselves.
"""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import BoundedSemaphore
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar

from bot.requests.references import UPLOAD_BYTES

if TYPE_CHECKING:
    from bot.images.fit import Fitted
    from bot.images.intake import PreparedReference
    from bot.images.measure import Measured

THREADS = 2
LARGE_PIXELS = 12_000_000
"""A decoded picture takes four bytes per pixel, and transposing or converting it the same again."""

Result = TypeVar("Result")


class ImageProcessor:
    """Runs every operation off the event loop. If a caller is cancelled, its thread still finishes."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="images")
        self._large = BoundedSemaphore()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await asyncio.to_thread(self._threads.shutdown, cancel_futures=True)

    async def prepare_reference(self, content: bytes, *, most_bytes: int = UPLOAD_BYTES) -> "PreparedReference":
        """Check and clean a member's file. Raises RefusedError (REF_*)."""
        return await self._run(partial(self._prepare, content, most_bytes))

    async def measure(self, content: bytes) -> "Measured":
        """The type and dimensions of a downloaded result. Raises UpstreamError (DOWNLOAD)."""
        # Measuring decodes nothing, so it need not queue behind two long encodings.
        return await asyncio.to_thread(self._measure, content)

    async def fit(self, path: Path, *, most_bytes: int, media_types: frozenset[str]) -> "Fitted | None":
        """A stored result within a platform's limits; None if it needs no change. Raises UpstreamError, ValueError."""
        return await self._run(partial(self._fit, path, most_bytes, media_types))

    async def _run(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    # Each of these imports Pillow in a worker thread, when the first picture arrives.

    def _measure(self, content: bytes) -> "Measured":
        from bot.images.measure import measure  # noqa: PLC0415  # as above

        return measure(content)

    def _prepare(self, content: bytes, most_bytes: int) -> "PreparedReference":
        from bot.images.intake import inspect, prepare_reference  # noqa: PLC0415  # as above

        inspected = inspect(content, most_bytes=most_bytes)
        with self._one_large_at_a_time(inspected.container.pixels):
            return prepare_reference(inspected)

    def _fit(self, path: Path, most_bytes: int, media_types: frozenset[str]) -> "Fitted | None":
        from bot.images.fit import fit, inspect_stored  # noqa: PLC0415  # as above

        unfit = inspect_stored(path, most_bytes=most_bytes, media_types=media_types)
        if unfit is None:
            return None
        with self._one_large_at_a_time(unfit.container.pixels):
            return fit(unfit, most_bytes=most_bytes, media_types=media_types)

    @contextmanager
    def _one_large_at_a_time(self, pixels: int) -> Iterator[None]:
        if pixels <= LARGE_PIXELS:
            yield
            return
        with self._large:
            yield
