"""Whoever uses a gateway in the tests of the stand-ins: a client with its key, pictures of their own, a place for callbacks."""

import asyncio
import base64
import io
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
from aiohttp import web
from PIL import Image

from sandbox.gateways.gateway import Gateway
from sandbox.gateways.serving import LocalServer
from sandbox.stage import Fault, JsonObject, Stage

SMALL = "1280x720"
_PATIENCE_S = 10.0


def picture(width: int = 64, height: int = 48, **options: Any) -> bytes:
    """A plain PNG."""
    into = io.BytesIO()
    Image.new("RGB", (width, height), (120, 90, 60)).save(into, "PNG", **options)
    return into.getvalue()


def data_url(content: bytes | None = None) -> str:
    return f"data:image/png;base64,{base64.b64encode(picture() if content is None else content).decode()}"


def size_of(content: bytes) -> tuple[int, int]:
    return Image.open(io.BytesIO(content)).size


class Customer:
    """A running gateway and a client with its key."""

    def __init__(self, gateway: Gateway, client: httpx.AsyncClient) -> None:
        self.gateway = gateway
        self.stage = gateway.stage
        self.client = client

    async def post(self, path: str, body: JsonObject, **headers: str) -> httpx.Response:
        """Post JSON without the fields that are None."""
        given = {key: value for key, value in body.items() if value is not None}
        return await self.client.post(f"{self.gateway.origin}{path}", json=given, headers=headers)

    async def get(self, path: str) -> httpx.Response:
        return await self.client.get(f"{self.gateway.origin}{path}")

    async def until(self, ask: Callable[[], Any], good: Callable[[Any], bool]) -> Any:
        """Ask until the answer is good."""
        async with asyncio.timeout(_PATIENCE_S):
            while True:
                answer = await ask()
                if good(answer):
                    return answer

    def strike(self, part: str, what: str, times: int = 1) -> None:
        self.stage.faults.add(Fault(where=f"{self.gateway.name}.{part}", what=what, times=times))

    @property
    def billed(self) -> list[int]:
        return [int(call["billed"]) for call in self.gateway.calls]


@asynccontextmanager
async def visiting(kind: type[Gateway], name: str, *, prepared: int = 0, pace: float = 0) -> AsyncIterator[Customer]:
    """A customer of a gateway that is open for as long."""
    gateway = await kind.start(Stage(), dialect=name, name=name, pace=pace, prepared=prepared)
    headers = {"Authorization": f"Bearer {gateway.key}"}
    # Nothing here speaks TLS, and reading the machine's authorities for each test takes longer than the test.
    async with httpx.AsyncClient(trust_env=False, verify=False, headers=headers, timeout=20) as client:
        yield Customer(gateway, client)
    await gateway.close()


class Place:
    """A host of the customer's own: it shows files, and keeps what is posted to it."""

    def __init__(self) -> None:
        self.files = {"plain.png": picture(), "wide.png": picture(300, 40), "page.html": b"<html></html>"}
        self.posted: list[JsonObject] = []
        self.origin = ""

    def url(self, name: str = "plain.png") -> str:
        return f"{self.origin}/{name}"

    async def show(self, request: web.Request) -> web.Response:
        content = self.files.get(request.match_info["name"])
        return web.Response(status=404) if content is None else web.Response(body=content)

    async def take(self, request: web.Request) -> web.Response:
        self.posted.append(await request.json())
        return web.Response(status=204)


@asynccontextmanager
async def own_place() -> AsyncIterator[Place]:
    place = Place()
    application = web.Application()
    application.add_routes([web.get("/{name}", place.show), web.post("/called/{token}", place.take)])
    server = await LocalServer.start(application)
    place.origin = f"http://127.0.0.1:{server.port}"
    yield place
    await server.close()
