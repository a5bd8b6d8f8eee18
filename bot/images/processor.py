"""The threads in which pictures are decoded and encoded: two, and only one large picture at a time.

Memory: at most 1 GiB, however hostile the files are. 768 MiB for the large one (`MOST_DECODING_BYTES`; formats that need
more a pixel may have fewer pixels), a fourth of it for a small one beside it; the files themselves come on top.
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
    from bot.images.intake import Taken
    from bot.images.measure import Measured

THREADS = 2
LARGE_PIXELS = 12_000_000
"""A decoded picture takes four bytes a pixel, turning or converting it as much again."""

Result = TypeVar("Result")


class ImageProcessor:
    """Every method runs off the event loop. A cancelled caller leaves its thread to finish; nothing is held for longer."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="studio")
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

    async def take_in(self, content: bytes, *, most_bytes: int = UPLOAD_BYTES) -> "Taken":
        """A member's file as a gateway may have it. Raises RefusedError (REF_*)."""
        return await self._run(partial(self._take_in, content, most_bytes))

    async def measure(self, content: bytes) -> "Measured":
        """What a downloaded result is. Raises UpstreamError (DOWNLOAD)."""
        # It decodes nothing: behind two long encodings it would only keep a finished picture waiting.
        return await asyncio.to_thread(self._measure, content)

    async def fit(self, path: Path, *, most_bytes: int, media_types: frozenset[str]) -> "Fitted | None":
        """A stored result for a platform's limits; None where it fits as it is."""
        return await self._run(partial(self._fit, path, most_bytes, media_types))

    async def _run(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    # Each of these imports Pillow in its own thread, when the first picture comes.

    def _measure(self, content: bytes) -> "Measured":
        from bot.images.measure import measure  # noqa: PLC0415  # as above

        return measure(content)

    def _take_in(self, content: bytes, most_bytes: int) -> "Taken":
        from bot.images.intake import inspect, take_in  # noqa: PLC0415  # as above

        inspected = inspect(content, most_bytes=most_bytes)
        with self._room_for(inspected.container.pixels):
            return take_in(content, inspected)

    def _fit(self, path: Path, most_bytes: int, media_types: frozenset[str]) -> "Fitted | None":
        from bot.images.fit import examine, fit  # noqa: PLC0415  # as above

        oversized = examine(path, most_bytes=most_bytes, media_types=media_types)
        if oversized is None:
            return None
        with self._room_for(oversized.container.pixels):
            return fit(oversized, most_bytes=most_bytes, media_types=media_types)

    @contextmanager
    def _room_for(self, pixels: int) -> Iterator[None]:
        if pixels <= LARGE_PIXELS:
            yield
            return
        with self._large:
            yield
