"""HTTP to a gateway that is slow, rude or gone: nothing is sent twice, and every failure is one of ours."""

import asyncio
import json
import logging
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
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
from bot.upstream.http_client import GatewayClient, Stream, Timeouts
from bot.upstream.http_messages import Frame, HttpRequest
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


def gateway(
    base_url: str, timeouts: Timeouts = FAST, *, verify: ssl.SSLContext | None = None, key: str = "s3cr3t"
) -> GatewayClient:
    return GatewayClient(name="ark", base_url=base_url, api_key=Secret(key), verify=verify or trust(None), timeouts=timeouts)


@asynccontextmanager
async def upstream(base_url: str, timeouts: Timeouts = FAST) -> AsyncIterator[Upstream]:
    settings = GatewaySettings(name="ark", dialect="ark_intl", api_key=Secret("s3cr3t"), base_url=base_url)
    opened_upstream = open_upstream(settings, profile(settings), timeouts=timeouts)
    try:
        yield opened_upstream
    finally:
        await opened_upstream.close()


async def listen(
    behave: Behaviour, request: Request, timeouts: Timeouts = FAST
) -> tuple[list[UpstreamEvent], UpstreamError | None, int]:
    """The events of one paid call, how it failed, and how many calls reached the gateway."""
    events: list[UpstreamEvent] = []
    failure = None
    async with opened(behave) as wire, upstream(wire.url(), timeouts) as ours:
        try:
            async for event in ours.submit(request, []):
                events.append(event)  # noqa: PERF401  # what came before an error counts
        except UpstreamError as error:
            failure = error
    return events, failure, wire.connections


