"""The two roads by which Slack's events come: what opens them, what breaks them, and who may use them."""

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
from sandbox.slack.stand_in import Slack
from sandbox.stage import Stage
from tests.fakes.clock import FakeClock
from tests.platforms.scene import JOB, FakeCore, MovableClock
from tests.platforms.slack_scene import Scene, connect, open_scene

SECRET = Secret("8f742231b10e8888abcd99yyyzzz85a5")
NOW = 1_700_000_000


@pytest.mark.parametrize(
    ("tokens", "named"),
    [({"token": "xoxb-wrong"}, "SLACK_BOT_TOKEN"), ({"app_token": "xapp-wrong"}, "SLACK_APP_TOKEN")],
)
async def test_a_refused_token_is_the_operators_mistake(tmp_path: Path, tokens: dict[str, str], named: str) -> None:
    """The sentence names the key, and there is no second try."""
    slack = await Slack.start(Stage(), tmp_path, message_limits=False)
    platform = connect(slack, MovableClock(), **tokens)
    platform.bind(FakeCore())
    try:
        with pytest.raises(ConfigurationError, match=named):
            await asyncio.wait_for(platform.run(), 10)
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
async def test_an_unreachable_slack_is_tried_again(tmp_path: Path, place: str, what: str) -> None:
    """Whatever breaks at the start, sooner or later there is a connection."""
    stage = Stage()
    slack = await Slack.start(stage, tmp_path, message_limits=False)
    scene = Scene(stage=stage, slack=slack, platform=connect(slack, MovableClock()), core=FakeCore(), clock=MovableClock())
    scene.fault(place, what)
    scene.platform.bind(scene.core)
    running = asyncio.create_task(scene.platform.run())
    try:
        await scene.until(lambda: running.done() or scene.platform.status == "ready")
        assert (await scene.asked("command", name="imagine", text="a fox")).command == Generate(verb="imagine", prompt="a fox")
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await scene.platform.close()
        await slack.close()


@pytest.mark.parametrize("what", ["disconnect:refresh_requested", "disconnect:warning", "drop", "duplicate"])
async def test_an_event_over_a_breaking_connection_counts_once(tmp_path: Path, what: str) -> None:
    """The next connection is there before the last is given up, and what comes twice is one gesture."""
    async with open_scene(tmp_path, ack_s=1.0) as slack:
        slack.fault("slack.socket:events_api", what)
        await slack.act("message", channel="dm:ada", text="a red fox")
        assert (await slack.arrival()).command == Generate(verb="imagine", prompt="a red fox")
        await slack.act("message", channel="dm:ada", text="a blue fox")
        assert (await slack.arrival()).command == Generate(verb="imagine", prompt="a blue fox")
        assert slack.core.arrivals.empty()


async def test_a_stopped_bot_acknowledges_nothing_and_still_delivers(tmp_path: Path) -> None:
    """What it does not hear any more comes again to another process."""
    async with open_scene(tmp_path, http=True) as slack:
        origin = (await slack.asked("command", name="imagine", text="a fox")).origin
        assert slack.platform.status == "ready"
        listening = slack.platform
        await _cancel_run()
        await slack.until(lambda: listening.status == "connecting")
        act = await slack.act("command", name="imagine", text="a fox")
        assert (act["acknowledged_ms"], act["status"]) == (None, 503)
        await slack.platform.show_progress(origin, Reply(text="Painting."), job=JOB, message=None, anew=False)
        assert slack.last()["text"] == "Painting."


async def test_a_later_process_goes_on_with_the_message_it_finds(tmp_path: Path) -> None:
    """One that died before it wrote down where its progress stands leaves no second one."""
    async with open_scene(tmp_path) as slack:
        origin = (await slack.asked("command", name="imagine", text="a fox")).origin
        first = await slack.platform.show_progress(origin, Reply(text="Painting."), job=JOB, message=None, anew=False)
        slack.clock.offset = 60
        later = connect(slack.slack, slack.clock)
        later.bind(slack.core)
        running = asyncio.create_task(later.run())
        await slack.until(lambda: later.status == "ready")
        assert await later.show_progress(origin, Reply(text="Still painting."), job=JOB, message=None, anew=False) == first
        assert [message["text"] for message in slack.seen()] == ["Still painting."]
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await later.close()


async def _cancel_run() -> None:
    """The task that listens, as the end of the program does."""
    for task in asyncio.all_tasks():
        code = getattr(task.get_coro(), "__qualname__", "")
        if code == "SlackPlatform.run":
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def test_before_there_is_a_connection_deliveries_wait(tmp_path: Path) -> None:
    """They are tried again later, not lost."""
    slack = await Slack.start(Stage(), tmp_path, message_limits=False)
    platform = connect(slack, MovableClock())
    platform.bind(FakeCore())
    async with open_scene(tmp_path) as other:
        origin = (await other.asked("command", name="imagine", text="a fox")).origin
    with pytest.raises(DeliveryError) as raised:
        await platform.show_progress(origin, Reply(text="x"), job=JOB, message=MessageId("C1:1.2"), anew=False)
    assert (raised.value.retryable, raised.value.certain) == (True, True)
    await platform.close()
    await slack.close()


@pytest.mark.parametrize(
    ("fault", "status"),
    [("bad-signature", 401), ("old-timestamp", 401), ("junk-timestamp", 401), ("big-body", 413)],
)
async def test_requests_that_are_not_slacks(tmp_path: Path, fault: str, status: int) -> None:
    """Turned away unread; the next one is heard."""
    async with open_scene(tmp_path, http=True) as slack:
        slack.fault("slack.http", fault)
        act = await slack.act("command", name="imagine", text="a fox")
        assert (act["acknowledged_ms"], act["status"]) == (None, status)
        assert (await slack.act("menu", name="url_verification"))["status"] == 200
        assert (await slack.asked("command", name="imagine", text="a fox")).command == Generate(verb="imagine", prompt="a fox")
        assert slack.core.arrivals.empty()


async def test_an_event_that_is_sent_again_counts_once(tmp_path: Path) -> None:
    """With retry headers, after a timeout that was none."""
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
    ("given", "signed"),
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
def test_the_signature(given: WebRequest, *, signed: bool) -> None:
    """Over the raw body, by our secret, and not older than five minutes."""
    assert is_signed(given, SECRET, now=NOW) is signed


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"not json", 503), (b"{}", 503)],
)
async def test_nobody_is_in_yet(body: bytes, status: int) -> None:
    """Slack asks again after a 503."""
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
async def test_signed_nonsense_breaks_nothing(tmp_path: Path, body: bytes, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever cannot be read is answered, and the next request is heard."""
    caplog.set_level(logging.CRITICAL, logger="slack_sdk")
    async with open_scene(tmp_path, http=True) as slack:
        door = _http_endpoint(slack)
        door_secret = Secret(slack.slack.signing_secret)
        answer = await door.answer(request(body, timestamp=str(int(slack.clock.now())), secret=door_secret.value))
        assert answer.status in {200, 400, 500}
        assert (await slack.asked("command", name="imagine", text="a fox")).command == Generate(verb="imagine", prompt="a fox")


def _http_endpoint(slack: Scene) -> HttpEndpoint:
    door: Any = slack.platform._http_endpoint
    assert isinstance(door, HttpEndpoint)
    assert EVENTS_PATH == "/slack/events"
    return door
