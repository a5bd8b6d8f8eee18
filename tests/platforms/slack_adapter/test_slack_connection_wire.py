"""Slack's two transports, Socket Mode and HTTP: connecting, reconnecting and authenticating requests."""

import asyncio
import hashlib
import hmac
import json
import logging
from pathlib import Path
from typing import Any

import pytest

from adapters.slack.connection.http_endpoint import HttpEndpoint, is_signed
from adapters.slack.settings import EVENTS_PATH
from bot.chat.reply import Reply
from bot.commands.command import Generate
from bot.config.settings import Secret
from bot.errors import ConfigurationError, DeliveryError
from bot.ids import MessageId
from bot.web.contract import WebRequest
from sandbox.runtime import Runtime
from sandbox.slack.fake_slack import FakeSlack
from tests.fakes.clock import FakeClock
from tests.platforms.scene import FakeCore, MovableClock, progress_update
from tests.platforms.slack_adapter.slack_scene import Scene, connect, open_scene

SECRET = Secret("8f742231b10e8888abcd99yyyzzz85a5")
NOW = 1_700_000_000


@pytest.mark.parametrize(
    ("tokens", "setting"),
    [({"token": "xoxb-wrong"}, "SLACK_BOT_TOKEN"), ({"app_token": "xapp-wrong"}, "SLACK_APP_TOKEN")],
)
async def test_refused_token_is_a_configuration_error(tmp_path: Path, tokens: dict[str, str], setting: str) -> None:
    """The error names the setting, and the connection is not retried."""
    slack = await FakeSlack.start(Runtime(), tmp_path, message_limits=False)
    platform = connect(slack, MovableClock(), **tokens)
    platform.bind(FakeCore().load)
    try:
        with pytest.raises(ConfigurationError, match=setting):
            await asyncio.wait_for(platform.run(), 60)
    finally:
        await platform.close()
        await slack.close()


@pytest.mark.parametrize(
    ("place", "what"),
    [
        ("slack.api:auth.test", "reset-before"),
        ("slack.api:auth.test", "502"),
        ("slack.api:auth.test", "429:1"),
        ("slack.api:apps.connections.open", "503"),
        ("slack.socket:hello", "no-hello"),
    ],
)
async def test_connection_is_retried_while_slack_is_unreachable(tmp_path: Path, place: str, what: str) -> None:
    """The connection survives temporary faults at the start."""
    stage = Runtime()
    slack = await FakeSlack.start(stage, tmp_path, message_limits=False)
    scene = Scene(stage=stage, slack=slack, platform=connect(slack, MovableClock()), core=FakeCore(), clock=MovableClock())
    scene.fault(place, what)
    scene.platform.bind(scene.core.load)
    running = asyncio.create_task(scene.platform.run())
    try:
        await scene.until(lambda: running.done() or scene.platform.status == "ready")
        assert (await scene.act_and_receive("command", name="imagine", text="a fox")).command == Generate(
            verb="imagine", prompt="a fox"
        )
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await scene.platform.close()
        await slack.close()


@pytest.mark.parametrize("what", ["disconnect:refresh_requested", "disconnect:warning", "drop", "duplicate"])
async def test_event_on_a_failing_connection_counts_once(tmp_path: Path, what: str) -> None:
    """The next connection opens before the old one closes, and a duplicate event is one gesture."""
    async with open_scene(tmp_path, ack_timeout_s=1.0) as slack:
        slack.fault("slack.socket:events_api", what)
        await slack.act("message", channel="dm:ada", text="a red fox")
        assert (await slack.arrival()).command == Generate(verb="imagine", prompt="a red fox")
        await slack.act("message", channel="dm:ada", text="a blue fox")
        assert (await slack.arrival()).command == Generate(verb="imagine", prompt="a blue fox")
        assert slack.core.arrivals.empty()


async def test_stopped_bot_acknowledges_nothing_and_still_delivers(tmp_path: Path) -> None:
    """Slack delivers the event to another process."""
    async with open_scene(tmp_path, http=True) as slack:
        origin = (await slack.act_and_receive("command", name="imagine", text="a fox")).origin
        assert slack.platform.status == "ready"
        listening = slack.platform
        await _cancel_run()
        await slack.until(lambda: listening.status == "connecting")
        act = await slack.act("command", name="imagine", text="a fox")
        assert (act["acknowledged_ms"], act["status"]) == (None, 503)
        await slack.platform.show_progress(progress_update(origin, Reply(text="Painting.")))
        assert slack.last()["text"] == "Painting."


async def test_later_process_continues_with_the_existing_message(tmp_path: Path) -> None:
    """A process that died before it recorded its progress message causes no second one."""
    async with open_scene(tmp_path) as slack:
        origin = (await slack.act_and_receive("command", name="imagine", text="a fox")).origin
        first = await slack.platform.show_progress(progress_update(origin, Reply(text="Painting.")))
        slack.clock.offset = 60
        later = connect(slack.slack, slack.clock)
        later.bind(slack.core.load)
        running = asyncio.create_task(later.run())
        await slack.until(lambda: later.status == "ready")
        assert await later.show_progress(progress_update(origin, Reply(text="Still painting."), perhaps_begun=True)) == first
        assert [message["text"] for message in slack.seen()] == ["Still painting."]
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await later.close()


