"""A server that answers as it is told, byte for byte, and counts what reached it."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

Behaviour = Callable[[asyncio.StreamWriter], Awaitable[None]]


@dataclass(kw_only=True)
class Wire:
    """What came in, and what goes out; `behave` is asked after each whole request."""

    behave: Behaviour
    port: int = 0
    connections: int = 0
    requests: list[bytes] = field(default_factory=list)

    def url(self, path: str = "", *, host: str = "127.0.0.1", scheme: str = "http") -> str:
        return f"{scheme}://{host}:{self.port}{path}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length = next((int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
            self.requests.append(head + await reader.readexactly(length))
            await self.behave(writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()
            with suppress(ConnectionError, ssl.SSLError):
                await writer.wait_closed()


@asynccontextmanager
async def opened(behave: Behaviour, *, tls: ssl.SSLContext | None = None) -> AsyncIterator[Wire]:
    wire = Wire(behave=behave)
    server = await asyncio.start_server(wire.serve, "127.0.0.1", 0, ssl=tls)
    wire.port = server.sockets[0].getsockname()[1]
    try:
        yield wire
    finally:
        server.close()
        await server.wait_closed()


def says(content: bytes, *, status: int = 200, **headers: str) -> Behaviour:
    """A whole answer; a header's name is written with underscores."""
    fields = {"content_type": "application/json", "content_length": str(len(content)), "connection": "close", **headers}

    async def behave(writer: asyncio.StreamWriter) -> None:
        lines = [f"{name.replace('_', '-')}: {value}" for name, value in fields.items()]
        writer.write("\r\n".join([f"HTTP/1.1 {status} X", *lines, "", ""]).encode() + content)
        await writer.drain()

    return behave


def answers_json(value: Any, status: int = 200, **headers: str) -> Behaviour:
    return says(json.dumps(value).encode(), status=status, **headers)


def writes(*pieces: bytes, reset: bool = False, then_wait_s: float = 0) -> Behaviour:
    """Raw bytes; then silence for a while, then a reset or the end of the connection."""

    async def behave(writer: asyncio.StreamWriter) -> None:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        await asyncio.sleep(then_wait_s)
        if reset:
            writer.transport.abort()

    return behave
