"""HTTP mode: signed requests to the real Bolt app behind an HTTP server, retries, and requests that must be refused."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

from aiohttp import web
from slack_bolt.context.ack.async_ack import AsyncAck

from sandbox.local_server import LocalServer
from sandbox.slack.events.dispatcher import RETRY_DELAYS_S
from tests.sandbox.fake_slack.workspace import Workspace, open_workspace

Body = dict[str, Any]


@contextlib.asynccontextmanager
async def open_served_workspace() -> AsyncIterator[Workspace]:
    """Start a workspace whose app is served at the request URL."""
    port = free_port()
    async with open_workspace(request_url=f"http://127.0.0.1:{port}", ack_timeout_s=0.5) as workspace:
        runner = web.AppRunner(workspace.app.web_app("/slack/events"), access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        try:
            yield workspace
        finally:
            await runner.cleanup()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def test_url_verification_and_commands() -> None:
    """The URL verification challenge is answered, and the body of a command's response is the member's private message."""
    async with open_served_workspace() as workspace:

        @workspace.app.command("/imagine")
        async def imagine(ack: AsyncAck, body: Body) -> None:
            workspace.received.append(body)
            await ack(text="On it.")

        assert set(workspace.env) == {"SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "SLACK_API_URL"}
        verified = await workspace.act(kind="menu", name="url_verification")
        assert (verified["status"], verified["acknowledged_ms"] is not None) == (200, True)
        result = await workspace.act(kind="command", name="imagine", text="a fox & hen")
        assert [one["text"] for one in result["private"]] == ["On it."]
        assert workspace.received[0]["text"] == "a fox &amp; hen"


async def test_forged_requests_are_refused() -> None:
    """Bolt refuses each forged request and the member sees a failure; the next request is accepted."""
    async with open_served_workspace() as workspace:

        @workspace.app.command("/imagine")
        async def imagine(ack: AsyncAck) -> None:
            await ack("On it.")

        # A server may close the connection of a large body before its answer is read.
        refusals = {"bad-signature": (401,), "old-timestamp": (401,), "big-body": (413, None), "junk-timestamp": (500,)}
        for what, statuses in refusals.items():
            workspace.fault("slack.http:slash_commands", what)
            refused = await workspace.act(kind="command", name="imagine")
            assert (what, refused.get("status") in statuses, refused["acknowledged_ms"]) == (what, True, None)
        assert (await workspace.act(kind="command", name="imagine"))["status"] == 200


async def test_retry_fault() -> None:
    """The `retry` fault delivers the same event id twice."""
    async with open_served_workspace() as workspace:
        record_events(workspace)
        workspace.fault("slack.http:events_api", "retry")
        await workspace.act(kind="message", channel="dm:ada", text="hello")
        await workspace.wait_until(lambda: len(workspace.received) == 2)
        assert len({body["event_id"] for body in workspace.received}) == 1


async def test_event_retries() -> None:
    """An event is retried at once, after a minute and after five, with number and reason, unless a response forbids retries."""
    attempts: list[tuple[str | None, str | None]] = []
    answers = [(500, {}), (500, {}), (500, {}), (200, {}), (500, {"X-Slack-No-Retry": "1"})]

    def attempted(number: int) -> bool:
        return len(attempts) == number

    async def answer(request: web.Request) -> web.Response:
        attempts.append((request.headers.get("X-Slack-Retry-Num"), request.headers.get("X-Slack-Retry-Reason")))
        status, headers = answers[len(attempts) - 1]
        return web.Response(status=status, headers=headers)

    bot = web.Application()
    bot.router.add_post("/slack/events", answer)
    server = await LocalServer.start(bot)
    async with open_workspace(request_url=f"http://127.0.0.1:{server.port}") as workspace:
        await workspace.act(kind="message", channel="dm:ada", text="hello")
        await workspace.wait_until(lambda: len(attempts) == 2)
        for number, wait in enumerate(RETRY_DELAYS_S[1:], start=3):
            workspace.runtime.clock.advance(wait)
            await workspace.wait_until(partial(attempted, number))
        assert attempts == [(None, None)] + [(str(number), "http_error") for number in (1, 2, 3)]
        await workspace.act(kind="message", channel="dm:ada", text="no more")
        await workspace.wait_until(lambda: len(attempts) == 5)
        workspace.runtime.clock.advance(600)
        await asyncio.sleep(0.15)
        assert len(attempts) == 5
    await server.close()


def record_events(workspace: Workspace) -> None:
    @workspace.app.event("message")
    async def received(body: Body) -> None:
        workspace.received.append(body)
