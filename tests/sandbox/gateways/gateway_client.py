"""A client of a fake gateway, with reference pictures and a host that serves them and receives callbacks."""

import asyncio
import base64
import io
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
from aiohttp import web
from PIL import Image

from sandbox.contracts import JsonObject
from sandbox.faults import Fault
from sandbox.gateways.gateway import FakeGateway
from sandbox.local_server import LocalServer
from sandbox.runtime import Runtime

SMALL = "1280x720"
_TIMEOUT_S = 60.0


def picture(width: int = 64, height: int = 48, **options: Any) -> bytes:
    """A plain PNG."""
    into = io.BytesIO()
    Image.new("RGB", (width, height), (120, 90, 60)).save(into, "PNG", **options)
    return into.getvalue()


def data_url(content: bytes | None = None) -> str:
    return f"data:image/png;base64,{base64.b64encode(picture() if content is None else content).decode()}"


def size_of(content: bytes) -> tuple[int, int]:
    return Image.open(io.BytesIO(content)).size


def set_fields(most: int | None, **fields: Any) -> JsonObject:
    """The official API's fields that ask for a set, with or without a cap."""
    options = {} if most is None else {"sequential_image_generation_options": {"max_images": most}}
    return {"sequential_image_generation": "auto", **options, **fields}


class GatewayClient:
    """A running gateway and an HTTP client with its key."""

    def __init__(self, gateway: FakeGateway, http: httpx.AsyncClient) -> None:
        self.gateway = gateway
        self.runtime = gateway.runtime
        self.http = http

    async def post(self, path: str, body: JsonObject, **headers: str) -> httpx.Response:
        """Post JSON, leaving out the fields that are None."""
        given = {key: value for key, value in body.items() if value is not None}
        return await self.http.post(f"{self.gateway.origin}{path}", json=given, headers=headers)

    async def get(self, path: str) -> httpx.Response:
        return await self.http.get(f"{self.gateway.origin}{path}")

    async def wait_until(self, ask: Callable[[], Any], good: Callable[[Any], bool]) -> Any:
        """Repeat a request until its answer is good, and return that answer."""
        async with asyncio.timeout(_TIMEOUT_S):
            while True:
                answer = await ask()
                if good(answer):
                    return answer

    def inject(self, part: str, what: str, times: int = 1) -> None:
        """Inject a fault into a part of this gateway."""
        self.runtime.faults.add(Fault(where=f"{self.gateway.name}.{part}", what=what, times=times))

    @property
    def billed(self) -> list[int]:
        """The billed pictures of each call."""
        return [int(call["billed"]) for call in self.gateway.calls]


@asynccontextmanager
async def open_gateway(kind: type[FakeGateway], name: str, *, prepared: int = 0, pace: float = 0) -> AsyncIterator[GatewayClient]:
    """Start a gateway and yield a client of it."""
    gateway = await kind.start(Runtime(), dialect=name, name=name, pace=pace, prepared=prepared)
    headers = {"Authorization": f"Bearer {gateway.key}"}
    # No TLS here, and loading the machine's certificates for each test takes longer than the test.
    async with httpx.AsyncClient(trust_env=False, verify=False, headers=headers, timeout=_TIMEOUT_S) as http:
        yield GatewayClient(gateway, http)
    await gateway.close()


class ReferenceHost:
    """A host of the caller's own: it serves reference pictures and keeps the callbacks posted to it."""

    def __init__(self) -> None:
        self.files = {"plain.png": picture(), "wide.png": picture(300, 40), "page.html": b"<html></html>"}
        self.posted: list[JsonObject] = []
        self.origin = ""

    def url(self, name: str = "plain.png") -> str:
        return f"{self.origin}/{name}"

    async def serve_file(self, request: web.Request) -> web.Response:
        content = self.files.get(request.match_info["name"])
        return web.Response(status=404) if content is None else web.Response(body=content)

    async def receive_callback(self, request: web.Request) -> web.Response:
        self.posted.append(await request.json())
        return web.Response(status=204)


@asynccontextmanager
async def open_reference_host() -> AsyncIterator[ReferenceHost]:
    host = ReferenceHost()
    application = web.Application()
    application.add_routes([web.get("/{name}", host.serve_file), web.post("/called/{token}", host.receive_callback)])
    server = await LocalServer.start(application)
    host.origin = f"http://127.0.0.1:{server.port}"
    yield host
    await server.close()
