"""Downloads of results: the host of every hop is resolved once, checked to be public, and connected to at that address."""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Awaitable, Callable
from contextlib import aclosing

import httpx

from bot.config.tls import trust
from bot.errors import UpstreamError, UpstreamKind
from bot.upstream.contract import Downloads, Write
from bot.upstream.decoding.failures import scrub
from bot.upstream.decoding.picture_text import is_image
from bot.upstream.transport.content_encoding import decoded_chunks
from bot.upstream.transport.http_client import WIRE_ERRORS, no_cookies
from bot.values import dataclass

MOST_BYTES = 64_000_000
MOST_REDIRECTS = 5
LONGEST_ADDRESS = 8_000
"""httpx reads an address with unusual characters slowly, one by one."""
MOST_DIGITS = 20
REDIRECTS = frozenset({301, 302, 303, 307, 308})
TRANSIENT_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504})
"""After these the same address may answer later."""
PORTS = frozenset({80, 443})
LAST_PORT = 65_535
DEFAULT_PORTS = {"http": 80, "https": 443}
UNICAST = ipaddress.IPv6Network("2000::/3")
"""All public IPv6 addresses. Translation prefixes and mapped IPv4 addresses are outside, or are checked by what they hold."""


@dataclass(frozen=True, kw_only=True)
class DownloadLimits:
    """Seconds and bytes of one download, redirects included."""

    total_s: float = 120.0
    connect_s: float = 15.0
    read_s: float = 30.0
    most_bytes: int = MOST_BYTES


DEFAULT_LIMITS = DownloadLimits()


Resolve = Callable[[str, int], Awaitable[tuple[str, ...]]]
"""A host and a port → its IP addresses, the preferred one first; empty if the host does not exist."""


@dataclass(frozen=True, kw_only=True)
class AddressPolicy:
    """Which IP addresses and ports a download may connect to. `ports` None: any."""

    allows: Callable[[str], bool]
    ports: frozenset[int] | None


@dataclass(frozen=True, kw_only=True)
class _CheckedUrl:
    """A URL that may be requested, and the checked IP addresses of its host."""

    url: httpx.URL
    addresses: tuple[str, ...]


class _UnfitError(Exception):
    """A result that is not fetched, and why. `transient`: it may be later."""

    def __init__(self, why: str, *, transient: bool = False) -> None:
        super().__init__(why)
        self.transient = transient


