"""Results are downloaded from public web addresses only, within limits of size, time and redirects."""

import asyncio
import gzip
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
import trustme
import zstandard

from bot.errors import UpstreamError, UpstreamKind
from bot.upstream.download import (
    ANY_ADDRESS,
    PORTS,
    PUBLIC_ONLY,
    AddressPolicy,
    DownloadLimits,
    ResultDownloader,
    is_public,
    resolve,
)
from tests.fakes.wire import Behaviour, Wire, opened, says, writes

SMALL = DownloadLimits(total_s=1, connect_s=1, read_s=0.3, most_bytes=1_000)
PICTURE = b"\x89PNG\r\n\x1a\n a picture"

# Addresses that must never be contacted, directly or by redirect.
FORBIDDEN = [
    "http://127.0.0.1/x",
    "http://localhost/x",
    "http://2130706433/x",
    "http://0x7f.1/x",
    "http://[::1]/x",
    "http://[::ffff:127.0.0.1]/x",
    "http://0.0.0.0/x",
    "http://169.254.169.254/latest/meta-data",
    "http://10.0.0.1/x",
    "http://100.64.0.1/x",
    "http://[fd00::1]/x",
    "http://192.0.0.1/x",
    "http://198.18.0.1/x",
    "http://93.184.215.14:22/x",
]
INVALID_ADDRESSES = [
    "https://127.0.0.1/" + "é" * 8_000,
    "ftp://93.184.215.14/x",
    "file:///etc/hostname",
    "gopher://e.com/",
    "data:,x",
    "//e.com",
    "",
    "http://",
    "https://e.com:99999/",
    "http://127.0.0.1:0/",
    "x",
]


@asynccontextmanager
async def open_downloader(
    policy: AddressPolicy = ANY_ADDRESS,
    *,
    limits: DownloadLimits = SMALL,
    verify: ssl.SSLContext | None = None,
) -> AsyncIterator[ResultDownloader]:
    downloader = ResultDownloader(policy=policy, limits=limits, verify=verify)
    try:
        yield downloader
    finally:
        await downloader.close()


async def fetch(downloader: ResultDownloader, address: str) -> bytes:
    content = bytearray()

    async def write(chunk: bytes) -> None:
        content.extend(chunk)

    await downloader.fetch(address, write)
    return bytes(content)


async def download_error(downloader: ResultDownloader, address: str) -> UpstreamError:
    with pytest.raises(UpstreamError) as caught:
        await fetch(downloader, address)
    assert (caught.value.kind, caught.value.certain) == (UpstreamKind.DOWNLOAD, False)
    return caught.value


def public_after_first(wire: Wire) -> AddressPolicy:
    """A policy that accepts the first address, and every later one only if it is public."""
    first = iter([True])
    return AddressPolicy(allows=lambda ip: next(first, False) or is_public(ip), ports=PORTS | {wire.port})


@pytest.mark.parametrize("address", FORBIDDEN)
async def test_a_forbidden_address_is_not_contacted(address: str) -> None:
    """Loopback in every spelling, private, carrier and test networks, the metadata service, and ports other than the web's."""
    async with open_downloader(PUBLIC_ONLY) as downloader:
        error = await download_error(downloader, address)

    assert not error.retryable


@pytest.mark.parametrize("address", FORBIDDEN)
async def test_a_redirect_to_a_forbidden_address_is_not_followed(address: str) -> None:
    """Every hop passes the same checks."""
    async with opened(says(b"", status=302, location=address)) as wire, open_downloader(public_after_first(wire)) as downloader:
        error = await download_error(downloader, wire.url("/1.png"))

    assert (error.retryable, wire.connections) == (False, 1)


@pytest.mark.parametrize("address", INVALID_ADDRESSES)
async def test_an_invalid_web_address_is_rejected(address: str) -> None:
    """Even where private addresses are allowed."""
    async with open_downloader(ANY_ADDRESS) as downloader:
        error = await download_error(downloader, address)

    assert not error.retryable


async def test_credentials_in_an_address_are_rejected() -> None:
    """`https://trusted@evil` looks like one host and names another."""
    async with opened(says(PICTURE)) as wire, open_downloader() as downloader:
        await download_error(downloader, f"http://me:secret@127.0.0.1:{wire.port}/")

    assert wire.connections == 0


