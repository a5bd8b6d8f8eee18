"""HTTP to one gateway: address, key, time limits, and the translation of httpx's errors."""

import asyncio
import logging
import secrets
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping
from contextlib import aclosing, asynccontextmanager, contextmanager, suppress
from dataclasses import replace
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

from bot.config.settings import Secret
from bot.errors import ConfigurationError, UpstreamError, UpstreamKind
from bot.upstream.decoding.failures import scrub
from bot.upstream.transport.content_encoding import decoded_chunks
from bot.upstream.transport.http_messages import (
    EVENT_STREAM,
    JSON,
    MOST_ANSWER_BYTES,
    MOST_ERROR_BYTES,
    NDJSON,
    Answer,
    Frame,
    HttpRequest,
)
from bot.upstream.transport.lines import json_lines, server_sent_events
from bot.upstream.transport.request_body import build_body
from bot.upstream.transport.spool import Spool, Spools
from bot.values import dataclass

logger = logging.getLogger(__name__)

STREAMS = (EVENT_STREAM, NDJSON, "application/ndjson", "application/jsonl")
BEFORE_SENDING = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
    httpx.ProxyError,
    httpx.LocalProtocolError,
    httpx.InvalidURL,
)
"""Raised before a byte of the request was sent: nothing was spent."""
WIRE_ERRORS = (
    *BEFORE_SENDING,
    httpx.HTTPError,
    httpx.StreamError,
    httpx.CookieConflict,
    OSError,
)
"""Everything that HTTP can raise; TimeoutError is an OSError."""
ERROR_KINDS: tuple[tuple[tuple[type[Exception], ...], UpstreamKind], ...] = (
    (BEFORE_SENDING, UpstreamKind.UNREACHABLE),
    ((httpx.TimeoutException, TimeoutError), UpstreamKind.TIMEOUT),
    ((httpx.DecodingError,), UpstreamKind.UNKNOWN),
)


@dataclass(frozen=True, kw_only=True)
class Timeouts:
    """Seconds. `read_s` bounds a silence, `total_s` the whole exchange: a trickle of bytes resets only the first."""

    connect_s: float = 30.0
    read_s: float = 600.0
    write_s: float = 120.0
    total_s: float = 2100.0


DEFAULT_TIMEOUTS = Timeouts()


def translate_error(error: Exception, *, secrets: tuple[str, ...] = ()) -> UpstreamError:
    """Translate an HTTP error. `certain` only if the gateway cannot have received the request."""
    certain = isinstance(error, BEFORE_SENDING)
    kinds = (kind for classes, kind in ERROR_KINDS if isinstance(error, classes))
    return UpstreamError(
        next(kinds, UpstreamKind.AMBIGUOUS),
        certain=certain,
        retryable=certain,
        detail=scrub(f"{type(error).__name__} {error}".strip(), secrets=secrets),
    )


class GatewayClient:
    """One base URL with its key. It sends nothing twice, follows no redirect and reads no environment variable."""

    def __init__(
        self,
        *,
        name: str,
        base_url: str,
        api_key: Secret,
        verify: ssl.SSLContext,
        proxy: str | None = None,
        timeouts: Timeouts = DEFAULT_TIMEOUTS,
        spools: Spools | None = None,
    ) -> None:
        self.secrets = (api_key.value,)
        self._spools = spools or Spools()
        self._name = name
        self._base_url = base_url.rstrip("/")
        self._total_s = timeouts.total_s
        self._client = httpx.AsyncClient(
            # As bytes: a key that is not ASCII is then refused by the gateway instead of raising here.
            headers={b"Authorization": b"Bearer " + api_key.value.encode()},
            verify=verify,
            proxy=_proxy(name, proxy, verify),
            trust_env=False,
            follow_redirects=False,
            cookies=no_cookies(),
            timeout=httpx.Timeout(connect=timeouts.connect_s, read=timeouts.read_s, write=timeouts.write_s, pool=None),
            # The other side may close a kept connection at the moment we write to it; whether it received the paid call is
            # unknown then. A handshake costs less than that doubt.
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
        )

    @asynccontextmanager
    async def send(self, request: HttpRequest, *, most_bytes: int, within_s: float | None = None) -> AsyncIterator[Answer]:
        """Send a request and read its complete answer, whatever the status, in `within_s` seconds. Raises UpstreamError.

        A large answer is to be forgotten at the end of the context.
        """
        began = asyncio.get_running_loop().time()
        total_s = self._total_s if within_s is None else min(within_s, self._total_s)
        body = self._spools.open()
        try:
            with self._translated():
                built = await self._build(request)
                async with asyncio.timeout(total_s), aclosing(await self._client.send(built, stream=True)) as response:
                    capped = await _read(response, body, most_bytes)
            answer = _answer(response, b"", capped=capped)
            self._log(answer.status, built, answer.trace, began)
            async with body.content() as content:
                yield replace(answer, body=content)
        finally:
            body.close()

    @asynccontextmanager
    async def stream(self, request: HttpRequest, *, most_bytes: int) -> AsyncIterator["Stream | Answer"]:
        """Send a request and open its stream; an answer that is not a stream is read completely. Raises UpstreamError."""
        began = asyncio.get_running_loop().time()
        deadline = began + self._total_s
        with self._translated():
            built = await self._build(request)
            async with asyncio.timeout_at(deadline):
                response = await self._client.send(built, stream=True)
        self._log(response.status_code, built, response.headers.get("x-request-id"), began)
        body = self._spools.open()
        try:
            kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
            if response.status_code == httpx.codes.OK and kind in STREAMS:
                yield Stream(response, deadline=deadline, most_bytes=most_bytes, secrets=self.secrets, spools=self._spools)
            else:
                with self._translated():
                    async with asyncio.timeout_at(deadline):
                        capped = await _read(response, body, MOST_ANSWER_BYTES)
                async with body.content() as content:
                    yield _answer(response, content, capped=capped)
        finally:
            body.close()
            with suppress(*WIRE_ERRORS):
                await response.aclose()

    async def close(self) -> None:
        await self._client.aclose()

    async def _build(self, request: HttpRequest) -> httpx.Request:
        try:
            body = await build_body(request)
        except OSError as error:
            detail = f"a reference cannot be read: {error.strerror}"
            raise UpstreamError(UpstreamKind.INTERNAL, certain=True, detail=detail) from error
        headers = headers_of(request, request_id=secrets.token_hex(16))
        if body is not None:
            headers["Content-Length"] = str(body.length)
        return self._client.build_request(
            request.method,
            self._base_url + request.path,
            headers=headers,
            content=body,
            extensions=None if request.on_sending is None else {"trace": _Departure(request.on_sending)},
        )

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except WIRE_ERRORS as error:
            raise translate_error(error, secrets=self.secrets) from error

    def _log(self, status: int, request: httpx.Request, trace: str | None, began: float) -> None:
        logger.info(
            "gateway answered",
            extra={
                "gateway": self._name,
                "status": status,
                "request_id": request.headers["x-client-request-id"],
                "gateway_request_id": trace,
                "seconds": round(asyncio.get_running_loop().time() - began, 3),
            },
        )


