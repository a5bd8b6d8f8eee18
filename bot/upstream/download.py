"""Fetch a gateway's result: every hop's address resolved, checked to be public, and then used as it was checked."""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import cast

import httpx

from bot.config.tls import trust
from bot.errors import UpstreamError, UpstreamKind
from bot.upstream.failures import scrub
from bot.upstream.http_client import WIRE_ERRORS, no_cookies

MOST_BYTES = 64_000_000
MOST_REDIRECTS = 5
REDIRECTS = frozenset({301, 302, 303, 307, 308})
PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Statuses after which the same address may still answer."""
PORTS = frozenset({80, 443})
LAST_PORT = 65_535
DEFAULT_PORTS = {"http": 80, "https": 443}
UNICAST = ipaddress.IPv6Network("2000::/3")
"""Where all public IPv6 addresses are; translators and IPv4 in disguise live outside, or are unwrapped."""


@dataclass(frozen=True, kw_only=True)
class DownloadLimits:
    """Seconds and bytes of one download, redirects included, and how many go on at once.

    More at once are no faster: the same wire brings them all, and each holds its bytes until the last is there.
    """

    total_s: float = 120.0
    connect_s: float = 15.0
    read_s: float = 30.0
    most_bytes: int = MOST_BYTES
    at_once: int = 16


DEFAULT_LIMITS = DownloadLimits()


Resolve = Callable[[str, int], Awaitable[tuple[str, ...]]]
"""A host and a port → the IP addresses behind them, the preferred one first; none where there is no such host."""


@dataclass(frozen=True, kw_only=True)
class Reach:
    """Whom a download may ask. `ports` None: any."""

    allows: Callable[[str], bool]
    ports: frozenset[int] | None


@dataclass(frozen=True, kw_only=True)
class _Hop:
    """One address that may be asked, and the checked IP addresses behind its name."""

    url: httpx.URL
    addresses: tuple[str, ...]


class _UnfitError(Exception):
    """A result that is not fetched, and why."""

    def __init__(self, why: str, *, passing: bool = False) -> None:
        super().__init__(why)
        self.passing = passing


def is_public(address: str) -> bool:
    """Whether anybody on the internet could be asked at this IP address."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        # No result lives behind a tunnel, and Pythons differ on what they call the addresses of one.
        return ip in UNICAST and ip.is_global and ip.teredo is None and ip.sixtofour is None
    return ip.is_global and not (ip.is_multicast or ip.is_reserved)


PUBLIC = Reach(allows=is_public, ports=PORTS)
ANYWHERE = Reach(allows=lambda _: True, ports=None)


async def resolve(host: str, port: int) -> tuple[str, ...]:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return ()
    return tuple(dict.fromkeys(str(address[0]) for *_, address in found))


