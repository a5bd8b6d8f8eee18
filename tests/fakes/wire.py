"""A server that sends scripted bytes, and records what it receives."""

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
    """A scripted server. `behave` runs after each complete HTTP request."""

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
    """Serve on a free local port."""
    wire = Wire(behave=behave)
    server = await asyncio.start_server(wire.serve, "127.0.0.1", 0, ssl=tls)
    wire.port = server.sockets[0].getsockname()[1]
    try:
        yield wire
    finally:
        server.close()
        await server.wait_closed()


def says(content: bytes, *, status: int = 200, **headers: str) -> Behaviour:
    """A complete HTTP answer. Header names use underscores for hyphens."""
    fields = {"content_type": "application/json", "content_length": str(len(content)), "connection": "close", **headers}

    async def behave(writer: asyncio.StreamWriter) -> None:
        lines = [f"{name.replace('_', '-')}: {value}" for name, value in fields.items()]
        writer.write("\r\n".join([f"HTTP/1.1 {status} X", *lines, "", ""]).encode() + content)
        await writer.drain()

    return behave


def answers_json(value: Any, status: int = 200, **headers: str) -> Behaviour:
    """A complete HTTP answer with a JSON body."""
    return says(json.dumps(value).encode(), status=status, **headers)


def writes(*pieces: bytes, reset: bool = False, then_wait_s: float = 0) -> Behaviour:
    """Write raw bytes, wait in silence, then reset or close the connection."""

    async def behave(writer: asyncio.StreamWriter) -> None:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        await asyncio.sleep(then_wait_s)
        if reset:
            writer.transport.abort()

    return behave
