"""Blobs that no row names yet, and those of them that no row came to name."""

import asyncio
import dataclasses
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path

from bot.ids import BlobId
from bot.values import dataclass

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Put:
    """`created_at`: the time of the blob's file in nanoseconds; None unless this put certainly created it."""

    blob: BlobId
    created_at: int | None


@dataclasses.dataclass(kw_only=True)
class _Unnamed:
    """`created_at` as in `Put`: without it, a row may name the blob, or another process may be about to write one."""

    created_at: int | None
    holders: int = 0


class UnnamedBlobs:
    """Knows which files this process has created for jobs that may be refused.

    Whoever lets a row name a blob puts its bytes first, which renews the time of the file: where this process created the file
    and its time is unchanged, no row names it.
    """

    def __init__(
        self, put: Callable[[bytes], Awaitable[Put]], digest: Callable[[bytes], BlobId], path: Callable[[BlobId], Path]
    ) -> None:
        self._put = put
        self._digest = digest
        self._path = path
        self._known: dict[BlobId, _Unnamed] = {}

    async def put(self, content: bytes) -> BlobId:
        blob = await asyncio.to_thread(self._digest, content)
        known = self._known.get(blob)
        if known is None or known.created_at is None:
            put = await self._put(content)
            known = self._known.setdefault(blob, _Unnamed(created_at=put.created_at))
        known.holders += 1
        return blob

    def keep(self, blobs: Iterable[BlobId]) -> None:
        for blob in blobs:
            self._known[blob].created_at = None
            self._release(blob)

    async def discard(self, blobs: Iterable[BlobId]) -> None:
        created = {self._path(blob): created_at for blob in blobs if (created_at := self._release(blob)) is not None}
        if created:
            await asyncio.to_thread(_delete_unchanged, created)

    def _release(self, blob: BlobId) -> int | None:
        """One holder fewer; returns when this process created the file if it may be deleted now."""
        known = self._known[blob]
        known.holders -= 1
        if known.holders:
            return None
        del self._known[blob]
        return known.created_at


def _delete_unchanged(created: Mapping[Path, int]) -> None:
    """Delete files that were not put again since they were created. What cannot be deleted is left to the next sweep."""
    for path, created_at in created.items():
        try:
            if path.stat().st_mtime_ns != created_at:
                continue
            # As for a sweep: the time is checked again under another name, which a put does not find.
            aside = path.with_name(f".{path.name}.part")
            path.rename(aside)
            if aside.stat().st_mtime_ns != created_at:
                aside.replace(path)
            else:
                aside.unlink()
        except FileNotFoundError:
            continue
        except OSError as error:
            logger.warning("file not deleted", extra={"detail": f"{path}: {error.strerror}"})
