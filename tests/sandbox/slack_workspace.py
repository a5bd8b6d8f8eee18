"""A stand-in for Slack with the real Bolt app beside it, in Socket Mode, in one event loop."""

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
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.stand_in import Slack
from sandbox.stage import Fault, Stage

WAIT_S = 5.0


@dataclass(kw_only=True)
class Workspace:
    """The stand-in, the bot's client and app, and what the bot was told."""

    stage: Stage
    slack: Slack
    client: AsyncWebClient
    app: AsyncApp
    web: httpx.AsyncClient
    heard: list[dict[str, Any]] = field(default_factory=list)

    @property
    def env(self) -> dict[str, str]:
        return self.slack.environment()

    def channel(self, name: str) -> str:
        return str(self.slack.describe()["channel_names"][name])

    def fault(self, where: str, what: str, *, times: int = 1) -> None:
        self.stage.faults.add(Fault(where=where, what=what, times=times))

    async def act(self, **act: Any) -> dict[str, Any]:
        return await self.slack.act({"user": "ada", "channel": "art"} | act)

    def seen(self, channel: str = "art", after: str | None = None) -> list[dict[str, Any]]:
        return self.slack.seen(channel, after)

    async def until(self, holds: Callable[[], Any]) -> Any:
        """Wait until something is true, and give it."""
        async with asyncio.timeout(WAIT_S):
            while not (found := holds()):  # noqa: ASYNC110 - what holds is plain state, and says nothing when it changes
                await asyncio.sleep(0.01)
            return found

    async def upload(self, name: str, content: bytes, **more: Any) -> str:
        """Announce and send one file; its id."""
        got = await self.client.files_getUploadURLExternal(filename=name, length=len(content), **more)
        answer = await self.web.post(got["upload_url"], content=content)
        assert (answer.status_code, answer.text) == (200, f"OK - {len(content)}")
        return str(got["file_id"])


@asynccontextmanager
async def workspace(*, message_limits: bool = False, **options: Any) -> AsyncIterator[Workspace]:
    """Start a stand-in and a client of it; no bot is connected."""
    stage = Stage()
    slack = await Slack.start(stage, Path(os.devnull), message_limits=message_limits, **options)
    env = slack.environment()
    client = AsyncWebClient(token=env["SLACK_BOT_TOKEN"], base_url=env["SLACK_API_URL"])
    app = AsyncApp(client=client, signing_secret=slack.signing_secret)
    async with httpx.AsyncClient(trust_env=False, verify=False, timeout=WAIT_S) as web:
        place = Workspace(stage=stage, slack=slack, client=client, app=app, web=web)
        try:
            yield place
        finally:
            await slack.close()


@asynccontextmanager
async def connected(place: Workspace) -> AsyncIterator[AsyncSocketModeHandler]:
    """Connect the app by Socket Mode."""
    handler = AsyncSocketModeHandler(place.app, place.env["SLACK_APP_TOKEN"], ping_interval=0.2)
    try:
        await handler.connect_async()  # type: ignore[no-untyped-call]
        await place.until(lambda: place.slack.connected)
        yield handler
    finally:
        await handler.close_async()  # type: ignore[no-untyped-call]


def picture(width: int = 32, height: int = 24, image_format: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), (200, 80, 40)).save(out, image_format)
    return out.getvalue()


def attached(name: str, content: bytes) -> dict[str, str]:
    return {"name": name, "base64": base64.b64encode(content).decode()}
