"""The gateway's transport compressions: one context for a whole connection, each message flushed so it can be read alone."""

import zlib
from typing import Protocol

import zstandard


class Compression(Protocol):
    def frame(self, text: str) -> str | bytes:
        """Give what goes into one websocket message: bytes for a binary one, text for a text one."""
        ...


class NoCompression(Compression):
    def frame(self, text: str) -> str | bytes:
        return text


class ZlibStream(Compression):
    """Every message ends in 00 00 FF FF, the sign of a sync flush."""

    def __init__(self) -> None:
        self._context = zlib.compressobj()

    def frame(self, text: str) -> str | bytes:
        return self._context.compress(text.encode()) + self._context.flush(zlib.Z_SYNC_FLUSH)


class ZstdStream(Compression):
    """One zstandard frame for the connection, a block flushed for each message."""

    def __init__(self) -> None:
        self._context = zstandard.ZstdCompressor().compressobj()

    def frame(self, text: str) -> str | bytes:
        return self._context.compress(text.encode()) + self._context.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)


def compression_for(query: str | None) -> Compression:
    """Choose by the `compress` argument of the gateway's address."""
    match query:
        case "zlib-stream":
            return ZlibStream()
        case "zstd-stream":
            return ZstdStream()
        case _:
            return NoCompression()
