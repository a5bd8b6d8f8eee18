"""A local HTTP server for a gateway, and the host that serves its results for a day."""

import asyncio
import secrets
import socket
import struct
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from aiohttp import web

from sandbox.stage import Stage

RESULT_LIFETIME_S = 86_400
MOST_BODY_BYTES = 64_000_000
_PAGE = "<!DOCTYPE html><html><head><title>{0}</title></head><body><center><h1>{0}</h1></center><hr></body></html>"
_CHUNK = 65_536
_RESULT_FAULTS = ("404", "500", "html", "truncated", "endless", "slow:SECONDS", "redirect-private", "reset-before")


class LocalServer:
    """One aiohttp application on a free port of 127.0.0.1."""

    def __init__(self, runner: web.AppRunner, port: int) -> None:
        self._runner = runner
        self.port = port

    @classmethod
    async def start(cls, application: web.Application) -> "LocalServer":
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.5)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port: int = runner.addresses[0][1]
        return cls(runner, port)

    async def close(self) -> None:
        await self._runner.cleanup()


def reset(request: web.BaseRequest) -> web.Response:
    """Drop the connection with a TCP reset; what is returned reaches nobody."""
    transport = request.transport
    if transport is not None:
        held = transport.get_extra_info("socket")
        if held is not None:
            held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    return web.Response()


def page(status: int, title: str) -> web.Response:
    """An error page of something in between, in HTML."""
    return web.Response(status=status, text=_PAGE.format(title), content_type="text/html")


async def until_gone(request: web.BaseRequest) -> web.Response:
    """Answer nothing until the other side gives up."""
    # aiohttp tells a handler of a lost connection only by cancelling it, which would also stop paid work.
    while request.transport is not None and not request.transport.is_closing():  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    return web.Response()


def seconds_in(fault: str) -> float:
    """The figure of a fault word like `slow:1.5`."""
    return float(fault.partition(":")[2])


@dataclass(kw_only=True)
class ResultHost:
    """Finished pictures under signed addresses: GET only, gone after a day of the stage's clock.

    Faults are taken at `<name>.result`, detail the picture's name: `404` `500` `html` `truncated` `endless`
    `slow:SECONDS` `redirect-private` `reset-before`.
    """

    stage: Stage
    name: str
    origin: str = ""
    _held: dict[str, tuple[str, str, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.stage.faults.declare(f"{self.name}.result", _RESULT_FAULTS)

    def publish(self, content: bytes, image_format: str) -> str:
        """Keep a picture and return its address."""
        number = f"{self.stage.random.getrandbits(64):016x}"
        name = f"{number}_0.{image_format}"
        signature = secrets.token_hex(32)
        self._held[name] = self.stage.files.put(content), signature, self.stage.clock.now() + RESULT_LIFETIME_S
        return f"{self.origin}/result/{name}?X-Tos-Expires={RESULT_LIFETIME_S}&X-Tos-Signature={signature}"

    async def serve(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        held = self._held.get(name)
        if request.method != "GET" or held is None or request.query.get("X-Tos-Signature") != held[1]:
            return _denied("SignatureDoesNotMatch")
        sha256, _, expires_at = held
        if self.stage.clock.now() >= expires_at:
            return _denied("AccessDenied: request has expired")
        content = self.stage.files.get(sha256) or b""
        media_type = f"image/{name.rpartition('.')[2]}"
        fault = self.stage.faults.take(f"{self.name}.result", name)
        if fault is not None:
            return await _spoiled(request, fault, content, media_type)
        return web.Response(body=content, content_type=media_type)


def _denied(code: str) -> web.Response:
    return web.Response(status=403, text=f"<Error><Code>{code}</Code></Error>", content_type="application/xml")


def _instead(request: web.Request, fault: str) -> web.Response | None:
    """What a fault answers instead of the picture."""
    match fault:
        case "404" | "500":
            return web.Response(
                status=int(fault), text="<Error><Code>InternalError</Code></Error>", content_type="application/xml"
            )
        case "html":
            return page(200, "Sign in to continue")
        case "redirect-private":
            return web.Response(status=302, headers={"Location": "http://169.254.169.254/latest/meta-data/"})
        case "reset-before":
            return reset(request)
        case _:
            return None


async def _spoiled(request: web.Request, fault: str, content: bytes, media_type: str) -> web.StreamResponse:
    match fault.partition(":")[0]:
        case "truncated":
            return await _sent(request, _slices(content[: len(content) // 2]), media_type, length=len(content))
        case "endless":
            return await _sent(request, _for_ever(content), media_type, length=None)
        case "slow":
            pieces = _slices(content, pieces=8, pause=seconds_in(fault) / 8)
            return await _sent(request, pieces, media_type, length=len(content))
        case _:
            return _instead(request, fault) or page(500, f"unknown fault {fault}")


async def _slices(content: bytes, *, pieces: int = 2, pause: float = 0.0) -> AsyncIterator[bytes]:
    step = max(1, -(-len(content) // pieces))
    for start in range(0, len(content), step):
        await asyncio.sleep(pause)
        yield content[start : start + step]


async def _for_ever(content: bytes) -> AsyncIterator[bytes]:
    yield content
    while True:
        await asyncio.sleep(0)
        yield bytes(_CHUNK)


async def _sent(request: web.Request, pieces: AsyncIterator[bytes], media_type: str, *, length: int | None) -> web.StreamResponse:
    """Send pieces; a body shorter than its announced length ends with the connection."""
    response = web.StreamResponse(headers={"Content-Type": media_type})
    response.content_length = length
    sent = 0
    try:
        await response.prepare(request)
        async for piece in pieces:
            await response.write(piece)
            sent += len(piece)
    except ConnectionError:
        return response
    if length is not None and sent < length and request.transport is not None:
        request.transport.close()
    return response
