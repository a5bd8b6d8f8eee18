"""Results are fetched from where anybody could fetch them, and from nowhere else."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import trustme

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
PICTURE = b"\x89PNG a picture"

# The hosts and ports nobody may make us ask.
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
NO_ADDRESSES = [
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
async def downloader(
    policy: AddressPolicy = ANY_ADDRESS,
    *,
    limits: DownloadLimits = SMALL,
    verify: ssl.SSLContext | None = None,
) -> AsyncIterator[ResultDownloader]:
    ours = ResultDownloader(policy=policy, limits=limits, verify=verify)
    try:
        yield ours
    finally:
        await ours.close()


async def failure(ours: ResultDownloader, address: str) -> UpstreamError:
    with pytest.raises(UpstreamError) as caught:
        await ours.fetch(address)
    assert (caught.value.kind, caught.value.certain) == (UpstreamKind.DOWNLOAD, False)
    return caught.value


def after_one_hop(wire: Wire) -> AddressPolicy:
    """The first host that is asked counts as public, every later one is judged."""
    first = iter([True])
    return AddressPolicy(allows=lambda ip: next(first, False) or is_public(ip), ports=PORTS | {wire.port})


@pytest.mark.parametrize("address", FORBIDDEN)
async def test_a_forbidden_address_is_never_asked(address: str) -> None:
    """Loopback in every spelling, private nets, carrier nets, test nets, metadata, and ports that are no web server's."""
    async with downloader(PUBLIC_ONLY) as ours:
        error = await failure(ours, address)

    assert not error.retryable


@pytest.mark.parametrize("address", FORBIDDEN)
async def test_no_redirect_leads_there(address: str) -> None:
    """The same checks hold at every hop."""
    async with opened(says(b"", status=302, location=address)) as wire, downloader(after_one_hop(wire)) as ours:
        error = await failure(ours, wire.url("/1.png"))

    assert (error.retryable, wire.connections) == (False, 1)


@pytest.mark.parametrize("address", NO_ADDRESSES)
async def test_what_is_no_web_address_is_refused(address: str) -> None:
    """Even where private results are allowed."""
    async with downloader(ANY_ADDRESS) as ours:
        error = await failure(ours, address)

    assert not error.retryable


async def test_a_name_and_password_are_refused() -> None:
    """`https://trusted@evil` reads like one host and is another."""
    async with opened(says(PICTURE)) as wire, downloader() as ours:
        await failure(ours, f"http://me:secret@127.0.0.1:{wire.port}/")

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
    """Global unicast, and nothing that tunnels one address inside another."""
    assert is_public(ip) is public


async def test_a_result_is_fetched_untouched() -> None:
    """GET with no key, no cookie, no wish for compression; the bytes are the gateway's."""
    async with opened(says(PICTURE, content_type="image/png")) as wire, downloader() as ours:
        content = await ours.fetch(wire.url("/1.png?X-Tos-Signature=a%2Fb#fragment"))

    head = wire.requests[0].decode().lower()
    assert content == PICTURE
    assert head.startswith("get /1.png?x-tos-signature=a%2fb http/1.1\r\n")
    assert f"host: 127.0.0.1:{wire.port}" in head
    assert "accept-encoding: identity" in head
    assert "authorization" not in head
    assert "cookie" not in head


@pytest.mark.parametrize("kind", ["image/jpeg", "binary/octet-stream", "application/xml", "text/plain"])
async def test_the_bytes_decide_not_their_name(kind: str) -> None:
    """Storage often calls a picture something else; only a page is certainly none."""
    async with opened(says(PICTURE, content_type=kind)) as wire, downloader() as ours:
        assert await ours.fetch(wire.url()) == PICTURE


async def test_redirects_are_followed_a_few_times() -> None:
    """Relative and absolute ones, at most five, each a request of its own."""
    for hops, reached in ((5, True), (6, False)):
        left = hops

        async def behave(writer: asyncio.StreamWriter) -> None:
            nonlocal left
            left -= 1
            await (says(b"", status=307, location="../next.png") if left >= 0 else says(PICTURE))(writer)

        async with opened(behave) as wire, downloader() as ours:
            if reached:
                assert await ours.fetch(wire.url("/a/b/1.png")) == PICTURE
            else:
                await failure(ours, wire.url("/a/b/1.png"))

        assert wire.connections == 6


