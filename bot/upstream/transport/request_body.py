"""Bodies of requests: sent from disk where they hold pictures, so that none of them is in memory while a gateway works."""

import asyncio
import base64
import json
import re
from collections.abc import AsyncIterator, Generator
from contextlib import closing
from pathlib import Path

from bot.upstream.transport.http_messages import HttpRequest
from bot.values import dataclass

READ_BYTES = 3 * 64 * 1024
"""A multiple of three, so that the base64 of the pieces joins without padding."""


@dataclass(frozen=True, kw_only=True)
class FilePart:
    """A file as it is, or its base64. `size_bytes` is the file's."""

    path: Path
    size_bytes: int
    as_base64: bool

    @property
    def length(self) -> int:
        return -(-self.size_bytes // 3) * 4 if self.as_base64 else self.size_bytes


@dataclass(frozen=True, kw_only=True)
class RequestBody:
    """The parts of a body, in order."""

    parts: tuple[bytes | FilePart, ...]

    @property
    def length(self) -> int:
        return sum(len(part) if isinstance(part, bytes) else part.length for part in self.parts)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Raises OSError where a file cannot be read, or has changed its size."""
        for part in self.parts:
            if isinstance(part, bytes):
                yield part
                continue
            with closing(_read(part)) as pieces:
                while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
                    yield piece


async def build_body(request: HttpRequest) -> RequestBody | None:
    """What is sent for a request. Raises OSError where a file is missing."""
    if request.body is not None:
        return await asyncio.to_thread(_from_json, request)
    if request.content is None:
        return None
    return RequestBody(parts=tuple([part if isinstance(part, bytes) else await _file_part(part) for part in request.content]))


def _from_json(request: HttpRequest) -> RequestBody:
    # Half a surrogate pair has no UTF-8: replacing one letter is better than failing the whole prompt.
    text = json.dumps(request.body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    if not request.files:
        return RequestBody(parts=(text,))
    names = {name.encode(): path for name, path in request.files.items()}
    pieces = re.split(b"(" + b"|".join(map(re.escape, names)) + b")", text)
    parts = (_stat(names[piece], as_base64=True) if piece in names else piece for piece in pieces)
    return RequestBody(parts=tuple(parts))


async def _file_part(path: Path) -> FilePart:
    return await asyncio.to_thread(_stat, path, as_base64=False)


def _stat(path: Path, *, as_base64: bool) -> FilePart:
    return FilePart(path=path, size_bytes=path.stat().st_size, as_base64=as_base64)


def _read(part: FilePart) -> Generator[bytes]:
    left = part.size_bytes
    with part.path.open("rb") as file:
        while left:
            piece = file.read(min(READ_BYTES, left))
            if not piece:
                raise OSError(f"{part.path.name} has become shorter")
            left -= len(piece)
            yield base64.b64encode(piece) if part.as_base64 else piece
