"""The gateway's transport compressions: one context a connection, flushed after each message."""

import zlib
from typing import Protocol

import zstandard


class Compression(Protocol):
    def frame(self, text: str) -> str | bytes:
        """Return the content of one websocket message: bytes for a binary one, a string for a text one."""
        ...


class NoCompression(Compression):
    def frame(self, text: str) -> str | bytes:
        return text


class ZlibStream(Compression):
    """Each message ends in 00 00 FF FF, which marks a sync flush."""

    def __init__(self) -> None:
        self._context = zlib.compressobj()

    def frame(self, text: str) -> str | bytes:
        return self._context.compress(text.encode()) + self._context.flush(zlib.Z_SYNC_FLUSH)


class ZstdStream(Compression):
    """One zstandard frame for the whole connection; each message flushes a block."""

    def __init__(self) -> None:
        self._context = zstandard.ZstdCompressor().compressobj()

    def frame(self, text: str) -> str | bytes:
        return self._context.compress(text.encode()) + self._context.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)


def compression_for(query: str | None) -> Compression:
    """Choose the compression by the `compress` argument of the gateway URL."""
    match query:
        case "zlib-stream":
            return ZlibStream()
        case "zstd-stream":
            return ZstdStream()
        case _:
            return NoCompression()