@pytest.mark.parametrize(
    ("behave", "retryable"),
    [
        (says(b"", status=403), False),
        (says(b"", status=404), False),
        (says(b"", status=410), False),
        (says(b"", status=206), False),
        (says(b"", status=304), False),
        (says(b"", status=302), False),
        (says(b"", status=429), True),
        (says(b"", status=500), True),
        (says(b"", status=503), True),
        (says(b"<html>login</html>", content_type="text/html; charset=utf-8"), False),
        (says(b""), True),
        (says(PICTURE, content_encoding="gzip"), False),
        (says(b"x" * 1_001), False),
        (writes(b"HTTP/1.1 200 OK\r\n\r\n", *[b"x" * 500] * 3, then_wait_s=0.5), False),
        (writes(b"HTTP/1.1 200 OK\r\ncontent-length: 5000000000\r\n\r\n"), False),
        (writes(b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\nhalf a pict"), True),
        (writes(b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\nhalf", reset=True), True),
        (writes(b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\nhalf", then_wait_s=0.5), True),
        (writes(b"SSH-2.0-OpenSSH_9.6\r\n"), True),
        (writes(), True),
    ],
)
async def test_a_result_that_does_not_come(behave: Behaviour, retryable: bool) -> None:
    """What may pass is tried again by whoever asked; what will not is said at once."""
    async with opened(behave) as wire, downloader() as ours:
        error = await failure(ours, wire.url())

    assert error.retryable is retryable


async def test_an_endless_drip_ends() -> None:
    """The whole download has its time, whatever trickles in."""

    async def drip(writer: asyncio.StreamWriter) -> None:
        for piece in (b"HTTP/1.1 200 OK\r\n\r\n", *[b"x"] * 30):
            await writes(piece, then_wait_s=0.02)(writer)

    limits = DownloadLimits(total_s=0.2, connect_s=1, read_s=1, most_bytes=1_000)
    async with opened(drip) as wire, downloader(limits=limits) as ours:
        error = await failure(ours, wire.url())

    assert error.retryable


async def test_the_certificate_is_held_against_the_name() -> None:
    """The connection goes to the checked IP address, and its certificate still has to name the host."""
    authority = trustme.CA()
    verify = ssl.create_default_context()
    authority.configure_trust(verify)
    for name, fetched in (("localhost", True), ("cdn.example", False)):
        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(name).configure_cert(server)
        async with opened(says(PICTURE), tls=server) as wire, downloader(verify=verify) as ours:
            address = wire.url("/1.png", host="localhost", scheme="https")
            if fetched:
                assert await ours.fetch(address) == PICTURE
            else:
                await failure(ours, address)
                assert wire.requests == []


class Rebinding:
    """A name server that changes its mind after the first answer."""

    def __init__(self, *answers: tuple[str, ...]) -> None:
        self._answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> tuple[str, ...]:
        self.asked.append(host)
        return self._answers.pop(0)


async def test_a_name_is_resolved_once() -> None:
    """What was checked is what is connected to: a second answer is never asked for."""
    names = Rebinding(("127.0.0.1",), ("169.254.169.254",))
    async with opened(says(PICTURE)) as wire:
        ours = ResultDownloader(allow_private=True, limits=SMALL, resolve=names)
        content = await ours.fetch(wire.url("/1.png", host="cdn.example"))
        await ours.close()

    assert (content, names.asked) == (PICTURE, ["cdn.example"])
    assert f"host: cdn.example:{wire.port}".encode() in wire.requests[0].lower()


async def test_one_private_address_spoils_a_name() -> None:
    """A host that is half public and half private is not asked at all."""
    ours = ResultDownloader(limits=SMALL, resolve=Rebinding(("93.184.215.14", "10.0.0.1")))

    error = await failure(ours, "https://cdn.example/1.png")
    await ours.close()

    assert not error.retryable


async def test_the_next_address_is_tried() -> None:
    """A host whose first address does not answer has others."""
    async with opened(says(PICTURE)) as wire:
        ours = ResultDownloader(allow_private=True, limits=SMALL, resolve=Rebinding(("::1", "127.0.0.1")))
        content = await ours.fetch(wire.url("/1.png", host="cdn.example"))
        await ours.close()

    assert content == PICTURE


async def test_a_name_that_does_not_exist_may_exist_later() -> None:
    """Name servers fail too."""
    async with downloader(PUBLIC_ONLY) as ours:
        error = await failure(ours, "https://nobody.invalid/1.png")

    assert error.retryable


async def test_an_address_is_in_no_error() -> None:
    """A signed address is as good as the picture: not even the operator's log has it."""
    async with opened(says(b"", status=302, location="https://r.example/x?Signature=1")) as wire:
        first = AddressPolicy(allows=lambda ip: ip == "127.0.0.1", ports=None)
        async with downloader(first) as ours:
            error = await failure(ours, wire.url("/1.png?Signature=2"))

    assert "Signature" not in error.detail
    assert "r.example" not in error.detail


async def test_names_are_resolved() -> None:
    """Literal addresses are their own answer, names that cannot be asked have none."""
    assert [await resolve(host, 80) for host in ("127.0.0.1", "::1", "a" * 300 + ".example", "..")] == [
        ("127.0.0.1",),
        ("::1",),
        (),
        (),
    ]
