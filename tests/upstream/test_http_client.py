"""The HTTP client and slow, faulty or absent gateways: nothing is sent twice, and every failure is an UpstreamError."""

import asyncio
import gc
import json
import logging
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Literal

import pytest
import trustme

from bot.catalog.profiles import profile
from bot.config.settings import GatewaySettings, Secret
from bot.config.tls import trust
from bot.errors import ConfigurationError, UpstreamError, UpstreamKind
from bot.ids import GatewayName, ModelName
from bot.requests.request import Request
from bot.upstream.contract import Completed, PictureReady, Started, Upstream, UpstreamEvent
from bot.upstream.gateway_upstream import open_upstream
from bot.upstream.transport.http_client import GatewayClient, Stream, Timeouts
from bot.upstream.transport.http_messages import Answer, Frame, HttpRequest
from tests.fakes.upstream import unheard
from tests.fakes.wire import Behaviour, opened, says, writes

K = UpstreamKind
CALL = HttpRequest(method="POST", path="/images/generations", body={"prompt": "a 🦊"})
FAST = Timeouts(connect_s=2, read_s=0.2, write_s=2, total_s=2)
REQUEST = Request(
    gateway=GatewayName("ark"),
    dialect="ark_intl",
    model=ModelName("4.5"),
    model_id="seedream-4-5-251128",
    prompt="a fox",
    count=2,
    size="2K",
    references=(),
    mode="sync",
)
STREAM_HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\nconnection: close\r\nx-request-id: r9\r\n\r\n"
)
READY = b'event: image_generation.partial_succeeded\ndata: {"type":"image_generation.partial_succeeded","image_index":0,"url":"https://r.example/1.jpeg"}\n\n'
COMPLETED = b'data: {"type":"image_generation.completed","usage":{"generated_images":1}}\n\ndata: [DONE]\n\n'
MODES: tuple[Literal["sync"], Literal["stream"]] = ("sync", "stream")
PICTURE = PictureReady(index=0, address="https://r.example/1.jpeg")


def open_client(
    base_url: str, timeouts: Timeouts = FAST, *, verify: ssl.SSLContext | None = None, key: str = "s3cr3t"
) -> GatewayClient:
    return GatewayClient(name="ark", base_url=base_url, api_key=Secret(key), verify=verify or trust(None), timeouts=timeouts)


async def send(client: GatewayClient, call: HttpRequest, *, most_bytes: int) -> Answer:
    async with client.send(call, most_bytes=most_bytes) as answer:
        return answer


@asynccontextmanager
async def open_ark(base_url: str, timeouts: Timeouts = FAST) -> AsyncIterator[Upstream]:
    settings = GatewaySettings(name="ark", dialect="ark_intl", api_key=Secret("s3cr3t"), base_url=base_url)
    opened_upstream = open_upstream(settings, profile(settings), timeouts=timeouts)
    try:
        yield opened_upstream
    finally:
        await opened_upstream.close()


async def submit(
    behave: Behaviour, request: Request, timeouts: Timeouts = FAST
) -> tuple[list[UpstreamEvent], UpstreamError | None, int]:
    """Submit a request; return its events, how it failed, and how many calls reached the gateway."""
    events: list[UpstreamEvent] = []
    failure = None
    async with opened(behave) as wire, open_ark(wire.url(), timeouts) as client:
        try:
            async for event in client.submit(request, [], on_sending=unheard):
                events.append(event)  # noqa: PERF401  # keeps the events before an error
        except UpstreamError as error:
            failure = error
    return events, failure, wire.connections


async def test_a_call_and_its_answer() -> None:
    """The call has the key, an id of its own and UTF-8 JSON; the answer is complete."""
    async with opened(says(b'{"a":1}', x_request_id="r1")) as wire:
        client = open_client(wire.url("/api/v3/"))
        answer = await send(client, CALL, most_bytes=100)
        await client.close()

    head, _, body = wire.requests[0].partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().lower().split("\r\n")[1:])
    assert head.startswith(b"POST /api/v3/images/generations HTTP/1.1")
    assert (headers["authorization"], headers["content-type"]) == ("bearer s3cr3t", "application/json")
    assert len(headers["x-client-request-id"]) == 32
    assert body == '{"prompt":"a 🦊"}'.encode()
    assert (answer.status, answer.body, answer.trace, answer.capped) == (200, b'{"a":1}', "r1", False)


