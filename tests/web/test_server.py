"""The web server passes requests to routes and refuses others by itself."""

import asyncio
import io
import socket
from collections.abc import AsyncIterator

import aiohttp
import pytest

from bot.config.settings import Listen
from bot.errors import ConfigurationError
from bot.web.contract import WebAnswer, WebRequest
from bot.web.server import WebServer

ANY_PORT = Listen(host="127.0.0.1", port=0)


async def echo(request: WebRequest) -> WebAnswer:
    if request.body == b"break":
        raise LookupError("broken")
    return WebAnswer(status=201, body=f"{request.headers['x-name']}:{request.body.decode()}", content_type="application/json")


@pytest.fixture
async def address() -> AsyncIterator[str]:
    server = WebServer(ANY_PORT)
    server.add_route("POST", "/here", echo, most_body_bytes=1000)
    await server.start()
    yield f"http://127.0.0.1:{server.port}"
    await server.close()


async def send(method: str, address: str, body: bytes) -> tuple[int, str]:
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, address, data=io.BytesIO(body), headers={"X-Name": "n"}) as answer,
    ):
        return answer.status, await answer.text() if answer.status == 201 else ""


@pytest.mark.parametrize(
    ("method", "path", "body", "answer"),
    [
        ("POST", "/here", b"words", (201, "n:words")),
        ("POST", "/here", b"x" * 1001, (413, "")),
        ("POST", "/here", b"x" * 10_000_000, (413, "")),
        ("POST", "/here", b"break", (500, "")),
        ("GET", "/here", b"", (405, "")),
        ("POST", "/there", b"words", (404, "")),
    ],
)
async def test_requests_and_refusals(address: str, method: str, path: str, body: bytes, answer: tuple[int, str]) -> None:
    """A route gets the raw body; a request that is too large, unknown or fails does not affect later ones."""
    assert await send(method, address + path, body) == answer
    assert (await send("POST", f"{address}/here", b"still"))[0] == 201


async def test_a_chunked_body_is_limited(address: str) -> None:
    """A body without a stated length is refused once it exceeds the limit."""

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b"x" * 100
            await asyncio.sleep(0)

    async with aiohttp.ClientSession() as session, session.post(f"{address}/here", data=chunks()) as answer:
        assert answer.status == 413


async def test_a_body_that_no_route_uses_is_not_read() -> None:
    """A gateway may call with any body: it is answered at once, and never too large."""
    server = WebServer(ANY_PORT)

    async def notified(request: WebRequest) -> WebAnswer:
        return WebAnswer(status=201, body=str(len(request.body)))

    server.add_route("POST", "/called", notified)
    await server.start()
    assert await send("POST", f"http://127.0.0.1:{server.port}/called", b"x" * 10_000_000) == (201, "0")
    await server.close()


async def test_without_a_route_the_server_does_not_listen() -> None:
    """A server without routes opens no port."""
    server = WebServer(ANY_PORT)
    await server.start()
    assert server.port == 0
    await server.close()


async def test_an_address_in_use_is_a_configuration_error() -> None:
    """An address that is in use raises ConfigurationError, which names LISTEN."""
    with socket.socket() as occupied:
        occupied.bind(("127.0.0.1", 0))
        occupied.listen()
        server = WebServer(Listen(host="127.0.0.1", port=occupied.getsockname()[1]))
        server.add_route("POST", "/here", echo)
        with pytest.raises(ConfigurationError, match="LISTEN"):
            await server.start()
