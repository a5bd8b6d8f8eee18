"""The pictures of a job as files for a platform: named, described, and made to fit."""

import logging
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path

from bot.chat.capabilities import Capabilities
from bot.chat.reply import Picture
from bot.clock import Clock
from bot.errors import RefusalCode, RefusedError, UpstreamError
from bot.ids import BlobId
from bot.images.processor import ImageProcessor
from bot.images.values import Encoded
from bot.jobs.job import Job
from bot.jobs.picture import PictureRow
from bot.jobs.ports import BlobStore
from bot.jobs.queues.turns import Turns
from bot.jobs.stores import PictureStore
from bot.pipeline.job_message.file_names import file_name
from bot.pipeline.openings import MOST_DEATHS, Openings
from bot.presentation import render
from bot.values import dataclass
from bot.wording.words import Words

logger = logging.getLogger(__name__)

SUFFIXES = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/webp": "webp",
    "image/gif": "gif",
    "image/heic": "heic",
    "image/avif": "avif",
    "image/bmp": "bmp",
    "image/tiff": "tiff",
}
"""By media type; every type that `bot/images` recognises."""


@dataclass(frozen=True, kw_only=True)
class PresentPictures:
    """The stored pictures whose files are on the disk, and undamaged."""

    rows: Sequence[PictureRow]
    paths: Mapping[BlobId, Path]


class PictureFiles:
    def __init__(
        self, *, pictures: PictureStore, blobs: BlobStore, processor: ImageProcessor, words: Words, clock: Clock
    ) -> None:
        self._pictures = pictures
        self._blobs = blobs
        self._processor = processor
        self._words = words
        self._clock = clock
        self._fits = Turns(each=1)

    async def present(self, job: Job, all_rows: Sequence[PictureRow]) -> PresentPictures:
        rows = [row for row in all_rows if row.state == "stored"]
        paths = await self._blobs.locate_all(row.blob for row in rows if row.blob is not None)
        for row in rows:
            if row.blob not in paths:
                logger.error("picture lost", extra={"job": job.id, "picture": row.index + 1})
        return PresentPictures(rows=tuple(row for row in rows if row.blob in paths), paths=paths)

    async def arrived(self, job: Job, capabilities: Capabilities) -> tuple[Picture, ...]:
        """What the first message of an unfinished set can show: the pictures before which none is still to come.

        One that has to be made smaller ends them, because it is opened only once.
        """
        if job.request is not None and job.request.layers:
            # They are shown put together, once all are there.
            return ()
        rows = _first_in_order(await self._pictures.pictures(job.id))
        fitting: list[PictureRow] = []
        size = 0
        for row in rows:
            row_bytes = row.size_bytes or 0
            if len(fitting) == capabilities.pictures or not _fits(row, capabilities):
                break
            if fitting and capabilities.message_bytes is not None and size + row_bytes > capabilities.message_bytes:
                break
            fitting.append(row)
            size += row_bytes
        present = await self.present(job, fitting)
        if len(present.rows) < len(fitting):
            return ()
        last_number = max(job.request.count if job.request is not None else 1, len(rows))
        return tuple(
            self._file(job, row, _facts(row, present.paths), capabilities, last_number=last_number) for row in present.rows
        )

    async def originals(
        self, job: Job, present: PresentPictures, asked: Capabilities, here: Capabilities
    ) -> list[tuple[PictureRow, Picture]]:
        """The pictures that did not fit where they were asked for, untouched. Raises RefusedError if none of them fits here."""
        large = [row for row in present.rows if not _fits(row, asked)]
        fitting = [row for row in large if (row.size_bytes or 0) <= here.file_bytes]
        if not large:
            raise RefusedError(RefusalCode.NOTHING_TO_SHOW)
        if not fitting:
            smallest = min(row.size_bytes or 0 for row in large)
            raise RefusedError(
                RefusalCode.ORIGINAL_TOO_LARGE,
                value=render.megabytes(smallest),
                limit=render.megabytes(here.file_bytes),
            )
        last_number = max(row.index + 1 for row in present.rows)
        return [(row, self._file(job, row, _facts(row, present.paths), here, last_number=last_number)) for row in fitting]

    async def file(
        self,
        job: Job,
        row: PictureRow,
        present: PresentPictures,
        capabilities: Capabilities,
        *,
        last_number: int,
        claimed: bool,
    ) -> Picture:
        """The file as the gateway made it if it fits, otherwise re-encoded until it does. `claimed`: this is a step of the job."""
        facts = _facts(row, present.paths)
        if not _fits(row, capabilities):
            fitted = await self._fit(job, row, facts.path, capabilities, claimed=claimed)
            if fitted is not None:
                path = await self._blobs.locate(await self._blobs.put(fitted.content))
                facts = _Facts(
                    path=path,
                    media_type=fitted.media_type,
                    size_bytes=len(fitted.content),
                    width=fitted.width,
                    height=fitted.height,
                )
        return self._file(job, row, facts, capabilities, last_number=last_number)

    def _file(self, job: Job, row: PictureRow, facts: "_Facts", capabilities: Capabilities, *, last_number: int) -> Picture:
        number, prompt = row.index + 1, job.command.prompt
        return Picture(
            path=facts.path,
            name=f"{file_name(prompt, job.id, number)}.{SUFFIXES[facts.media_type]}",
            media_type=facts.media_type,
            width=facts.width,
            height=facts.height,
            size_bytes=facts.size_bytes,
            alt=render.alt_text(number, last_number, prompt, self._words, length=capabilities.alt_length),
            spoiler=job.is_hidden,
        )

    async def _fit(self, job: Job, row: PictureRow, path: Path, capabilities: Capabilities, *, claimed: bool) -> Encoded | None:
        """The re-encoded file. None if it cannot or must not be opened: the platform then decides on the original."""
        if row.width is None or job.deaths >= MOST_DEATHS:
            logger.warning("picture not opened", extra={"job": job.id, "picture": row.index + 1})
            return None
        # Without a claim nothing repeats it after a crash.
        opening = Openings(job, self._pictures, self._clock).opening(row.index + 1) if claimed else nullcontext()
        try:
            # One of each member at a time, so that nobody waits for more than one file of anybody else.
            async with self._fits.turn(job.origin.user), opening:
                return await self._processor.fit(
                    path,
                    most_bytes=capabilities.file_bytes,
                    media_types=capabilities.picture_types,
                )
        except (UpstreamError, ValueError) as error:
            logger.warning("picture not fitted", extra={"job": job.id, "detail": str(error)})
            return None


