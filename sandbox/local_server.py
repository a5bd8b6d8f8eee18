"""A local HTTP server, and the ways in which it answers badly on purpose."""

import asyncio
import socket
import ssl
import struct

import zstandard
from aiohttp import web

_BOMB_PIECES, _BOMB_PIECE_BYTES = 300, 1_000_000
_PAGE = "<!DOCTYPE html><html><head><title>{0}</title></head><body><center><h1>{0}</h1></center><hr></body></html>"


class LocalServer:
    """One aiohttp application on a free port of 127.0.0.1."""

    def __init__(self, runner: web.AppRunner, port: int) -> None:
        self._runner = runner
        self.port = port

    @classmethod
    async def start(cls, application: web.Application, *, ssl_context: ssl.SSLContext | None = None) -> "LocalServer":
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.5)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=ssl_context)
        await site.start()
        port: int = runner.addresses[0][1]
        return cls(runner, port)

    async def close(self) -> None:
        await self._runner.cleanup()


def reset(request: web.BaseRequest) -> web.Response:
    """Drop the connection with a TCP reset; the client never receives the returned response."""
    transport = request.transport
    if transport is not None:
        connection = transport.get_extra_info("socket")
        if connection is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    return web.Response()


def zstd_bomb(filler: bytes, content: bytes = b"", *, after: bytes = b"") -> bytes:
    """Compress the content, 300 MB of the filler, and what comes after it, in little memory."""
    compressor = zstandard.ZstdCompressor().compressobj()
    padding = filler * _BOMB_PIECE_BYTES
    pieces = [
        compressor.compress(content),
        *(compressor.compress(padding) for _ in range(_BOMB_PIECES)),
        compressor.compress(after),
    ]
    return b"".join(pieces) + compressor.flush()


def html_page(status: int, title: str) -> web.Response:
    """Return an HTML error page, as a proxy in between would send it."""
    return web.Response(status=status, text=_PAGE.format(title), content_type="text/html")


async def wait_for_disconnect(request: web.BaseRequest) -> web.Response:
    """Answer nothing until the client gives up."""
    # aiohttp announces a lost connection to a handler only by cancelling it, which would also stop paid work.
    while request.transport is not None and not request.transport.is_closing():  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    return web.Response()


def fault_seconds(fault: str) -> float:
    """Return the number in a fault word such as `slow:1.5`."""
    return float(fault.partition(":")[2])
