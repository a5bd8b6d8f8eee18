"""The host that serves a gateway's results for a day."""

import asyncio
import base64
import gzip
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from functools import partial

import zstandard
from aiohttp import web

from sandbox.local_server import fault_seconds, html_page, reset, zstd_bomb
from sandbox.runtime import Runtime

RESULT_LIFETIME_S = 86_400
_CHUNK_BYTES = 65_536
_ENDLESS_PAUSE_S = 0.005
_FAULTS = (
    *("404", "500", "html", "truncated", "endless", "slow:SECONDS", "redirect-private", "reset-before"),
    *("gzip", "zstd", "bomb", "as-html"),
)
_ADDRESS_FAULTS = ("spaces", "data-url", "base64", "wrapped")


@dataclass(frozen=True, kw_only=True)
class _Result:
    sha256: str
    signature: str
    expires_at: float


@dataclass(kw_only=True)
class ResultHost:
    """Serves finished pictures at signed URLs, by GET only, until they expire after a day of the sandbox's clock.

    Faults are taken at `<name>.result`, detail the picture's name: `404` `500` `html` `truncated` `endless`
    `slow:SECONDS` `redirect-private` `reset-before`, `gzip` and `zstd` (compressed, asked for or not), `bomb` (zstd with 300 MB
    of zeros behind the picture) and `as-html` (a wrong media type). At `<name>.address` a fault changes what stands in the
    answer in the place of the address: white space around it (`spaces`), or the picture itself as `data-url`, `base64` or
    `wrapped` base64.
    """

    runtime: Runtime
    name: str
    origin: str = ""
    _results: dict[str, _Result] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.runtime.faults.declare(f"{self.name}.result", _FAULTS)
        self.runtime.faults.declare(f"{self.name}.address", _ADDRESS_FAULTS)

    def publish(self, content: bytes, image_format: str) -> str:
        """Store a picture and return its URL."""
        number = f"{self.runtime.random.getrandbits(64):016x}"
        name = f"{number}_0.{image_format}"
        signature = secrets.token_hex(32)
        expires_at = self.runtime.clock.now() + RESULT_LIFETIME_S
        self._results[name] = _Result(sha256=self.runtime.files.put(content), signature=signature, expires_at=expires_at)
        address = f"{self.origin}/result/{name}?X-Tos-Expires={RESULT_LIFETIME_S}&X-Tos-Signature={signature}"
        encoded = base64.b64encode(content).decode()
        match self.runtime.faults.take(f"{self.name}.address"):
            case "spaces":
                return f" {address}\n"
            case "data-url":
                return f"data:application/octet-stream;base64,{encoded}"
            case "base64":
                return encoded.rstrip("=")
            case "wrapped":
                return "\r\n".join(encoded[start : start + 76] for start in range(0, len(encoded), 76)) + "\r\n"
            case _:
                return address

    async def serve(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        result = self._results.get(name)
        if request.method != "GET" or result is None or request.query.get("X-Tos-Signature") != result.signature:
            return _denied("SignatureDoesNotMatch")
        if self.runtime.clock.now() >= result.expires_at:
            return _denied("AccessDenied: request has expired")
        content = self.runtime.files.get(result.sha256) or b""
        media_type = f"image/{name.rpartition('.')[2]}"
        fault = self.runtime.faults.take(f"{self.name}.result", name)
        if fault is not None:
            return await _fault_response(request, fault, content, media_type)
        return web.Response(body=content, content_type=media_type)


def _denied(code: str) -> web.Response:
    return web.Response(status=403, text=f"<Error><Code>{code}</Code></Error>", content_type="application/xml")


async def _fault_response(request: web.Request, fault: str, content: bytes, media_type: str) -> web.StreamResponse:
    match fault.partition(":")[0]:
        case "404" | "500":
            text = "<Error><Code>InternalError</Code></Error>"
            return web.Response(status=int(fault), text=text, content_type="application/xml")
        case "html":
            return html_page(200, "Sign in to continue")
        case "redirect-private":
            return web.Response(status=302, headers={"Location": "http://169.254.169.254/latest/meta-data/"})
        case "reset-before":
            return reset(request)
        case "gzip":
            return web.Response(body=gzip.compress(content), content_type=media_type, headers={"Content-Encoding": "gzip"})
        case "zstd" | "bomb":
            compress = partial(zstd_bomb, b"\0") if fault == "bomb" else zstandard.compress
            body = await asyncio.to_thread(compress, content)
            return web.Response(body=body, content_type=media_type, headers={"Content-Encoding": "zstd"})
        case "as-html":
            return web.Response(body=content, content_type="text/html")
        case "truncated":
            return await _stream(request, _pieces(content[: len(content) // 2]), media_type, length=len(content))
        case "endless":
            return await _stream(request, _endless(content), media_type, length=None)
        case "slow":
            pieces = _pieces(content, count=8, pause=fault_seconds(fault) / 8)
            return await _stream(request, pieces, media_type, length=len(content))
        case _:
            return html_page(500, f"unknown fault {fault}")


async def _pieces(content: bytes, *, count: int = 2, pause: float = 0.0) -> AsyncIterator[bytes]:
    step = max(1, -(-len(content) // count))
    for start in range(0, len(content), step):
        await asyncio.sleep(pause)
        yield content[start : start + step]


async def _endless(content: bytes) -> AsyncIterator[bytes]:
    yield content
    while True:
        # Everybody else's requests go through this process too.
        await asyncio.sleep(_ENDLESS_PAUSE_S)
        yield bytes(_CHUNK_BYTES)


async def _stream(
    request: web.Request, pieces: AsyncIterator[bytes], media_type: str, *, length: int | None
) -> web.StreamResponse:
    """Send the pieces; if the body stays shorter than `length`, close the connection."""
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