async def _cancel_run() -> None:
    """Cancel the listening task, as the end of the program does."""
    for task in asyncio.all_tasks():
        code = getattr(task.get_coro(), "__qualname__", "")
        if code == "SlackPlatform.run":
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def test_delivery_before_connecting_is_retryable(tmp_path: Path) -> None:
    """The error is retryable and the request had certainly no effect."""
    slack = await FakeSlack.start(Runtime(), tmp_path, message_limits=False)
    platform = connect(slack, MovableClock())
    platform.bind(FakeCore().load)
    async with open_scene(tmp_path) as other:
        origin = (await other.act_and_receive("command", name="imagine", text="a fox")).origin
    with pytest.raises(DeliveryError) as raised:
        await platform.show_progress(progress_update(origin, Reply(text="x"), message=MessageId("C1:1.2")))
    assert (raised.value.retryable, raised.value.certain) == (True, True)
    await platform.close()
    await slack.close()


@pytest.mark.parametrize(
    ("fault", "status"),
    [("bad-signature", 401), ("old-timestamp", 401), ("junk-timestamp", 401), ("big-body", 413)],
)
async def test_unauthenticated_requests_are_rejected(tmp_path: Path, fault: str, status: int) -> None:
    """Each is rejected unread, and the next request is handled."""
    async with open_scene(tmp_path, http=True) as slack:
        slack.fault("slack.http", fault)
        act = await slack.act("command", name="imagine", text="a fox")
        assert (act["acknowledged_ms"], act["status"]) == (None, status)
        assert (await slack.act("menu", name="url_verification"))["status"] == 200
        assert (await slack.act_and_receive("command", name="imagine", text="a fox")).command == Generate(
            verb="imagine", prompt="a fox"
        )
        assert slack.core.arrivals.empty()


async def test_retried_event_counts_once(tmp_path: Path) -> None:
    """Slack sends an event again with retry headers although it was acknowledged."""
    async with open_scene(tmp_path, http=True) as slack:
        slack.fault("slack.http", "retry")
        await slack.act("message", channel="dm:ada", text="a red fox")
        assert (await slack.arrival()).command == Generate(verb="imagine", prompt="a red fox")
        assert await slack.nothing_arrives()


def request(body: bytes, *, timestamp: str = str(NOW), secret: str = SECRET.value) -> WebRequest:
    digest = hmac.new(secret.encode(), b"v0:" + timestamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    headers = {"x-slack-request-timestamp": timestamp, "x-slack-signature": f"v0={digest}", "content-type": "application/json"}
    return WebRequest(body=body, headers=headers)


@pytest.mark.parametrize(
    ("web_request", "signed"),
    [
        (request(b"{}"), True),
        (request(b"\xff\xfe"), True),
        (request(b"{}", timestamp=str(NOW - 300)), True),
        (request(b"{}", timestamp=str(NOW - 301)), False),
        (request(b"{}", timestamp=str(NOW + 301)), False),
        (request(b"{}", timestamp="yesterday"), False),
        (request(b"{}", timestamp=""), False),
        (request(b"{}", timestamp="-1"), False),
        (request(b"{}", timestamp="٣"), False),
        (request(b"{}", timestamp="9" * 400), False),
        (request(b"{}", secret="other"), False),
        (WebRequest(body=b"{}", headers={**request(b"{ }").headers}), False),
        (WebRequest(body=b"{}", headers={**request(b"{}").headers, "x-slack-signature": "v0=ß"}), False),
        (WebRequest(body=b"{}", headers={**request(b"{}").headers, "x-slack-signature": "v0=\udce9"}), False),
        (WebRequest(body=b"{}"), False),
    ],
)
def test_signature(web_request: WebRequest, *, signed: bool) -> None:
    """It covers the raw body with the signing secret, and is at most five minutes old."""
    assert is_signed(web_request, SECRET, now=NOW) is signed


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"not json", 503), (b"{}", 503)],
)
async def test_http_endpoint_without_receiver_answers_503(body: bytes, status: int) -> None:
    """Slack retries after a 503."""
    assert (await HttpEndpoint(SECRET, FakeClock(NOW)).answer(request(body))).status == status


@pytest.mark.parametrize(
    "body",
    [
        b"not json",
        b"\xff\xfe",
        b"[]",
        b'"text"',
        b"{}",
        json.dumps({"type": "event_callback"}).encode(),
        json.dumps({"type": "event_callback", "event": {"type": "message", "user": "U1", "channel_type": "im"}}).encode(),
        json.dumps({"type": "block_actions"}).encode(),
        json.dumps({"type": "view_submission", "view": {"private_metadata": "x"}}).encode(),
        json.dumps({"command": "/imagine"}).encode(),
        json.dumps({"type": "something_new", "user": {"id": "U1"}}).encode(),
    ],
)
async def test_invalid_signed_bodies_are_answered(tmp_path: Path, body: bytes, caplog: pytest.LogCaptureFixture) -> None:
    """An invalid body is answered, and the next request is handled."""
    caplog.set_level(logging.CRITICAL, logger="slack_sdk")
    async with open_scene(tmp_path, http=True) as slack:
        endpoint = _http_endpoint(slack)
        secret = Secret(slack.slack.signing_secret)
        answer = await endpoint.answer(request(body, timestamp=str(int(slack.clock.now())), secret=secret.value))
        assert answer.status in {200, 400, 500}
        assert (await slack.act_and_receive("command", name="imagine", text="a fox")).command == Generate(
            verb="imagine", prompt="a fox"
        )


def _http_endpoint(slack: Scene) -> HttpEndpoint:
    endpoint: Any = slack.platform._http_endpoint
    assert isinstance(endpoint, HttpEndpoint)
    assert EVENTS_PATH == "/slack/events"
    return endpoint