class _Departure:
    """Follows what the connection does, and calls back before it writes the first byte of a request."""

    def __init__(self, on_sending: Callable[[], None]) -> None:
        self._on_sending = on_sending

    async def __call__(self, event: str, details: Mapping[str, object]) -> None:
        del details
        if event.endswith("send_request_headers.started"):
            self._on_sending()


class Stream:
    """The messages of one streamed answer: server-sent events, or lines of JSON. A large message is to be forgotten before the next."""

    def __init__(
        self, response: httpx.Response, *, deadline: float, most_bytes: int, secrets: tuple[str, ...], spools: Spools
    ) -> None:
        self.trace: str | None = response.headers.get("x-request-id")
        self._response = response
        self._deadline = deadline
        self._most_bytes = most_bytes
        self._secrets = secrets
        self._spools = spools

    async def frames(self) -> AsyncGenerator[Frame]:
        """Each message as it arrives. Raises UpstreamError where the stream is cut."""
        kind = self._response.headers.get("content-type", "").lower()
        read = server_sent_events if EVENT_STREAM in kind else json_lines
        async with aclosing(read(self._capped(), self._spools)) as frames:
            while True:
                try:
                    # Only the waiting is timed: a deadline around the yield would cancel the caller's own work.
                    async with asyncio.timeout_at(self._deadline):
                        frame = await anext(frames)
                except StopAsyncIteration:
                    return
                except WIRE_ERRORS as error:
                    raise translate_error(error, secrets=self._secrets) from error
                yield frame

    async def _capped(self) -> AsyncGenerator[bytes]:
        left = self._most_bytes
        async with aclosing(decoded_chunks(self._response, most_bytes=self._most_bytes)) as chunks:
            async for chunk in chunks:
                left -= len(chunk)
                if left < 0:
                    raise UpstreamError(UpstreamKind.UNKNOWN, certain=False, detail="the stream went on past our limit")
                yield chunk


async def _read(response: httpx.Response, body: Spool, most_bytes: int) -> bool:
    """Read a body; returns whether it was longer than the limit and is cut."""
    failed = not response.is_success
    most = min(most_bytes, MOST_ERROR_BYTES) if failed else most_bytes
    try:
        async with aclosing(decoded_chunks(response, most_bytes=most)) as chunks:
            async for chunk in chunks:
                room = most - body.size
                await body.write(chunk[:room])
                if len(chunk) > room:
                    return True
    except httpx.HTTPError:
        # The status of a refusal says enough; it does not matter how much of its text arrived.
        if not failed:
            raise
    return False


def _answer(response: httpx.Response, body: bytes, *, capped: bool) -> Answer:
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Answer(status=response.status_code, headers=headers, body=body, capped=capped)


def headers_of(request: HttpRequest, *, request_id: str) -> dict[str, str]:
    """The headers that are sent in addition to the key."""
    own = {"Accept": request.accept, "Accept-Encoding": "identity", "X-Client-Request-Id": request_id}
    if request.body is not None:
        own["Content-Type"] = JSON
    return {**own, **request.headers}


def no_cookies() -> CookieJar:
    """A jar that neither stores nor sends a cookie."""
    return CookieJar(policy=DefaultCookiePolicy(allowed_domains=[]))


def _proxy(name: str, address: str | None, verify: ssl.SSLContext) -> httpx.Proxy | None:
    if address is None:
        return None
    try:
        return httpx.Proxy(address, ssl_context=verify)
    except (httpx.InvalidURL, ValueError) as error:
        raise ConfigurationError((f"gateway {name}: invalid proxy; expected an http:// or https:// URL.",)) from error
