"""A zip of files as they are, not compressed: written one file at a time, and the same bytes each time.

The format: PKWARE, APPNOTE.TXT 6.3.10, sections 4.3.7, 4.3.12 and 4.3.16.
"""

import asyncio
import struct
import zlib
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from bot.values import dataclass

MEDIA_TYPE = "application/zip"
VERSION, FLAGS, STORED, TIME, DATE = 20, 0, 0, 0, 0x21
"""What a reader must know: 2.0; and midnight of 1 January 1980, the first day there is."""
HEAD = struct.Struct("<4s5H3I2H")
ENTRY = struct.Struct("<4s6H3I5H2I")
END = struct.Struct("<4s4H2IH")
PRIVATE_FILE = 0o100600 << 16
UNIX = 3 << 8
OVERHEAD_BYTES = 300
"""What an entry takes besides its file, with a name of a hundred characters; the end takes less."""


@dataclass(frozen=True, kw_only=True)
class Member:
    """A file and its name in the zip, in ASCII."""

    name: str
    path: Path


async def write_zip(members: Sequence[Member], write: Callable[[bytes], Awaitable[None]]) -> None:
    """Pass a zip of less than 4 GiB to `write`, in the order of its members. Raises OSError, and what `write` raises."""
    directory, offset = [], 0
    for member in members:
        content, checksum = await asyncio.to_thread(_read, member.path)
        name = member.name.encode("ascii")
        facts = (FLAGS, STORED, TIME, DATE, checksum, len(content), len(content), len(name), 0)
        head = HEAD.pack(b"PK\x03\x04", VERSION, *facts) + name
        directory.append(ENTRY.pack(b"PK\x01\x02", UNIX | VERSION, VERSION, *facts, 0, 0, 0, PRIVATE_FILE, offset) + name)
        await write(head)
        await write(content)
        offset += len(head) + len(content)
    listed = b"".join(directory)
    await write(listed + END.pack(b"PK\x05\x06", 0, 0, len(members), len(members), len(listed), offset, 0))


def _read(path: Path) -> tuple[bytes, int]:
    content = path.read_bytes()
    return content, zlib.crc32(content)
