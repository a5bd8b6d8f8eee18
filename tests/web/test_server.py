"""The web server: what it hands on, and what it turns away by itself."""

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

HERE = Listen(host="127.0.0.1", port=0)


async def echo(request: WebRequest) -> WebAnswer:
    if request.body == b"break":
        raise LookupError("broken")
    return WebAnswer(status=201, body=f"{request.headers['x-name']}:{request.body.decode()}", content_type="application/json")


@pytest.fixture
async def address() -> AsyncIterator[str]:
    server = WebServer(HERE, most_body_bytes=1000)
    server.add_route("POST", "/here", echo)
    await server.start()
    yield f"http://127.0.0.1:{server.port}"
    await server.close()


async def ask(method: str, address: str, body: bytes) -> tuple[int, str]:
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
async def test_what_is_answered(address: str, method: str, path: str, body: bytes, answer: tuple[int, str]) -> None:
    """The raw body reaches the route; what is too large, unknown or broken does not take the server down."""
    assert await ask(method, address + path, body) == answer
    assert (await ask("POST", f"{address}/here", b"still"))[0] == 201


async def test_a_body_in_pieces_is_capped_too(address: str) -> None:
    """A length that was not said is counted."""

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b"x" * 100
            await asyncio.sleep(0)

    async with aiohttp.ClientSession() as session, session.post(f"{address}/here", data=pieces()) as answer:
        assert answer.status == 413


async def test_without_a_route_nothing_listens() -> None:
    """A port is opened for a reason only."""
    server = WebServer(HERE)
    await server.start()
    assert server.port == 0
    await server.close()


async def test_an_address_in_use_is_the_operators_mistake() -> None:
    """The sentence names the key."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        server = WebServer(Listen(host="127.0.0.1", port=taken.getsockname()[1]))
        server.add_route("POST", "/here", echo)
        with pytest.raises(ConfigurationError, match="LISTEN"):
            await server.start()
