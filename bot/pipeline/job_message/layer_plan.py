"""The order of layers, which of them is the base, and how they are divided into messages and zips; pure."""

from collections.abc import Sequence

from bot.chat.capabilities import Capabilities
from bot.chat.reply import Picture
from bot.jobs.job import Job
from bot.jobs.picture import PictureRow
from bot.pipeline.job_message.archive import OVERHEAD_BYTES
from bot.presentation.layers import Named, layer_name
from bot.wording.words import Words

MOST_PREVIEW_BYTES = 6_000_000
MOST_ZIP_BYTES = 100_000_000
"""Where a platform would take a gigabyte in one file."""
UNPLACED = 1_000
"""Of a picture that the gateway says nothing of; no layer is as high."""

LayerFile = tuple[PictureRow, Picture]


def is_apart(job: Job, rows: Sequence[PictureRow]) -> bool:
    """Whether these are several layers of one picture; a base alone is posted like any other picture."""
    return job.request is not None and job.request.layers and len(rows) > 1


def base_of(rows: Sequence[PictureRow]) -> PictureRow | None:
    """The picture that the others are painted on; None where it is missing."""
    return next((row for row in sorted(rows, key=lambda row: row.index) if _is_base(row)), None)


def rearmost_first(rows: Sequence[PictureRow]) -> list[PictureRow]:
    base = base_of(rows)
    return sorted(rows, key=lambda row: (row is not base, UNPLACED if row.layer is None else row.layer.z, row.index))


def above_base(rows: Sequence[PictureRow]) -> list[PictureRow]:
    base = base_of(rows)
    return [row for row in rows if row is not base]


def named(rows: Sequence[PictureRow], words: Words) -> dict[int, Named]:
    """By index: the number and the name of each layer."""
    base = base_of(rows)
    return {
        row.index: (
            row.index + 1,
            layer_name("" if row.layer is None else row.layer.name, words, base=row is base),
        )
        for row in rows
    }


def in_messages(rows: Sequence[PictureRow], capabilities: Capabilities) -> list[list[PictureRow]]:
    """The layers in as few messages as the platform's limits allow: planned by sizes that do not depend on a try."""
    base = base_of(rows)
    preview = max(MOST_PREVIEW_BYTES, 0 if base is None else _posted_bytes(base, capabilities))
    # Zips are at least half full.
    most = (capabilities.pictures - 1) * zip_bytes(capabilities) // 2
    most_first = most
    if capabilities.message_bytes is not None:
        most_first, most = min(most, capabilities.message_bytes - preview), min(most, capabilities.message_bytes)
    messages: list[list[PictureRow]] = [[]]
    size = 0
    for row in rows:
        row_bytes = _posted_bytes(row, capabilities) + OVERHEAD_BYTES
        if messages[-1] and size + row_bytes > (most_first if len(messages) == 1 else most):
            messages.append([])
            size = 0
        messages[-1].append(row)
        size += row_bytes
    return messages


def in_zips(files: Sequence[LayerFile], capabilities: Capabilities) -> list[list[LayerFile]]:
    """Files in order, in as few zips as the platform's limit for one allows."""
    zips: list[list[LayerFile]] = []
    size, most = 0, zip_bytes(capabilities)
    for row, file in files:
        file_bytes = file.size_bytes + OVERHEAD_BYTES
        if not zips or size + file_bytes > most:
            zips.append([])
            size = 0
        zips[-1].append((row, file))
        size += file_bytes
    return zips


def zip_bytes(capabilities: Capabilities) -> int:
    return min(capabilities.file_bytes, MOST_ZIP_BYTES)


def fits_zip(file: Picture, capabilities: Capabilities) -> bool:
    return file.size_bytes + OVERHEAD_BYTES <= capabilities.file_bytes


def _is_base(row: PictureRow) -> bool:
    if row.layer is None:
        return row.index == 0
    return row.layer.z == 0 and row.layer.box is None


def _posted_bytes(row: PictureRow, capabilities: Capabilities) -> int:
    return min(row.size_bytes or 0, capabilities.file_bytes)