def is_public(address: str) -> bool:
    """Whether this IP address can be reached from anywhere on the internet."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        # No result is behind a tunnel, and versions of Python disagree about which addresses are one.
        return ip in UNICAST and ip.is_global and ip.teredo is None and ip.sixtofour is None
    return ip.is_global and not (ip.is_multicast or ip.is_reserved)


PUBLIC_ONLY = AddressPolicy(allows=is_public, ports=PORTS)
ANY_ADDRESS = AddressPolicy(allows=lambda _: True, ports=None)


async def resolve(host: str, port: int) -> tuple[str, ...]:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return ()
    return tuple(dict.fromkeys(str(address[0]) for *_, address in found))


class ResultDownloader(Downloads):
    """GET only, without cookies, proxy or environment variables. `allow_private` lifts the check of addresses and ports."""

    def __init__(
        self,
        *,
        allow_private: bool = False,
        verify: ssl.SSLContext | None = None,
        limits: DownloadLimits = DEFAULT_LIMITS,
        policy: AddressPolicy | None = None,
        resolve: Resolve = resolve,
    ) -> None:
        self._policy = policy or (ANY_ADDRESS if allow_private else PUBLIC_ONLY)
        self._resolve = resolve
        self._limits = limits
        self._client = httpx.AsyncClient(
            verify=trust(None) if verify is None else verify,
            trust_env=False,
            follow_redirects=False,
            cookies=no_cookies(),
            timeout=httpx.Timeout(connect=limits.connect_s, read=limits.read_s, write=limits.read_s, pool=None),
            # No connection is kept: the next host may share the IP address, and its certificate has to be checked as well.
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
        )

    async def fetch(self, address: str, write: Write) -> None:
        """Raises UpstreamError (DOWNLOAD); retryable if it may succeed later. What has been written until then is no picture."""
        try:
            async with asyncio.timeout(self._limits.total_s):
                await self._follow(httpx.URL(_limited(address)), write)
        except _UnfitError as error:
            raise _failure(error, retryable=error.transient) from error
        except httpx.InvalidURL as error:
            raise _failure(error, retryable=False) from error
        except WIRE_ERRORS as error:
            raise _failure(error, retryable=True) from error

    async def close(self) -> None:
        await self._client.aclose()

    async def _follow(self, url: httpx.URL, write: Write) -> None:
        for _ in range(MOST_REDIRECTS + 1):
            async with aclosing(await self._open(await self._check(url))) as response:
                if response.status_code not in REDIRECTS:
                    await self._read(response, write)
                    return
                target = response.headers.get("location")
                if not target:
                    raise _UnfitError("a redirect to nowhere")
                url = url.join(_limited(target))
        raise _UnfitError(f"more than {MOST_REDIRECTS} redirects")

    async def _check(self, url: httpx.URL) -> _CheckedUrl:
        """All checks that need no connection."""
        if url.scheme not in DEFAULT_PORTS or not url.host:
            raise _UnfitError("neither http nor https")
        if url.userinfo:
            raise _UnfitError("an address with a name or password in it")
        port = DEFAULT_PORTS[url.scheme] if url.port is None else url.port
        if not 0 < port <= LAST_PORT or (self._policy.ports is not None and port not in self._policy.ports):
            raise _UnfitError(f"port {port}")
        addresses = await self._resolve(url.host, port)
        if not addresses:
            raise _UnfitError("a name without an address", transient=True)
        if not all(map(self._policy.allows, addresses)):
            raise _UnfitError("a host that is not public")
        return _CheckedUrl(url=url.copy_with(fragment=None), addresses=addresses)

    async def _open(self, checked: _CheckedUrl) -> httpx.Response:
        """Connect to the first checked address that accepts; the name is not resolved again."""
        failure: Exception | None = None
        for address in checked.addresses:
            request = self._client.build_request(
                "GET",
                checked.url.copy_with(host=address),
                headers={"Host": checked.url.netloc.decode("ascii"), "Accept": "image/*", "Accept-Encoding": "identity"},
                # The certificate still has to be for the name.
                extensions={"sni_hostname": checked.url.raw_host.decode("ascii")},
            )
            try:
                return await self._client.send(request, stream=True)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                failure = error
        raise failure or _UnfitError("a name without an address", transient=True)

    async def _read(self, response: httpx.Response, write: Write) -> None:
        most_bytes = self._limits.most_bytes
        is_page, size = _check_head(response, most_bytes), 0
        async with aclosing(decoded_chunks(response, most_bytes=most_bytes)) as chunks:
            async for chunk in chunks:
                if size == 0 and is_page and not is_image(chunk):
                    raise _UnfitError("a page, not a picture")
                size += len(chunk)
                if size > most_bytes:
                    raise _UnfitError(f"more than {most_bytes} bytes")
                await write(chunk)
        if not size:
            raise _UnfitError("an empty file", transient=True)


def _limited(address: str) -> str:
    if len(address) > LONGEST_ADDRESS:
        raise _UnfitError(f"an address of {len(address)} characters")
    return address


def _check_head(response: httpx.Response, most_bytes: int) -> bool:
    """Whether the type is that of a page. Storage services often mislabel pictures, so the bytes decide."""
    if not response.is_success:
        raise _UnfitError(f"status {response.status_code}", transient=response.status_code in TRANSIENT_STATUSES)
    length = response.headers.get("content-length", "")
    if length.isdecimal() and len(length) < MOST_DIGITS and int(length) > most_bytes:
        raise _UnfitError(f"{length} bytes announced")
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind in {"text/html", "application/xhtml+xml"}


def _failure(error: Exception, *, retryable: bool) -> UpstreamError:
    """The picture was made and paid for; we only could not fetch it."""
    return UpstreamError(
        UpstreamKind.DOWNLOAD,
        certain=False,
        retryable=retryable,
        detail=scrub(f"{type(error).__name__.removeprefix('_')} {error}".strip()),
    )