class ResultDownloader:
    """GET only, no cookies, no proxy, no variable of the machine. `allow_private` lifts the check of addresses and ports."""

    def __init__(
        self,
        *,
        allow_private: bool = False,
        verify: ssl.SSLContext | None = None,
        limits: DownloadLimits = DEFAULT_LIMITS,
        reach: Reach | None = None,
        resolve: Resolve = resolve,
    ) -> None:
        self._reach = reach or (ANYWHERE if allow_private else PUBLIC)
        self._resolve = resolve
        self._limits = limits
        self._turns = asyncio.Semaphore(limits.at_once)
        self._client = httpx.AsyncClient(
            verify=trust(None) if verify is None else verify,
            trust_env=False,
            follow_redirects=False,
            cookies=no_cookies(),
            timeout=httpx.Timeout(connect=limits.connect_s, read=limits.read_s, write=limits.read_s, pool=None),
            # No connection is kept: the next name may share an IP address, and its certificate must be seen again.
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
        )

    async def fetch(self, address: str) -> bytes:
        """The bytes behind a result's address. Raises UpstreamError (DOWNLOAD); retryable if it may succeed later."""
        try:
            async with self._turns, asyncio.timeout(self._limits.total_s):
                return await self._follow(httpx.URL(address))
        except _UnfitError as error:
            raise _failure(error, retryable=error.passing) from error
        except httpx.InvalidURL as error:
            raise _failure(error, retryable=False) from error
        except WIRE_ERRORS as error:
            raise _failure(error, retryable=True) from error

    async def close(self) -> None:
        await self._client.aclose()

    async def _follow(self, url: httpx.URL) -> bytes:
        for _ in range(MOST_REDIRECTS + 1):
            async with aclosing(await self._open(await self._check(url))) as response:
                if response.status_code not in REDIRECTS:
                    return await self._read(response)
                target = response.headers.get("location")
                if not target:
                    raise _UnfitError("a redirect to nowhere")
                url = url.join(target)
        raise _UnfitError(f"more than {MOST_REDIRECTS} redirects")

    async def _check(self, url: httpx.URL) -> _Hop:
        """Everything that can be refused before a connection is made."""
        if url.scheme not in DEFAULT_PORTS or not url.host:
            raise _UnfitError("neither http nor https")
        if url.userinfo:
            raise _UnfitError("an address with a name or password in it")
        port = DEFAULT_PORTS[url.scheme] if url.port is None else url.port
        if not 0 < port <= LAST_PORT or (self._reach.ports is not None and port not in self._reach.ports):
            raise _UnfitError(f"port {port}")
        addresses = await self._resolve(url.host, port)
        if not addresses:
            raise _UnfitError("a name without an address", passing=True)
        if not all(map(self._reach.allows, addresses)):
            raise _UnfitError("a host that is not public")
        return _Hop(url=url.copy_with(fragment=None), addresses=addresses)

    async def _open(self, hop: _Hop) -> httpx.Response:
        """Connect to the first checked address that takes us; the name is resolved no second time."""
        failure: Exception | None = None
        for address in hop.addresses:
            request = self._client.build_request(
                "GET",
                hop.url.copy_with(host=address),
                headers={"Host": hop.url.netloc.decode("ascii"), "Accept": "image/*", "Accept-Encoding": "identity"},
                # The certificate is still held against the name.
                extensions={"sni_hostname": hop.url.raw_host.decode("ascii")},
            )
            try:
                return await self._client.send(request, stream=True)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                failure = error
        raise failure or _UnfitError("a name without an address", passing=True)

    async def _read(self, response: httpx.Response) -> bytes:
        _check_head(response, self._limits.most_bytes)
        body = bytearray()
        async with aclosing(cast("AsyncGenerator[bytes]", response.aiter_raw())) as chunks:
            async for chunk in chunks:
                body += chunk
                if len(body) > self._limits.most_bytes:
                    raise _UnfitError(f"more than {self._limits.most_bytes} bytes")
        if not body:
            raise _UnfitError("an empty file", passing=True)
        return bytes(body)


def _check_head(response: httpx.Response, most_bytes: int) -> None:
    if response.status_code != httpx.codes.OK:
        raise _UnfitError(f"status {response.status_code}", passing=response.status_code in PASSING)
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in {"text/html", "application/xhtml+xml"}:
        raise _UnfitError("a page, not a picture")
    if response.headers.get("content-encoding", "identity").lower() not in {"", "identity"}:
        raise _UnfitError("a compressed transfer that nobody asked for")
    length = response.headers.get("content-length", "")
    if length.isdecimal() and int(length) > most_bytes:
        raise _UnfitError(f"{length} bytes announced")


def _failure(error: Exception, *, retryable: bool) -> UpstreamError:
    """The picture was made and paid for; only we do not have it."""
    return UpstreamError(
        UpstreamKind.DOWNLOAD,
        certain=False,
        retryable=retryable,
        detail=scrub(f"{type(error).__name__.removeprefix('_')} {error}".strip()),
    )
