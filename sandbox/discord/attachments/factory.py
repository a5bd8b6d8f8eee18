"""Turns uploaded bytes into attachments: Discord's file names, content types and picture dimensions."""

import mimetypes
import re
from dataclasses import dataclass

from sandbox.discord.snowflakes import Snowflakes
from sandbox.discord.world import Attachment
from sandbox.picture_size import picture_size
from sandbox.runtime import FileStore


@dataclass(frozen=True, kw_only=True)
class Upload:
    """One file of a multipart request: the n of its part name `files[n]`, its file name and its bytes."""

    index: str
    filename: str
    content: bytes


class AttachmentFactory:
    """Creates attachments and stores their bytes in the runtime's files."""

    def __init__(self, snowflakes: Snowflakes, files: FileStore) -> None:
        self._snowflakes = snowflakes
        self._files = files

    def create(
        self,
        filename: str,
        content: bytes,
        channel_id: str,
        *,
        description: str | None = None,
        spoiler: bool = False,
        ephemeral: bool = False,
    ) -> Attachment:
        name = clean_filename(filename)
        size = picture_size(content)
        return Attachment(
            id=self._snowflakes.new(),
            channel_id=channel_id,
            filename=name,
            title=filename.rpartition(".")[0] if name != filename else None,
            size=len(content),
            sha256=self._files.put(content),
            content_type=mimetypes.guess_type(name)[0] or "application/octet-stream",
            description=description,
            width=size[0] if size else None,
            height=size[1] if size else None,
            spoiler=spoiler or name.startswith("SPOILER_"),
            ephemeral=ephemeral,
        )


def clean_filename(filename: str) -> str:
    """Replace spaces by underscores and remove everything except ASCII letters, digits, `_`, `.` and `-`."""
    return re.sub(r"[^A-Za-z0-9_.-]", "", filename.replace(" ", "_")) or "unknown"