@dataclass(frozen=True, kw_only=True)
class _Facts:
    """What is known of a file."""

    path: Path
    media_type: str
    size_bytes: int
    width: int | None
    height: int | None


def _facts(row: PictureRow, paths: Mapping[BlobId, Path]) -> _Facts:
    if row.blob is None or row.media_type is None or row.size_bytes is None:
        raise ValueError(f"picture {row.index} is stored without its facts")
    return _Facts(path=paths[row.blob], media_type=row.media_type, size_bytes=row.size_bytes, width=row.width, height=row.height)


def _fits(row: PictureRow, capabilities: Capabilities) -> bool:
    return row.media_type in capabilities.picture_types and (row.size_bytes or 0) <= capabilities.file_bytes


def _first_in_order(rows: Sequence[PictureRow]) -> list[PictureRow]:
    """The stored pictures before which every one is stored or missing."""
    by_index = {row.index: row for row in rows}
    first = []
    for index in range(len(by_index)):
        row = by_index.get(index)
        if row is None or row.state == "announced":
            break
        if row.state == "stored":
            first.append(row)
    return first


def in_messages(rows: Sequence[PictureRow], capabilities: Capabilities) -> list[list[PictureRow]]:
    """The pictures in order, in as few messages as the platform's limits allow: planned by sizes that do not depend on a try."""
    messages: list[list[PictureRow]] = []
    size = 0
    for row in rows:
        row_bytes = min(row.size_bytes or 0, capabilities.file_bytes)
        too_large = capabilities.message_bytes is not None and size + row_bytes > capabilities.message_bytes
        if not messages or too_large or len(messages[-1]) == capabilities.pictures:
            messages.append([])
            size = 0
        messages[-1].append(row)
        size += row_bytes
    return messages