@pytest.mark.parametrize(
    ("ip", "public"),
    [
        ("93.184.215.14", True),
        ("1.1.1.1", True),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("100.127.255.255", False),
        ("192.0.2.1", False),
        ("224.0.0.1", False),
        ("240.0.0.1", False),
        ("255.255.255.255", False),
        ("2606:4700::1111", True),
        ("2002:7f00:1::", False),
        ("2002:5db8:d70e::", False),
        ("2001:0:4136:e378:8000:63bf:3fff:fdd2", False),
        ("2001:db8::1", False),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b:1::1", False),
        ("::7f00:1", False),
        ("::ffff:93.184.215.14", False),
        ("::", False),
        ("fe80::1%eth0", False),
        ("fc00::1", False),
        ("ff02::1", False),
        ("fec0::1", False),
        ("nonsense", False),
    ],
)
def test_is_public(ip: str, public: bool) -> None:
    """Global unicast addresses only, and none that embeds another address."""
    assert is_public(ip) is public


async def test_a_result_is_downloaded_unchanged() -> None:
    """The request has no key, no cookie and no compression; the bytes stay as the gateway sent them."""
    async with opened(says(PICTURE, content_type="image/png")) as wire, open_downloader() as downloader:
        content = await fetch(downloader, wire.url("/1.png?X-Tos-Signature=a%2Fb#fragment"))

    head = wire.requests[0].decode().lower()
    assert content == PICTURE
    assert head.startswith("get /1.png?x-tos-signature=a%2fb http/1.1\r\n")
    assert f"host: 127.0.0.1:{wire.port}" in head
    assert "accept-encoding: identity" in head
    assert "authorization" not in head
    assert "cookie" not in head


@pytest.mark.parametrize("kind", ["image/jpeg", "binary/octet-stream", "application/xml", "text/plain", "text/html"])
async def test_the_content_type_does_not_decide(kind: str) -> None:
    """Storage services often mislabel pictures."""
    async with opened(says(PICTURE, content_type=kind)) as wire, open_downloader() as downloader:
        assert await fetch(downloader, wire.url()) == PICTURE


@pytest.mark.parametrize("encoding", ["gzip", "zstd", "gzip, gzip", "br"])
async def test_a_compressed_result_is_decoded(encoding: str) -> None:
    """It is paid for, although we asked for no compression; an encoding that it does not have changes nothing."""
    encoders: dict[str, Callable[[bytes], bytes]] = {
        "gzip": gzip.compress,
        "zstd": zstandard.compress,
        "gzip, gzip": lambda data: gzip.compress(gzip.compress(data)),
    }
    sent = encoders.get(encoding, bytes)(PICTURE)
    async with opened(says(sent, content_encoding=encoding)) as wire, open_downloader() as downloader:
        assert await fetch(downloader, wire.url()) == PICTURE


async def test_five_redirects_are_followed() -> None:
    """A sixth fails the download. Each hop is a request of its own."""
    for redirects, followed in ((5, True), (6, False)):
        redirects_left = redirects

        async def behave(writer: asyncio.StreamWriter) -> None:
            nonlocal redirects_left
            redirects_left -= 1
            await (says(b"", status=307, location="../next.png") if redirects_left >= 0 else says(PICTURE))(writer)

        async with opened(behave) as wire, open_downloader() as downloader:
            if followed:
                assert await fetch(downloader, wire.url("/a/b/1.png")) == PICTURE
            else:
                await download_error(downloader, wire.url("/a/b/1.png"))

        assert wire.connections == 6


