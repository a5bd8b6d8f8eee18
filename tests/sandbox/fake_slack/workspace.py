"""A fake Slack with the real Bolt app, over Socket Mode, in one event loop."""

import asyncio
import base64
import io
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from PIL import Image
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.faults import Fault
from sandbox.runtime import Runtime
from sandbox.slack.fake_slack import FakeSlack

WAIT_S = 60.0


@dataclass(kw_only=True)
class Workspace:
    """The fake Slack, the bot's client and app, and the events that the bot received."""

    runtime: Runtime
    slack: FakeSlack
    client: AsyncWebClient
    app: AsyncApp
    web: httpx.AsyncClient
    received: list[dict[str, Any]] = field(default_factory=list)

    @property
    def env(self) -> dict[str, str]:
        return self.slack.environment()

    def channel(self, name: str) -> str:
        return str(self.slack.describe()["channel_names"][name])

    def fault(self, where: str, what: str, *, times: int = 1) -> None:
        self.runtime.faults.add(Fault(where=where, what=what, times=times))

    async def act(self, **act: Any) -> dict[str, Any]:
        return await self.slack.act({"user": "ada", "channel": "art"} | act)

    def seen(self, channel: str = "art", after: str | None = None) -> list[dict[str, Any]]:
        return self.slack.seen(channel, after)

    async def wait_until(self, holds: Callable[[], Any]) -> Any:
        """Wait until a condition holds, and return its value."""
        async with asyncio.timeout(WAIT_S):
            while not (found := holds()):  # noqa: ASYNC110 - what holds is plain state, and says nothing when it changes
                await asyncio.sleep(0.01)
            return found

    async def error_code(self, method: str, **arguments: Any) -> str:
        """Return the error code of a call, or an empty string."""
        try:
            await self.client.api_call(method, json=arguments)
        except SlackApiError as error:
            return str(error.response["error"])
        return ""

    async def upload(self, name: str, content: bytes, **more: Any) -> str:
        """Announce and upload one file; return its id."""
        got = await self.client.files_getUploadURLExternal(filename=name, length=len(content), **more)
        answer = await self.web.post(got["upload_url"], content=content)
        assert (answer.status_code, answer.text) == (200, f"OK - {len(content)}")
        return str(got["file_id"])


@asynccontextmanager
async def open_workspace(*, message_limits: bool = False, **options: Any) -> AsyncIterator[Workspace]:
    """Start a fake Slack and a client of it; no bot is connected."""
    runtime = Runtime()
    slack = await FakeSlack.start(runtime, Path(os.devnull), message_limits=message_limits, **options)
    env = slack.environment()
    client = AsyncWebClient(token=env["SLACK_BOT_TOKEN"], base_url=env["SLACK_API_URL"])
    app = AsyncApp(client=client, signing_secret=slack.signing_secret)
    async with httpx.AsyncClient(trust_env=False, verify=False, timeout=WAIT_S) as web:
        workspace = Workspace(runtime=runtime, slack=slack, client=client, app=app, web=web)
        try:
            yield workspace
        finally:
            await slack.close()


@asynccontextmanager
async def connected(workspace: Workspace) -> AsyncIterator[AsyncSocketModeHandler]:
    """Connect the app by Socket Mode."""
    handler = AsyncSocketModeHandler(workspace.app, workspace.env["SLACK_APP_TOKEN"], ping_interval=0.2)
    try:
        await handler.connect_async()  # type: ignore[no-untyped-call]
        await workspace.wait_until(lambda: workspace.slack.connected)
        yield handler
    finally:
        await handler.close_async()  # type: ignore[no-untyped-call]


def picture(width: int = 32, height: int = 24, image_format: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), (200, 80, 40)).save(out, image_format)
    return out.getvalue()


def act_file(name: str, content: bytes) -> dict[str, str]:
    return {"name": name, "base64": base64.b64encode(content).decode()}
