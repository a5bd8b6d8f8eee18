"""The files of a picture that was taken apart: a preview of its layers put together, and all of them in a zip."""

import logging
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace

from bot.chat.capabilities import Capabilities
from bot.chat.reply import Picture
from bot.clock import Clock
from bot.errors import UpstreamError
from bot.images.processor import ImageProcessor
from bot.images.values import Composed, Placed
from bot.jobs.job import Job
from bot.jobs.picture import PictureRow
from bot.jobs.ports import BlobStore
from bot.jobs.queues.turns import Turns
from bot.jobs.stores import PictureStore
from bot.pipeline.job_message.archive import MEDIA_TYPE, Member, write_zip
from bot.pipeline.job_message.file_names import file_name, layer_file_name
from bot.pipeline.job_message.layer_plan import MOST_PREVIEW_BYTES, LayerFile, above_base, base_of, fits_zip, in_zips, named
from bot.pipeline.job_message.picture_files import SUFFIXES, PictureFiles, PresentPictures
from bot.pipeline.openings import MOST_DEATHS, Openings
from bot.presentation.layers import LayersShown, base_alt, preview_alt, zip_alt
from bot.values import dataclass
from bot.wording.words import Words

logger = logging.getLogger(__name__)

PREVIEW, ZIP = "preview", "layers"
"""They stand in a file's name where a picture has its number."""


@dataclass(frozen=True, kw_only=True)
class LayersPart:
    """What one message shows of a job's layers: `rows` in its zip, and in the `first` the preview.

    `present` has all layers, the rearmost first. `claimed`: this is a step of the job.
    """

    job: Job
    rows: Sequence[PictureRow]
    present: PresentPictures
    first: bool
    claimed: bool


@dataclass(frozen=True, kw_only=True)
class LayerFiles:
    """The files of one message. `fitted`: the pictures as they are in the zips."""

    pictures: tuple[Picture, ...]
    fitted: tuple[LayerFile, ...]
    shown: LayersShown


class LayerFileMaker:
    def __init__(
        self,
        files: PictureFiles,
        *,
        pictures: PictureStore,
        blobs: BlobStore,
        processor: ImageProcessor,
        words: Words,
        clock: Clock,
    ) -> None:
        self._files = files
        self._pictures = pictures
        self._blobs = blobs
        self._processor = processor
        self._words = words
        self._clock = clock
        self._turns = Turns(each=1)

    async def files(self, part: LayersPart, capabilities: Capabilities) -> LayerFiles:
        """The preview, or the base where there can be none, and the layers in as few zips as the platform's limit allows."""
        shown: list[Picture] = []
        most_bytes = min(MOST_PREVIEW_BYTES, capabilities.file_bytes)
        composed = await self._compose(part, most_bytes) if part.first else None
        if composed is not None:
            shown.append(await self._preview(part, composed, capabilities))
        elif part.first and (base := base_of(part.present.rows)) is not None:
            file = await self._file(part, base, capabilities)
            shown.append(replace(file, alt=base_alt(self._names(part), self._words, length=capabilities.alt_length)))
        files = [(row, await self._file(part, row, capabilities)) for row in part.rows]
        fitted = [(row, file) for row, file in files if fits_zip(file, capabilities)]
        zips = in_zips(fitted, capabilities)
        shown += [await self._zip(part, one, capabilities) for one in zips]
        above = above_base(part.present.rows)
        return LayerFiles(
            pictures=tuple(shown),
            fitted=tuple(fitted),
            shown=LayersShown(
                names=self._names(part),
                composed=composed is not None,
                left_out=() if composed is None else tuple(above[position].index + 1 for position in composed.left_out),
                too_large=tuple(row.index + 1 for row, file in files if not fits_zip(file, capabilities)),
                zips=len(zips),
            ),
        )

    def _names(self, part: LayersPart) -> tuple[tuple[int, str], ...]:
        return tuple(named(part.present.rows, self._words).values())

    async def _file(self, part: LayersPart, row: PictureRow, capabilities: Capabilities) -> Picture:
        last_number = max(one.index + 1 for one in part.present.rows)
        return await self._files.file(part.job, row, part.present, capabilities, last_number=last_number, claimed=part.claimed)

    async def _compose(self, part: LayersPart, most_bytes: int) -> Composed | None:
        """None without a base, or without any layer that can be painted on it."""
        job, paths = part.job, part.present.paths
        base, above = base_of(part.present.rows), above_base(part.present.rows)
        if base is None or base.blob is None or base.width is None or job.deaths >= MOST_DEATHS:
            return None
        layers = [
            # One that is too dangerous to open is left out, like one whose place is not known.
            Placed(path=paths[row.blob], box=None if row.layer is None or row.width is None else row.layer.box)
            for row in above
            if row.blob is not None
        ]
        opening = Openings(job, self._pictures, self._clock).opening(base.index + 1) if part.claimed else nullcontext()
        pixels = max((row.width or 0) * (row.height or 0) for row in part.present.rows)
        try:
            # One of each member at a time, so that nobody waits for more than one of anybody else.
            async with self._turns.turn(job.origin.user), opening:
                composed = await self._processor.compose(paths[base.blob], layers, pixels=pixels, most_bytes=most_bytes)
        except (UpstreamError, ValueError) as error:
            logger.warning("layers not put together", extra={"job": job.id, "detail": str(error)})
            return None
        return composed if len(composed.left_out) < len(layers) else None

    async def _preview(self, part: LayersPart, composed: Composed, capabilities: Capabilities) -> Picture:
        job = part.job
        return Picture(
            path=await self._blobs.locate(await self._blobs.put(composed.content)),
            name=f"{file_name(job.command.prompt, job.id, PREVIEW)}.{SUFFIXES[composed.media_type]}",
            media_type=composed.media_type,
            width=composed.width,
            height=composed.height,
            size_bytes=len(composed.content),
            alt=preview_alt(self._names(part), self._words, length=capabilities.alt_length),
            spoiler=job.is_hidden,
        )

    async def _zip(self, part: LayersPart, files: Sequence[LayerFile], capabilities: Capabilities) -> Picture:
        """Named after the first layer in it, unless that is the first of all."""
        job, places = part.job, {row.index: place for place, row in enumerate(part.present.rows)}
        members = [
            Member(name=_name_in_zip(job, row, file, place=places[row.index], of=len(places)), path=file.path)
            for row, file in files
        ]
        async with self._blobs.incoming() as incoming:
            await write_zip(members, incoming.write)
            size_bytes, blob = incoming.size_bytes, await incoming.keep()
        first = places[files[0][0].index]
        names = named(part.present.rows, self._words)
        return Picture(
            path=await self._blobs.locate(blob),
            name=f"{file_name(job.command.prompt, job.id, f'{ZIP}{first + 1}' if first else ZIP)}.zip",
            media_type=MEDIA_TYPE,
            width=None,
            height=None,
            size_bytes=size_bytes,
            alt=zip_alt([names[row.index] for row, _ in files], self._words, length=capabilities.alt_length),
            spoiler=job.is_hidden,
        )


def _name_in_zip(job: Job, row: PictureRow, file: Picture, *, place: int, of: int) -> str:
    name = "" if row.layer is None else row.layer.name
    return f"{layer_file_name(name, job.id, row.index + 1, place=place, of=of)}.{SUFFIXES[file.media_type]}"
