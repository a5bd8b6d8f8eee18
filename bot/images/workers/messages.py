"""The messages between the bot and an image worker: a line of JSON, then as many bytes as it announces."""

import json
from collections.abc import Mapping
from dataclasses import field
from typing import Any, BinaryIO

from bot.values import dataclass

MOST_HEAD_BYTES = 64 * 1024
MOST_CONTENT_BYTES = 128 * 1024 * 1024


class BadMessageError(Exception):
    """The other side sent something else than a message."""


@dataclass(frozen=True, kw_only=True)
class Message:
    head: Mapping[str, Any] = field(default_factory=dict)
    content: bytes = b""


def write_message(stream: BinaryIO, message: Message) -> None:
    line = json.dumps({**message.head, "bytes": len(message.content)})
    stream.write(line.encode("ascii") + b"\n")
    stream.write(message.content)
    stream.flush()


def read_message(stream: BinaryIO) -> Message | None:
    """None if the other side has ended, even within a message. Raises BadMessageError."""
    line = stream.readline(MOST_HEAD_BYTES)
    if not line.endswith(b"\n"):
        if len(line) >= MOST_HEAD_BYTES:
            raise BadMessageError
        return None
    try:
        head = json.loads(line)
        size = head.pop("bytes")
    except (ValueError, LookupError, AttributeError, TypeError) as error:
        raise BadMessageError from error
    if not isinstance(size, int) or not 0 <= size <= MOST_CONTENT_BYTES:
        raise BadMessageError
    content = stream.read(size)
    return Message(head=head, content=content) if len(content) == size else None
