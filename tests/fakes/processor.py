"""An image processor for tests of what happens when opening a file goes wrong."""

import asyncio
from collections.abc import Collection
from pathlib import Path

from bot.images.processor import ImageProcessor
from bot.images.values import Encoded, Measured, PreparedReference
from bot.requests.references import UPLOAD_BYTES


class DeadlyProcessor(ImageProcessor):
    """Opening one of the `deadly` files is the last thing that a process does: it is never heard of again.

    The test abandons the task that opened it, as if its process had been killed. `opened` names every operation, in order.
    """

    def __init__(self, deadly: Collection[bytes] = ()) -> None:
        super().__init__()
        self.deadly = deadly
        self.deadly_operations = frozenset({"prepare", "measure", "fit"})
        self.opened: list[str] = []
        self.died = asyncio.Event()

    async def prepare_reference(
        self, content: bytes, *, most_bytes: int = UPLOAD_BYTES, plain: bool = False
    ) -> PreparedReference:
        await self._open("prepare", content)
        return await super().prepare_reference(content, most_bytes=most_bytes, plain=plain)

    async def measure(self, content: bytes) -> Measured:
        await self._open("measure", content)
        return await super().measure(content)

    async def fit(self, path: Path, *, most_bytes: int, media_types: frozenset[str]) -> Encoded | None:
        await self._open("fit", await asyncio.to_thread(path.read_bytes))
        return await super().fit(path, most_bytes=most_bytes, media_types=media_types)

    async def _open(self, operation: str, content: bytes) -> None:
        self.opened.append(operation)
        if content in self.deadly and operation in self.deadly_operations:
            self.died.set()
            await asyncio.Event().wait()