@pytest.mark.parametrize(
    ("behave", "retryable"),
    [
        (says(b"", status=403), False),
        (says(b"", status=404), False),
        (says(b"", status=410), False),
        (says(b"", status=206), True),
        (says(b"", status=304), False),
        (says(b"", status=302), False),
        (says(b"", status=302, location="/" + "a" * 9_000), False),
        (says(b"", status=429), True),
        (says(b"", status=500), True),
        (says(b"", status=503), True),
        (says(b"<html>login</html>", content_type="text/html; charset=utf-8"), False),
        (says(b""), True),
        (says(b"x" * 1_001), False),
        (says(gzip.compress(b"x" * 1_001), content_encoding="gzip"), False),
        (says(zstandard.compress(bytes(40_000_000)), content_encoding="zstd"), False),
        (says(gzip.compress(PICTURE)[:10] + b"\xff" * 50, content_encoding="gzip"), True),
        (writes(b"HTTP/1.1 200 OK\r\n\r\n", *[b"x" * 500] * 3, then_wait_s=0.5), False),
        (writes(b"HTTP/1.1 200 OK\r\ncontent-length: 5000000000\r\n\r\n"), False),
        (writes(b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\nhalf a pict"), True),
        (writes(b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\nhalf", reset=True), True),
        (writes(b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\nhalf", then_wait_s=0.5), True),
        (writes(b"SSH-2.0-OpenSSH_9.6\r\n"), True),
        (writes(), True),
    ],
)
async def test_a_failed_download(behave: Behaviour, retryable: bool) -> None:
    """Temporary failures are retryable, permanent ones are not."""
    async with opened(behave) as wire, open_downloader() as downloader:
        error = await download_error(downloader, wire.url())

    assert error.retryable is retryable


async def test_a_slow_drip_reaches_the_total_limit() -> None:
    """The limit of the whole download holds while bytes keep arriving."""

    async def drip(writer: asyncio.StreamWriter) -> None:
        for piece in (b"HTTP/1.1 200 OK\r\n\r\n", *[b"x"] * 30):
            await writes(piece, then_wait_s=0.02)(writer)

    limits = DownloadLimits(total_s=0.2, connect_s=1, read_s=1, most_bytes=1_000)
    async with opened(drip) as wire, open_downloader(limits=limits) as downloader:
        error = await download_error(downloader, wire.url())

    assert error.retryable


async def test_the_certificate_must_name_the_host() -> None:
    """The connection goes to the checked IP address, and TLS still verifies the host name."""
    authority = trustme.CA()
    verify = ssl.create_default_context()
    authority.configure_trust(verify)
    for name, trusted in (("localhost", True), ("cdn.example", False)):
        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(name).configure_cert(server)
        async with opened(says(PICTURE), tls=server) as wire, open_downloader(verify=verify) as downloader:
            address = wire.url("/1.png", host="localhost", scheme="https")
            if trusted:
                assert await fetch(downloader, address) == PICTURE
            else:
                await download_error(downloader, address)
                assert wire.requests == []


class ChangingResolver:
    """A resolver that gives another answer to each query."""

    def __init__(self, *answers: tuple[str, ...]) -> None:
        self._answers = list(answers)
        self.queried: list[str] = []

    async def __call__(self, host: str, port: int) -> tuple[str, ...]:
        self.queried.append(host)
        return self._answers.pop(0)


async def test_a_name_is_resolved_once() -> None:
    """The connection goes to the address that was checked, without a second query."""
    resolver = ChangingResolver(("127.0.0.1",), ("169.254.169.254",))
    async with opened(says(PICTURE)) as wire:
        downloader = ResultDownloader(allow_private=True, limits=SMALL, resolve=resolver)
        content = await fetch(downloader, wire.url("/1.png", host="cdn.example"))
        await downloader.close()

    assert (content, resolver.queried) == (PICTURE, ["cdn.example"])
    assert f"host: cdn.example:{wire.port}".encode() in wire.requests[0].lower()


async def test_a_host_with_one_private_address_is_rejected() -> None:
    """Its public addresses are not contacted either."""
    downloader = ResultDownloader(limits=SMALL, resolve=ChangingResolver(("93.184.215.14", "10.0.0.1")))

    error = await download_error(downloader, "https://cdn.example/1.png")
    await downloader.close()

    assert not error.retryable


async def test_the_next_address_is_tried() -> None:
    """A host whose first address refuses the connection may have others."""
    async with opened(says(PICTURE)) as wire:
        downloader = ResultDownloader(allow_private=True, limits=SMALL, resolve=ChangingResolver(("::1", "127.0.0.1")))
        content = await fetch(downloader, wire.url("/1.png", host="cdn.example"))
        await downloader.close()

    assert content == PICTURE


async def test_an_unresolvable_name_is_retryable() -> None:
    """Name servers fail temporarily."""
    async with open_downloader(PUBLIC_ONLY) as downloader:
        error = await download_error(downloader, "https://nobody.invalid/1.png")

    assert error.retryable


async def test_errors_do_not_contain_addresses() -> None:
    """A signed address gives access to the picture, so that it must not reach the log."""
    async with opened(says(b"", status=302, location="https://r.example/x?Signature=1")) as wire:
        policy = AddressPolicy(allows=lambda ip: ip == "127.0.0.1", ports=None)
        async with open_downloader(policy) as downloader:
            error = await download_error(downloader, wire.url("/1.png?Signature=2"))

    assert "Signature" not in error.detail
    assert "r.example" not in error.detail


async def test_resolve() -> None:
    """A literal address resolves to itself, an invalid name to nothing."""
    assert [await resolve(host, 80) for host in ("127.0.0.1", "::1", "a" * 300 + ".example", "..")] == [
        ("127.0.0.1",),
        ("::1",),
        (),
        (),
    ]