@pytest.mark.parametrize(
    ("behave", "kind", "certain"),
    [
        (writes(then_wait_s=0.5), K.TIMEOUT, False),
        (writes(reset=True), K.AMBIGUOUS, False),
        (writes(), K.AMBIGUOUS, False),
        (writes(b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n{}"), K.AMBIGUOUS, False),
        (writes(b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n{}", reset=True), K.AMBIGUOUS, False),
        (writes(b"what is this"), K.AMBIGUOUS, False),
        (says(b"<html>login</html>", content_type="text/html"), K.UNKNOWN, False),
        (says(b"<html>bad gateway</html>", status=502, content_type="text/html"), K.UPSTREAM, False),
        (says(b"", status=500), K.UPSTREAM, False),
        (says(b"", status=504), K.UPSTREAM, False),
        (says(b"<html>maintenance</html>", status=503, content_type="text/html"), K.UPSTREAM, False),
        (says(b"", status=429, retry_after="3"), K.RATE, True),
        (says(b"", status=302, location="https://e.com/elsewhere"), K.UNKNOWN, True),
        (says(b'{"error":{"code":"InvalidParameter"}}', status=400), K.REQUEST, True),
        # The status is enough where the body is cut.
        (writes(b"HTTP/1.1 400 Bad\r\ncontent-length: 900\r\n\r\n{"), K.REQUEST, True),
    ],
)
async def test_a_failed_call_is_not_repeated(behave: Behaviour, kind: UpstreamKind, certain: bool) -> None:
    """One call reaches the gateway in either mode, whatever the failure."""
    for mode in MODES:
        events, failure, calls = await submit(behave, replace(REQUEST, mode=mode))

        assert failure is not None
        assert (events, failure.kind, failure.certain, calls) == ([], kind, certain, 1)


async def test_an_unreachable_gateway() -> None:
    """A refused connection or an unknown host costs nothing and is retryable."""
    async with opened(says(b"")) as wire:
        closed = wire.url()
    for address in (closed, "http://nobody.invalid"):
        async with open_ark(address) as client:
            with pytest.raises(UpstreamError) as caught:
                _ = [event async for event in client.submit(REQUEST, [], on_sending=unheard)]

        assert (caught.value.kind, caught.value.certain, caught.value.retryable) == (K.UNREACHABLE, True, True)


async def test_a_certificate_for_another_host_is_rejected() -> None:
    """No request is sent, even where the certificate's authority is trusted."""
    authority = trustme.CA()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("ark.example").configure_cert(server)
    trusted = trust(None)
    authority.configure_trust(trusted)
    failures = []
    async with opened(says(b"{}"), tls=server) as wire:
        for verify in (trust(None), trusted):
            client = open_client(wire.url(scheme="https"), verify=verify)
            with pytest.raises(UpstreamError) as caught:
                await send(client, CALL, most_bytes=10)
            failures.append((caught.value.kind, caught.value.certain))
            await client.close()

    assert failures == [(K.UNREACHABLE, True)] * 2
    assert wire.requests == []


async def test_a_slow_drip_reaches_the_total_limit() -> None:
    """Each byte resets the read timeout, but not the limit of the whole call."""

    async def drip(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
        for _ in range(100):
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.02)

    for mode in MODES:
        timeouts = replace(FAST, total_s=0.2)
        events, failure, calls = await submit(drip, replace(REQUEST, mode=mode), timeouts)

        assert failure is not None
        assert (events, failure.kind, failure.certain, calls) == ([], K.TIMEOUT, False, 1)


async def test_an_answer_is_read_up_to_a_cap() -> None:
    """The rest of the body is not read."""
    async with opened(says(b"x" * 100_000)) as wire:
        client = open_client(wire.url())
        answer = await send(client, CALL, most_bytes=1_000)
        await client.close()

    assert (len(answer.body), answer.capped) == (1_000, True)


async def test_a_stream_is_read_to_its_end() -> None:
    """Its events are complete even where an event arrives in pieces."""
    behave = writes(STREAM_HEAD, READY[:30], READY[30:], COMPLETED)

    events, failure, calls = await submit(behave, replace(REQUEST, mode="stream"))

    assert (events, failure, calls) == ([Started(trace="r9"), PICTURE, Completed(billed=1)], None, 1)


@pytest.mark.parametrize(
    ("behave", "kind"),
    [
        (writes(STREAM_HEAD, READY), K.AMBIGUOUS),
        (writes(STREAM_HEAD, READY, reset=True), K.AMBIGUOUS),
        (writes(STREAM_HEAD, READY, then_wait_s=0.5), K.TIMEOUT),
    ],
)
async def test_a_cut_stream_keeps_its_pictures(behave: Behaviour, kind: UpstreamKind) -> None:
    """A close, a reset or a silence before `completed` is uncertain."""
    events, failure, calls = await submit(behave, replace(REQUEST, mode="stream"))

    assert failure is not None
    assert (events, failure.kind, failure.certain, calls) == ([Started(trace="r9"), PICTURE], kind, False, 1)


async def test_an_endless_stream_is_closed() -> None:
    """An endless line is not held in memory."""
    async with opened(writes(STREAM_HEAD, b"data: " + b"x" * 100_000)) as wire:
        client = open_client(wire.url())
        with pytest.raises(UpstreamError) as caught:
            await _read_frames(client, most_bytes=10_000)
        await client.close()

    assert (caught.value.kind, caught.value.certain) == (K.UNKNOWN, False)


async def _read_frames(client: GatewayClient, *, most_bytes: int) -> list[Frame]:
    async with client.stream(CALL, most_bytes=most_bytes) as stream:
        assert isinstance(stream, Stream)
        return [frame async for frame in stream.frames()]


async def test_a_complete_answer_to_a_stream_request() -> None:
    """A gateway that does not stream is decoded like any other."""
    body = json.dumps({"data": [{"url": "https://r.example/1.jpeg"}], "usage": {"generated_images": 1}}).encode()

    events, failure, calls = await submit(says(body, x_request_id="r2"), replace(REQUEST, mode="stream"))

    assert (events, failure, calls) == ([Started(trace="r2"), PICTURE, Completed(billed=1)], None, 1)


async def test_a_slow_consumer_is_not_cancelled() -> None:
    """The limit of the whole call bounds the wait for the gateway, not the consumer's work between two events."""
    events: list[UpstreamEvent] = []
    behave = writes(STREAM_HEAD + READY + COMPLETED)
    async with opened(behave) as wire, open_ark(wire.url(), replace(FAST, total_s=0.1)) as client:
        async for event in client.submit(replace(REQUEST, mode="stream"), [], on_sending=unheard):
            await asyncio.sleep(0.15)
            events.append(event)

    assert events == [Started(trace="r9"), PICTURE, Completed(billed=1)]


async def test_a_call_can_be_cancelled() -> None:
    """A cancellation is no failure of the gateway."""
    events: list[UpstreamEvent] = []
    received = asyncio.Event()

    async def collect(client: Upstream) -> None:
        async for event in client.submit(replace(REQUEST, mode="stream"), [], on_sending=unheard):
            events.append(event)
            if event == PICTURE:
                received.set()

    async with opened(writes(STREAM_HEAD, READY, then_wait_s=0.3)) as wire, open_ark(wire.url(), Timeouts()) as client:
        task = asyncio.create_task(collect(client))
        await received.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    assert events == [Started(trace="r9"), PICTURE]


async def test_cookies_are_not_kept() -> None:
    """A cookie from one answer is not sent with the next call."""
    async with opened(says(b"{}", set_cookie="who=me; Path=/")) as wire:
        client = open_client(wire.url())
        for _ in range(2):
            await send(client, CALL, most_bytes=10)
        await client.close()

    assert b"cookie" not in wire.requests[1].lower()


async def test_proxy_variables_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    """A gateway's proxy is a setting of its own."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    async with opened(says(b"{}")) as wire:
        client = open_client(wire.url())
        answer = await send(client, CALL, most_bytes=10)
        await client.close()

    assert answer.status == 200


async def test_a_malformed_key_does_not_crash() -> None:
    """The gateway refuses a key that is not ASCII; a key that no header can hold is an UpstreamError."""
    async with opened(says(b"{}", status=401)) as wire:
        client = open_client(wire.url(), key="ключ")
        answer = await send(client, CALL, most_bytes=10)
        await client.close()
        broken = open_client(wire.url(), key="two\nlines")
        with pytest.raises(UpstreamError) as caught:
            await send(broken, CALL, most_bytes=10)
        await broken.close()

    assert (answer.status, wire.connections, caught.value.kind, caught.value.certain) == (401, 2, K.UNREACHABLE, True)


async def test_a_lone_surrogate_in_a_prompt_is_replaced() -> None:
    """UTF-8 cannot encode it."""
    async with opened(says(b"{}")) as wire:
        client = open_client(wire.url())
        await send(client, replace(CALL, body={"prompt": "a \ud83e fox"}), most_bytes=10)
        await client.close()

    assert wire.requests[0].endswith(b'{"prompt":"a ? fox"}')


async def test_the_log_holds_no_key_and_no_address(caplog: pytest.LogCaptureFixture) -> None:
    """It has the gateway's name, the request id and the status."""
    caplog.set_level(logging.INFO, logger="bot")
    async with opened(says(b'{"url":"https://r.example/1"}', x_request_id="r1")) as wire:
        client = open_client(wire.url())
        await send(client, CALL, most_bytes=1000)
        await client.close()

    (record,) = [record for record in caplog.records if record.name.startswith("bot.")]
    logged = json.dumps(vars(record), default=str)
    assert (vars(record)["gateway"], vars(record)["gateway_request_id"], vars(record)["status"]) == ("ark", "r1", 200)
    assert "s3cr3t" not in logged
    assert "127.0.0.1" not in logged
    assert "r.example" not in logged


def test_an_invalid_proxy_is_a_configuration_error() -> None:
    """It is reported when the client is opened, without the proxy's password."""
    with pytest.raises(ConfigurationError) as caught:
        GatewayClient(
            name="ark", base_url="https://e.com", api_key=Secret("k"), verify=trust(None), proxy="ftp://me:secret@e.com"
        )

    assert "secret" not in str(caught.value)


async def departures(base_url: str, timeouts: Timeouts) -> tuple[int, bool | None]:
    """How often a submission reported that it leaves, and whether it failed for certain; None if it did not fail."""
    left: list[None] = []
    async with open_ark(base_url, timeouts) as client:
        try:
            _ = [event async for event in client.submit(REQUEST, [], on_sending=lambda: left.append(None))]
        except UpstreamError as error:
            return len(left), error.certain
    return len(left), None


# httpcore leaves a connection that is cancelled during its handshake to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_a_call_reports_that_it_leaves_only_once_it_is_connected() -> None:
    """While the connection is made, even if the whole call's time is up by then, nothing has left; after that it may have."""
    accepted: list[asyncio.StreamWriter] = []

    async def accept_only(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        accepted.append(writer)

    listener = await asyncio.start_server(accept_only, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    hasty = replace(FAST, total_s=0.2)
    never_connected, failure = await departures(f"https://127.0.0.1:{port}", hasty)
    sent, unanswered = await departures(f"http://127.0.0.1:{port}", hasty)
    listener.close()
    for writer in accepted:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
    gc.collect()

    assert (never_connected, failure) == (0, False)
    assert (sent, unanswered) == (1, False)
