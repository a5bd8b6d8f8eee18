"""Compressed bodies. We ask for none; what comes all the same is decoded in pieces, so that its reader can stop at any size."""

import asyncio
import zlib
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Iterator
from itertools import chain
from typing import Protocol

import httpx
import zstandard

PIECE_BYTES = 256 * 1024
"""What one step of decoding may become."""
MOST_LAYERS = 3
ZSTD_INPUT_BYTES = 64
"""zstandard returns all that its input becomes, and four bytes may become 128 KiB."""
ZSTD_WINDOW_BYTES = 8 * 1024 * 1024
"""What RFC 9659 allows for HTTP."""
GZIP_MAGIC, ZSTD_MAGIC = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
MAGIC_BYTES = 4


class Layer(Protocol):
    """One encoding of a body."""

    def decode(self, data: bytes) -> Iterator[bytes]:
        """What the next bytes become, in pieces."""
        ...

    def flush(self) -> Iterator[bytes]:
        """What is left at the end."""
        ...


class _Inflate:
    """gzip and deflate; several gzip members may follow each other, and what else follows is ignored."""

    def __init__(self, window_bits: int) -> None:
        self._window_bits = window_bits
        self._decoder = zlib.decompressobj(window_bits)

    def decode(self, data: bytes) -> Iterator[bytes]:
        while data:
            if self._decoder.eof:
                if not data.startswith(GZIP_MAGIC):
                    return
                self._decoder = zlib.decompressobj(self._window_bits)
            if piece := self._decoder.decompress(data, PIECE_BYTES):
                yield piece
            data = self._decoder.unused_data or self._decoder.unconsumed_tail

    def flush(self) -> Iterator[bytes]:
        if rest := self._decoder.flush():
            yield rest


class _Zstandard:
    """Frames of Zstandard, one after the other."""

    def __init__(self) -> None:
        self._decoder = self._next_frame()

    def _next_frame(self) -> "zstandard.ZstdDecompressionObj":
        return zstandard.ZstdDecompressor(max_window_size=ZSTD_WINDOW_BYTES).decompressobj()

    def decode(self, data: bytes) -> Iterator[bytes]:
        for start in range(0, len(data), ZSTD_INPUT_BYTES):
            rest = data[start : start + ZSTD_INPUT_BYTES]
            while rest:
                if self._decoder.eof:
                    self._decoder = self._next_frame()
                if piece := self._decoder.decompress(rest):
                    yield piece
                rest = self._decoder.unused_data

    def flush(self) -> Iterator[bytes]:
        return iter(())


class _Guessed:
    """A declared encoding, if the body has it: some hosts declare one of a file that they send as it is."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._head = b""
        self._layer: Layer | None = None
        self._plain = False

    def decode(self, data: bytes) -> Iterator[bytes]:
        if self._plain:
            yield data
        elif self._layer is not None:
            yield from self._layer.decode(data)
        else:
            self._head += data
            if len(self._head) >= MAGIC_BYTES:
                yield from self._open()

    def flush(self) -> Iterator[bytes]:
        if self._head:
            yield from self._open()
        if self._layer is not None:
            yield from self._layer.flush()

    def _open(self) -> Iterator[bytes]:
        """Decide by the first bytes, which were held back until there were enough of them."""
        head, self._head = self._head, b""
        self._layer = ENCODINGS[self._name](head)
        self._plain = self._layer is None
        yield from (head,) if self._layer is None else self._layer.decode(head)


def _gzip(head: bytes) -> Layer | None:
    return _Inflate(16 + zlib.MAX_WBITS) if head.startswith(GZIP_MAGIC) else None


def _deflate(head: bytes) -> Layer | None:
    """With the header of zlib, as it should be, or without."""
    has_header = head[0] & 0x0F == 8 and int.from_bytes(head[:2], "big") % 31 == 0
    return _Inflate(zlib.MAX_WBITS if has_header else -zlib.MAX_WBITS)


def _zstd(head: bytes) -> Layer | None:
    return _Zstandard() if head.startswith(ZSTD_MAGIC) else None


ENCODINGS: dict[str, Callable[[bytes], Layer | None]] = {"gzip": _gzip, "x-gzip": _gzip, "deflate": _deflate, "zstd": _zstd}
"""By name: a body's first bytes → its decoder, None if it is not encoded. Any other name says nothing that helps."""


class BodyDecoder:
    """All encodings of one body. Raises httpx.DecodingError.

    No layer may become more than `most_bytes`, as what is between two layers is work as well.
    """

    def __init__(self, content_encoding: str, *, most_bytes: int) -> None:
        names = [name.strip().lower() for name in content_encoding.split(",")]
        known = [name for name in names if name in ENCODINGS]
        if len(known) > MOST_LAYERS:
            raise httpx.DecodingError(f"{len(known)} encodings")
        self._layers = [_Guessed(name) for name in reversed(known)]
        self._left = [most_bytes] * len(known)

    @property
    def is_needed(self) -> bool:
        return bool(self._layers)

    def decode(self, data: bytes) -> Iterator[bytes]:
        return self._through(0, iter((data,)))

    def flush(self) -> Iterator[bytes]:
        for number, layer in enumerate(self._layers):
            yield from self._through(number + 1, self._counted(number, _translated(layer.flush())))

    def _through(self, first: int, pieces: Iterator[bytes]) -> Iterator[bytes]:
        for number in range(first, len(self._layers)):
            decoded = chain.from_iterable(map(self._layers[number].decode, pieces))
            pieces = self._counted(number, _translated(decoded))
        return pieces

    def _counted(self, number: int, pieces: Iterator[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            # The last layer's reader stops by itself, and knows what to do with what it has.
            self._left[number] -= len(piece)
            if self._left[number] < 0 and number < len(self._layers) - 1:
                raise httpx.DecodingError("the body becomes too large on the way")
            yield piece


def _translated(pieces: Iterator[bytes]) -> Iterator[bytes]:
    try:
        yield from pieces
    except (zlib.error, zstandard.ZstdError) as error:
        raise httpx.DecodingError(str(error)) from error


async def decoded_chunks(response: httpx.Response, *, most_bytes: int) -> AsyncGenerator[bytes]:
    """A response's body as it arrives, in pieces of bounded size. Stop at `most_bytes` of them. Raises httpx.DecodingError."""
    decoder = BodyDecoder(response.headers.get("content-encoding", ""), most_bytes=most_bytes)
    raw: AsyncIterable[bytes] = response.aiter_raw()
    async for chunk in raw:
        if not decoder.is_needed:
            yield chunk
            continue
        async for piece in _off_the_loop(decoder.decode(chunk)):
            yield piece
    async for piece in _off_the_loop(decoder.flush()):
        yield piece


async def _off_the_loop(pieces: Iterator[bytes]) -> AsyncGenerator[bytes]:
    while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
        yield piece