async def test_what_is_sent() -> None:
    """One request with key, own id and UTF-8 JSON, and the answer whole."""
    async with opened(says(b'{"a":1}', x_request_id="r1")) as wire:
        ours = gateway(wire.url("/api/v3/"))
        answer = await ours.send(CALL, most_bytes=100)
        await ours.close()

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
        (writes(then_wait_s=0.5), K.AMBIGUOUS, False),
        (writes(reset=True), K.AMBIGUOUS, False),
        (writes(), K.AMBIGUOUS, False),
        (writes(b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n{}"), K.AMBIGUOUS, False),
        (writes(b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n{}", reset=True), K.AMBIGUOUS, False),
        (writes(b"what is this"), K.AMBIGUOUS, False),
        (says(b"<html>login</html>", content_type="text/html"), K.AMBIGUOUS, False),
        (says(b"<html>bad gateway</html>", status=502, content_type="text/html"), K.AMBIGUOUS, False),
        (says(b"", status=500), K.AMBIGUOUS, False),
        (says(b"", status=504), K.AMBIGUOUS, False),
        (says(b"<html>maintenance</html>", status=503, content_type="text/html"), K.AMBIGUOUS, False),
        (says(b"", status=429, retry_after="3"), K.RATE, True),
        (says(b"", status=302, location="https://e.com/elsewhere"), K.UNKNOWN, True),
        (says(b'{"error":{"code":"InvalidParameter"}}', status=400), K.REQUEST, True),
        # The status is known; that its text was cut changes nothing.
        (writes(b"HTTP/1.1 400 Bad\r\ncontent-length: 900\r\n\r\n{"), K.REQUEST, True),
    ],
)
async def test_a_gateway_that_fails_is_asked_once(behave: Behaviour, kind: UpstreamKind, certain: bool) -> None:
    """Synchronous and streamed alike: one call reaches it, whatever happens then."""
    for mode in MODES:
        events, failure, calls = await listen(behave, replace(REQUEST, mode=mode))

        assert failure is not None
        assert (events, failure.kind, failure.certain, calls) == ([], kind, certain, 1)


async def test_nobody_there() -> None:
    """A refused connection and a name that does not exist cost nothing and may be tried again."""
    async with opened(says(b"")) as wire:
        gone = wire.url()
    for address in (gone, "http://nobody.invalid"):
        async with upstream(address) as ours:
            with pytest.raises(UpstreamError) as caught:
                _ = [event async for event in ours.submit(REQUEST, [])]

        assert (caught.value.kind, caught.value.certain, caught.value.retryable) == (K.UNREACHABLE, True, True)


async def test_a_certificate_of_another_house() -> None:
    """No key is shown to a server that cannot prove its name; one of the operator's authority can."""
    authority = trustme.CA()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("ark.example").configure_cert(server)
    trusting = trust(None)
    authority.configure_trust(trusting)
    failures = []
    async with opened(says(b"{}"), tls=server) as wire:
        for verify in (trust(None), trusting):
            ours = gateway(wire.url(scheme="https"), verify=verify)
            with pytest.raises(UpstreamError) as caught:
                await ours.send(CALL, most_bytes=10)
            failures.append((caught.value.kind, caught.value.certain))
            await ours.close()

    assert failures == [(K.UNREACHABLE, True)] * 2
    assert wire.requests == []


async def test_a_drip_does_not_last_for_ever() -> None:
    """Every byte resets the limit of silence, none resets the limit of the whole."""

    async def drip(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
        for _ in range(100):
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.02)

    for mode in MODES:
        timeouts = replace(FAST, total_s=0.2)
        events, failure, calls = await listen(drip, replace(REQUEST, mode=mode), timeouts)

        assert failure is not None
        assert (events, failure.kind, failure.certain, calls) == ([], K.AMBIGUOUS, False, 1)


async def test_an_answer_is_read_up_to_a_cap() -> None:
    """Whoever sends more than we hold is not listened to any longer."""
    async with opened(says(b"x" * 100_000)) as wire:
        ours = gateway(wire.url())
        answer = await ours.send(CALL, most_bytes=1_000)
        await ours.close()

    assert (len(answer.body), answer.capped) == (1_000, True)


async def test_a_stream_is_heard_to_its_end() -> None:
    """Pictures arrive as the gateway finishes them."""
    behave = writes(STREAM_HEAD, READY[:30], READY[30:], COMPLETED)

    events, failure, calls = await listen(behave, replace(REQUEST, mode="stream"))

    assert (events, failure, calls) == ([Started(trace="r9"), PICTURE, Completed(billed=1)], None, 1)


@pytest.mark.parametrize(
    "behave",
    [
        writes(STREAM_HEAD, READY),
        writes(STREAM_HEAD, READY, reset=True),
        writes(STREAM_HEAD, READY, then_wait_s=0.5),
    ],
)
async def test_a_stream_that_is_cut_keeps_what_came(behave: Behaviour) -> None:
    """The end, a reset or a silence without `completed`: the picture stands, the rest is ambiguous."""
    events, failure, calls = await listen(behave, replace(REQUEST, mode="stream"))

    assert failure is not None
    assert (events, failure.kind, failure.certain, calls) == ([Started(trace="r9"), PICTURE], K.AMBIGUOUS, False, 1)


async def test_a_stream_without_end_is_left() -> None:
    """A line that never ends is not held in memory."""
    async with opened(writes(STREAM_HEAD, b"data: " + b"x" * 100_000)) as wire:
        ours = gateway(wire.url())
        with pytest.raises(UpstreamError) as caught:
            await _hear(ours, most_bytes=10_000)
        await ours.close()

    assert (caught.value.kind, caught.value.certain) == (K.AMBIGUOUS, False)


async def _hear(ours: GatewayClient, *, most_bytes: int) -> list[Frame]:
    async with ours.stream(CALL, most_bytes=most_bytes) as stream:
        assert isinstance(stream, Stream)
        return [frame async for frame in stream.frames()]


async def test_an_answer_where_a_stream_was_asked() -> None:
    """A gateway that does not stream after all is read like any other."""
    body = json.dumps({"data": [{"url": "https://r.example/1.jpeg"}], "usage": {"generated_images": 1}}).encode()

    events, failure, calls = await listen(says(body, x_request_id="r2"), replace(REQUEST, mode="stream"))

    assert (events, failure, calls) == ([Started(trace="r2"), PICTURE, Completed(billed=1)], None, 1)


async def test_whoever_listens_may_take_their_time() -> None:
    """The limit of the whole call bounds the waiting for the gateway; it cancels nobody's work between two events."""
    events: list[UpstreamEvent] = []
    behave = writes(STREAM_HEAD + READY + COMPLETED)
    async with opened(behave) as wire, upstream(wire.url(), replace(FAST, total_s=0.1)) as ours:
        async for event in ours.submit(replace(REQUEST, mode="stream"), []):
            await asyncio.sleep(0.15)
            events.append(event)

    assert events == [Started(trace="r9"), PICTURE, Completed(billed=1)]


async def test_a_call_that_is_cancelled_is_let_go() -> None:
    """A stop closes the connection and is no failure of the gateway."""
    events: list[UpstreamEvent] = []
    heard = asyncio.Event()

    async def collect(ours: Upstream) -> None:
        async for event in ours.submit(replace(REQUEST, mode="stream"), []):
            events.append(event)
            if event == PICTURE:
                heard.set()

    async with opened(writes(STREAM_HEAD, READY, then_wait_s=0.3)) as wire, upstream(wire.url(), Timeouts()) as ours:
        task = asyncio.create_task(collect(ours))
        await heard.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    assert events == [Started(trace="r9"), PICTURE]


async def test_cookies_are_not_kept() -> None:
    """What one answer sets, the next call does not carry."""
    async with opened(says(b"{}", set_cookie="who=me; Path=/")) as wire:
        ours = gateway(wire.url())
        for _ in range(2):
            await ours.send(CALL, most_bytes=10)
        await ours.close()

    assert b"cookie" not in wire.requests[1].lower()


async def test_the_machine_does_not_decide(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proxy variables are for others: a gateway's proxy is a setting of its own."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    async with opened(says(b"{}")) as wire:
        ours = gateway(wire.url())
        answer = await ours.send(CALL, most_bytes=10)
        await ours.close()

    assert answer.status == 200


async def test_a_key_with_letters_of_any_script_is_the_gateways_to_refuse() -> None:
    """A pasted key that no header can hold is an answer, not a crash."""
    async with opened(says(b"{}", status=401)) as wire:
        ours = gateway(wire.url(), key="ключ")
        answer = await ours.send(CALL, most_bytes=10)
        await ours.close()
        broken = gateway(wire.url(), key="two\nlines")
        with pytest.raises(UpstreamError) as caught:
            await broken.send(CALL, most_bytes=10)
        await broken.close()

    assert (answer.status, wire.connections, caught.value.kind, caught.value.certain) == (401, 2, K.UNREACHABLE, True)


async def test_half_a_letter_does_not_stop_a_prompt() -> None:
    """What cannot be written in UTF-8 is replaced."""
    async with opened(says(b"{}")) as wire:
        ours = gateway(wire.url())
        await ours.send(replace(CALL, body={"prompt": "a \ud83e fox"}), most_bytes=10)
        await ours.close()

    assert wire.requests[0].endswith(b'{"prompt":"a ? fox"}')


async def test_the_log_holds_neither_key_nor_address(caplog: pytest.LogCaptureFixture) -> None:
    """What was asked and how it ended, by names and ids."""
    caplog.set_level(logging.INFO, logger="bot")
    async with opened(says(b'{"url":"https://r.example/1"}', x_request_id="r1")) as wire:
        ours = gateway(wire.url())
        await ours.send(CALL, most_bytes=1000)
        await ours.close()

    (record,) = [record for record in caplog.records if record.name.startswith("bot.")]
    said = json.dumps(vars(record), default=str)
    assert (vars(record)["gateway"], vars(record)["gateway_request_id"], vars(record)["status"]) == ("ark", "r1", 200)
    assert "s3cr3t" not in said
    assert "127.0.0.1" not in said
    assert "r.example" not in said


def test_a_proxy_that_is_none_is_the_operators_to_mend() -> None:
    """Found when the gateway is opened, and the proxy's password is not repeated."""
    with pytest.raises(ConfigurationError) as caught:
        GatewayClient(
            name="ark", base_url="https://e.com", api_key=Secret("k"), verify=trust(None), proxy="ftp://me:secret@e.com"
        )

    assert "secret" not in str(caught.value)
